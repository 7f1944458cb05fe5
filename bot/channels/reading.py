"""Channels as a source: their posts are kept as they come in, then become articles."""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import timedelta

from telegram import Chat, ChatMember, ChatMemberUpdated, Message, Update

from bot.channels.posts import article_of, is_article, links
from bot.channels.store import ChannelStore, StoredPost
from index.indexer import Indexer
from index.sources.registry import read_address
from index.web.fetch import Fetcher, may_pass
from qa import Article, PullquoteError, SourceError

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
PAUSES = (60.0, 300.0, 1500.0, 7500.0)
"""Before a page that was down is asked for a second time, a third, a fourth and a last."""
SOON = timedelta(hours=3)
"""An edit that comes so long after its post may fill in a stub, or a page that was down; a later
one is no news: the article was told of, and removed since, or is from before the bot came."""
_PRESENT = (ChatMember.ADMINISTRATOR, ChatMember.MEMBER)


class PostKeeper:
    """Writes down what channels post, and which of them are read, in the order of its coming.

    An update that the library has taken counts as delivered, and Telegram never sends it again.
    People who get no answer ask again; channels do not, so theirs must be kept before that.
    """

    def __init__(self, channels: ChannelStore, admins: Collection[int]) -> None:
        """Read the channels that one of ``admins`` adds the bot to."""
        self._channels = channels
        self._admins = admins

    async def keep(self, update: Update) -> None:
        """Return when what a channel said is on the disk; of other updates at once."""
        try:
            await self._keep(update)
        except PullquoteError as error:  # which must not be told to the channel
            logger.warning("An update of a channel is lost: %s", error)

    async def _keep(self, update: Update) -> None:
        post, change = update.channel_post or update.edited_channel_post, update.my_chat_member
        if post is not None and _is_readable(post):
            arguments = update.update_id, post.chat_id, post.to_json()
            announce = _is_news(update)
            await asyncio.to_thread(self._channels.put, *arguments, announce=announce)
        elif change is not None and change.chat.type == Chat.CHANNEL:
            await asyncio.to_thread(self._join_or_leave, change)

    def _join_or_leave(self, change: ChatMemberUpdated) -> None:
        channel, user = change.chat, change.from_user
        if change.new_chat_member.status not in _PRESENT:
            self._channels.leave(channel.id)
            logger.info("Channel %d (%s) is read no more", channel.id, channel.title)
        elif user.id in self._admins:
            self._channels.join(channel.id, user.id)
            logger.info("Channel %d (%s) is read from now on", channel.id, channel.title)
        else:
            logger.info(
                "Channel %d (%s) is ignored: user %d, who added the bot, is no administrator of it",
                channel.id,
                channel.title,
                user.id,
            )


def _is_readable(post: Message) -> bool:
    text = post.text or post.caption or ""
    return bool(text) and not text.startswith("/")  # a command, to this bot or another


def _is_news(update: Update) -> bool:
    edited = update.edited_channel_post
    return edited is None or (edited.edit_date or edited.date) - edited.date <= SOON


class Inbox(asyncio.Queue[object]):
    """Where a webhook puts each update: delivered as soon as it stands in here."""

    def __init__(self, keeper: PostKeeper) -> None:
        """Let ``keeper`` write each update down first."""
        super().__init__()
        self._keeper = keeper

    async def put(self, item: object) -> None:
        """As any queue, a moment later."""
        if isinstance(item, Update):
            await self._keeper.keep(item)
        await super().put(item)


class PostReader:
    """Makes articles of the posts that wait, one after another in the order of their coming."""

    def __init__(
        self,
        channels: ChannelStore,
        indexer: Indexer,
        *,
        allow_private: bool,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``allow_private`` permits links to private and loopback addresses.

        ``clock`` gives seconds since 1970.
        """
        self._channels = channels
        self._indexer = indexer
        self._fetcher = Fetcher(allow_private=allow_private)
        self._clock = clock

    async def read_next(self) -> float:
        """Read one post; returns the seconds until the next look."""
        post = await asyncio.to_thread(self._channels.first, self._clock())
        if post is None:
            return LOOK_SECONDS
        await asyncio.to_thread(self._read, post)
        return 0.0

    def _read(self, post: StoredPost) -> None:
        try:
            self._index(Message.de_json(json.loads(post.message)), announce=post.announce)
        except SourceError as error:
            if may_pass(error) and post.tries < len(PAUSES):
                logger.info("A channel's post waits for its page: %s", error)
                self._channels.put_off(post, self._clock() + PAUSES[post.tries])
                return
            logger.warning("A channel's post leads to no article: %s", error)
        except PullquoteError:
            raise  # a busy database, an index of another model: it waits
        except Exception:  # one post must not hold up those behind it
            logger.exception("A channel's post cannot be read: %s", post.message)
        self._channels.done(post)

    def _index(self, message: Message, *, announce: bool) -> None:
        article = self._article(message)
        if article is not None:
            outcome = self._indexer.add(replace(article, is_backlog=not announce))
            logger.info("Channel %d: %s %s", message.chat_id, outcome.value, article.id)

    def _article(self, message: Message) -> Article | None:
        if is_article(message):
            return article_of(message)
        found = links(message)
        return read_address(found[0], self._fetcher.fetch) if found else None
