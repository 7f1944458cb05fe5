"""The tables of feeds and their entries: all SQL of this room."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

from index.feeds.channels import other_names
from index.feeds.hosts import FREE
from index.feeds.model import EntryState, Feed, Health, PollResult, Rest, host_of
from index.feeds.schema import MIGRATIONS
from qa.errors import SourceError
from qa.store.database import Connection, Database, Row

NEXT_DUE = f"""
    SELECT feeds.* FROM hosts CROSS JOIN feeds
    WHERE hosts.due_at <= :now AND hosts.host {FREE}
        AND feeds.id = (
            SELECT id FROM feeds
            WHERE host = hosts.host AND next_poll_at <= :now
                AND id NOT IN (SELECT value FROM json_each(:resting))
            ORDER BY next_poll_at LIMIT 1
        )
    ORDER BY hosts.due_at LIMIT 1
"""  # noqa: S608 - our own words


def utc_now() -> datetime:
    """Return the present, aware."""
    return datetime.now(UTC)


class FeedStore:
    """All methods block on the disk."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        """Create or migrate the tables; ``clock`` returns aware times."""
        self._database = database
        self._clock = clock
        database.migrate("index", MIGRATIONS)

    # Feeds

    def follow(self, url: str, title: str, due_in: timedelta, follower: int | None = None) -> Feed:
        """Add a feed. If it is known, it stays as it is; if it is not polled, it is resumed.

        It is the ``follower``'s, or else everybody's. One of which others know already is joined,
        and not resumed if an administrator has paused it.
        """
        now, is_everybodys = self._clock(), follower is None
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO feeds"
                " (url, host, title, next_poll_at, added_at, is_everybodys)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    *(url, host_of(url), title),
                    *((now + due_in).timestamp(), now.timestamp(), is_everybodys),
                ),
            )
            feed = _feeds(connection, "WHERE url = ?", url)[0]
            _add_names(connection, feed.id, url, title)
            if is_everybodys:
                connection.execute("UPDATE feeds SET is_everybodys = 1 WHERE id = ?", (feed.id,))
            else:
                row = (follower, feed.id)
                connection.execute("INSERT OR IGNORE INTO followers VALUES (?, ?)", row)
            if is_everybodys or feed.state != "paused":
                _resume(connection, feed.id, now)
            return _feeds(connection, "WHERE id = ?", feed.id)[0]

    def by_url(self, url: str) -> Feed | None:
        """Find a feed by its address."""
        with self._database.read() as connection:
            return next(iter(_feeds(connection, "WHERE url = ?", url)), None)

    def feed(self, feed_id: int) -> Feed | None:
        """Find a feed by its number."""
        with self._database.read() as connection:
            return next(iter(_feeds(connection, "WHERE id = ?", feed_id)), None)

    def all(self) -> list[Feed]:
        """Return all feeds in the order in which they were added."""
        with self._database.read() as connection:
            return _feeds(connection, "ORDER BY id")

    def of(self, follower: int) -> list[Feed]:
        """Return the feeds that ``follower`` follows, in the order in which they were added."""
        where = "WHERE id IN (SELECT feed FROM followers WHERE follower = ?) ORDER BY id"
        with self._database.read() as connection:
            return _feeds(connection, where, follower)

    def followers(self) -> dict[int, set[int]]:
        """Map the ids of the feeds that are not everybody's to their followers."""
        sql = "SELECT feed, follower FROM followers JOIN feeds ON id = feed WHERE is_everybodys = 0"
        found: defaultdict[int, set[int]] = defaultdict(set)
        with self._database.read() as connection:
            for feed, follower in connection.execute(sql):
                found[feed].add(follower)
        return found

    def followers_of(self, feed: Feed) -> list[int]:
        """Return those who follow one feed."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT follower FROM followers WHERE feed = ?", (feed.id,))
            return [row[0] for row in rows]

    def leave(self, follower: int, feed: Feed) -> None:
        """Stop following a feed; without followers it is deleted, but not its articles.

        ``SourceError`` when ``follower`` does not follow it.
        """
        sql = "DELETE FROM followers WHERE follower = ? AND feed = ?"
        with self._database.write() as connection:
            if not connection.execute(sql, (follower, feed.id)).rowcount:
                raise SourceError(feed.url, "this feed is not followed")
            _delete_nobodys(connection)

    def move_follower(self, old: int, new: int | None) -> None:
        """Let another follower have all feeds of the ``old`` one, or nobody."""
        with self._database.write() as connection:
            if new is not None:
                sql = "UPDATE OR IGNORE followers SET follower = ? WHERE follower = ?"
                connection.execute(sql, (new, old))
            connection.execute("DELETE FROM followers WHERE follower = ?", (old,))
            _delete_nobodys(connection)

    def ended(self) -> list[Feed]:
        """Return the feeds of everybody's that have ended or were switched off."""
        with self._database.read() as connection:
            return _feeds(
                connection, "WHERE ended_at IS NOT NULL AND is_everybodys = 1 ORDER BY id"
            )

    def own_ended(self) -> dict[int, list[Feed]]:
        """Map the followers of feeds that are not everybody's to those that have ended."""
        with self._database.read() as connection:
            ended = _feeds(
                connection, "WHERE ended_at IS NOT NULL AND is_everybodys = 0 ORDER BY id"
            )
        followers, found = self.followers() if ended else {}, defaultdict[int, list[Feed]](list)
        for feed in ended:
            for follower in followers.get(feed.id, ()):
                found[follower].append(feed)
        return found

    def next_due(self, resting: Collection[int] = ()) -> Feed | None:
        """Return the feed that has been due for longest on a host that no process has.

        Those with the ids of ``resting`` are left out.
        """
        values = {"now": self._clock().timestamp(), "resting": json.dumps(list(resting))}
        with self._database.read() as connection:
            return next(map(_feed, connection.execute(NEXT_DUE, values)), None)

    def reschedule(self, farthest: timedelta) -> None:
        """Make feeds due whose next poll is further ahead than that: the clock was wrong."""
        now = self._clock()
        with self._database.write() as connection:
            connection.execute(
                "UPDATE feeds SET next_poll_at = ? WHERE next_poll_at > ?",
                (now.timestamp(), (now + farthest).timestamp()),
            )
            connection.execute("DELETE FROM rests WHERE until > ?", ((now + farthest).timestamp(),))

    def remove(self, url: str) -> None:
        """Delete a feed, but not its articles; ``SourceError`` when it is not followed."""
        with self._database.write() as connection:
            if not connection.execute("DELETE FROM feeds WHERE url = ?", (url,)).rowcount:
                raise SourceError(url, "this feed is not followed")

    def pause(self, feed_id: int) -> None:
        """Stop polling a feed until it is resumed."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE feeds SET state = 'paused', next_poll_at = NULL"
                " WHERE id = ? AND state = 'on'",
                (feed_id,),
            )

    def resume(self, feed_id: int) -> None:
        """Poll a feed again, at once: one that was paused, was switched off, or has ended."""
        with self._database.write() as connection:
            _resume(connection, feed_id, self._clock())

    def move(self, feed: Feed, url: str) -> Feed:
        """Change a feed's URL; if the new one is followed already, the two feeds are merged."""
        with self._database.write() as connection:
            for other in _feeds(connection, "WHERE url = ? AND id != ?", url, feed.id):
                _merge(connection, feed, other)
                return _feeds(connection, "WHERE id = ?", other.id)[0]
            connection.execute(
                "UPDATE feeds SET url = ?, host = ? WHERE id = ?", (url, host_of(url), feed.id)
            )
            _add_names(connection, feed.id, url)
            # The feed may have been removed during the poll.
            return next(iter(_feeds(connection, "WHERE id = ?", feed.id)), feed)

    def succeeded(self, feed: Feed, result: PollResult) -> None:
        """Record a successful poll."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE feeds SET title = ?, etag = ?, modified = ?, digest = ?, period = ?,"
                " next_poll_at = iif(state = 'on', ?, NULL), last_success_at = ?,"
                " last_error = NULL, failures = 0 WHERE id = ?",
                (
                    result.title,
                    result.etag,
                    result.modified,
                    result.digest,
                    result.period.total_seconds(),
                    result.next_poll_at.timestamp(),
                    self._clock().timestamp(),
                    feed.id,
                ),
            )
            _add_names(connection, feed.id, result.title, result.site)

    def failed(
        self, feed: Feed, reason: str, next_poll_at: datetime, end: Health | None = None
    ) -> None:
        """Record a failed poll; ``end`` says that the feed has ended or is switched off."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE feeds SET next_poll_at = iif(state = 'on', ?, NULL), last_error = ?,"
                " failures = ? WHERE id = ?",
                (next_poll_at.timestamp(), reason, feed.failures + 1, feed.id),
            )
            if end is not None:
                connection.execute(
                    "UPDATE feeds SET state = ?, next_poll_at = NULL, ended_at = ? WHERE id = ?",
                    (end.value, self._clock().timestamp(), feed.id),
                )

    def postpone(self, feed: Feed, moment: datetime) -> None:
        """Make a feed due then and not before; its health is unchanged."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE feeds SET next_poll_at = ? WHERE id = ? AND state = 'on'",
                (moment.timestamp(), feed.id),
            )

    # Hosts and pages that rest

    def let_rest(self, places: Collection[str], status: int, until: datetime) -> None:
        """Remember that these hosts and pages are not to be asked until then."""
        rows = [(place, status, until.timestamp()) for place in places]
        with self._database.write() as connection:
            connection.execute("DELETE FROM rests WHERE until <= ?", (self._clock().timestamp(),))
            connection.executemany("INSERT OR REPLACE INTO rests VALUES (?, ?, ?)", rows)

    def rest(self, *places: str) -> Rest | None:
        """Return the longest rest of these hosts and pages; ``None`` if none of them rests."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT status, until FROM rests"
                " WHERE place IN (SELECT value FROM json_each(?)) AND until > ?"
                " ORDER BY until DESC LIMIT 1",
                (json.dumps(places), self._clock().timestamp()),
            ).fetchone()
            return Rest(row["status"], datetime.fromtimestamp(row["until"], UTC)) if row else None

    # Names, and what feeds bring

    def names_revision(self) -> int:
        """Return a number that changes whenever ``names`` does."""
        with self._database.read() as connection:
            query = "SELECT number FROM feed_names_revision"
            return int(connection.execute(query).fetchone()[0])

    def names(self) -> dict[int, list[str]]:
        """Map the ids of feeds to every title and address, of feed and site, that they have had."""
        found: defaultdict[int, list[str]] = defaultdict(list)
        with self._database.read() as connection:
            for feed, name in connection.execute("SELECT feed, name FROM feed_names"):
                found[feed].append(name)
        return found

    def names_for(self, article: str) -> list[str]:
        """Return all such names of the feeds that have brought the article with this id."""
        sql = "SELECT name FROM feed_names JOIN feed_articles USING (feed) WHERE article = ?"
        with self._database.read() as connection:
            return [row[0] for row in connection.execute(sql, (article,))]

    def names_of(self, feed: Feed) -> list[str]:
        """Return all such names of one feed."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT name FROM feed_names WHERE feed = ?", (feed.id,))
            return [row[0] for row in rows]

    def articles_from(self, feeds: Collection[int]) -> list[str]:
        """Return the ids of the articles that the feeds with these ids have brought."""
        sql = """
            SELECT DISTINCT article FROM feed_articles
            WHERE feed IN (SELECT value FROM json_each(?))
        """
        with self._database.read() as connection:
            return [row[0] for row in connection.execute(sql, (json.dumps(list(feeds)),))]

    def seen_by(self, follower: int | None, articles: Collection[str]) -> set[str]:
        """Return those of the articles that feeds of everybody's or of ``follower`` have brought.

        ``None`` follows nothing.
        """
        sql = """
            SELECT DISTINCT article FROM feed_articles JOIN feeds ON id = feed
            WHERE article IN (SELECT value FROM json_each(?)) AND (
                is_everybodys = 1 OR feed IN (SELECT feed FROM followers WHERE follower = ?)
            )
        """
        with self._database.read() as connection:
            return {row[0] for row in connection.execute(sql, (json.dumps([*articles]), follower))}

    def bring(self, feed: Feed, article: str) -> None:
        """Record that a feed brings the article with this id, which need not be stored yet."""
        # The feed may have been removed during the poll.
        sql = "INSERT OR IGNORE INTO feed_articles SELECT ?, id FROM feeds WHERE id = ?"
        with self._database.write() as connection:
            connection.execute(sql, (article, feed.id))

    def bring_post(self, channel: str, article: str) -> None:
        """Record the same of the feeds that are the preview of the ``channel`` of this name."""
        sql = (
            "INSERT OR IGNORE INTO feed_articles SELECT ?, feed FROM feed_names"
            " WHERE name = ? COLLATE NOCASE"
        )
        with self._database.write() as connection:
            connection.execute(sql, (article, f"@{channel}"))

    # Entries

    def entries(
        self, feed: Feed, guids: Collection[str], fingerprints: Collection[str] = ()
    ) -> dict[str, EntryState]:
        """Map the GUIDs of entries that are known by GUID or fingerprint to what is remembered."""
        # The plus keeps SQLite from searching by the feed, which may have many thousands of them.
        sql = """
            SELECT * FROM entries WHERE feed = ?1 AND guid IN (SELECT value FROM json_each(?2))
            UNION
            SELECT * FROM entries
            WHERE +feed = ?1 AND fingerprint IN (SELECT value FROM json_each(?3))
        """
        values = (feed.id, json.dumps(list(guids)), json.dumps(list(fingerprints)))
        with self._database.read() as connection:
            rows = connection.execute(sql, values)
            return {row["guid"]: _state(row) for row in rows}

    def has_article(self, feed: Feed, article: str, but_not: str) -> bool:
        """Whether an entry of the feed other than ``but_not``, a GUID, is the article."""
        sql = "SELECT 1 FROM entries WHERE feed = ? AND article = ? AND guid != ?"
        with self._database.read() as connection:
            return connection.execute(sql, (feed.id, article, but_not)).fetchone() is not None

    def articles_of(self, feed: Feed, guids: Collection[str]) -> set[str]:
        """Return the ids of the articles that entries with these GUIDs have become."""
        sql = (
            "SELECT article FROM entries WHERE feed = ? AND article IS NOT NULL"
            " AND guid IN (SELECT value FROM json_each(?))"
        )
        with self._database.read() as connection:
            return {row[0] for row in connection.execute(sql, (feed.id, json.dumps(list(guids))))}

    def newest_post(self, feed: Feed) -> int:
        """Return the number of the newest post of a channel that is known; 0 if none is."""
        sql = "SELECT max(CAST(guid AS INTEGER)) FROM entries WHERE feed = ?"
        with self._database.read() as connection:
            return connection.execute(sql, (feed.id,)).fetchone()[0] or 0

    def missing(self, feed: Feed, numbers: Collection[int]) -> list[EntryState]:
        """Return the posts between the first and the last of ``numbers`` that are none of them.

        Those that are not articles are left out.
        """
        if not numbers:
            return []
        sql = (
            "SELECT * FROM entries WHERE feed = ? AND article IS NOT NULL"
            " AND CAST(guid AS INTEGER) BETWEEN ? AND ?"
            " AND CAST(guid AS INTEGER) NOT IN (SELECT value FROM json_each(?))"
        )
        values = (feed.id, min(numbers), max(numbers), json.dumps(list(numbers)))
        with self._database.read() as connection:
            return [_state(row) for row in connection.execute(sql, values)]

    def save(self, feed: Feed, states: Collection[EntryState], new_articles: int = 0) -> None:
        """Record what is remembered about entries; ``new_articles`` of them became articles."""
        if not states:
            return
        with self._database.write() as connection:
            # The feed may have been removed during the poll.
            connection.executemany(
                "INSERT OR REPLACE INTO entries"
                " SELECT id, ?, ?, ?, ?, ?, ?, ? FROM feeds WHERE id = ?",
                [(*_row(state), feed.id) for state in states],
            )
            connection.execute(
                "UPDATE feeds SET articles = articles + ? WHERE id = ?", (new_articles, feed.id)
            )


def _feeds(connection: Connection, rest: str, *values: str | int) -> list[Feed]:
    sql = f"SELECT * FROM feeds {rest}"  # noqa: S608 - `rest` is a literal
    return [_feed(row) for row in connection.execute(sql, values)]


def _resume(connection: Connection, feed_id: int, now: datetime) -> None:
    connection.execute(
        "UPDATE feeds SET state = 'on', failures = 0, last_error = NULL, ended_at = NULL,"
        " next_poll_at = ? WHERE id = ? AND state != 'on'",
        (now.timestamp(), feed_id),
    )


def _add_names(connection: Connection, feed_id: int, *names: str) -> None:
    # The feed may have been removed during the poll.
    sql = "INSERT OR IGNORE INTO feed_names SELECT id, ? FROM feeds WHERE id = ?"
    called = [each for name in names if name for each in (name, *other_names(name))]
    connection.executemany(sql, [(name, feed_id) for name in called])


def _merge(connection: Connection, feed: Feed, other: Feed) -> None:
    numbers = (other.id, feed.id)
    # Anybody can make their feed lead to another one, whose readers must not see the first.
    own = ("entries", "feed_names", "feed_articles") if feed.is_everybodys else ()
    for table in ("followers", *own):
        connection.execute(f"UPDATE OR IGNORE {table} SET feed = ? WHERE feed = ?", numbers)  # noqa: S608 literals
    connection.execute(
        "UPDATE feeds SET is_everybodys = max(is_everybodys, ?), articles ="
        " (SELECT count(article) FROM entries WHERE feed = feeds.id) WHERE id = ?",
        (feed.is_everybodys, other.id),
    )
    connection.execute("DELETE FROM feeds WHERE id = ?", (feed.id,))


def _delete_nobodys(connection: Connection) -> None:
    connection.execute(
        "DELETE FROM feeds WHERE is_everybodys = 0 AND id NOT IN (SELECT feed FROM followers)"
    )


def _feed(row: Row) -> Feed:
    moments = ("next_poll_at", "last_success_at", "added_at", "ended_at")
    values = {name: row[name] for name in row.keys()}  # noqa: SIM118 - a Row iterates its values
    del values["host"]  # follows from the URL
    values |= {name: _moment(row[name]) for name in moments}
    values |= {"is_everybodys": bool(row["is_everybodys"])}
    return Feed(**values | {"period": timedelta(seconds=row["period"])})


def _state(row: Row) -> EntryState:
    read_at = datetime.fromtimestamp(row["read_at"], UTC)
    return EntryState(
        row["guid"],
        row["article"],
        row["fingerprint"],
        read_at,
        row["tries"],
        row["edits"],
        bool(row["is_backlog"]),
    )


def _row(state: EntryState) -> tuple[str, str | None, str | None, float, int, int, bool]:
    moment = state.read_at.timestamp()
    return (
        state.guid,
        state.article,
        state.fingerprint,
        moment,
        state.tries,
        state.edits,
        state.is_backlog,
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
