"""What a page says about feeds, for workers of ``index.sandbox``."""

import re
from typing import Any
from urllib.parse import urljoin

from lxml import html  # type: ignore[import-untyped]  # lxml ships no types
from lxml.html import HtmlElement  # type: ignore[import-untyped]
from w3lib.encoding import html_body_declared_encoding

from index.documents.text import decode
from index.web.urls import same_site, without_feed_scheme

FEED_TYPES = (
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
)

_TYPES = (*FEED_TYPES, "application/json", "application/xml", "text/xml")
_KIND = re.compile(r"\b(?:rss|atom)\b", re.IGNORECASE)
_PATH = re.compile(r"[/.](?:atom|feed|rss)(?:\.xml|\.json)?/?\Z", re.IGNORECASE)
_UTF8 = html.HTMLParser(encoding="utf-8")
_LINK = re.compile(r"<([^<>]+)>([^<>]*)")
_ALTERNATE = re.compile(r"\brel\s*=\s*\"?[^\";]*\balternate\b", re.IGNORECASE)
_REFRESH = re.compile(r"\s*[\d.]+\s*[;,]\s*(?:url\s*=\s*)?[\"']?([^\"']+)", re.IGNORECASE)


def read(
    body: bytes, source: str, *, url: str, charset: str | None, header: str = ""
) -> dict[str, Any]:
    """Return the feeds that the page at ``url`` names, and where it sends its readers.

    ``feeds`` are pairs of address and title, in order; ``refresh`` is an address or empty. The
    ``Link`` of its ``header`` may name some, too.
    ``SourceError`` names ``source`` if this is not text.
    """
    text = decode(body, source, charset, html_body_declared_encoding(body))
    page = html.fromstring(f"<html>{text}</html>".encode(), parser=_UTF8)
    base = next((_joined(url, each.get("href")) for each in page.iter("base")), "") or url
    links = [each for each in page.iter("link", "a") if _is_feed(each)]
    links += [each for each in page.iter("a") if each not in links and _looks_like_feed(each, base)]
    feeds = [(_joined(url, each), "") for each in _in_header(header)]
    feeds += [(_joined(base, each.get("href")), each.get("title") or "") for each in links]
    refreshes = (_refresh(each) for each in page.iter("meta"))
    refresh = next(filter(None, refreshes), "")
    return {
        "feeds": [each for each in feeds if each[0]],
        "refresh": _joined(base, refresh) if refresh else "",
    }


def _in_header(header: str) -> list[str]:
    links = _LINK.findall(header)
    return [
        address
        for address, said in links
        if _ALTERNATE.search(said) and any(each in said.lower() for each in FEED_TYPES)
    ]


def _is_feed(link: HtmlElement) -> bool:
    relations = (link.get("rel") or "").lower().split()
    kind = (link.get("type") or "").partition(";")[0].strip().lower()
    is_typed = kind in _TYPES or _KIND.search(kind) is not None
    return "feed" in relations or ("alternate" in relations and is_typed)


def _looks_like_feed(link: HtmlElement, base: str) -> bool:
    """Whether a link in the text seems to lead to a feed of the same site."""
    address = _joined(base, link.get("href"))
    is_one = _KIND.search(link.get("type") or "") or _PATH.search(address.partition("?")[0])
    return is_one is not None and same_site(base, address)


def _refresh(meta: HtmlElement) -> str:
    if (meta.get("http-equiv") or "").strip().lower() != "refresh":
        return ""
    found = _REFRESH.match(meta.get("content") or "")
    return found[1].strip() if found else ""


def _joined(base: str, address: str | None) -> str:
    try:
        return urljoin(base, without_feed_scheme(address.strip())) if address else ""
    except ValueError:
        return ""
