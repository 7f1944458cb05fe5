"""Albums: each item comes as a message of its own, and few of them have a caption."""

import asyncio

from telegram import Message

from bot.context import Context

SECONDS = 1.0
"""How long the items of an album take to come in."""
LASTS = 60.0
"""How long it is remembered that an album has an answer."""


async def note(message: Message, context: Context) -> bool:
    """Note that an album gets an answer; ``False`` if that was noted, or there is no album."""
    album = message.media_group_id
    return album is not None and await context.services.memory.add(
        f"album {message.chat_id} {album}", LASTS
    )


async def is_answered(message: Message, context: Context) -> bool:
    """Whether another item of the message's album gets an answer, maybe in a moment."""
    if message.media_group_id is None:
        return False
    await asyncio.sleep(SECONDS)
    return not await note(message, context)
