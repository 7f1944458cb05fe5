"""/unsubscribe: ends all subscriptions of a destination, if the answer to a question is yes."""

import asyncio

from telegram import Update

from bot.commands.command import Chats, Command
from bot.context import Context
from bot.keyboards import subscriptions as keyboards
from bot.sending import reply
from bot.updates import destination_of, message_of


async def _unsubscribe(update: Update, context: Context) -> None:
    """/unsubscribe."""
    message = message_of(update)
    subscriptions = context.alert_store.subscriptions
    found = await asyncio.to_thread(subscriptions.of, destination_of(message))
    if not found:
        await reply(message, context.texts("subscriptions.none"))
        return
    question = context.texts("unsubscribe.question", count=len(found))
    await reply(message, question, buttons=keyboards.end_all(context.texts))


COMMAND = Command("unsubscribe", _unsubscribe, chats=Chats.CHANNELS_TOO)
