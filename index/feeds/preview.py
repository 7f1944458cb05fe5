"""The older pages of a channel's preview, which shows some twenty posts at a time."""

from collections.abc import Callable
from dataclasses import replace

from index.feeds.entries import parse_feed
from index.feeds.formats import MOST_ENTRIES
from index.feeds.model import ParsedFeed
from index.web.request import Response, may_pass
from qa.errors import SourceError

PAGES = 25
"""Older pages that a poll asks for at most, one after another."""


def with_older_posts(
    parsed: ParsedFeed, newest: int, fetch: Callable[[int], Response]
) -> ParsedFeed:
    """Add the posts that came after ``newest``, the last one known, but are no longer on the page.

    ``fetch`` gets the page of posts before a number. Of a channel of which nothing is known (0),
    these are as many as are read of a feed. ``SourceError`` if a page may be there another time.
    The numbers stay those of the first page, since deleted posts are looked for there alone.
    """
    entries = {entry.guid: entry for entry in parsed.entries}
    first = min(parsed.numbers, default=0)
    for _ in range(PAGES):
        if first <= newest + 1 or len(entries) >= MOST_ENTRIES:
            break
        older = _page(first, fetch)
        if older is None or min(older.numbers, default=first) >= first:
            break
        entries = {entry.guid: entry for entry in older.entries} | entries
        first = min(older.numbers)
    newest_first = sorted(entries.values(), key=lambda entry: -int(entry.guid))
    return replace(parsed, entries=tuple(newest_first[:MOST_ENTRIES]))


def _page(before: int, fetch: Callable[[int], Response]) -> ParsedFeed | None:
    try:
        return parse_feed(fetch(before))
    except SourceError as error:
        if may_pass(error):
            raise
        return None  # as there is before the first post
