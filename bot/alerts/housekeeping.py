"""Periodic work of the alerts."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from bot.alerts.store import AlertStore
from bot.subscriptions.interest import fits_source, source_keys
from bot.subscriptions.model import Subscription, Timetable
from bot.subscriptions.timetable import at_next_moment
from bot.texts import alerts as alert_messages
from index.feeds.store import FeedStore
from qa import Article, Library

DAY = 24 * 3600.0
SWEEP_SECONDS = 3600.0
SILENT_DAYS = 14
"""How long a topic may match nothing before its destination gets a notice."""
NEAREST = 3


class Housekeeping:
    """Deletes old rows, reports silent topics, and repairs times that a wrong clock has set."""

    def __init__(
        self, library: Library, store: AlertStore, clock: Callable[[], float] = time.time
    ) -> None:
        """``clock`` returns seconds since the epoch."""
        self._library = library
        self._store = store
        self._feeds = FeedStore(library.database)
        self._clock = clock

    async def sweep(self) -> float:
        """Returns the seconds until the next sweep."""
        await asyncio.to_thread(self._sweep)
        return SWEEP_SECONDS

    def _sweep(self) -> None:
        now = self._clock()
        self._store.forget(now)
        # A clock that ran ahead has put off rows and digests for too long.
        self._store.outbox.reschedule(now + 2 * DAY)
        for destination in self._store.timetables.due_after(now + 2 * DAY):
            self._store.timetables.change(destination, lambda timetable: _repaired(timetable, now))

    async def report_silence(self) -> float:
        """Queue a notice about one silent topic; returns the seconds until the next look."""
        return await asyncio.to_thread(self._report_silence)

    def _report_silence(self) -> float:
        now = self._clock()
        silent = self._store.subscriptions.silent(now - SILENT_DAYS * DAY)
        if silent is None:
            return SWEEP_SECONDS
        nearest = self._nearest(silent)
        texts = self._store.languages.texts(silent.destination.chat_id)
        html = alert_messages.silent(texts, silent.interest, nearest, SILENT_DAYS)
        self._store.outbox.put_notice(silent, html, now)
        return 0.0

    def _nearest(self, silent: Subscription) -> list[Article]:
        """The articles nearest to the topic, from the source that was asked for."""
        library = self._library.seen_by(silent.destination.chat_id)
        ranking = library.rank(silent.interest.topic)
        found: dict[int, Article] = {}
        for candidate in ranking.candidates:
            article = ranking.articles[candidate.stored.article]
            if fits_source(
                silent.interest, source_keys(article, self._feeds.names_for(article.id))
            ):
                found.setdefault(article.number, article)
        return list(found.values())[:NEAREST]


def _repaired(timetable: Timetable, now: float) -> Timetable:
    if timetable.digest_at is None:  # one last digest, which was due at once
        return replace(timetable, next_digest_at=now)
    return at_next_moment(timetable, now)
