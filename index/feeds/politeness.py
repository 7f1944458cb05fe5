"""Leave sites alone that ask for it, across polls and restarts."""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from index.feeds.discovery import fetch_feed
from index.feeds.hosts import HostLeases
from index.feeds.model import Feed, host_of
from index.feeds.schedule import LONGEST_PAUSE, retry_after
from index.feeds.store import FeedStore
from index.web.fetch import PAGE_LIMIT, Fetcher
from index.web.request import Response, StatusError, UnreachableError, may_pass

_TOO_MANY = 429
_PAUSE = timedelta(minutes=10)
"""How long to leave a host alone that asks for fewer requests without saying for how long."""


class RestingError(UnreachableError):
    """Not asked for: the site wants to be left alone until ``until``."""

    def __init__(self, source: str, until: datetime) -> None:
        super().__init__(source, "the site asks us to come back later")
        self.until = until


class PoliteFetcher:
    """Fetches feeds and pages, but none that rest.

    A host rests after it has answered that there are too many requests; a page, after it has asked
    for a pause or has been refused permanently.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        store: FeedStore,
        hosts: HostLeases,
        clock: Callable[[], datetime],
    ) -> None:
        self._fetcher = fetcher
        self._store = store
        self._hosts = hosts
        self._clock = clock

    def candidate(self, url: str) -> Response:
        """Fetch what may be a feed as soon as no other process is connected to its host."""
        try:
            host = host_of(url)
        except ValueError:  # which the fetcher explains
            return fetch_feed(url, self._fetcher)
        with self._hosts.having(host, self._fetcher.is_stopped):
            return fetch_feed(url, self._fetcher)

    def feed(self, feed: Feed, headers: dict[str, str]) -> Response:
        """Fetch a feed; ``RestingError`` while its host rests."""
        self._refuse_resting(feed.url, _netloc(feed.url))
        try:
            return fetch_feed(feed.url, self._fetcher, headers)
        except StatusError as error:
            if error.status == _TOO_MANY:
                self._rest(error, _netloc(feed.url), _netloc(error.url))
            raise

    def page(self, url: str, *, kinds: tuple[str, ...], limit: int = PAGE_LIMIT) -> Response:
        """Fetch a page; while it rests, raise the same error again, or ``RestingError``."""
        self._refuse_resting(url, _netloc(url), url)
        try:
            return self._fetcher.fetch(url, kinds=kinds, limit=limit)
        except StatusError as error:
            if error.status == _TOO_MANY:
                self._rest(error, url, _netloc(error.url))
            elif not may_pass(error) or "retry-after" in error.headers:
                self._rest(error, url)
            raise

    def rests(self, url: str) -> bool:
        """Whether a page, or its host, is not to be asked now."""
        return self._store.rest(_netloc(url), url) is not None

    def _refuse_resting(self, source: str, *places: str) -> None:
        self._hosts.verify()
        rest = self._store.rest(*places)
        if rest is None:
            return
        refused = StatusError(source, rest.status, {})
        raise RestingError(source, rest.until) if may_pass(refused) else refused

    def _rest(self, error: StatusError, *places: str) -> None:
        now = self._clock()
        pause = retry_after(error.headers, now) or _PAUSE
        pause = min(pause, LONGEST_PAUSE) if may_pass(error) else LONGEST_PAUSE
        self._store.let_rest(places, error.status, now + pause)


def _netloc(url: str) -> str:
    """Return the host with its port: two servers of one host rest apart."""
    return urlsplit(url).netloc.lower()
