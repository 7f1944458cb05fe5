"""The buttons below "What shall I do with this?", and the one that undoes an addition."""

from telegram import InlineKeyboardMarkup, Message

from bot.keyboards.channels import follow_channel_button
from bot.keyboards.data import button
from bot.texts.catalogue import Texts

LOOK_UP, ADD, IMPORT, UNDO = "look-up", "add-article", "import-feeds", "undo-article"


def below_forward(
    texts: Texts,
    message: Message,
    *,
    can_be_added: bool,
    lists_feeds: bool = False,
    is_read: bool = False,
) -> InlineKeyboardMarkup:
    """For a ``message`` that was forwarded; ``is_read`` if it was asked about already."""
    asking = button(texts("button.ask_forward"), LOOK_UP)
    adding = button(texts("button.add_article"), ADD)
    shown = [
        asking if (message.text or message.caption) and not is_read else None,
        adding if can_be_added else None,
        button(texts("button.import_feeds"), IMPORT) if lists_feeds else None,
        follow_channel_button(texts, message),
    ]
    return InlineKeyboardMarkup([[each] for each in shown if each is not None])


def undo(texts: Texts, number: int) -> InlineKeyboardMarkup:
    """Below what says that the article with this ``number`` was added."""
    return InlineKeyboardMarkup([[button(texts("button.undo"), UNDO, number)]])
