"""The SQL of our replies: which one answers which question, so that it is edited with it."""

from qa.store.database import Database


class ReplyStore:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, chat_id: int, message_id: int, part: int, reply_id: int, now: float) -> None:
        """Remember our reply to a question of a message, its ``part`` counted from 0."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?)",
                (chat_id, message_id, part, reply_id, now),
            )

    def of(self, chat_id: int, message_id: int, part: int = 0) -> int | None:
        """The id of our reply to a question; ``None`` if we sent none, or sent it long ago."""
        with self._database.read() as connection:
            query = "SELECT reply_id FROM replies WHERE chat_id = ? AND message_id = ? AND part = ?"
            row = connection.execute(query, (chat_id, message_id, part)).fetchone()
            return row["reply_id"] if row else None
