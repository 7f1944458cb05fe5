"""What is remembered for minutes: in memory alone, or in the database that several hosts share."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from cachetools import LRUCache

from qa import PullquoteError
from qa.store.database import Database

logger = logging.getLogger(__name__)

T = TypeVar("T")

MOST = 3_000
"""What one host remembers in memory; then what was silent for longest is forgotten."""

MIGRATIONS = (
    """
    CREATE TABLE remembered (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL,
        until REAL NOT NULL  -- by the clock of the database
    ) WITHOUT ROWID;
    CREATE INDEX remembered_until ON remembered (until);
    """,
)


class Memory(Protocol):
    """Texts by their keys, for at least so many seconds if there are not too many."""

    async def get(self, key: str) -> str | None:
        """Return what was put last."""

    async def put(self, value: str, seconds: float, *keys: str) -> None:
        """Remember in place of what was put before."""

    async def add(self, key: str, seconds: float) -> bool:
        """Whether ``key`` was not remembered; now it is."""


class OwnMemory:
    """Of one host: a restart forgets it. Only for the event loop."""

    def __init__(self) -> None:
        self._texts: LRUCache[str, str] = LRUCache(MOST)

    async def get(self, key: str) -> str | None:
        """See ``Memory``."""
        return self._texts.get(key)

    async def put(self, value: str, seconds: float, *keys: str) -> None:  # noqa: ARG002
        """See ``Memory``."""
        self._texts.update(dict.fromkeys(keys, value))

    async def add(self, key: str, seconds: float) -> bool:  # noqa: ARG002
        """See ``Memory``."""
        is_new = key not in self._texts
        self._texts[key] = ""
        return is_new


class SharedMemory:
    """Of all hosts. What is over is deleted whenever something is put.

    What cannot be remembered is forgotten: an answer that was given must not fail for that.
    """

    def __init__(self, database: Database) -> None:
        """Create or migrate the table."""
        self._database = database
        database.migrate("memory", MIGRATIONS)

    async def get(self, key: str) -> str | None:
        """See ``Memory``."""
        return await self._in_thread(lambda: self._get(key), None)

    def _get(self, key: str) -> str | None:
        sql = "SELECT value FROM remembered WHERE key = ? AND until >= clock()"
        with self._database.read() as connection:
            row = connection.execute(sql, (key,)).fetchone()
            return None if row is None else str(row[0])

    async def put(self, value: str, seconds: float, *keys: str) -> None:
        """See ``Memory``."""
        sql = "INSERT OR REPLACE INTO remembered VALUES (?, ?, clock() + ?)"
        await self._in_thread(lambda: self._put(sql, value, seconds, keys), 0)

    async def add(self, key: str, seconds: float) -> bool:
        """See ``Memory``."""
        sql = "INSERT OR IGNORE INTO remembered VALUES (?, ?, clock() + ?)"
        return await self._in_thread(lambda: self._put(sql, "", seconds, [key]), 1) > 0

    def _put(self, sql: str, value: str, seconds: float, keys: Sequence[str]) -> int:
        with self._database.write() as connection:
            connection.execute("DELETE FROM remembered WHERE until < clock()")
            return sum(connection.execute(sql, (key, value, seconds)).rowcount for key in keys)

    @staticmethod
    async def _in_thread(do: Callable[[], T], otherwise: T) -> T:
        try:
            return await asyncio.to_thread(do)
        except PullquoteError as error:
            logger.warning("What was said last is not remembered: %s", error)
            return otherwise
