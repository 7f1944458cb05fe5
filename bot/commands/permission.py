"""Who may do what: people whom the bot serves, its administrators, and those of a chat."""

import asyncio
import contextlib
import functools
import logging

from telegram import Chat, Update
from telegram.constants import ChatMemberStatus
from telegram.error import BadRequest

from bot.commands.command import Callback
from bot.context import Context
from bot.people import Excess
from bot.sending import reply
from bot.texts.catalogue import Texts
from bot.updates import addressed_text, message_of, written

logger = logging.getLogger(__name__)


def admins_only(callback: Callback) -> Callback:
    """Let only administrators of the bot through; others get a refusal."""

    @functools.wraps(callback)
    async def guarded(update: Update, context: Context) -> None:
        if context.is_admin(update):
            await callback(update, context)
        else:
            await reply(message_of(update), context.texts("error.not_admin"))

    return guarded


def admitted(callback: Callback) -> Callback:
    """Let only those through who may use the bot; blocked people get no reply."""

    @functools.wraps(callback)
    async def guarded(update: Update, context: Context) -> None:
        if await _is_admitted(update, context):
            await callback(update, context)

    return guarded


async def _is_admitted(update: Update, context: Context) -> bool:
    user, chat = update.effective_user, update.effective_chat
    if user is not None:
        context.people.see(user)
        is_blocked = context.alert_store.blocks.has
        if not context.is_admin(update) and await asyncio.to_thread(is_blocked, user.id):
            return False
    served = context.settings.served
    if not served or {each.id for each in (user, chat) if each} & served:
        return True
    await _turn_away(update, context)
    return False


async def _turn_away(update: Update, context: Context) -> None:
    """Say that the bot does not serve this chat, once a day and only if it was addressed."""
    if update.guest_message is not None:  # the bot may not write there
        return
    chat, query, message = update.effective_chat, update.callback_query, update.effective_message
    text = None
    if chat and _speaks_to_us(update, context) and context.people.may_tell(chat.id):
        logger.info("Chat %d is not one of PULLQUOTE_ALLOWED_CHATS", chat.id)
        text = context.texts("error.not_allowed")
    if query is not None:
        with contextlib.suppress(BadRequest):  # tapped while the bot was down
            await query.answer(text)
    elif text and message is not None:
        await reply(message, text)


def _speaks_to_us(update: Update, context: Context) -> bool:
    """Whether an update is meant for the bot: in groups, not all are."""
    chat, message = update.effective_chat, update.effective_message
    if update.callback_query or message is None or chat is None or chat.type == Chat.PRIVATE:
        return True
    is_command = written(message).startswith("/")
    return is_command or addressed_text(message, context.bot.bot) is not None


async def may_ask(update: Update, context: Context) -> bool:
    """Count a question of the sender; the first one too many gets a refusal.

    People who write as a group or a channel are counted as that.
    """
    message = message_of(update)
    sender = message.sender_chat or update.effective_user
    if sender is None or context.is_admin(update):
        return True
    excess = count_question(context, sender.id)
    if excess is not None and excess.is_first:
        await reply(message, excess_text(context.texts, excess))
    return excess is None


async def refusal_to_follow(update: Update, context: Context) -> str | None:
    """The id of the text for a person who may not follow feeds here; ``None`` if they may."""
    if context.is_admin(update):
        return None
    if not context.settings.open_feeds:
        return "error.not_admin"
    return None if await may_change(update) else "error.not_chat_admin"


def count_question(context: Context, person: int) -> Excess | None:
    """Count a question, or what costs as much; administrators have no limit."""
    return None if person in context.settings.admins else context.people.ask(person)


def excess_text(texts: Texts, excess: Excess) -> str:
    """What is said to a person who asks too much."""
    limit = excess.limit
    return texts(limit.text, count=limit.count, when=texts.wait(excess.wait))


async def may_change(update: Update) -> bool:
    """Whether the sender may change the chat's subscriptions.

    In a private chat everybody may; elsewhere only administrators, including anonymous ones. Only
    its administrators can post in a channel.
    """
    chat, user = update.effective_chat, update.effective_user
    message = update.message or update.channel_post
    if chat is None or chat.type == Chat.PRIVATE:
        return True
    if message is not None and message.sender_chat is not None:
        return message.sender_chat.id == chat.id
    if user is None:
        return False
    try:
        member = await chat.get_member(user.id)
    except BadRequest as error:  # some chats hide their members
        logger.info("Cannot see who administers chat %d: %s", chat.id, error.message)
        return False
    return member.status in {ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER}
