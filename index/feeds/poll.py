"""Feeds: which are followed, when each is due, and the articles that a poll finds."""

import random
import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from index.documents.html import FEED_TYPES, named_feed
from index.feeds.decide import (
    asks_to_be_read,
    is_backlog,
    listed,
    needs_another_try,
    read_entry,
    reading_of,
    settled,
)
from index.feeds.entries import Document, Entry, parse_feed
from index.feeds.model import Feed, Health, Polled, Reading
from index.feeds.schedule import SWITCH_OFF, farthest, freshness, pause, retry_after
from index.feeds.store import FeedStore
from index.sandbox.pool import pool
from index.web.fetch import ANYTHING, NOT_MODIFIED, Fetcher, Response, StatusError
from index.web.urls import host_name
from qa.article import Article
from qa.errors import SourceError
from qa.store.database import Database

__all__ = ["AT_ONCE", "Feed", "Feeds", "Health"]

AT_ONCE = 16
"""How many feeds are asked at the same time."""
POLL_SECONDS = 120.0
"""How long one poll may read entries; the rest is left for the next one."""

_ACCEPTED = (*FEED_TYPES, "application/xml;q=0.9", "text/html;q=0.5", ANYTHING)
_GONE = 410
_COME_BACK_LATER = (429, 503)


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
        chance: Callable[[], float] = random.random,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        """Make the tables.

        ``interval`` lies between two polls of a healthy feed; ``chance`` in [0, 1) spreads them.
        ``poll_seconds`` is how long one may read entries.
        """
        self._store = FeedStore(database)
        self._interval = interval
        self._clock = clock
        self._chance = chance
        self._poll_seconds = poll_seconds
        self._fetcher = Fetcher(allow_private=allow_private)

    def stop(self) -> None:
        """Break off what is being fetched: polls end with ``StoppedError``, for good."""
        self._fetcher.stop()

    # Which feeds

    def list(self) -> Sequence[Feed]:
        """All feeds in the order in which they were added."""
        return self._store.all()

    def ended(self) -> Sequence[Feed]:
        """Feeds that have ended or were switched off."""
        return self._store.ended()

    def feed(self, feed_id: int) -> Feed | None:
        """Find a feed by its number."""
        return self._store.feed(feed_id)

    def add(self, url: str) -> Feed:
        """Follow the feed at ``url``, or the one that the page there names; due at once.

        ``SourceError`` when there is no feed. Adding a feed again changes nothing, except that it
        resumes one that is not polled any more.
        """
        return self._follow(self._find(url), due_in=timedelta())

    def add_all(self, urls: Iterable[str]) -> Iterator[Feed | SourceError]:
        """Follow many feeds, in order; what fails is a value.

        Their first polls are spread over an interval, so that they do not come due together.
        """
        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                for found in pool.map(self._try_to_find, dict.fromkeys(urls)):
                    if isinstance(found, SourceError):
                        yield found
                    else:
                        yield self._follow(found, due_in=self._interval * self._chance())
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _try_to_find(self, url: str) -> tuple[str, str] | SourceError:
        try:
            return self._find(url)
        except SourceError as error:
            return error

    def _find(self, url: str) -> tuple[str, str]:
        """Return the address and the title of the feed at ``url``."""
        response = self._ask(url)
        document = parse_feed(response)
        if document is None:
            response = self._ask(_named_by_page(response, url))
            document = parse_feed(response)
        if document is None:
            raise SourceError(response.url, "this is no feed")
        return response.lasting_url, document.title or host_name(response.url)

    def _follow(self, found: tuple[str, str], due_in: timedelta) -> Feed:
        now = self._clock()
        return self._store.follow(*found, now, now + due_in)

    def remove(self, url: str) -> None:
        """Stop following a feed; ``SourceError`` when it is not followed. Its articles stay."""
        if not self._store.remove(url):
            raise SourceError(url, "this feed is not followed")

    def pause(self, feed_id: int) -> None:
        """Poll a feed no more until it is resumed."""
        self._store.pause(feed_id)

    def resume(self, feed_id: int) -> None:
        """Poll a feed again, at once: one that was paused, was switched off, or has ended."""
        self._store.resume(feed_id, self._clock())

    # Polling

    def next_due(
        self, busy_hosts: Collection[str] = (), resting: Collection[int] = ()
    ) -> Feed | None:
        """Return the feed that is due for longest, not of these hosts and none of these numbers."""
        return self._store.next_due(self._clock(), busy_hosts, resting)

    def hurry(self) -> None:
        """Make those feeds due that a clock which was ahead has put off for too long."""
        now = self._clock()
        self._store.hurry(now, now + farthest(self._interval))

    def poll(self, feed: Feed) -> Iterator[Article | SourceError]:
        """Yield the articles of entries that are new or changed, oldest first; failures are values.

        An entry counts as read when the caller asks for the next one, so a caller that stores each
        article as it comes loses none in a crash. The feed's own failure is yielded too; after
        some the next poll is put off further and further, after many the feed is switched off.
        """
        try:
            response = self._ask(feed.url, _conditions(feed))
            document = self._document(feed, response)
        except SourceError as error:
            self._failed(feed, error)
            yield error
            return
        if response.lasting_url != feed.url:
            feed = self._store.move(feed, response.lasting_url)
        is_done = True
        if document is not None:
            is_done = yield from self._read(feed, document)
        self._succeeded(feed, response, document, is_done)

    def _ask(self, url: str, headers: Mapping[str, str] | None = None) -> Response:
        return self._fetcher.fetch(url, headers=headers, kinds=_ACCEPTED)

    def _document(self, feed: Feed, response: Response) -> Document | None:
        """Return the feed's document, ``None`` when it is the one that was read last."""
        if response.status == NOT_MODIFIED or _digest(response) == feed.digest:
            return None
        document = parse_feed(response)
        if document is None:
            raise SourceError(feed.url, "this is no feed any more")
        return document

    def _read(self, feed: Feed, document: Document) -> Generator[Article | SourceError, None, bool]:
        """Read what asks for it; return whether nothing is left for the next poll."""
        known = self._known(feed, document)
        if feed.last_success_at is None:
            known = self._all_listed(feed, document, known)
        ends = time.monotonic() + self._poll_seconds
        is_done = True
        for entry in reversed(document.entries):
            before = known.get(entry.guid)
            if not asks_to_be_read(entry, before, self._clock()):
                is_done = is_done and before is not None and before.fingerprint == entry.fingerprint
                continue
            if time.monotonic() >= ends:
                return False
            reading = yield from self._read_one(entry, before, feed, document)
            is_done = is_done and not needs_another_try(reading)
        return is_done

    def _read_one(
        self, entry: Entry, before: Reading | None, feed: Feed, document: Document
    ) -> Generator[Article | SourceError, None, Reading]:
        article, is_open = read_entry(
            entry, feed, document.title or feed.title, self._fetcher.fetch
        )
        now = self._clock()
        if isinstance(article, Article):
            article = settled(article, before, now)
            article = replace(article, is_backlog=is_backlog(article, before, feed, now))
        yield article
        reading = reading_of(entry, before, article, is_open, now)
        is_first = reading.article is not None and not (before and before.article)
        self._store.save(feed, [reading], new_articles=int(is_first))
        return reading

    def _known(self, feed: Feed, document: Document) -> dict[str, Reading]:
        """Map GUIDs to what came of the entries when they were last read.

        Entries that an earlier version has read get their present fingerprint.
        """
        # Without a GUID, that version knew an entry by its link as it was written.
        names = {name for entry in document.entries for name in (entry.guid, entry.link)}
        found = self._store.readings(feed, names)
        known = {
            entry.guid: _with_fingerprint(reading, entry)
            for entry in document.entries
            if (reading := found.get(entry.guid) or found.get(entry.link))
        }
        self._store.save(
            feed, [each for each in known.values() if found[each.guid].fingerprint is None]
        )
        return known

    def _all_listed(
        self, feed: Feed, document: Document, known: Mapping[str, Reading]
    ) -> dict[str, Reading]:
        """Add what the feed's first document lists: backlog, however late it will be read."""
        now = self._clock()
        new = [listed(entry, now) for entry in document.entries if entry.guid not in known]
        self._store.save(feed, new)
        return {**known, **{reading.guid: reading for reading in new}}

    def _succeeded(
        self, feed: Feed, response: Response, document: Document | None, is_done: bool
    ) -> None:
        now = self._clock()
        period = document.period if document else feed.period
        asked = max(period, freshness(response.headers))
        etag, modified, digest = feed.etag, feed.modified, feed.digest
        if response.status != NOT_MODIFIED:
            etag = response.headers.get("etag")
            modified = response.headers.get("last-modified")
            digest = _digest(response)
        if not is_done:  # the next poll needs the document itself
            etag = modified = digest = None
        title = (document and document.title) or feed.title
        next_poll_at = now + pause(self._interval, asked, self._chance())
        self._store.succeeded(
            feed, Polled(title, etag, modified, digest, period, next_poll_at), now
        )

    def _failed(self, feed: Feed, error: SourceError) -> None:
        now, failures, asked = self._clock(), feed.failures + 1, timedelta()
        end = Health.SWITCHED_OFF if failures >= SWITCH_OFF else None
        if isinstance(error, StatusError):
            end = Health.ENDED if error.status == _GONE else end
            if error.status in _COME_BACK_LATER:
                asked = retry_after(error.headers, now)
        next_poll_at = now + pause(self._interval, asked, self._chance(), failures)
        self._store.failed(feed, error.reason, now, next_poll_at, end)


def _conditions(feed: Feed) -> dict[str, str]:
    conditions = {"If-None-Match": feed.etag, "If-Modified-Since": feed.modified}
    return {name: value for name, value in conditions.items() if value}


def _with_fingerprint(reading: Reading, entry: Entry) -> Reading:
    if reading.fingerprint is None:
        return replace(reading, fingerprint=entry.fingerprint)
    return reading


def _digest(response: Response) -> bytes:
    return sha256(response.body).digest()


def _named_by_page(response: Response, url: str) -> str:
    """Return the address of the feed that a page names in its head."""
    named = pool().run(named_feed, response.body, url, url=response.url, charset=response.charset)
    if named is None:
        raise SourceError(url, "this is no feed, and the page names none")
    return named
