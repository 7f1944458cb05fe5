"""/watch: saves a question, so that articles that answer it are posted."""

import asyncio
import time

from telegram import Update

from bot.commands.command import Chats, Command
from bot.commands.permission import may_change
from bot.context import Context, Services
from bot.sending import reply, typing
from bot.subscriptions.model import Destination, Interest, Subscribed, SubscribeOutcome
from bot.texts import alerts as alert_texts
from bot.texts import answers as answer_texts
from bot.texts.catalogue import Texts
from bot.texts.markup import units
from bot.updates import destination_of, message_of, text_after_command

QUESTION_LENGTH = 300
"""Longest question that can be saved, in UTF-16 code units."""


async def _watch(update: Update, context: Context) -> None:
    """/watch QUESTION."""
    message = message_of(update)
    if not await may_change(update):
        await reply(message, context.texts("error.not_chat_admin"))
        return
    user = message.from_user.id if message.from_user else 0
    async with typing(message):
        question = text_after_command(message)
        html, _ = await watch(context, destination_of(message), question, user)
    await reply(message, html)


COMMAND = Command("watch", _watch, chats=Chats.CHANNELS_TOO)


async def watch(
    context: Context, destination: Destination, question: str, user_id: int
) -> tuple[str, Subscribed | None]:
    """Save ``question`` for ``destination``; returns the reply, and the outcome if it can be saved.

    Articles that come in from now on may answer it, or change the answer that it has.
    """
    return await asyncio.to_thread(_saved, context, destination, question, user_id)


def _saved(
    context: Context, destination: Destination, question: str, user_id: int
) -> tuple[str, Subscribed | None]:
    texts, services = context.texts, context.services
    interest = Interest(question=" ".join(question.split()))
    problem = _problem(texts, interest.question, services)
    if problem is not None:
        return problem, None
    answer = services.library.ask(interest.question)
    result = services.alert_store.subscriptions.subscribe(
        destination, interest, user_id, time.time(), answer.quotes if answer.answered else ()
    )
    if result.outcome is SubscribeOutcome.TOO_MANY:
        return texts("subscribe.too_many"), None
    is_new = result.outcome is SubscribeOutcome.NEW
    html = alert_texts.watched(texts, interest, is_new=is_new, is_answered=answer.answered)
    return html, result


def _problem(texts: Texts, question: str, services: Services) -> str | None:
    """What to reply to a question that cannot be saved; ``None`` if it can."""
    if not question:
        return texts("watch.how")
    if not any(map(str.isalnum, question)):
        return texts("answer.no_words")
    if units(question) > QUESTION_LENGTH:
        return texts("watch.too_long", count=QUESTION_LENGTH)
    if not services.library.reads(question):
        return answer_texts.unreadable(texts, "answer.unreadable", question)
    return None
