"""Answers questions in chats, however they were asked."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from telegram import InlineKeyboardMarkup, Message, Update, User
from telegram.error import BadRequest

from bot.commands.earlier import context_of
from bot.commands.permission import may_ask
from bot.context import Context
from bot.feedback.model import shown as shown_answer
from bot.keyboards import answers as keyboards
from bot.keyboards import channels as channel_keyboards
from bot.metrics import counted
from bot.sending import patiently, typing
from bot.texts import answers as answer_texts
from bot.texts import rich as rich_texts
from bot.texts.catalogue import Texts
from bot.updates import message_of, original_of, question_in, written
from qa import Answer, Verdict
from qa.language import language_of
from qa.language.claims import Reading, read_message
from qa.language.several import questions_in
from qa.language.talk import read_talk

MOST_AT_ONCE = 4
"""Questions of one message that are answered, at most."""
CONTENT_WORDS = 3
"""Content words that make a question worth following though nothing is near it; one with fewer is
often a greeting."""
CLAIMS = 12
"""Sentences of one message that are looked up, at most: each costs as much as a question."""


async def answer_question(update: Update, context: Context, question: str) -> None:
    """Reply to the update's message with the answer to ``question``.

    Without one, the message that it replies to is answered, such as a forward in a group.
    """
    if not await may_ask(update, context):
        return
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
        await respond(message, context, problem)
        return
    is_forward = source.forward_origin is not None
    read = await asyncio.to_thread(read_message, text.strip(), is_forward=is_forward)
    if read.claims:
        async with typing(message):
            html = await asyncio.to_thread(_looked_up, read, context, is_admin=is_admin)
        can_follow = context.settings.open_feeds and source is message and not is_admin
        buttons = channel_keyboards.below_answer(context.texts, source) if can_follow else None
        await respond(message, context, html, buttons)
        return
    questions = await asyncio.to_thread(questions_in, read.question)
    async with context.conversations.in_turn(message):
        await _answer_each(message, context, questions, source is message, is_admin=is_admin)
    if len(questions) > MOST_AT_ONCE:
        left = context.texts("answer.too_many", limit=MOST_AT_ONCE)
        await respond(message, context, left, part=MOST_AT_ONCE)


async def _answer_each(
    message: Message, context: Context, questions: Sequence[str], is_own: bool, *, is_admin: bool
) -> None:
    """Answer one after another.

    What somebody else wrote (not ``is_own``) follows nothing and gets no buttons, since these take
    the question from the message that they answer.
    """
    about, before = await context_of(message, context) if is_own else (None, None)
    first, answered = before, None
    marks = {"is_one_of_several": len(questions) > 1, "is_admin": is_admin}
    for part, question in enumerate(questions[:MOST_AT_ONCE]):
        async with typing(message):
            ask = partial(context.library.ask, question, about=about, follows=before)
            said = await asyncio.to_thread(counted, "chat", ask)
            shown = await asyncio.to_thread(show, context.texts, said, part, **marks)
        buttons = shown.buttons if is_own else None
        has_votes = buttons is not None and context.settings.feedback
        found = shown.html, buttons, shown.rich
        reply_id = await respond(message, context, *found, part=part, has_votes=has_votes)
        if has_votes:
            context.votes.remember(message.chat_id, reply_id, shown_answer(said))
        await context.conversations.show(message, reply_id, said.turn)
        if said.answered:
            before = answered = said.turn
    await context.conversations.put(message, answered, first, time.time())


def _replied_to(message: Message, me: User) -> Message | None:
    """The message that ``message`` replies to, if it is somebody else's."""
    original = original_of(message)
    return original if original and original.from_user != me else None


def _looked_up(read: Reading, context: Context, *, is_admin: bool) -> str:
    found = context.library.look_up(read.claims[:CLAIMS], read.language)
    return answer_texts.looked_up(context.texts, found, len(read.claims), is_admin)


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer as Telegram HTML, the buttons of its question, and the rich message, if any."""

    html: str
    buttons: InlineKeyboardMarkup | None
    rich: str | None


def show(
    texts: Texts, said: Answer, part: int, *, is_one_of_several: bool, is_admin: bool
) -> Shown:
    """Return how to show an answer.

    ``part`` counts the questions of its message from 0. May load a model.
    """
    html = answer_texts.answer(texts, said, is_admin, is_one_of_several=is_one_of_several)
    if said.follows is not None:
        return Shown(html, keyboards.alone(texts, part), None)
    buttons = (
        keyboards.follow(texts, part, is_answered=said.answered) if _can_be_followed(said) else None
    )
    # A rich message is the quotes alone: it does not say to which question they belong.
    return Shown(html, buttons, None if is_one_of_several else rich_texts.answer(texts, said))


def questions_of(message: Message, me: User) -> list[str]:
    """Return the questions in a message that was answered."""
    _, text = read_talk(question_in(message, me))
    is_forward = message.forward_origin is not None
    return questions_in(read_message(text.strip(), is_forward=is_forward).question)


async def respond(
    message: Message,
    context: Context,
    html: str,
    buttons: InlineKeyboardMarkup | None = None,
    rich: str | None = None,
    *,
    part: int = 0,
    has_votes: bool = False,
) -> int:
    """Reply, and return the id of the reply.

    If the message was edited, the earlier reply to this ``part`` of it is edited, too.
    """
    buttons = keyboards.below(context.texts, html, buttons, has_votes=has_votes)
    replies, place = context.alert_store.replies, (message.chat_id, message.message_id, part)
    earlier = await asyncio.to_thread(replies.of, *place) if message.edit_date else None
    if earlier is not None and await _edited(message, earlier, html, buttons):
        return earlier
    sent = await context.services.rich.reply(message, html, buttons, rich)
    await asyncio.to_thread(replies.put, *place, sent.message_id, time.time())
    return sent.message_id


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


def _can_be_followed(answer: Answer) -> bool:
    if answer.verdict in (Verdict.NOTHING_NEAR, Verdict.NOTHING_INDEXED):
        language = language_of(answer.language)
        return len(language.content_stems(answer.question)) >= CONTENT_WORDS
    return answer.is_about_it
