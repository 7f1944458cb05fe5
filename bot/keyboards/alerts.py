"""The buttons below an alert: mute or stop, less like this or no answer, ask about this, share."""

from collections.abc import Iterable, Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.keyboards.answers import story
from bot.keyboards.data import button
from bot.keyboards.shares import ALERT as SHARE
from bot.subscriptions.model import Subscription
from bot.texts.alerts import interest_name
from bot.texts.catalogue import Texts

MUTE, UNMUTE, LESS, ABOUT, BACK = "mute", "unmute", "less", "about", "back"
GO_ON = "go-on"


def below_alert(
    texts: Texts, alert_id: int, subscriptions: Sequence[Subscription]
) -> InlineKeyboardMarkup:
    """Below an alert that these subscriptions asked for."""
    mute = _one_or_which(_mute_label(texts, subscriptions), MUTE, alert_id, subscriptions)
    ask = button(texts("button.ask"), ABOUT, alert_id)
    share = button(texts("button.share"), SHARE, alert_id)
    judged = [each for each in subscriptions if can_be_judged(each)]
    if all(each.interest.question for each in subscriptions):
        less = _one_or_which(texts("button.not_answer"), LESS, alert_id, judged)
        go_on = button(texts("button.go_on"), GO_ON, alert_id)
        return InlineKeyboardMarkup([[mute, go_on], [less, ask], [share, story(texts)]])
    less = _one_or_which(texts("button.less"), LESS, alert_id, judged)
    return InlineKeyboardMarkup([[mute, less] if judged else [mute], [ask, share], [story(texts)]])


def can_be_judged(subscription: Subscription) -> bool:
    """Whether a passage can have been chosen wrongly: that of a source is only the opening."""
    return bool(subscription.interest.topic or subscription.interest.question)


def _mute_label(texts: Texts, subscriptions: Sequence[Subscription]) -> str:
    if len(subscriptions) > 1:
        return texts("button.mute_which")
    interest = subscriptions[0].interest
    if interest.question:
        return texts("button.stop")
    if interest.topic:
        return texts("button.mute_topic")
    return texts("button.mute_source") if interest.source else texts("button.mute_everything")


def _one_or_which(
    label: str, verb: str, alert_id: int, subscriptions: Sequence[Subscription]
) -> InlineKeyboardButton:
    """Names the subscription if there is only one; otherwise tapping it asks which."""
    numbers = [subscriptions[0].id] if len(subscriptions) == 1 else []
    return button(label, verb, alert_id, *numbers)


def which(
    texts: Texts, verb: str, alert_id: int, subscriptions: Iterable[Subscription]
) -> InlineKeyboardMarkup:
    """Replaces an alert's buttons to ask which of several subscriptions is meant."""
    rows = []
    for each in subscriptions:
        name = interest_name(texts, each.interest)
        label = texts("button.mute" if verb == MUTE else "button.less_for", interest=name)
        rows.append([button(label, verb, alert_id, each.id)])
    return InlineKeyboardMarkup([*rows, [button(texts("button.back"), BACK, alert_id)]])


def muted(texts: Texts, alert_id: int, subscription: Subscription) -> InlineKeyboardMarkup:
    """Replaces the buttons of an alert whose subscription was muted."""
    label = texts("button.unmute", interest=interest_name(texts, subscription.interest))
    return InlineKeyboardMarkup([[button(label, UNMUTE, alert_id, subscription.id)]])
