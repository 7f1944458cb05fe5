"""What a page says about feeds, for workers of ``index.sandbox``."""

import re
from typing import Any
from urllib.parse import urljoin

from lxml import html  # type: ignore[import-untyped]  # lxml ships no types
from lxml.html import HtmlElement  # type: ignore[import-untyped]
from w3lib.encoding import html_body_declared_encoding

from index.documents.text import decode

FEED_TYPES = (
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
)

_TYPES = (*FEED_TYPES, "application/json", "application/xml", "text/xml")
_UTF8 = html.HTMLParser(encoding="utf-8")
_REFRESH = re.compile(r"\s*[\d.]+\s*[;,]\s*(?:url\s*=\s*)?[\"']?([^\"']+)", re.IGNORECASE)


def read(body: bytes, source: str, *, url: str, charset: str | None) -> dict[str, Any]:
    """Return the feeds that the page at ``url`` names, and where it sends its readers.

    ``feeds`` are pairs of address and title, in order; ``refresh`` is an address or empty.
    ``SourceError`` names ``source`` when this is no text.
    """
    text = decode(body, source, charset, html_body_declared_encoding(body))
    page = html.fromstring(f"<html>{text}</html>".encode(), parser=_UTF8)
    base = next((_joined(url, each.get("href")) for each in page.iter("base")), "") or url
    links = [each for each in page.iter("link", "a") if _is_feed(each)]
    feeds = [(_joined(base, each.get("href")), each.get("title") or "") for each in links]
    refreshes = (_refresh(each) for each in page.iter("meta"))
    refresh = next(filter(None, refreshes), "")
    return {
        "feeds": [each for each in feeds if each[0]],
        "refresh": _joined(base, refresh) if refresh else "",
    }


def _is_feed(link: HtmlElement) -> bool:
    relations = (link.get("rel") or "").lower().split()
    kind = (link.get("type") or "").partition(";")[0].strip().lower()
    return "feed" in relations or ("alternate" in relations and kind in _TYPES)


def _refresh(meta: HtmlElement) -> str:
    if (meta.get("http-equiv") or "").strip().lower() != "refresh":
        return ""
    found = _REFRESH.match(meta.get("content") or "")
    return found[1].strip() if found else ""


def _joined(base: str, address: str | None) -> str:
    try:
        return urljoin(base, address.strip()) if address else ""
    except ValueError:
        return ""
