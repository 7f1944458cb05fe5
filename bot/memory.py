"""Values that are kept for minutes: in memory, or in the database that several hosts share."""

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
"""Most values in memory; the least recently used ones are dropped."""

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
    """Texts by key, kept for at least the given seconds unless there are too many."""

    async def get(self, key: str) -> str | None:
        """Return what was put there last, if it is still kept."""

    async def put(self, value: str, seconds: float, *keys: str) -> None:
        """Keep ``value`` under each key, in place of an earlier one."""

    async def add(self, key: str, seconds: float) -> bool:
        """Keep ``key``; ``False`` if it was there already."""


class OwnMemory:
    """The memory of a single host, lost at a restart. Only for the event loop."""

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
    """A memory that all hosts share. Expired values are deleted whenever one is put.

    Errors of the database are only logged: an answer must not fail because of them.
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
