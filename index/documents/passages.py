"""Article text to passages: what can be quoted, with where it stands and what leads up to it.

A text holds one block a line. Blocks become *units* that belong together (a list with the line
that introduces it, a short paragraph with its neighbour); a unit becomes one passage, or several
when it is too long. Nothing here changes a character: a passage is always a slice of the text.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby
from math import ceil

from index.documents.boilerplate import is_boilerplate
from index.documents.text import CELLS
from qa.article import Passage
from qa.language import ENGLISH

LONG = 1200
"""Characters that a passage may have: about what the model reads at once."""
SHORT = 60
"""Characters below which a paragraph says too little alone and joins its neighbour."""

_LEAD_LENGTH, _HEADINGS_LENGTH = 200, 300
_HEADING_LENGTH = 90
_HEADING_MARK = re.compile(r"#{1,6}\s+")
_NUMBER = re.compile(r"\d{1,2}[.)]\s+")
_LETTER = re.compile(r"\(?(?:[a-z]|[ivx]{2,4})\)\s+")
_ITEM_MARK = re.compile(rf"[-*•‣▪◦·]\s+|{_NUMBER.pattern}|{_LETTER.pattern}")
_SENTENCE_END = re.compile(r"[.!?…。]['\"”’»)\]\d]*$")
_DATA = re.compile(r"[%€$£¥|=\t@]|:\s*\S*\d|https?:|\d$(?<!\b(?:1[89]|20)\d\d)")
_CONTEXT_SEPARATOR = " – "


class _Kind(Enum):
    HEADING = auto()
    PARAGRAPH = auto()
    ITEM = auto()
    ROW = auto()
    TITLE = auto()
    QUESTION = auto()
    BOILERPLATE = auto()

    @property
    def outline(self) -> "_Kind":
        """Items, rows, titles, questions, paragraphs are all text: together they fill a section."""
        return self if self in {_Kind.HEADING, _Kind.BOILERPLATE} else _Kind.PARAGRAPH

    @property
    def opens(self) -> bool:
        """Whether what follows belongs to it."""
        return self in {_Kind.TITLE, _Kind.QUESTION}


@dataclass(frozen=True, slots=True)
class _Block:
    """One line of a text; ``number`` counts the lines that are not blank and not headings."""

    kind: _Kind
    start: int
    end: int
    number: int


_Unit = list[_Block]
_Span = tuple[int, int]


def split(text: str) -> list[Passage]:
    """Split an article's text into passages, in order, none overlapping another.

    Headings (marked ``# …``, or plainly looking like one in a text without marks) are no passages:
    they are the context of what follows. Boilerplate lines are dropped. Everything else is in
    exactly one passage. The title of an item that has paragraphs of its own (``2. Utrecht``) opens
    the passage of the first one and is context of the others; a question opens that of its answer.
    ``Passage.paragraph`` counts the non-blank lines that are no headings.
    """
    passages: list[Passage] = []
    context = ""
    for kind, group in groupby(_blocks(text), key=lambda block: block.kind.outline):
        if kind is _Kind.HEADING:
            headings = _context(*(_heading_text(text, block) for block in group))
            context = _nearest(headings, _HEADINGS_LENGTH)
        elif kind is _Kind.PARAGRAPH:
            title = ""
            for unit in _joined(_units(text, group)):
                opens = unit[0].kind is _Kind.TITLE
                passages += _passages_of_unit(text, unit, _context(context, "" if opens else title))
                if opens:
                    title = text[unit[0].start : unit[0].end]
    return passages


def _context(*parts: str) -> str:
    return _CONTEXT_SEPARATOR.join(part for part in parts if part)


def _nearest(context: str, length: int) -> str:
    """Return the last words of a context; of more the model would read nothing else."""
    return context if len(context) <= length else context[-length:].partition(" ")[2]


def passages_of(text: str, spans: Sequence[tuple[int, int]]) -> list[Passage]:
    """Passages of a text whose paragraphs are known: ``spans``, in order, are taken as they are.

    Only those that are too long are split, at sentences. ``Passage.paragraph`` is the position in
    ``spans``. The evaluation uses this, where a data set says what its paragraphs are.
    """
    passages: list[Passage] = []
    for number, span in enumerate(spans):
        start, end = _stripped(text, *span)
        if start < end:
            block = _Block(_Kind.PARAGRAPH, start, end, number)
            passages += _passages_of_unit(text, [block], "")
    return passages


def _blocks(text: str) -> Iterator[_Block]:
    lines = [span for span in _lines(text) if span[0] < span[1]]
    marked = any(_HEADING_MARK.match(text, *span) for span in lines)
    number = 0
    for position, (start, end) in enumerate(lines):
        before, after = _line_at(text, lines, position - 1), _line_at(text, lines, position + 1)
        kind = _kind(text[start:end], "" if marked else after)
        if kind is _Kind.ITEM and _is_title(text[start:end], before, after):
            kind = _Kind.TITLE
        yield _Block(kind, start, end, number)
        number += kind is not _Kind.HEADING


def _line_at(text: str, lines: Sequence[_Span], position: int) -> str:
    return text[slice(*lines[position])] if 0 <= position < len(lines) else ""


def _lines(text: str) -> Iterator[_Span]:
    start = 0
    for line in text.split("\n"):
        yield _stripped(text, start, start + len(line))
        start += len(line) + 1


def _stripped(text: str, start: int, end: int) -> _Span:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return start, start + len(piece.strip())


def _kind(line: str, after: str) -> _Kind:
    """Tell what a line is; ``after`` is the next one, empty when headings need not be guessed."""
    if _HEADING_MARK.match(line):
        return _Kind.HEADING
    if is_boilerplate(line):
        return _Kind.BOILERPLATE
    if _ITEM_MARK.match(line):
        return _Kind.ITEM
    if CELLS in line:
        return _Kind.ROW
    if _looks_like_heading(line) and _looks_like_body(after):
        return _Kind.HEADING
    is_question = line.endswith("?") and len(line) <= _LEAD_LENGTH
    return _Kind.QUESTION if is_question else _Kind.PARAGRAPH


def _is_title(line: str, before: str, after: str) -> bool:
    """Whether an item has paragraphs of its own: it is short and stands alone between others.

    One with a bullet may be the only item of what the line before introduces, or something said.
    """
    if len(line) > _HEADING_LENGTH or not _is_text(after):
        return False
    if _NUMBER.match(line):
        return not _NUMBER.match(before)
    ends = before.endswith(":") or _SENTENCE_END.search(line)
    return not ends and not _ITEM_MARK.match(before)


def _is_text(line: str) -> bool:
    marked = _ITEM_MARK.match(line) or _HEADING_MARK.match(line) or is_boilerplate(line)
    return not marked and (len(line) >= SHORT or _SENTENCE_END.search(line) is not None)


def _looks_like_heading(line: str) -> bool:
    """Whether an unmarked line is plainly a heading; in doubt it is text, and nothing is lost."""
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
        and (line.endswith(":") or _SENTENCE_END.search(line) is not None)
        and not _ITEM_MARK.match(line)
        and not is_boilerplate(line)
    )


def _heading_text(text: str, block: _Block) -> str:
    return _HEADING_MARK.sub("", text[block.start : block.end], count=1)


def _units(text: str, blocks: Iterable[_Block]) -> Iterator[_Unit]:
    """Put lists and tables together with what introduces them, and what opens with what follows.

    Other paragraphs stand alone.
    """
    unit: _Unit = []
    for block in blocks:
        belongs = unit and (
            (unit[-1].kind.opens and block.kind is not _Kind.TITLE)
            or (block.kind is _Kind.ITEM and _introduces(text, unit[-1]))
            or (block.kind is _Kind.ROW and _opens_table(text, unit[-1]))
        )
        if unit and not belongs:
            yield unit
            unit = []
        unit.append(block)
    if unit:
        yield unit


def _introduces(text: str, block: _Block) -> bool:
    """Whether list items that follow this block belong to it."""
    line = text[block.start : block.end]
    return block.kind is _Kind.ITEM or len(line) <= _LEAD_LENGTH or not _SENTENCE_END.search(line)


def _opens_table(text: str, block: _Block) -> bool:
    """Whether a row that follows this block belongs to it."""
    return block.kind is _Kind.ROW or text[block.start : block.end].endswith(":")


def _joined(units: Iterable[_Unit]) -> list[_Unit]:
    """Join each unit that is too short to the next one, and the last to the one before.

    None is joined to a title behind it.
    """
    joined: list[_Unit] = []
    for unit in units:
        if joined and _length(joined[-1]) < SHORT and unit[0].kind is not _Kind.TITLE:
            joined[-1] = joined[-1] + unit
        else:
            joined.append(unit)
    last = joined[-1]
    if len(joined) > 1 and _length(last) < SHORT and last[0].kind is not _Kind.TITLE:
        joined[-2:] = [joined[-2] + last]
    return joined


def _length(unit: _Unit) -> int:
    return unit[-1].end - unit[0].start


def _passages_of_unit(text: str, unit: _Unit, context: str) -> Iterator[Passage]:
    starts = [block.start for block in unit]
    head = next((block for block in unit if block.kind is _Kind.ROW), None)
    introducing = [b for b in unit if b.kind in {_Kind.PARAGRAPH, _Kind.QUESTION} or b is head]
    for start, end in _parts(text, unit):
        first = bisect_right(starts, start) - 1
        above = bisect_right(introducing, start, key=lambda block: block.start)
        lead = _lead(text, unit, first, introducing[above - 1] if above else None)
        yield Passage(text[start:end], start, end, unit[first].number, _context(context, lead))


def _lead(text: str, unit: _Unit, first: int, introduction: _Block | None) -> str:
    """Return what opens the unit above a block, and the ``introduction`` of an item or a row."""
    opening = unit[0] if unit[0].kind.opens and first > 0 else None
    title = text[opening.start : opening.end] if opening else ""
    is_listed = unit[first].kind in {_Kind.ITEM, _Kind.ROW}
    if not is_listed or introduction is None or introduction in (opening, unit[first]):
        return title
    line = text[introduction.start : introduction.end]
    return _context(title, _nearest(line[slice(*ENGLISH.sentences(line)[-1])], _LEAD_LENGTH))


def _parts(text: str, unit: _Unit) -> list[_Span]:
    """Cut a unit into parts of about equal length, none longer than ``LONG`` characters."""
    start, end = unit[0].start, unit[-1].end
    if end - start <= LONG:
        return [(start, end)]
    target = (end - start) / ceil((end - start) / LONG)
    parts: list[_Span] = []
    for first, last in _pieces(text, unit):
        begin = parts[-1][0] if parts else first
        if parts and last - begin <= LONG and (first + last) / 2 <= begin + target:
            parts[-1] = (begin, last)
        else:
            parts.append((first, last))
    return parts


def _pieces(text: str, unit: _Unit) -> Iterator[_Span]:
    """Yield what a long unit may be cut into: its blocks, or their sentences, or less."""
    for before, block in zip([None, *unit], unit, strict=False):
        opened = before is not None and before.kind.opens  # whose begin stays with the opening
        if len(unit) > 1 and not opened and block.end - block.start <= LONG:
            yield block.start, block.end
            continue
        start = block.start
        for _, end in ENGLISH.sentences(text[block.start : block.end]):
            yield from _cut(text, *_stripped(text, start, block.start + end))
            start = block.start + end


def _cut(text: str, start: int, end: int) -> Iterator[_Span]:
    """Cut what no sentence ends at white space, and at the limit where there is none."""
    while end - start > LONG:
        target = start + ceil((end - start) / ceil((end - start) / LONG))
        spaces = [match.start() for match in re.finditer(r"\s", text[start:target])]
        middle = start + spaces[-1] if spaces else _between_characters(text, start, target)
        yield _stripped(text, start, middle)
        start, end = _stripped(text, middle, end)
    yield start, end


def _between_characters(text: str, start: int, cut: int) -> int:
    """Move a cut back so that it leaves accents and joined emoji with their letter."""
    for place in range(cut, max(start, cut - 16), -1):
        joins = (
            unicodedata.category(text[place])[0] == "M" or "\u200d" in text[place - 1 : place + 1]
        )
        if not joins:
            return place
    return cut
