"""The button below a forwarded post: follow its channel. It carries the channel's name."""

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, MessageOriginChannel

from bot.keyboards.data import button
from bot.texts.catalogue import Texts

FOLLOW = "channel:follow"


def below_answer(texts: Texts, message: Message) -> InlineKeyboardMarkup | None:
    """Below what the articles say to a ``message`` that was forwarded from a public channel."""
    follow = follow_channel_button(texts, message)
    return InlineKeyboardMarkup([[follow]]) if follow else None


def follow_channel_button(texts: Texts, message: Message) -> InlineKeyboardButton | None:
    """Follow the channel that ``message`` was forwarded from; ``None`` unless that is public."""
    origin = message.forward_origin
    if not isinstance(origin, MessageOriginChannel) or not origin.chat.username:
        return None
    return button(texts("button.follow_channel"), FOLLOW, word=origin.chat.username)
