"""The buttons below a shared quote, and below the message with its link."""

from collections.abc import Iterable

from telegram import InlineKeyboardMarkup

from bot.keyboards.answers import VERIFY
from bot.keyboards.data import button
from bot.texts.catalogue import Texts

ALERT, AGAIN, FOLLOW, REVOKE = "share:alert", "share:again", "share:follow", "revoke"


def below_shared(texts: Texts, share_id: int, *, can_be_followed: bool) -> InlineKeyboardMarkup:
    """Below a quote that a link has opened."""
    follow = [[button(texts("button.follow"), FOLLOW, share_id)]] if can_be_followed else []
    again = button(texts("button.share"), AGAIN, share_id)
    return InlineKeyboardMarkup([*follow, [button(texts("button.verify"), VERIFY), again]])


def revoke(texts: Texts, share_ids: Iterable[int]) -> InlineKeyboardMarkup:
    """Below the links that somebody has just made."""
    return InlineKeyboardMarkup([[button(texts("button.revoke"), REVOKE, *share_ids)]])
