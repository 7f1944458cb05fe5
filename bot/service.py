"""The bot running: from the first word with the Bot API to a clean end at SIGTERM or Ctrl-C."""

import asyncio
import contextlib
import logging
import secrets
import signal
import time

from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from bot.app import UPDATES, api_url, build, token_of
from bot.context import SERVICES, App, Services
from bot.settings import Settings
from qa import Library, PullquoteError, SettingsError

logger = logging.getLogger(__name__)

REASON_LENGTH = 120
START_SECONDS = 12.0
"""How long the start waits for the Bot API before it gives up."""


def run(settings: Settings, library: Library) -> None:
    """Run the bot until SIGTERM or Ctrl-C, by polling, or by webhook when one is set.

    ``SettingsError`` when the token or the webhook is refused, ``PullquoteError`` when the Bot API
    cannot be reached; after the start, outages are waited for.
    """
    application = build(settings, library)
    asyncio.run(reach(settings, START_SECONDS))
    library.warm_up()  # before the first question, which would wait for it
    asyncio.run(_run(application, settings))


async def _run(application: App, settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C interrupts all the same
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await serve(application, settings, stop)
    except TelegramError as error:
        raise PullquoteError(
            f"The Bot API at {api_url(settings)} refused the start: {error.message}."
        ) from error


async def serve(application: App, settings: Settings, stop: asyncio.Event) -> None:
    """Answer until ``stop`` is set.

    The library's own ``run_polling`` breaks off where it stands when a signal comes during the
    start, with a traceback; here the start is finished first.
    """
    updater = application.updater
    assert updater is not None
    async with application:
        try:
            if application.post_init is not None:
                await application.post_init(application)
            await _listen(application, settings)
            await application.start()
            await stop.wait()
        finally:
            # First: an administrator's /feeds waits for a slow site, and the stop for that.
            services: Services = application.bot_data[SERVICES]
            services.feeds.stop()
            if updater.running:
                await updater.stop()
            if application.running:
                await application.stop()
            if application.post_stop is not None:
                await application.post_stop(application)


async def _listen(application: App, settings: Settings) -> None:
    """Begin to take updates in; what Telegram kept while we were away is not dropped."""
    assert application.updater is not None
    if settings.webhook_url is not None:
        await _start_webhook(application, settings)
        return

    def tell(error: TelegramError) -> None:
        application.create_task(application.process_error(update=None, error=error))

    await application.updater.start_polling(allowed_updates=UPDATES, error_callback=tell)


async def _start_webhook(application: App, settings: Settings) -> None:
    assert application.updater is not None
    assert settings.webhook_url is not None
    host, _, port = settings.listen.rpartition(":")
    given = settings.webhook_secret
    try:
        await application.updater.start_webhook(
            listen=host.strip("[]"),
            port=int(port),
            url_path=(settings.webhook_url.path or "").strip("/"),
            webhook_url=str(settings.webhook_url),
            secret_token=given.get_secret_value() if given else secrets.token_urlsafe(32),
            allowed_updates=UPDATES,
        )
    except OSError as error:
        raise SettingsError(
            f"PULLQUOTE_LISTEN is wrong: {settings.listen} cannot be listened on ({error})."
        ) from error


async def reach(settings: Settings, patience: float) -> None:
    """Return when the Bot API knows our token; give up after ``patience`` seconds."""
    deadline = time.monotonic() + patience
    pause, api = 1.0, api_url(settings)
    while True:
        try:
            async with Bot(token_of(settings), base_url=f"{api}/bot"):
                return
        except InvalidToken:
            # Without its cause, which holds the token.
            raise SettingsError(
                f"PULLQUOTE_TOKEN is wrong: the Bot API at {api} does not accept it."
            ) from None
        except TelegramError as error:
            reason = error.message.splitlines()[0][:REASON_LENGTH]  # a proxy may answer with a page
        if time.monotonic() + pause > deadline:
            raise PullquoteError(f"The Bot API at {api} cannot be reached: {reason}.")
        logger.warning("The Bot API at %s cannot be reached yet: %s", api, reason)
        await asyncio.sleep(pause)
        pause = min(2 * pause, 4.0)
