"""Records channel posts as they arrive, and which channels are read."""

import asyncio
import logging
from collections.abc import Collection
from datetime import timedelta
from functools import partial

from telegram import Chat, ChatMember, ChatMemberUpdated, Message, Update
from telegram.error import TelegramError

from bot.channels.store import ChannelStore
from bot.received import ReceivedUpdates
from bot.retry import retry_if_lost
from qa import PullquoteError

logger = logging.getLogger(__name__)

SOON = timedelta(hours=3)
"""An edit this soon after its post may complete a stub, or replace a page that was down. A later
one is not news: the article was announced and then removed, or is older than the bot."""
_PRESENT = (ChatMember.ADMINISTRATOR, ChatMember.MEMBER)


class PostRecorder:
    """Writes channel posts, and the channels to read, to the database in the order of arrival.

    Telegram never sends an update again once python-telegram-bot has taken it. People who get no
    answer ask again, but channels do not, so their posts must be stored before that.
    """

    def __init__(
        self,
        channels: ChannelStore,
        admins: Collection[int],
        received: ReceivedUpdates | None = None,
    ) -> None:
        """Read the channels to which one of ``admins`` adds the bot.

        ``received`` has the updates of all hosts, where there are several.
        """
        self._channels = channels
        self._admins = admins
        self._received = received

    async def record(self, update: Update) -> None:
        """Store the post of a channel; other updates are passed over.

        ``TelegramError`` if that fails where several hosts receive: then the update comes again.
        """
        try:
            await retry_if_lost(lambda: self._record(update))
        except PullquoteError as error:  # an error message must not be posted to the channel
            if self._received is not None:
                raise _waits(error) from error
            logger.warning("Lost an update of a channel: %s", error)

    async def is_new(self, update: Update) -> bool:
        """Whether no host has received an update before; ``TelegramError`` as in ``record``."""
        if self._received is None:
            return True
        take = partial(asyncio.to_thread, self._received.take, update.update_id, update.to_json())
        try:
            return await retry_if_lost(take)
        except PullquoteError as error:
            raise _waits(error) from error

    async def _record(self, update: Update) -> None:
        post, change = update.channel_post or update.edited_channel_post, update.my_chat_member
        if post is not None and _is_readable(post):
            arguments = update.update_id, post.chat_id, post.to_json(), post.chat.username
            announce = _is_news(update)
            await asyncio.to_thread(self._channels.put, *arguments, announce=announce)
        elif change is not None and change.chat.type == Chat.CHANNEL:
            await asyncio.to_thread(self._join_or_leave, change)

    def _join_or_leave(self, change: ChatMemberUpdated) -> None:
        channel, user = change.chat, change.from_user
        if change.new_chat_member.status not in _PRESENT:
            self._channels.leave(channel.id)
            logger.info("Stopped reading channel %d (%s)", channel.id, channel.title)
        elif user.id in self._admins:
            self._channels.join(channel.id, user.id, channel.username)
            logger.info("Now reading channel %d (%s)", channel.id, channel.title)
        else:
            logger.info(
                "Ignoring channel %d (%s): user %d, who added the bot, does not administer it",
                channel.id,
                channel.title,
                user.id,
            )


def _waits(error: PullquoteError) -> TelegramError:
    return TelegramError(f"Updates wait for the database: {error}")


def _is_readable(post: Message) -> bool:
    text = post.text or post.caption or ""
    return bool(text) and not text.startswith("/")  # a command for this bot or another


def _is_news(update: Update) -> bool:
    edited = update.edited_channel_post
    return edited is None or (edited.edit_date or edited.date) - edited.date <= SOON


class RecordingQueue(asyncio.Queue[object]):
    """The queue of a webhook, or of one of many hosts: what is in it counts as delivered."""

    def __init__(self, recorder: PostRecorder) -> None:
        """Record each update with ``recorder`` first."""
        super().__init__()
        self._recorder = recorder
        self._taking: set[asyncio.Task[None]] = set()

    async def put(self, item: object) -> None:
        """Record an update, then queue it, unless it came before."""
        if isinstance(item, Update):
            await self._recorder.record(item)
            # Finished even if the bot stops: what was taken never comes again.
            taking = asyncio.create_task(self._take(item))
            self._taking.add(taking)
            taking.add_done_callback(self._taking.discard)
            await asyncio.shield(taking)
        else:
            await super().put(item)

    async def _take(self, update: Update) -> None:
        if await self._recorder.is_new(update):
            self.put_nowait(update)
