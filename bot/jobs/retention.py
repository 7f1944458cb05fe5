"""Old articles go, when PULLQUOTE_KEEP_DAYS says how long they are kept."""

import asyncio
import logging
import time
from collections.abc import Callable

from index.indexer import Indexer

logger = logging.getLogger(__name__)

DAY_SECONDS = 86_400.0
LOOK_SECONDS = 3600.0
"""Each hour a few articles rather than each night many; and nothing need be remembered of it."""
PAUSE_SECONDS = 0.5
"""Between two bites, for alerts, feeds and questions that have something to write or read."""


def days_ago(days: int, now: float) -> float:
    """Return the moment ``days`` before ``now``, both in seconds since 1970."""
    return now - days * DAY_SECONDS


class Keeper:
    """Removes articles that came in more than ``days`` ago, a bite at a time."""

    def __init__(self, indexer: Indexer, days: int, clock: Callable[[], float] = time.time) -> None:
        """``clock`` gives seconds since 1970."""
        self._indexer = indexer
        self._days = days
        self._clock = clock

    async def remove_next(self) -> float:
        """Remove a bite; returns the seconds until the next one may be due."""
        moment = days_ago(self._days, self._clock())
        removed = await asyncio.to_thread(self._indexer.remove_before, moment)
        if not removed:
            return LOOK_SECONDS
        logger.info("Articles removed that came in more than %d days ago: %d", self._days, removed)
        return PAUSE_SECONDS
