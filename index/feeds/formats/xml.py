"""RSS, Atom and RDF documents with feedparser (pure)."""

import io
import re
from calendar import timegm
from collections.abc import Mapping
from typing import Any

import feedparser

_HEAD = 10_000
_ENTITY = re.compile(rb"<!ENTITY[^>]*>")
_ENTRY_END = re.compile(rb"</(?:[\w.-]{1,20}:)?(?:item|entry)\s{0,9}>")
_HALVES = re.compile(
    rb"(?:&#(?:[xX]0{0,9}[dD][89a-fA-F][0-9a-fA-F]{2}"
    rb"|0{0,9}(?:5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3]));)+"
)
"""References to the halves, D800 to DFFF, in which UTF-16 writes a character."""
_TAIL = 200
_END = re.compile(rb"</(?:rss|feed|rdf:RDF)\s*>\s*\Z", re.I)


def read(body: bytes, url: str, most_entries: int) -> dict[str, Any] | None:
    """Return the title, the update period and the entries of a document in UTF-8 without a BOM.

    ``None`` if it is not a feed. Links are relative to ``url``.
    """
    tame = _tame(body, most_entries)
    if tame is None:
        return None
    headers = {"content-location": url, "content-type": "application/xml; charset=utf-8"}
    # A stream, because feedparser tries plain bytes as a file name first. Markup becomes text
    # later, so feedparser need not sanitise it.
    stream = io.BytesIO(tame)
    parsed = feedparser.parse(
        stream, response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    is_whole = not parsed.bozo or _END.search(tame[-_TAIL:]) is not None
    if not parsed.get("version") or not (is_whole or parsed.entries):
        return None  # nor is the beginning of a feed that was cut off
    period = ("ttl", "sy_updateperiod", "sy_updatefrequency")
    return {
        "title": parsed.feed.get("title", ""),
        "period": [str(parsed.feed.get(name) or "") for name in period],
        "entries": [_entry(raw) for raw in parsed.entries[:most_entries]],
    }


def _entry(raw: Mapping[str, Any]) -> dict[str, Any]:
    bodies = [content.get("value", "") for content in raw.get("content", [])]
    return {
        "id": raw.get("id", ""),
        "link": raw.get("link", ""),
        "title": raw.get("title", ""),
        "markup": max([*bodies, raw.get("summary", "")], key=len),
        "updated": raw.get("updated") or raw.get("published") or "",
        "published": _seconds(raw.get("published_parsed") or raw.get("updated_parsed")),
    }


def _seconds(moment: Any) -> int | None:  # noqa: ANN401 - feedparser has no types
    try:
        return timegm(moment) if moment else None
    except (ValueError, OverflowError):
        return None


def _tame(body: bytes, most_entries: int) -> bytes | None:
    """Return the document without what bloats it; ``None`` if its root element starts too late.

    Entities that a document declares can expand without limit, and feeds do not need them.
    """
    root = re.search(rb"<\w", body)
    if root is None:
        return None
    head = re.sub(rb"\s+", b"\n", _ENTITY.sub(b"", body[: root.start()]))
    if len(head) > _HEAD:
        return None
    return head + _HALVES.sub(_put_together, _first_entries(body[root.start() :], most_entries))


def _put_together(halves: re.Match[bytes]) -> bytes:
    """Return the characters: feedparser fails on halves, and the whole feed would be lost."""
    written = halves[0][2:-1].split(b";&#")
    numbers = [int(each[1:], 16) if each[:1] in b"xX" else int(each) for each in written]
    pairs = "".join(map(chr, numbers)).encode("utf-16-le", "surrogatepass")
    return pairs.decode("utf-16-le", "replace").encode()


def _first_entries(body: bytes, count: int) -> bytes:
    cut = last = len(body)
    for number, found in enumerate(_ENTRY_END.finditer(body), 1):
        if number == count:
            cut = found.end()
        last = found.end()
    return body[:cut] + body[max(cut, last) :]
