"""A library copied from one database into another one, of any engine, and compared afterwards."""

import hashlib
import marshal
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from qa.errors import StoreError
from qa.store.database import Database, Table

Progress = Callable[[int, int], None]
"""Called with the rows that are copied and compared, and with all that will be."""
BATCH = 1000
"""Rows that one transaction writes."""
_MOVING = "moving"
"""The row of ``versions`` that says that a copy has begun."""


def move(
    source: Database, target: Database, progress: Progress | None = None, batch: int = BATCH
) -> int:
    """Copy everything, and return the number of rows; one that was stopped goes on.

    Both have the tables of this version. ``StoreError`` if the target holds a library already, or
    if the copy differs, as it does when something writes to the source meanwhile.
    """
    tables = {table.name: table for table in source.tables()}
    if set(tables) != {table.name for table in target.tables()}:
        raise StoreError("The two databases have different tables, so nothing was copied.")
    _begin(target, [*tables.values()])
    with source.read():
        total = sum(_count(source, table) for table in tables.values())
        done = 0
        for table in tables.values():
            for rows in _batches(source, table, _last_key(target, table), batch):
                _write(target, table, rows)
                done += len(rows)
                if progress:
                    progress(done, total)
        _copy_numbers(source, target, tables.values())
        for table in tables.values():
            if _digest(source, table) != _digest(target, table):
                raise StoreError(
                    f"The copy of the table {table.name} differs. Stop the bot and all other "
                    "commands, empty the target, and start again."
                )
    with target.write() as db:
        db.execute("DELETE FROM versions WHERE room = ?", (_MOVING,))
    return total


def _begin(target: Database, tables: list[Table]) -> None:
    with target.write() as db:
        if db.execute("SELECT 1 FROM versions WHERE room = ?", (_MOVING,)).fetchone():
            return
        if db.execute("SELECT count(*) FROM articles").fetchone()[0]:
            raise StoreError("The target holds a library already, so nothing was copied.")
        for table in reversed(tables):
            db.execute(f"DELETE FROM {table.name}")  # noqa: S608 our own name
        db.execute("INSERT INTO versions (room, version) VALUES (?, 1)", (_MOVING,))


def _batches(
    database: Database,
    table: Table,
    after: Any,  # noqa: ANN401 - of any types
    batch: int = BATCH,
) -> Iterator[list[Any]]:
    """Yield the rows whose keys are higher than ``after``, in their order."""
    names, keys = ", ".join(table.columns), ", ".join(table.key)
    places = ", ".join("?" * len(table.key))
    with database.read() as db:
        while True:
            where = f"WHERE ({keys}) > ({places})" if after else ""
            sql = f"SELECT {names} FROM {table.name} {where} ORDER BY {keys} LIMIT {batch}"  # noqa: S608
            rows = db.execute(sql, after or ()).fetchall()
            if not rows:
                return
            yield rows
            after = tuple(rows[-1][key] for key in table.key)


def _last_key(database: Database, table: Table) -> Any:  # noqa: ANN401 - of any types
    keys = ", ".join(table.key)
    order = ", ".join(f"{key} DESC" for key in table.key)
    with database.read() as db:
        row = db.execute(f"SELECT {keys} FROM {table.name} ORDER BY {order} LIMIT 1").fetchone()  # noqa: S608
        return tuple(row) if row else None


def _write(database: Database, table: Table, rows: list[Any]) -> None:
    names, places = ", ".join(table.columns), ", ".join("?" * len(table.columns))
    with database.write() as db:
        sql = f"INSERT INTO {table.name} ({names}) VALUES ({places})"  # noqa: S608 our own names
        db.executemany(sql, map(tuple, rows))


def _copy_numbers(source: Database, target: Database, tables: Iterable[Table]) -> None:
    """Let the target go on with the numbers after those that the source has given.

    SQLite notes none for a table without AUTOINCREMENT, PostgreSQL for each: there the rows tell.
    """
    with source.read() as db:
        given = dict(tuple(row) for row in db.execute("SELECT name, seq FROM sqlite_sequence"))
    for table in tables:
        match _last_key(source, table):
            case (int(last),):
                given[table.name] = max(last, given.get(table.name, 0))
    with target.write() as db:
        db.executemany("DELETE FROM sqlite_sequence WHERE name = ?", [(name,) for name in given])
        db.executemany("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", given.items())


def _count(database: Database, table: Table) -> int:
    with database.read() as db:
        return int(db.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0])  # noqa: S608


def _digest(database: Database, table: Table) -> tuple[int, str]:
    """Return the number of rows and a checksum of them all."""
    checksum, count = hashlib.sha256(), 0
    for rows in _batches(database, table, None):
        count += len(rows)
        for row in rows:
            # Format 2 has no references, which tell who else holds a value.
            checksum.update(marshal.dumps(tuple(row), 2))
    return count, checksum.hexdigest()
