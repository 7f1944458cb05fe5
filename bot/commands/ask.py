"""/ask, and how any question is answered."""

import asyncio
import time

from telegram import InlineKeyboardMarkup, Message, Update
from telegram.error import BadRequest

from bot.commands.command import Command
from bot.context import Context, Services
from bot.keyboards import answers as keyboards
from bot.sending import patiently, reply, typing
from bot.texts import answers as answer_texts
from bot.texts.catalogue import Texts
from bot.updates import message_of, text_after_command
from qa import Answer, Verdict
from qa.language import language_of
from qa.language.detect import language_of_question

WORTH_FOLLOWING = {Verdict.ANSWERED, Verdict.NOT_ANSWERING}
"""After these, there may be more about the question later."""
CONTENT_WORDS = 3
"""A question that nothing is near to has at least this many if it has a topic; fewer are often a
greeting."""


async def _ask(update: Update, context: Context) -> None:
    """/ask QUESTION."""
    await answer_question(update, context, text_after_command(message_of(update)))


COMMAND = Command("ask", _ask, is_question=True)


async def answer_question(update: Update, context: Context, question: str) -> None:
    """Reply to the update's message with the answer to ``question``."""
    message = message_of(update)
    problem = _problem(context.texts, question)
    if problem is not None:
        await _respond(message, context, problem)
        return
    async with typing(message):
        answer = await asyncio.to_thread(_asked, message, question.strip(), context.services)
        is_admin = context.is_admin(update)
        text = await asyncio.to_thread(answer_texts.answer, context.texts, answer, is_admin)
        can_be_followed = await asyncio.to_thread(_can_be_followed, answer)
    following = keyboards.follow(context.texts, has_story=answer.answered)
    buttons = following if can_be_followed else None
    await _respond(message, context, text, buttons)


async def _respond(
    message: Message, context: Context, html: str, buttons: InlineKeyboardMarkup | None = None
) -> None:
    """Reply; where the message was edited, the reply to it changes if it is still there."""
    replies, place = context.alert_store.replies, (message.chat_id, message.message_id)
    earlier = await asyncio.to_thread(replies.of, *place) if message.edit_date else None
    if earlier is not None and await _edited(message, earlier, html, buttons):
        return
    sent = await reply(message, html, quote=True, buttons=buttons)
    await asyncio.to_thread(replies.put, *place, sent.message_id, time.time())


async def _edited(
    message: Message, reply_id: int, html: str, buttons: InlineKeyboardMarkup | None
) -> bool:
    edit = message.get_bot().edit_message_text
    try:
        await patiently(lambda: edit(html, message.chat_id, reply_id, reply_markup=buttons))
    except BadRequest as error:
        return "not modified" in error.message.lower()
    return True


def _problem(texts: Texts, question: str) -> str | None:
    """What to reply to a text that is no question; ``None`` if it can be asked."""
    if not question.strip():
        return texts("answer.how_to_ask")
    return None if any(map(str.isalnum, question)) else texts("answer.no_words")


def _asked(message: Message, question: str, services: Services) -> Answer:
    """Answer; in reply to "What would you like to know about …?", about that article."""
    original, library = message.reply_to_message, services.library
    prompts = services.alert_store.prompts
    id_ = prompts.article_id(message.chat_id, original.message_id) if original else None
    return library.ask(question, about=library.article(id_) if id_ else None)


def _can_be_followed(answer: Answer) -> bool:
    if answer.verdict is Verdict.NOTHING_NEAR:
        language = language_of(language_of_question(answer.question))
        return len(language.content_stems(answer.question)) >= CONTENT_WORDS
    return answer.verdict in WORTH_FOLLOWING
