"""A world with its server, a person in it, and a real python-telegram-bot beside it."""

import asyncio
import contextlib
import threading

import httpx
import pytest
from telegram.ext import ApplicationBuilder

from bot.playground import Server, World


@pytest.fixture
def world():
    return World()


@pytest.fixture
def server(world):
    with Server(world) as running:
        yield running


@pytest.fixture
def ann(world):
    return world.user("Ann")


@pytest.fixture
def chat(world, ann):
    return world.private_chat(ann)


@pytest.fixture
def http(server):
    with httpx.Client(base_url=server.url, timeout=10, verify=False) as client:
        yield client


@pytest.fixture
def call(world, http):
    """Call a Bot API method with a JSON body; the decoded answer."""

    def _call(method, **params):
        return http.post(f"/bot{world.token}/{method}", json=params).json()

    return _call


def build(world, server):
    """A python-telegram-bot application that talks to the double."""
    builder = ApplicationBuilder().token(world.token).base_url(f"{server.url}/bot")
    return builder.base_file_url(f"{server.url}/file/bot").build()


@pytest.fixture
def running(world, server):
    """Return a context manager that runs an application with these handlers in a thread."""

    @contextlib.contextmanager
    def _running(*handlers, **webhook):
        application = build(world, server)
        application.add_handlers(handlers)
        started, stop = threading.Event(), asyncio.Event()
        loops = []

        async def main():
            loops.append(asyncio.get_running_loop())
            updater = application.updater
            async with application:
                await (updater.start_webhook(**webhook) if webhook else updater.start_polling())
                await application.start()
                started.set()
                await stop.wait()
                await updater.stop()
                await application.stop()

        thread = threading.Thread(target=lambda: asyncio.run(main()))
        thread.start()
        assert started.wait(10)
        yield application
        loops[0].call_soon_threadsafe(stop.set)
        thread.join()

    return _running
