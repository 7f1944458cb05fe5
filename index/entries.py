"""Feed documents to entries: RSS, Atom, RDF and JSON Feed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

from trafilatura import html2txt

from index import jsonfeed
from index.exchange import Response
from index.extract import extract
from index.isolated import FeedReader
from index.schedule import update_period
from index.text import block, clean
from index.urls import canonical_url
from qa.errors import SourceError

LONGEST_TITLE = 200
LONGEST_GUID = 500
LONGEST_MARKUP = 1_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed, as its document has it; ``text_of`` makes text of ``markup``.

    ``guid`` tells entries of one feed apart; ``link`` is a web address or empty; ``fingerprint``
    changes when the feed says something else of the entry.
    """

    guid: str
    link: str
    title: str
    markup: str
    published_at: datetime | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Document:
    """A feed as it came: its title, maybe empty, and its entries, each once, newest first.

    ``period`` is how long the feed wants to be left alone, zero when it does not say.
    """

    title: str
    entries: tuple[Entry, ...]
    period: timedelta


def parse_feed(response: Response, reader: FeedReader) -> Document | None:
    """Read a feed document; ``None`` when it is none, ``SourceError`` when it is too tangled."""
    if response.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        raw = jsonfeed.read(response.body)
    else:
        # Without a charset the header says less than the document itself.
        declared = response.headers["content-type"] if response.charset else ""
        raw = reader.read(response.body, response.url, declared)
    if raw is None:
        return None
    entries: dict[str, Entry] = {}
    for each in raw["entries"]:
        entry = _entry(each, response.url)
        if entry.guid:
            entries.setdefault(entry.guid, entry)
    return Document(plain(raw["title"]), tuple(entries.values()), update_period(*raw["period"]))


def _entry(raw: Mapping[str, Any], base: str) -> Entry:
    link, title = _web_address(raw["link"], base), plain(raw["title"])
    said = (raw["title"], raw["link"], raw["updated"], raw["markup"])
    return Entry(
        _guid(clean(raw["id"]).strip() or canonical_url(link) or title),
        link,
        title,
        raw["markup"][:LONGEST_MARKUP],
        _moment(raw["published"]),
        _digest(repr(said)),
    )


def _guid(guid: str) -> str:
    return guid if len(guid) <= LONGEST_GUID else _digest(guid)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _web_address(link: str, base: str) -> str:
    try:
        absolute = urljoin(base, clean(link).strip())
    except ValueError:
        return ""
    return absolute if link.strip() and absolute.startswith(("http://", "https://")) else ""


def plain(markup: str) -> str:
    """Return a title as one line of text, at most ``LONGEST_TITLE`` characters."""
    markup = clean(markup[: 10 * LONGEST_TITLE])
    return block(html2txt(f"<html><body><p>{markup}</p></body></html>"))[:LONGEST_TITLE]


def text_of(entry: Entry) -> str:
    """Return an entry's own text, one block a line; empty when it has none."""
    if not entry.markup.strip():
        return ""
    page = f"<html><body><article>{clean(entry.markup)}</article></body></html>"
    try:
        return extract(page.encode(), "").text
    except SourceError:
        return block(html2txt(page))  # too little for an article: a teaser, which is still text


def _moment(seconds: float | None) -> datetime | None:
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
