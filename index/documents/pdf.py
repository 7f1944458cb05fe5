"""PDF documents to articles, with pypdf: lines become paragraphs and headings again."""

import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import chain, pairwise
from typing import Any, NamedTuple

from index.documents.blocks import Line, ends_sentence, typed
from index.documents.scripts import lowered, raised
from index.documents.text import article, bare_words, block, same_words
from qa.article import Article, BlockKind
from qa.errors import SourceError

_HEADING_SIZE = 1.15
_SCRIPT_SIZE, _SCRIPT_SHIFT = 0.85, 0.1
"""Times the size of a line's letters: smaller ones that stand higher or lower by more."""
_SAME_SIZE = 0.1
_HEADING_LENGTH = 150
_GAP = 1.4
"""Times the usual distance of two lines: more parts paragraphs."""
_INDENT = 0.8
"""Times the size of the letters: more begins a paragraph."""
_INDENTED_SHARE = 0.05
"""Of the lines: with fewer, what begins a paragraph is not indented."""
_SHORT_LINE = 0.8
"""Of the usual width: a shorter line that ends a sentence ends a paragraph."""
_EDGE_LINES = 2
_RUNNING_PAGES = 3
_RUNNING_SHARE = 0.2
_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
"""ﬁ and its like to the letters that a reader sees."""
_NUMBERS = re.compile(r"\d+|\b[ivxlc]+\b", re.IGNORECASE)
_PAGE_NUMBER = re.compile(r"\W*(?:\d{1,4}|[ivxlc]{1,6})\W*", re.IGNORECASE)
_BROKEN_WORD = re.compile(r"(\w+)[-\u2010]$")
_SOFT_HYPHEN = re.compile(r"\xad\s*$")
_FIRST_WORD = re.compile(r"\w+")
_WORD = re.compile(r"\w+-\w+")
_ITEM = re.compile(r"(?:[-*•‣▪◦·]|\(?(?:\d{1,3}|[a-z])[.)])\s")


class _Row(NamedTuple):
    """A line on a page, which is counted from 1.

    Its text, place from the left and the bottom, and size of letters.
    """

    text: str
    left: float
    bottom: float
    size: float
    page: int


def from_pdf(data: bytes, source: str, name: str) -> Article:
    """Read the text of a PDF document; ``name`` is the title if it has no other.

    Running heads and page numbers are left out, broken words joined. ``SourceError`` when it is no
    PDF, is protected, or has no text, as when it was scanned.
    """
    claimed, pages = _read(data, source)
    rows = list(_without_running(pages))
    if not rows:
        raise SourceError(source, "the PDF has no text; it may be a scan")
    lines = list(_lines(rows))
    title = _title(claimed, pages, lines) or name
    if len(lines) > 1 and lines[0].kind is BlockKind.HEADING and same_words(lines[0].text, title):
        del lines[0]
    return article(title, lines)


def _title(claimed: str, pages: Sequence[list[_Row]], lines: Sequence[Line]) -> str:
    """Return the title that the properties claim if a reader can see it, or the first heading.

    Programs write there what they like, such as the name of a file. The heading must be one of the
    first page that has text.
    """
    first = lines[0].pages[0]
    heading = next(
        (line.text for line in lines if line.kind is BlockKind.HEADING and line.pages[0] == first),
        "",
    )
    opening = next(filter(None, pages))
    if _says(opening, claimed) or (not heading and _says(chain(*pages), claimed)):
        return claimed
    return heading


def _says(rows: Iterable[_Row], title: str) -> bool:
    words = bare_words(title)
    return words != "" and words in bare_words("".join(row.text for row in rows))


def _read(data: bytes, source: str) -> tuple[str, list[list[_Row]]]:
    # It takes a while to load, and few documents need it.
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError

    logging.getLogger("pypdf").setLevel(logging.ERROR)
    try:
        reader = PdfReader(BytesIO(data))
        title = block(str(reader.metadata.title or "")) if reader.metadata else ""
        return title, [list(_rows(page, number)) for number, page in enumerate(reader.pages, 1)]
    except (DependencyError, FileNotDecryptedError):
        raise SourceError(source, "the PDF is protected by a password") from None
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise SourceError(source, "the PDF is damaged and cannot be read") from None


def _rows(
    page: Any,  # noqa: ANN401 - pypdf is loaded only when it is needed
    number: int,
) -> Iterator[_Row]:
    """Yield the lines of a page in the order in which they were written."""
    lines: list[list[_Row]] = [[]]

    def visit(text: str, cm: list[float], tm: list[float], _font: object, size: float) -> None:
        left, bottom = tm[4] * cm[0] + cm[4], tm[5] * cm[3] + cm[5]
        height = size * abs(tm[3] or tm[1] or 1) * abs(cm[3] or cm[1] or 1)
        first, *others = text.split("\n")
        lines[-1].append(_Row(first, left, bottom, height, number))
        lines.extend([_Row(other, left, bottom, height, number)] for other in others)

    page.extract_text(visitor_text=visit)
    for line in lines:
        if any(piece.text.strip() for piece in line):
            yield _row(line)


