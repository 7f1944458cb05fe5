"""/feeds: administrators follow feeds, pause and end them, with words, buttons or OPML files."""

import asyncio
import logging
from collections.abc import Sequence

from telegram import (
    CallbackQuery,
    Document,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    Update,
)
from telegram.ext import filters

from bot.buttons.callback import acknowledge, edit
from bot.commands.admin import admins_only
from bot.commands.ask import not_text
from bot.context import Context, message_of
from bot.sending import patiently, reply, typing
from bot.texts import answers as messages
from bot.texts import feeds as feed_messages
from bot.texts.catalogue import ENGLISH, Texts
from bot.texts.markup import web_url
from index.feeds.follow import Feeds
from index.feeds.formats.opml import OPML_LIMIT, read_opml, write_opml
from index.feeds.model import Feed, Health
from qa import PullquoteError, SourceError

logger = logging.getLogger(__name__)

BUTTON = r"^feeds:[a-z]+:\d+:\d+$"
"""The data of our buttons: an action, a feed's number or 0, and the page of the list."""
PAGE = 8
OPML_NAME = "feeds.opml"

_RESUMABLE = (Health.PAUSED, Health.SWITCHED_OFF, Health.ENDED)


class _AnswersWhichFeed(filters.MessageFilter):
    def filter(self, message: Message) -> bool:
        asked = message.reply_to_message
        by_us = asked is not None and asked.from_user is not None and asked.from_user.is_bot
        is_asked = by_us and asked is not None and asked.text == ENGLISH("feeds.which")
        return is_asked and _may_be_an_address(message.text or "")


def _may_be_an_address(text: str) -> bool:
    """Not so a question that somebody asks instead, since the reply opened by itself."""
    text = text.strip()
    is_like_one = len(text.split()) == 1 or "." in text or "/" in text
    return is_like_one and not text.endswith("?")


answers_which_feed = _AnswersWhichFeed()
"""Messages that name the feed that was asked for after "Follow another" was pressed.

Other replies to that are questions, as all text.
"""
opml_files = filters.Document.FileExtension("opml") | filters.Document.FileExtension("xml")


@admins_only
async def feeds(update: Update, context: Context) -> None:
    """/feeds, /feeds add URL, /feeds remove URL, /feeds export."""
    message, words = message_of(update), context.args or []
    if not words:
        followed = await asyncio.to_thread(context.feeds.store.all)
        text, buttons = _page(context.texts, followed, 0)
        await reply(message, text, buttons=buttons)
    elif words == ["export"]:
        await _export(context.texts, message, context.feeds)
    else:
        async with typing(message):
            text = await asyncio.to_thread(_carry_out, context.texts, context.feeds, words)
        await reply(message, text)


def _carry_out(texts: Texts, followed: Feeds, words: list[str]) -> str:
    try:
        match words:
            case ["add", url]:
                return _add(texts, followed, url)
            case ["remove", url]:
                followed.store.remove(url)
                return feed_messages.not_following(texts, url)
            case _:
                return texts("feeds.usage")
    except PullquoteError as error:
        return messages.failed(str(error))


def _add(texts: Texts, followed: Feeds, url: str) -> str:
    if web_url(url) is None:
        return messages.not_added(texts, SourceError(url, texts("error.not_a_web_address")))
    return feed_messages.following(texts, followed.add(url))


@admins_only
async def named(update: Update, context: Context) -> None:
    """The answer to the question which feed to follow."""
    message = message_of(update)
    async with typing(message):
        words = ["add", (message.text or "").strip()]
        text = await asyncio.to_thread(_carry_out, context.texts, context.feeds, words)
    await reply(message, text)


# OPML


async def _export(texts: Texts, message: Message, feeds: Feeds) -> None:
    followed = await asyncio.to_thread(feeds.store.all)
    if not followed:
        await reply(message, texts("feeds.none"))
        return
    document = write_opml(followed)
    await patiently(lambda: message.reply_document(document, filename=OPML_NAME))


async def document(update: Update, context: Context) -> None:
    """A file in a private chat: from an administrator a list of feeds to follow."""
    message = message_of(update)
    if not context.is_admin(update):
        await not_text(update, context)
        return
    assert message.document is not None
    try:
        urls = read_opml(
            await _content(context.texts, message.document), message.document.file_name or ""
        )
        shown = await reply(message, context.texts("feeds.importing", count=len(urls)))
        results = await asyncio.to_thread(lambda: list(context.feeds.add_all(urls)))
    except PullquoteError as error:
        await reply(message, messages.not_added(context.texts, error))
    else:
        first, *more = feed_messages.imported(context.texts, results)
        await patiently(lambda: shown.edit_text(first))
        for text in more:
            await reply(message, text)


