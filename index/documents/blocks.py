"""Lines of a document become the text of an article and its blocks.

A page or a Markdown file says what its lines are. Plain text does not, so ``plain`` decides, once,
when the document is read.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from index.documents.boilerplate import is_boilerplate
from qa.article import Block, BlockKind, Page, layout_of
from qa.language import ENGLISH

CELL = "\t"
"""Separates the cells of a row; white space inside a cell is collapsed to single spaces."""
TYPED_CELLS = " | "
"""Separates the cells of a row in plain text."""
SHORT = 60
"""Characters below which a paragraph says too little alone."""

_HEADING_LENGTH = 90
_HEADING_MARK = re.compile(r"#{1,6}\s+")
_BULLET = re.compile(r"[-*•‣▪◦·]\s+")
_NUMBER = re.compile(r"(?:\d{1,2}[.)]|\(?(?:[a-z]|[ivx]{2,4})\))\s+")
_ITEM_MARK = re.compile(rf"{_BULLET.pattern}|{_NUMBER.pattern}")
_SENTENCE_END = re.compile(r"[.!?…。]['\"”’»)\]\d]*$")
_DATA = re.compile(r"[%€$£¥|=\t@]|:\s*\S*\d|https?:|\d$(?<!\b(?:1[89]|20)\d\d)")


class Line(NamedTuple):
    """A block on its way into a text. The first ``mark`` characters number an item.

    ``pages`` says where pages of a printed document begin in it: an offset and a page's number.
    """

    kind: BlockKind
    text: str
    mark: int = 0
    pages: tuple[tuple[int, int], ...] = ()


def row(cells: Iterable[str]) -> Line:
    """Return a row of a table. Empty cells at its end say nothing and are left out.

    A single cell is a paragraph: a caption is a row whose other cells are empty.
    """
    line = CELL.join(cells).rstrip(CELL)
    return Line(BlockKind.ROW, line) if CELL in line else typed(line)


def typed(line: str, kind: BlockKind = BlockKind.PARAGRAPH) -> Line:
    """Return a line of a page; a paragraph that starts with a typed bullet or number is an item."""
    mark = _ITEM_MARK.match(line)
    if mark is None or kind not in {BlockKind.PARAGRAPH, BlockKind.ITEM}:
        return Line(kind, line)
    return Line(BlockKind.ITEM, line, mark.end())


def plain(lines: Sequence[str]) -> Iterator[Line]:
    """Yield what each line of a plain text is.

    Headings are the lines marked ``# …``. In a text that marks none, they are the lines that look
    like one and stand above a body line. ``- `` and other bullets make an item and are removed, as
    are the marks of headings; numbers stay. `` | `` separates the cells of a row.
    """
    is_marked = any(map(_HEADING_MARK.match, lines))
    for number, line in enumerate(lines, 1):
        below = lines[number] if number < len(lines) and not is_marked else ""
        yield _plain(line, below)


def _plain(line: str, below: str) -> Line:
    if heading := _HEADING_MARK.match(line):
        return Line(BlockKind.HEADING, line[heading.end() :])
    if is_boilerplate(line):
        return Line(BlockKind.PARAGRAPH, line)
    if bullet := _BULLET.match(line):
        return Line(BlockKind.ITEM, line[bullet.end() :])
    if number := _NUMBER.match(line):
        return Line(BlockKind.ITEM, line, number.end())
    if TYPED_CELLS in line:
        return row(line.split(TYPED_CELLS))
    is_heading = _looks_like_heading(line) and _looks_like_body(below)
    return Line(BlockKind.HEADING if is_heading else BlockKind.PARAGRAPH, line)


def _looks_like_heading(line: str) -> bool:
    """Whether an unmarked line is plainly a heading. In doubt it is text, and nothing is lost."""
    words = line.split()
    if len(line) > _HEADING_LENGTH or not line[0].isalnum() or line[0].islower():
        return False
    if _DATA.search(line) or (_is_punctuation(line[-1]) and line[-1] not in ")”»"):
        return False
    long_words = [word for word in words if len(word) > 3]
    if long_words and all(not word[0].islower() for word in long_words):
        return True
    return len(words) <= 9 and (
        ENGLISH.heading_start.match(line) is not None or not ENGLISH.statement.search(line)
    )


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character).startswith("P")


def _looks_like_body(line: str) -> bool:
    return (
        len(line) >= SHORT
        and (line.endswith(":") or ends_sentence(line))
        and not _ITEM_MARK.match(line)
        and not is_boilerplate(line)
    )


def ends_sentence(line: str) -> bool:
    """Whether a sentence ends where ``line`` does."""
    return _SENTENCE_END.search(line) is not None


def lay_out(lines: Iterable[Line]) -> tuple[str, str]:
    """Return the text, its lines one below the other, and its layout (``Article.layout``)."""
    texts: list[str] = []
    blocks: list[Block] = []
    pages: list[Page] = []
    start = 0
    for kind, line, mark, begun in filter(lambda line: line.text, lines):
        end = start + len(line)
        texts.append(line)
        blocks.append(Block(kind, start, end, mark))
        pages += [Page(start + offset, number) for offset, number in begun]
        start = end + 1
    return "\n".join(texts), layout_of(blocks, pages)
