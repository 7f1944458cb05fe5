"""Articles that come in through Telegram: /add, forwarded messages, posts of joined channels."""

import asyncio
import json
import logging

from telegram import Chat, ChatMember, Message, Update

from bot import messages
from bot.admin import admins_only
from bot.channel_store import ChannelStore, StoredPost
from bot.context import Context, Services, message_of
from bot.markup import web_url
from bot.posts import article_of, is_article, links
from bot.sending import reply, typing
from index.indexer import Indexer
from index.sources import read_page
from qa import Article, PullquoteError, SourceError

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
_PRESENT = (ChatMember.ADMINISTRATOR, ChatMember.MEMBER)


@admins_only
async def add(update: Update, context: Context) -> None:
    """/add URL…, or in reply to a message with links: a reply for each, as soon as it is done."""
    message = message_of(update)
    urls = context.args or links(message.reply_to_message)
    if not urls:
        await reply(message, messages.HOW_TO_USE_ADD)
    for url in urls:
        if not context.application.running:  # going down
            return
        async with typing(message):
            outcome = await asyncio.to_thread(_add_page, url, context.services)
        await reply(message, outcome)


async def forwarded(update: Update, context: Context) -> None:
    """A message that an administrator forwards in a private chat becomes an article."""
    message = message_of(update)
    async with typing(message):
        outcome = await asyncio.to_thread(_add_message, message, context.services)
    await reply(message, outcome)


def _add_message(message: Message, services: Services) -> str:
    if is_article(message):
        article = article_of(message)
        return messages.added(article, services.indexer.add(article))
    found = links(message)
    return _add_page(found[0], services) if found else messages.TOO_SHORT


def _add_page(url: str, services: Services) -> str:
    if web_url(url) is None:  # and never a file of this computer
        return messages.not_added(SourceError(url, messages.NO_WEB_ADDRESS))
    try:
        article = read_page(url, allow_private=services.settings.allow_private_hosts)
        return messages.added(article, services.indexer.add(article))
    except PullquoteError as error:
        return messages.not_added(error)


async def membership(update: Update, context: Context) -> None:
    """The bot was added to a channel or went: it reads those that an administrator added it to."""
    change = update.my_chat_member
    if change is None or change.chat.type != Chat.CHANNEL:
        return
    channel, user = change.chat, change.from_user
    if change.new_chat_member.status not in _PRESENT:
        await asyncio.to_thread(context.channels.leave, channel.id)
        logger.info("Channel %d (%s) is read no more", channel.id, channel.title)
    elif context.is_admin(update):
        await asyncio.to_thread(context.channels.join, channel.id, user.id)
        logger.info("Channel %d (%s) is read from now on", channel.id, channel.title)
    else:
        logger.info(
            "Channel %d (%s) is ignored: user %d, who added the bot, is no administrator of it",
            channel.id,
            channel.title,
            user.id,
        )


async def channel_post(update: Update, context: Context) -> None:
    """A post, new or edited: kept until it is read, so that no crash loses it."""
    post = message_of(update)
    if (post.text or "").startswith("/"):  # a command to this bot or another
        return
    try:
        await asyncio.to_thread(
            context.channels.put, update.update_id, post.chat_id, post.to_json()
        )
    except PullquoteError as error:  # which must not be told to the channel
        logger.warning("A post of channel %d is lost: %s", post.chat_id, error)


class PostReader:
    """Makes articles of the posts that wait, one after another in the order of their coming."""

    def __init__(self, channels: ChannelStore, indexer: Indexer, *, allow_private: bool) -> None:
        """``allow_private`` permits links to private and loopback addresses."""
        self._channels = channels
        self._indexer = indexer
        self._allow_private = allow_private

    async def read_next(self) -> float:
        """Read one post; returns the seconds until the next look."""
        post = await asyncio.to_thread(self._channels.first)
        if post is None:
            return LOOK_SECONDS
        await asyncio.to_thread(self._read, post)
        return 0.0

    def _read(self, post: StoredPost) -> None:
        try:
            self._index(Message.de_json(json.loads(post.message)))
        except SourceError as error:
            logger.warning("A channel's post leads to no article: %s", error)
        except PullquoteError:
            raise  # a busy database, an index of another model: it waits
        except Exception:  # one post must not hold up those behind it
            logger.exception("A channel's post cannot be read: %s", post.message)
        self._channels.done(post)

    def _index(self, message: Message) -> None:
        article = self._article(message)
        if article is not None:
            outcome = self._indexer.add(article)
            logger.info("Channel %d: %s %s", message.chat_id, outcome.value, article.id)

    def _article(self, message: Message) -> Article | None:
        if is_article(message):
            return article_of(message)
        found = links(message)
        return read_page(found[0], allow_private=self._allow_private) if found else None
