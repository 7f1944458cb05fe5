"""The SQL of places that accept no messages for a while, such as closed topics."""

from typing import NamedTuple

from bot.subscriptions.model import Destination
from qa.store.database import Database

LONGEST_PAUSE = 14 * 24 * 3600.0
"""How long messages wait for a place; after that, each is given up when its turn comes."""
_RARELY = 3600.0


class Pause(NamedTuple):
    """Since when (seconds) Telegram has refused all messages to a place, and what it said."""

    destination: Destination
    since: float
    reason: str

    def next_try(self, attempts: int, now: float) -> float | None:
        """When to try again after ``attempts``; ``None`` if the pause has lasted too long."""
        if now - self.since >= LONGEST_PAUSE:
            return None
        return now + min(60.0 * 2.0 ** min(attempts - 1, 16), _RARELY)


class PauseStore:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, destination: Destination, reason: str, now: float) -> Pause:
        """Begin a pause, or continue the current one."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO pauses VALUES (?, ?, ?, ?)"
                " ON CONFLICT (chat_id, thread_id) DO UPDATE SET reason = excluded.reason",
                (*destination, now, reason),
            )
            return next(p for p in self.of(destination.chat_id) if p.destination == destination)

    def of(self, chat_id: int) -> list[Pause]:
        """The pauses of a chat and its topics, longest first."""
        query = "SELECT thread_id, since, reason FROM pauses WHERE chat_id = ? ORDER BY since"
        with self._database.read() as connection:
            rows = connection.execute(query, (chat_id,)).fetchall()
        return [
            Pause(Destination(chat_id, thread), since, reason) for thread, since, reason in rows
        ]

    def count(self) -> int:
        """Count the places that are paused."""
        with self._database.read() as connection:
            return int(connection.execute("SELECT count(*) FROM pauses").fetchone()[0])

    def wake(self, chat_id: int) -> None:
        """Try the paused places of a chat again at once: they may have been opened."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE outbox SET not_before = 0 WHERE state = 'waiting' AND chat_id = ?"
                " AND thread_id IN (SELECT thread_id FROM pauses WHERE chat_id = outbox.chat_id)",
                (chat_id,),
            )
