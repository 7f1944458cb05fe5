"""JSON Feed 1.0 and 1.1 documents (pure)."""

import json
import re
from datetime import UTC, datetime
from typing import Any

_VERSION = re.compile(r"https?://jsonfeed\.org/version/1(\.1)?|1(\.[01])?")
"""The address that the specification asks for, or the bare number that some feeds write."""


def read(body: bytes, most_entries: int) -> dict[str, Any] | None:
    """Return what ``index.feeds.formats.xml.read`` returns; ``None`` if this is not a JSON Feed.

    Values of the wrong type count as missing, as the specification asks of readers.
    """
    try:
        feed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        return None
    if not _VERSION.fullmatch(_string(feed, "version")):
        return None
    found = [each for each in feed["items"] if isinstance(each, dict)]
    return {
        "title": _string(feed, "title"),
        "period": ["", "", ""],
        "entries": [_entry(each) for each in found[:most_entries]],
    }


def _entry(item: dict[str, Any]) -> dict[str, Any]:
    text = _string(item, "content_text")
    published = _string(item, "date_published")
    updated = _string(item, "date_modified") or published
    return {
        "id": _identity(item.get("id")),
        "link": _string(item, "url") or _string(item, "external_url"),
        "title": _string(item, "title"),
        "markup": _string(item, "content_html") or _as_markup(text) or _string(item, "summary"),
        "updated": updated,
        "published": _seconds(published or updated),
    }


def _string(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""


def _identity(value: object) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if isinstance(value, str) or is_number else ""


def _as_markup(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"<p>{line}</p>" for line in escaped.splitlines() if line.strip())


def _seconds(moment: str) -> float | None:
    try:
        read = datetime.fromisoformat(moment) if moment else None
        # Without an offset it is UTC, as in other feeds, not the local time of this computer.
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp() if read else None
    except (ValueError, OverflowError):
        return None
