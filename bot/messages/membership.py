"""Changes of chats: the bot is removed or let in again, a group becomes a supergroup."""

import asyncio
import logging

from telegram import ChatMemberBanned, ChatMemberLeft, Update

from bot.context import Context
from bot.updates import message_of

logger = logging.getLogger(__name__)


async def member_changed(update: Update, context: Context) -> None:
    """End the chat's subscriptions and feeds if the bot was blocked or removed.

    If it only has other rights now, try again to send what waits.
    """
    change = update.my_chat_member
    assert change is not None
    if isinstance(change.new_chat_member, ChatMemberBanned | ChatMemberLeft):
        await asyncio.to_thread(context.alert_store.end_chat, change.chat.id)
        await asyncio.to_thread(context.feeds.store.move_follower, change.chat.id, None)
    else:
        await asyncio.to_thread(context.alert_store.pauses.wake, change.chat.id)


async def reopened(update: Update, context: Context) -> None:
    """Try again to send what waits for a topic that was reopened."""
    await asyncio.to_thread(context.alert_store.pauses.wake, message_of(update).chat_id)


async def migrated(update: Update, context: Context) -> None:
    """Move what belongs to a group that became a supergroup; both chats send this."""
    message = message_of(update)
    new = message.migrate_to_chat_id or message.chat_id
    old = message.migrate_from_chat_id or message.chat_id
    await asyncio.to_thread(context.alert_store.move, old, new)
    await asyncio.to_thread(context.feeds.store.move_follower, old, new)
    if old in context.settings.allowed_chats:
        logger.warning("Group %d is now %d: change it in PULLQUOTE_ALLOWED_CHATS", old, new)
