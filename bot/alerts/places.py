"""When each place is written to: the SQL of time zones, digests and quiet hours."""

import sqlite3
from collections.abc import Callable

from bot.alerts.model import Place, Timetable
from qa.store.database import Database

COLUMNS = "zone, digest_at, next_digest_at, quiet_from, quiet_until"


class Places:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def timetable(self, place: Place) -> Timetable:
        """When ``place`` is written to; at once and at any hour if it never said."""
        with self._database.read() as connection:
            query = f"SELECT {COLUMNS} FROM places WHERE chat_id = ? AND thread_id = ?"  # noqa: S608 a literal
            row = connection.execute(query, place).fetchone()
            return _timetable(row) if row else Timetable()

    def change(self, place: Place, change: Callable[[Timetable], Timetable]) -> Timetable:
        """Write to ``place`` by the changed timetable from now on, which is returned."""
        with self._database.write() as connection:
            changed = change(self.timetable(place))
            connection.execute(
                "INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    *place,
                    changed.zone,
                    changed.digest_at,
                    changed.next_digest_at,
                    *(changed.quiet or (None, None)),
                ),
            )
        return changed

    def due(self, now: float) -> tuple[Place, Timetable] | None:
        """The place whose digest has been due for longest; ``None`` when none is."""
        with self._database.read() as connection:
            query = f"""
                SELECT chat_id, thread_id, {COLUMNS} FROM places
                WHERE next_digest_at <= ? ORDER BY next_digest_at LIMIT 1
            """  # noqa: S608 a literal
            row = connection.execute(query, (now,)).fetchone()
            return (Place(row["chat_id"], row["thread_id"]), _timetable(row)) if row else None

    def farther_than(self, moment: float) -> list[Place]:
        """The places whose next digest lies behind ``moment``."""
        with self._database.read() as connection:
            query = "SELECT chat_id, thread_id FROM places WHERE next_digest_at > ?"
            return [Place(*row) for row in connection.execute(query, (moment,))]


def _timetable(row: sqlite3.Row) -> Timetable:
    quiet = (row["quiet_from"], row["quiet_until"])
    return Timetable(
        row["zone"],
        row["digest_at"],
        row["next_digest_at"],
        None if None in quiet else quiet,
    )
