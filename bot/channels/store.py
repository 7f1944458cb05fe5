"""The SQL of the channels that are read, and of their posts until they become articles."""

import time
from dataclasses import dataclass

from qa.store.database import Connection, Database

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
    # Posts whose page is down are read later; all versions of a post have the same place.
    """
    ALTER TABLE channel_posts ADD COLUMN announce INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE channel_posts ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE channel_posts ADD COLUMN not_before REAL NOT NULL DEFAULT 0;
    ALTER TABLE channel_posts ADD COLUMN place TEXT AS (
        CASE WHEN json_valid(message) THEN json_extract(message, '$.chat.id', '$.message_id') END
    ) VIRTUAL;
    """,
    # An article that is removed, and then comes again with an edit of its post, is not news.
    """
    CREATE TABLE channel_articles (
        id TEXT PRIMARY KEY,
        read_at REAL NOT NULL
    ) WITHOUT ROWID;
    """,
    # The name by which people follow a channel; known from its next post on.
    """
    ALTER TABLE channels ADD COLUMN username TEXT;
    """,
    # Which version of a post was read last: of several hosts, one may store an older one late.
    """
    CREATE TABLE channel_versions (
        place TEXT PRIMARY KEY,
        update_id INTEGER NOT NULL,
        read_at REAL NOT NULL  -- by the clock of the database
    ) WITHOUT ROWID;
    CREATE INDEX channel_versions_read ON channel_versions (read_at);
    """,
)

KEEP_SECONDS = 24 * 3600.0
"""How long the articles of posts are remembered; later edits are not news anyway."""


@dataclass(frozen=True, slots=True)
class StoredPost:
    """A post, or an edit of one, that waits to be read; ``message`` is the Bot API's, as JSON.

    ``place`` is the chat and message, the same for all versions of a post. ``announce=False``: no
    alerts are sent. ``tries`` counts how often it was put off.
    """

    update_id: int
    place: str | None
    message: str
    announce: bool
    tries: int


class ChannelStore:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, database: Database) -> None:
        """Create or migrate the tables."""
        self._database = database
        database.migrate("channels", MIGRATIONS)

    def join(self, chat_id: int, user_id: int, username: str | None = None) -> None:
        """Read this channel from now on; ``user_id`` is who added the bot to it."""
        sql = "INSERT OR IGNORE INTO channels (chat_id, added_by, added_at) VALUES (?, ?, ?)"
        with self._database.write() as db:
            db.execute(sql, (chat_id, user_id, time.time()))
            _rename(db, chat_id, username)

    def leave(self, chat_id: int) -> None:
        """Stop reading this channel; articles from its posts stay."""
        with self._database.write() as db:
            db.execute("DELETE FROM channels WHERE chat_id = ?", (chat_id,))

    def reads(self, username: str) -> bool:
        """Whether a channel of this name (in upper or lower case) is read."""
        sql = "SELECT 1 FROM channels WHERE username = ? COLLATE NOCASE"
        with self._database.read() as db:
            return db.execute(sql, (username,)).fetchone() is not None

    def put(
        self,
        update_id: int,
        chat_id: int,
        message: str,
        username: str | None = None,
        *,
        announce: bool = True,
    ) -> bool:
        """Store a post until it is read.

        ``False`` if its channel is not read, or a later version of the post was. ``username`` is
        the current name of the channel.
        """
        sql = """
            INSERT OR IGNORE INTO channel_posts (update_id, message, announce)
            SELECT ?, ?, ? FROM channels WHERE chat_id = ?
        """
        with self._database.read() as db:  # no write lock for posts of ignored channels
            known = db.execute("SELECT 1 FROM channels WHERE chat_id = ?", (chat_id,)).fetchone()
        if known is None:
            return False
        with self._database.write() as db:
            _rename(db, chat_id, username)
            is_new = db.execute(sql, (update_id, message, announce, chat_id)).rowcount > 0
            return is_new and not db.execute(_DELETE_READ, (update_id,)).rowcount

    def first(self, now: float) -> StoredPost | None:
        """The post that has waited longest and may be read ``now``; ``None`` if there is none.

        A post that was put off is skipped if an edit of it waits: the edit replaces it.
        """
        sql = """
            SELECT update_id, place, message, announce, tries FROM channel_posts AS waiting
            WHERE not_before <= ? AND (tries = 0 OR NOT EXISTS (
                SELECT 1 FROM channel_posts AS edit
                WHERE edit.place = waiting.place AND edit.update_id > waiting.update_id
            ))
            ORDER BY update_id LIMIT 1
        """
        with self._database.read() as db:
            row = db.execute(sql, (now,)).fetchone()
        if row is None:
            return None
        update_id, place, message, announce, tries = row
        return StoredPost(update_id, place, message, bool(announce), tries)

    def remember(self, article_id: str, now: float) -> None:
        """Note that a post became this article."""
        with self._database.write() as db:
            db.execute("INSERT OR REPLACE INTO channel_articles VALUES (?, ?)", (article_id, now))
            db.execute("DELETE FROM channel_articles WHERE read_at < ?", (now - KEEP_SECONDS,))

    def has_read(self, article_id: str) -> bool:
        """Whether a post became this article in the last day, even if it was removed since."""
        sql = "SELECT 1 FROM channel_articles WHERE id = ?"
        with self._database.read() as db:
            return db.execute(sql, (article_id,)).fetchone() is not None

    def put_off(self, post: StoredPost, until: float) -> None:
        """Let a post be read again from ``until`` on; later posts do not wait for it."""
        sql = "UPDATE channel_posts SET tries = tries + 1, not_before = ? WHERE update_id = ?"
        with self._database.write() as db:
            db.execute(sql, (until, post.update_id))

    def done(self, post: StoredPost) -> None:
        """Delete a post that was read, and earlier versions of it that were put off."""
        values = {"read": post.update_id, "place": post.place, "kept": KEEP_SECONDS}
        with self._database.write() as db:
            for sql in _DONE if post.place else _DONE[:1]:
                db.execute(sql, values)


_DELETE_READ = """
    DELETE FROM channel_posts WHERE update_id = ? AND EXISTS (
        SELECT 1 FROM channel_versions AS read
        WHERE read.place = channel_posts.place AND read.update_id >= channel_posts.update_id
    )
"""
_DONE = (
    "DELETE FROM channel_posts WHERE update_id = :read OR (place = :place AND update_id < :read)",
    "INSERT OR REPLACE INTO channel_versions VALUES (:place, :read, clock())",
    # The numbers of updates begin anew where nothing has happened for a week.
    "DELETE FROM channel_versions WHERE read_at < clock() - :kept",
)


def _rename(db: Connection, chat_id: int, username: str | None) -> None:
    db.execute("UPDATE channels SET username = ? WHERE chat_id = ?", (username, chat_id))
