"""The buttons below an answer, and the one that undoes them."""

from telegram import InlineKeyboardMarkup

from bot.keyboards.data import button
from bot.texts.catalogue import Texts

FOLLOW, UNFOLLOW, WATCH = "follow", "unfollow", "watch"


def follow(texts: Texts, *, is_answered: bool) -> InlineKeyboardMarkup:
    """Below an answer, or a refusal: save the question, or follow its topic."""
    watch = texts("button.watch_changes" if is_answered else "button.watch")
    return InlineKeyboardMarkup([[button(watch, WATCH)], [button(texts("button.follow"), FOLLOW)]])


def unfollow(texts: Texts, subscription_id: int) -> InlineKeyboardMarkup:
    """Below the confirmation of a subscription."""
    return InlineKeyboardMarkup([[button(texts("button.undo"), UNFOLLOW, subscription_id)]])
