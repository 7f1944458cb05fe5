"""Polling: fetch a feed, parse it, decide, read, remember."""

import time
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from urllib.parse import urljoin

from index.feeds.articles import read_entry, shared_pages
from index.feeds.decide import decide, earlier_form, is_last_try, plan, should_retry
from index.feeds.entries import parse_feed
from index.feeds.model import (
    UNREAD,
    Attempt,
    Entry,
    EntryState,
    Feed,
    Health,
    ParsedFeed,
    PollResult,
    Withdrawn,
)
from index.feeds.politeness import PoliteFetcher, RestingError
from index.feeds.preview import with_older_posts
from index.feeds.schedule import SWITCH_OFF, Schedule, freshness, retry_after
from index.feeds.store import FeedStore
from index.web.request import NOT_MODIFIED, Response, StatusError
from qa.article import Article
from qa.errors import SourceError

POLL_SECONDS = 120.0
"""How long one poll may read entries; the rest is left for the next poll."""

EarlierForms = Callable[[Article], Sequence[Article]]
"""Finds the stored articles of the same stream that tell the same."""

Item = Article | Withdrawn | SourceError
"""What a poll yields."""

_GONE = 410
_TRY_LATER = (429, 503)


class Poller:
    """Polls one feed at a time in any number of threads; indexing is left to the caller."""

    def __init__(
        self,
        store: FeedStore,
        fetcher: PoliteFetcher,
        schedule: Schedule,
        clock: Callable[[], datetime],
        poll_seconds: float,
        news: timedelta | None,
        earlier_forms: EarlierForms,
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._schedule = schedule
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._news = news
        self._earlier_forms = earlier_forms

    def poll(self, feed: Feed) -> Iterator[Item]:
        """Yield the articles of entries that are new or changed, oldest first; failures are values.

        Before them come the posts that a channel has deleted.

        An entry counts as read when the caller asks for the next one, so a caller that stores each
        article before it asks loses none in a crash. A failure of the feed itself is yielded, too;
        repeated failures make the pauses between polls longer, and in the end switch the feed off.
        """
        try:
            response = self._fetcher.feed(feed, _conditions(feed))
            digest, parsed = _digest(response), self._parse(feed, response)
            response = replace(response, body=b"")  # it may be large, and pages take their time
        except RestingError as error:
            self._store.postpone(feed, error.until)
            yield error
            return
        except SourceError as error:
            self._record_failure(feed, error)
            yield error
            return
        if response.lasting_url != feed.url:
            feed = self._store.move(feed, response.lasting_url)
        is_complete = True
        if parsed is not None:
            yield from self._withdraw(feed, parsed)
            is_complete = yield from self._read(feed, parsed)
        self._record_success(feed, response, digest, parsed, is_complete)

    def _parse(self, feed: Feed, response: Response) -> ParsedFeed | None:
        """Parse a feed; ``None`` if its document has not changed since it was last read."""
        if response.status == NOT_MODIFIED or _digest(response) == feed.digest:
            return None
        parsed = parse_feed(response)
        if parsed is None:
            raise SourceError(feed.url, "this is no longer a feed")
        if not parsed.numbers:
            return parsed

        def older(before: int) -> Response:
            page = replace(feed, url=urljoin(response.url, f"?before={before}"))
            return self._fetcher.feed(page, {})

        return with_older_posts(parsed, self._store.newest_post(feed), older)

    def _withdraw(self, feed: Feed, parsed: ParsedFeed) -> Iterator[Withdrawn]:
        """Yield the posts that are gone from among those that a channel shows.

        They stay known: one that comes back is not news.
        """
        for state in self._store.missing(feed, parsed.numbers):
            yield Withdrawn(f"{parsed.site}/{state.guid}")
            self._store.save(feed, [replace(state, article=None, fingerprint=UNREAD, tries=0)])

    def _read(self, feed: Feed, parsed: ParsedFeed) -> Generator[Article | SourceError, None, bool]:
        """Read the entries that need it; return whether nothing is left for the next poll."""
        names = {name for entry in parsed.entries for name in (entry.guid, entry.link)}
        stored = self._store.entries(feed, names, {entry.fingerprint for entry in parsed.entries})
        planned = plan(feed, parsed.entries, stored, self._clock())
        self._store.save(feed, planned.to_save)
        is_complete, ends = planned.is_complete, time.monotonic() + self._poll_seconds
        shared, guids = shared_pages(parsed.entries), {entry.guid for entry in parsed.entries}
        for entry, before in planned.to_read:
            if time.monotonic() >= ends:
                return False
            attempt = self._attempt(entry, before, feed, parsed.title or feed.title, shared)
            if attempt is None:
                is_complete = False
                continue
            decision = decide(
                entry,
                before,
                feed,
                attempt,
                self._clock(),
                # A post repeats the words of another one, but is not another form of it.
                earlier=None if entry.is_post else self._earlier(feed, before, attempt, guids),
                is_on_top=entry.guid in planned.on_top,
                news=self._news,
            )
            if isinstance(decision.outcome, Article):
                self._store.bring(feed, decision.outcome.id)
                yield replace(decision.outcome, is_personal=not feed.is_everybodys)
            else:
                yield decision.outcome
            self._store.save(feed, [decision.state], new_articles=int(decision.is_new_article))
            is_complete = is_complete and not should_retry(decision.state)
        return is_complete

    def _attempt(
        self,
        entry: Entry,
        before: EntryState | None,
        feed: Feed,
        title: str,
        shared: Collection[str],
    ) -> Attempt | None:
        """Read an entry; ``None`` if there is nothing to say until its page can be asked again."""
        is_as_read = before is not None and before.fingerprint == entry.fingerprint
        if is_as_read and self._fetcher.rests(entry.page):
            return None
        attempt = read_entry(
            entry,
            feed,
            title,
            self._fetcher.page,
            shared,
            partial(self._is_taken, feed, entry, before),
            is_last_try=is_last_try(before),
        )
        return None if isinstance(attempt.outcome, RestingError) else attempt

    def _is_taken(self, feed: Feed, entry: Entry, before: EntryState | None, article: str) -> bool:
        """Whether an article is another entry's, and not this one's, too."""
        is_own = before is not None and before.article == article
        return not is_own and self._store.has_article(feed, article, but_not=entry.guid)

    def _earlier(
        self, feed: Feed, before: EntryState | None, attempt: Attempt, guids: Collection[str]
    ) -> str | None:
        if (before and before.article) or not isinstance(attempt.outcome, Article):
            return None
        forms = self._earlier_forms(attempt.outcome)
        listed = self._store.articles_of(feed, guids) if forms else ()
        return earlier_form(attempt.outcome, forms, listed)

    def _record_success(
        self,
        feed: Feed,
        response: Response,
        digest: bytes | None,
        parsed: ParsedFeed | None,
        is_complete: bool,
    ) -> None:
        period = parsed.period if parsed else feed.period
        etag = response.headers.get("etag")
        modified = response.headers.get("last-modified")
        if response.status == NOT_MODIFIED:
            etag, modified, digest = feed.etag, feed.modified, feed.digest
        if not is_complete:  # the next poll needs the document itself
            etag = modified = digest = None
        title = (parsed and parsed.title) or feed.title
        pause = self._schedule.pause(max(period, freshness(response.headers)))
        site = parsed.site if parsed else ""
        result = PollResult(title, etag, modified, digest, period, self._clock() + pause, site)
        self._store.succeeded(feed, result)

    def _record_failure(self, feed: Feed, error: SourceError) -> None:
        now, failures, asked = self._clock(), feed.failures + 1, timedelta()
        end = Health.SWITCHED_OFF if failures >= SWITCH_OFF else None
        if isinstance(error, StatusError):
            end = Health.ENDED if error.status == _GONE else end
            if error.status in _TRY_LATER:
                asked = retry_after(error.headers, now)
        self._store.failed(feed, error.reason, now + self._schedule.pause(asked, failures), end)


def _conditions(feed: Feed) -> dict[str, str]:
    conditions = {"If-None-Match": feed.etag, "If-Modified-Since": feed.modified}
    return {name: value for name, value in conditions.items() if value}


def _digest(response: Response) -> bytes:
    return sha256(response.body).digest()
