"""What flows between the rooms: articles and their passages."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

Span = tuple[int, int]
"""Where something starts and ends in a text, in characters."""


def stripped(text: str, start: int, end: int) -> Span:
    """Return ``start`` and ``end`` without the white space at the ends of ``text[start:end]``."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return start, start + len(piece.strip())


class BlockKind(StrEnum):
    """What a block of text is on its page; the values are stored."""

    HEADING = "h"
    PARAGRAPH = "p"
    ITEM = "i"
    """An item of a list."""
    ROW = "r"
    """A row of a table, its cells separated by tabs."""
    CODE = "c"
    """Preformatted lines; the only kind with line breaks inside."""


class Block(NamedTuple):
    """A part of an article that stands apart on its page: ``text[start:end]``, in characters.

    The first ``mark`` characters number an item, ``2. `` or ``(b) ``, or are cells of a row that
    span from the row above. A reader sees them, but the page's own text need not have them there;
    the number of an item belongs to no sentence.
    """

    kind: BlockKind
    start: int
    end: int
    mark: int = 0


Blocks = tuple[Block, ...]


class Page(NamedTuple):
    """Where a page of a printed document begins, in characters, and its number from 1."""

    start: int
    number: int


def layout_of(blocks: Iterable[Block], pages: Iterable[Page] = ()) -> str:
    """Return blocks as they are stored: JSON, ``[[kind, start, end], …]``, marks last.

    Pages follow as ``[start, number]``, those that several blocks begin on once.
    """
    rows: list[Sequence[object]] = [block if block.mark else block[:3] for block in blocks]
    rows += [next(same) for _, same in groupby(pages, key=lambda page: page.number)]
    return json.dumps(rows, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it is stored and quoted.

    ``text`` is what a person reads on the page, its ``blocks`` one below the other; every quote is
    a slice of it. ``layout`` holds the blocks and pages (``layout_of``); without any blocks, each
    line is a paragraph. It is ``None`` in articles that were stored before there were blocks, with
    marks in their text instead (``index.documents.marks``). ``published_at`` is aware (UTC offset
    known) or ``None``. ``language`` is an ISO 639-1 code. ``number`` counts articles in the order
    in which they first came in; the store sets it. ``is_backlog`` means that the article's source
    listed it before we followed the source. ``stream`` names what brings articles one by one, such
    as a feed or a channel: each of them tells of another event. An update keeps ``number``,
    ``is_backlog`` and ``stream``. ``is_personal``: only some readers may see it
    (``qa.library.Audience``), until it also comes from a source of everybody's. ``claimed_url`` is
    the address that its page claims to be at, if not at ``url``; it is not stored.
    """

    id: str
    title: str
    text: str
    url: str | None = None
    source: str | None = None
    published_at: datetime | None = None
    language: str | None = None
    layout: str | None = "[]"
    number: int = 0
    is_backlog: bool = False
    stream: str | None = field(default=None, compare=False)
    is_personal: bool = field(default=False, compare=False)
    claimed_url: str | None = field(default=None, compare=False)

    @property
    def blocks(self) -> Blocks:
        """The blocks of the text, in order. Parsed anew each time, since few callers need them."""
        rows = json.loads(self.layout or "[]")
        return tuple(Block(BlockKind(kind), *place) for kind, *place in rows if place[1:])

    def page(self, place: int) -> int | None:
        """Return the number of the page that ``text[place]`` is on, where there are pages."""
        rows = json.loads(self.layout or "[]")
        pages = [Page(*row) for row in rows if len(row) == len(Page._fields)]
        begun = [page.number for page in pages if page.start <= place]
        return begun[-1] if begun else None

    @property
    def content_hash(self) -> str:
        """Changes whenever something changes that an answer shows."""
        # Not the datetime itself: its repr names the class of the time zone.
        published = self.published_at and self.published_at.isoformat()
        fields = (self.title, self.text, self.url, self.source, published)
        return hashlib.sha256(repr(fields).encode()).hexdigest()


def elsewhere(article: Article, others: Iterable[Article]) -> tuple[Article, ...]:
    """Return those of ``others`` that are not from the source of ``article``."""
    own = _source(article)
    return tuple(other for other in others if not own or _source(other) != own)


def _source(article: Article) -> str:
    return " ".join((article.source or "").split()).casefold()


def article_id(origin: str) -> str:
    """Return a short stable id: 12 hex digits of the hash of a URL or an absolute path."""
    return hashlib.sha256(origin.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice of an article that can be quoted: ``article.text[start:end] == text``.

    ``context`` is what a reader of the page has just read (section heading, the line that
    introduces a list); it is embedded and searched with the passage, never quoted. ``paragraph``
    counts the article's blocks from 0, headings aside; a passage of several has the first one's
    number.
    """

    text: str
    start: int
    end: int
    paragraph: int
    context: str = ""
