"""/subscribe, /subscriptions, /unsubscribe, and chats that come to an end or move."""

import asyncio
import logging

from telegram import (
    CallbackQuery,
    Chat,
    ChatMemberBanned,
    ChatMemberLeft,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    Update,
)
from telegram.constants import ChatMemberStatus
from telegram.error import BadRequest

from bot import messages
from bot.alert_store import Subscribed, Subscription
from bot.ask import words_after_command
from bot.context import Context, message_of, thread_of
from bot.markup import units
from bot.sending import reply

logger = logging.getLogger(__name__)

END_ONE, END_ALL, KEEP_ALL = "end:", "end-all", "keep-all"


async def subscribe(update: Update, context: Context) -> None:
    """/subscribe [TOPIC]."""
    message = message_of(update)
    topic = " ".join(words_after_command(message).split())
    problem = unusable(topic)
    if problem is None and not await _may_change(update):
        problem = messages.NOT_A_CHAT_ADMIN
    if problem is not None:
        await reply(message, problem)
        return
    user = message.from_user.id if message.from_user else 0
    outcome = await asyncio.to_thread(
        context.alert_store.subscribe, message.chat_id, thread_of(message), topic, user
    )
    if outcome is Subscribed.TOO_MANY:
        await reply(message, messages.TOO_MANY_SUBSCRIPTIONS)
    else:
        await reply(message, messages.subscribed(topic, outcome is Subscribed.NEW))


def unusable(topic: str) -> str | None:
    """What to say to a topic that cannot be matched; ``None`` when it can."""
    if units(topic) > messages.TOPIC_LENGTH:
        return messages.TOPIC_TOO_LONG
    return messages.TOPIC_WITHOUT_WORDS if topic and not any(map(str.isalnum, topic)) else None


async def subscriptions(update: Update, context: Context) -> None:
    """/subscriptions: a list with a button to end each."""
    message = message_of(update)
    found = await _subscriptions(message, context)
    await reply(message, _listed(found), buttons=_end_buttons(found))


async def unsubscribe(update: Update, context: Context) -> None:
    """/unsubscribe: ends all, after a question."""
    message = message_of(update)
    count = len(await _subscriptions(message, context))
    if not count:
        await reply(message, messages.subscriptions([]))
        return
    buttons = [
        InlineKeyboardButton("End all", callback_data=END_ALL),
        InlineKeyboardButton("Keep", callback_data=KEEP_ALL),
    ]
    question = messages.end_all_question(count)
    await reply(message, question, buttons=InlineKeyboardMarkup([buttons]))


async def button(update: Update, context: Context) -> None:
    """A button below one of our lists was pressed."""
    query = update.callback_query
    assert query is not None
    data, message = query.data or "", query.message
    if not isinstance(message, Message):  # too old for Telegram to show it to us
        await _acknowledge(query, messages.OLD_BUTTON)
    elif not await _may_change(update):
        await _acknowledge(query, messages.NOT_A_CHAT_ADMIN)
    elif data.startswith(END_ONE) and data.removeprefix(END_ONE).isdigit():
        await _end_one(query, message, context, int(data.removeprefix(END_ONE)))
    elif data == END_ALL:
        ended = await asyncio.to_thread(
            context.alert_store.end_thread, message.chat_id, thread_of(message)
        )
        await _acknowledge(query, "")
        await _edit(message, messages.ended_all(ended))
    elif data == KEEP_ALL:
        await _acknowledge(query, "")
        await _edit(message, messages.KEPT_ALL)
    else:
        await _acknowledge(query, messages.OLD_BUTTON)


async def _end_one(query: CallbackQuery, message: Message, context: Context, number: int) -> None:
    ended = await asyncio.to_thread(context.alert_store.end, number, message.chat_id)
    await _acknowledge(query, messages.ENDED if ended else messages.ENDED_BEFORE)
    found = await _subscriptions(message, context)
    await _edit(message, _listed(found), _end_buttons(found))


async def member_changed(update: Update, context: Context) -> None:
    """Blocked, or thrown out of a group: the chat's subscriptions end."""
    change = update.my_chat_member
    assert change is not None
    if isinstance(change.new_chat_member, ChatMemberBanned | ChatMemberLeft):
        await asyncio.to_thread(context.alert_store.end_chat, change.chat.id)


async def migrated(update: Update, context: Context) -> None:
    """A group became a supergroup; both the old and the new one tell us."""
    message = message_of(update)
    new = message.migrate_to_chat_id or message.chat_id
    old = message.migrate_from_chat_id or message.chat_id
    await asyncio.to_thread(context.alert_store.move, old, new)


async def _subscriptions(message: Message, context: Context) -> list[Subscription]:
    return await asyncio.to_thread(
        context.alert_store.subscriptions, message.chat_id, thread_of(message)
    )


def _listed(found: list[Subscription]) -> str:
    return messages.subscriptions([each.topic for each in found])


def _end_buttons(found: list[Subscription]) -> InlineKeyboardMarkup | None:
    if not found:
        return None
    return InlineKeyboardMarkup.from_column(
        [
            InlineKeyboardButton(
                f"✕ {messages.topic_name(each.topic)}", callback_data=f"{END_ONE}{each.id}"
            )
            for each in found
        ]
    )


async def _may_change(update: Update) -> bool:
    """In a private chat everybody, in a group its administrators, anonymous ones included."""
    chat, user, message = update.effective_chat, update.effective_user, update.message
    if chat is None or chat.type == Chat.PRIVATE:
        return True
    if message is not None and message.sender_chat is not None:
        return message.sender_chat.id == chat.id
    if user is None:
        return False
    try:
        member = await chat.get_member(user.id)
    except BadRequest as error:  # some chats hide their members
        logger.info("Chat %d does not tell who administers it: %s", chat.id, error.message)
        return False
    return member.status in {ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER}


async def _acknowledge(query: CallbackQuery, text: str) -> None:
    try:
        await query.answer(text or None)
    except BadRequest as error:  # pressed while the bot was down
        logger.info("A pressed button was not acknowledged: %s", error.message)


async def _edit(message: Message, html: str, buttons: InlineKeyboardMarkup | None = None) -> None:
    try:
        await message.edit_text(html, reply_markup=buttons)
    except BadRequest as error:  # it says so already, or is gone
        logger.info("A list was not edited: %s", error.message)
