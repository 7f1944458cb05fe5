"""What a page hides: answers that open on a click are shown, everything else is removed."""

import re
from collections.abc import Iterator

from lxml import html  # type: ignore[import-untyped]  # lxml ships no types
from lxml.html import HtmlElement  # type: ignore[import-untyped]

from index.documents.blocks import ends_sentence
from index.documents.text import block

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BLOCKS = (
    *("article", "blockquote", "details", "div", "dl", "figure", "form", *HEADINGS),
    *("ol", "p", "pre", "section", "table", "ul"),
)

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
_STRUCK_STYLE = re.compile(r"line-through", re.I)
_STRUCK_CLASS = re.compile(
    r"(?:^|\s)(?:text-decoration-)?(?:line-through|strike(?:through)?|struck)(?:$|\s)", re.I
)
_BOXES = ("checkbox", "radio")


def open_answers(tree: HtmlElement) -> None:
    """Show what opens on a click; what is clicked on becomes its heading."""
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
    most = length_of(tree) / 2
    named = {each.get("id"): each for each in tree.iter("*")}
    for button in filter(_is_button, tree.iter("*")):
        heading = next(button.iterancestors(*HEADINGS, "dt"), button)
        panel = named.get(_name_of_panel(button))
        if panel is None and _opens_next(heading):
            panel = heading.getnext()
        if panel is not None and length_of(panel) <= most and _ends_sentence(panel):
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


def remove_hidden(tree: HtmlElement) -> None:
    """Remove what is hidden or struck out, unless it is most of the page, which a script shows."""
    most = length_of(tree) / 2
    for element in list(tree.iter("*")):
        is_part = element.getparent() is not None and _is_unseen(element)
        if is_part and length_of(element) <= most:
            element.drop_tree()


def length_of(element: HtmlElement) -> int:
    """Return how many characters of text an element has."""
    texts = element.xpath(".//text()[not(parent::script or parent::style)]")
    return sum(len(text) for text in texts)


def _is_unseen(element: HtmlElement) -> bool:
    if element.tag in ("del", "s", "strike", "template"):
        return element.get("shadowrootmode") is None
    if _STRUCK_CLASS.search(element.get("class", "")):
        return True
    return is_hidden(element) or _STRUCK_STYLE.search(element.get("style", "")) is not None


def is_hidden(element: HtmlElement) -> bool:
    """Whether an attribute, a style or a class hides an element."""
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
