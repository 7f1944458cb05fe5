"""Feed documents to entries: RSS, Atom, RDF and JSON Feed."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

from trafilatura import html2txt
from w3lib.encoding import html_body_declared_encoding, resolve_encoding

from index.documents.registry import from_json, parse_markup
from index.documents.text import block, clean, decode
from index.feeds.formats import json as jsonfeed
from index.feeds.formats import xml as xmlfeed
from index.feeds.schedule import update_period
from index.sandbox.pool import pool
from index.web.request import Response
from index.web.urls import LONGEST_URL, canonical_url
from qa.article import Article
from qa.errors import SourceError

LONGEST_TITLE = 200
LONGEST_GUID = 500
LONGEST_MARKUP = 300_000

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*>\s*")
_EMPTY_CHARSETS = (None, "", "us-ascii", "ascii")
"""What says less than the document itself: servers put "us-ascii" there without a look."""
_WIDE = {
    b"<\0\0\0": "utf-32-le",
    b"\0\0\0<": "utf-32-be",
    b"<\0": "utf-16-le",
    b"\0<": "utf-16-be",
}
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")
_WIDE_NAMES = ("utf-16", "utf-32")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed, as its document has it; ``article_in`` reads its ``markup``.

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


def parse_feed(response: Response) -> Document | None:
    """Read a feed document; ``None`` when it is none, ``SourceError`` when it is too tangled."""
    if response.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        raw = jsonfeed.read(response.body)
    else:
        raw = pool().run(xmlfeed.read, _text(response).encode(errors="replace"), response.url)
    if raw is None:
        return None
    entries: dict[str, Entry] = {}
    for entry in _told_apart([_entry(each, response.url) for each in raw["entries"]]):
        if entry.guid:
            entries.setdefault(entry.guid, entry)
    return Document(plain(raw["title"]), tuple(entries.values()), update_period(*raw["period"]))


def _told_apart(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Give each entry; some feeds have one GUID for all, and then links tell them apart."""
    links: defaultdict[str, set[str]] = defaultdict(set)
    for entry in entries:
        if entry.link:
            links[entry.guid].add(canonical_url(entry.link))
    for entry in entries:
        is_shared = len(links[entry.guid]) > 1 and entry.link
        yield replace(entry, guid=_guid(canonical_url(entry.link))) if is_shared else entry


def _text(response: Response) -> str:
    """Decode a document; NUL characters, which XML forbids, are left out."""
    body, charset = response.body, response.charset
    if charset in _EMPTY_CHARSETS:
        declaration = body[: body.find(b"?>") + 2]
        charset = html_body_declared_encoding(declaration) or charset
    if charset and (resolve_encoding(charset) or "").startswith(_WIDE_NAMES):
        charset = None  # then its first bytes would say so
    encoding = next((name for mark, name in _WIDE.items() if body.startswith(mark)), None)
    if encoding:
        text = body.decode(encoding, errors="replace")
    elif body.startswith(_WIDE_MARKS):
        text = decode(body, response.url)
    else:
        text = decode(body.replace(b"\0", b""), response.url, charset)
    return _DECLARATION.sub("", text.replace("\0", ""))


def _entry(raw: Mapping[str, Any], base: str) -> Entry:
    link, title = _web_address(raw["link"], base), plain(raw["title"])
    said = (raw["title"], raw["link"], raw["updated"], raw["markup"])
    named = clean(raw["id"]).strip() or canonical_url(link) or title
    return Entry(
        _guid(named or (raw["markup"] and _digest(raw["markup"]))),
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
    if len(link) > LONGEST_URL:
        return ""
    try:
        absolute = urljoin(base, clean(link).strip())
    except ValueError:
        return ""
    return absolute if link.strip() and absolute.startswith(("http://", "https://")) else ""


def plain(markup: str) -> str:
    """Return a title as one line of text, at most ``LONGEST_TITLE`` characters."""
    markup = clean(markup[: 10 * LONGEST_TITLE])
    return block(html2txt(f"<html><body><p>{markup}</p></body></html>"))[:LONGEST_TITLE].strip()


def article_in(entry: Entry) -> Article:
    """Return what an entry says itself; the text is empty when there is none, or a tangle."""
    nothing = Article("", entry.title, "")
    if not entry.markup.strip():
        return nothing
    markup = entry.markup.encode(errors="surrogatepass")
    try:
        return from_json(pool().run(parse_markup, markup, entry.link))
    except SourceError:
        return nothing


def _moment(seconds: float | None) -> datetime | None:
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
