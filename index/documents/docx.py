"""Word documents (DOCX) to articles: they become elements of HTML, which are then read."""

import re
from collections.abc import Iterator
from itertools import islice

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types
from lxml.html import HtmlElement, builder  # type: ignore[import-untyped]

from index.documents.html import lines_of
from index.documents.numbering import numbered
from index.documents.packed import Package, text_in
from index.documents.seen import MARK_END, REPEATED
from index.documents.text import NO_TEXT, article, block
from qa.article import Article
from qa.errors import SourceError

_HEADING = re.compile(r"heading ?(\d)", re.IGNORECASE)
_TITLE = "title"
"""Word keeps these names of styles in every language."""
_NUMBERS = {"lowerLetter": "a", "upperLetter": "A", "lowerRoman": "i", "upperRoman": "I"}
_UNREAD = frozenset({"del", "moveFrom", "Fallback", "txbxContent"})
_OFF = ("0", "false", "none", "off")
_LOWEST_HEADING = 6
_LEVELS = 9
_DEEPEST = 20
"""Styles that each build on another one."""


def from_docx(data: bytes, source: str, name: str) -> Article:
    """Read a Word document; ``name`` is the title if it has no other.

    Its title is the paragraph in the style of one, or that of its properties. ``SourceError`` if
    it is not a Word document or has no text.
    """
    package = Package(data, source)
    body = next(package.xml("word/document.xml").iter("body"), None)
    if body is None:
        raise package.damaged()
    document = _Document(package)
    lines = lines_of(builder.DIV(*document.blocks(body)))
    if not lines:
        raise SourceError(source, NO_TEXT)
    return article(document.title or _title(package) or name, lines)


def _title(package: Package) -> str:
    path = "docProps/core.xml"
    return block(text_in(package.xml(path), "title")) if path in package else ""


