"""Who may change what a chat is told of."""

import logging

from telegram import Chat, Update
from telegram.constants import ChatMemberStatus
from telegram.error import BadRequest

logger = logging.getLogger(__name__)


async def may_change(update: Update) -> bool:
    """In a private chat everybody, elsewhere the administrators, anonymous ones included.

    What a channel posts was written by its administrators, since nobody else can.
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
        logger.info("Chat %d does not tell who administers it: %s", chat.id, error.message)
        return False
    return member.status in {ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER}
