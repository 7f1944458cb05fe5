"""The SQL of people whom the bot does not answer."""

from bot.subscriptions.model import Person
from qa.store.database import Database

MIGRATIONS = (
    """
    CREATE TABLE blocked (
        user_id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        blocked_at REAL NOT NULL
    );
    """,
)


class BlockStore:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, database: Database) -> None:
        """Create or migrate the table; those of the alerts are up to date."""
        self._database = database
        database.migrate("blocks", MIGRATIONS)

    def has(self, user_id: int) -> bool:
        """Whether a person is blocked."""
        with self._database.read() as connection:
            query = "SELECT 1 FROM blocked WHERE user_id = ?"
            return connection.execute(query, (user_id,)).fetchone() is not None

    def all(self) -> list[Person]:
        """Everybody who is blocked, most recent first."""
        with self._database.read() as connection:
            query = "SELECT user_id, name FROM blocked ORDER BY blocked_at DESC, user_id"
            return [Person(*row) for row in connection.execute(query)]

    def put(self, person: Person, now: float) -> None:
        """Block a person, and give up what waits for their private chat."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO blocked VALUES (?, ?, ?)", (person.id, person.name, now)
            )
            connection.execute(
                "UPDATE outbox SET state = 'given up', settled_at = ?"
                " WHERE chat_id = ? AND state IN ('waiting', 'collected')",
                (now, person.id),
            )

    def remove(self, user_id: int, now: float) -> bool:
        """Unblock a person; ``False`` if they are not blocked.

        Their subscriptions resume with articles that come in from now on.
        """
        with self._database.write() as connection:
            query = "DELETE FROM blocked WHERE user_id = ?"
            if not connection.execute(query, (user_id,)).rowcount:
                return False
            connection.execute(
                "UPDATE subscriptions SET last_match_at = ? WHERE chat_id = ?", (now, user_id)
            )
        return True
