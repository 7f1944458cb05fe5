"""Which updates have come: with several hosts one may come to two of them."""

import threading
import uuid

from cachetools import LRUCache

from qa.store.database import Database

MIGRATIONS = (
    """
    CREATE TABLE updates (
        update_id INTEGER PRIMARY KEY,
        taker TEXT NOT NULL,
        received_at REAL NOT NULL  -- by the clock of the database
    );
    CREATE INDEX updates_received ON updates (received_at);
    """,
)
MOST = 10_000
"""Updates that one process remembers to have taken."""
KEEP_SECONDS = 24 * 3600
"""How long Telegram keeps what it could not deliver."""


class ReceivedUpdates:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, database: Database) -> None:
        """Create or migrate the table."""
        self._taker = uuid.uuid4().hex
        self._guard = threading.Lock()
        self._taken: LRUCache[int, bool] = LRUCache(MOST)
        self._database = database
        database.migrate("received", MIGRATIONS)

    def take(self, update_id: int) -> bool:
        """Whether an update comes for the first time; from now on it does not.

        Where that fails, it may have been written all the same: then the next try takes it.
        """
        with self._database.write() as connection:
            sql = "DELETE FROM updates WHERE received_at < clock() - ?"
            connection.execute(sql, (KEEP_SECONDS,))
            sql = "INSERT OR IGNORE INTO updates VALUES (?, ?, clock())"
            connection.execute(sql, (update_id, self._taker))
            sql = "SELECT taker FROM updates WHERE update_id = ?"
            is_ours = connection.execute(sql, (update_id,)).fetchone()[0] == self._taker
        with self._guard:
            is_new = is_ours and update_id not in self._taken
            self._taken[update_id] = True
        return is_new
