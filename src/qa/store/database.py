"""What the stores of all rooms need of a database, and which one a library has."""

import sqlite3
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from qa.errors import NewerDatabaseError

BUSY_SECONDS = 30.0
"""How long a writer waits for other writers before it gives up."""
VERSIONS = "SELECT room, version FROM versions"


@dataclass(frozen=True, slots=True)
class Table:
    """A table, its columns save those that are computed, and the ones that tell its rows apart."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


class Row(Protocol):
    """By position and by name; a sequence of its values."""

    def __getitem__(self, key: int | str, /) -> Any: ...  # noqa: ANN401 - of any type
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> int: ...

    def keys(self) -> list[str]:
        """Return the names of the columns."""


class Rows(Protocol):
    """The result of a statement."""

    @property
    def rowcount(self) -> int:
        """How many rows it has changed."""

    @property
    def lastrowid(self) -> int | None:
        """The number that it has given to a new row."""

    def fetchone(self) -> Any:  # noqa: ANN401 - a Row, or None
        """Return the next row, if there is one more."""

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """What the stores use of a connection, inside a transaction."""

    def execute(self, sql: str, values: Any = ..., /) -> Rows:  # noqa: ANN401 - of any type
        """Run one statement with values by position, or by name."""

    def executemany(self, sql: str, rows: Iterable[Any], /) -> object:
        """Run one statement for each of the rows."""


class Database(ABC):
    """Where a library is stored. Thread-safe; what fails inside surfaces as ``StoreError``.

    Statements are in the SQL of SQLite: ``dialect.py`` has what may differ elsewhere. ``clock()``
    in them is the time of the database, in seconds since 1970, which all hosts share.
    """

    def __init__(self) -> None:
        """Know no room yet."""
        self._local = threading.local()
        self._rooms: dict[str, Sequence[str]] = {}
        """The migrations of the rooms that are up to date."""

    @abstractmethod
    def read(self) -> AbstractContextManager[Connection]:
        """One consistent view for all statements inside; nests in ``write`` and in itself."""

    @abstractmethod
    def write(self) -> AbstractContextManager[Connection]:
        """All or nothing, one writer at a time; waits for others up to ``BUSY_SECONDS``.

        ``NewerDatabaseError`` if another process has brought the tables to a newer version.
        """

    @contextmanager
    def fenced(self, fence: Callable[[Connection], None]) -> Iterator[None]:
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

    def _pass_fence(self, connection: Connection) -> None:
        fence = getattr(self._local, "fence", None)
        if fence is not None:
            fence(connection)

    def news(self, seconds: float) -> frozenset[str]:
        """Wait for writes of other threads or hosts, at most so long; return the changed tables.

        Only what somebody waits for counts, and some of it may be missed.
        """
        time.sleep(seconds)
        return frozenset()

    def migrate(self, room: str, migrations: Sequence[str]) -> None:
        """Bring ``room``'s tables up to date; ``migrations[n]`` leads from version n to n + 1.

        ``NewerDatabaseError`` if a newer version of Pullquote wrote them.
        """
        # Read first: a database on a full disk can still be asked.
        if self._version_of(room) != len(migrations):
            with self.write() as connection:
                done = self._version_of(room)
                if done > len(migrations):
                    raise _newer()
                self._define(connection, room, migrations, done)
                new = (room, len(migrations))
                connection.execute("INSERT OR REPLACE INTO versions VALUES (?, ?)", new)
        self._rooms[room] = migrations

    @abstractmethod
    def _version_of(self, room: str) -> int:
        """Return the version of a room's tables, 0 if there are none."""

    @abstractmethod
    def _define(
        self,
        connection: Any,  # noqa: ANN401 - of the engine
        room: str,
        migrations: Sequence[str],
        done: int,
    ) -> None:
        """Make or change tables, so that they are what all ``migrations`` lead to."""

    def check_version(self) -> None:
        """Raise ``NewerDatabaseError`` if another process has brought tables to a newer version."""
        with self.read() as connection:
            self._refuse_newer(connection.execute(VERSIONS))

    def _refuse_newer(self, versions: Iterable[Sequence[Any]]) -> None:
        for room, version in versions:
            if room in self._rooms and version > len(self._rooms[room]):
                raise _newer()

    @abstractmethod
    def tables(self) -> list[Table]:
        """Return our tables, each after those that it refers to."""

    @abstractmethod
    def close(self) -> None:
        """Close all connections; the database must not be used afterwards."""


def _newer() -> NewerDatabaseError:
    return NewerDatabaseError("A newer Pullquote has changed the database: update this one.")


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
