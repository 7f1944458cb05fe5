"""Finding the feed at an address."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from index.feeds.entries import feed_title
from index.feeds.formats import page as pageformat
from index.feeds.formats.page import FEED_TYPES
from index.sandbox.pool import pool
from index.web.fetch import Fetcher
from index.web.request import ANYTHING, Response
from index.web.urls import host_name
from qa.errors import SourceError
from qa.language import codes
from qa.language.files import page_lines

FEED_LIMIT = 20_000_000
"""Bytes of a feed's document, after decompression."""

_ACCEPTED = (*FEED_TYPES, "application/xml;q=0.9", "text/html;q=0.5", ANYTHING)
_USUAL = ("feed", "rss.xml", "index.xml", "atom.xml", "rss", "feed.xml", "feed.json")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
"""Between the words of ``withComments``."""
_MOST_NAMED = 10
"""Feeds of a page that are tried; some pages name one for each of their topics."""
_REFRESHES = 2


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed that is not followed yet; its title is never empty."""

    url: str
    title: str


def find_feed(url: str, fetch: Callable[[str], Response]) -> FoundFeed:
    """Return the feed at ``url``, or of the page there the first feed that can be read.

    ``fetch`` is as ``fetch_feed``. The page names it, or it is where feeds usually are. Feeds of
    comments come last. ``SourceError`` when there is none.
    """
    target = url
    for _ in range(_REFRESHES + 1):
        response = fetch(target)
        if found := _found(response):
            return found
        page = _page(response, url)
        target = page["refresh"]
        if page["feeds"] or not target:
            break
    failure = last = None
    for candidate in _candidates(page, response.url):
        tried = _found_at(candidate, fetch)
        if isinstance(tried, FoundFeed):
            if not _is_of_comments(tried.url, tried.title):
                return tried
            last = last or tried
            continue
        is_named = any(address == candidate for address, _ in page["feeds"])
        failure = failure or (tried if is_named else None)
    if last:
        return last
    raise failure or SourceError(url, "this is not a feed, and the page does not name one")


def _found_at(url: str, fetch: Callable[[str], Response]) -> FoundFeed | SourceError:
    try:
        return _found(fetch(url)) or SourceError(url, "this is not a feed")
    except SourceError as error:
        return error


def fetch_feed(url: str, fetcher: Fetcher, headers: Mapping[str, str] | None = None) -> Response:
    """Fetch what may be a feed; servers with several versions of a page are asked for the feed."""
    return fetcher.fetch(url, limit=FEED_LIMIT, headers=headers, kinds=_ACCEPTED)


def _found(response: Response) -> FoundFeed | None:
    title = feed_title(response)
    if title is None:
        return None
    return FoundFeed(response.lasting_url, title or host_name(response.url))


def _page(response: Response, url: str) -> dict[str, Any]:
    return pool().run(
        pageformat.read,
        response.body,
        url,
        url=response.url,
        charset=response.charset,
        header=response.headers.get("link", ""),
    )


def _candidates(page: dict[str, Any], url: str) -> Iterator[str]:
    named = dict(page["feeds"][:_MOST_NAMED])
    comments = [address for address, title in named.items() if _is_of_comments(address, title)]
    yield from (address for address in named if address not in comments)
    inside = url.partition("?")[0].partition("#")[0].rstrip("/") + "/"
    usual = [urljoin(folder, name) for folder in (inside, urljoin(url, "/")) for name in _USUAL]
    yield from dict.fromkeys(usual)
    yield from comments


def _is_of_comments(address: str, title: str) -> bool:
    parts = urlsplit(address)
    words = _HUMP.sub(" ", f"{title} {unquote(parts.path)} {parts.query}")
    return _comments().search(words) is not None


@cache
def _comments() -> re.Pattern[str]:
    words = [each for code in codes() for each in page_lines(code, "comments")]
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(words)})(?![^\W_])", re.IGNORECASE)
