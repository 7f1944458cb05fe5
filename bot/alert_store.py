"""Subscriptions, the outbox of alerts and the matcher's cursor at rest: all of the room's SQL.

Times are seconds since the epoch. ``thread_id`` is a forum topic's, 0 outside of forums; ``topic``
is what a subscription is about, ``""`` for every article.
"""

import json
import sqlite3
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from qa.article import Article
from qa.database import Database
from qa.library import Library

LEASE_SECONDS = 30.0
"""A claimed alert that is neither settled nor put off by then may be claimed again."""
KEEP_SECONDS = 7 * 24 * 3600.0
SUBSCRIPTIONS_PER_CHAT = 50

MIGRATIONS = [
    """
    CREATE TABLE subscriptions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again: old buttons carry it
        chat_id INTEGER NOT NULL,
        thread_id INTEGER NOT NULL,
        topic TEXT NOT NULL,
        after_number INTEGER NOT NULL,
        created_at REAL NOT NULL,
        created_by INTEGER NOT NULL,
        UNIQUE (chat_id, thread_id, topic)
    );
    CREATE TABLE outbox (
        chat_id INTEGER NOT NULL,
        thread_id INTEGER NOT NULL,
        article_number INTEGER NOT NULL,
        article_id TEXT NOT NULL,
        topics TEXT NOT NULL,
        html TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'given up')),
        lease_until REAL NOT NULL DEFAULT 0,
        not_before REAL NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        settled_at REAL,
        UNIQUE (chat_id, thread_id, article_number)
    );
    CREATE INDEX outbox_waiting ON outbox (article_number, chat_id, thread_id)
        WHERE state = 'waiting';
    CREATE INDEX outbox_waiting_of_chat ON outbox (chat_id, article_number, thread_id)
        WHERE state = 'waiting';
    CREATE TABLE cursor (
        only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
        article_number INTEGER NOT NULL
    );
    """
]

WAITING = "SELECT count(*) FROM outbox WHERE state = 'waiting'"

CLAIM = """
    UPDATE outbox SET lease_until = :now + :lease, attempts = attempts + 1
    WHERE rowid = (
        SELECT candidate.rowid FROM outbox AS candidate
        WHERE state = 'waiting' AND lease_until <= :now AND not_before <= :now
            AND chat_id NOT IN (SELECT value FROM json_each(:resting))
            AND NOT EXISTS (
                SELECT 1 FROM outbox AS earlier
                WHERE earlier.state = 'waiting' AND earlier.chat_id = candidate.chat_id
                    AND (earlier.article_number, earlier.thread_id)
                        < (candidate.article_number, candidate.thread_id)
            )
        ORDER BY article_number, chat_id, thread_id LIMIT 1
    )
    RETURNING chat_id, thread_id, article_number, article_id, html, attempts
"""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A chat (and its forum topic) that is told of new articles about a topic."""

    id: int
    chat_id: int
    thread_id: int
    topic: str
    after_number: int


@dataclass(frozen=True, slots=True)
class Alert:
    """One message to be sent; ``attempts`` counts the claims, this one included."""

    chat_id: int
    thread_id: int
    article_number: int
    article_id: str
    html: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Matched:
    """One chat's alert of an article: the message, and the subscriptions that ask for it."""

    subscriptions: tuple[Subscription, ...]
    html: str


class Subscribed(Enum):
    """What became of a wish to subscribe."""

    NEW = "new"
    ALREADY = "already"
    TOO_MANY = "too many"


