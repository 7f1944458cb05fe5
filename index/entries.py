"""Feed documents to entries, with feedparser."""

import io
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import feedparser
from trafilatura import html2txt

from index.extract import extract
from index.fetch import Response
from index.text import block
from qa.errors import SourceError

_MOST_ENTRIES = 100
_LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed; ``text`` is its own text, one block a line, and may be empty.

    ``guid`` tells entries of one feed apart; ``link`` is absolute or empty.
    """

    guid: str
    link: str
    title: str
    text: str
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Document:
    """A feed as it came: its title, maybe empty, and its entries, newest first."""

    title: str
    entries: tuple[Entry, ...]


def parse_feed(response: Response) -> Document | None:
    """Read an RSS or Atom document; ``None`` when it is neither."""
    headers = {"content-location": response.url}
    if response.charset:
        headers["content-type"] = response.headers["content-type"]
    # A stream, because feedparser takes plain bytes for a file name first.
    parsed = feedparser.parse(io.BytesIO(response.body), response_headers=headers)
    if not parsed.get("version") or (parsed.bozo and not parsed.entries):
        return None  # the beginning of a feed that was cut off is none either
    entries = map(_entry, parsed.entries[:_MOST_ENTRIES])
    title = _plain(parsed.feed.get("title", ""))[:_LONGEST_TITLE]
    return Document(title, tuple(filter(lambda e: e.guid, entries)))


def _entry(raw: Mapping[str, Any]) -> Entry:
    link, title = raw.get("link", ""), _plain(raw.get("title", ""))
    bodies = [content.get("value", "") for content in raw.get("content", [])]
    longest = max([*bodies, raw.get("summary", "")], key=len)
    return Entry(raw.get("id") or link or title, link, title, _text(longest), _moment(raw))


def _plain(markup: str) -> str:
    return block(html2txt(f"<html><body><p>{markup}</p></body></html>"))


def _text(markup: str) -> str:
    page = f"<html><body><article>{markup}</article></body></html>"
    try:
        return extract(page.encode(), "").text
    except SourceError:
        return block(html2txt(page))  # too little for an article: a teaser, which is still text


def _moment(raw: Mapping[str, Any]) -> datetime | None:
    parsed = raw.get("published_parsed") or raw.get("updated_parsed")
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError):
        return None
