"""Tells systemd that the bot is ready, alive, or stopping: the sd_notify protocol.

https://www.freedesktop.org/software/systemd/man/sd_notify.html. Without systemd nothing is sent.
"""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator

logger = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def ready() -> AsyncIterator[None]:
    """Say that the bot is ready, and then twice per watchdog interval that its event loop runs."""
    notify("READY=1")
    watchdog = asyncio.create_task(_live(), name="watchdog")
    try:
        yield
    finally:
        watchdog.cancel()
        notify("STOPPING=1")


async def _live() -> None:
    patience = os.environ.get("WATCHDOG_USEC", "")
    while patience.isdecimal():
        notify("WATCHDOG=1")
        await asyncio.sleep(int(patience) / 2_000_000)


def notify(state: str) -> None:
    """Send one line to systemd, if it started this process as a service of ``Type=notify``."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # an abstract socket, which is in no folder
        address = f"\0{address[1:]}"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams:
            datagrams.sendto(state.encode(), address)
    except OSError as error:
        logger.warning("systemd could not be told %s: %s", state, error)
