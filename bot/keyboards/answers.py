"""The buttons below an answer, and the one that undoes a subscription."""

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.keyboards.data import button
from bot.texts.catalogue import Texts

FOLLOW, UNFOLLOW, STORY = "follow", "unfollow", "story"
VERIFY, SHARE = "verify", "share"


def follow(texts: Texts, *, has_story: bool = False) -> InlineKeyboardMarkup:
    """Below an answer; ``has_story`` if it quotes an article that answers."""
    stories = [story(texts)] if has_story else []
    return InlineKeyboardMarkup([[button(texts("button.follow"), FOLLOW), *stories]])


def story(texts: Texts) -> InlineKeyboardButton:
    """Below an answer or an alert: what happened before and after."""
    return button(texts("button.story"), STORY)


def below(
    texts: Texts, html: str, others: InlineKeyboardMarkup | None
) -> InlineKeyboardMarkup | None:
    """Below a reply: ``others``, and those of its quotes if it has any."""
    if "<blockquote" not in html:
        return others
    rows = others.inline_keyboard if others else ()
    own = [button(texts("button.verify"), VERIFY), button(texts("button.share"), SHARE)]
    return InlineKeyboardMarkup([*rows, own])


def unfollow(texts: Texts, subscription_id: int) -> InlineKeyboardMarkup:
    """Below the confirmation of a subscription."""
    return InlineKeyboardMarkup([[button(texts("button.undo"), UNFOLLOW, subscription_id)]])
