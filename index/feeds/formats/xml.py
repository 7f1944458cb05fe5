"""RSS, Atom and RDF documents with feedparser (pure)."""

import io
import re
from collections.abc import Collection, Mapping
from html import escape, unescape
from typing import Any

import feedparser

from index.feeds.formats import from_top, is_oldest_first
from index.feeds.formats.dates import Dates
from index.feeds.formats.markup import from_text, holds_markup, is_wrapped, mended

_HEAD = 10_000
_ENTITY = re.compile(rb"<!ENTITY[^>]*>")
_ENTRY_END = re.compile(rb"</(?:[\w.-]{1,20}:)?(?:item|entry)\s{0,9}>")
_HALVES = re.compile(
    rb"(?:&#(?:[xX]0{0,9}[dD][89a-fA-F][0-9a-fA-F]{2}"
    rb"|0{0,9}(?:5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3]));)+"
)
"""References to the halves, D800 to DFFF, in which UTF-16 writes a character."""
_ADDRESSED = re.compile(
    rb"<(?:[\w.-]{1,20}:)?(?:guid|id)\b[^<>]*>\s{0,99}(?:<!\[CDATA\[)?\s{0,99}(https?://[^\s<\]]+)",
    re.I,
)
"""A GUID that is an address."""
_DATES = ("published", "updated")
_BARE = re.compile(rb"(<!\[CDATA\[.*?\]\]>)|&(?!(?:#\d+|#[xX][\da-fA-F]+|\w+);)", re.DOTALL)
"""An ampersand outside CDATA that does not begin a reference."""
_MEDIA = re.compile(rb"""xmlns:([\w.-]{1,20})\s*=\s*["'][^"']{1,40}/mrss\b""")
_OF_MEDIA = rb"<(/?)(%s):(title|description)\b[^<>]*?(/?)>"
_RENAMED = "alt-"
_IMAGE = re.compile(rb"<image\b[^<>]*(?<!/)>.{0,5000}?</image\s*>", re.DOTALL)
_SAMPLES = 9
"""Entries of a long document that show in which order it is."""
_TAIL = 200
_END = re.compile(rb"</(?:rss|feed|rdf:RDF)\s*>\s*\Z", re.I)


def read(body: bytes, url: str, most_entries: int) -> dict[str, Any] | None:
    """Return the title, the update period and the newest entries, newest first, of a document.

    It is in UTF-8 without a BOM; ``None`` if it is not a feed. Titles are markup, as texts are.
    Links are relative to ``url``.
    """
    tame = _tame(body, url, most_entries)
    if tame is None:
        return None
    parsed = _parse(tame, url)
    is_whole = not parsed.bozo or _END.search(tame[-_TAIL:]) is not None
    if not parsed.get("version") or not (is_whole or parsed.entries):
        return None  # nor is the beginning of a feed that was cut off
    period = ("ttl", "sy_updateperiod", "sy_updatefrequency")
    return {
        "title": _title(parsed.feed, parsed.version),
        "site": parsed.feed.get("link") or "",
        "period": [str(parsed.feed.get(name) or "") for name in period],
        "entries": _newest_first(parsed, tame)[:most_entries],
    }


def _parse(document: bytes, url: str) -> Any:  # noqa: ANN401 - feedparser has no types
    headers = {"content-location": url, "content-type": "application/xml; charset=utf-8"}
    # A stream, because feedparser tries plain bytes as a file name first. Markup becomes text
    # later, so feedparser need not sanitise it.
    stream = io.BytesIO(document)
    return feedparser.parse(
        stream, response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )


def _newest_first(parsed: Any, document: bytes) -> list[dict[str, Any]]:  # noqa: ANN401
    found = _ADDRESSED.findall(document)
    addresses = {unescape(each.decode(errors="replace")) for each in found}
    dates, names = _dates_and_names(parsed)
    pairs = zip(parsed.entries, dates, strict=True)
    entries = [_entry(raw, parsed.version, addresses, date) for raw, date in pairs]
    return entries[:: -1 if is_oldest_first(dates, names) else 1]


def _dates_and_names(parsed: Any) -> tuple[list[float | None], list[str]]:  # noqa: ANN401
    written = (raw.get(name) or "" for raw in parsed.entries for name in _DATES)
    reader = Dates.of(written, parsed.feed.get("language") or "")
    dates = [_published(raw, reader) for raw in parsed.entries]
    names = [raw.get("id") or raw.get("link") or raw.get("title", "") for raw in parsed.entries]
    return dates, names


