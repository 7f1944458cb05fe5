"""Cuts a digest into messages that Telegram accepts (pure)."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.texts.markup import units

TEXT, ENTITIES, MARKUP = 4096, 60, 9_000
"""UTF-16 code units of text, entities, and characters of HTML in a message. Telegram keeps 100
entities, including those it finds itself (bare addresses, names), and rejects links that are too
long."""

_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Group:
    """A heading and the items below it, as HTML; each item fits into a message."""

    heading: str
    items: Sequence[str]


def split(first: str, further: str, groups: Sequence[Group]) -> list[str]:
    """Messages of whole items; ``first`` is the title of the first, ``further`` of all others.

    A group that continues in another message has its heading repeated there.
    """
    parts: list[str] = []
    lines: list[str] = []
    for group in groups:
        heading = [group.heading]
        for item in group.items:
            if lines and not fits([*lines, *heading, item]):
                parts.append(_joined(lines))
                lines = []
                heading = [group.heading]
            if not lines:
                lines = [further if parts else first]
            lines += [*heading, item]
            heading = []
    return [*parts, _joined(lines)] if lines else parts


def fits(lines: Sequence[str]) -> bool:
    """Whether Telegram accepts a message of these lines."""
    text = _joined(lines)
    shown = units(html.unescape(_TAG.sub("", text)))
    return shown <= TEXT and text.count("</") <= ENTITIES and len(text) <= MARKUP


def _joined(lines: Sequence[str]) -> str:
    return "\n\n".join(lines)
