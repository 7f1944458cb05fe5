"""Who wants what: the SQL of subscriptions, and of what they want less of."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.alerts.model import Interest, Place, Subscribed, Subscription
from qa import Library

SUBSCRIPTIONS_PER_CHAT = 50
STRICTEST = 5
"""Steps up to which "less like this" raises the strictness of a subscription."""

COLUMNS = "id, chat_id, thread_id, topic, source, after_number, strictness"


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a wish to subscribe; ``id`` is the subscription's, 0 when there is none."""

    outcome: Subscribed
    id: int = 0


class Subscriptions:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._database = library.database

    def subscribe(self, place: Place, interest: Interest, user_id: int, now: float) -> Made:
        """Tell this place of articles that come in from now on; case alone makes no difference."""
        with self._database.write() as connection:
            known = _select(connection, "WHERE chat_id = ? AND ended_at IS NULL", (place.chat_id,))
            for each in known:
                if each.place == place and _folded(each.interest) == _folded(interest):
                    return Made(Subscribed.ALREADY, each.id)
            if len(known) >= SUBSCRIPTIONS_PER_CHAT:
                return Made(Subscribed.TOO_MANY)
            # Read inside of the transaction: the matcher, which looks at the newest article and at
            # the subscriptions in one view, then misses neither.
            after = self._library.last_number()
            cursor = connection.execute(
                "INSERT INTO subscriptions (chat_id, thread_id, topic, source, after_number,"
                " created_at, created_by, last_match_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*place, interest.topic, interest.source, after, now, user_id, now),
            )
            return Made(Subscribed.NEW, cursor.lastrowid or 0)

    def of(self, place: Place) -> list[Subscription]:
        """Those of one place, oldest first."""
        with self._database.read() as connection:
            where = "WHERE chat_id = ? AND thread_id = ? AND ended_at IS NULL"
            return _select(connection, where, place)

    def lasting(self, ids: Collection[int]) -> list[Subscription]:
        """Those of ``ids`` that have not ended, oldest first."""
        with self._database.read() as connection:
            where = "WHERE id IN (SELECT value FROM json_each(?)) AND ended_at IS NULL"
            return _select(connection, where, (json.dumps(list(ids)),))

    def end(
        self, subscription_id: int, chat_id: int, now: float, *, may_be_undone: bool = False
    ) -> Subscription | None:
        """End one of the chat's, and drop what waits for it alone; ``None`` when it has ended.

        Of one whose end ``may_be_undone`` all stays: it is not sent, unless it is restored before.
        What the sender has tried stays: who mutes it has it, though that is not known here yet, or
        never will be, as the answer was lost. Its buttons go on; it is not sent again.
        """
        with self._database.write() as connection:
            where = "WHERE id = ? AND chat_id = ? AND ended_at IS NULL"
            found = _select(connection, where, (subscription_id, chat_id))
            if not found:
                return None
            connection.execute(
                "UPDATE subscriptions SET ended_at = ? WHERE id = ?", (now, subscription_id)
            )
            for state in () if may_be_undone else ("waiting", "collected"):
                connection.execute(
                    "DELETE FROM outbox WHERE state = ? AND chat_id = ? AND thread_id = ?"
                    " AND kind = 'alert' AND reasons = ? AND attempts = 0",
                    (state, *found[0].place, json.dumps([subscription_id])),
                )
        return found[0]

    def restore(self, subscription_id: int, chat_id: int) -> Subscription | None:
        """Undo the end of one of the chat's; ``None`` when it is forgotten already."""
        with self._database.write() as connection:
            values = (subscription_id, chat_id)
            # Ignored where the same was subscribed anew meanwhile.
            connection.execute(
                "UPDATE OR IGNORE subscriptions SET ended_at = NULL WHERE id = ? AND chat_id = ?",
                values,
            )
            found = _select(connection, "WHERE id = ? AND chat_id = ?", values)
        return found[0] if found else None

    def less_like(
        self, subscription_id: int, chat_id: int, article_number: int, passage: str
    ) -> bool:
        """Want less like ``passage``, and be stricter by a step; ``False`` when it has ended."""
        with self._database.write() as connection:
            where = "WHERE id = ? AND chat_id = ? AND ended_at IS NULL"
            if not _select(connection, where, (subscription_id, chat_id)):
                return False
            added = connection.execute(
                "INSERT OR IGNORE INTO less_like VALUES (?, ?, ?)",
                (subscription_id, article_number, passage),
            )
            if added.rowcount:  # the same button pressed twice is one step
                connection.execute(
                    "UPDATE subscriptions SET strictness = min(strictness + 1, ?) WHERE id = ?",
                    (STRICTEST, subscription_id),
                )
        return True

    # The matcher

    def revision(self) -> int:
        """A number that changes whenever the matcher must read the subscriptions again."""
        with self._database.read() as connection:
            row = connection.execute("SELECT number FROM subscriptions_revision").fetchone()
            return int(row[0])

    def all(self) -> list[Subscription]:
        """Every one that has not ended, oldest first."""
        with self._database.read() as connection:
            return _select(connection, "WHERE ended_at IS NULL")

    def passages_less_liked(self) -> dict[int, tuple[str, ...]]:
        """The passages that subscriptions (by id) want less like."""
        found: defaultdict[int, list[str]] = defaultdict(list)
        with self._database.read() as connection:
            query = "SELECT subscription, passage FROM less_like ORDER BY article_number"
            for subscription, passage in connection.execute(query):
                found[subscription].append(passage)
        return {subscription: tuple(passages) for subscription, passages in found.items()}

    # Housekeeping

    def silent(self, since: float) -> Subscription | None:
        """The one to a topic that has matched nothing for longest, and at all since ``since``."""
        with self._database.read() as connection:
            found = _select(
                connection,
                "WHERE ended_at IS NULL AND told_quiet_at IS NULL AND topic != ''"
                " AND last_match_at < ?",
                (since,),
                "last_match_at LIMIT 1",
            )
        return found[0] if found else None


def _select(
    connection: sqlite3.Connection,
    where: str,
    values: Sequence[object] = (),
    order: str = "id",
) -> list[Subscription]:
    query = f"SELECT {COLUMNS} FROM subscriptions {where} ORDER BY {order}"  # noqa: S608 literals
    return [
        Subscription(id_, Place(chat, thread), Interest(topic, source), after, strictness)
        for id_, chat, thread, topic, source, after, strictness in connection.execute(query, values)
    ]


def _folded(interest: Interest) -> tuple[str, str]:
    return interest.topic.casefold(), interest.source.casefold()
