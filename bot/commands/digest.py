"""/digest: alerts once a day in one message, or at once."""

import time

from telegram import Update

from bot.alerts.store import AlertStore
from bot.commands.command import Chats, Command
from bot.commands.timetables import OFF, carry_out
from bot.context import Context
from bot.subscriptions.model import Destination
from bot.subscriptions.timetable import (
    quiet_until,
    time_of_day,
    with_digest,
    without_digest,
)
from bot.subscriptions.zones import find_zone, nearest_zone
from bot.texts import alerts as alert_texts
from bot.texts.catalogue import Texts


async def _digest(update: Update, context: Context) -> None:
    """/digest, /digest TIME [ZONE], /digest off."""
    await carry_out(update, context, _change)


COMMAND = Command("digest", _digest, chats=Chats.CHANNELS_TOO)


def _change(texts: Texts, store: AlertStore, destination: Destination, words: str) -> str:
    before = store.timetables.of(destination)
    if not words:
        return alert_texts.digest_state(texts, before)
    if words.casefold() == OFF:
        return _switch_off(texts, store, destination, time.time())
    at, zone_name = time_of_day(words)
    zone = find_zone(zone_name)
    if at is None:
        return alert_texts.unknown_time(texts, words)
    if zone_name and zone is None:
        return alert_texts.unknown_zone(texts, zone_name, nearest_zone(zone_name))
    after = store.timetables.change(
        destination, lambda timetable: with_digest(timetable, at, zone, time.time())
    )
    return alert_texts.digest_set(texts, after, before)


def _switch_off(texts: Texts, store: AlertStore, destination: Destination, now: float) -> str:
    with store.view():
        before, collected = store.timetables.of(destination), store.outbox.collected(destination)
    store.timetables.change(destination, lambda timetable: without_digest(timetable, now))
    if before.digest_at is None:
        return texts("digest.was_off")
    if not collected:
        return texts("digest.off")
    if before.quiet is not None and quiet_until(before.quiet, before.zone, now) is not None:
        return alert_texts.collected_comes_after(texts, before.quiet, before)
    return texts("digest.off_sending")
