"""The buttons below the language of a chat: one for each language, and one for automatic."""

from telegram import InlineKeyboardMarkup

from bot.keyboards.data import button
from bot.texts.catalogue import Texts
from bot.texts.languages import Languages

LANGUAGE = "language"
A_ROW = 2


def choices(texts: Texts, languages: Languages, chosen: str | None) -> InlineKeyboardMarkup:
    """Each language by its own name, with a tick at the one that was chosen."""
    buttons = [
        button(_ticked(languages.own_name(name), name == chosen), LANGUAGE, word=name)
        for name in languages.names
    ]
    rows = [buttons[at : at + A_ROW] for at in range(0, len(buttons), A_ROW)]
    automatic = _ticked(texts("button.language_automatic"), chosen is None)
    return InlineKeyboardMarkup([*rows, [button(automatic, LANGUAGE)]])


def _ticked(label: str, is_chosen: bool) -> str:
    return f"✓ {label}" if is_chosen else label
