"""Polls the feeds that are due, many at once, and indexes what they bring."""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator

from bot.jobs.background import Step
from bot.metrics import ENTRIES, POLLS
from index.feeds.follow import Feeds
from index.feeds.hosts import RENEW_SECONDS, LostHostError
from index.feeds.model import Feed, Withdrawn
from index.indexer import Indexer
from index.outcome import Outcome
from index.web.fetch import StoppedError
from qa import Article, SourceError

logger = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""How soon a feed that has become due, or was just added, is noticed."""
RESCHEDULE_SECONDS = 3600.0
"""How often to look for feeds that a wrong clock has put off for too long."""
ERROR_SECONDS = 600.0
"""Pause of a feed after an error of our own, which does not count as a failure of its server."""


class FeedPoller:
    """Polls feeds in a thread for each step, never two feeds of one host at once.

    Other processes with the same database poll, too; leases say who is connected to which host.
    """

    def __init__(
        self,
        feeds: Feeds,
        indexer: Indexer,
        is_stopping: Callable[[], bool],
        rests: Callable[[Feed], bool] | None = None,
    ) -> None:
        """``is_stopping``, called in threads, says whether to leave the rest for the next start.

        ``rests`` says whether a feed that is due is put off instead of polled.
        """
        self._rests = rests
        self._feeds = feeds
        self._indexer = indexer
        self._is_stopping = is_stopping
        self._choosing = threading.Lock()
        self._indexing = threading.Lock()
        self._resting: dict[int, float] = {}

    def steps(self, at_once: int) -> tuple[Step, ...]:
        """The background steps, of which ``at_once`` poll: a slow feed blocks only one of them.

        The other two renew the leases, and reschedule feeds that a wrong clock has postponed.
        """
        return (*((self._poll_next,) * at_once), self._renew, self._reschedule)

    async def _poll_next(self) -> float:
        return 0.0 if await asyncio.to_thread(self.poll_one) else LOOK_SECONDS

    async def _renew(self) -> float:
        await asyncio.to_thread(self._feeds.hosts.renew)
        return RENEW_SECONDS

    async def _reschedule(self) -> float:
        await asyncio.to_thread(self._feeds.reschedule)
        return RESCHEDULE_SECONDS

    def poll_one(self) -> bool:
        """Poll the feed that has been due longest; ``False`` if none is due. For any thread."""
        if self._is_stopping():
            return False
        with contextlib.ExitStack() as stack:
            with self._choosing:
                feed = stack.enter_context(self._feeds.next_due(self._left_out()))
            if feed is not None:
                self._poll_until_stopped(feed)
            return feed is not None

    def _left_out(self) -> set[int]:
        now = time.monotonic()
        self._resting = {each: until for each, until in self._resting.items() if until > now}
        return {*self._resting}

    def _poll_until_stopped(self, feed: Feed) -> None:
        try:
            if self._rests and self._rests(feed):
                self._feeds.put_off(feed)
                return
            POLLS.inc()
            for item in self._poll(feed):
                _log(feed, item)
                if self._is_stopping():
                    break
        except StoppedError:
            pass  # the next start polls it
        except LostHostError as error:
            logger.warning("Feed %s is left: %s", feed.url, error)
        except Exception:
            self._resting[feed.id] = time.monotonic() + ERROR_SECONDS
            raise

    def poll(self, feed: Feed) -> Iterator[tuple[Article, Outcome] | SourceError]:
        """Poll a feed as soon as its host is free; yields what became of each of its articles.

        Iterate to the end in one thread.
        """
        try:
            with self._feeds.now(feed) as current:
                if current is not None:
                    yield from self._poll(current)
        except LostHostError as error:
            yield SourceError(feed.url, str(error))

    def _poll(self, feed: Feed) -> Iterator[tuple[Article, Outcome] | SourceError]:
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
