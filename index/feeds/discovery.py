"""Finding the feed at an address."""

from collections.abc import Mapping
from dataclasses import dataclass

from index.documents.html import FEED_TYPES, named_feed
from index.feeds.entries import feed_title
from index.sandbox.pool import pool
from index.web.fetch import ANYTHING, Fetcher, Response
from index.web.urls import host_name
from qa.errors import SourceError

_ACCEPTED = (*FEED_TYPES, "application/xml;q=0.9", "text/html;q=0.5", ANYTHING)


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed that is not followed yet; its title is never empty."""

    url: str
    title: str


def find_feed(url: str, fetcher: Fetcher) -> FoundFeed:
    """Return the feed at ``url``, or the one that the page there names.

    ``SourceError`` when there is none.
    """
    response = fetch_feed(url, fetcher)
    title = feed_title(response)
    if title is None:
        response = fetch_feed(_named_by_page(response, url), fetcher)
        title = feed_title(response)
    if title is None:
        raise SourceError(response.url, "this is not a feed")
    return FoundFeed(response.lasting_url, title or host_name(response.url))


def fetch_feed(url: str, fetcher: Fetcher, headers: Mapping[str, str] | None = None) -> Response:
    """Fetch what may be a feed; servers with several versions of a page are asked for the feed."""
    return fetcher.fetch(url, headers=headers, kinds=_ACCEPTED)


def _named_by_page(response: Response, url: str) -> str:
    """Return the address of the feed that a page names in its head."""
    named = pool().run(named_feed, response.body, url, url=response.url, charset=response.charset)
    if named is None:
        raise SourceError(url, "this is not a feed, and the page does not name one")
    return named
