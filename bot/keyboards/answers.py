"""The buttons below an answer, and the one that undoes a subscription."""

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.keyboards.data import button
from bot.texts.catalogue import Texts

FOLLOW, UNFOLLOW, ALONE, WATCH, STORY = "follow", "unfollow", "alone", "watch", "story"
VERIFY, SHARE, VOTE = "verify", "share", "vote"


def follow(texts: Texts, part: int, *, is_answered: bool) -> InlineKeyboardMarkup:
    """Below the answer to a question that stands alone, or its refusal: save it, follow its topic.

    ``part`` counts the questions of the message from 0.
    """
    watch = texts("button.watch_changes" if is_answered else "button.watch")
    stories = [story(texts)] if is_answered else []
    following = button(texts("button.follow"), FOLLOW, part)
    return InlineKeyboardMarkup([[button(watch, WATCH, part)], [following, *stories]])


def alone(texts: Texts, part: int) -> InlineKeyboardMarkup:
    """Below an answer in the context of another question."""
    return InlineKeyboardMarkup([[button(texts("button.alone"), ALONE, part)]])


def story(texts: Texts) -> InlineKeyboardButton:
    """Below an answer or an alert: what happened before and after."""
    return button(texts("button.story"), STORY)


def below(
    texts: Texts, html: str, others: InlineKeyboardMarkup | None, *, has_votes: bool = False
) -> InlineKeyboardMarkup | None:
    """Below a reply: ``others``, then the votes, and verify and share if it has quotes."""
    last = [button("👍", VOTE, 1), button("👎", VOTE, 0)] if has_votes else []
    if "<blockquote" in html:
        last += [button(texts("button.verify"), VERIFY), button(texts("button.share"), SHARE)]
    rows = [*(others.inline_keyboard if others else ()), *([last] if last else ())]
    return InlineKeyboardMarkup(rows) if rows else None


def unfollow(texts: Texts, subscription_id: int) -> InlineKeyboardMarkup:
    """Below the confirmation of a subscription."""
    return InlineKeyboardMarkup([[button(texts("button.undo"), UNFOLLOW, subscription_id)]])
