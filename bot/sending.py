"""Sends messages, and waits when Telegram asks to."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from telegram import ForceReply, InlineKeyboardMarkup, Message
from telegram.constants import ChatAction
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError, TimedOut

T = TypeVar("T")

TIMEOUTS: dict[str, Any] = {
    "pool_timeout": 5.0,
    "connect_timeout": 5.0,
    "write_timeout": 5.0,
    "read_timeout": 10.0,
}
REQUEST_SECONDS: float = sum(TIMEOUTS.values())
"""The longest that a request takes: less than the lease of an alert."""
TRIES = 4
"""Attempts after which a lost connection is an error."""
LONGEST_WAIT = 60.0
"""How long a request waits after 429s, in total."""
TYPING_SECONDS = 4.0
"""Telegram shows "typing…" for five seconds."""
LAST_TYPING_SECONDS = 2.0


def seconds(error: RetryAfter) -> float:
    """How long Telegram asks us to wait, in seconds."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


async def patiently(request: Callable[[], Awaitable[T]]) -> T:
    """Retry a request after 429s, for a minute, and after a lost connection, a few times.

    Then the error is raised. Timeouts are not retried: the message may have been sent.
    """
    until, lost = time.monotonic() + LONGEST_WAIT, 0
    while True:
        try:
            return await request()
        except RetryAfter as error:
            if time.monotonic() + seconds(error) > until:
                raise
            await asyncio.sleep(seconds(error))
        except (BadRequest, TimedOut):
            raise
        except NetworkError:
            lost += 1
            if lost == TRIES:
                raise
            await asyncio.sleep(2.0 ** (lost - 1))


async def reply(
    message: Message,
    html: str,
    *,
    quote: bool | None = None,
    buttons: InlineKeyboardMarkup | ForceReply | None = None,
) -> Message:
    """Send ``html`` to the chat and topic of ``message``; in groups or if ``quote`` as a reply."""
    return await patiently(lambda: message.reply_text(html, do_quote=quote, reply_markup=buttons))


@contextlib.asynccontextmanager
async def typing(message: Message) -> AsyncIterator[None]:
    """Show "typing…" in the message's chat while the block runs."""
    done = asyncio.Event()
    task = asyncio.create_task(_keep_typing(message, done))
    try:
        yield
    finally:
        done.set()  # "typing…" must not arrive after the answer
        await asyncio.wait({task}, timeout=LAST_TYPING_SECONDS)
        task.cancel()


async def _keep_typing(message: Message, done: asyncio.Event) -> None:
    # A courtesy: sending the answer will report any problem.
    with contextlib.suppress(TelegramError):
        while not done.is_set():
            await message.reply_chat_action(ChatAction.TYPING)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), TYPING_SECONDS)
