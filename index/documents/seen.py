"""Write what a person sees of a page into its tree: numbers of lists, exponents, spans.

Libraries that extract text read elements and not what they look like. So the tree is changed first,
and whichever of them reads it gives the same words.
"""

import re
from collections.abc import Iterator

from lxml import etree, html  # type: ignore[import-untyped]  # lxml ships no types
from lxml.html import HtmlElement  # type: ignore[import-untyped]
from trafilatura import html2txt, load_html

from index.documents.hidden import BLOCKS, is_hidden, open_answers, remove_hidden
from index.documents.mathml import formula
from index.documents.numbering import numbered
from index.documents.polls import remove_polls
from index.documents.scripts import lowered, raised
from index.documents.text import block, clean

# Noncharacters of Unicode, for a program's own use: no page has them.
MARK_END, LINE_END, REPEATED = "\ufdd0", "\ufdd1", "\ufdd2"
"""The end of an item's number, of a line of code, and of a cell that is repeated from above."""

_FIRST_WORDS = etree.XPath("(.//text()[normalize-space()])[1]")
_SIGNS = re.compile(f"[{MARK_END}{REPEATED}]")

MOST_COLUMNS, MOST_REPEATED, LONGEST_REPEATED = 100, 5_000, 200
"""Of a table, of a page, and characters of a cell: a small page must not become a huge one."""

_TAGS = {
    "table": "table",
    "row": "tr",
    **dict.fromkeys(("cell", "columnheader", "gridcell", "rowheader"), "td"),
    "list": "ul",
    "listitem": "li",
}
"""Elements by their roles."""
_MATHS = re.compile(r"(?:m|mml|math):\w+\Z", re.I)
_SHIFTED_CLASS = re.compile(r"(?:^|\s)(sup|sub)(?:erscript|script)?(?:$|\s)", re.I)
_SHORT_NUMBER = re.compile(r"[+−-]?\d{1,3}[+−-]?")
_SHIFTED_STYLE = re.compile(r"vertical-align\s*:\s*(super|sub)\b", re.I)
_UNNUMBERED = re.compile(r"list-style(?:-type)?\s*:[^;]*none", re.I)
_NUMBERED = re.compile(r"list-style(?:-type)?\s*:[^;]*\b(lower|upper)-(alpha|latin|roman)", re.I)
_LINES_STYLE = re.compile(r"white-space\s*:\s*(?:pre|break-spaces)", re.I)
_LINE_NUMBERS = re.compile(r"(?:\s*\d+)+\s*")


def without_signs(text: str) -> str:
    """Return text of a tree without the signs that ``show_as_seen`` has put into it."""
    return _SIGNS.sub("", text.replace(LINE_END, " "))


def text_of(markup: str) -> str:
    """Return the lines of a piece of HTML as a person sees them."""
    tree = load_html(f"<html><body><div>{clean(markup)}</div></body></html>")
    if tree is None:
        return ""
    show_as_seen(tree)
    return without_signs(html2txt(tree))


def show_as_seen(tree: HtmlElement) -> None:
    """Change a page's tree so that its text is what a person sees."""
    _heed_roles(tree)
    _write_formulas(tree)
    remove_polls(tree)
    open_answers(tree)
    remove_hidden(tree)
    _shift_scripts(tree)
    _keep_lines(tree)
    _number_items(tree)
    _repeat_spanning_cells(tree)


def _heed_roles(tree: HtmlElement) -> None:
    """Make elements what they are said to be, where styles alone make them look so."""
    for element in tree.iter("div", "span"):
        element.tag = _TAGS.get(element.get("role", "").lower(), element.tag)


def _write_formulas(tree: HtmlElement) -> None:
    for element in tree.iter("{*}*"):
        if _MATHS.match(element.tag):  # with a prefix, as XML has it
            element.tag = element.tag.partition(":")[2]
    for math in list(tree.iter("math")):
        # Beside a picture of it, the formula itself may be hidden.
        hidden = [outer for outer in math.iterancestors("span") if is_hidden(outer)]
        words = html.Element("span")
        words.text = formula(math)
        (hidden[-1] if hidden else math).addprevious(words)
        math.drop_tree()


def _shift_scripts(tree: HtmlElement) -> None:
    for element in list(tree.iter("sub", "sup", "span")):
        shift = _shift(element)
        text = block(element.text_content()) if shift else ""
        if text:
            tail = element.tail
            before = _text_before(element)
            element.clear()
            element.tag, element.tail = "span", tail
            element.text = lowered(text) if shift == "sub" else raised(text, before)


def _shift(element: HtmlElement) -> str:
    if element.tag != "span":
        return str(element.tag)
    if style := _SHIFTED_STYLE.search(element.get("style", "")):
        return style[1].lower().removesuffix("er")
    named = _SHIFTED_CLASS.search(element.get("class", ""))
    is_number = named and _SHORT_NUMBER.fullmatch(block(element.text_content()))
    return named[1].lower() if named and is_number else ""


def _text_before(element: HtmlElement) -> str:
    previous = element.getprevious()
    if previous is None:
        return str(element.getparent().text or "")
    return str(previous.tail or previous.text_content())


