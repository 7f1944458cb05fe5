"""Files that an administrator sends become articles."""

import asyncio

from telegram import Document, Message, Update
from telegram.ext import filters

from bot.commands.add import Added, add_article
from bot.context import Context, Services
from bot.messages.questions import not_text
from bot.sending import reply, typing
from bot.texts import answers as answer_texts
from bot.texts.catalogue import Texts
from bot.updates import message_of
from index.documents.registry import every_suffix
from index.sources.files import read_sent
from qa import PullquoteError, SourceError

FILE_LIMIT = 20_000_000
"""Bytes: bots cannot download larger files from Telegram."""


class ReadableFile(filters.MessageFilter):
    """Files in a format that can be read, by their names."""

    def filter(self, message: Message) -> bool:
        """Whether ``message`` has one."""
        return is_readable(message.document)


def is_readable(document: Document | None) -> bool:
    """Whether the file is in such a format."""
    name = (document.file_name or "").lower() if document else ""
    return name.endswith(every_suffix())


async def add_file(update: Update, context: Context) -> None:
    """Handle a file in a private chat; an administrator's becomes an article."""
    message, texts = message_of(update), context.texts
    document = message.document
    if document is None or not context.is_admin(update):
        await not_text(update, context)
        return
    async with typing(message):
        try:
            added = await add_document(texts, document, context.services)
            result = added.html(texts)
        except PullquoteError as error:
            result = answer_texts.not_added(texts, error)
    await reply(message, result)


async def add_document(texts: Texts, document: Document, services: Services) -> Added:
    """Add a file that was sent; ``SourceError`` if it cannot be read."""
    data = await content_of(texts, document, FILE_LIMIT)
    article = await asyncio.to_thread(read_sent, document.file_name or "", data)
    return await asyncio.to_thread(add_article, article, services)


async def content_of(texts: Texts, document: Document, limit: int) -> bytes:
    """Fetch a file that was sent; ``SourceError`` if it has more than ``limit`` bytes."""
    if (document.file_size or 0) > limit:
        reason = texts("error.file_too_large", limit=limit // 1_000_000)
        raise SourceError(document.file_name or "", reason)
    file = await document.get_file()
    return bytes(await file.download_as_bytearray())
