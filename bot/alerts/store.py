"""The alerts' tables as a whole: brought up to date, and what goes through all of them."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from sqlite3 import Connection

from bot.alerts.cursor import Cursor
from bot.alerts.model import Place
from bot.alerts.outbox import KEEP_SECONDS, Outbox
from bot.alerts.places import Places
from bot.alerts.prompts import Prompts
from bot.alerts.schema import MIGRATIONS
from bot.alerts.subscriptions import Subscriptions
from qa.library import Library

OF_A_PLACE = ("subscriptions", "places", "outbox")


class AlertStore:
    """All methods, and those of its parts, block on the disk: never call them on the event loop."""

    def __init__(self, library: Library) -> None:
        """Create or migrate the tables."""
        self._database = library.database
        self._database.migrate("bot", MIGRATIONS)
        self.cursor = Cursor(library)
        self.subscriptions = Subscriptions(library)
        self.places = Places(self._database)
        self.outbox = Outbox(self._database)
        self.prompts = Prompts(self._database)

    def view(self) -> AbstractContextManager[Connection]:
        """One consistent view for all that is read inside."""
        return self._database.read()

    def counts(self) -> tuple[int, int]:
        """How many subscriptions there are, and how many messages wait to be sent."""
        with self._database.read() as connection:
            query = "SELECT count(*) FROM subscriptions WHERE ended_at IS NULL"
            return connection.execute(query).fetchone()[0], self.outbox.waiting()

    def end_subscriptions(self, place: Place) -> int:
        """End all that a place is told of; how many subscriptions ended. Its hours stay."""
        return self._end("chat_id = ? AND thread_id = ?", place, ("subscriptions", "outbox"))

    def end_place(self, place: Place) -> int:
        """Forget a place with all that it is told of; how many subscriptions ended."""
        return self._end("chat_id = ? AND thread_id = ?", place)

    def end_chat(self, chat_id: int) -> int:
        """Forget a chat with all that it is told of; how many subscriptions ended."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM prompts WHERE chat_id = ?", (chat_id,))
        return self._end("chat_id = ?", (chat_id,))

    def _end(self, where: str, values: tuple[int, ...], tables: Sequence[str] = OF_A_PLACE) -> int:
        with self._database.write() as connection:
            query = f"SELECT count(*) FROM subscriptions WHERE {where} AND ended_at IS NULL"  # noqa: S608 a literal
            count = int(connection.execute(query, values).fetchone()[0])
            for table in tables:
                connection.execute(f"DELETE FROM {table} WHERE {where}", values)  # noqa: S608 literals
        return count

    def move(self, old_chat: int, new_chat: int) -> None:
        """A group became a supergroup: all of its rows follow, duplicates become one.

        The older one of two equal subscriptions stays, since what waits was matched by it. What
        was told under one id does not wait under the other.
        """
        chats = {"old": old_chat, "new": new_chat}
        if old_chat == new_chat:
            return
        with self._database.write() as connection:
            for statement in _MOVE:
                connection.execute(statement, chats)

    def forget(self, now: float) -> None:
        """Forget what nobody can ask for any more."""
        self.outbox.forget(now)
        with self._database.write() as connection:
            long_ago = (now - KEEP_SECONDS,)
            connection.execute("DELETE FROM subscriptions WHERE ended_at < ?", long_ago)
            connection.execute("DELETE FROM prompts WHERE asked_at < ?", long_ago)


_MOVE = (
    """
    DELETE FROM subscriptions WHERE chat_id = :new AND EXISTS (
        SELECT 1 FROM subscriptions AS old
        WHERE old.chat_id = :old AND old.thread_id = subscriptions.thread_id
            AND old.topic = subscriptions.topic AND old.source = subscriptions.source
            AND old.ended_at IS NULL
    )
    """,
    "UPDATE subscriptions SET chat_id = :new WHERE chat_id = :old",
    "UPDATE OR IGNORE places SET chat_id = :new WHERE chat_id = :old",
    "DELETE FROM places WHERE chat_id = :old",
    """
    DELETE FROM outbox WHERE chat_id = :new AND state IN ('waiting', 'collected')
        AND kind = 'alert' AND (thread_id, article_number) IN
            (SELECT thread_id, article_number FROM outbox WHERE chat_id = :old AND kind = 'alert')
    """,
    # Messages have other numbers in the new chat, and none of the old ones can be edited.
    """
    UPDATE OR IGNORE outbox SET chat_id = :new, lease_until = 0, message_id = NULL
    WHERE chat_id = :old
    """,
    "DELETE FROM outbox WHERE chat_id = :old",
    "DELETE FROM prompts WHERE chat_id = :old",
)
