"""Retries what failed because the connection to the database was lost."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from qa import StoreLostError

logger = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE, PAUSE = 10.0, 0.1
"""Seconds for which something is retried after its first loss (a restart of the database takes so
long), and between."""


async def retry_if_lost(do: Callable[[], Awaitable[T]]) -> T:
    """Return the result of ``do``, called again while the database is away."""
    until = None
    while True:
        try:
            return await do()
        except StoreLostError as error:
            # Not from the start: what took long itself is tried again, too.
            until = until or time.monotonic() + PATIENCE
            if time.monotonic() >= until:
                raise
            logger.warning("Trying again: %s", error)
            await asyncio.sleep(PAUSE)
