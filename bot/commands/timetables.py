"""What /digest and /quiet share: they show and change the timetable of a destination."""

import asyncio
from collections.abc import Callable

from telegram import Update

from bot.alerts.store import AlertStore
from bot.commands.permission import may_change
from bot.context import Context
from bot.sending import reply
from bot.subscriptions.model import Destination
from bot.texts.catalogue import Texts
from bot.updates import destination_of, message_of, text_after_command

OFF = "off"

Change = Callable[[Texts, AlertStore, Destination, str], str]
"""Does what the words after the command say, and returns the reply."""


async def carry_out(update: Update, context: Context, change: Change) -> None:
    """Run ``change`` in a thread; only those who may change the chat may write words."""
    message = message_of(update)
    words = " ".join(text_after_command(message).split())
    if words and not await may_change(update):
        await reply(message, context.texts("error.not_chat_admin"))
        return
    destination = destination_of(message)
    html = await asyncio.to_thread(change, context.texts, context.alert_store, destination, words)
    await reply(message, html)
