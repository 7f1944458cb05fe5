"""Repairs the markup of feeds, so that it says what was meant (pure)."""

import re
from html import escape, unescape

from lxml.html import defs  # type: ignore[import-untyped]  # lxml ships no types

_TAG = re.compile(r"</?([a-z][\w:-]{0,40})(?=[\s/>])", re.IGNORECASE)
_OPENING = re.compile(r"(\w?)<([a-z]\w{0,40})(?![\w:-])[^<>=\"'/]{0,80}>", re.IGNORECASE)
"""A tag without attributes, after a letter or not."""
_CLOSING = re.compile(r"</([a-z]\w{0,40})\s*>", re.IGNORECASE)
_LAST = re.compile(r"</[a-z]\w{0,40}\s{0,9}>\Z", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?:#\d{2,7}|#x[0-9a-f]{2,6}|[a-z]{2,8}\d?);", re.IGNORECASE)
_BLOCKS = frozenset({*defs.block_tags, "article", "aside", "figure", "section"})
_MAY_STAY_OPEN = frozenset({"br", "hr", "wbr", "dd", "dt", "li", "p", "td", "th", "tr"})
_OF_TEXT = (
    (_BLOCKS | defs.phrase_tags | defs.font_style_tags | _MAY_STAY_OPEN)
    | {"a", "bdo", "font", "mark", "q", "span", "sub", "sup"}
) - (defs.form_tags | {"aside", "figure", "menu", "noscript"})
"""Elements that a teaser may leave open where it was cut. Others are not read without their end."""
_BREAK = re.compile(
    r"(?<=\S)<(?:br|hr|wbr)>|<(?:br|hr|wbr)\s{0,9}/>|<img\s[^<>]{0,2000}\bsrc=", re.IGNORECASE
)
"""A line break, a line or a picture, but not the word ``<br>`` in a sentence."""


def from_text(text: str) -> str:
    """Return plain text as markup, each line a paragraph."""
    return "".join(
        f"<p>{escape(line, quote=False)}</p>" for line in text.splitlines() if line.strip()
    )


def mended(markup: str) -> str:
    """Undo one escaping too many in markup, and escape words such as ``<T>``.

    A browser, too, would show the tags of the former, and drop the latter.
    """
    return _with_words_escaped(_unescaped(markup))


def is_wrapped(text: str) -> bool:
    """Whether all of a text stands in elements, so that it is markup whatever its feed says."""
    stripped = text.strip()
    opening, closing = _TAG.match(stripped), _LAST.search(stripped)
    return bool(opening and closing and _is_block(opening[1]))


def holds_markup(text: str) -> bool:
    """Whether there are breaks in a text, or elements of a sentence with their ends."""
    closed = {each[1].lower() for each in _CLOSING.finditer(text)}
    opened = {each[1].lower() for each in _TAG.finditer(text) if each[0][1] != "/"}
    return holds_breaks(text) or not _OF_TEXT.isdisjoint(closed & opened)


def holds_breaks(text: str) -> bool:
    """Whether there are line breaks, lines or pictures in a text: elements that have no end."""
    return _BREAK.search(text) is not None


def _unescaped(markup: str) -> str:
    if "&" not in markup or any(each[1].lower() in defs.tags for each in _TAG.finditer(markup)):
        return markup
    inner = unescape(markup)
    opening = _TAG.match(inner.lstrip())
    is_element = opening is not None and opening[1].lower() in defs.tags
    closes = is_element and any(each[1].lower() in defs.tags for each in _CLOSING.finditer(inner))
    return inner if closes or holds_breaks(inner) or _REFERENCE.search(inner) else markup


def _is_block(name: str) -> bool:
    return name.lower() in _BLOCKS


def _with_words_escaped(markup: str) -> str:
    closed = {each[1].lower() for each in _CLOSING.finditer(markup)}

    def as_read(opening: re.Match[str]) -> str:
        after_letter, name = opening[1], opening[2].lower()
        is_known = name in (_MAY_STAY_OPEN if after_letter else _OF_TEXT)
        return opening[0] if is_known or name in closed else escape(opening[0], quote=False)

    return _OPENING.sub(as_read, markup)
