"""Removes old articles and votes if PULLQUOTE_KEEP_DAYS limits how long they are kept."""

import asyncio
import logging
import time
from collections.abc import Callable

from bot.feedback.store import FeedbackStore
from index.indexer import Indexer

logger = logging.getLogger(__name__)

DAY_SECONDS = 86_400.0
LOOK_SECONDS = 3600.0
"""A few articles each hour rather than many each night, and without any state to store."""
PAUSE_SECONDS = 0.5
"""Pause between two batches, so that alerts, feeds and questions can use the database."""


def days_ago(days: int, now: float) -> float:
    """Return the moment ``days`` before ``now``, both in seconds since 1970."""
    return now - days * DAY_SECONDS


class Retention:
    """Removes articles and votes older than ``days``, one batch of articles at a time."""

    def __init__(
        self,
        indexer: Indexer,
        feedback: FeedbackStore,
        days: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``clock`` gives seconds since 1970."""
        self._feedback = feedback
        self._indexer = indexer
        self._days = days
        self._clock = clock

    async def remove_next(self) -> float:
        """Remove a batch; return the seconds until the next one may be due."""
        moment = days_ago(self._days, self._clock())
        await asyncio.to_thread(self._feedback.remove_before, moment)
        removed = await asyncio.to_thread(self._indexer.remove_before, moment)
        if not removed:
            return LOOK_SECONDS
        logger.info("Articles removed that came in more than %d days ago: %d", self._days, removed)
        return PAUSE_SECONDS
