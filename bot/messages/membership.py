"""Chats that the bot leaves, and groups that become supergroups."""

import asyncio
import logging

from telegram import ChatMemberBanned, ChatMemberLeft, Update

from bot.context import Context
from bot.updates import message_of

logger = logging.getLogger(__name__)


async def member_changed(update: Update, context: Context) -> None:
    """Blocked, or removed from a group or channel: the chat's subscriptions and feeds end.

    With other rights, what waits may be sent.
    """
    change = update.my_chat_member
    assert change is not None
    if isinstance(change.new_chat_member, ChatMemberBanned | ChatMemberLeft):
        await asyncio.to_thread(context.alert_store.end_chat, change.chat.id)
        await asyncio.to_thread(context.feeds.store.move_follower, change.chat.id, None)
    else:
        await asyncio.to_thread(context.alert_store.pauses.wake, change.chat.id)


async def reopened(update: Update, context: Context) -> None:
    """A topic was opened again: what waits for it may be sent."""
    await asyncio.to_thread(context.alert_store.pauses.wake, message_of(update).chat_id)


async def migrated(update: Update, context: Context) -> None:
    """A group became a supergroup; both the old and the new chat send this."""
    message = message_of(update)
    new = message.migrate_to_chat_id or message.chat_id
    old = message.migrate_from_chat_id or message.chat_id
    await asyncio.to_thread(context.alert_store.move, old, new)
    await asyncio.to_thread(context.feeds.store.move_follower, old, new)
    if old in context.settings.allowed_chats:
        logger.warning("Group %d is now %d: change it in PULLQUOTE_ALLOWED_CHATS", old, new)
