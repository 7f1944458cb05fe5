"""The buttons below the list of subscriptions, and those that confirm /unsubscribe."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from bot.buttons.query import Action, ButtonQuery
from bot.commands.subscriptions import listed
from bot.keyboards import subscriptions as keyboards
from bot.subscriptions.model import Timetable
from bot.subscriptions.timetable import with_digest, with_quiet, without_digest
from bot.texts import alerts as alert_texts

MINUTES_A_DAY = 24 * 60


async def _end(tapped: ButtonQuery) -> None:
    ended = await tapped.end(tapped.numbers[0])
    done = "subscriptions.removed" if ended else "subscriptions.removed_before"
    await tapped.answer(tapped.texts(done))
    await _show_list(tapped)


async def _end_all(tapped: ButtonQuery) -> None:
    count = await asyncio.to_thread(tapped.store.end_subscriptions, tapped.destination)
    await tapped.answer()
    await tapped.edit(alert_texts.ended_all(tapped.texts, count))


async def _keep_all(tapped: ButtonQuery) -> None:
    await tapped.answer()
    await tapped.edit(tapped.texts("unsubscribe.kept"))


async def _at_once(tapped: ButtonQuery) -> None:
    await _change(tapped, lambda timetable: without_digest(timetable, time.time()))


async def _digest(tapped: ButtonQuery) -> None:
    at = tapped.numbers[0] % MINUTES_A_DAY
    await _change(tapped, lambda timetable: with_digest(timetable, at, None, time.time()))


async def _quiet(tapped: ButtonQuery) -> None:
    begin, end = (number % MINUTES_A_DAY for number in tapped.numbers)
    await _change(tapped, lambda timetable: with_quiet(timetable, (begin, end), None, time.time()))


async def _no_quiet(tapped: ButtonQuery) -> None:
    await _change(tapped, lambda timetable: replace(timetable, quiet=None))


async def _change(tapped: ButtonQuery, change: Callable[[Timetable], Timetable]) -> None:
    await asyncio.to_thread(tapped.store.timetables.change, tapped.destination, change)
    await tapped.answer(tapped.texts("subscriptions.changed"))
    await _show_list(tapped)


async def _show_list(tapped: ButtonQuery) -> None:
    services = tapped.context.services
    html, buttons = await asyncio.to_thread(listed, tapped.texts, services, tapped.destination)
    await tapped.edit(html, buttons)


ACTIONS = {
    keyboards.END: Action(_end, (1,)),
    keyboards.END_ALL: Action(_end_all),
    keyboards.KEEP_ALL: Action(_keep_all),
    keyboards.AT_ONCE: Action(_at_once),
    keyboards.DIGEST: Action(_digest, (1,)),
    keyboards.QUIET: Action(_quiet, (2,)),
    keyboards.NO_QUIET: Action(_no_quiet),
}
