"""What the stores of all rooms ask of a database, and which one a library has."""

import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

BUSY_SECONDS = 30.0
"""How long a writer waits for other writers before it gives up."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, its columns save those that are computed, and the ones that tell its rows apart."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


class Database(ABC):
    """The truth of a library. Thread-safe; what fails inside surfaces as ``StoreError``.

    Statements are in the SQL of SQLite: ``dialect.py`` has what may differ elsewhere. ``clock()``
    in them is the time of the database, in seconds since 1970, which all hosts share.
    """

    _local: threading.local

    @abstractmethod
    def read(self) -> AbstractContextManager[sqlite3.Connection]:
        """One consistent view for all statements inside; nests in ``write`` and in itself."""

    @abstractmethod
    def write(self) -> AbstractContextManager[sqlite3.Connection]:
        """All or nothing, one writer at a time; waits for others up to ``BUSY_SECONDS``."""

    @contextmanager
    def fenced(self, fence: Callable[[sqlite3.Connection], None]) -> Iterator[None]:
        """Ask ``fence`` first in each ``write`` of this thread inside: it raises to refuse.

        So what must not be written after another process has taken over is not, wherever in the
        code it is written: the fence sees what is true until the write has ended.
        """
        before = getattr(self._local, "fence", None)
        self._local.fence = fence
        try:
            yield
        finally:
            self._local.fence = before

    def _pass_fence(self, connection: sqlite3.Connection) -> None:
        fence = getattr(self._local, "fence", None)
        if fence is not None:
            fence(connection)

    @abstractmethod
    def migrate(self, room: str, migrations: Sequence[str]) -> None:
        """Bring ``room``'s tables up to date; ``migrations[n]`` leads from version n to n + 1.

        ``NewerDatabaseError`` if a newer version of Pullquote wrote them.
        """

    @abstractmethod
    def tables(self) -> list[Table]:
        """Return our tables, each after those that it refers to."""

    @abstractmethod
    def close(self) -> None:
        """Close all connections; the database must not be used afterwards."""


def open_database(path: Path, url: str | None = None) -> Database:
    """Open or create the SQLite file at ``path``, or our schema in the PostgreSQL at ``url``."""
    if url is None:
        from qa.store.sqlite import SqliteDatabase

        return SqliteDatabase(path)
    from qa.store.postgres import PostgresDatabase

    return PostgresDatabase(url)


def statements(script: str) -> Iterator[str]:
    """Single statements of ``script``, each ended by a line's end.

    Not ``executescript``, which would commit the open transaction.
    """
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