def _row(pieces: Sequence[_Row]) -> _Row:
    """Join the pieces of a line; small ones above or below it are exponents and indices."""
    written = [piece for piece in pieces if piece.text.strip()]
    line = max(written, key=lambda piece: piece.size)
    text = ""
    for piece in pieces:
        shift = (piece.bottom - line.bottom) / line.size if line.size else 0
        is_usual = piece.size > _SCRIPT_SIZE * line.size or abs(shift) < _SCRIPT_SHIFT
        if is_usual or not piece.text.strip():
            text += piece.text
        elif shift > 0:
            text += raised(piece.text.strip(), text)
        else:
            text += lowered(piece.text.strip())
    text = block(_SOFT_HYPHEN.sub("-", text.translate(_LIGATURES)))
    return _Row(text, written[0].left, line.bottom, round(line.size, 1), line.page)


def _without_running(pages: Sequence[list[_Row]]) -> Iterator[_Row]:
    """Yield the lines of all pages without running heads and page numbers."""
    places = [[*rows[:_EDGE_LINES], *rows[-_EDGE_LINES:]] for rows in pages]
    often = Counter(text for rows in places for text in {_unnumbered(row.text) for row in rows})
    fewest = max(_RUNNING_PAGES, _RUNNING_SHARE * len(pages))
    for rows in pages:
        for number, row in enumerate(rows):
            is_edge = number < _EDGE_LINES or number >= len(rows) - _EDGE_LINES
            is_running = is_edge and often[_unnumbered(row.text)] >= fewest
            is_outermost = number in (0, len(rows) - 1) and len(rows) > 1
            if not is_running and not (is_outermost and _PAGE_NUMBER.fullmatch(row.text)):
                yield row


def _unnumbered(text: str) -> str:
    return _NUMBERS.sub("#", text.casefold())


def _lines(rows: Sequence[_Row]) -> Iterator[Line]:
    """Put lines together that are one paragraph or one heading, over pages, too."""
    page = _Page(rows)
    together: list[_Row] = []
    for row in rows:
        if together and page.begins(row, together[-1]):
            yield page.line(together)
            together = []
        together.append(row)
    yield page.line(together)


class _Page:
    """What is usual in a document: its size of letters, its lines' distance and width."""

    def __init__(self, rows: Sequence[_Row]) -> None:
        sizes: Counter[float] = Counter()
        for row in rows:
            sizes[row.size] += len(row.text)
        self._size = sizes.most_common(1)[0][0]
        body = [row for row in rows if row.size == self._size]
        gaps = Counter(round(a.bottom - b.bottom, 1) for a, b in pairwise(body))
        self._gap = next((gap for gap, _ in gaps.most_common() if gap > 0), self._size * 1.2)
        self._width = sorted(len(row.text) for row in body)[len(body) * 3 // 4]
        self._left = Counter(round(row.left) for row in body).most_common(1)[0][0]
        self._indents = sum(map(self._is_indented, body)) > _INDENTED_SHARE * len(body)
        self._words = Counter(word for row in rows for word in _WORD.findall(row.text))

    def begins(self, row: _Row, before: _Row) -> bool:
        """Whether a paragraph or heading begins with ``row``."""
        differs = abs(row.size - before.size) > _SAME_SIZE * before.size
        if differs or self._is_heading(row) != self._is_heading(before):
            return True
        if self._is_heading(row):
            return False
        if _ITEM.match(row.text):
            return True
        gap = before.bottom - row.bottom
        ended = ends_sentence(before.text)
        is_short = len(before.text) < _SHORT_LINE * self._width
        if gap < 0:  # another page or column
            begins = self._is_indented(row) if self._indents else not row.text[:1].islower()
            return ended and (begins or is_short)
        is_indented = row.left - before.left > _INDENT * row.size
        return gap > _GAP * self._gap or (is_indented and ended) or (ended and is_short)

    def _is_indented(self, row: _Row) -> bool:
        return row.left - self._left > _INDENT * row.size

    def _is_heading(self, row: _Row) -> bool:
        return row.size > _HEADING_SIZE * self._size

    def line(self, rows: Sequence[_Row]) -> Line:
        """Return these lines as one."""
        pieces = [rows[0].text]
        pages = [(0, rows[0].page)]
        for before, row in pairwise(rows):
            pieces += self._join(pieces, row.text)
            if row.page > before.page:
                pages.append((len(block("".join(pieces[:-1]))), row.page))
        text = block("".join(pieces))
        is_heading = self._is_heading(rows[0]) and len(text) <= _HEADING_LENGTH
        line = typed(text, BlockKind.HEADING if is_heading else BlockKind.PARAGRAPH)
        return line._replace(pages=tuple(pages))

    def _join(self, pieces: list[str], text: str) -> Iterator[str]:
        """Yield what follows ``pieces``, whose last word loses its hyphen if it was broken."""
        broken = _BROKEN_WORD.search(pieces[-1])
        if broken is None:
            yield f" {text}"
            return
        rest = _FIRST_WORD.match(text)
        is_compound = rest is None or f"{broken[1]}-{rest[0]}" in self._words
        if not is_compound and text[0].islower():
            pieces[-1] = pieces[-1][:-1]
        yield text
