"""/add: web pages become articles."""

import asyncio
from dataclasses import dataclass

from telegram import Update

from bot.channels.posts import links
from bot.commands.command import Audience, Command
from bot.context import Context, Services
from bot.sending import reply, typing
from bot.texts import answers as answer_texts
from bot.texts.catalogue import Texts
from bot.texts.markup import web_url
from bot.updates import message_of
from index.outcome import Outcome
from index.sources.registry import read_address
from index.web.fetch import Fetcher
from qa import Article, PullquoteError, SourceError


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
            result = await asyncio.to_thread(_added, context.texts, url, context.services)
        await reply(message, result)


COMMAND = Command("add", _add, Audience.ADMINS, blocking=False)


def _added(texts: Texts, url: str, services: Services) -> str:
    try:
        return add_page(texts, url, services).html(texts)
    except PullquoteError as error:
        return answer_texts.not_added(texts, error)


@dataclass(frozen=True, slots=True)
class Added:
    """What became of an article; ``article`` itself may lack the ``number``."""

    article: Article
    outcome: Outcome
    number: int

    def html(self, texts: Texts) -> str:
        """Return the sentence that says so."""
        return answer_texts.added(texts, self.article, self.outcome)


def add_page(texts: Texts, url: str, services: Services) -> Added:
    """Add the page at ``url``; ``SourceError`` if it cannot be read."""
    if web_url(url) is None:  # never a file on this computer
        raise SourceError(url, texts("error.not_a_web_address"))
    fetcher = Fetcher(allow_private=services.settings.allow_private_hosts)
    return add_article(read_address(url, fetcher.fetch), services)


def add_article(article: Article, services: Services) -> Added:
    """Add an article that was read."""
    ((known, outcome),) = services.indexer.add_all([article])
    stored = services.library.article(known.id)
    return Added(known, outcome, stored.number if stored else 0)
