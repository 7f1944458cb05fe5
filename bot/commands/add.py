"""/add: web pages become articles."""

import asyncio

from telegram import Update

from bot.channels.posts import links
from bot.commands.command import Audience, Command
from bot.context import Context, Services
from bot.sending import reply, typing
from bot.texts import answers as answer_texts
from bot.texts.catalogue import Texts
from bot.texts.markup import web_url
from bot.updates import message_of
from index.sources.registry import read_address
from index.web.fetch import Fetcher
from qa import PullquoteError, SourceError


async def _add(update: Update, context: Context) -> None:
    """/add URL…, or in reply to a message with links; one reply for each as soon as it is done."""
    message = message_of(update)
    urls = context.args or links(message.reply_to_message)
    if not urls:
        await reply(message, context.texts("add.usage"))
    for url in urls:
        if not context.application.running:  # shutting down
            return
        async with typing(message):
            result = await asyncio.to_thread(add_page, context.texts, url, context.services)
        await reply(message, result)


COMMAND = Command("add", _add, Audience.ADMINS, blocking=False)


def add_page(texts: Texts, url: str, services: Services) -> str:
    """Add the page at ``url``; returns what came of it."""
    if web_url(url) is None:  # never a file on this computer
        return answer_texts.not_added(texts, SourceError(url, texts("error.not_a_web_address")))
    try:
        fetcher = Fetcher(allow_private=services.settings.allow_private_hosts)
        article = read_address(url, fetcher.fetch)
        return answer_texts.added(texts, article, services.indexer.add(article))
    except PullquoteError as error:
        return answer_texts.not_added(texts, error)
