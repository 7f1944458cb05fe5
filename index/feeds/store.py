"""Feeds and their entries at rest: all of this room's SQL."""

import json
import sqlite3
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from index.feeds.model import Feed, Health, Polled, Reading
from index.feeds.schema import MIGRATIONS
from qa.store.database import Database


class FeedStore:
    """All methods block on the disk."""

    def __init__(self, database: Database) -> None:
        """Create or migrate the tables."""
        self._database = database
        database.migrate("index", MIGRATIONS)

    # Feeds

    def follow(self, url: str, title: str, now: datetime, due_at: datetime) -> Feed:
        """Add a feed, or take up one again that is not polled any more."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO feeds (url, title, next_poll_at, added_at)"
                " VALUES (?, ?, ?, ?)",
                (url, title, due_at.timestamp(), now.timestamp()),
            )
            feed = _feeds(connection, "WHERE url = ?", url)[0]
            _resume(connection, feed.id, now)
            return _feeds(connection, "WHERE id = ?", feed.id)[0]

    def feed(self, feed_id: int) -> Feed | None:
        """Find a feed by its number."""
        with self._database.read() as connection:
            return next(iter(_feeds(connection, "WHERE id = ?", feed_id)), None)

    def by_url(self, url: str) -> Feed | None:
        """Find a feed by its URL."""
        with self._database.read() as connection:
            return next(iter(_feeds(connection, "WHERE url = ?", url)), None)

    def all(self) -> list[Feed]:
        """All feeds in the order in which they were added."""
        with self._database.read() as connection:
            return _feeds(connection, "ORDER BY id")

    def ended(self) -> list[Feed]:
        """Feeds that have ended or were switched off."""
        with self._database.read() as connection:
            return _feeds(connection, "WHERE ended_at IS NOT NULL ORDER BY id")

    def next_due(
        self, now: datetime, busy_hosts: Collection[str], resting: Collection[int]
    ) -> Feed | None:
        """The feed that is due for the longest time, not of these hosts and none of these."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT * FROM feeds WHERE next_poll_at <= ? ORDER BY next_poll_at",
                (now.timestamp(),),
            )
            feeds = (feed for feed in map(_feed, rows) if feed.id not in resting)
            return next((feed for feed in feeds if feed.host not in busy_hosts), None)

    def hurry(self, now: datetime, moment: datetime) -> None:
        """Make those feeds due that would not be polled before ``moment``."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE feeds SET next_poll_at = ? WHERE next_poll_at > ?",
                (now.timestamp(), moment.timestamp()),
            )

    def remove(self, url: str) -> bool:
        """Forget a feed and its entries; whether there was one."""
        with self._database.write() as connection:
            return bool(connection.execute("DELETE FROM feeds WHERE url = ?", (url,)).rowcount)

    def pause(self, feed_id: int) -> None:
        """Poll a feed no more, until it is resumed."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE feeds SET state = 'paused', next_poll_at = NULL"
                " WHERE id = ? AND state = 'on'",
                (feed_id,),
            )

    def resume(self, feed_id: int, now: datetime) -> None:
        """Poll a feed again, at once, however it came to be polled no more."""
        with self._database.write() as connection:
            _resume(connection, feed_id, now)

    def move(self, feed: Feed, url: str) -> Feed:
        """Change a feed's URL; if that one is followed already, the two become one."""
        with self._database.write() as connection:
            for other in _feeds(connection, "WHERE url = ? AND id != ?", url, feed.id):
                _merge(connection, feed, other)
                return _feeds(connection, "WHERE id = ?", other.id)[0]
            connection.execute("UPDATE feeds SET url = ? WHERE id = ?", (url, feed.id))
            # It may have been removed while it was polled.
            return next(iter(_feeds(connection, "WHERE id = ?", feed.id)), feed)

    def succeeded(self, feed: Feed, polled: Polled, now: datetime) -> None:
        """Note a successful poll."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE feeds SET title = ?, etag = ?, modified = ?, digest = ?, period = ?,"
                " next_poll_at = iif(state = 'on', ?, NULL), last_success_at = ?,"
                " last_error = NULL, failures = 0 WHERE id = ?",
                (
                    polled.title,
                    polled.etag,
                    polled.modified,
                    polled.digest,
                    polled.period.total_seconds(),
                    polled.next_poll_at.timestamp(),
                    now.timestamp(),
                    feed.id,
                ),
            )

    def failed(
        self,
        feed: Feed,
        reason: str,
        now: datetime,
        next_poll_at: datetime,
        end: Health | None = None,
    ) -> None:
        """Note a failed poll, which may be the end of a feed."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE feeds SET next_poll_at = iif(state = 'on', ?, NULL), last_error = ?,"
                " failures = ? WHERE id = ?",
                (next_poll_at.timestamp(), reason, feed.failures + 1, feed.id),
            )
            if end is not None:
                connection.execute(
                    "UPDATE feeds SET state = ?, next_poll_at = NULL, ended_at = ? WHERE id = ?",
                    (end.value, now.timestamp(), feed.id),
                )

    # Entries

    def readings(self, feed: Feed, guids: Collection[str]) -> dict[str, Reading]:
        """Map those of ``guids`` that were read before to what came of them."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT * FROM entries WHERE feed = ? AND guid IN (SELECT value FROM json_each(?))",
                (feed.id, json.dumps(list(guids))),
            )
            return {row["guid"]: _reading(row) for row in rows}

    def save(self, feed: Feed, readings: Collection[Reading], new_articles: int = 0) -> None:
        """Note what came of entries, of which so many have become an article for the first time."""
        if not readings:
            return
        with self._database.write() as connection:
            # The feed may have been removed while it was polled.
            connection.executemany(
                "INSERT OR REPLACE INTO entries"
                " SELECT id, ?, ?, ?, ?, ?, ?, ? FROM feeds WHERE id = ?",
                [(*_row(reading), feed.id) for reading in readings],
            )
            connection.execute(
                "UPDATE feeds SET articles = articles + ? WHERE id = ?", (new_articles, feed.id)
            )


def _feeds(connection: sqlite3.Connection, rest: str, *values: str | int) -> list[Feed]:
    sql = f"SELECT * FROM feeds {rest}"  # noqa: S608 - `rest` is a literal
    return [_feed(row) for row in connection.execute(sql, values)]


def _resume(connection: sqlite3.Connection, feed_id: int, now: datetime) -> None:
    connection.execute(
        "UPDATE feeds SET state = 'on', failures = 0, last_error = NULL, ended_at = NULL,"
        " next_poll_at = ? WHERE id = ? AND state != 'on'",
        (now.timestamp(), feed_id),
    )


def _merge(connection: sqlite3.Connection, feed: Feed, other: Feed) -> None:
    numbers = (other.id, feed.id)
    connection.execute("UPDATE OR IGNORE entries SET feed = ? WHERE feed = ?", numbers)
    connection.execute(
        "UPDATE feeds SET articles ="
        " (SELECT count(article) FROM entries WHERE feed = feeds.id) WHERE id = ?",
        (other.id,),
    )
    connection.execute("DELETE FROM feeds WHERE id = ?", (feed.id,))


def _feed(row: sqlite3.Row) -> Feed:
    moments = ("next_poll_at", "last_success_at", "added_at", "ended_at")
    values = {name: row[name] for name in row.keys()}  # noqa: SIM118 - a Row iterates its values
    values |= {name: _moment(row[name]) for name in moments}
    return Feed(**values | {"period": timedelta(seconds=row["period"])})


def _reading(row: sqlite3.Row) -> Reading:
    read_at = datetime.fromtimestamp(row["read_at"], UTC)
    return Reading(
        row["guid"],
        row["article"],
        row["fingerprint"],
        read_at,
        row["tries"],
        row["edits"],
        bool(row["is_backlog"]),
    )


def _row(reading: Reading) -> tuple[str, str | None, str | None, float, int, int, bool]:
    moment = reading.read_at.timestamp()
    return (
        reading.guid,
        reading.article,
        reading.fingerprint,
        moment,
        reading.tries,
        reading.edits,
        reading.is_backlog,
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
