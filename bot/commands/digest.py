"""/digest and /quiet: when a place is written to."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from telegram import Update

from bot.alerts.model import Place
from bot.alerts.schedule import (
    find_zone,
    nearest_zone,
    quiet_until,
    time_of_day,
    time_span,
    with_digest,
    with_quiet,
    without_digest,
)
from bot.alerts.store import AlertStore
from bot.commands.ask import words_after_command
from bot.commands.permission import may_change
from bot.context import Context, message_of, place_of
from bot.sending import reply
from bot.texts import alerts as alert_messages
from bot.texts.catalogue import Texts

Command = Callable[[Texts, AlertStore, Place, str], str]
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
        await reply(message, context.texts("error.not_chat_admin"))
        return
    html = await asyncio.to_thread(
        command, context.texts, context.alert_store, place_of(message), words
    )
    await reply(message, html)


def _digest(texts: Texts, store: AlertStore, place: Place, words: str) -> str:
    before = store.places.timetable(place)
    if not words:
        return alert_messages.digest_state(texts, before)
    if words.casefold() == OFF:
        return _end_digest(texts, store, place, time.time())
    at, named = time_of_day(words)
    zone = find_zone(named)
    if at is None:
        return alert_messages.unknown_time(texts, words)
    if named and zone is None:
        return alert_messages.unknown_zone(texts, named, nearest_zone(named))
    after = store.places.change(place, lambda was: with_digest(was, at, zone, time.time()))
    return alert_messages.digest_set(texts, after, before)


def _end_digest(texts: Texts, store: AlertStore, place: Place, now: float) -> str:
    with store.view():
        before, collected = store.places.timetable(place), store.outbox.collected(place)
    store.places.change(place, lambda timetable: without_digest(timetable, now))
    if before.digest_at is None:
        return texts("digest.was_off")
    if not collected:
        return texts("digest.off")
    if before.quiet is not None and quiet_until(before.quiet, before.zone, now) is not None:
        return alert_messages.collected_comes_after(texts, before.quiet, before)
    return texts("digest.off_sending")


def _quiet(texts: Texts, store: AlertStore, place: Place, words: str) -> str:
    before = store.places.timetable(place)
    if not words:
        return alert_messages.quiet_state(texts, before)
    if words.casefold() == OFF:
        store.places.change(place, lambda timetable: replace(timetable, quiet=None))
        return texts("quiet.off")
    hours, named = time_span(words)
    zone = find_zone(named)
    if hours is None:
        return alert_messages.unknown_hours(texts, words)
    if named and zone is None:
        return alert_messages.unknown_zone(texts, named, nearest_zone(named))
    after = store.places.change(place, lambda was: with_quiet(was, hours, zone, time.time()))
    return alert_messages.quiet_set(texts, after, before)
