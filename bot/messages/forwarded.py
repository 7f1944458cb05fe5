"""Messages that an administrator forwards: to add as articles, or to ask about."""

import asyncio

from telegram import InlineKeyboardMarkup, Message, Update

from bot.channels.posts import article_of, is_article, links
from bot.commands.add import Added, add_article, add_page
from bot.commands.ask import answer_text
from bot.context import Context, Services
from bot.keyboards import forwarded as keyboards
from bot.messages import albums
from bot.messages.feeds import lists_feeds
from bot.messages.files import add_document, is_readable
from bot.sending import reply
from bot.texts.catalogue import Texts
from bot.updates import message_of, written


async def forwarded(update: Update, context: Context) -> None:
    """Ask what to do with a message that an administrator forwards in a private chat."""
    message = message_of(update)
    if written(message) or is_readable(message.document) or lists_feeds(message):
        await albums.note(message, context)
    elif await albums.is_answered(message, context):
        return
    buttons = await asyncio.to_thread(buttons_below, context.texts, message)
    if len(buttons.inline_keyboard) > bool(written(message)):  # more than the one to ask about it
        await reply(message, context.texts("forwarded.what"), quote=True, buttons=buttons)
    elif written(message):
        await answer_text(message, context, written(message), message, is_admin=True)
    else:
        await reply(message, context.texts("answer.only_text"))


def buttons_below(texts: Texts, message: Message, *, is_read: bool = False) -> InlineKeyboardMarkup:
    """The buttons for a forward; ``is_read`` if it was asked about already."""
    is_list = lists_feeds(message)
    has_article = is_readable(message.document) or bool(links(message)) or is_article(message)
    return keyboards.below_forward(
        texts,
        message,
        can_be_added=has_article and not is_list,
        lists_feeds=is_list,
        is_read=is_read,
    )


async def add_forwarded(message: Message, texts: Texts, services: Services) -> Added:
    """Add the file, or the message itself if it is long enough, or the page that it links to.

    ``SourceError`` if that cannot be read.
    """
    if message.document is not None and is_readable(message.document):
        return await add_document(texts, message.document, services)
    return await asyncio.to_thread(_add_text, message, texts, services)


def _add_text(message: Message, texts: Texts, services: Services) -> Added:
    if is_article(message):
        return add_article(article_of(message), services)
    return add_page(texts, links(message)[0], services)
