"""SQLite as all rooms share it: one file, one connection a thread."""

import contextlib
import os
import shutil
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path

from qa.errors import StoreBusyError, StoreError
from qa.store.database import BUSY_SECONDS, VERSIONS, Database, Table, statements

_FULL = "cannot grow: the disk is full. What it holds is safe; make room."
_HINTS = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: "may only be read, so nothing can be changed in it.",
}
_VERSIONS = "CREATE TABLE IF NOT EXISTS versions (room TEXT PRIMARY KEY, version INTEGER)"
_ROOM = 64 * 1024
"""Bytes that opening the file takes beside it: SQLite's shared memory, and the log of changes."""


class SqliteDatabase(Database):
    """The one file that is the truth.

    Connections are per thread, in WAL mode, with foreign keys on; ``close`` closes them all.
    Any ``sqlite3`` failure inside ``read`` and ``write`` surfaces as ``StoreError``.
    """

    def __init__(self, path: Path, busy_seconds: float = BUSY_SECONDS) -> None:
        """Open or create the file; ``StoreError`` when that cannot be done."""
        super().__init__()
        self.path = path
        self._busy_seconds = busy_seconds
        self._closers: list[weakref.finalize[..., threading.Thread]] = []
        """Of each connection; called by ``close``, or by the end of its thread."""
        self._guard = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"The data folder {path.parent} cannot be made: {error.strerror}."
            ) from error
        with self.read() as connection:
            connection.execute("SELECT count(*) FROM sqlite_master")

    def _connect(self) -> sqlite3.Connection:
        # Each thread uses its own; the flag lets another one close it.
        connection = sqlite3.connect(
            self.path, timeout=self._busy_seconds, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        connection.create_function("clock", 0, time.time)
        try:
            self._use_wal(connection)
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            connection.close()
            raise
        with self._guard:
            closer = weakref.finalize(threading.current_thread(), connection.close)
            self._closers = [*(each for each in self._closers if each.alive), closer]
        return connection

    def _use_wal(self, connection: sqlite3.Connection) -> None:
        # SQLite does not wait here for others that do the same at the same moment.
        ends = time.monotonic() + self._busy_seconds
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() >= ends:
                    raise
                time.sleep(0.01)
            else:
                return

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
        return connection

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """See ``Database``."""
        with self._translated():
            connection = self._connection()
            if connection.in_transaction:
                yield connection
                return
            with self._transaction(connection, "BEGIN"):
                yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """See ``Database``."""
        with self._translated():
            connection = self._connection()
            with self._transaction(connection, "BEGIN IMMEDIATE"):
                if self._rooms:
                    self._refuse_newer(connection.execute(VERSIONS))
                self._pass_fence(connection)
                yield connection

    @staticmethod
    @contextlib.contextmanager
    def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
        connection.execute(begin)
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # a full disk has rolled back by itself already
                connection.execute("ROLLBACK")
            raise

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise StoreBusyError(
                    f"The database {self.path} is in use by another process; try again in a moment."
                ) from error
            raise StoreError(f"The database {self.path} {self._hint(error)}") from error
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"The database {self.path} is damaged or not one of ours ({error}); "
                "restore it from a backup, or move it away and add the articles again."
            ) from error

    def _hint(self, error: sqlite3.OperationalError) -> str:
        code, folder = error.sqlite_errorcode & 0xFF, self.path.parent
        if code in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR}:
            if not os.access(folder, os.W_OK):
                return "cannot be opened: its folder may not be written, which reading needs, too."
            if shutil.disk_usage(folder).free < _ROOM:
                return _FULL
        return _HINTS.get(code, f"failed: {error}.")

    def _define(
        self, connection: sqlite3.Connection, _room: str, migrations: Sequence[str], done: int
    ) -> None:
        connection.execute(_VERSIONS)
        for script in migrations[done:]:
            for statement in statements(script):
                connection.execute(statement)

    def _version_of(self, room: str) -> int:
        has_table = "SELECT 1 FROM sqlite_master WHERE name = 'versions'"
        with self.read() as connection:
            if connection.execute(has_table).fetchone() is None:
                return 0
            query = "SELECT version FROM versions WHERE room = ?"
            row = connection.execute(query, (room,)).fetchone()
            return int(row["version"]) if row else 0

    def tables(self) -> list[Table]:
        """See ``Database``."""
        sql = """
            SELECT name FROM sqlite_master
            WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid
        """
        with self.read() as connection:
            names = [row[0] for row in connection.execute(sql)]
            return [_table(connection, name) for name in names if name != "versions"]

    def close(self) -> None:
        """See ``Database``."""
        with self._guard:
            while self._closers:
                self._closers.pop()()


def _table(connection: sqlite3.Connection, name: str) -> Table:
    columns = connection.execute("SELECT * FROM pragma_table_xinfo(?)", (name,)).fetchall()
    stored = tuple(each["name"] for each in columns if not each["hidden"])
    keys = sorted((each["pk"], each["name"]) for each in columns if each["pk"])
    return Table(name, stored, tuple(key for _, key in keys))
