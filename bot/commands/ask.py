"""Questions and answers, and what goes with them: /start, /help, /ask, /latest."""

import asyncio

from telegram import Chat, Message, MessageEntity, Update, User

from bot.buttons import keyboards
from bot.commands import menus
from bot.context import Context, Services, message_of
from bot.sending import reply, typing
from bot.texts import answers as messages
from bot.texts.catalogue import Texts
from qa import Answer, Verdict
from qa.language import ENGLISH

LATEST = 5
FOLLOWED = {Verdict.ANSWERED, Verdict.NOT_ANSWERING}
"""After these it makes sense to be told when there is more."""
TELLING = 3
"""So many telling words make a subject, though nothing is near; fewer are often a greeting."""


async def welcome(update: Update, context: Context) -> None:
    """/start and /help."""
    message, is_admin = message_of(update), context.is_admin(update)
    await reply(message, messages.welcome(context.texts, is_admin))
    if is_admin and message.chat.type == Chat.PRIVATE:
        await menus.set_for_admin(context.bot, message.chat_id)


async def ask(update: Update, context: Context) -> None:
    """/ask QUESTION."""
    await _answer(update, context, words_after_command(message_of(update)))


async def private_text(update: Update, context: Context) -> None:
    """Any text in a private chat is a question."""
    await _answer(update, context, message_of(update).text or "")


async def group_text(update: Update, context: Context) -> None:
    """In a group only a mention, or a reply to one of our messages, is a question."""
    question = addressed_words(message_of(update), context.bot.bot)
    if question is not None:
        await _answer(update, context, question)


async def latest(update: Update, context: Context) -> None:
    """/latest."""
    stories = await asyncio.to_thread(context.library.latest_stories, LATEST)
    nothing = messages.nothing_indexed(context.texts, context.is_admin(update))
    await reply(message_of(update), messages.latest(context.texts, stories) if stories else nothing)


async def not_text(update: Update, context: Context) -> None:
    """A sticker, photo, voice message… in a private chat."""
    await reply(message_of(update), context.texts("answer.only_text"))


async def unknown_command(update: Update, context: Context) -> None:
    """A command in a private chat that is not ours."""
    await reply(message_of(update), context.texts("error.unknown_command"))


async def _answer(update: Update, context: Context, question: str) -> None:
    message = message_of(update)
    problem = unanswerable(context.texts, question)
    if problem is not None:
        await reply(message, problem, quote=True)
        return
    async with typing(message):
        answer = await asyncio.to_thread(_asked, message, question.strip(), context.services)
    text = messages.answer(context.texts, answer, context.is_admin(update))
    buttons = keyboards.follow(context.texts) if _can_be_followed(answer) else None
    await reply(message, text, quote=True, buttons=buttons)


def _can_be_followed(answer: Answer) -> bool:
    if answer.verdict is Verdict.NOTHING_NEAR:
        return len(ENGLISH.content_stems(answer.question)) >= TELLING
    return answer.verdict in FOLLOWED


def _asked(message: Message, question: str, services: Services) -> Answer:
    """Ask what was written, in reply to "What do you want to know about …?" about its article."""
    original, library = message.reply_to_message, services.library
    prompts = services.alert_store.prompts
    id_ = prompts.article_id(message.chat_id, original.message_id) if original else None
    return library.ask(question, about=library.article(id_) if id_ else None)


def unanswerable(texts: Texts, question: str) -> str | None:
    """What to say to a question that is none; ``None`` when it can be asked."""
    if not question.strip():
        return texts("answer.how_to_ask")
    return None if any(map(str.isalnum, question)) else texts("answer.no_words")


def words_after_command(message: Message) -> str:
    """What follows the command, with its lines as they are."""
    _, *rest = (message.text or "").split(maxsplit=1)
    return rest[0].strip() if rest else ""


def question_in(message: Message, me: User) -> str:
    """The question in a message that was answered: without command and mention."""
    text = message.text or ""
    if text.startswith("/"):
        return words_after_command(message)
    return addressed_words(message, me) or text


def addressed_words(message: Message, me: User) -> str | None:
    """What a group's message says to this bot, without the mention; ``None`` if it is not to us."""
    mentions = [entity for entity in message.entities if _mentions(message, entity, me)]
    if not mentions and not _replies_to(message, me):
        return None
    text = (message.text or "").encode("utf-16-le")  # entities count its units
    for entity in reversed(mentions):
        end = entity.offset + entity.length
        text = text[: 2 * entity.offset] + text[2 * end :]
    return text.decode("utf-16-le").strip()


def _mentions(message: Message, entity: MessageEntity, me: User) -> bool:
    if entity.type == MessageEntity.TEXT_MENTION:
        return entity.user is not None and entity.user.id == me.id
    if entity.type != MessageEntity.MENTION:
        return False
    return message.parse_entity(entity).lower() == f"@{me.username}".lower()


def _replies_to(message: Message, me: User) -> bool:
    original = message.reply_to_message
    if original is None or original.from_user is None or original.forum_topic_created:
        return False  # in a forum every message "replies" to the one that opened its topic
    return original.from_user.id == me.id
