"""A page's tree made to say in words what a person sees: numbers of lists, exponents, spans.

Libraries that extract text read elements and not what they look like. So the tree is changed first,
and whichever of them reads it gives the same words.
"""

import re
from collections.abc import Iterator

from lxml import etree, html  # type: ignore[import-untyped]  # lxml ships no types
from lxml.html import HtmlElement  # type: ignore[import-untyped]
from trafilatura import html2txt, load_html

from index.documents.blocks import ends_sentence
from index.documents.mathml import formula
from index.documents.numbering import numbered
from index.documents.scripts import lowered, raised
from index.documents.text import block, clean

# Characters that are no characters, for any program to use inside itself: no page has them.
MARK_END, LINE_END, REPEATED = "\ufdd0", "\ufdd1", "\ufdd2"
"""The end of an item's number, of a line of code, and of a cell that is repeated from above."""

_FIRST_WORDS = etree.XPath("(.//text()[normalize-space()])[1]")
_SIGNS = re.compile(f"[{MARK_END}{REPEATED}]")

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BLOCKS = (
    *("article", "blockquote", "details", "div", "dl", "figure", "form", *HEADINGS),
    *("ol", "p", "pre", "section", "table", "ul"),
)
MOST_COLUMNS, MOST_REPEATED, LONGEST_REPEATED = 100, 5_000, 200
"""Of a table, of a page, and characters of a cell: a small page must not become a huge one."""

_HIDING_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:left|top|text-indent)\s*:\s*-\d{3}"
    r"|font-size\s*:\s*0(?![.\d])|clip\s*:\s*rect\(\s*[01](?:px)?\b|clip-path\s*:\s*inset\((?:50|100)%",
    re.I,
)
_HIDING_CLASS = re.compile(
    r"(?:^|[\s_-])(?:sr-only|(?:visually|element|visibly)-?(?:hidden|invisible)"
    r"|screen-?reader(?:-text|-only)?|assistive-text|a11y-hidden|hidden-visually)"
    r"(?:-focusable)?(?:$|\s)",
    re.I,
)
_HIDING_WORD = re.compile(r"(?:(?:is|u)-)?(?:hidden|invisible)|d-none", re.I)
"""A class that hides, unless others beside it show the element, such as on larger screens."""
_SHOWING_WORD = re.compile(r"(?:\w+:|d-).+", re.I)
_TAGS = {
    "table": "table",
    "row": "tr",
    **dict.fromkeys(("cell", "columnheader", "gridcell", "rowheader"), "td"),
    "list": "ul",
    "listitem": "li",
}
"""Elements by their roles."""
_MATHS = re.compile(r"(?:m|mml|math):\w+\Z", re.I)
_ASKS = re.compile(r"[^.!?…]+\?")
"""A question alone."""
_STRUCK_STYLE = re.compile(r"line-through", re.I)
_STRUCK_CLASS = re.compile(
    r"(?:^|\s)(?:text-decoration-)?(?:line-through|strike(?:through)?|struck)(?:$|\s)", re.I
)
_SHIFTED_CLASS = re.compile(r"(?:^|\s)(sup|sub)(?:erscript|script)?(?:$|\s)", re.I)
_SHORT_NUMBER = re.compile(r"[+−-]?\d{1,3}[+−-]?")
_SHIFTED_STYLE = re.compile(r"vertical-align\s*:\s*(super|sub)\b", re.I)
_UNNUMBERED = re.compile(r"list-style(?:-type)?\s*:[^;]*none", re.I)
_BOXES = ("checkbox", "radio")
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
    _remove_polls(tree)
    _open_answers(tree)
    _remove_unseen(tree)
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
        hidden = [outer for outer in math.iterancestors("span") if _is_hidden(outer)]
        words = html.Element("span")
        words.text = formula(math)
        (hidden[-1] if hidden else math).addprevious(words)
        math.drop_tree()


def _open_answers(tree: HtmlElement) -> None:
    """Show what opens at a click, with what is clicked on as its heading."""
    _make_switches_buttons(tree)
    for details in list(tree.iter("details")):
        for summary in details.findall("summary"):
            _make_heading(summary)
        details.tag = "div"
        details.attrib.clear()
    for button, heading, panel in list(_answers(tree)):
        for attribute in ("aria-hidden", "class", "hidden", "style"):
            panel.attrib.pop(attribute, None)
        if heading is not button:
            button.drop_tag()
        elif panel is button.getnext():
            _make_heading(button)
        elif button.get("role") == "tab":
            _move_heading(button, panel)


def _make_switches_buttons(tree: HtmlElement) -> None:
    """Make the label of a box a button: ticking a box can show text by a style alone."""
    boxes = {each.get("id"): each for each in tree.iter("input") if each.get("type") in _BOXES}
    for label in tree.iter("label"):
        box = boxes.pop(label.get("for"), None)
        if box is not None:
            label.tag = "button"
            box.drop_tree()


def _answers(tree: HtmlElement) -> Iterator[tuple[HtmlElement, HtmlElement, HtmlElement]]:
    """Yield each button that opens text, the heading that it is or stands in, and the text."""
    most = _length(tree) / 2
    named = {each.get("id"): each for each in tree.iter("*")}
    for button in filter(_is_button, tree.iter("*")):
        heading = next(button.iterancestors(*HEADINGS, "dt"), button)
        panel = named.get(_name_of_panel(button))
        if panel is None and _opens_next(heading):
            panel = heading.getnext()
        if panel is not None and _length(panel) <= most and _ends_sentence(panel):
            yield button, heading, panel


