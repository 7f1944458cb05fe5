"""JSON Feed 1.0 and 1.1 documents (pure)."""

import json
import re
from html import escape
from typing import Any

from index.documents.text import decode
from index.feeds.formats import from_top, is_oldest_first
from index.feeds.formats.dates import Dates
from index.feeds.formats.markup import from_text, mended

_VERSION = re.compile(r"https?://jsonfeed\.org/version/1(\.1)?|1(\.[01])?")
"""The address that the specification asks for, or the bare number that some feeds write."""

_DATES = ("date_published", "date_modified")


def read(body: bytes, most_entries: int) -> dict[str, Any] | None:
    """Return what ``index.feeds.formats.xml.read`` returns; ``None`` if this is not a JSON Feed.

    Values of the wrong type count as missing, as the specification asks of readers.
    """
    try:
        feed = json.loads(_text(body), strict=False)  # some texts contain bare line ends
    except (ValueError, RecursionError):
        return None
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        return None
    if not _VERSION.fullmatch(_string(feed, "version")):
        return None
    items = [each for each in feed["items"] if isinstance(each, dict)]
    written = (_identity(each.get(name)) for each in items for name in _DATES)
    reader = Dates.of(written, _string(feed, "language"))
    dates, names = [_published(each, reader) for each in items], list(map(_name, items))
    entries = list(zip(items, dates, strict=True))
    if len(items) > most_entries:
        top = from_top(dates, names, most_entries)
        entries = entries[:top] + entries[len(items) - most_entries + top :]
    if is_oldest_first(dates, names):
        entries.reverse()
    return {
        "title": escape(_string(feed, "title"), quote=False),
        "site": _string(feed, "home_page_url"),
        "period": ["", "", ""],
        "entries": [_entry(item, published) for item, published in entries],
    }


def _text(body: bytes) -> bytes | str:
    """Return what to parse: JSON should be UTF-8; if it is not, its code page is guessed."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return decode(body, "")
    return body


def _entry(item: dict[str, Any], published: float | None) -> dict[str, Any]:
    said = _string(item, "content_text") or _string(item, "summary")
    return {
        "id": _identity(item.get("id")),
        "link": _string(item, "url") or _string(item, "external_url"),
        "file": _file(item.get("attachments")),
        "title": escape(_string(item, "title"), quote=False),
        "markup": mended(_string(item, "content_html")) or from_text(said),
        "updated": _identity(item.get("date_modified")) or _identity(item.get("date_published")),
        "published": published,
    }


def _name(item: dict[str, Any]) -> str:
    return _identity(item.get("id")) or _string(item, "url") or _string(item, "title")


def _published(item: dict[str, Any], dates: Dates) -> float | None:
    moments = (dates.moment(_identity(item.get(name))) for name in _DATES)
    return next(filter(None, moments), None)


def _file(attachments: object) -> str:
    listed = attachments if isinstance(attachments, list) else []
    files = [each for each in listed if isinstance(each, dict)]
    urls = [_string(each, "url") for each in files if "image/" not in _string(each, "mime_type")]
    return next(filter(None, urls), "")


def _string(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""


def _identity(value: object) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if isinstance(value, str) or is_number else ""
