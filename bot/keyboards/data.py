"""A button's data: a verb and numbers, such as ``mute:12:5``, or a word, such as ``language=uk``.

Telegram allows 64 bytes.
"""

import re

from telegram import InlineKeyboardButton

_DATA = re.compile(r"([a-z-]+(?::[a-z]+)?)((?::[0-9]{1,18})*)(?:=([A-Za-z0-9_]{1,32}))?")
"""Numbers of up to 18 digits fit into the database."""


def button(label: str, verb: str, *numbers: int, word: str = "") -> InlineKeyboardButton:
    """A button with this label and data."""
    data = ":".join([verb, *map(str, numbers)])
    return InlineKeyboardButton(label, callback_data=f"{data}={word}" if word else data)


def parse(data: str) -> tuple[str, tuple[int, ...], str]:
    """The verb, the numbers and the word of a button's data; no verb if the data is not valid."""
    written = _DATA.fullmatch(data)
    if written is None:
        return "", (), ""
    return written[1], tuple(map(int, written[2].split(":")[1:])), written[3] or ""