class AlertStore:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, library: Library) -> None:
        """Create or migrate the tables; a new cursor starts behind the newest article."""
        self._library = library
        self._database: Database = library.database
        self._database.migrate("bot", MIGRATIONS)
        with self._database.read() as connection:
            if connection.execute("SELECT 1 FROM cursor").fetchone():
                return  # and write nothing, so that a full disk does not hinder `status`
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO cursor VALUES (1, ?)", (library.last_number(),)
            )

    # Subscriptions

    def subscribe(self, chat_id: int, thread_id: int, topic: str, user_id: int) -> Subscribed:
        """Tell this chat of articles that come in from now on; topics differ by more than case."""
        with self._database.write() as connection:
            rows = connection.execute(
                "SELECT thread_id, topic FROM subscriptions WHERE chat_id = ?", (chat_id,)
            ).fetchall()
            if (thread_id, topic.casefold()) in {(row[0], row[1].casefold()) for row in rows}:
                return Subscribed.ALREADY
            if len(rows) >= SUBSCRIPTIONS_PER_CHAT:
                return Subscribed.TOO_MANY
            # Read inside of the transaction: the matcher, which looks at the newest article first
            # and at the subscriptions second, then misses neither.
            connection.execute(
                "INSERT INTO subscriptions (chat_id, thread_id, topic, after_number, created_at,"
                " created_by) VALUES (?, ?, ?, ?, ?, ?)",
                (chat_id, thread_id, topic, self._library.last_number(), time.time(), user_id),
            )
        return Subscribed.NEW

    def subscriptions(self, chat_id: int, thread_id: int) -> list[Subscription]:
        """Those of one place, oldest first."""
        with self._database.read() as connection:
            return _subscriptions(
                connection, "WHERE chat_id = ? AND thread_id = ?", (chat_id, thread_id)
            )

    def end(self, subscription_id: int, chat_id: int) -> Subscription | None:
        """End one of the chat's subscriptions; ``None`` when it has ended already."""
        with self._database.write() as connection:
            found = _subscriptions(
                connection, "WHERE id = ? AND chat_id = ?", (subscription_id, chat_id)
            )
            if not found:
                return None
            connection.execute("DELETE FROM subscriptions WHERE id = ?", (subscription_id,))
            connection.execute(
                "DELETE FROM outbox WHERE state = 'waiting' AND chat_id = ? AND thread_id = ?"
                " AND topics = ?",
                (chat_id, found[0].thread_id, json.dumps([found[0].topic])),
            )
        return found[0]

    def end_thread(self, chat_id: int, thread_id: int) -> int:
        """End all of one place, and drop what waits for it; how many ended."""
        return self._end("chat_id = ? AND thread_id = ?", (chat_id, thread_id))

    def end_chat(self, chat_id: int) -> int:
        """End all of a chat, and drop what waits for it; how many ended."""
        return self._end("chat_id = ?", (chat_id,))

    def _end(self, where: str, values: tuple[int, ...]) -> int:
        with self._database.write() as connection:
            waiting = f"DELETE FROM outbox WHERE state = 'waiting' AND {where}"  # noqa: S608 a literal
            connection.execute(waiting, values)
            subscribed = f"DELETE FROM subscriptions WHERE {where}"  # noqa: S608 a literal
            return connection.execute(subscribed, values).rowcount

    def move(self, old_chat: int, new_chat: int) -> None:
        """A group became a supergroup: all of its rows follow, duplicates become one."""
        chats = {"old": old_chat, "new": new_chat}
        with self._database.write() as connection:
            connection.execute(
                "UPDATE OR IGNORE subscriptions SET chat_id = :new WHERE chat_id = :old", chats
            )
            connection.execute("DELETE FROM subscriptions WHERE chat_id = :old", chats)
            # What was sent under the old id must not wait under the new one.
            connection.execute(
                "DELETE FROM outbox WHERE chat_id = :new AND state = 'waiting'"
                " AND (thread_id, article_number) IN"
                " (SELECT thread_id, article_number FROM outbox WHERE chat_id = :old)",
                chats,
            )
            connection.execute(
                "UPDATE OR IGNORE outbox SET chat_id = :new, lease_until = 0 WHERE chat_id = :old",
                chats,
            )
            connection.execute("DELETE FROM outbox WHERE chat_id = :old", chats)

    # The matcher

    def unmatched(self) -> tuple[Article, list[Subscription]] | None:
        """The first article behind the cursor and who may want it; ``None`` when all is matched."""
        with self._database.read() as connection:
            cursor = connection.execute("SELECT article_number FROM cursor").fetchone()[0]
            articles = self._library.articles_after(cursor, 1)
            if not articles:
                return None
            number = articles[0].number
            return articles[0], _subscriptions(connection, "WHERE after_number < ?", (number,))

    def record(self, article: Article, matches: Iterable[Matched]) -> None:
        """Put the article's alerts into the outbox and move the cursor, all or nothing.

        Subscriptions that have ended meanwhile get nothing; an article behind the cursor is done.
        """
        with self._database.write() as connection:
            moved = connection.execute(
                "UPDATE cursor SET article_number = :n WHERE article_number < :n",
                {"n": article.number},
            )
            if not moved.rowcount:
                return
            lasting = {each.id for each in _subscriptions(connection)}
            for match in matches:
                still = [each for each in match.subscriptions if each.id in lasting]
                if still:
                    _put(connection, article, still, match.html)

    # The sender

    def claim(self, now: float, resting: Collection[int] = ()) -> Alert | None:
        """Lease the alert of the oldest article that may be sent now; ``None`` when none may.

        Each chat gets its alerts in order: one that waits holds up those behind it, and no other
        chat's. ``resting`` names chats that must be left alone.
        """
        values = {"now": now, "lease": LEASE_SECONDS, "resting": json.dumps(list(resting))}
        with self._database.read() as connection:  # spares the idle bot a lock on the file
            if not connection.execute(WAITING).fetchone()[0]:
                return None
        with self._database.write() as connection:
            # All rows are fetched: an unfinished statement would hold up the commit.
            rows = connection.execute(CLAIM, values).fetchall()
        return Alert(**dict(rows[0])) if rows else None

    def settle(self, alert: Alert, *, sent: bool, now: float) -> None:
        """The alert was sent, or is given up for good; either way it is never claimed again."""
        state = "sent" if sent else "given up"
        self._update(alert, "state = ?, settled_at = ?", (state, now))

    def postpone(self, alert: Alert, until: float) -> None:
        """Give the lease back; the alert may be claimed from ``until`` on."""
        self._update(alert, "lease_until = 0, not_before = ?", (until,))

    def _update(self, alert: Alert, assignments: str, values: tuple[object, ...]) -> None:
        with self._database.write() as connection:
            connection.execute(
                f"UPDATE outbox SET {assignments}"  # noqa: S608 literals, see above
                " WHERE chat_id = ? AND thread_id = ? AND article_number = ?",
                (*values, alert.chat_id, alert.thread_id, alert.article_number),
            )

    def sweep(self, now: float) -> None:
        """Forget alerts settled a week ago; the cursor keeps them from coming again."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM outbox WHERE settled_at < ?", (now - KEEP_SECONDS,))

    def counts(self) -> tuple[int, int]:
        """How many subscriptions there are, and how many alerts wait."""
        with self._database.read() as connection:
            subscriptions = connection.execute("SELECT count(*) FROM subscriptions").fetchone()
            return subscriptions[0], connection.execute(WAITING).fetchone()[0]


def _subscriptions(
    connection: sqlite3.Connection, where: str = "", values: Sequence[int] = ()
) -> list[Subscription]:
    columns = "id, chat_id, thread_id, topic, after_number"
    query = f"SELECT {columns} FROM subscriptions {where} ORDER BY id"  # noqa: S608 only literals
    return [Subscription(*row) for row in connection.execute(query, values)]


def _put(
    connection: sqlite3.Connection, article: Article, wanted: list[Subscription], html: str
) -> None:
    place = wanted[0]
    topics = json.dumps([each.topic for each in wanted])
    connection.execute(
        "INSERT OR IGNORE INTO outbox (chat_id, thread_id, article_number, article_id, topics,"
        " html) VALUES (?, ?, ?, ?, ?, ?)",
        (place.chat_id, place.thread_id, article.number, article.id, topics, html),
    )
