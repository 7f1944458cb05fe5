"""Polls and forms of a page, which are not part of an article."""

import re

from lxml.html import HtmlElement  # type: ignore[import-untyped]  # lxml ships no types

from index.documents.blocks import ends_sentence
from index.documents.hidden import BLOCKS, length_of
from index.documents.text import block

_ASKS = re.compile(r"[^.!?…]+\?")
"""A question alone."""


def remove_polls(tree: HtmlElement) -> None:
    """Remove what readers are to tick or to write, with the question that it answers.

    The sentence below would be read as the answer.
    """
    most = length_of(tree) / 2
    for control in _controls(tree):
        poll = control
        while (outer := poll.getparent()) is not None and not _says_more(outer):
            poll = outer
        if outer is None or length_of(poll) > most or len(_controls(poll)) < _of_poll(control):
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
    """Whether it is not a box of a list of tasks, nor for a search, an address or a setting."""
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
