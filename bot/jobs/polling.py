"""Feeds that are due are polled, many at once, and what they bring is indexed."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator

from bot.jobs.background import Step
from bot.metrics import ENTRIES, POLLS
from index.feeds.follow import Feeds
from index.feeds.model import Feed, Withdrawn
from index.indexer import Indexer
from index.outcome import Outcome
from index.web.fetch import StoppedError
from qa import Article, SourceError

logger = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""How soon a feed that has become due, or was just added, is noticed."""
RESCHEDULE_SECONDS = 3600.0
"""How soon feeds are due again that a clock which was ahead has put off."""
ERROR_SECONDS = 600.0
"""A feed that we ourselves fail at is left alone for so long: its server is not to blame."""


class FeedPoller:
    """Polls feeds in as many threads as steps are taken, never two feeds of one host at once."""

    def __init__(
        self,
        feeds: Feeds,
        indexer: Indexer,
        is_stopping: Callable[[], bool],
        resting: Callable[[], Collection[int]] = tuple,
    ) -> None:
        """``is_stopping`` is asked, in a thread, whether to leave the rest for the next start.

        ``resting`` returns the ids of feeds that are not polled for now.
        """
        self._are_resting = resting
        self._feeds = feeds
        self._indexer = indexer
        self._is_stopping = is_stopping
        self._choosing = threading.Lock()
        self._indexing = threading.Lock()
        self._busy_hosts: set[str] = set()
        self._resting: dict[int, float] = {}

    def steps(self, at_once: int) -> tuple[Step, ...]:
        """The background steps, of which ``at_once`` poll: a slow feed blocks only one of them.

        The last step does not poll: it reschedules feeds postponed by a wrong clock.
        """
        return (*((self._poll_next,) * at_once), self._reschedule)

    async def _poll_next(self) -> float:
        return 0.0 if await asyncio.to_thread(self.poll_one) else LOOK_SECONDS

    async def _reschedule(self) -> float:
        await asyncio.to_thread(self._feeds.reschedule)
        return RESCHEDULE_SECONDS

    def poll_one(self) -> bool:
        """Poll the feed that is due for longest; whether there was one. For any thread."""
        feed = None if self._is_stopping() else self._choose()
        if feed is None:
            return False
        try:
            POLLS.inc()
            for item in self.poll(feed):
                _log(feed, item)
                if self._is_stopping():
                    break
        except StoppedError:
            pass  # the next start polls it
        except Exception:
            self._resting[feed.id] = time.monotonic() + ERROR_SECONDS
            raise
        finally:
            self._busy_hosts.discard(feed.host)
        return True

    def _choose(self) -> Feed | None:
        with self._choosing:
            now = time.monotonic()
            self._resting = {each: until for each, until in self._resting.items() if until > now}
            # As they are before the look into the database: a poll that ends meanwhile has written
            # there first, and must not be taken for one that is still due.
            resting = {*self._resting, *self._are_resting()}
            feed = self._feeds.store.next_due(frozenset(self._busy_hosts), resting)
            if feed is not None:
                self._busy_hosts.add(feed.host)
            return feed

    def poll(self, feed: Feed) -> Iterator[tuple[Article, Outcome] | SourceError]:
        """Poll a feed and index its articles one by one; yields what became of each.

        The articles of posts that were deleted are removed.
        """
        for item in self._feeds.poll(feed):
            if isinstance(item, SourceError):
                yield item
            elif isinstance(item, Withdrawn):
                self._indexer.remove(item.url)
                logger.info("Feed %s: removed %s", feed.url, item.url)
            else:
                # One after another: the model uses all cores anyway.
                with self._indexing:
                    outcome = self._indexer.add(item)
                yield item, outcome


def _log(feed: Feed, item: tuple[Article, Outcome] | SourceError) -> None:
    if isinstance(item, SourceError):
        ENTRIES.labels("failed").inc()
        logger.warning("Feed %s: %s", feed.url, item)
    else:
        article, outcome = item
        ENTRIES.labels(outcome.value).inc()
        logger.info("Feed %s: %s %s", feed.url, outcome.value, article.id)
