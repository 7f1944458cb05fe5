"""Formulas in MathML as a line of text: ``E = mc²``, ``(a + b)/2``, ``√(x)``."""

import re
import unicodedata
from collections.abc import Callable, Sequence

from lxml.html import HtmlElement  # type: ignore[import-untyped]  # lxml ships no types

from index.documents.scripts import exponent, index_of

DEEPEST = 50
"""Levels of a formula; what is deeper is text."""

_UNSEEN = ("annotation", "annotation-xml", "mphantom")
_TEX = "application/x-tex"
_INVISIBLE_OPERATORS = re.compile("[\u2061-\u2064]")
_SPACE = re.compile(r"\s+")


def formula(math: HtmlElement) -> str:
    """Return what a ``<math>`` element says: its formula, or the source that it carries."""
    text = _SPACE.sub(" ", _said(math, DEEPEST)).strip()
    return text or _source(math)


def _source(math: HtmlElement) -> str:
    notes = [note.text or "" for note in math.iter("annotation") if note.get("encoding") == _TEX]
    return next(filter(None, map(str.strip, [*notes, math.get("alttext") or ""])), "")


def _said(element: HtmlElement, depth: int) -> str:
    children = [child for child in element if isinstance(child.tag, str)]
    if not children or not depth:
        return _INVISIBLE_OPERATORS.sub("", _SPACE.sub(" ", "".join(element.itertext())).strip())
    parts = [_said(child, depth - 1) for child in children if _name(child) not in _UNSEEN]
    write = _WRITTEN.get(_name(element))
    if write is not None and len(parts) == write[0]:
        return write[1](parts)
    if _name(element) == "msqrt":
        return f"√{_grouped(''.join(parts))}"
    if _name(element) in ("mtable", "mtr"):
        return " ".join(parts)
    return "".join(_spaced(children, parts))


def _name(element: HtmlElement) -> str:
    return str(element.tag).rpartition("}")[2].rpartition(":")[2]


def _spaced(children: Sequence[HtmlElement], parts: Sequence[str]) -> list[str]:
    """Put spaces around the operators between operands, as they are drawn."""
    seen = [child for child in children if _name(child) not in _UNSEEN]
    spaced = []
    for place, (child, part) in enumerate(zip(seen, parts, strict=True)):
        is_between = 0 < place < len(parts) - 1 and _name(child) == "mo"
        is_infix = is_between and (part == "-" or unicodedata.category(part[:1] or " ") == "Sm")
        spaced.append(f" {part} " if is_infix else part)
    return spaced


def _grouped(text: str) -> str:
    return text if text.isalnum() or len(text) == 1 else f"({text})"


_WRITTEN: dict[str, tuple[int, Callable[[Sequence[str]], str]]] = {
    "mfrac": (2, lambda parts: f"{_grouped(parts[0])}/{_grouped(parts[1])}"),
    "mroot": (2, lambda parts: f"{exponent(parts[1])}√{_grouped(parts[0])}"),
    "msup": (2, lambda parts: parts[0] + exponent(parts[1])),
    "mover": (2, "".join),
    "msub": (2, lambda parts: parts[0] + index_of(parts[1])),
    "munder": (2, lambda parts: parts[0] + index_of(parts[1])),
    "msubsup": (3, lambda parts: parts[0] + index_of(parts[1]) + exponent(parts[2])),
    "munderover": (3, lambda parts: parts[0] + index_of(parts[1]) + exponent(parts[2])),
}
"""How many parts an element has, and how they are written."""