def _entry(
    raw: Mapping[str, Any], version: str, addresses: Collection[str], published: float | None
) -> dict[str, Any]:
    summary = dict(raw.get("summary_detail") or {}, value=raw.get("summary", ""))
    contents = [each for each in raw.get("content", []) if _is_text(each)]
    bodies = [_body(content, version) for content in (*contents, summary)]
    files = [_file(each) for each in (*raw.get("enclosures", []), *raw.get("media_content", []))]
    link, links = raw.get("link", ""), [each.get("href") for each in raw.get("links", [])]
    # Feedparser takes any GUID for the link of an entry that has none, such as "7".
    has_link = link != raw.get("id") or link in links or link in addresses
    return {
        "id": raw.get("id", ""),
        "link": link if has_link else "",
        "file": next(filter(None, files), ""),
        "title": _title(raw, version),
        # What the media say, used only if nothing else says anything.
        "markup": max(bodies, key=len) or mended(raw.get(f"media_{_RENAMED}description", "")),
        "updated": raw.get("updated") or raw.get("published") or "",
        "published": published,
    }


def _is_text(content: Mapping[str, Any]) -> bool:
    """Whether it is not a file that stands inside of the feed."""
    kind = content.get("type", "")
    return kind.startswith("text/") or "xml" in kind or "/" not in kind


def _file(enclosure: Mapping[str, Any]) -> str:
    """Return the address of a recording or another file, but not of a picture."""
    is_picture = "image" in (enclosure.get("type", "").partition("/")[0], enclosure.get("medium"))
    return "" if is_picture else enclosure.get("href") or enclosure.get("url") or ""


def _title(raw: Mapping[str, Any], version: str) -> str:
    title: str = raw.get("title", "")
    is_plain = _is_plain(raw.get("title_detail") or {}, title, version)
    return escape(title, quote=False) if is_plain else mended(title)


def _body(content: Mapping[str, Any], version: str) -> str:
    value: str = content.get("value", "")
    is_plain = _is_plain(content, value, version) and not is_wrapped(value)
    return from_text(value) if is_plain else mended(value)


def _is_plain(detail: Mapping[str, Any], text: str, version: str) -> bool:
    """Whether a text is plain; in RSS, which does not say so, feedparser has guessed."""
    is_atom = version.startswith("atom")
    return detail.get("type") == "text/plain" and (is_atom or not holds_markup(text))


def _published(raw: Mapping[str, Any], dates: Dates) -> float | None:
    moments = (dates.moment(raw.get(name) or "") for name in _DATES)
    return next(filter(None, moments), None)


def _tame(body: bytes, url: str, most_entries: int) -> bytes | None:
    """Return the document without what bloats it; ``None`` if its root element starts too late.

    Entities that a document declares can expand without limit, and feeds do not need them.
    """
    root = re.search(rb"<\w", body)
    if root is None:
        return None
    head = re.sub(rb"\s+", b"\n", _ENTITY.sub(b"", body[: root.start()]))
    if len(head) > _HEAD:
        return None
    some = _newest_entries(head, body[root.start() :], url, most_entries)
    some = _BARE.sub(lambda found: found[1] or b"&amp;", some)
    return head + _HALVES.sub(_put_together, _without_media(some))


def _put_together(halves: re.Match[bytes]) -> bytes:
    """Return the characters: feedparser fails on halves, and the whole feed would be lost."""
    written = halves[0][2:-1].split(b";&#")
    numbers = [int(each[1:], 16) if each[:1] in b"xX" else int(each) for each in written]
    pairs = "".join(map(chr, numbers)).encode("utf-16-le", "surrogatepass")
    return pairs.decode("utf-16-le", "replace").encode()


def _newest_entries(head: bytes, body: bytes, url: str, count: int) -> bytes:
    """Cut out all but about ``count`` entries: the newest, or those at both ends."""
    ends = [found.end() for found in _ENTRY_END.finditer(body)]
    if len(ends) <= count:
        return body
    step = max(len(ends) // _SAMPLES, 1)
    samples = [body[ends[n - 1] : ends[n]] for n in range(step, len(ends), step)]
    sample = b"".join([head, body[: ends[0]], *samples, body[ends[-1] :]])
    top = from_top(*_dates_and_names(_parse(sample, url)), count)
    # What a feed says of itself stands above its first entry.
    return body[: ends[max(top, 1) - 1]] + body[ends[top - count - 1] :]


def _without_media(body: bytes) -> bytes:
    """Rename the titles and descriptions of pictures and videos, and leave out images.

    Feedparser takes them for those of the entry.
    """
    prefixes = {b"media", *map(re.escape, _MEDIA.findall(body))}
    elements = re.compile(_OF_MEDIA % b"|".join(prefixes))
    return _IMAGE.sub(b"", elements.sub(rb"<\1\2:%s\3\4>" % _RENAMED.encode(), body))
