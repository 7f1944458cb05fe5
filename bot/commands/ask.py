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
from bot.updates import message_of, original_of, question_in, text_after_command, written
from qa import Answer, Article, Turn, Verdict
from qa.language import language_of
from qa.language.detect import language_of_question
from qa.language.several import questions_in
from qa.language.talk import read_talk

WORTH_FOLLOWING = {Verdict.ANSWERED, Verdict.NOT_ANSWERING}
"""After these, there may be more about the question later."""
MOST_AT_ONCE = 4
"""Questions of one message that are answered."""
CONTENT_WORDS = 3
"""A question that nothing is near to has at least this many if it has a topic; fewer are often a
greeting."""


async def _ask(update: Update, context: Context) -> None:
    """/ask QUESTION."""
    await answer_question(update, context, text_after_command(message_of(update)))


COMMAND = Command("ask", _ask, is_question=True)


async def answer_question(update: Update, context: Context, text: str) -> None:
    """Reply to the update's message with the answer to each question in ``text``."""
    message = message_of(update)
    problem = _problem(context.texts, text)
    if problem is not None:
        await respond(message, context, problem)
        return
    questions = questions_in(text.strip())
    async with context.conversations.in_turn(message):
        about, before = await _context(message, context)
        for part, question in enumerate(questions[:MOST_AT_ONCE]):
            async with typing(message):
                ask = context.library.ask
                said = await asyncio.to_thread(ask, question, about=about, follows=before)
                shown = await asyncio.to_thread(
                    show,
                    context.texts,
                    said,
                    part,
                    is_one_of_several=len(questions) > 1,
                    is_admin=context.is_admin(update),
                )
            reply_id = await respond(message, context, *shown, part=part)
            context.conversations.put(message, reply_id, said.turn, before, time.time())
            before = said.turn
    if len(questions) > MOST_AT_ONCE:
        left = context.texts("answer.too_many", limit=MOST_AT_ONCE)
        await respond(message, context, left, part=MOST_AT_ONCE)


def show(
    texts: Texts, said: Answer, part: int, *, is_one_of_several: bool, is_admin: bool
) -> tuple[str, InlineKeyboardMarkup | None]:
    """Return an answer as Telegram HTML, and the buttons below it.

    ``part`` counts the questions of its message from 0 on. It may load a model.
    """
    html = answer_texts.answer(texts, said, is_admin, is_one_of_several=is_one_of_several)
    if said.follows is not None:
        return html, keyboards.alone(texts, part)
    return html, keyboards.follow(texts, part) if _can_be_followed(said) else None


def questions_of(message: Message, me: User) -> list[str]:
    """Return the questions in a message that was answered."""
    _, text = read_talk(question_in(message, me))
    return questions_in(text.strip())


async def respond(
    message: Message,
    context: Context,
    html: str,
    buttons: InlineKeyboardMarkup | None = None,
    *,
    part: int = 0,
) -> int:
    """Reply, and return the id of the reply.

    Where the message was edited, the reply to this ``part`` of it changes if it is still there.
    """
    replies, place = context.alert_store.replies, (message.chat_id, message.message_id, part)
    earlier = await asyncio.to_thread(replies.of, *place) if message.edit_date else None
    if earlier is not None and await _edited(message, earlier, html, buttons):
        return earlier
    sent = await reply(message, html, quote=True, buttons=buttons)
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


async def _context(message: Message, context: Context) -> tuple[Article | None, Turn | None]:
    """The article that a message is about, or what it may follow: what it replies to comes first.

    A reply to "What would you like to know about …?" is about that article.
    """
    original, conversations = original_of(message), context.conversations
    if original is None:
        return None, conversations.last(message, time.time())
    about = await asyncio.to_thread(_prompted, original, context.services)
    if about is not None:
        return about, None
    turn = conversations.replied_to(message)
    turn = turn or await asyncio.to_thread(_pointed_at, original, context.services)
    return None, turn or conversations.last(message, time.time())


def _prompted(original: Message, services: Services) -> Article | None:
    id_ = services.alert_store.prompts.article_id(original.chat_id, original.message_id)
    return services.library.article(id_) if id_ else None


def _pointed_at(original: Message, services: Services) -> Turn | None:
    """The first article that a message of ours links to, or what somebody else said."""
    if original.from_user is None or not original.from_user.is_bot:
        return Turn(written(original), is_replied_to=True)
    entities = original.entities or original.caption_entities
    url = next((each.url for each in entities if each.url), "")
    article = services.library.article(url.partition(":~:")[0].removesuffix("#")) if url else None
    return Turn("", article.id, article.title, is_replied_to=True) if article else None


def _problem(texts: Texts, question: str) -> str | None:
    """What to reply to a text that is no question; ``None`` if it can be asked."""
    if not question.strip():
        return texts("answer.how_to_ask")
    return None if any(map(str.isalnum, question)) else texts("answer.no_words")


def _can_be_followed(answer: Answer) -> bool:
    if answer.verdict is Verdict.NOTHING_NEAR:
        language = language_of(language_of_question(answer.question))
        return len(language.content_stems(answer.question)) >= CONTENT_WORDS
    return answer.verdict in WORTH_FOLLOWING
