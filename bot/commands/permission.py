"""Who may do what: administrators of the bot, and administrators of a chat."""

import functools
import logging

from telegram import Chat, Update
from telegram.constants import ChatMemberStatus
from telegram.error import BadRequest

from bot.commands.command import Callback
from bot.context import Context
from bot.sending import reply
from bot.updates import message_of

logger = logging.getLogger(__name__)


def admins_only(callback: Callback) -> Callback:
    """Let only administrators of the bot through; others are told so."""

    @functools.wraps(callback)
    async def guarded(update: Update, context: Context) -> None:
        if context.is_admin(update):
            await callback(update, context)
        else:
            await reply(message_of(update), context.texts("error.not_admin"))

    return guarded


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
