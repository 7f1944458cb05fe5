"""The buttons below our messages (pure); ``bot.buttons.dispatch`` says what each does.

A button's data is a verb and numbers, ``verb:1:2``, of which Telegram takes 64 bytes.
"""

from collections.abc import Iterable, Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.alerts.model import Subscription, Timetable
from bot.texts.alerts import interest_name, span
from bot.texts.catalogue import Texts

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


def listed(
    texts: Texts, subscriptions: Sequence[Subscription], timetable: Timetable
) -> InlineKeyboardMarkup:
    """Below the list: one button to remove each subscription, then when alerts come."""
    ends = [
        [_button(f"✕ {interest_name(texts, each.interest)}", END, each.id)]
        for each in subscriptions
    ]
    return InlineKeyboardMarkup([*ends, _digests(texts, timetable), _nights(texts, timetable)])


def _digests(texts: Texts, timetable: Timetable) -> list[InlineKeyboardButton]:
    if timetable.digest_at is not None:
        return [_button(texts("button.no_digest"), AT_ONCE)]
    return [_button(texts("button.digest", time=texts.clock(at)), DIGEST, at) for at in DIGESTS]


def _nights(texts: Texts, timetable: Timetable) -> list[InlineKeyboardButton]:
    if timetable.quiet is not None:
        return [_button(texts("button.no_quiet"), NO_QUIET)]
    return [
        _button(texts("button.quiet", hours=span(texts, night)), QUIET, *night) for night in NIGHTS
    ]


def end_all(texts: Texts) -> InlineKeyboardMarkup:
    """Below the question whether to remove all subscriptions."""
    remove = _button(texts("button.remove_all"), END_ALL)
    return InlineKeyboardMarkup([[remove, _button(texts("button.keep"), KEEP_ALL)]])


def alert(
    texts: Texts, alert_id: int, subscriptions: Sequence[Subscription]
) -> InlineKeyboardMarkup:
    """Below an alert that these subscriptions asked for."""
    first = [_one_or_which(_mute_label(texts, subscriptions), MUTE, alert_id, subscriptions)]
    topical = [each for each in subscriptions if each.interest.topic]
    if topical:
        first.append(_one_or_which(texts("button.less"), LESS, alert_id, topical))
    return InlineKeyboardMarkup([first, [_button(texts("button.ask"), ABOUT, alert_id)]])


def _mute_label(texts: Texts, subscriptions: Sequence[Subscription]) -> str:
    if len(subscriptions) > 1:
        return texts("button.mute_which")
    interest = subscriptions[0].interest
    if interest.topic:
        return texts("button.mute_topic")
    return texts("button.mute_source") if interest.source else texts("button.mute_everything")


def _one_or_which(
    text: str, verb: str, alert_id: int, subscriptions: Sequence[Subscription]
) -> InlineKeyboardButton:
    """Names the subscription if there is only one; else pressing it asks which."""
    numbers = [subscriptions[0].id] if len(subscriptions) == 1 else []
    return _button(text, verb, alert_id, *numbers)


def which(
    texts: Texts, verb: str, alert_id: int, subscriptions: Iterable[Subscription]
) -> InlineKeyboardMarkup:
    """In place of an alert's buttons: which of several subscriptions is meant."""
    rows = []
    for each in subscriptions:
        name = interest_name(texts, each.interest)
        is_mute = verb == MUTE
        label = texts("button.mute" if is_mute else "button.less_for", interest=name)
        rows.append([_button(label, verb, alert_id, each.id)])
    return InlineKeyboardMarkup([*rows, [_button(texts("button.back"), BACK, alert_id)]])


def muted(texts: Texts, alert_id: int, subscription: Subscription) -> InlineKeyboardMarkup:
    """In place of the buttons of an alert whose subscription was muted."""
    label = texts("button.unmute", interest=interest_name(texts, subscription.interest))
    return InlineKeyboardMarkup([[_button(label, UNMUTE, alert_id, subscription.id)]])


def follow(texts: Texts) -> InlineKeyboardMarkup:
    """Below an answer."""
    return InlineKeyboardMarkup([[_button(texts("button.follow"), FOLLOW)]])


def unfollow(texts: Texts, subscription_id: int) -> InlineKeyboardMarkup:
    """Below the confirmation of a subscription."""
    return InlineKeyboardMarkup([[_button(texts("button.undo"), UNFOLLOW, subscription_id)]])
