"""The SQL of timetables: the time zone, digest and quiet hours of each destination."""

from collections.abc import Callable

from bot.subscriptions.model import Destination, Timetable
from qa.store.database import Database, Row

COLUMNS = "zone, digest_at, next_digest_at, quiet_from, quiet_until"


class Timetables:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, destination: Destination) -> Timetable:
        """The timetable of ``destination``; an empty one if none was set."""
        with self._database.read() as connection:
            query = f"SELECT {COLUMNS} FROM places WHERE chat_id = ? AND thread_id = ?"  # noqa: S608 a literal
            row = connection.execute(query, destination).fetchone()
            return _timetable(row) if row else Timetable()

    def change(
        self, destination: Destination, change: Callable[[Timetable], Timetable]
    ) -> Timetable:
        """Replace the timetable with what ``change`` makes of it, and return that."""
        with self._database.write() as connection:
            changed = change(self.of(destination))
            connection.execute(
                "INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    *destination,
                    changed.zone,
                    changed.digest_at,
                    changed.next_digest_at,
                    *(changed.quiet or (None, None)),
                ),
            )
        return changed

    def due(self, now: float) -> tuple[Destination, Timetable] | None:
        """The destination whose digest has been due the longest; ``None`` if no digest is due."""
        with self._database.read() as connection:
            query = f"""
                SELECT chat_id, thread_id, {COLUMNS} FROM places
                WHERE next_digest_at <= ? ORDER BY next_digest_at LIMIT 1
            """  # noqa: S608 a literal
            row = connection.execute(query, (now,)).fetchone()
            if row is None:
                return None
            return Destination(row["chat_id"], row["thread_id"]), _timetable(row)

    def due_after(self, moment: float) -> list[Destination]:
        """The destinations whose next digest is due after ``moment``."""
        with self._database.read() as connection:
            query = "SELECT chat_id, thread_id FROM places WHERE next_digest_at > ?"
            return [Destination(*row) for row in connection.execute(query, (moment,))]


def _timetable(row: Row) -> Timetable:
    quiet = (row["quiet_from"], row["quiet_until"])
    return Timetable(
        row["zone"],
        row["digest_at"],
        row["next_digest_at"],
        None if None in quiet else quiet,
    )
