"""Articles that were stored before there were blocks, with marks in their text instead.

Each block was a line: ``# heading``, ``- item``, ``1. item``, ``cell | cell``, or a paragraph.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from index.documents.blocks import CELL, TYPED_CELLS, Line, lay_out, plain
from qa.article import Article

_LINE = re.compile(r"^.*\S.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Unmarked:
    """An article with blocks in place of the marks in its text.

    ``pieces`` are the parts of the text that only moved: the old start, the new one, the length.
    """

    article: Article
    pieces: Sequence[tuple[int, int, int]]

    def moved(self, place: int) -> int:
        """Return where a ``place`` in the marked text is now.

        A place in a mark is at the end of what stands before it: white space follows, then what
        was marked.
        """
        n = bisect_right(self.pieces, place, key=lambda piece: piece[0]) - 1
        if n < 0:
            return 0
        old, new, length = self.pieces[n]
        return new + min(place - old, length)


def without_marks(article: Article) -> Unmarked:
    """Read a marked text as a plain one, whose lines say what they are in the same way."""
    found = list(_LINE.finditer(article.text))
    lines = list(plain([line.group() for line in found]))
    pieces: list[tuple[int, int, int]] = []
    start = 0
    for line, now in zip(found, lines, strict=True):
        pieces += _pieces(line.start(), line.group(), start, now)
        start += len(now.text) + 1 if now.text else 0
    text, layout = lay_out(lines)
    return Unmarked(replace(article, text=text, layout=layout), pieces)


def _pieces(old: int, line: str, new: int, now: Line) -> Iterator[tuple[int, int, int]]:
    cells = now.text.split(CELL)
    if len(cells) == 1:
        old += line.rfind(now.text)
    for cell in cells:
        yield old, new, len(cell)
        old += len(cell) + len(TYPED_CELLS)
        new += len(cell) + len(CELL)