async def _content(texts: Texts, document: Document) -> bytes:
    if (document.file_size or 0) > OPML_LIMIT:
        limit = texts("error.file_too_large", limit=OPML_LIMIT // 1_000_000)
        raise SourceError(document.file_name or "", limit)
    file = await document.get_file()
    return bytes(await file.download_as_bytearray())


# Buttons


async def button(update: Update, context: Context) -> None:
    """A button below the list of feeds was pressed."""
    query = update.callback_query
    assert query is not None
    message = query.message
    if not context.is_admin(update):
        await acknowledge(query, context.texts("error.not_admin"))
    elif not isinstance(message, Message):  # too old for Telegram to show it to us
        await acknowledge(query, context.texts("feeds.old_button"))
    else:
        action, number, page = (query.data or "").split(":")[1:]
        await _pressed(
            context.texts, query, message, context.feeds, (action, int(number), int(page))
        )


async def _pressed(
    texts: Texts,
    query: CallbackQuery,
    message: Message,
    followed: Feeds,
    data: tuple[str, int, int],
) -> None:
    action, number, page = data
    if action == "add":
        await acknowledge(query)
        ask = ForceReply(selective=True)
        await patiently(lambda: message.reply_text(texts("feeds.which"), reply_markup=ask))
        return
    feed = await asyncio.to_thread(followed.store.feed, number) if number else None
    if number and feed is None:
        await acknowledge(query, texts("feeds.old_button"))
    elif action == "ask" and feed is not None:
        await acknowledge(query)
        await edit(message, feed_messages.remove_question(texts, feed), _sure(texts, feed, page))
        return
    else:
        await acknowledge(query, await asyncio.to_thread(_act, texts, followed, action, feed))
    text, buttons = _page(texts, await asyncio.to_thread(followed.store.all), page)
    await edit(message, text, buttons)


def _act(texts: Texts, followed: Feeds, action: str, feed: Feed | None) -> str:
    """Do what a button says and return what to show for a moment."""
    if feed is None:
        return ""
    match action:
        case "pause":
            followed.store.pause(feed.id)
            return texts("feeds.paused")
        case "resume":
            followed.store.resume(feed.id)
            return texts("feeds.resumed")
        case "remove":
            followed.store.remove(feed.url)
            return texts("feeds.removed")
    return ""


def _page(texts: Texts, followed: Sequence[Feed], page: int) -> tuple[str, InlineKeyboardMarkup]:
    """A page of the list, the last one if there are fewer, with a row of buttons for each feed."""
    last = max(len(followed) - 1, 0) // PAGE
    page = min(page, last)
    shown = followed[page * PAGE : (page + 1) * PAGE]
    turn = [("‹", page - 1)] * (page > 0) + [("›", page + 1)] * (page < last)
    bottom = [_button(label, "page", 0, target) for label, target in turn]
    follow = texts("button.follow_another_feed" if followed else "button.follow_feed")
    bottom.append(_button(f"＋ {follow}", "add", 0, page))
    rows = [*(_row(feed, page) for feed in shown), bottom]
    text = feed_messages.listed(texts, shown, page * PAGE, len(followed))
    return text, InlineKeyboardMarkup(rows)


def _row(feed: Feed, page: int) -> list[InlineKeyboardButton]:
    is_off = feed.health in _RESUMABLE
    sign, action = ("▶", "resume") if is_off else ("⏸", "pause")
    label = f"{sign} {feed_messages.name(feed)}"
    return [_button(label, action, feed.id, page), _button("✕", "ask", feed.id, page)]


def _sure(texts: Texts, feed: Feed, page: int) -> InlineKeyboardMarkup:
    remove = _button(texts("button.remove"), "remove", feed.id, page)
    return InlineKeyboardMarkup([[remove, _button(texts("button.keep"), "page", 0, page)]])


def _button(label: str, action: str, number: int, page: int) -> InlineKeyboardButton:
    return InlineKeyboardButton(label, callback_data=f"feeds:{action}:{number}:{page}")
