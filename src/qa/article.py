"""What flows between the rooms: articles and their passages."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

Span = tuple[int, int]
"""Where something begins and ends in a text, in characters."""


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it is stored and quoted.

    ``text`` holds one block a line: a paragraph, a heading (``# …``) or a list item (``- …``).
    Every quote is a slice of it. ``published_at`` is aware (UTC offset known) or ``None``.
    ``language`` is an ISO 639-1 code. ``number`` counts articles in the order in which they first
    came in; the store sets it. ``is_backlog`` means that the article's source listed it before we
    followed the source. An update keeps ``number`` and ``is_backlog``.
    """

    id: str
    title: str
    text: str
    url: str | None = None
    source: str | None = None
    published_at: datetime | None = None
    language: str | None = None
    number: int = 0
    is_backlog: bool = False

    @property
    def content_hash(self) -> str:
        """Changes when anything that an answer shows changes."""
        # Not the datetime itself: its repr also tells of which class its time zone is.
        published = self.published_at and self.published_at.isoformat()
        fields = (self.title, self.text, self.url, self.source, published)
        return hashlib.sha256(repr(fields).encode()).hexdigest()


def article_id(origin: str) -> str:
    """Short stable id of an article: 12 hex digits of the hash of its URL or absolute path."""
    return hashlib.sha256(origin.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice of an article that can be quoted: ``article.text[start:end] == text``.

    ``context`` is what a reader of the page would have just read (section heading, the line that
    introduces a list); it is embedded and searched with the passage, never quoted. ``paragraph``
    counts the article's paragraphs from 0; a passage of several carries the first one's number.
    """

    text: str
    start: int
    end: int
    paragraph: int
    context: str = ""
