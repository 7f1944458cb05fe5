"""/latest: the newest articles."""

import asyncio

from telegram import Update

from bot.commands.command import Command
from bot.context import Context
from bot.sending import reply
from bot.texts import answers as answer_texts
from bot.updates import message_of

STORIES = 5


async def _latest(update: Update, context: Context) -> None:
    """/latest."""
    stories = await asyncio.to_thread(context.library.latest_stories, STORIES)
    if stories:
        text = answer_texts.latest(context.texts, stories)
    else:
        text = answer_texts.nothing_indexed(context.texts, context.is_admin(update))
    await reply(message_of(update), text)


COMMAND = Command("latest", _latest)
