"""How updates are received: by webhook on every host, or by polling on one."""

import logging
import secrets

from pydantic import HttpUrl
from telegram.error import TelegramError

from bot.connection import RecordingBot, wanted_updates
from bot.context import SERVICES, App, Services
from bot.jobs.background import ERROR_SECONDS, Background
from bot.jobs.duties import UPDATES
from bot.settings import Role, Settings
from qa import PullquoteError, SettingsError

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 40
"""Requests that Telegram may make to the webhook at once."""
LOOK_SECONDS = 1.0
"""How soon a host notices that it should poll, or stop polling."""


class Reception:
    """Receives updates, including those from when no host was up.

    Telegram lets only one host poll. One host sets the webhook, and all behind the balancer listen.
    """

    def __init__(self, application: App, settings: Settings) -> None:
        """A host without the role to answer receives nothing."""
        assert application.updater is not None
        assert isinstance(application.bot, RecordingBot)
        self._bot = application.bot
        services: Services = application.bot_data[SERVICES]
        self._application, self._updater = application, application.updater
        self._settings, self._duties = settings, services.duties
        secret = settings.webhook_secret
        self._secret = secret.get_secret_value() if secret else secrets.token_urlsafe(32)
        self._background = Background()
        self._is_ours = False

    async def begin(self) -> None:
        """Start to receive; ``TelegramError`` if Telegram refuses."""
        if Role.ANSWER not in self._settings.roles:
            return
        if self._settings.webhook_url is not None:
            await self._listen(self._settings.webhook_url)
        await self._follow(is_ours=await self._duties.has(UPDATES))
        if self._duties.are_shared:
            self._background.start([self._look])

    async def end(self) -> None:
        """Stop receiving, and let another host take over."""
        await self._background.stop()
        if self._updater.running:
            await self._updater.stop()
        await self._duties.release(UPDATES)

    async def _look(self) -> float:
        try:
            is_ours = await self._duties.has(UPDATES)
        except PullquoteError as error:
            logger.warning("Another host may receive updates now: %s", error)
            is_ours = False
        try:
            await self._follow(is_ours=is_ours)
        except TelegramError as error:
            logger.warning("Updates are not received yet: %s", error.message)
            return ERROR_SECONDS
        return LOOK_SECONDS

    async def _follow(self, *, is_ours: bool) -> None:
        if self._settings.webhook_url is not None:
            if is_ours and not self._is_ours:
                await self._set_webhook()
        elif is_ours and not self._updater.running:
            await self._poll()
        elif self._updater.running and not is_ours:
            await self._updater.stop()
        self._is_ours = is_ours

    async def _poll(self) -> None:
        def report(error: TelegramError) -> None:
            self._application.create_task(self._application.process_error(update=None, error=error))

        await self._bot.connect_anew()
        await self._updater.start_polling(
            allowed_updates=wanted_updates(self._settings), error_callback=report
        )

    async def _listen(self, webhook: HttpUrl) -> None:
        """Start the server of the webhook, without setting it: see ``RecordingBot``."""
        settings = self._settings
        host, port = settings.host_and_port(settings.listen)
        try:
            await self._updater.start_webhook(
                listen=host,
                port=port,
                url_path=(webhook.path or "").strip("/"),
                secret_token=self._secret,
            )
        except OSError as error:
            raise SettingsError(
                f"PULLQUOTE_LISTEN is wrong: cannot listen on {settings.listen} ({error})."
            ) from error

    async def _set_webhook(self) -> None:
        await self._bot.point_webhook(
            url=str(self._settings.webhook_url),
            allowed_updates=wanted_updates(self._settings),
            secret_token=self._secret,
            max_connections=MOST_AT_ONCE,
        )
