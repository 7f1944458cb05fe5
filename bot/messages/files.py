"""Files that an administrator sends become articles."""

import asyncio
import functools
import operator

from telegram import Document, Update
from telegram.ext import filters

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
"""Bytes: Telegram hands larger files to no bot."""


def readable_files() -> filters.BaseFilter:
    """Return a filter for files in a format that can be read, by their names."""
    made = [filters.Document.FileExtension(suffix.removeprefix(".")) for suffix in every_suffix()]
    return functools.reduce(operator.or_, made)


async def add_file(update: Update, context: Context) -> None:
    """A file in a private chat; from an administrator it is an article."""
    message, texts = message_of(update), context.texts
    document = message.document
    if document is None or not context.is_admin(update):
        await not_text(update, context)
        return
    async with typing(message):
        try:
            data = await content_of(texts, document, FILE_LIMIT)
            result = await asyncio.to_thread(_add, texts, document, data, context.services)
        except PullquoteError as error:
            result = answer_texts.not_added(texts, error)
    await reply(message, result)


def _add(texts: Texts, document: Document, data: bytes, services: Services) -> str:
    article = read_sent(document.file_name or "", data)
    return answer_texts.added(texts, article, services.indexer.add(article))


async def content_of(texts: Texts, document: Document, limit: int) -> bytes:
    """Fetch a file that was sent; ``SourceError`` when it has more than ``limit`` bytes."""
    if (document.file_size or 0) > limit:
        reason = texts("error.file_too_large", limit=limit // 1_000_000)
        raise SourceError(document.file_name or "", reason)
    file = await document.get_file()
    return bytes(await file.download_as_bytearray())
