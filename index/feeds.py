"""Feeds: which are followed, when each is due, and the new articles that a poll finds."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin, urlsplit

from lxml import html  # type: ignore[import-untyped]  # lxml ships no types

from index.entries import Document, Entry, parse_feed
from index.fetch import NOT_MODIFIED, PAGES, Response, StatusError, fetch
from index.sources import read_page
from index.text import decode
from index.urls import host_name
from qa.article import Article, article_id
from qa.database import Database
from qa.errors import SourceError

MIGRATIONS = (
    """
    CREATE TABLE feeds (
        url TEXT PRIMARY KEY,
        title TEXT NOT NULL,
        etag TEXT,
        modified TEXT,
        next_poll_at REAL,
        last_success_at REAL,
        last_error TEXT,
        failures INTEGER NOT NULL DEFAULT 0,
        added_at REAL NOT NULL
    );
    CREATE TABLE entries (
        feed TEXT NOT NULL REFERENCES feeds (url) ON DELETE CASCADE,
        guid TEXT NOT NULL,
        seen_at REAL NOT NULL,
        PRIMARY KEY (feed, guid)
    );
    """,
)

_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml")
_KINDS = (*_FEED_TYPES, "application/xml", "text/xml", *PAGES)
_UTF8 = html.HTMLParser(encoding="utf-8")
_GONE = 410
_LONGEST_PAUSE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Feed:
    """A followed feed and its health; times are aware, in UTC.

    ``next_poll_at`` is ``None`` when the feed has ended. ``last_success_at`` is ``None`` before
    its first poll. ``etag`` and ``modified`` are what the server last sent, byte for byte.
    """

    url: str
    title: str
    etag: str | None
    modified: str | None
    next_poll_at: datetime | None
    last_success_at: datetime | None
    last_error: str | None
    failures: int
    added_at: datetime


def _now() -> datetime:
    return datetime.now(UTC)


class Feeds:
    """The feeds in a database; polling yields articles and leaves indexing to the caller."""

    def __init__(
        self,
        database: Database,
        *,
        interval: timedelta,
        allow_private: bool,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        """Make the tables; ``interval`` lies between two polls of a healthy feed."""
        self._database = database
        self._interval = interval
        self._allow_private = allow_private
        self._clock = clock
        database.migrate("index", MIGRATIONS)

    def add(self, url: str) -> Feed:
        """Follow the feed at ``url``, or the one that the page there names; due at once.

        ``SourceError`` when there is no feed. Adding a feed twice changes nothing.
        """
        response = self._fetch(url)
        document = parse_feed(response)
        if document is None:
            url = _named_by_page(response, url)
            document = parse_feed(self._fetch(url))
        if document is None:
            raise SourceError(url, "this is no feed")
        now = self._clock().timestamp()
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO feeds (url, title, next_poll_at, added_at)"
                " VALUES (?, ?, ?, ?)",
                (url, document.title or host_name(url), now, now),
            )
            return _feed(connection.execute("SELECT * FROM feeds WHERE url = ?", (url,)).fetchone())

    def remove(self, url: str) -> None:
        """Stop following a feed; ``SourceError`` when it is not followed. Its articles stay."""
        with self._database.write() as connection:
            removed = connection.execute("DELETE FROM feeds WHERE url = ?", (url,)).rowcount
        if not removed:
            raise SourceError(url, "this feed is not followed")

    def due(self, now: datetime) -> list[Feed]:
        """Feeds that should be polled at ``now``, the one that waits longest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT * FROM feeds WHERE next_poll_at <= ? ORDER BY next_poll_at",
                (now.timestamp(),),
            )
            return [_feed(row) for row in rows]

    def poll(self, feed: Feed) -> Iterator[Article | SourceError]:
        """Yield the articles of entries that are new, oldest first; what fails is a value.

        An entry counts as seen when the caller asks for the next one, so a caller that stores each
        article as it comes loses none in a crash. The feed's own failure is yielded too, and puts
        the next poll off: twice as long each time, up to a day; an ended feed is polled no more.
        """
        try:
            response = self._fetch(feed.url, _conditions(feed))
            document = _document(feed, response)
        except SourceError as error:
            self._record_failure(feed, error)
            yield error
            return
        for entry in self._new_entries(feed, document):
            yield self._article(feed, document, entry)
            self._mark_seen(feed, entry)
        self._record_success(feed, response)

    def _fetch(self, url: str, headers: dict[str, str] | None = None) -> Response:
        return fetch(url, allow_private=self._allow_private, headers=headers, kinds=_KINDS)

    def _new_entries(self, feed: Feed, document: Document) -> list[Entry]:
        with self._database.read() as connection:
            rows = connection.execute("SELECT guid FROM entries WHERE feed = ?", (feed.url,))
            seen = {row["guid"] for row in rows}
        entries = {entry.guid: entry for entry in reversed(document.entries)}
        return [entry for guid, entry in entries.items() if guid not in seen]

    def _article(self, feed: Feed, document: Document, entry: Entry) -> Article | SourceError:
        """Return the page of an entry, or its own text where that says more."""
        if not entry.link and not entry.text:
            return SourceError(feed.url, f"the entry “{entry.title}” has neither text nor a page")
        try:
            page = read_page(entry.link, allow_private=self._allow_private)
        except SourceError as error:
            return _own_article(document, entry) if entry.text else error
        text = max(page.text, entry.text, key=len)
        moment = entry.published_at or page.published_at
        return replace(page, text=text, published_at=moment)

    def _mark_seen(self, feed: Feed, entry: Entry) -> None:
        now = self._clock().timestamp()
        with self._database.write() as connection:
            # The feed may have been removed while it was polled.
            connection.execute(
                "INSERT OR IGNORE INTO entries (feed, guid, seen_at)"
                " SELECT url, ?, ? FROM feeds WHERE url = ?",
                (entry.guid, now, feed.url),
            )

    def _record_success(self, feed: Feed, response: Response) -> None:
        now = self._clock()
        etag, modified = feed.etag, feed.modified
        if response.status != NOT_MODIFIED:
            etag = response.headers.get("etag")
            modified = response.headers.get("last-modified")
        with self._database.write() as connection:
            connection.execute(
                "UPDATE feeds SET etag = ?, modified = ?, next_poll_at = ?, last_success_at = ?,"
                " last_error = NULL, failures = 0 WHERE url = ?",
                (etag, modified, (now + self._interval).timestamp(), now.timestamp(), feed.url),
            )

    def _record_failure(self, feed: Feed, error: SourceError) -> None:
        failures = feed.failures + 1
        ended = isinstance(error, StatusError) and error.status == _GONE
        pause = max(self._pause(failures), _asked_pause(error))
        next_poll = None if ended else (self._clock() + pause).timestamp()
        with self._database.write() as connection:
            connection.execute(
                "UPDATE feeds SET next_poll_at = ?, last_error = ?, failures = ? WHERE url = ?",
                (next_poll, error.reason, failures, feed.url),
            )

    def _pause(self, failures: int) -> timedelta:
        doublings = min(failures, 16)  # more would leave what a timedelta holds
        return min(self._interval * (1 << doublings), _LONGEST_PAUSE)

    def list(self) -> list[Feed]:
        """All feeds in the order in which they were added."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT * FROM feeds ORDER BY added_at, url")
            return [_feed(row) for row in rows]


def _feed(row: sqlite3.Row) -> Feed:
    added_at = _moment(row["added_at"])
    assert added_at is not None  # the column is NOT NULL
    return Feed(
        url=row["url"],
        title=row["title"],
        etag=row["etag"],
        modified=row["modified"],
        next_poll_at=_moment(row["next_poll_at"]),
        last_success_at=_moment(row["last_success_at"]),
        last_error=row["last_error"],
        failures=row["failures"],
        added_at=added_at,
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _conditions(feed: Feed) -> dict[str, str]:
    conditions = {"If-None-Match": feed.etag, "If-Modified-Since": feed.modified}
    return {name: value for name, value in conditions.items() if value}


def _document(feed: Feed, response: Response) -> Document:
    if response.status == NOT_MODIFIED:
        return Document(feed.title, ())
    document = parse_feed(response)
    if document is None:
        raise SourceError(feed.url, "this is no feed any more")
    return document


def _asked_pause(error: SourceError) -> timedelta:
    """Return how long the server asks us to stay away (``Retry-After``, seconds), at most a day."""
    asked = error.headers.get("retry-after", "") if isinstance(error, StatusError) else ""
    seconds = int(asked) if asked.isdecimal() and len(asked) < 10 else 0
    return min(timedelta(seconds=seconds), _LONGEST_PAUSE)


def _named_by_page(response: Response, url: str) -> str:
    """Return the address of the feed that a page names in its head."""
    text = decode(response.body, url, response.charset)
    page = html.fromstring(f"<html>{text}</html>".encode(), parser=_UTF8)
    for link in page.iter("link"):
        alternate = "alternate" in link.get("rel", "").lower().split()
        if alternate and link.get("type", "").lower() in _FEED_TYPES and link.get("href"):
            return str(urljoin(response.url, link.get("href").strip()))
    raise SourceError(url, "this is no feed, and the page names none")


def _own_article(document: Document, entry: Entry) -> Article:
    web = urlsplit(entry.link).scheme in ("http", "https")
    return Article(
        id=article_id(entry.link if web else entry.guid),
        title=entry.title or document.title,
        text=entry.text,
        url=entry.link if web else None,
        source=document.title or None,
        published_at=entry.published_at,
    )
