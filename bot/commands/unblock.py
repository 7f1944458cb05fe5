"""/unblock: undoes /block."""

import asyncio
import time

from telegram import Update

from bot.commands.block import with_person
from bot.commands.command import Audience, Command
from bot.context import Context
from bot.subscriptions.model import Person


async def _unblock(update: Update, context: Context) -> None:
    """/unblock in reply to a message of the person, /unblock ID or /unblock @name."""
    await with_person(update, context, _unblocked)


COMMAND = Command("unblock", _unblock, Audience.ADMINS)


async def _unblocked(context: Context, person: Person) -> str:
    remove = context.alert_store.blocks.remove
    was_blocked = await asyncio.to_thread(remove, person.id, time.time())
    return "block.undone" if was_blocked else "block.not_blocked"
