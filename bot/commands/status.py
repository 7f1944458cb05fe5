"""/status: how much the bot stores, and how its feeds are."""

import asyncio

from telegram import Update

from bot.commands.command import Audience, Command
from bot.context import Context
from bot.sending import reply
from bot.texts import answers as answer_texts
from bot.texts import feeds as feed_texts
from bot.updates import message_of


async def _status(update: Update, context: Context) -> None:
    """/status."""
    library = await asyncio.to_thread(context.library.status)
    followed = await asyncio.to_thread(context.feeds.store.all)
    subscriptions, waiting = await asyncio.to_thread(context.alert_store.counts)
    paused, refused = await asyncio.to_thread(context.alert_store.undelivered)
    feeds = feed_texts.summary(context.texts, followed)
    text = answer_texts.status(context.texts, library, feeds, subscriptions, waiting)
    if paused or refused:
        text += "\n" + context.texts("status.undelivered", paused=paused, refused=refused)
    holders = await asyncio.to_thread(context.services.duties.holders)
    if holders:
        text += "\n" + answer_texts.hosts(context.texts, holders)
    await reply(message_of(update), text)


COMMAND = Command("status", _status, Audience.ADMINS)
