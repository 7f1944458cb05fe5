"""What was collected for a destination becomes one digest, once a day."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence

from bot.alerts.composing import Composer, CurrentAlert
from bot.alerts.split import Group, split
from bot.alerts.store import AlertStore
from bot.subscriptions.model import Destination, Interest, Timetable, foremost
from bot.subscriptions.timetable import at_next_moment
from bot.texts import alerts as alert_messages
from bot.texts.catalogue import Texts
from qa import Library

LOOK_SECONDS = 2.0
"""How late a digest may be."""


class Digests:
    """Makes the digests that are due, one after another."""

    def __init__(
        self, library: Library, store: AlertStore, clock: Callable[[], float] = time.time
    ) -> None:
        """``clock`` returns seconds since the epoch."""
        self._store = store
        self._composer = Composer(library, store)
        self._clock = clock

    async def make_next(self) -> float:
        """Make one digest if one is due; returns the seconds until the next look."""
        return await asyncio.to_thread(self._make_next)

    def _make_next(self) -> float:
        now = self._clock()
        due = self._store.timetables.due(now)
        if due is None:
            return LOOK_SECONDS
        self._make(*due, now)
        return 0.0

    def _make(self, destination: Destination, timetable: Timetable, now: float) -> None:
        """Make one digest, even if several were missed; the next one is due after ``now``."""
        rows = self._store.outbox.collected(destination)
        current = {row.id: self._composer.current(row) for row in rows}
        texts = self._store.languages.texts(destination.chat_id)
        parts = digest(texts, [alert for alert in current.values() if alert])
        items = {
            id_: alert_messages.digest_item(texts, alert.quote) if alert else ""
            for id_, alert in current.items()
        }
        next_digest_at = at_next_moment(timetable, now).next_digest_at
        self._store.outbox.put_digest(destination, timetable, items, parts, next_digest_at, now)


def digest(texts: Texts, alerts: Sequence[CurrentAlert]) -> list[str]:
    """The messages of a digest: each article under the oldest interest that it matched."""
    groups: defaultdict[Interest, list[str]] = defaultdict(list)
    for alert in sorted(alerts, key=lambda alert: alert.subscriptions[0].id):
        groups[foremost(alert.subscriptions).interest].append(
            alert_messages.digest_item(texts, alert.quote)
        )
    return split(
        texts("digest.title", count=len(alerts)),
        texts("digest.continued"),
        [
            Group(alert_messages.digest_heading(texts, interest), items)
            for interest, items in groups.items()
        ],
    )
