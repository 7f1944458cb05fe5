"""Turns recorded channel posts into articles."""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from dataclasses import replace

from telegram import Message

from bot.channels.posts import article_of, is_article, links
from bot.channels.store import ChannelStore, StoredPost
from bot.idle import Idle
from index.feeds.store import FeedStore
from index.indexer import Indexer
from index.sources.registry import read_address
from index.web.fetch import Fetcher
from index.web.request import may_pass
from qa import Article, PullquoteError, SourceError

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
PAUSES = (60.0, 300.0, 1500.0, 7500.0)
"""Seconds before the second, third, fourth and last attempt to fetch a page that was down."""


class PostReader:
    """Turns waiting posts into articles, one after another in the order of arrival."""

    def __init__(
        self,
        channels: ChannelStore,
        indexer: Indexer,
        feeds: FeedStore,
        *,
        allow_private: bool,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``allow_private`` permits links to private and loopback addresses.

        ``clock`` returns seconds since the epoch.
        """
        self._channels = channels
        self._indexer = indexer
        self._feeds = feeds
        self._fetcher = Fetcher(allow_private=allow_private)
        self._clock = clock

    async def read_next(self) -> float:
        """Read one post; returns the seconds until the next look."""
        post = await asyncio.to_thread(self._channels.first, self._clock())
        if post is None:
            return Idle(LOOK_SECONDS, "channel_posts")
        await asyncio.to_thread(self._read, post)
        return 0.0

    def _read(self, post: StoredPost) -> None:
        try:
            self._index(Message.de_json(json.loads(post.message)), announce=post.announce)
        except SourceError as error:
            if may_pass(error) and post.tries < len(PAUSES):
                logger.info("A channel post waits for its page: %s", error)
                self._channels.put_off(post, self._clock() + PAUSES[post.tries])
                return
            logger.warning("A channel post did not become an article: %s", error)
        except PullquoteError:
            raise  # a busy database, an index of another model: the post waits
        except Exception:  # one post must not hold up those after it
            logger.exception("A channel post cannot be read: %s", post.message)
        self._channels.done(post)

    def _index(self, message: Message, *, announce: bool) -> None:
        article = self._article(message)
        if article is not None:
            is_news = announce and not self._channels.has_read(article.id)
            # Those who follow the channel's preview also hear of what the bot reads as a member.
            self._feeds.bring_post(message.chat.username or "", article.id)
            outcome = self._indexer.add(replace(article, is_backlog=not is_news))
            self._channels.remember(article.id, self._clock())
            logger.info("Channel %d: %s %s", message.chat_id, outcome.value, article.id)

    def _article(self, message: Message) -> Article | None:
        if is_article(message):
            return article_of(message)
        found = links(message)
        return read_address(found[0], self._fetcher.fetch) if found else None
