"""/quiet: hours in which no alerts are sent."""

import time
from dataclasses import replace

from telegram import Update

from bot.alerts.store import AlertStore
from bot.commands.command import Chats, Command
from bot.commands.timetables import OFF, carry_out
from bot.context import Context
from bot.subscriptions.model import Destination
from bot.subscriptions.timetable import time_span, with_quiet
from bot.subscriptions.zones import find_zone, nearest_zone
from bot.texts import alerts as alert_texts
from bot.texts.catalogue import Texts


async def _quiet(update: Update, context: Context) -> None:
    """/quiet, /quiet BEGIN-END [ZONE], /quiet off."""
    await carry_out(update, context, _change)


COMMAND = Command("quiet", _quiet, chats=Chats.CHANNELS_TOO)


def _change(texts: Texts, store: AlertStore, destination: Destination, words: str) -> str:
    before = store.timetables.of(destination)
    if not words:
        return alert_texts.quiet_state(texts, before)
    if words.casefold() == OFF:
        store.timetables.change(destination, lambda timetable: replace(timetable, quiet=None))
        return texts("quiet.off")
    hours, zone_name = time_span(words)
    zone = find_zone(zone_name)
    if hours is None:
        return alert_texts.unknown_hours(texts, words)
    if zone_name and zone is None:
        return alert_texts.unknown_zone(texts, zone_name, nearest_zone(zone_name))
    after = store.timetables.change(
        destination, lambda timetable: with_quiet(timetable, hours, zone, time.time())
    )
    return alert_texts.quiet_set(texts, after, before)
