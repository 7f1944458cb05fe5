"""The buttons below "What shall I do with this?", and the one that undoes an addition."""

from telegram import InlineKeyboardMarkup, Message

from bot.keyboards.data import button
from bot.texts.catalogue import Texts

LOOK_UP, ADD, UNDO = "look-up", "add-article", "undo-article"


def below_forward(texts: Texts, message: Message, *, is_read: bool = False) -> InlineKeyboardMarkup:
    """For a ``message`` that was forwarded; ``is_read`` if it was asked about already."""
    rows = []
    if (message.text or message.caption) and not is_read:
        rows.append([button(texts("button.ask_forward"), LOOK_UP)])
    rows.append([button(texts("button.add_article"), ADD)])
    # Buttons that only some forwards have go here.
    return InlineKeyboardMarkup(rows)


def undo(texts: Texts, number: int) -> InlineKeyboardMarkup:
    """Below what says that the article with this ``number`` was added."""
    return InlineKeyboardMarkup([[button(texts("button.undo"), UNDO, number)]])