class _Document:
    """Turns blocks into HTML; to be called in their order, in which list items are counted."""

    def __init__(self, package: Package) -> None:
        self.title = ""
        self._styles = _parts(package, "word/styles.xml", "style", "styleId")
        self._lists = _parts(package, "word/numbering.xml", "num", "numId")
        self._definitions = _parts(package, "word/numbering.xml", "abstractNum", "abstractNumId")
        self._counts: dict[str, list[int]] = {}

    def blocks(self, parent: etree._Element) -> Iterator[HtmlElement]:
        """Yield the blocks of a part of the document."""
        for element in parent:
            if element.tag == "p":
                yield from self._paragraph(element)
            elif element.tag == "tbl":
                yield self._table(element)
            elif element.tag in ("customXml", "ins", "sdt", "sdtContent"):
                yield from self.blocks(element)

    def _paragraph(self, paragraph: etree._Element) -> Iterator[HtmlElement]:
        words = list(_runs(paragraph))
        text = block("".join(word.text_content() for word in words))
        if not text:
            return
        names = [style.get("styleId", "") for style in self._chain(paragraph)]
        names += [_value(style, "name") for style in self._chain(paragraph)]
        if not self.title and _TITLE in map(str.lower, names):
            self.title = text
        elif level := self._heading(paragraph, names):
            yield builder.E(f"h{level}", *words)
        elif (mark := self._mark(paragraph)) is not None:
            yield builder.LI(mark, *words)
        else:
            yield builder.P(*words)

    def _chain(self, paragraph: etree._Element) -> list[etree._Element]:
        """Return the style of a paragraph and those that it builds on."""
        chain: list[etree._Element] = []
        name = _value(paragraph, "pStyle")
        while name in self._styles and len(chain) < _DEEPEST:
            chain.append(self._styles[name])
            name = _value(chain[-1], "basedOn")
        return chain or [builder.E("style", styleId=name)]

    def _heading(self, paragraph: etree._Element, names: list[str]) -> int:
        """Return the level of a heading; 0 for any other paragraph."""
        written = self._property(paragraph, "outlineLvl")
        named = next(filter(None, map(_HEADING.fullmatch, names)), None)
        level = int(named[1]) if named else _whole(written, _LEVELS) + 1
        return level if level <= _LOWEST_HEADING else 0

    def _property(self, paragraph: etree._Element, name: str) -> str:
        written = (_value(each, name) for each in [paragraph, *self._chain(paragraph)])
        return next(filter(None, written), "")

    def _mark(self, paragraph: etree._Element) -> str | None:
        """Return the number of an item, empty for a bullet; ``None`` for any other paragraph."""
        number = self._lists.get(self._property(paragraph, "numId"))
        if number is None:
            return None
        level = min(_whole(self._property(paragraph, "ilvl"), 0), _LEVELS - 1)
        name = _value(number, "abstractNumId")
        definition = self._definitions.get(name)
        levels = list(definition.iter("lvl")) if definition is not None else []
        if level >= len(levels) or _value(levels[level], "numFmt") in ("bullet", "none"):
            return ""
        counts = self._counted(name, number, level, levels)
        text = _value(levels[level], "lvlText")
        for place, (count, each) in enumerate(zip(counts, levels, strict=False), 1):
            style = _NUMBERS.get(_value(each, "numFmt"), "1")
            text = text.replace(f"%{place}", numbered(count, style))
        return f"{text} {MARK_END}" if text else ""

    def _counted(
        self, name: str, number: etree._Element, level: int, levels: list[etree._Element]
    ) -> list[int]:
        """Count an item. Lists of one definition continue its count unless one starts anew."""
        starts = [_whole(_value(each, "start"), 1) for each in levels]
        for override in number.iter("lvlOverride"):
            again = _value(override, "startOverride")
            place = _whole(override.get("ilvl", ""), 0)
            if again and place < len(starts):
                starts[place] = _whole(again, 1)
                name = f"{name} {number.get('numId')}"
        counts = self._counts.get(name, [])[: level + 1]
        counts += [start - (place == level) for place, start in enumerate(starts)][
            len(counts) : level + 1
        ]
        counts[level] += 1
        self._counts[name] = counts
        return counts

    def _table(self, table: etree._Element) -> HtmlElement:
        above: dict[int, str] = {}
        rows = [builder.TR(*self._cells(row, above)) for row in table.iterchildren("tr")]
        return builder.TABLE(*rows)

    def _cells(self, row: etree._Element, above: dict[int, str]) -> Iterator[HtmlElement]:
        """Yield the cells of a row; ``above`` holds the text of those that go on, by column."""
        column = 0
        for cell in row.iterchildren("tc"):
            width = _whole(_value(cell, "gridSpan"), 1)
            merged = next(cell.iter("vMerge"), None)
            if merged is not None and merged.get("val") != "restart":
                parts = [f"{above[column]}{REPEATED}"] if above.get(column) else []
                yield builder.TD(*parts, colspan=str(width))
            else:
                written = builder.TD(*self.blocks(cell), colspan=str(width))
                above[column] = block(written.text_content()) if merged is not None else ""
                yield written
            column += width


def _runs(paragraph: etree._Element) -> Iterator[HtmlElement]:
    """Yield the words of a paragraph, those raised, lowered or struck out in elements of HTML."""
    for run in paragraph.iter("r"):
        if _UNREAD.isdisjoint(each.tag for each in run.iterancestors()):
            text = "".join(_characters(run))
            name = {"superscript": "sup", "subscript": "sub"}.get(_value(run, "vertAlign"), "span")
            if _is_on(run, "strike") or _is_on(run, "dstrike") or _is_on(run, "vanish"):
                name = "del"
            yield builder.E(name, text)


def _characters(run: etree._Element) -> Iterator[str]:
    for part in run:
        if part.tag == "t":
            yield part.text or ""
        elif part.tag in ("br", "cr", "tab"):
            yield " "
        elif part.tag == "noBreakHyphen":
            yield "-"


def _is_on(run: etree._Element, name: str) -> bool:
    switch = run.find(f"rPr/{name}")
    return switch is not None and switch.get("val") not in _OFF


def _parts(package: Package, path: str, tag: str, key: str) -> dict[str, etree._Element]:
    if path not in package:
        return {}
    return {part.get(key, ""): part for part in package.xml(path).iterchildren(tag)}


def _value(element: etree._Element, name: str) -> str:
    """Return the value of the first element with this name, or an empty string."""
    found = next(islice(element.iter(name), 1), None)
    return found.get("val", "") if found is not None else ""


def _whole(written: str, otherwise: int) -> int:
    return int(written) if written.isdecimal() else otherwise
