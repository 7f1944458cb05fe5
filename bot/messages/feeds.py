"""Feeds that people send: in reply to "Which feed?", or in an OPML file."""

import asyncio
import functools

from telegram import Message, Update
from telegram.ext import filters

from bot.commands.feeds import act
from bot.context import Context
from bot.messages.files import content_of
from bot.messages.questions import not_text
from bot.sending import patiently, reply
from bot.texts import answers as answer_texts
from bot.texts import feeds as feed_texts
from bot.texts.catalogue import Texts
from bot.texts.languages import Languages
from bot.updates import message_of
from index.feeds.follow import Feeds
from index.feeds.formats.opml import OPML_LIMIT, read_opml
from qa import PullquoteError


class NamesFeed(filters.MessageFilter):
    """Replies to "Which feed?" that look like an address; all others are questions."""

    def __init__(self, languages: Languages) -> None:
        """The question may be in any of ``languages``."""
        super().__init__()
        self._languages = languages

    def filter(self, message: Message) -> bool:
        """Whether ``message`` is one."""
        asked = message.reply_to_message
        if asked is None or asked.from_user is None or not asked.from_user.is_bot:
            return False
        return _may_be_address(message.text or "") and asked.text in self._questions

    @functools.cached_property
    def _questions(self) -> set[str]:
        return {self._languages.texts(name)("feeds.which") for name in self._languages.names}


def _may_be_address(text: str) -> bool:
    """Whether it may be an address; the reply field opened by itself, so it may be a question."""
    text = text.strip()
    is_like_one = len(text.split()) == 1 or "." in text or "/" in text
    return is_like_one and not text.endswith("?")


class FeedList(filters.MessageFilter):
    """Files that may be lists of feeds, by their names."""

    def filter(self, message: Message) -> bool:
        """Whether ``message`` has one."""
        return lists_feeds(message)


def lists_feeds(message: Message) -> bool:
    """Whether a message is a file that may be a list of feeds."""
    name = (message.document.file_name or "").lower() if message.document else ""
    return name.endswith((".opml", ".xml"))


async def follow_named(update: Update, context: Context) -> None:
    """A reply to "Which feed?"."""
    await act(update, context, ["add", (message_of(update).text or "").strip()])


async def import_file(update: Update, context: Context) -> None:
    """Handle an OPML file in a private chat; an administrator's lists feeds to follow."""
    if context.is_admin(update):
        await import_list(message_of(update), context.texts, context.feeds)
    else:
        await not_text(update, context)


async def import_list(message: Message, texts: Texts, feeds: Feeds) -> None:
    """Follow the feeds that the file of ``message`` lists, and reply with what became of each."""
    assert message.document is not None
    try:
        content = await content_of(texts, message.document, OPML_LIMIT)
        urls = read_opml(content, message.document.file_name or "")
        shown = await reply(message, texts("feeds.importing", count=len(urls)))
        results = await asyncio.to_thread(lambda: list(feeds.add_all(urls)))
    except PullquoteError as error:
        await reply(message, answer_texts.not_added(texts, error))
    else:
        first, *more = feed_texts.imported(texts, results)
        await patiently(lambda: shown.edit_text(first))
        for text in more:
            await reply(message, text)
