"""The context of a question: an earlier one that it may follow, or an article."""

import asyncio
import time
from dataclasses import replace

from telegram import Message

from bot.context import Context, Services
from bot.texts.markup import article_urls
from bot.updates import heading_of, links_in, original_of, written
from qa import Article, Library, Turn


async def context_of(message: Message, context: Context) -> tuple[Article | None, Turn | None]:
    """The article that a message is about, or the turn that it may follow.

    The message that it replies to counts first. A reply to "What would you like to know about …?"
    is about that article.
    """
    original, conversations = original_of(message), context.conversations
    if original is None:
        last = await conversations.last(message, time.time())
        return None, await asyncio.to_thread(_as_shown, last, context.library)
    about = await asyncio.to_thread(_prompted, original, context.services)
    if about is not None:
        return about, None
    turn = await conversations.replied_to(message)
    turn = turn or await asyncio.to_thread(_pointed_at, original, context.services)
    turn = turn or await conversations.last(message, time.time())
    return None, await asyncio.to_thread(_as_shown, turn, context.library)


def _as_shown(turn: Turn | None, library: Library) -> Turn | None:
    """``turn`` without its article if that was removed, or the chat may no longer see it."""
    if turn is None or turn.article_id is None or library.article(turn.article_id):
        return turn
    return replace(turn, article_id=None, title="") if turn.question else None


def _prompted(original: Message, services: Services) -> Article | None:
    id_ = services.alert_store.prompts.article_id(original.chat_id, original.message_id)
    return services.library.article(id_) if id_ else None


def _pointed_at(original: Message, services: Services) -> Turn | None:
    """The first article that a message of ours links to, or the words of somebody else."""
    if original.from_user is None or not original.from_user.is_bot:
        said = written(original)
        return Turn(said, is_replied_to=True) if said else None
    article = article_of(original, services.library)
    return Turn("", article.id, article.title, is_replied_to=True) if article else None


def article_of(message: Message, library: Library) -> Article | None:
    """The first article that a message of ours links to, or the one in its heading."""
    for url in links_in(message)[:1]:
        return next(filter(None, map(library.article, article_urls(url))), None)
    return library.titled(heading_of(message))
