"""/subscriptions: the list, with buttons to change it."""

import asyncio

from telegram import InlineKeyboardMarkup, Update

from bot.alerts.store import AlertStore
from bot.commands.command import Chats, Command
from bot.context import Context
from bot.keyboards import subscriptions as keyboards
from bot.sending import reply
from bot.subscriptions.model import Destination
from bot.texts import alerts as alert_texts
from bot.texts.catalogue import Texts
from bot.updates import destination_of, message_of


async def _subscriptions(update: Update, context: Context) -> None:
    """/subscriptions."""
    message = message_of(update)
    destination = destination_of(message)
    html, buttons = await asyncio.to_thread(listed, context.texts, context.alert_store, destination)
    await reply(message, html, buttons=buttons)


COMMAND = Command("subscriptions", _subscriptions, chats=Chats.CHANNELS_TOO)


def listed(
    texts: Texts, store: AlertStore, destination: Destination
) -> tuple[str, InlineKeyboardMarkup | None]:
    """The subscriptions of a destination as HTML, and the buttons below them."""
    with store.view():
        found, timetable = store.subscriptions.of(destination), store.timetables.of(destination)
        pauses = store.pauses.of(destination.chat_id)
    html = alert_texts.subscriptions(texts, [each.interest for each in found], timetable)
    paused = (alert_texts.paused(texts, each.since, each.reason) for each in pauses)
    html = "\n\n".join([html, *paused])
    return html, keyboards.listed(texts, found, timetable) if found else None
