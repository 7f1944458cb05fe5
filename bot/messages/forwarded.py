"""Messages that an administrator forwards become articles."""

import asyncio

from telegram import Message, Update

from bot.channels.posts import article_of, is_article, links
from bot.commands.add import add_page
from bot.context import Context, Services
from bot.sending import reply, typing
from bot.texts import answers as answer_texts
from bot.texts.catalogue import Texts
from bot.updates import message_of


async def forwarded(update: Update, context: Context) -> None:
    """A message that an administrator forwards in a private chat."""
    message = message_of(update)
    async with typing(message):
        result = await asyncio.to_thread(_add, context.texts, message, context.services)
    await reply(message, result)


def _add(texts: Texts, message: Message, services: Services) -> str:
    """Add the message itself if it is long enough, otherwise the page that it links to."""
    if is_article(message):
        article = article_of(message)
        return answer_texts.added(texts, article, services.indexer.add(article))
    found = links(message)
    return add_page(texts, found[0], services) if found else texts("add.too_short")
