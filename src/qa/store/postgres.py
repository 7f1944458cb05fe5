"""PostgreSQL in place of the SQLite file, for a library that several hosts share.

The stores write SQL once, in SQLite's dialect, which ``dialect.py`` translates. Writers take turns
as they do in SQLite, by one advisory lock, so what holds for the file holds for the server: numbers
become visible in the order in which they are given, and what a writer has read stays true until it
has written. A reader waits for nobody and has one view of everything.
"""

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any, Self

import psycopg
from psycopg.errors import IdleInTransactionSessionTimeout, LockNotAvailable
from psycopg.types.numeric import IntDumper
from psycopg_pool import ConnectionPool, PoolTimeout

from qa.errors import StoreBusyError, StoreError, StoreLostError
from qa.store.database import BUSY_SECONDS, VERSIONS, Database, Table, statements
from qa.store.dialect import Statement, definition, table_of, translate

# When it cannot connect, our own code says so in one sentence.
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)

SCHEMA = "pullquote"
_RESTORING, _KEPT = "pullquote_restoring", "pullquote_before_restore"
CONNECTIONS = 20
"""Of one process, at most."""
START_SECONDS = 10.0
"""How long the server may take to accept the first connection."""
_LISTENING: dict[str, Any] = {
    "application_name": SCHEMA,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
"""How a connection on which nothing comes notices that its server is gone."""
_BUSY = "The database is in use by another process; try again in a moment."
_WRITER = 0x70756C6C
"""The advisory lock that a writer holds."""


class Row(tuple[Any, ...]):
    """A row as ``sqlite3.Row`` is: by position and by name."""

    names: Mapping[str, int]

    def __getitem__(self, key: Any) -> Any:  # noqa: ANN401 - a position or a name
        return super().__getitem__(self.names[key] if isinstance(key, str) else key)

    def keys(self) -> list[str]:
        """Return the names of the columns."""
        return list(self.names)


class Connection:
    """What the stores use of a connection and of its cursors, with their SQL translated."""

    def __init__(self, connection: psycopg.Connection[Row], keys: "_Keys") -> None:
        self._connection = connection
        # Values are put into the text: their types are then those of what they meet, as in SQLite.
        self._text = psycopg.ClientCursor(connection)
        self._keys = keys
        self.news: set[str] = set()
        """Tables whose changes other hosts are notified of at the end."""

    def execute(self, sql: str, values: Any = ()) -> "Cursor":  # noqa: ANN401 - of any type
        """Run one statement with values by position, or by name."""
        statement = translate(sql)
        if statement.news:
            self.news.add(statement.news)
        query = self._text.mogrify(self._query(statement), statement.bind(values))
        cursor = psycopg.Cursor(self._connection)
        cursor.execute(query, binary=True)  # half the bytes of vectors
        return Cursor(cursor, self, statement.table)

    def executemany(self, sql: str, rows: Iterable[Any]) -> None:
        """Run one statement for each of the rows, without waiting for each."""
        statement = translate(sql)
        query = self._query(statement)
        with psycopg.Cursor(self._connection) as cursor:
            cursor.executemany(query, map(statement.bind, rows))

    def _query(self, statement: Statement) -> str:
        if not statement.replaces:
            return statement.sql
        return f"{statement.sql} {self._keys.replacing(statement, self._connection)}"

    def define(self, sql: str) -> None:
        """Create or change a table, an index or a trigger."""
        self.run(definition(sql))
        if table := table_of(sql):
            self.execute("INSERT OR IGNORE INTO sqlite_sequence VALUES (?, 0)", (table,))

    def run(self, sql: str) -> None:
        """Run statements of PostgreSQL's own."""
        self._connection.execute(sql)


class Cursor:
    """The result of a statement."""

    def __init__(
        self, cursor: psycopg.Cursor[Row], connection: Connection, table: str | None
    ) -> None:
        self._cursor, self._connection, self._table = cursor, connection, table
        self.rowcount = cursor.rowcount
        self.fetchone, self.fetchall = cursor.fetchone, cursor.fetchall

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Row:
        row = self._cursor.fetchone()
        if row is None:
            raise StopIteration
        return row

    @property
    def lastrowid(self) -> int | None:
        """The number that the table gave last: nobody else writes meanwhile."""
        query = "SELECT seq FROM sqlite_sequence WHERE name = ?"
        found = self._connection.execute(query, (self._table,)).fetchone()
        return None if found is None else int(found[0])


class PostgresDatabase(Database):
    """Our schema in the database of a PostgreSQL server, 14 or later."""

    def __init__(self, url: str, busy_seconds: float = BUSY_SECONDS, schema: str = SCHEMA) -> None:
        """Connect; ``StoreError`` when that cannot be done.

        Another ``schema`` than the library's is made anew.
        """
        super().__init__()
        self._schema = schema
        self._keys = _Keys()
        self._patience = busy_seconds
        self._url = url
        self._listener: psycopg.Connection[Any] | None = None
        self._turn = threading.Lock()
        # A host that stands still in the middle would keep all others from writing.
        idle = f"SET LOCAL idle_in_transaction_session_timeout = {int(busy_seconds * 1000 / 3)}"
        self._begin_writing = f"BEGIN; {idle}; SELECT pg_advisory_xact_lock({_WRITER})"
        self._pool = _pool(url, schema, busy_seconds)
        try:
            with self._translated():
                self._pool.open(wait=True, timeout=START_SECONDS)
            with self.write() as connection:
                if schema != SCHEMA:
                    connection.run(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
                connection.run(f"CREATE SCHEMA IF NOT EXISTS {schema}")
                connection.run(files("qa.store").joinpath("postgres.sql").read_text())
        except BaseException:
            self._pool.close()
            raise

    def read(self) -> contextlib.AbstractContextManager[Any]:
        """See ``Database``."""
        return self._begun("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def write(self) -> contextlib.AbstractContextManager[Any]:
        """See ``Database``."""
        begin = self._begin_writing
        if self._rooms:
            begin = f"{begin}; {VERSIONS}"
        return self._in_turn(begin)

    @contextlib.contextmanager
    def _in_turn(self, begin: str) -> Iterator[Connection]:
        """One thread at a time queues for the lock: of a host that stands still it is soon over."""
        assert getattr(self._local, "connection", None) is None, "a reader cannot become a writer"
        if not self._turn.acquire(timeout=self._patience):
            raise StoreBusyError(_BUSY)
        try:
            with self._begun(begin, is_writer=True) as connection:
                yield connection
        finally:
            self._turn.release()

    @contextlib.contextmanager
    def _begun(self, begin: str, *, is_writer: bool = False) -> Iterator[Connection]:
        current: Connection | None = getattr(self._local, "connection", None)
        if current is not None:
            with self._translated():
                yield current
            return
        with self._translated():
            connection = self._begin(begin)
            try:
                self._local.connection = current = Connection(connection, self._keys)
                if is_writer:
                    self._pass_fence(self._local.connection)
                yield current
                notices = [f"NOTIFY {SCHEMA}, '{table}'; " for table in sorted(current.news)]
                connection.execute(f"{''.join(notices)}COMMIT")
            except BaseException:
                with contextlib.suppress(psycopg.Error):  # the connection may be what failed
                    connection.execute("ROLLBACK")
                raise
            finally:
                self._local.connection = None
                self._pool.putconn(connection)

    def _begin(self, begin: str) -> psycopg.Connection[Row]:
        """Take a connection that has begun a transaction.

        Those of the pool are dead after a restart of the server; nothing is lost with them yet.
        """
        ends = time.monotonic() + self._patience
        while True:
            connection = self._pool.getconn(max(0.0, ends - time.monotonic()))
            try:
                cursor = connection.execute(begin)
                if begin.endswith(VERSIONS):  # without waiting for the server once more
                    while cursor.nextset():
                        pass
                    self._refuse_newer(cursor)
            except BaseException as error:
                with contextlib.suppress(psycopg.Error):
                    connection.execute("ROLLBACK")
                self._pool.putconn(connection)
                if not (isinstance(error, psycopg.Error) and _is_lost(error)):
                    raise
            else:
                return connection

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except LockNotAvailable as error:
            raise StoreBusyError(_BUSY) from error
        except PoolTimeout as error:
            raise StoreError(
                "The PostgreSQL of PULLQUOTE_DATABASE_URL cannot be reached."
            ) from error
        except psycopg.Error as error:
            if _is_lost(error):
                raise StoreLostError(
                    "The connection to PostgreSQL was lost; try again in a moment."
                ) from error
            reason = str(error).strip().partition("\n")[0]
            raise StoreError(f"PostgreSQL failed: {reason}.") from error

    def news(self, seconds: float) -> frozenset[str]:
        """See ``Database``. It has a connection of its own, for one thread."""
        with self._translated():
            try:
                if self._listener is None:
                    self._listener = psycopg.connect(self._url, autocommit=True, **_LISTENING)
                    self._listener.execute(f"LISTEN {SCHEMA}")
                heard = self._listener.notifies(timeout=seconds, stop_after=1)
                return frozenset(each.payload for each in heard)
            except psycopg.Error:
                self._hang_up()
                raise

    def _hang_up(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _define(
        self, connection: Connection, room: str, migrations: Sequence[str], done: int
    ) -> None:
        if done == 0:
            self._create(connection, room, migrations)
        for script in migrations[done:] if done else ():
            for statement in statements(script):
                connection.define(statement)

    def _create(self, connection: Connection, room: str, migrations: Sequence[str]) -> None:
        """Create what the room's migrations lead to in SQLite, with the rows that they insert."""
        before = {each: scripts for each, scripts in self._rooms.items() if each != room}
        with contextlib.closing(sqlite3.connect(":memory:")) as model:
            for script in (script for scripts in before.values() for script in scripts):
                model.executescript(script)
            known = set(model.execute("SELECT name FROM sqlite_master"))
            for script in migrations:
                model.executescript(script)
            for (name,) in known - set(model.execute("SELECT name FROM sqlite_master")):
                connection.run(f"DROP TABLE IF EXISTS {name}")  # one that it took from another room
            made = "SELECT name, sql FROM sqlite_master WHERE type = ? AND sql IS NOT NULL"
            for kind in ("table", "index", "trigger"):
                for name, sql in model.execute(made, (kind,)).fetchall():
                    if (name,) not in known and not name.startswith("sqlite_"):
                        connection.define(sql)
                        if kind == "table":
                            _copy(model, connection, name)

    def _version_of(self, room: str) -> int:
        with self.read() as connection:
            query = "SELECT version FROM versions WHERE room = ?"
            row = connection.execute(query, (room,)).fetchone()
            return int(row[0]) if row else 0

    def tables(self) -> list[Table]:
        """See ``Database``."""
        sql = """
            SELECT relname::text, pg_class.oid FROM pg_class
            WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
            ORDER BY pg_class.oid
        """
        with self.read() as connection:
            names = [row[0] for row in connection.execute(sql).fetchall()]
            ours = (name for name in names if name not in {"versions", "sqlite_sequence"})
            return [_table(connection, name) for name in ours]

    def take_place(self) -> str | None:
        """Let this schema be the library; return under which name the one before is kept, if any.

        ``StoreError`` if a host uses that one.
        """
        with self.write() as connection:
            self.refuse_if_used()
            connection.run(f"DROP SCHEMA IF EXISTS {_KEPT} CASCADE")
            has_one = "SELECT 1 FROM pg_namespace WHERE nspname = ?"
            found = connection.execute(has_one, (SCHEMA,)).fetchone()
            if found:
                connection.run(f"ALTER SCHEMA {SCHEMA} RENAME TO {_KEPT}")
            connection.run(f"ALTER SCHEMA {self._schema} RENAME TO {SCHEMA}")
        return _KEPT if found else None

    def refuse_if_used(self) -> None:
        """Raise ``StoreError`` if a host or a command is connected to the library."""
        used = """
            SELECT 1 FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = ? LIMIT 1
        """
        with self.read() as connection:
            if connection.execute(used, (SCHEMA,)).fetchone():
                raise StoreError(
                    "The library in PostgreSQL is in use: stop all hosts and other commands first."
                )

    def close(self) -> None:
        """See ``Database``."""
        self._hang_up()
        self._pool.close()


@contextlib.contextmanager
def replacement(url: str) -> Iterator[PostgresDatabase]:
    """Open an empty database that can take the place of the library; it is dropped on errors."""
    database = PostgresDatabase(url, schema=_RESTORING)
    try:
        database.refuse_if_used()
        yield database
    except BaseException:
        with contextlib.suppress(StoreError), database.write() as connection:
            connection.run(f"DROP SCHEMA IF EXISTS {_RESTORING} CASCADE")
        raise
    finally:
        database.close()


class _Keys:
    """The columns that identify a row of a table, according to its unique indexes."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[set[str], list[set[str]]]] = {}

    def replacing(self, statement: Statement, connection: psycopg.Connection[Row]) -> str:
        """Return the clause by which a row replaces the one with the same key."""
        table = statement.table
        assert table is not None
        if table not in self._known:
            self._known[table] = self._read(table, connection)
        columns, keys = self._known[table]
        given = set(statement.columns) or columns
        key = next(each for each in keys if each <= given)
        changed = ", ".join(f"{each} = excluded.{each}" for each in sorted(given - key))
        action = f"UPDATE SET {changed}" if changed else "NOTHING"
        return f"ON CONFLICT ({', '.join(sorted(key))}) DO {action}"

    @staticmethod
    def _read(table: str, connection: psycopg.Connection[Row]) -> tuple[set[str], list[set[str]]]:
        columns = """
            SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass
                AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
        """
        unique = """
            SELECT array_agg(attname::text) FROM pg_index
            JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
            WHERE indrelid = %s::regclass AND indisunique AND indpred IS NULL
            GROUP BY indexrelid, indisprimary ORDER BY indisprimary DESC
        """
        every = {row[0] for row in connection.execute(columns, (table,))}
        return every, [set(row[0]) for row in connection.execute(unique, (table,))]


def _table(connection: Connection, name: str) -> Table:
    columns = """
        SELECT attname::text FROM pg_attribute WHERE attrelid = ?::text::regclass
            AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
    """
    key = """
        SELECT attname::text FROM pg_index, unnest(indkey) WITH ORDINALITY AS keys (number, place)
        JOIN pg_attribute ON attnum = number
        WHERE indrelid = ?::text::regclass AND attrelid = indrelid AND indisprimary ORDER BY place
    """
    found = (connection.execute(sql, (name,)).fetchall() for sql in (columns, key))
    return Table(name, *(tuple(row[0] for row in rows) for rows in found))


def _copy(model: sqlite3.Connection, connection: Connection, table: str) -> None:
    for values in model.execute(f"SELECT * FROM {table}").fetchall():  # noqa: S608 our own name
        places = ", ".join("?" * len(values))
        connection.execute(f"INSERT INTO {table} VALUES ({places})", values)  # noqa: S608 the same


def _rows(cursor: psycopg.Cursor[Any]) -> Any:  # noqa: ANN401 - psycopg's row factory
    names = {column.name: n for n, column in enumerate(cursor.description or ())}

    def row(values: Sequence[Any]) -> Row:
        made = Row(values)
        made.names = names
        return made

    return row


def _is_lost(error: psycopg.Error) -> bool:
    """Whether the server has ended the connection, or the network has."""
    state = error.sqlstate
    if state is None:  # not the server says so, but the driver, which lost it
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return state.startswith(("08", "57P")) or isinstance(error, IdleInTransactionSessionTimeout)


class _TruthValue(IntDumper):
    """0 or 1, as in SQLite."""

    def dump(self, obj: Any) -> Any:  # noqa: ANN401 - psycopg's buffer
        return super().dump(int(obj))


def _pool(url: str, schema: str, busy_seconds: float) -> ConnectionPool[psycopg.Connection[Row]]:
    """Return a pool of connections that is not open yet."""
    options = f"-c search_path={schema},pg_catalog -c timezone=UTC"
    return ConnectionPool(
        url,
        kwargs={
            "options": f"{options} -c lock_timeout={int(busy_seconds * 1000)}",
            "application_name": schema,
            "autocommit": True,
            "prepare_threshold": None,  # a pooler may give the next transaction another one
            "row_factory": _rows,
        },
        configure=_configure,
        min_size=1,
        max_size=CONNECTIONS,
        timeout=busy_seconds,
        reconnect_timeout=START_SECONDS,
        open=False,
    )


def _configure(connection: psycopg.Connection[Any]) -> None:
    connection.adapters.register_dumper(bool, _TruthValue)
