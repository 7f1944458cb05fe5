"""Which updates were received, where several hosts do so, and which are left to handle.

An update may come to two hosts; or to one that is killed before it has handled it, so that another
host has to.
"""

import threading
import uuid
from collections.abc import Callable

from cachetools import LRUCache

from qa.store.database import Database

MIGRATIONS = (
    """
    CREATE TABLE updates (
        update_id INTEGER PRIMARY KEY,
        taker TEXT NOT NULL,
        received_at REAL NOT NULL,  -- by the clock of the database
        body TEXT  -- JSON, until it is handled
    );
    CREATE INDEX updates_received ON updates (received_at);
    CREATE INDEX updates_left ON updates (update_id) WHERE body IS NOT NULL;
    CREATE TABLE takers (taker TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;
    """,
    "ALTER TABLE takers ADD COLUMN messages INTEGER NOT NULL DEFAULT 0;",  # that it has sent
)
MOST = 10_000
"""Updates that a process remembers to have taken, at most."""
KEEP_SECONDS = 24 * 3600
"""How long Telegram keeps updates that it could not deliver."""
LIFE_SECONDS = 15.0
"""A process that has not reported for so long is dead."""

_LIVES = "INSERT OR REPLACE INTO takers (taker, until, messages) VALUES (?, clock() + ?, ?)"
_OLD = (
    "DELETE FROM takers WHERE until < clock() - ?",
    "DELETE FROM updates WHERE received_at < clock() - ?",
)
_LEFT = """
    SELECT update_id, body FROM updates
    WHERE body IS NOT NULL AND taker != ?
        AND taker NOT IN (SELECT taker FROM takers WHERE until > clock())
    ORDER BY update_id
"""


class ReceivedUpdates:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, database: Database, sent: Callable[[], int] = lambda: 0) -> None:
        """Create or migrate the tables; ``sent`` returns how many messages this process has sent.

        Other processes learn that with each update that this one takes.
        """
        self._sent = sent
        self._sent_by_others: dict[str, int] = {}
        self._taker = uuid.uuid4().hex
        self._guard = threading.Lock()
        self._taken: LRUCache[int, bool] = LRUCache(MOST)
        self._database = database
        database.migrate("received", MIGRATIONS)

    def take(self, update_id: int, body: str) -> bool:
        """Take an update, ``body`` in JSON; ``False`` if it was taken before.

        If that fails, it may have been written all the same; then the next try takes it.
        """
        with self._database.write() as connection:
            connection.execute(_LIVES, (self._taker, LIFE_SECONDS, self._sent()))
            sql = "INSERT OR IGNORE INTO updates VALUES (?, ?, clock(), ?)"
            connection.execute(sql, (update_id, self._taker, body))
            sql = "SELECT taker FROM updates WHERE update_id = ?"
            is_ours = connection.execute(sql, (update_id,)).fetchone()[0] == self._taker
        with self._guard:
            is_new = is_ours and update_id not in self._taken
            self._taken[update_id] = True
        return is_new

    def mark_handled(self, update_id: int) -> None:
        """Record that an update is handled, and delete its body."""
        with self._database.write() as connection:
            connection.execute("UPDATE updates SET body = NULL WHERE update_id = ?", (update_id,))

    def take_over(self) -> list[str]:
        """Report that this process is alive; take the updates of dead ones, oldest first.

        Call it more often than every ``LIFE_SECONDS``. Old rows are deleted.
        """
        with self._guard, self._database.write() as connection:
            connection.execute(_LIVES, (self._taker, LIFE_SECONDS, self._sent()))
            for old in _OLD:
                connection.execute(old, (KEEP_SECONDS,))
            left = connection.execute(_LEFT, (self._taker,)).fetchall()
            for row in left:
                sql = "UPDATE updates SET taker = ? WHERE update_id = ?"
                connection.execute(sql, (self._taker, row["update_id"]))
                self._taken[row["update_id"]] = True
        return [row["body"] for row in left]

    def sent_by_others(self) -> int:
        """Return how many messages other processes have sent since the last call."""
        before = self._sent_by_others
        with self._database.read() as connection:
            sql = "SELECT taker, messages FROM takers WHERE taker != ?"
            self._sent_by_others = dict(connection.execute(sql, (self._taker,)).fetchall())
        return sum(sent - before.get(taker, sent) for taker, sent in self._sent_by_others.items())
