"""/ask, and how any question is answered."""

import asyncio
import time

from telegram import InlineKeyboardMarkup, Message, Update, User
from telegram.error import BadRequest

from bot.commands.command import Command
from bot.context import Context, Services
from bot.keyboards import answers as keyboards
from bot.sending import patiently, reply, typing
from bot.texts import answers as answer_texts
from bot.texts.catalogue import Texts
from bot.updates import message_of, text_after_command, written
from qa import Answer, Verdict
from qa.language import language_of
from qa.language.claims import read_message
from qa.language.detect import language_of_question

WORTH_FOLLOWING = {Verdict.ANSWERED, Verdict.NOT_ANSWERING}
"""After these, there may be more about the question later."""
CONTENT_WORDS = 3
"""A question that nothing is near to has at least this many if it has a topic; fewer are often a
greeting."""
CLAIMS = 12
"""Sentences of one message that are looked up; each costs as much as a question."""


async def _ask(update: Update, context: Context) -> None:
    """/ask QUESTION."""
    await answer_question(update, context, text_after_command(message_of(update)))


COMMAND = Command("ask", _ask, is_question=True)


async def answer_question(update: Update, context: Context, question: str) -> None:
    """Reply to the update's message with the answer to ``question``.

    Without one, what it replies to is read: that is how a forward in a group is asked about.
    """
    message, is_admin = message_of(update), context.is_admin(update)
    original = None if question.strip() else _replied_to(message, context.bot.bot)
    text = written(original) if original else question
    await answer_text(message, context, text, original or message, is_admin=is_admin)


async def answer_text(
    message: Message, context: Context, text: str, source: Message, *, is_admin: bool
) -> None:
    """Reply to ``message`` with what the articles say to ``text``, the words of ``source``."""
    problem = _problem(context.texts, text)
    if problem is not None:
        await _respond(message, context, problem)
        return
    async with typing(message):
        arguments = message, text.strip(), source, context.texts, context.services
        html, can_be_followed = await asyncio.to_thread(_answered, *arguments, is_admin=is_admin)
    # The button takes the topic from the message, which must therefore have the question.
    buttons = keyboards.follow(context.texts) if can_be_followed and source is message else None
    await _respond(message, context, html, buttons)


def _replied_to(message: Message, me: User) -> Message | None:
    """The message that ``message`` replies to, if it is somebody else's."""
    original = message.reply_to_message
    return original if original and original.from_user != me else None


def _answered(
    message: Message,
    text: str,
    source: Message,
    texts: Texts,
    services: Services,
    *,
    is_admin: bool,
) -> tuple[str, bool]:
    """The reply, and whether there may be more about the question later."""
    read = read_message(text, is_forward=source.forward_origin is not None)
    if read.claims:
        found = services.library.look_up(read.claims[:CLAIMS], read.language)
        return answer_texts.looked_up(texts, found, len(read.claims), is_admin), False
    answer = _asked(message, read.question, services)
    return answer_texts.answer(texts, answer, is_admin), _can_be_followed(answer)


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
