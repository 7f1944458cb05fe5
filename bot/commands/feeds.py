"""/feeds: administrators list, follow and remove feeds, and export them as OPML."""

import asyncio

from telegram import Message, Update

from bot.commands.command import Audience, Command
from bot.context import Context
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
    message, arguments = message_of(update), context.args or []
    if not arguments:
        followed = await asyncio.to_thread(context.feeds.store.all)
        text, buttons = keyboards.page_of(context.texts, followed, 0)
        await reply(message, text, buttons=buttons)
    elif arguments == ["export"]:
        await _export(context.texts, message, context.feeds)
    else:
        await carry_out(message, context, arguments)


COMMAND = Command("feeds", _feeds, Audience.ADMINS, blocking=False)


async def carry_out(message: Message, context: Context, arguments: list[str]) -> None:
    """Do what the ``arguments`` of /feeds say, and reply with what came of it."""
    async with typing(message):
        text = await asyncio.to_thread(_result, context.texts, context.feeds, arguments)
    await reply(message, text)


def _result(texts: Texts, followed: Feeds, arguments: list[str]) -> str:
    try:
        match arguments:
            case ["add", url]:
                return _add(texts, followed, url)
            case ["remove", url]:
                followed.remove(url)
                return feed_texts.not_following(texts, url)
            case _:
                return texts("feeds.usage")
    except PullquoteError as error:
        return answer_texts.failed(str(error))


def _add(texts: Texts, followed: Feeds, url: str) -> str:
    if web_url(feed_address(url)) is None:
        return answer_texts.not_added(texts, SourceError(url, texts("error.not_a_web_address")))
    return feed_texts.following(texts, followed.add(url))


async def _export(texts: Texts, message: Message, feeds: Feeds) -> None:
    followed = await asyncio.to_thread(feeds.store.all)
    if not followed:
        await reply(message, texts("feeds.none"))
        return
    document = write_opml(followed)
    await patiently(lambda: message.reply_document(document, filename=OPML_NAME))
