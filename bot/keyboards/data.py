"""A button's data: a verb and numbers, such as ``mute:12:5``. Telegram allows 64 bytes."""

import re

from telegram import InlineKeyboardButton

_DATA = re.compile(r"([a-z-]+(?::[a-z]+)?)((?::[0-9]{1,18})*)")
"""Numbers of up to 18 digits fit into the database."""


def button(label: str, verb: str, *numbers: int) -> InlineKeyboardButton:
    """A button with this label and data."""
    return InlineKeyboardButton(label, callback_data=":".join([verb, *map(str, numbers)]))


def parse(data: str) -> tuple[str, tuple[int, ...]]:
    """The verb and the numbers of a button's data; an empty verb if the data is not valid."""
    written = _DATA.fullmatch(data)
    if written is None:
        return "", ()
    return written[1], tuple(map(int, written[2].split(":")[1:]))