def _is_button(element: HtmlElement) -> bool:
    return (
        element.tag == "button"
        or element.get("role") in ("button", "tab")
        or not {"aria-controls", "aria-expanded"}.isdisjoint(element.attrib)
        or (element.tag in HEADINGS and element.get("onclick") is not None)
    )


def _name_of_panel(button: HtmlElement) -> str:
    address = button.get("data-bs-target") or button.get("href", "")
    return button.get("aria-controls") or address.partition("#")[2] or "-"


def _ends_sentence(panel: HtmlElement) -> bool:
    """Whether it is text, and not a menu."""
    return ends_sentence(block(panel.text_content()))


def _opens_next(heading: HtmlElement) -> bool:
    """Whether what follows a button is its own: it asks, or all beside it are such pairs."""
    if not _is_before_panel(heading) or (heading.tail or "").strip():
        return False
    before, after = heading.getprevious(), heading.getnext().getnext()
    above = before.getprevious() if before is not None else None
    is_one_of_many = any(_is_pair(each, heading.tag) for each in (above, after))
    is_alone = before is None and after is None
    return is_alone or is_one_of_many or block(heading.text_content()).endswith("?")


def _is_pair(element: HtmlElement | None, tag: str) -> bool:
    return element is not None and element.tag == tag and _is_before_panel(element)


def _is_before_panel(element: HtmlElement) -> bool:
    below = element.getnext()
    return below is not None and below.tag in ("dd", "div", "section", "ul")


def _move_heading(tab: HtmlElement, panel: HtmlElement) -> None:
    heading = html.Element("h4")
    heading.text, heading.tail, panel.text = block(tab.text_content()), panel.text, None
    panel.insert(0, heading)
    tab.drop_tree()


def _make_heading(element: HtmlElement) -> None:
    has_heading = next(element.iterdescendants(*HEADINGS), None) is not None
    element.tag = "div" if has_heading else "h4"
    element.attrib.clear()


def _remove_polls(tree: HtmlElement) -> None:
    """Remove what readers are to tick or to write, with the question that it answers.

    The sentence below would be read as the answer.
    """
    most = _length(tree) / 2
    for control in _controls(tree):
        poll = control
        while (outer := poll.getparent()) is not None and not _says_more(outer):
            poll = outer
        if outer is None or _length(poll) > most or len(_controls(poll)) < _of_poll(control):
            continue
        if "?" not in poll.text_content():
            question = _above(poll)
            if question is not None and _ASKS.fullmatch(block(question.text_content())):
                question.drop_tree()
        poll.drop_tree()


def _controls(tree: HtmlElement) -> list[HtmlElement]:
    return [each for each in tree.iter("input", "textarea") if _is_for_readers(each)]


def _of_poll(control: HtmlElement) -> int:
    """Return how many such controls make a poll; a box alone may open an answer."""
    return 1 if control.tag == "textarea" else 2


def _is_for_readers(control: HtmlElement) -> bool:
    """Whether it is no box of a list of tasks, nor for a search, an address or a setting."""
    if control.tag == "textarea" or control.get("type") == "radio":
        return True
    in_form = next(control.iterancestors("form"), None) is not None
    return in_form and control.get("type") == "checkbox" and control.get("disabled") is None


def _says_more(element: HtmlElement) -> bool:
    """Whether there are sentences of an article beside what belongs to a poll."""
    if element.tag in ("body", "html"):
        return True
    texts = element.xpath(".//text()[not(ancestor::label or ancestor::button)]")
    said = filter(ends_sentence, map(block, texts))
    return any(not text.endswith("?") for text in said)


def _above(element: HtmlElement) -> HtmlElement | None:
    """Return the paragraph or heading right above an element, if nothing stands between."""
    while element.getprevious() is None:
        element = element.getparent()
        if element is None or block(element.text or ""):
            return None
    above = element.getprevious()
    while len(above) and above[-1].tag in BLOCKS and not block(above[-1].tail or ""):
        above = above[-1]
    return None if block(above.tail or "") or above.tag == "h1" else above


def _remove_unseen(tree: HtmlElement) -> None:
    """Remove what is hidden or struck out, unless it is most of the page, which a script shows."""
    most = _length(tree) / 2
    for element in list(tree.iter("*")):
        is_part = element.getparent() is not None and _is_unseen(element)
        if is_part and _length(element) <= most:
            element.drop_tree()


def _length(element: HtmlElement) -> int:
    texts = element.xpath(".//text()[not(parent::script or parent::style)]")
    return sum(len(text) for text in texts)


def _is_unseen(element: HtmlElement) -> bool:
    if element.tag in ("del", "s", "strike", "template"):
        return element.get("shadowrootmode") is None
    if _STRUCK_CLASS.search(element.get("class", "")):
        return True
    return _is_hidden(element) or _STRUCK_STYLE.search(element.get("style", "")) is not None


def _is_hidden(element: HtmlElement) -> bool:
    if element.get("hidden", "until-found") != "until-found":
        return True
    return (
        element.get("aria-hidden", "").lower() == "true"
        or _HIDING_STYLE.search(element.get("style", "")) is not None
        or _HIDING_CLASS.search(element.get("class", "")) is not None
        or _is_hidden_by_words(element.get("class", "").split())
    )


def _is_hidden_by_words(classes: list[str]) -> bool:
    hiding = [each for each in classes if _HIDING_WORD.fullmatch(each)]
    return bool(hiding) and not any(map(_SHOWING_WORD.fullmatch, {*classes} - {*hiding}))


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
    """Replace a table that puts numbers beside the lines of code by the code."""
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
