"""Does again what broke off because the connection to the database was lost."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from qa import StoreLostError

logger = logging.getLogger(__name__)

T = TypeVar("T")

TRIES = 4


async def again_if_lost(do: Callable[[], Awaitable[T]]) -> T:
    """Return what ``do`` returns, which may be called a few times: nobody need ask again."""
    for _ in range(TRIES - 1):
        try:
            return await do()
        except StoreLostError as error:
            logger.warning("Trying again: %s", error)
    return await do()
