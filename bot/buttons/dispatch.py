"""What the buttons below our messages do; ``bot.buttons.keyboards`` makes them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from telegram import Message, Update

from bot.alerts.interest import topic_of
from bot.alerts.model import Interest, Subscribed, Timetable
from bot.alerts.schedule import with_digest, with_quiet, without_digest
from bot.buttons import alerts as alert_buttons
from bot.buttons import keyboards
from bot.buttons.callback import Press, acknowledge
from bot.commands.ask import question_in
from bot.commands.permission import may_change
from bot.commands.subscribe import listed, make
from bot.context import Context
from bot.sending import reply
from bot.texts import alerts as alert_messages
from qa.language.when import without_periods

MINUTES_A_DAY = 24 * 60
DIGITS = 19
"""Numbers with fewer are ones that the database takes."""


async def button(update: Update, context: Context) -> None:
    """A button below one of our messages was pressed."""
    query = update.callback_query
    assert query is not None
    verb, *numbers = (query.data or "").split(":")
    action = ACTIONS.get(verb)
    message = query.message
    if (
        action is None
        or len(numbers) not in action.counts
        or not all(number.isdecimal() and len(number) < DIGITS for number in numbers)
        or not isinstance(message, Message)  # too old for Telegram to show it to us
    ):
        await acknowledge(query, context.texts("subscriptions.old_button"))
    elif not action.is_for_all and not await may_change(update):
        await acknowledge(query, context.texts("error.not_chat_admin"))
    else:
        await action.take(Press(query, message, context, tuple(map(int, numbers))))


# The list of subscriptions


async def _end_one(press: Press) -> None:
    ended = await press.end(press.numbers[0])
    done = "subscriptions.removed" if ended else "subscriptions.removed_before"
    await press.acknowledge(press.texts(done))
    await _show_list(press)


async def _end_all(press: Press) -> None:
    ended = await asyncio.to_thread(press.store.end_subscriptions, press.place)
    await press.acknowledge()
    await press.edit(alert_messages.ended_all(press.texts, ended))


async def _keep_all(press: Press) -> None:
    await press.acknowledge()
    await press.edit(press.texts("unsubscribe.kept"))


async def _at_once(press: Press) -> None:
    await _change(press, lambda timetable: without_digest(timetable, time.time()))


async def _digest(press: Press) -> None:
    at = press.numbers[0] % MINUTES_A_DAY
    await _change(press, lambda timetable: with_digest(timetable, at, None, time.time()))


async def _quiet(press: Press) -> None:
    begin, end = (number % MINUTES_A_DAY for number in press.numbers)
    await _change(press, lambda timetable: with_quiet(timetable, (begin, end), None, time.time()))


async def _no_quiet(press: Press) -> None:
    await _change(press, lambda timetable: replace(timetable, quiet=None))


async def _change(press: Press, change: Callable[[Timetable], Timetable]) -> None:
    await asyncio.to_thread(press.store.places.change, press.place, change)
    await press.acknowledge(press.texts("subscriptions.changed"))
    await _show_list(press)


async def _show_list(press: Press) -> None:
    await press.edit(*await asyncio.to_thread(listed, press.texts, press.store, press.place))


# Answers


async def _follow(press: Press) -> None:
    asked = press.message.reply_to_message
    if asked is None:
        await press.acknowledge(press.texts("subscriptions.old_button"))
        return
    question = question_in(asked, press.context.bot.bot)
    interest = Interest(topic_of(without_periods(question, asked.date)))
    if not interest.topic:
        await press.acknowledge(press.texts("subscribe.nothing_to_follow"))
        return
    await press.acknowledge()
    made = await make(press.context, press.place, interest, press.query.from_user.id)
    if made.outcome is Subscribed.TOO_MANY:
        await reply(press.message, press.texts("subscribe.too_many"))
        return
    is_new = made.outcome is Subscribed.NEW
    await reply(
        press.message,
        alert_messages.subscribed(press.texts, interest, is_new=is_new),
        buttons=keyboards.unfollow(press.texts, made.id) if is_new else None,
    )


async def _unfollow(press: Press) -> None:
    ended = await press.end(press.numbers[0])
    await press.acknowledge("" if ended else press.texts("subscriptions.removed_before"))
    if ended is not None:
        await press.edit(alert_messages.unfollowed(press.texts, ended.interest))


@dataclass(frozen=True, slots=True)
class Action:
    """What a verb does, and how many numbers it may carry."""

    take: Callable[[Press], Awaitable[None]]
    counts: frozenset[int] = frozenset({0})
    is_for_all: bool = False
    """In a group, too; else for its administrators."""


def _with(take: Callable[[Press], Awaitable[None]], *counts: int) -> Action:
    return Action(take, frozenset(counts or (0,)))


ACTIONS = {
    keyboards.END: _with(_end_one, 1),
    keyboards.END_ALL: _with(_end_all),
    keyboards.KEEP_ALL: _with(_keep_all),
    keyboards.AT_ONCE: _with(_at_once),
    keyboards.DIGEST: _with(_digest, 1),
    keyboards.QUIET: _with(_quiet, 2),
    keyboards.NO_QUIET: _with(_no_quiet),
    keyboards.MUTE: _with(alert_buttons.mute, 1, 2),
    keyboards.UNMUTE: _with(alert_buttons.unmute, 2),
    keyboards.LESS: _with(alert_buttons.less, 1, 2),
    keyboards.BACK: _with(alert_buttons.back, 1),
    keyboards.ABOUT: replace(_with(alert_buttons.about, 1), is_for_all=True),
    keyboards.FOLLOW: _with(_follow),
    keyboards.UNFOLLOW: _with(_unfollow, 1),
}
