"""The buttons below the list of subscriptions, and below the question whether to end them all."""

from collections.abc import Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.keyboards.data import button
from bot.subscriptions.model import Subscription, Timetable
from bot.texts.alerts import interest_name, span
from bot.texts.catalogue import Texts

END, END_ALL, KEEP_ALL = "end", "end-all", "keep-all"
AT_ONCE, DIGEST, QUIET, NO_QUIET = "at-once", "digest", "quiet", "no-quiet"

DIGESTS = (8 * 60, 18 * 60)
NIGHTS = ((22 * 60, 7 * 60), (23 * 60, 8 * 60))
"""Times that have a button, in minutes after midnight; /digest and /quiet take any other."""


def listed(
    texts: Texts, subscriptions: Sequence[Subscription], timetable: Timetable
) -> InlineKeyboardMarkup:
    """Below the list: one button to remove each subscription, then when alerts come."""
    ends = [
        [button(f"✕ {interest_name(texts, each.interest)}", END, each.id)] for each in subscriptions
    ]
    return InlineKeyboardMarkup([*ends, _digests(texts, timetable), _nights(texts, timetable)])


def _digests(texts: Texts, timetable: Timetable) -> list[InlineKeyboardButton]:
    if timetable.digest_at is not None:
        return [button(texts("button.no_digest"), AT_ONCE)]
    return [button(texts("button.digest", time=texts.clock(at)), DIGEST, at) for at in DIGESTS]


def _nights(texts: Texts, timetable: Timetable) -> list[InlineKeyboardButton]:
    if timetable.quiet is not None:
        return [button(texts("button.no_quiet"), NO_QUIET)]
    return [
        button(texts("button.quiet", hours=span(texts, night)), QUIET, *night) for night in NIGHTS
    ]


def end_all(texts: Texts) -> InlineKeyboardMarkup:
    """Below the question whether to remove all subscriptions."""
    remove = button(texts("button.remove_all"), END_ALL)
    return InlineKeyboardMarkup([[remove, button(texts("button.keep"), KEEP_ALL)]])
