"""Questions from chats that the bot is not in: inline queries, and mentions as a guest.

Inline queries come in while a person is still typing. Only their newest one is searched, and recent
answers are kept.
"""

import asyncio
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import Enum
from functools import partial

from cachetools import LRUCache
from telegram import InlineQuery, InlineQueryResultsButton, Message, Update
from telegram.error import BadRequest
from telegram.ext import BaseHandler, InlineQueryHandler, MessageHandler, filters

from bot.commands.help import ASK
from bot.commands.permission import admitted, count_question, excess_text
from bot.context import Context
from bot.metrics import counted
from bot.settings import Inline
from bot.texts import answers as answer_texts
from bot.texts import inline as inline_texts
from bot.updates import addressed_text, written
from qa import Answer, Library
from qa.model.tokens import cores

logger = logging.getLogger(__name__)

LETTERS = 3
"""Fewer letters and digits are no question yet."""
QUOTES = 5
"""Results of a query, at most."""
RECENT = 500
"""Answers that are remembered."""
CACHE_SECONDS = 60
"""How long Telegram may show the same results again to the same person."""


def handlers(inline: Inline) -> "Iterator[BaseHandler[Update, Context, None]]":
    """The handlers of such questions; none if ``inline`` is off."""
    if inline is not Inline.OFF:
        yield InlineQueryHandler(admitted(InlineQueries().answer), block=False)
        yield MessageHandler(filters.UpdateType.GUEST_MESSAGE, admitted(guest_message), block=False)


class PostedResult(filters.MessageFilter):
    """A result of ours that somebody posts where the bot sees it: an answer, not a question."""

    def filter(self, message: Message) -> bool:
        """Whether ``message`` is one; forwarded, it is a message like others."""
        via = message.via_bot
        is_ours = via is not None and via.id == message.get_bot().id
        return is_ours and message.forward_origin is None


class Refusal(Enum):
    """Why a query has no results; the values are ids of texts."""

    TOO_SHORT = "button.inline_ask"
    NO_ANSWER = "button.inline_none"
    NOT_ADMIN = "button.inline_admins"
    TOO_MANY = "button.inline_limit"


class RecentAnswers:
    """Keeps answers until the library changes. Thread-safe."""

    def __init__(self) -> None:
        self._known: LRUCache[tuple[str, date], Answer] = LRUCache(RECENT)
        self._lock = threading.Lock()
        self._token = 0

    def ask(self, library: Library, question: str) -> Answer:
        """Answer, or return the answer to the same question if nothing has changed since.

        ``library`` is always as everybody may see it.
        """
        token, key = library.store.state().token, (question, datetime.now(UTC).date())
        with self._lock:
            if token != self._token:
                self._token = token
                self._known.clear()
            known = self._known.get(key)
        if known is not None:
            return known
        answer = counted("inline", partial(library.ask, question, QUOTES))
        with self._lock:
            if token == self._token:
                self._known[key] = answer
        return answer


class InlineQueries:
    """Answers inline queries, as many at once as there are cores."""

    def __init__(self) -> None:
        self._recent = RecentAnswers()
        self._newest: dict[int, str] = {}
        self._typed: LRUCache[int, str] = LRUCache(RECENT)
        self._searching = asyncio.Semaphore(cores())

    async def answer(self, update: Update, context: Context) -> None:
        """Offer quotes to an inline query, unless the person has typed on meanwhile."""
        query = update.inline_query
        assert query is not None
        refusal, found = _refusal(query, context), None
        if refusal is None and self._is_new(query):
            excess = count_question(context, query.from_user.id)
            refusal = Refusal.TOO_MANY if excess is not None else None
        if refusal is None:
            found = await self.searched(query, context.library)
            if found is None:
                return
        await _respond(query, context, found, refusal or Refusal.NO_ANSWER)

    def _is_new(self, query: InlineQuery) -> bool:
        """Whether a person has begun a new question: typing on at the end goes on with the last."""
        before = self._typed.get(query.from_user.id)
        self._typed[query.from_user.id] = query.query
        return before is None or not query.query.startswith(before)

    async def searched(self, query: InlineQuery, library: Library) -> Answer | None:
        """``None`` if a newer query of the same person came before this one was searched."""
        person, question = query.from_user.id, " ".join(query.query.split())
        self._newest[person] = query.id
        async with self._searching:
            if self._newest.get(person) != query.id:
                return None
            try:
                return await asyncio.to_thread(self._recent.ask, library, question)
            finally:
                if self._newest.get(person) == query.id:
                    del self._newest[person]


def _refusal(query: InlineQuery, context: Context) -> Refusal | None:
    if not _may_ask(context, query.from_user.id):
        return Refusal.NOT_ADMIN
    is_short = sum(map(str.isalnum, query.query)) < LETTERS
    return Refusal.TOO_SHORT if is_short else None


def _may_ask(context: Context, user: int) -> bool:
    settings = context.settings
    return settings.inline is Inline.EVERYONE or user in settings.admins


async def _respond(
    query: InlineQuery, context: Context, found: Answer | None, refusal: Refusal
) -> None:
    results = inline_texts.results(context.texts, found) if found and found.answered else []
    label = None if results else context.texts(refusal.value)
    button = InlineQueryResultsButton(label, start_parameter=ASK) if label else None
    try:
        # The texts are in the language of the person, so Telegram may not show them to others.
        await query.answer(results, CACHE_SECONDS, is_personal=True, button=button)
    except BadRequest as error:  # too late
        logger.info("An inline query was not answered: %s", error.message)


async def guest_message(update: Update, context: Context) -> None:
    """Answer a mention in a chat that the bot is not in; it may answer once."""
    message, texts = update.guest_message, context.texts
    assert message is not None
    if message.guest_query_id is None or message.from_user is None:
        return
    original = message.reply_to_message
    said = addressed_text(message, context.bot.bot) or (written(original) if original else "")
    if not _may_ask(context, message.from_user.id):
        html = texts("error.not_admin")
    elif not any(map(str.isalnum, said)):
        html = texts("answer.how_to_ask")
    elif excess := count_question(context, message.from_user.id):
        if not excess.is_first:
            return
        html = excess_text(texts, excess)
    else:
        found = await asyncio.to_thread(context.library.ask, said)
        html = await asyncio.to_thread(answer_texts.answer, texts, found, False)
    try:
        result = inline_texts.result("answer", context.bot.first_name, html)
        await context.bot.answer_guest_query(message.guest_query_id, result)
    except BadRequest as error:  # too late
        logger.info("A guest's question was not answered: %s", error.message)
