"""What was collected for a place becomes one digest, once a day."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence

from bot.alerts.composing import Composer, Told
from bot.alerts.model import Interest, Place, Timetable
from bot.alerts.schedule import at_next_moment
from bot.alerts.split import Group, split
from bot.alerts.store import AlertStore
from bot.texts import alerts as alert_messages
from bot.texts.catalogue import ENGLISH, Texts
from qa import Library

LOOK_SECONDS = 2.0
"""How exactly a digest is on time."""


class Digests:
    """Makes one digest after another of those that are due."""

    def __init__(
        self, library: Library, store: AlertStore, clock: Callable[[], float] = time.time
    ) -> None:
        """``clock`` gives seconds since the epoch."""
        self._store = store
        self._composer = Composer(library, store)
        self._clock = clock

    async def make_next(self) -> float:
        """Make one digest, if one is due; returns the seconds until the next look."""
        return await asyncio.to_thread(self._make_next)

    def _make_next(self) -> float:
        now = self._clock()
        due = self._store.places.due(now)
        if due is None:
            return LOOK_SECONDS
        self._make(*due, now)
        return 0.0

    def _make(self, place: Place, timetable: Timetable, now: float) -> None:
        """One digest, however many moments were slept through: the next is the next from now."""
        collected = self._store.outbox.collected(place)
        told = [each for pending in collected if (each := self._composer.told(pending))]
        parts = digest(ENGLISH, told)
        following = at_next_moment(timetable, now).next_digest_at
        self._store.outbox.put_digest(
            place, timetable, [each.id for each in collected], parts, following, now
        )


def digest(texts: Texts, told: Sequence[Told]) -> list[str]:
    """The messages of a digest: articles under the oldest interest that each matched."""
    groups: defaultdict[Interest, list[str]] = defaultdict(list)
    for each in sorted(told, key=lambda each: each.subscriptions[0].id):
        subscriptions = each.subscriptions
        topical = next((s for s in subscriptions if s.interest.topic), subscriptions[0])
        groups[topical.interest].append(alert_messages.digest_item(texts, each.quote))
    return split(
        texts("digest.title", count=len(told)),
        texts("digest.continued"),
        [
            Group(alert_messages.digest_heading(texts, interest), items)
            for interest, items in groups.items()
        ],
    )
