"""Feeds: /feeds for administrators, and the poller that brings their articles in."""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from telegram import Update

from bot import messages
from bot.admin import admins_only
from bot.context import Context, message_of
from bot.markup import web_url
from bot.sending import reply, typing
from index.feeds import Feed, Feeds
from index.indexer import Indexer
from qa import PullquoteError, SourceError

logger = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""How soon a feed that has become due, or was just added, is noticed."""
ERROR_SECONDS = 600.0
"""A feed that we ourselves fail at is left alone for so long: its server is not to blame."""


@admins_only
async def feeds(update: Update, context: Context) -> None:
    """/feeds, /feeds add URL, /feeds remove URL."""
    message = message_of(update)
    async with typing(message):
        text = await asyncio.to_thread(_carry_out, context.feeds, context.args or [])
    await reply(message, text)


def _carry_out(followed: Feeds, words: list[str]) -> str:
    try:
        match words:
            case []:
                return messages.feeds(followed.list())
            case ["add", url] if web_url(url) is None:
                return messages.not_added(SourceError(url, messages.NO_WEB_ADDRESS))
            case ["add", url]:
                return messages.following(followed.add(url))
            case ["remove", url]:
                followed.remove(url)
                return messages.not_following(url)
            case _:
                return messages.HOW_TO_USE_FEEDS
    except SourceError as error:
        return messages.failed(str(error))


class FeedPoller:
    """Reads the feeds that are due, one after another, and indexes their new articles."""

    def __init__(self, feeds: Feeds, indexer: Indexer, is_stopping: Callable[[], bool]) -> None:
        """``is_stopping`` is asked, in a thread, whether to leave the rest for the next start."""
        self._feeds = feeds
        self._indexer = indexer
        self._is_stopping = is_stopping
        self._resting: dict[str, float] = {}

    async def poll_next(self) -> float:
        """Poll one feed that is due; returns the seconds until the next look."""
        return await asyncio.to_thread(self._poll_next)

    def _poll_next(self) -> float:
        now = time.monotonic()
        self._resting = {url: until for url, until in self._resting.items() if until > now}
        due = [feed for feed in self._feeds.due(datetime.now(UTC)) if feed.url not in self._resting]
        if not due:
            return LOOK_SECONDS
        try:
            self._poll(due[0])
        except Exception:
            self._resting[due[0].url] = now + ERROR_SECONDS
            raise
        return 0.0

    def _poll(self, feed: Feed) -> None:
        for item in self._feeds.poll(feed):
            if isinstance(item, PullquoteError):
                logger.warning("Feed %s: %s", feed.url, item)
            else:
                outcome = self._indexer.add(item)
                logger.info("Feed %s: %s %s", feed.url, outcome.value, item.id)
            if self._is_stopping():
                return
