"""/healthz, /readyz and /metrics over HTTP, if ``PULLQUOTE_MONITOR`` says where."""

import asyncio
from types import TracebackType
from typing import Self

from prometheus_client import REGISTRY, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from tornado.httpserver import HTTPServer
from tornado.routing import URLSpec
from tornado.web import Application, RequestHandler

from bot.context import SERVICES, App, Services
from bot.monitor.stored import StoredFigures
from bot.settings import Role, Settings
from qa import PullquoteError, SettingsError

READY_SECONDS = 3.0
"""How long the database may take: health checks do not wait longer."""


class Monitor:
    """Serves while the block runs, in the bot's own event loop: if that hangs, so does this."""

    def __init__(self, application: App, settings: Settings) -> None:
        """Nothing is served if no address is set."""
        services: Services = application.bot_data[SERVICES]
        self._address = settings.monitor
        self._figures = StoredFigures(services)
        parts = {"bot_app": application, "services": services}
        routes = [
            URLSpec("/healthz", _Health),
            URLSpec("/readyz", _Ready, parts),
            URLSpec("/metrics", _Metrics),
        ]
        self._server = HTTPServer(Application(routes, log_function=lambda _: None))

    async def __aenter__(self) -> Self:
        if self._address is not None:
            self._listen(self._address)
            REGISTRY.register(self._figures)
        return self

    def _listen(self, address: str) -> None:
        host, port = Settings.host_and_port(address)
        try:
            self._server.listen(port, host)
        except OSError as error:
            raise SettingsError(
                f"PULLQUOTE_MONITOR is wrong: cannot listen on {address} ({error})."
            ) from error

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._address is not None:
            REGISTRY.unregister(self._figures)
            self._server.stop()
            await self._server.close_all_connections()


class _Health(RequestHandler):
    """The process is alive, and its event loop runs."""

    def get(self) -> None:
        self.finish("alive\n")


class _Ready(RequestHandler):
    """It receives updates, and can read the database."""

    def initialize(self, bot_app: App, services: Services) -> None:
        self._app, self._services = bot_app, services

    async def get(self) -> None:
        reason = await self._reason_against()
        self.set_status(503 if reason else 200)
        await self.finish(f"{reason or 'ready'}\n")

    async def _reason_against(self) -> str | None:
        if not (self._app.running and self._is_listening()):
            return "starting or stopping"
        try:
            reading = asyncio.to_thread(self._services.library.store.state)
            await asyncio.wait_for(reading, READY_SECONDS)
        except PullquoteError as error:
            return str(error)
        except TimeoutError:
            return "the database does not answer"
        return None

    def _is_listening(self) -> bool:
        settings, updater = self._services.settings, self._app.updater
        if Role.ANSWER not in settings.roles or (updater and updater.running):
            return True
        # Of several hosts one polls, and the others are ready to.
        return settings.webhook_url is None and self._services.duties.are_shared


class _Metrics(RequestHandler):
    """All figures, in the text format of Prometheus."""

    async def get(self) -> None:
        figures = await asyncio.to_thread(generate_latest, REGISTRY)
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        await self.finish(figures)
