"""The SQL of our "What would you like to know about …?": which article each was about."""

from qa.store.database import Database


class PromptStore:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, chat_id: int, message_id: int, article_id: str, now: float) -> None:
        """Remember that replies to this message of ours are questions about the article."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO prompts VALUES (?, ?, ?, ?)",
                (chat_id, message_id, article_id, now),
            )

    def article_id(self, chat_id: int, message_id: int) -> str | None:
        """The article that a message of ours asked about; ``None`` for any other message."""
        with self._database.read() as connection:
            query = "SELECT article_id FROM prompts WHERE chat_id = ? AND message_id = ?"
            row = connection.execute(query, (chat_id, message_id)).fetchone()
            return row["article_id"] if row else None
