"""/feeds: list, follow and remove feeds, and export them as OPML.

Administrators of the bot do so for everybody; others, if allowed, for their chat.
"""

import asyncio

from telegram import InlineKeyboardMarkup, Message, Update, User

from bot.commands.command import Audience, Command
from bot.commands.permission import may_ask, refusal_to_follow
from bot.context import Context, Services
from bot.keyboards import feeds as keyboards
from bot.sending import patiently, reply, typing
from bot.texts import answers as answer_texts
from bot.texts import feeds as feed_texts
from bot.texts.catalogue import Texts
from bot.texts.markup import web_url
from bot.updates import message_of
from index.feeds.channels import feed_address
from index.feeds.follow import Feeds
from index.feeds.formats.opml import write_opml
from qa import PullquoteError, SourceError

OPML_NAME = "feeds.opml"


async def _feeds(update: Update, context: Context) -> None:
    """/feeds, /feeds add URL, /feeds remove URL, /feeds export."""
    await act(update, context, context.args or [])


COMMAND = Command("feeds", _feeds, Audience.FOLLOWERS, blocking=False)


async def act(update: Update, context: Context, arguments: list[str]) -> None:
    """Do what the ``arguments`` of /feeds say, if the person may, and reply.

    Unless they administer the bot, that concerns only the feeds of the chat.
    """
    message, texts = message_of(update), context.texts
    if refusal := await refusal_to_follow(update, context):
        await reply(message, texts(refusal))
        return
    follower = follower_of(message, update.effective_user, context)
    if not arguments:
        text, buttons = await asyncio.to_thread(listed, texts, context.feeds, follower)
        await reply(message, text, buttons=buttons)
    elif arguments == ["export"]:
        await _export(texts, message, context.feeds, follower)
    elif follower is None or await may_ask(update, context):  # it may cost as much as a question
        await carry_out(message, context, arguments, follower)


def follower_of(message: Message, user: User | None, context: Context) -> int | None:
    """The chat for which ``user`` follows feeds; ``None``: for everybody."""
    is_admin = user is not None and user.id in context.settings.admins
    return None if is_admin else message.chat_id


def listed(
    texts: Texts, feeds: Feeds, follower: int | None, page: int = 0
) -> tuple[str, InlineKeyboardMarkup]:
    """The list of all feeds, or of those that ``follower`` follows, with its buttons."""
    if follower is None:
        return keyboards.page_of(texts, feeds.store.all(), page)
    return keyboards.own(texts, feeds.store.of(follower))


async def carry_out(
    message: Message, context: Context, arguments: list[str], follower: int | None
) -> None:
    """Add or remove a feed for ``follower`` (``None``: everybody), and reply with the result."""
    async with typing(message):
        text = await asyncio.to_thread(
            _result, context.texts, context.services, arguments, follower
        )
    await reply(message, text)


def _result(texts: Texts, services: Services, arguments: list[str], follower: int | None) -> str:
    followed = services.feeds
    try:
        match arguments:
            case ["add", url]:
                limit = services.settings.open_feeds_limit
                if follower is not None and len(followed.store.of(follower)) >= limit:
                    return texts("feeds.too_many", limit=limit)
                return _add(texts, followed, url, follower)
            case ["remove", url]:
                followed.remove(url, follower)
                return feed_texts.not_following(texts, url, is_own=follower is not None)
            case _:
                return texts("feeds.usage")
    except PullquoteError as error:
        return answer_texts.failed(str(error))


def _add(texts: Texts, followed: Feeds, url: str, follower: int | None) -> str:
    if web_url(feed_address(url)) is None:
        return answer_texts.not_added(texts, SourceError(url, texts("error.not_a_web_address")))
    feed = followed.add(url, follower)
    return feed_texts.following(texts, feed, is_own=follower is not None)


async def _export(texts: Texts, message: Message, feeds: Feeds, follower: int | None) -> None:
    store = feeds.store
    followed = await asyncio.to_thread(
        lambda: store.all() if follower is None else store.of(follower)
    )
    if not followed:
        await reply(message, texts("feeds.none"))
        return
    document = write_opml(followed)
    await patiently(lambda: message.reply_document(document, filename=OPML_NAME))
