"""Parsing feed documents: RSS, Atom, RDF, JSON Feed and previews of Telegram channels."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from trafilatura import html2txt

from index.documents.registry import from_json, parse_markup
from index.documents.text import block, clean, from_post
from index.feeds.formats import MOST_ENTRIES
from index.feeds.formats.document import read
from index.feeds.model import Entry, ParsedFeed
from index.feeds.schedule import update_period
from index.sandbox.pool import pool
from index.web.request import Response
from index.web.urls import LONGEST_URL, canonical_url, is_front_page
from qa.article import Article
from qa.errors import SourceError

LONGEST_TITLE = 200
LONGEST_GUID = 500
LONGEST_MARKUP = 300_000
_SEVERAL = 3


def parse_feed(response: Response) -> ParsedFeed | None:
    """Parse a feed; ``None`` if this is not one, ``SourceError`` if parsing takes too long."""
    raw = _parsed(response, MOST_ENTRIES)
    if raw is None:
        return None
    entries: dict[str, Entry] = {}
    read = [_entry(each, response.url) for each in raw["entries"]]
    written = zip(read, raw["entries"], strict=True)
    nameless = frozenset(e for e, each in written if _is_nameless(e, each, response.url))
    for entry in _distinct(read, nameless):
        if entry.guid:
            entries.setdefault(entry.guid, entry)
    site, period = _web_address(raw["site"], response.url), update_period(*raw["period"])
    numbers = tuple(raw.get("numbers", ()))
    return ParsedFeed(plain(raw["title"]), tuple(entries.values()), period, site, numbers)


def feed_title(response: Response) -> str | None:
    """Return the title of a feed, which may be empty, as ``parse_feed`` does, but without entries.

    ``None`` if this is not a feed.
    """
    raw = _parsed(response, most_entries=1)
    return None if raw is None else plain(raw["title"])


def _parsed(response: Response, most_entries: int) -> dict[str, Any] | None:
    return pool().run(read, response.body, response.url, most_entries, response.charset)


def _distinct(entries: Sequence[Entry], nameless: Collection[Entry]) -> Iterator[Entry]:
    """Yield each entry; several with one GUID are told apart by their links, or their titles.

    Two that differ only in their titles may be two versions of one entry, but three hardly are.

    Entries that are ``nameless``, without a GUID of their own, are then told apart by link and
    title, and by their text if that is not enough.
    """
    links: defaultdict[str, set[str]] = defaultdict(set)
    titles: defaultdict[str, list[str]] = defaultdict(list)
    for entry in entries:
        titles[entry.guid].append(entry.title)
        if entry.link:
            links[entry.guid].add(canonical_url(entry.link))

    def own_guid(entry: Entry) -> str:
        if len(links[entry.guid]) > 1 and entry.link:
            return canonical_url(entry.link)
        same = titles[entry.guid]
        is_constant = len(same) >= _SEVERAL and len({*same}) == len(same)
        return f"{entry.guid} {entry.title}" if is_constant else entry.guid

    found = [replace(entry, guid=_guid(own_guid(entry))) for entry in entries]
    alike = Counter(entry.guid for entry in found)
    same_title = Counter(_named(entry) for entry in found)
    for entry, as_read in zip(found, entries, strict=True):
        if as_read not in nameless or alike[entry.guid] == 1:
            yield entry
        elif same_title[_named(entry)] == 1:
            yield replace(entry, guid=_guid(_named(entry)))
        else:
            yield replace(entry, guid=_digest(f"{_named(entry)} {entry.markup}"))


def _named(entry: Entry) -> str:
    return f"{entry.link} {entry.title}"


def _entry(raw: Mapping[str, Any], base: str) -> Entry:
    link, title = _web_address(raw["link"], base), plain(raw["title"])
    is_post, page = raw.get("is_post", False), raw.get("page", "")
    said = (raw["title"], raw["link"], raw["updated"], raw["markup"])
    # A site's front page belongs to none of its entries.
    place = "" if title and is_front_page(link) else canonical_url(link)
    named = _id(raw) or place or title
    return Entry(
        _guid(named or (raw["markup"] and _digest(raw["markup"]))),
        link,
        title,
        raw["markup"][:LONGEST_MARKUP],
        _moment(raw["published"]),
        _digest(repr((*said, page) if is_post else said)),
        _web_address(raw["file"], base),
        is_post,
        _web_address(page, base),
    )


def _id(raw: Mapping[str, Any]) -> str:
    return clean(raw["id"]).strip()


def _is_nameless(entry: Entry, raw: Mapping[str, Any], base: str) -> bool:
    """Whether an entry has no GUID of its own, or one that only repeats its link."""
    address = canonical_url(_web_address(_id(raw), base))
    return not _id(raw) or bool(address and address == canonical_url(entry.link))


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
    """Return what an entry itself says; its text is empty if it has none or takes too long."""
    nothing = Article("", entry.title, "")
    if not entry.markup.strip():
        return nothing
    markup = entry.markup.encode(errors="surrogatepass")
    try:
        if entry.is_post:
            return from_post(entry.markup, entry.link)
        return from_json(pool().run(parse_markup, markup, entry.link, title=entry.title))
    except SourceError:
        return nothing


def _moment(seconds: float | None) -> datetime | None:
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
