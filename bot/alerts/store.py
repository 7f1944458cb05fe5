"""All tables of the alerts: their migrations, and what changes several of them at once."""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager

from bot.alerts.blocks import BlockStore
from bot.alerts.correction_store import CorrectionStore
from bot.alerts.cursor import Cursor
from bot.alerts.language_store import ChatLanguages
from bot.alerts.outbox import KEEP_SECONDS, Outbox
from bot.alerts.pauses import PauseStore
from bot.alerts.prompts import PromptStore
from bot.alerts.replies import ReplyStore
from bot.alerts.schema import MIGRATIONS
from bot.alerts.subscription_store import Subscriptions
from bot.alerts.timetable_store import Timetables
from bot.subscriptions.model import Destination
from bot.texts.languages import Languages
from qa.library import Library
from qa.store.database import Connection

TABLES = ("subscriptions", "places", "outbox", "pauses")


class AlertStore:
    """All methods, and those of its parts, block on the disk: never call them on the event loop."""

    def __init__(
        self,
        library: Library,
        languages: Languages | None = None,
        served: Collection[int] = (),
    ) -> None:
        """Create or migrate the tables; ``languages`` are all of the bot's by default.

        ``served`` are the ids of the chats and people who get alerts; everybody if empty.
        """
        self._database = library.database
        self._database.migrate("bot", MIGRATIONS)
        self.cursor = Cursor(library)
        self.blocks = BlockStore(self._database)
        self.corrections = CorrectionStore(library)
        self.subscriptions = Subscriptions(library, served)
        self.timetables = Timetables(self._database)
        self.outbox = Outbox(self._database)
        self.prompts = PromptStore(self._database)
        self.pauses = PauseStore(self._database)
        self.replies = ReplyStore(self._database)
        self.languages = ChatLanguages(self._database, languages or Languages())

    def view(self) -> AbstractContextManager[Connection]:
        """One consistent view for everything that is read inside."""
        return self._database.read()

    def counts(self) -> tuple[int, int]:
        """Count the active subscriptions and the messages that wait to be sent."""
        with self._database.read() as connection:
            query = "SELECT count(*) FROM subscriptions WHERE ended_at IS NULL"
            return connection.execute(query).fetchone()[0], self.outbox.waiting()

    def undelivered(self) -> tuple[int, int]:
        """Count the paused places, and the messages that Telegram has refused for good."""
        with self._database.read():
            return self.pauses.count(), self.outbox.refused()

    def end_subscriptions(self, destination: Destination) -> int:
        """End all subscriptions of a destination, and count them; its timetable stays."""
        tables = ("subscriptions", "outbox", "pauses")
        return self._delete("chat_id = ? AND thread_id = ?", destination, tables)

    def end_destination(self, destination: Destination) -> int:
        """Delete everything about a destination; returns the number of its subscriptions."""
        return self._delete("chat_id = ? AND thread_id = ?", destination)

    def end_chat(self, chat_id: int) -> int:
        """Delete everything about a chat; returns the number of its subscriptions."""
        with self._database.write() as connection:
            for table in ("prompts", "replies", "chat_languages"):
                connection.execute(f"DELETE FROM {table} WHERE chat_id = ?", (chat_id,))  # noqa: S608 literals
        return self._delete("chat_id = ?", (chat_id,))

    def _delete(self, where: str, values: tuple[int, ...], tables: Sequence[str] = TABLES) -> int:
        with self._database.write() as connection:
            query = f"SELECT count(*) FROM subscriptions WHERE {where} AND ended_at IS NULL"  # noqa: S608 a literal
            count = int(connection.execute(query, values).fetchone()[0])
            for table in tables:
                connection.execute(f"DELETE FROM {table} WHERE {where}", values)  # noqa: S608 literals
        return count

    def move(self, old_chat: int, new_chat: int) -> None:
        """A group became a supergroup: all of its rows move, and duplicates are merged.

        Of two equal subscriptions the older one stays, since waiting alerts refer to it. What was
        sent under one id is not sent again under the other.
        """
        chats = {"old": old_chat, "new": new_chat}
        if old_chat == new_chat:
            return
        with self._database.write() as connection:
            for statement in _MOVE:
                connection.execute(statement, chats)

    def forget(self, now: float) -> None:
        """Delete what can no longer be needed."""
        self.outbox.forget(now)
        with self._database.write() as connection:
            long_ago = (now - KEEP_SECONDS,)
            connection.execute("DELETE FROM subscriptions WHERE ended_at < ?", long_ago)
            connection.execute("DELETE FROM prompts WHERE asked_at < ?", long_ago)
            connection.execute("DELETE FROM replies WHERE answered_at < ?", long_ago)


_MOVE = (
    """
    DELETE FROM subscriptions WHERE chat_id = :new AND EXISTS (
        SELECT 1 FROM subscriptions AS old
        WHERE old.chat_id = :old AND old.thread_id = subscriptions.thread_id
            AND old.topic = subscriptions.topic AND old.source = subscriptions.source
            AND old.question = subscriptions.question
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
    # Messages have other ids in the new chat, so the old ones cannot be edited.
    """
    UPDATE OR IGNORE outbox SET chat_id = :new, lease_until = 0, message_id = NULL
    WHERE chat_id = :old
    """,
    "DELETE FROM outbox WHERE chat_id = :old",
    "UPDATE OR IGNORE pauses SET chat_id = :new WHERE chat_id = :old",
    "DELETE FROM pauses WHERE chat_id = :old",
    "DELETE FROM prompts WHERE chat_id = :old",
    "DELETE FROM replies WHERE chat_id = :old",
    "UPDATE OR IGNORE chat_languages SET chat_id = :new WHERE chat_id = :old",
    "DELETE FROM chat_languages WHERE chat_id = :old",
)
