"""Lists of feeds as other programs exchange them: OPML (pure)."""

from collections.abc import Iterable

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from index.feeds.model import Feed
from index.web.urls import without_feed_scheme
from qa.errors import SourceError

OPML_LIMIT = 5_000_000
"""Bytes of a document."""

_LINKS = ("link", "include")


def read_opml(data: bytes, source: str) -> list[str]:
    """Return the addresses of the feeds in an OPML document, each once, in its order.

    ``SourceError`` names ``source`` if it is not OPML or lists no feeds.
    """
    if len(data) > OPML_LIMIT:
        raise SourceError(source, f"it is larger than {OPML_LIMIT // 1_000_000} MB")
    # Damaged documents are read up to the damage; nothing is loaded or expanded.
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None or _name(root.tag) != "opml":
        raise SourceError(source, "this is not an OPML document")
    outlines = [each for each in root.iter("{*}*") if _name(each.tag) == "outline"]
    urls = [_address(outline) for outline in outlines]
    found = list(dict.fromkeys(filter(None, urls)))
    if not found:
        raise SourceError(source, "this OPML document names no feeds")
    return found


def _name(qualified: str) -> str:
    return str(etree.QName(qualified).localname).lower()


def _address(outline: etree._Element) -> str:
    by_name = {_name(name): str(value) for name, value in outline.items()}
    # Some programs write "url", as the format does for links to pages and to other lists.
    is_link = by_name.get("type", "").lower() in _LINKS
    url = by_name.get("xmlurl") or ("" if is_link else by_name.get("url", ""))
    return without_feed_scheme(url.strip())


def write_opml(feeds: Iterable[Feed]) -> bytes:
    """Return ``feeds`` as an OPML 2.0 document."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = "Feeds of Pullquote"
    body = etree.SubElement(root, "body")
    for feed in feeds:
        etree.SubElement(body, "outline", type="rss", text=feed.title, xmlUrl=feed.url)
    document: bytes = etree.tostring(
        root, xml_declaration=True, encoding="UTF-8", pretty_print=True
    )
    return document
