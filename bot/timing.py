"""/digest and /quiet: when a place is written to."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from telegram import Update

from bot import alert_messages
from bot.alerts.model import Place
from bot.alerts.places import Places
from bot.alerts.schedule import (
    find_zone,
    nearest_zone,
    time_of_day,
    time_span,
    with_digest,
    with_quiet,
    without_digest,
)
from bot.ask import words_after_command
from bot.context import Context, message_of, place_of
from bot.permission import may_change
from bot.sending import reply

Command = Callable[[Places, Place, str], str]
OFF = "off"


async def digest(update: Update, context: Context) -> None:
    """/digest, /digest TIME [ZONE], /digest off."""
    await _carry_out(update, context, _digest)


async def quiet(update: Update, context: Context) -> None:
    """/quiet, /quiet FROM-UNTIL [ZONE], /quiet off."""
    await _carry_out(update, context, _quiet)


async def _carry_out(update: Update, context: Context, command: Command) -> None:
    message = message_of(update)
    words = " ".join(words_after_command(message).split())
    if words and not await may_change(update):
        await reply(message, alert_messages.NOT_A_CHAT_ADMIN)
        return
    html = await asyncio.to_thread(command, context.alert_store.places, place_of(message), words)
    await reply(message, html)


def _digest(places: Places, place: Place, words: str) -> str:
    if not words:
        return alert_messages.digest_state(places.timetable(place))
    if words.casefold() == OFF:
        places.change(place, lambda timetable: without_digest(timetable, time.time()))
        return alert_messages.NO_DIGEST
    when, _, named = words.partition(" ")
    at, zone = time_of_day(when), find_zone(named)
    if at is None:
        return alert_messages.HOW_TO_DIGEST
    if named and zone is None:
        return alert_messages.unknown_zone(named, nearest_zone(named))
    return alert_messages.digest_set(
        places.change(place, lambda timetable: with_digest(timetable, at, zone, time.time()))
    )


def _quiet(places: Places, place: Place, words: str) -> str:
    if not words:
        return alert_messages.quiet_state(places.timetable(place))
    if words.casefold() == OFF:
        places.change(place, lambda timetable: replace(timetable, quiet=None))
        return alert_messages.NO_QUIET
    hours, named = _hours_and_zone(words)
    zone = find_zone(named)
    if hours is None:
        return alert_messages.HOW_TO_QUIET
    if named and zone is None:
        return alert_messages.unknown_zone(named, nearest_zone(named))
    return alert_messages.quiet_set(
        places.change(place, lambda timetable: with_quiet(timetable, hours, zone, time.time()))
    )


def _hours_and_zone(words: str) -> tuple[tuple[int, int] | None, str]:
    """The hours may be written with spaces: as many words as make hours are hours."""
    parts = words.split()
    for count in (1, 2, 3):
        hours = time_span(" ".join(parts[:count]))
        if hours is not None:
            return hours, " ".join(parts[count:])
    return None, ""