def _keep_lines(tree: HtmlElement) -> None:
    """Keep the lines of preformatted text, whatever elements stand in it."""
    for table in list(tree.iter("table")):
        _drop_line_numbers(table)
    for written in [each for each in tree.iter("*") if _LINES_STYLE.search(each.get("style", ""))]:
        _break_lines(written)
    for lines in list(tree.iter("pre", "code")):
        if lines.tag == "code" and next(lines.iterdescendants("br"), None) is None:
            continue
        if next(lines.iterancestors("pre"), None) is not None:
            continue
        for end in lines.iter("br", *BLOCKS):
            _end_line(end)
        text, tail = lines.text_content().strip("\n"), lines.tail
        lines.clear()
        lines.tag, lines.tail = "pre", tail
        code = html.Element("code")
        code.text = text.replace("\n", LINE_END) + LINE_END
        lines.append(code)


def _end_line(element: HtmlElement) -> None:
    """End a line of code where ``element``, a break or a block, ends."""
    if element.tag == "br":
        element.text = "\n"
    elif element.tag != "pre" and not element.text_content().endswith("\n"):
        element.tail = "\n" + (element.tail or "").removeprefix("\n")


def _drop_line_numbers(table: HtmlElement) -> None:
    """Replace a table of numbered lines of code by the code."""
    cells = [cell for row in _rows(table) for cell in row if block(cell.text_content())]
    written = [cell for cell in cells if not _LINE_NUMBERS.fullmatch(cell.text_content())]
    code = list(written[0].iter("pre")) if len(written) == 1 else []
    if code and block(code[0].text_content()) == block(written[0].text_content()):
        code[0].tail = table.tail
        table.getparent().replace(table, code[0])


def _break_lines(written: HtmlElement) -> None:
    """Put breaks where a text has line ends that a style shows."""
    for text in written.xpath(".//text()[normalize-space()]"):
        first, *others = text.split("\n")
        ends = [html.Element("br") for _ in others]
        for end, line in zip(ends, others, strict=True):
            end.tail = line
        holder = text.getparent()
        if text.is_tail:
            holder.tail = first
            for end in reversed(ends):
                holder.addnext(end)
        else:
            holder.text = first
            holder[:0] = ends


def _number_items(tree: HtmlElement) -> None:
    for items in tree.iter("ol"):
        if _UNNUMBERED.search(items.get("style", "")):
            continue
        for item, number in _numbers(items):
            style = item.get("type") or items.get("type") or _style_of(items)
            _prepend(item, f"{numbered(number, style)}.")


def _style_of(items: HtmlElement) -> str:
    style = _NUMBERED.search(items.get("style", ""))
    if style is None:
        return "1"
    letter = "i" if style[2].lower() == "roman" else "a"
    return letter.upper() if style[1].lower() == "upper" else letter


def _numbers(items: HtmlElement) -> Iterator[tuple[HtmlElement, int]]:
    own = items.findall("li")
    is_reversed = items.get("reversed") is not None
    number = _whole(items.get("start"), len(own) if is_reversed else 1)
    for item in own:
        number = _whole(item.get("value"), number)
        yield item, number
        number += -1 if is_reversed else 1


def _whole(written: str | None, otherwise: int) -> int:
    whole = re.match(r"\s*([+-]?\d{1,9})", written or "")
    return int(whole[1]) if whole else otherwise


def _prepend(item: HtmlElement, number: str) -> None:
    """Put the number before the first words of an item, unless they begin with it."""
    for words in _FIRST_WORDS(item):
        text, holder = words.lstrip(), words.getparent()
        if not text.startswith(number) and _is_own(holder, words.is_tail, item):
            setattr(holder, "tail" if words.is_tail else "text", f"{number} {MARK_END}{text}")


def _is_own(holder: HtmlElement, is_tail: bool, item: HtmlElement) -> bool:
    """Whether text belongs to the item itself, and not to a list in it."""
    inner = holder.getparent() if is_tail else holder
    while inner is not item:
        if inner.tag in ("ol", "ul"):
            return False
        inner = inner.getparent()
    return True


def _repeat_spanning_cells(tree: HtmlElement) -> None:
    """Repeat a cell in each of the rows that it spans."""
    left = MOST_REPEATED
    for table in list(tree.iter("table")):
        spanning: dict[int, tuple[int, HtmlElement]] = {}
        for row in _rows(table):
            left -= _fill(row, spanning)
            if left < 0:
                return


def _rows(table: HtmlElement) -> list[HtmlElement]:
    return [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]


def _fill(row: HtmlElement, spanning: dict[int, tuple[int, HtmlElement]]) -> int:
    """Insert the cells that span into ``row``; returns how many. ``spanning`` is by column."""
    column = count = 0
    cells = [cell for cell in row if cell.tag in ("td", "th")]
    while cells or column in spanning:
        if column in spanning:
            rows, cell = spanning.pop(column)
            repeated = _repeated(cell)
            row.insert(row.index(cells[0]) if cells else len(row), repeated)
            count += 1
        else:
            cell = cells.pop(0)
            rows = min(_whole(cell.attrib.pop("rowspan", None), 1), MOST_REPEATED) or MOST_REPEATED
        if rows > 1:
            spanning[column] = (rows - 1, cell)
        column += max(min(_whole(cell.get("colspan"), 1), MOST_COLUMNS), 1)
    return count


def _repeated(cell: HtmlElement) -> HtmlElement:
    copy = html.Element(cell.tag, colspan=cell.get("colspan", "1"))
    text = block(without_signs(cell.text_content()))
    if text and len(text) <= LONGEST_REPEATED:
        copy.text = text + REPEATED
    return copy
