"""The button below an answer, and the one that undoes it."""

from telegram import InlineKeyboardMarkup

from bot.keyboards.data import button
from bot.texts.catalogue import Texts

FOLLOW, UNFOLLOW, VOTE = "follow", "unfollow", "vote"


def follow(texts: Texts) -> InlineKeyboardMarkup:
    """Below an answer."""
    return InlineKeyboardMarkup([[button(texts("button.follow"), FOLLOW)]])


def with_votes(buttons: InlineKeyboardMarkup) -> InlineKeyboardMarkup:
    """The buttons below an answer, and a row to say whether it is a good one."""
    votes = [button("👍", VOTE, 1), button("👎", VOTE, 0)]
    return InlineKeyboardMarkup([*buttons.inline_keyboard, votes])


def unfollow(texts: Texts, subscription_id: int) -> InlineKeyboardMarkup:
    """Below the confirmation of a subscription."""
    return InlineKeyboardMarkup([[button(texts("button.undo"), UNFOLLOW, subscription_id)]])
