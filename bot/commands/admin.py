"""What only the administrators of the bot may do: /rebuild, /status."""

import asyncio
import contextlib
import functools
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from telegram import Message, Update
from telegram.error import BadRequest, RetryAfter, TelegramError

from bot.context import Context, message_of
from bot.sending import patiently, reply
from bot.texts import answers as messages
from bot.texts import feeds as feed_messages
from bot.texts.catalogue import Texts
from index.outcome import Rebuilt
from qa import PullquoteError

Callback = Callable[[Update, Context], Coroutine[Any, Any, None]]

EDIT_SECONDS = 3.0
"""Between two edits of a progress message: as often as a group may be written to."""


def admins_only(callback: Callback) -> Callback:
    """Refuse everybody else politely."""

    @functools.wraps(callback)
    async def guarded(update: Update, context: Context) -> None:
        if context.is_admin(update):
            await callback(update, context)
        else:
            await reply(message_of(update), context.texts("error.not_admin"))

    return guarded


@admins_only
async def status(update: Update, context: Context) -> None:
    """/status: what the bot holds."""
    library = await asyncio.to_thread(context.library.status)
    followed = await asyncio.to_thread(context.feeds.store.all)
    subscriptions, waiting = await asyncio.to_thread(context.alert_store.counts)
    feeds = feed_messages.summary(context.texts, followed)
    await reply(
        message_of(update),
        messages.status(context.texts, library, feeds, subscriptions, waiting),
    )


class Stopped(Exception):
    """The bot is going down while it rebuilds; the index in use is untouched."""


@dataclass(slots=True)
class Progress:
    """How far a rebuild is; written by its thread, read by the event loop."""

    texts: Texts
    is_running: Callable[[], bool]
    text: str

    def __call__(self, done: int, total: int) -> None:
        """Note that ``done`` of ``total`` articles are ready."""
        if not self.is_running():
            raise Stopped
        self.text = self.texts("rebuild.progress", done=done, count=total)


@admins_only
async def rebuild(update: Update, context: Context) -> None:
    """/rebuild: a message that tells how far it is, and in the end what came of it."""
    texts, shown = context.texts, context.texts("rebuild.started")
    message = await reply(message_of(update), shown)
    progress = Progress(texts, lambda: context.application.running, shown)
    work = asyncio.create_task(asyncio.to_thread(context.indexer.rebuild, progress))
    while not (await asyncio.wait({work}, timeout=EDIT_SECONDS))[0]:
        if progress.text != shown:
            shown = progress.text
            with contextlib.suppress(TelegramError):  # the next edit, or the last, will tell
                await message.edit_text(shown)
    await _conclude(message, await _result(texts, work))


async def _result(texts: Texts, work: asyncio.Task[Rebuilt]) -> str:
    try:
        return messages.rebuilt(texts, await work)
    except Stopped:
        return texts("rebuild.interrupted")
    except PullquoteError as error:
        return messages.failed(str(error))


async def _conclude(message: Message, text: str) -> None:
    """The last edit; a message of its own where the first one is gone."""
    try:
        await patiently(lambda: message.edit_text(text))
    except (BadRequest, RetryAfter):
        await reply(message, text)
