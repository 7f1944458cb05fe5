"""The channels that are read, and their posts until they have become articles."""

import time
from dataclasses import dataclass

from qa.database import Database

MIGRATIONS = (
    """
    CREATE TABLE channels (
        chat_id INTEGER PRIMARY KEY,
        added_by INTEGER NOT NULL,
        added_at REAL NOT NULL
    );
    CREATE TABLE channel_posts (
        update_id INTEGER PRIMARY KEY,
        message TEXT NOT NULL
    );
    """,
)


@dataclass(frozen=True, slots=True)
class StoredPost:
    """A post that waits to be read; ``message`` is the Bot API's, as JSON."""

    update_id: int
    message: str


class ChannelStore:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, database: Database) -> None:
        """Create or migrate the tables."""
        self._database = database
        database.migrate("channels", MIGRATIONS)

    def join(self, chat_id: int, user_id: int) -> None:
        """Read this channel, which ``user_id`` has added the bot to, from now on."""
        sql = "INSERT OR IGNORE INTO channels VALUES (?, ?, ?)"
        with self._database.write() as db:
            db.execute(sql, (chat_id, user_id, time.time()))

    def leave(self, chat_id: int) -> None:
        """Read this channel no more; what came of its posts stays."""
        with self._database.write() as db:
            db.execute("DELETE FROM channels WHERE chat_id = ?", (chat_id,))

    def put(self, update_id: int, chat_id: int, message: str) -> bool:
        """Keep a post until it is read; ``False`` when its channel is not read."""
        sql = """
            INSERT OR IGNORE INTO channel_posts SELECT ?, ? FROM channels WHERE chat_id = ?
        """
        with self._database.read() as db:  # spares other writers the posts of strangers' channels
            known = db.execute("SELECT 1 FROM channels WHERE chat_id = ?", (chat_id,)).fetchone()
        if known is None:
            return False
        with self._database.write() as db:
            return db.execute(sql, (update_id, message, chat_id)).rowcount > 0

    def first(self) -> StoredPost | None:
        """Return the post that waits longest."""
        sql = "SELECT update_id, message FROM channel_posts ORDER BY update_id LIMIT 1"
        with self._database.read() as db:
            row = db.execute(sql).fetchone()
        return StoredPost(*row) if row else None

    def done(self, post: StoredPost) -> None:
        """Forget a post that has been read."""
        with self._database.write() as db:
            db.execute("DELETE FROM channel_posts WHERE update_id = ?", (post.update_id,))
