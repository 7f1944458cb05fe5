"""A digest is cut into messages that Telegram takes (pure)."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.texts.markup import units

TEXT, ENTITIES, MARKUP = 4096, 60, 9_000
"""UTF-16 units of text, entities, and characters of HTML in a message. Telegram keeps 100 entities,
those among them that it finds by itself (bare addresses, names), and refuses too long links."""

_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Group:
    """What stands under one heading; all of it is HTML, and each item fits into a message."""

    heading: str
    items: Sequence[str]


def split(first: str, further: str, groups: Sequence[Group]) -> list[str]:
    """Messages of whole items; ``first`` heads the first one, ``further`` all others.

    A group that goes on in another message has its heading there again.
    """
    parts: list[str] = []
    lines: list[str] = []
    for group in groups:
        heading = [group.heading]
        for item in group.items:
            if lines and not _fits([*lines, *heading, item]):
                parts.append(_joined(lines))
                lines = []
                heading = [group.heading]
            if not lines:
                lines = [further if parts else first]
            lines += [*heading, item]
            heading = []
    return [*parts, _joined(lines)] if lines else parts


def _fits(lines: Sequence[str]) -> bool:
    text = _joined(lines)
    shown = units(html.unescape(_TAG.sub("", text)))
    return shown <= TEXT and text.count("</") <= ENTITIES and len(text) <= MARKUP


def _joined(lines: Sequence[str]) -> str:
    return "\n\n".join(lines)
