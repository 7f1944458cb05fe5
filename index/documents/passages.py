"""Article text to passages: what can be quoted, where it is, and what leads up to it.

Blocks become *units* that belong together (a list with the line that introduces it, a short
paragraph with its neighbour). A unit becomes one passage, or several when it is too long. Nothing
here changes a character: a passage is always a slice of the text.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby
from math import ceil

from index.documents.blocks import SHORT, ends_sentence
from index.documents.boilerplate import is_boilerplate
from qa.article import Block, BlockKind, Passage, Span, stripped
from qa.language import ENGLISH, Language

LONG = 1200
"""Characters that a passage may have: about what the model reads at once."""

_LEAD_LENGTH, _HEADINGS_LENGTH = 200, 300
_TITLE_LENGTH = 90
_CONTEXT_SEPARATOR = " – "
_SPACE = re.compile(r"\s")


class _Role(Enum):
    HEADING = auto()
    TEXT = auto()
    ITEM = auto()
    ROW = auto()
    CODE = auto()
    TITLE = auto()
    """An item with paragraphs of its own, such as ``2. Utrecht``."""
    QUESTION = auto()
    BOILERPLATE = auto()

    @property
    def outline(self) -> "_Role":
        """What stands between headings is all text: together it fills a section."""
        return self if self in {_Role.HEADING, _Role.BOILERPLATE} else _Role.TEXT

    @property
    def opens(self) -> bool:
        """Whether it introduces what follows."""
        return self in {_Role.TITLE, _Role.QUESTION}


@dataclass(frozen=True, slots=True)
class _Part:
    """A block without the white space around it. ``number`` counts those that are not headings."""

    role: _Role
    start: int
    end: int
    number: int


_Unit = list[_Part]


def split(text: str, blocks: Sequence[Block] = (), language: Language = ENGLISH) -> list[Passage]:
    """Split an article's text into passages, in order, none overlapping another.

    Without ``blocks`` each line is a paragraph. Headings are not passages: they are the context of
    what follows. Boilerplate is dropped. Everything else is in exactly one passage. The title of an
    item that has paragraphs of its own (``2. Utrecht``) opens the passage of the first one and is
    context of the others; a question opens the passage of its answer. ``Passage.paragraph`` counts
    the blocks that are not headings.
    """
    passages: list[Passage] = []
    context = ""
    parts = _parts(text, blocks or _lines(text))
    for role, group in groupby(parts, lambda part: part.role.outline):
        if role is _Role.HEADING:
            headings = _context(*(text[part.start : part.end] for part in group))
            context = _nearest(headings, _HEADINGS_LENGTH)
        elif role is _Role.TEXT:
            passages += _section(text, group, context, language)
    return passages


def sentences_of(
    passage: Passage, blocks: Sequence[Block] = (), language: Language = ENGLISH
) -> list[Span]:
    """Return the sentences of one of the passages that ``split`` made of ``blocks``.

    They are offsets into ``passage.text``. No sentence reaches into another block, and the number
    of an item belongs to none; a cell that spans rows belongs to each of them.
    """
    if not blocks:
        return language.sentences(passage.text)
    found: list[Span] = []
    first = bisect_right(blocks, passage.start, key=lambda block: block.end)
    last = bisect_left(blocks, passage.end, key=lambda block: block.start)
    for block in blocks[first:last]:
        mark = 0 if block.kind is BlockKind.ROW else block.mark
        start = max(block.start + mark, passage.start) - passage.start
        end = min(block.end, passage.end) - passage.start
        found += [(start + a, start + b) for a, b in language.sentences(passage.text[start:end])]
    return found


def _lines(text: str) -> Iterator[Block]:
    start = 0
    for line in text.split("\n"):
        if line.strip():
            yield Block(BlockKind.PARAGRAPH, start, start + len(line))
        start += len(line) + 1


def _context(*parts: str) -> str:
    return _CONTEXT_SEPARATOR.join(part for part in parts if part)


def _nearest(context: str, length: int) -> str:
    """Return the last words of a context. A longer one would leave no room for the passage."""
    return context if len(context) <= length else context[-length:].partition(" ")[2]


def _parts(text: str, blocks: Iterable[Block]) -> Iterator[_Part]:
    bare = [_bare(text, block) for block in blocks]
    number = 0
    for before, block, after in zip([None, *bare], bare, [*bare[1:], None], strict=False):
        role = _role(text, before, block, after)
        if block.start < block.end:
            yield _Part(role, block.start, block.end, number)
        number += role is not _Role.HEADING


def _bare(text: str, block: Block) -> Block:
    start, end = stripped(text, block.start, block.end)
    return block._replace(start=start, end=end)


def _role(text: str, before: Block | None, block: Block, after: Block | None) -> _Role:
    """Return what ``block`` does between its neighbours."""
    if block.kind is BlockKind.HEADING:
        return _Role.HEADING
    if _is_boilerplate(text, block):
        return _Role.BOILERPLATE
    if block.kind is BlockKind.ITEM:
        return _Role.TITLE if _is_title(text, before, block, after) else _Role.ITEM
    if block.kind is BlockKind.ROW:
        return _Role.ROW
    if block.kind is BlockKind.CODE:
        return _Role.CODE
    is_question = text[block.end - 1 : block.end] == "?" and _length(block) <= _LEAD_LENGTH
    return _Role.QUESTION if is_question else _Role.TEXT


def _is_boilerplate(text: str, block: Block) -> bool:
    # A list may name "Comments" or "Newsletters", and code may do anything.
    is_listed = block.kind is BlockKind.ITEM and not block.mark
    is_exempt = is_listed or block.kind is BlockKind.CODE
    return not is_exempt and is_boilerplate(text[block.start : block.end])


def _is_title(text: str, before: Block | None, item: Block, after: Block | None) -> bool:
    """Whether an item has paragraphs of its own: it is short and stands alone between others.

    An item without a number may also be the only one that the block before introduces, or speech.
    """
    if _length(item) > _TITLE_LENGTH or after is None or not _is_text(text, after):
        return False
    if _is_numbered(text, item):
        return before is None or not _is_numbered(text, before)
    above = text[before.start : before.end] if before else ""
    is_introduced = above.endswith(":") or (before and before.kind is BlockKind.ITEM)
    return not is_introduced and not ends_sentence(text[item.start : item.end])


def _is_numbered(text: str, block: Block) -> bool:
    return block.mark > 0 and text[block.start].isdigit()


def _is_text(text: str, block: Block) -> bool:
    """Whether a block is a paragraph or a row that says something by itself."""
    line = text[block.start : block.end]
    is_other = block.kind in {BlockKind.ITEM, BlockKind.HEADING} or _is_boilerplate(text, block)
    return not is_other and (len(line) >= SHORT or ends_sentence(line))


def _section(
    text: str, parts: Iterable[_Part], context: str, language: Language
) -> Iterator[Passage]:
    """Yield the passages of what stands between two headings."""
    title = ""
    for unit in _joined(_units(text, parts)):
        opens = unit[0].role is _Role.TITLE
        yield from _passages_of_unit(
            text, unit, _context(context, "" if opens else title), language
        )
        if opens:
            title = text[unit[0].start : unit[0].end]


def _units(text: str, parts: Iterable[_Part]) -> Iterator[_Unit]:
    """Put lists, tables and code with what introduces them, and what opens with what follows.

    Other paragraphs stand alone.
    """
    unit: _Unit = []
    for part in parts:
        belongs = unit and (
            (unit[-1].role.opens and part.role is not _Role.TITLE)
            or (part.role is _Role.ITEM and _introduces(text, unit[-1]))
            or (part.role in {_Role.ROW, _Role.CODE} and _opens(text, unit[-1], part.role))
        )
        if unit and not belongs:
            yield unit
            unit = []
        unit.append(part)
    if unit:
        yield unit


def _introduces(text: str, part: _Part) -> bool:
    """Whether list items that follow this part belong to it."""
    is_short = _length(part) <= _LEAD_LENGTH
    return part.role is _Role.ITEM or is_short or not ends_sentence(text[part.start : part.end])


def _opens(text: str, part: _Part, role: _Role) -> bool:
    """Whether a row or code that follows this part belongs to it."""
    return part.role is role or text[part.end - 1] == ":"


def _joined(units: Iterable[_Unit]) -> list[_Unit]:
    """Join each unit that is too short to the next one, and the last to the one before.

    No unit joins the title below it.
    """
    joined: list[_Unit] = []
    for unit in units:
        if joined and _is_short(joined[-1]) and unit[0].role is not _Role.TITLE:
            joined[-1] += unit
        else:
            joined.append(unit)
    if len(joined) > 1 and _is_short(joined[-1]) and joined[-1][0].role is not _Role.TITLE:
        last = joined.pop()
        joined[-1] += last
    return joined


def _is_short(unit: _Unit) -> bool:
    """Whether a unit says too little alone. A table, which others do not belong to, is enough."""
    return unit[-1].role is not _Role.ROW and unit[-1].end - unit[0].start < SHORT


def _length(block: Block | _Part) -> int:
    return block.end - block.start


def _passages_of_unit(
    text: str, unit: _Unit, context: str, language: Language
) -> Iterator[Passage]:
    starts = [part.start for part in unit]
    head = next((part for part in unit if part.role is _Role.ROW), None)
    introducing = [p for p in unit if p.role in {_Role.TEXT, _Role.QUESTION} or p is head]
    for start, end in _pieces(text, unit, language):
        first = bisect_right(starts, start) - 1
        above = bisect_right(introducing, start, key=lambda part: part.start)
        introduction = introducing[above - 1] if above else None
        lead = _lead(text, unit, first, introduction, language)
        yield Passage(text[start:end], start, end, unit[first].number, _context(context, lead))


def _lead(
    text: str, unit: _Unit, first: int, introduction: _Part | None, language: Language
) -> str:
    """Return what opens the unit above a part, and the ``introduction`` of an item or a row."""
    opening = unit[0] if unit[0].role.opens and first > 0 else None
    title = text[opening.start : opening.end] if opening else ""
    is_listed = unit[first].role in {_Role.ITEM, _Role.ROW}
    if not is_listed or introduction is None or introduction in (opening, unit[first]):
        return title
    # The end of the line is enough. Each piece of a long list asks for it, however long it is.
    line = text[max(introduction.start, introduction.end - LONG) : introduction.end]
    return _context(title, _nearest(line[slice(*language.sentences(line)[-1])], _LEAD_LENGTH))


def _pieces(text: str, unit: _Unit, language: Language) -> list[Span]:
    """Cut a unit into pieces of about equal length, none longer than ``LONG`` characters."""
    start, end = unit[0].start, unit[-1].end
    if end - start <= LONG:
        return [(start, end)]
    target = (end - start) / ceil((end - start) / LONG)
    pieces: list[Span] = []
    for first, last in _smallest(text, unit, language):
        begin = pieces[-1][0] if pieces else first
        if pieces and last - begin <= LONG and (first + last) / 2 <= begin + target:
            pieces[-1] = (begin, last)
        else:
            pieces.append((first, last))
    return pieces


def _smallest(text: str, unit: _Unit, language: Language) -> Iterator[Span]:
    """Yield what a long unit may be cut into: its parts, or their sentences, or less."""
    for before, part in zip([None, *unit], unit, strict=False):
        opened = before is not None and before.role.opens  # whose start stays with the opening
        if len(unit) > 1 and not opened and _length(part) <= LONG:
            yield part.start, part.end
            continue
        start = part.start
        for _, end in language.sentences(text[part.start : part.end]):
            yield from _cut(text, *stripped(text, start, part.start + end))
            start = part.start + end


def _cut(text: str, start: int, end: int) -> Iterator[Span]:
    """Cut a sentence that is too long at white space, and at the limit where there is none."""
    while end - start > LONG:
        target = start + ceil((end - start) / ceil((end - start) / LONG))
        spaces = [match.start() for match in _SPACE.finditer(text, start, target)]
        middle = spaces[-1] if spaces else _between_characters(text, start, target)
        yield stripped(text, start, middle)
        start = _after_space(text, middle)
    yield start, end


def _after_space(text: str, start: int) -> int:
    while text[start].isspace():
        start += 1
    return start


def _between_characters(text: str, start: int, cut: int) -> int:
    """Move a cut back so that it leaves accents and joined emoji with their letter."""
    for place in range(cut, max(start, cut - 16), -1):
        joins = (
            unicodedata.category(text[place])[0] == "M" or "\u200d" in text[place - 1 : place + 1]
        )
        if not joins:
            return place
    return cut
