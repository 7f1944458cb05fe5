"""/latest: the newest articles, of all sources or one."""

import asyncio

from telegram import Update

from bot.commands.ask import answer_question
from bot.commands.command import Command
from bot.commands.subscribe import known, read
from bot.context import Context, Services
from bot.sending import reply
from bot.subscriptions.interest import names_keys, source_key
from bot.texts import answers as answer_texts
from bot.texts.catalogue import Texts
from bot.updates import message_of, text_after_command
from qa import Article

STORIES = 5


async def _latest(update: Update, context: Context) -> None:
    """/latest, /latest from SOURCE; any other words are a question."""
    message, texts = message_of(update), context.texts
    words = text_after_command(message)
    source = await asyncio.to_thread(_source, words, texts, context.services) if words else ""
    if source is None:
        await answer_question(update, context, words)
    elif words:
        found = await asyncio.to_thread(_newest, source, context.services)
        await reply(message, answer_texts.latest_from(texts, source, found))
    else:
        await show_latest(update, context)


async def show_latest(update: Update, context: Context) -> None:
    """The latest stories of all sources."""
    message, texts = message_of(update), context.texts
    stories = await asyncio.to_thread(context.library.latest_stories, STORIES)
    nothing = answer_texts.nothing_indexed(texts, context.is_admin(update))
    await reply(message, answer_texts.latest(texts, stories) if stories else nothing)


COMMAND = Command("latest", _latest)


def _source(words: str, texts: Texts, services: Services) -> str | None:
    """The source that ``words`` name, known or not; ``None`` if they say something else."""
    interest, no_source = read(words, texts, services)
    source = interest.source or no_source or known(services).get(source_key(words), "")
    return source if source and interest.topic in {"", " ".join(words.split())} else None


def _newest(source: str, services: Services) -> list[Article]:
    library, feeds, key = services.library, services.feeds.store, source_key(source)
    names = [name for name in library.sources() if source_key(name) == key]
    brought = [feed for feed, called in feeds.names().items() if key in names_keys(called)]
    return library.newest(STORIES, names, feeds.articles_from(brought))
