"""Albums: each item comes as a message of its own, and few of them have a caption."""

import asyncio
from collections import deque

from telegram import Message

from bot.context import Context

SECONDS = 1.0
"""Within which all items of an album come."""
KEPT = 20
"""Albums of a chat that are remembered: someone may forward several at once."""
_ALBUMS = "albums"


def note(message: Message, context: Context) -> bool:
    """Note that an album gets an answer; ``False`` if it was noted before, or there is no album."""
    assert context.chat_data is not None
    answered: deque[str] = context.chat_data.setdefault(_ALBUMS, deque(maxlen=KEPT))
    album = message.media_group_id
    if album is None or album in answered:
        return False
    answered.append(album)
    return True


async def is_answered(message: Message, context: Context) -> bool:
    """Whether another item of the message's album gets an answer, maybe in a moment."""
    if message.media_group_id is None:
        return False
    await asyncio.sleep(SECONDS)
    return not note(message, context)
