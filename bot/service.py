"""Runs the bot: from the first contact with the Bot API to a clean stop at SIGTERM or Ctrl-C."""

import asyncio
import contextlib
import logging
import signal
import sys
import time

from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot.app import build
from bot.connection import api_url, token_of
from bot.context import SERVICES, App, Services
from bot.monitor import systemd
from bot.monitor.server import Monitor
from bot.reception import Reception
from bot.settings import Settings
from qa import Library, PullquoteError, SettingsError
from qa.errors import NewerDatabaseError, StoreError

logger = logging.getLogger(__name__)

REASON_LENGTH = 120
START_SECONDS = 12.0
"""How long to try to reach the Bot API when starting."""
VERSION_SECONDS = 5.0
"""How often to look whether another host has brought the database to a newer version."""
SWITCH_SECONDS = 0.001
"""How long a searching thread keeps the event loop waiting for the GIL. A query passes between the
two a dozen times; with Python's default of 5 ms that would add up to the time of a search."""


def run(settings: Settings, library: Library) -> None:
    """Run the bot until SIGTERM or Ctrl-C, by polling, or by webhook if one is set.

    ``SettingsError`` if the token or the webhook is refused, ``PullquoteError`` if the Bot API
    cannot be reached, ``NewerDatabaseError`` when another host has brought the database to a newer
    version. Once it runs, it waits out outages.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    application = build(settings, library)
    asyncio.run(reach(settings, START_SECONDS))
    library.warm_up()  # before the first question, which would have to wait
    asyncio.run(_run(application, settings, library))


async def _run(application: App, settings: Settings, library: Library) -> None:
    stop = asyncio.Event()
    watch = asyncio.create_task(_stop_when_outdated(library, stop), name="version")
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows, where Ctrl-C still interrupts
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await serve(application, settings, stop)
    except TelegramError as error:
        raise PullquoteError(
            f"The Bot API at {api_url(settings)} refused the start: {error.message}."
        ) from error
    if watch.done():
        watch.result()


async def _stop_when_outdated(library: Library, stop: asyncio.Event) -> None:
    """Set ``stop``, and raise, when another host has brought the database to a newer version."""
    while not stop.is_set():
        try:
            await asyncio.to_thread(library.database.check_version)
        except NewerDatabaseError:
            logger.warning("Another host has a newer Pullquote; this one stops")
            stop.set()
            raise
        except StoreError:  # reported by what needs the database
            pass
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), VERSION_SECONDS)


async def serve(application: App, settings: Settings, stop: asyncio.Event) -> None:
    """Handle updates until ``stop`` is set.

    Unlike ``Application.run_polling``, a signal during the start does not end in a traceback: the
    start is finished first.
    """
    reception = Reception(application, settings)
    async with application, Monitor(application, settings):
        try:
            if application.post_init is not None:
                await application.post_init(application)
            await reception.begin()
            await application.start()
            async with systemd.ready():
                await stop.wait()
        finally:
            # Feeds first: the stop waits for /feeds, which may be waiting for a slow server.
            services: Services = application.bot_data[SERVICES]
            services.feeds.stop()
            await reception.end()
            if application.running:
                await application.stop()
            if application.post_stop is not None:
                await application.post_stop(application)


async def reach(settings: Settings, patience: float) -> None:
    """Return when the Bot API accepts the token; give up after ``patience`` seconds."""
    deadline = time.monotonic() + patience
    pause, api = 1.0, api_url(settings)
    while True:
        try:
            async with Bot(token_of(settings), base_url=f"{api}/bot"):
                return
        except InvalidToken:
            # Without its cause, which contains the token.
            raise SettingsError(
                f"PULLQUOTE_TOKEN is wrong: the Bot API at {api} does not accept it."
            ) from None
        except TelegramError as error:
            reason = error.message.splitlines()[0][:REASON_LENGTH]  # a proxy may send a whole page
        if time.monotonic() + pause > deadline:
            raise PullquoteError(f"The Bot API at {api} cannot be reached: {reason}.")
        logger.warning("The Bot API at %s cannot be reached yet: %s", api, reason)
        await asyncio.sleep(pause)
        pause = min(2 * pause, 4.0)
