"""The buttons below our messages (pure); ``bot.buttons.dispatch`` says what each does.

A button's data is a verb and numbers, ``verb:1:2``, of which Telegram takes 64 bytes.
"""

from collections.abc import Iterable, Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.alerts.model import Subscription, Timetable
from bot.alerts.schedule import clock
from bot.texts import alerts as alert_messages

END, END_ALL, KEEP_ALL = "end", "end-all", "keep-all"
AT_ONCE, DIGEST, QUIET, NO_QUIET = "at-once", "digest", "quiet", "no-quiet"
MUTE, UNMUTE, LESS, ABOUT, BACK = "mute", "unmute", "less", "about", "back"
FOLLOW, UNFOLLOW = "follow", "unfollow"

DIGESTS = (8 * 60, 18 * 60)
NIGHTS = ((22 * 60, 7 * 60), (23 * 60, 8 * 60))
"""What the list offers; any other time can be written."""


def data(verb: str, *numbers: int) -> str:
    """A button's data."""
    return ":".join([verb, *map(str, numbers)])


def _button(text: str, verb: str, *numbers: int) -> InlineKeyboardButton:
    return InlineKeyboardButton(text, callback_data=data(verb, *numbers))


def listed(subscriptions: Sequence[Subscription], timetable: Timetable) -> InlineKeyboardMarkup:
    """Below the list: one to end each, then when they come."""
    ends = [
        [_button(f"✕ {alert_messages.interest_name(each.interest)}", END, each.id)]
        for each in subscriptions
    ]
    return InlineKeyboardMarkup([*ends, _digests(timetable), _nights(timetable)])


def _digests(timetable: Timetable) -> list[InlineKeyboardButton]:
    if timetable.digest_at is not None:
        return [_button("At once", AT_ONCE)]
    return [_button(f"Digest at {clock(at)}", DIGEST, at) for at in DIGESTS]


def _nights(timetable: Timetable) -> list[InlineKeyboardButton]:
    if timetable.quiet is not None:
        return [_button("No quiet hours", NO_QUIET)]
    return [_button(f"Quiet {alert_messages.span(night)}", QUIET, *night) for night in NIGHTS]


def end_all() -> InlineKeyboardMarkup:
    """Below the question whether to end all."""
    return InlineKeyboardMarkup([[_button("End all", END_ALL), _button("Keep", KEEP_ALL)]])


def alert(alert_id: int, subscriptions: Sequence[Subscription]) -> InlineKeyboardMarkup:
    """Below an alert that these subscriptions ask for."""
    first = [_one_or_which(_mute_label(subscriptions), MUTE, alert_id, subscriptions)]
    topical = [each for each in subscriptions if each.interest.topic]
    if topical:
        first.append(_one_or_which("Less like this", LESS, alert_id, topical))
    return InlineKeyboardMarkup([first, [_button("Ask about this", ABOUT, alert_id)]])


def _mute_label(subscriptions: Sequence[Subscription]) -> str:
    if len(subscriptions) > 1:
        return "Mute…"
    interest = subscriptions[0].interest
    if interest.topic:
        return "Mute this topic"
    return "Mute this source" if interest.source else "Mute all alerts"


def _one_or_which(
    text: str, verb: str, alert_id: int, subscriptions: Sequence[Subscription]
) -> InlineKeyboardButton:
    """Names the subscription when there is one; else the next press asks which."""
    numbers = [subscriptions[0].id] if len(subscriptions) == 1 else []
    return _button(text, verb, alert_id, *numbers)


def which(verb: str, alert_id: int, subscriptions: Iterable[Subscription]) -> InlineKeyboardMarkup:
    """In place of an alert's buttons: which of several topics is meant."""
    word = "Mute" if verb == MUTE else "Less for"
    rows = [
        [_button(f"{word}: {alert_messages.interest_name(each.interest)}", verb, alert_id, each.id)]
        for each in subscriptions
    ]
    return InlineKeyboardMarkup([*rows, [_button("Back", BACK, alert_id)]])


def muted(alert_id: int, subscription: Subscription) -> InlineKeyboardMarkup:
    """In place of the buttons of an alert whose topic was muted."""
    name = alert_messages.interest_name(subscription.interest)
    return InlineKeyboardMarkup(
        [[_button(f"Undo: hear of {name}", UNMUTE, alert_id, subscription.id)]]
    )


def follow() -> InlineKeyboardMarkup:
    """Below an answer."""
    return InlineKeyboardMarkup([[_button("Follow this", FOLLOW)]])


def unfollow(subscription_id: int) -> InlineKeyboardMarkup:
    """Below the word that something is followed from now on."""
    return InlineKeyboardMarkup([[_button("Undo", UNFOLLOW, subscription_id)]])
