"""/block: stops answering a person."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from telegram import Message, MessageEntity, MessageOriginUser, Update, User

from bot.commands.command import Audience, Command
from bot.context import Context
from bot.sending import reply
from bot.subscriptions.model import Person
from bot.texts import answers as answer_texts
from bot.updates import message_of, original_of, text_after_command

ID_DIGITS = 18
"""More do not fit into the database."""


@dataclass(frozen=True)
class NotFoundError(Exception):
    """The command names no person; ``text`` is the id of the reply."""

    text: str


async def _block(update: Update, context: Context) -> None:
    """/block in reply to a message of the person, /block ID or /block @name."""
    await with_person(update, context, _blocked)


COMMAND = Command("block", _block, Audience.ADMINS)


async def _blocked(context: Context, person: Person) -> str:
    if person.id in context.settings.admins:
        return "block.admin"
    await asyncio.to_thread(context.alert_store.blocks.put, person, time.time())
    return "block.done"


async def with_person(
    update: Update, context: Context, act: Callable[[Context, Person], Awaitable[str]]
) -> None:
    """Call ``act`` with the person whom a command names; it returns the id of the reply."""
    texts, message = context.texts, message_of(update)
    try:
        person = await _named(message, context)
    except NotFoundError as problem:
        blocked = await asyncio.to_thread(context.alert_store.blocks.all)
        await reply(message, answer_texts.nobody_named(texts, problem.text, blocked))
    else:
        done = await act(context, person)
        await reply(message, texts(done, person=answer_texts.person(person)))


async def _named(message: Message, context: Context) -> Person:
    """Return the person whom a command names or replies to; raises ``NotFoundError``."""
    mentions = message.parse_entities([MessageEntity.TEXT_MENTION])
    mentioned = next((each.user for each in mentions if each.user), None)
    if mentioned is not None:
        return _person(mentioned)
    text = text_after_command(message)
    return await _written(text, context) if text else _author(message)


async def _written(text: str, context: Context) -> Person:
    """The person with an id or a @name; a blocked one has the name from when they were blocked."""
    blocked = await asyncio.to_thread(context.alert_store.blocks.all)
    for each in blocked:
        if text.lower() in (str(each.id), each.name.lower()):
            return each
    if text.isascii() and text.isdecimal() and len(text) <= ID_DIGITS:
        return Person(int(text))
    if not text.startswith("@"):
        raise NotFoundError("block.usage")
    id_ = context.people.id_of(text[1:])
    if id_ is None:
        raise NotFoundError("block.unknown")
    return Person(id_, text)


def _author(message: Message) -> Person:
    """Who wrote the message that the command replies to; if it is a forward, who wrote that."""
    original = original_of(message)
    if original is None:
        raise NotFoundError("block.usage")
    origin, author = original.forward_origin, original.from_user
    if origin is not None:
        author = origin.sender_user if isinstance(origin, MessageOriginUser) else None
    # Telegram names a bot as the author if somebody writes as a chat.
    if author is None or author.is_bot:
        raise NotFoundError("block.hidden")
    return _person(author)


def _person(user: User) -> Person:
    return Person(user.id, user.name)
