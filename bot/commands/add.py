"""Articles that people bring: /add, and messages that an administrator forwards."""

import asyncio

from telegram import Message, Update

from bot.channels.posts import article_of, is_article, links
from bot.commands.admin import admins_only
from bot.context import Context, Services, message_of
from bot.sending import reply, typing
from bot.texts import answers as messages
from bot.texts.catalogue import Texts
from bot.texts.markup import web_url
from index.sources.registry import read_address
from index.web.fetch import Fetcher
from qa import PullquoteError, SourceError


@admins_only
async def add(update: Update, context: Context) -> None:
    """/add URL…, or in reply to a message with links: a reply for each, as soon as it is done."""
    message = message_of(update)
    urls = context.args or links(message.reply_to_message)
    if not urls:
        await reply(message, context.texts("add.usage"))
    for url in urls:
        if not context.application.running:  # going down
            return
        async with typing(message):
            outcome = await asyncio.to_thread(_add_page, context.texts, url, context.services)
        await reply(message, outcome)


async def forwarded(update: Update, context: Context) -> None:
    """A message that an administrator forwards in a private chat becomes an article."""
    message = message_of(update)
    async with typing(message):
        outcome = await asyncio.to_thread(_add_message, context.texts, message, context.services)
    await reply(message, outcome)


def _add_message(texts: Texts, message: Message, services: Services) -> str:
    if is_article(message):
        article = article_of(message)
        return messages.added(texts, article, services.indexer.add(article))
    found = links(message)
    return _add_page(texts, found[0], services) if found else texts("add.too_short")


def _add_page(texts: Texts, url: str, services: Services) -> str:
    if web_url(url) is None:  # and never a file of this computer
        return messages.not_added(texts, SourceError(url, texts("error.not_a_web_address")))
    try:
        fetcher = Fetcher(allow_private=services.settings.allow_private_hosts)
        article = read_address(url, fetcher.fetch)
        return messages.added(texts, article, services.indexer.add(article))
    except PullquoteError as error:
        return messages.not_added(texts, error)
