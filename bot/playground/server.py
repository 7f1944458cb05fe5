"""Runs the playground on 127.0.0.1 in its own thread."""

import asyncio
import socket
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler

from bot.playground import api, chat
from bot.playground.api import Polls, Wakers
from bot.playground.chat import Room
from bot.playground.guard import LOOPBACK
from bot.playground.state import Event
from bot.playground.webhook import deliver_forever
from bot.playground.world import World
from bot.texts.languages import Languages

MAX_BODY = 20_000_000  # bytes


class Server:
    """The Bot API and the chat page of a world, while the ``with`` block runs.

    ``url`` is the address of both; ``port`` 0 takes a free one. ``examples`` are up to three
    questions that the page suggests at first. It is in the one of ``languages`` that
    the browser prefers.
    """

    def __init__(
        self,
        world: World,
        port: int = 0,
        *,
        examples: Sequence[str] = (),
        languages: Languages | None = None,
    ) -> None:
        self.world = world
        self.languages = languages or Languages()
        self.examples = tuple(examples)[:3]
        self.port = port
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """``http://127.0.0.1:port``, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.port}"

    def __enter__(self) -> Self:
        # Bound here so that the caller, not the thread, gets the OSError of a port in use.
        listening = socket.create_server((LOOPBACK, self.port))
        listening.setblocking(False)
        self.port = int(listening.getsockname()[1])
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listening)), name="playground", daemon=True
        )
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._loop and self._stop and self._thread:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    async def _serve(self, listening: socket.socket) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        loop, wakers = self._loop, Wakers()
        room = Room(self.world, self.port, self.examples, self.languages)

        def on_change(event: Event | None) -> None:
            loop.call_soon_threadsafe(wakers.wake)
            if event is not None:
                loop.call_soon_threadsafe(room.publish, event)

        server = HTTPServer(self._application(wakers, room), max_body_size=MAX_BODY)
        server.add_socket(listening)
        self.world.listen(on_change)
        delivery = asyncio.create_task(deliver_forever(self.world, wakers))
        self._started.set()
        await self._stop.wait()
        self.world.unlisten(on_change)
        delivery.cancel()
        await asyncio.gather(delivery, return_exceptions=True)
        server.stop()
        room.close()
        await server.close_all_connections()
        wakers.wake()
        await _finish_others()

    def _application(self, wakers: Wakers, room: Room) -> Application:
        polls = Polls(self.world, wakers, self.port)
        routes = api.routes(self.world, polls) + chat.routes(room)
        return Application(routes, log_function=_no_log)


async def _finish_others() -> None:
    """Wait for handlers whose connection is closed to finish."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.wait(others, timeout=1) if others else None


def _no_log(_: RequestHandler) -> None:
    """Log nothing: paths contain tokens, and the world records requests anyway."""
