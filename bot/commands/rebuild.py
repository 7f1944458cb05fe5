"""/rebuild: embeds all articles again."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from telegram import Message, Update
from telegram.error import BadRequest, RetryAfter, TelegramError

from bot.commands.command import Audience, Command
from bot.context import Context
from bot.sending import patiently, reply
from bot.texts import answers as answer_texts
from bot.texts.catalogue import Texts
from bot.updates import message_of
from index.outcome import Rebuilt
from qa import PullquoteError

EDIT_SECONDS = 3.0
"""Pause between two edits of the progress message: a group allows 20 messages a minute."""


class Stopped(Exception):
    """The bot is shutting down during a rebuild; the current index is unchanged."""


@dataclass(slots=True)
class Progress:
    """The progress of a rebuild; written by its thread, read by the event loop."""

    texts: Texts
    is_running: Callable[[], bool]
    text: str

    def __call__(self, done: int, total: int) -> None:
        """Note that ``done`` of ``total`` articles are done; ``Stopped`` if the bot shuts down."""
        if not self.is_running():
            raise Stopped
        self.text = self.texts("rebuild.progress", done=done, count=total)


async def _rebuild(update: Update, context: Context) -> None:
    """/rebuild: a message that shows the progress, and in the end the result."""
    texts, shown = context.texts, context.texts("rebuild.started")
    message = await reply(message_of(update), shown)
    progress = Progress(texts, lambda: context.application.running, shown)
    work = asyncio.create_task(asyncio.to_thread(context.indexer.rebuild, progress))
    while not (await asyncio.wait({work}, timeout=EDIT_SECONDS))[0]:
        if progress.text != shown:
            shown = progress.text
            with contextlib.suppress(TelegramError):  # another edit follows
                await message.edit_text(shown)
    await _show_result(message, await _result(texts, work))


COMMAND = Command("rebuild", _rebuild, Audience.ADMINS, blocking=False)


async def _result(texts: Texts, work: asyncio.Task[Rebuilt]) -> str:
    try:
        return answer_texts.rebuilt(texts, await work)
    except Stopped:
        return texts("rebuild.interrupted")
    except PullquoteError as error:
        return answer_texts.failed(str(error))


async def _show_result(message: Message, text: str) -> None:
    """Edit the progress message; if that is not possible, send a new one."""
    try:
        await patiently(lambda: message.edit_text(text))
    except (BadRequest, RetryAfter):
        await reply(message, text)
