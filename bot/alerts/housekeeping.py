"""What the alerts need done now and then."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from bot.alerts.interest import fits_source, source_keys
from bot.alerts.model import Subscription, Timetable
from bot.alerts.schedule import at_next_moment
from bot.alerts.store import AlertStore
from bot.texts import alerts as alert_messages
from bot.texts.catalogue import ENGLISH
from qa import Article, Library

DAY = 24 * 3600.0
SWEEP_SECONDS = 3600.0
SILENT_DAYS = 14
"""A place hears once of a topic that has matched nothing for this long."""
NEAREST = 3


class Housekeeping:
    """Forgets the old, tells of silent topics, and sets right what a wrong clock has put off."""

    def __init__(
        self, library: Library, store: AlertStore, clock: Callable[[], float] = time.time
    ) -> None:
        """``clock`` gives seconds since the epoch."""
        self._library = library
        self._store = store
        self._clock = clock

    async def sweep(self) -> float:
        """Returns the seconds until the next sweep."""
        await asyncio.to_thread(self._sweep)
        return SWEEP_SECONDS

    def _sweep(self) -> None:
        now = self._clock()
        self._store.forget(now)
        # A clock that was ahead has set moments where nobody will wait for them.
        self._store.outbox.hurry(now + 2 * DAY)
        for place in self._store.places.farther_than(now + 2 * DAY):
            self._store.places.change(place, lambda timetable: _set_right(timetable, now))

    async def tell_of_silence(self) -> float:
        """Tell one place of one silent topic; returns the seconds until the next look."""
        return await asyncio.to_thread(self._tell_of_silence)

    def _tell_of_silence(self) -> float:
        now = self._clock()
        silent = self._store.subscriptions.silent(now - SILENT_DAYS * DAY)
        if silent is None:
            return SWEEP_SECONDS
        nearest = self._nearest(silent)
        html = alert_messages.silent(ENGLISH, silent.interest, nearest, SILENT_DAYS)
        self._store.outbox.put_notice(silent, html, now)
        return 0.0

    def _nearest(self, silent: Subscription) -> list[Article]:
        """The articles that came nearest to the topic, of the source that is wanted."""
        ranking = self._library.rank(silent.interest.topic)
        found: dict[int, Article] = {}
        for candidate in ranking.candidates:
            article = ranking.articles[candidate.stored.article]
            if fits_source(silent.interest, source_keys(article)):
                found.setdefault(article.number, article)
        return list(found.values())[:NEAREST]


def _set_right(timetable: Timetable, now: float) -> Timetable:
    if timetable.digest_at is None:  # the last digest, which was to come at once
        return replace(timetable, next_digest_at=now)
    return at_next_moment(timetable, now)
