"""The button below an answer, and the one that undoes it."""

from telegram import InlineKeyboardMarkup

from bot.keyboards.data import button
from bot.texts.catalogue import Texts

FOLLOW, UNFOLLOW = "follow", "unfollow"


def follow(texts: Texts) -> InlineKeyboardMarkup:
    """Below an answer."""
    return InlineKeyboardMarkup([[button(texts("button.follow"), FOLLOW)]])


def unfollow(texts: Texts, subscription_id: int) -> InlineKeyboardMarkup:
    """Below the confirmation of a subscription."""
    return InlineKeyboardMarkup([[button(texts("button.undo"), UNFOLLOW, subscription_id)]])
