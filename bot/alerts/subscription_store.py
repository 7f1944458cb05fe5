"""The SQL of subscriptions, and of the passages that were disliked for them."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from bot.subscriptions.model import (
    Destination,
    Interest,
    Subscribed,
    SubscribeOutcome,
    Subscription,
)
from qa import Library, Quote
from qa.store.database import Connection

SUBSCRIPTIONS_PER_CHAT = 50
STRICTEST = 5
"""Highest strictness that "Less like this" or "Not an answer" gives a subscription."""

COLUMNS = "id, chat_id, thread_id, topic, source, question, after_number, strictness"
SERVED = (
    "chat_id NOT IN (SELECT user_id FROM blocked) AND (:served = '[]'"
    " OR chat_id IN (SELECT value FROM json_each(:served))"
    " OR created_by IN (SELECT value FROM json_each(:served)))"
)
"""Subscriptions of all others rest: nothing is matched or reported for them."""
FOLLOWING = f"ended_at IS NULL AND after_number <= :last AND {SERVED}"


class Subscriptions:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, library: Library, served: Collection[int] = ()) -> None:
        self._library = library
        self._served = json.dumps(sorted(served))
        self._database = library.database

    def subscribe(
        self,
        destination: Destination,
        interest: Interest,
        user_id: int,
        now: float,
        quoted: Iterable[Quote] = (),
    ) -> Subscribed:
        """Subscribe to articles that are added from now on; letter case makes no difference.

        The quotes in ``quoted`` have answered the question already, so they are not news.
        """
        with self._database.write() as connection:
            where = "WHERE chat_id = ? AND ended_at IS NULL"
            existing = _select(connection, where, (destination.chat_id,))
            for each in existing:
                if each.destination == destination and _folded(each.interest) == _folded(interest):
                    return Subscribed(SubscribeOutcome.ALREADY, each.id)
            if len(existing) >= SUBSCRIPTIONS_PER_CHAT:
                return Subscribed(SubscribeOutcome.TOO_MANY)
            # Read inside the transaction: the matcher reads the newest article and the
            # subscriptions in one view, so it misses neither.
            after = self._library.last_number()
            cursor = connection.execute(
                "INSERT INTO subscriptions (chat_id, thread_id, topic, source, question,"
                " after_number, created_at, created_by, last_match_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *destination,
                    *(interest.topic, interest.source, interest.question),
                    *(after, now, user_id, now),
                ),
            )
            # Read first: with PostgreSQL it is a query, which would deadlock inside the next one.
            number = cursor.lastrowid or 0
            connection.executemany(
                "INSERT OR IGNORE INTO quoted VALUES (?, ?, ?)",
                [(number, each.article.number, each.sentence) for each in quoted],
            )
            return Subscribed(SubscribeOutcome.NEW, number)

    def of(self, destination: Destination) -> list[Subscription]:
        """The active subscriptions of a destination, oldest first."""
        with self._database.read() as connection:
            where = "WHERE chat_id = ? AND thread_id = ? AND ended_at IS NULL"
            return _select(connection, where, destination)

    def active(self, ids: Collection[int]) -> list[Subscription]:
        """The active subscriptions among ``ids``, oldest first."""
        with self._database.read() as connection:
            where = "WHERE id IN (SELECT value FROM json_each(?)) AND ended_at IS NULL"
            return _select(connection, where, (json.dumps(list(ids)),))

    def end(
        self, subscription_id: int, chat_id: int, now: float, *, can_be_undone: bool = False
    ) -> Subscription | None:
        """End one of the chat's subscriptions; ``None`` if it has already ended.

        Alerts that wait for it alone are deleted, unless it ``can_be_undone``: those are kept, and
        only sent if it is restored. Rows already attempted are kept: the message may have been
        delivered even if we never got the reply, and its buttons must go on working.
        """
        with self._database.write() as connection:
            where = "WHERE id = ? AND chat_id = ? AND ended_at IS NULL"
            found = _select(connection, where, (subscription_id, chat_id))
            if not found:
                return None
            connection.execute(
                "UPDATE subscriptions SET ended_at = ? WHERE id = ?", (now, subscription_id)
            )
            for state in () if can_be_undone else ("waiting", "collected"):
                connection.execute(
                    "DELETE FROM outbox WHERE state = ? AND chat_id = ? AND thread_id = ?"
                    " AND kind = 'alert' AND reasons = ? AND attempts = 0",
                    (state, *found[0].destination, json.dumps([subscription_id])),
                )
        return found[0]

    def restore(self, subscription_id: int, chat_id: int) -> Subscription | None:
        """Undo the end of one of the chat's subscriptions; ``None`` if it was deleted."""
        with self._database.write() as connection:
            values = (subscription_id, chat_id)
            # Ignored if the chat has subscribed to the same again.
            connection.execute(
                "UPDATE OR IGNORE subscriptions SET ended_at = NULL WHERE id = ? AND chat_id = ?",
                values,
            )
            found = _select(connection, "WHERE id = ? AND chat_id = ?", values)
        return found[0] if found else None

    def dislike(
        self, subscription_id: int, chat_id: int, article_number: int, passage: str
    ) -> Subscription | None:
        """Match fewer articles like ``passage``, and be stricter; ``None`` if it has ended."""
        with self._database.write() as connection:
            where = "WHERE id = ? AND chat_id = ? AND ended_at IS NULL"
            found = _select(connection, where, (subscription_id, chat_id))
            if not found:
                return None
            added = connection.execute(
                "INSERT OR IGNORE INTO less_like VALUES (?, ?, ?)",
                (subscription_id, article_number, passage),
            )
            if added.rowcount:  # the same button tapped twice counts once
                connection.execute(
                    "UPDATE subscriptions SET strictness = min(strictness + 1, ?) WHERE id = ?",
                    (STRICTEST, subscription_id),
                )
        return found[0]

    # The matcher

    def interests_after(self, subscription_id: int) -> tuple[list[Interest], int]:
        """What has been subscribed to since that id, each once, oldest first; and the newest id.

        Subscriptions that have ended are included: they may be restored.
        """
        with self._database.read() as connection:
            newest = connection.execute("SELECT max(id) FROM subscriptions").fetchone()[0] or 0
            if newest <= subscription_id:
                return [], subscription_id
            query = (
                "SELECT topic, source, question FROM subscriptions WHERE id > ?"
                " GROUP BY topic, source, question ORDER BY min(id)"
            )
            return [Interest(*row) for row in connection.execute(query, (subscription_id,))], newest

    def following(
        self,
        last: int,
        *,
        topics: Iterable[str] = (),
        questions: Iterable[str] = (),
        sources: Iterable[str] = (),
    ) -> list[Subscription]:
        """The active subscriptions to any of these that do not rest; oldest of each kind first.

        They began when the article with the number ``last`` was the newest, or earlier. ``sources``
        are those of subscriptions without a topic; an empty one stands for every article.
        """
        values = {"last": last, "served": self._served}
        found = []
        with self._database.read() as connection:
            for where, among in (
                ("question = '' AND topic", topics),
                ("question", questions),
                ("question = '' AND topic = '' AND source", sources),
            ):
                if wanted := list(among):
                    found += _select(
                        connection,
                        f"WHERE {where} IN (SELECT value FROM json_each(:wanted)) AND {FOLLOWING}",  # noqa: S608 literals
                        {**values, "wanted": json.dumps(wanted)},
                    )
        return found

    def disliked_passages(self, ids: Collection[int]) -> dict[int, tuple[str, ...]]:
        """The disliked passages of the subscriptions with these ids."""
        found: defaultdict[int, list[str]] = defaultdict(list)
        with self._database.read() as connection:
            query = (
                "SELECT subscription, passage FROM less_like"
                " WHERE subscription IN (SELECT value FROM json_each(?)) ORDER BY article_number"
            )
            for subscription, passage in connection.execute(query, (json.dumps(list(ids)),)):
                found[subscription].append(passage)
        return {subscription: tuple(passages) for subscription, passages in found.items()}

    def quoted(self, ids: Collection[int]) -> dict[int, list[tuple[int, str]]]:
        """What has answered saved questions: article numbers and sentences, by subscription id."""
        found: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
        with self._database.read() as connection:
            query = "SELECT * FROM quoted WHERE subscription IN (SELECT value FROM json_each(?))"
            for subscription, number, sentence in connection.execute(
                query, (json.dumps(list(ids)),)
            ):
                found[subscription].append((number, sentence))
        return found

    # Housekeeping

    def silent(self, since: float) -> Subscription | None:
        """The topic that has matched nothing for longest, if its last match was before ``since``.

        Topics whose subscribers have had a notice are left out.
        """
        with self._database.read() as connection:
            found = _select(
                connection,
                "WHERE ended_at IS NULL AND told_quiet_at IS NULL AND topic != ''"
                f" AND last_match_at < :since AND {SERVED}",
                {"since": since, "served": self._served},
                "last_match_at LIMIT 1",
            )
        return found[0] if found else None


def _select(
    connection: Connection,
    where: str,
    values: Sequence[object] | Mapping[str, object] = (),
    order: str = "id",
) -> list[Subscription]:
    query = f"SELECT {COLUMNS} FROM subscriptions {where} ORDER BY {order}"  # noqa: S608 literals
    return [
        Subscription(id_, Destination(chat, thread), Interest(*said), after, strictness)
        for id_, chat, thread, *said, after, strictness in connection.execute(query, values)
    ]


def _folded(interest: Interest) -> tuple[str, ...]:
    return tuple(map(str.casefold, (interest.topic, interest.source, interest.question)))
