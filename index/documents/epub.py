"""EPUB books to articles: the chapters one after the other."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote, urldefrag

from lxml import etree, html  # type: ignore[import-untyped]  # lxml ships no types
from lxml.html import HtmlElement  # type: ignore[import-untyped]
from w3lib.encoding import html_body_declared_encoding

from index.documents.front_matter import field_moment
from index.documents.html import lines_of
from index.documents.packed import Package, text_in
from index.documents.text import NO_TEXT, article, block, decode
from qa.article import Article
from qa.errors import SourceError

_TEXTS = ("application/xhtml+xml", "text/html")
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*>")
_ENCRYPTION = "META-INF/encryption.xml"


def from_epub(data: bytes, source: str, name: str) -> Article:
    """Read an EPUB book; ``name`` is the title if it has no other.

    ``SourceError`` if it is not an EPUB book, is protected, or has no text.
    """
    package = Package(data, source)
    root = package.xml("META-INF/container.xml").find(".//rootfile")
    path = root.get("full-path", "") if root is not None else ""
    book = package.xml(path)
    lines = [line for chapter in _chapters(package, book, path) for line in lines_of(chapter)]
    if not lines:
        raise SourceError(source, NO_TEXT)
    language = text_in(book, "language")[:2].lower()
    return replace(
        article(block(text_in(book, "title")) or name, lines),
        language=language if language.isalpha() else None,
        published_at=field_moment({"date": text_in(book, "date")}, "date"),
    )


def _chapters(package: Package, book: etree._Element, path: str) -> Iterator[HtmlElement]:
    """Yield the chapters in reading order, without the table of contents."""
    items = {item.get("id"): item for item in book.iter("item")}
    protected = _protected(package)
    for reference in book.iter("itemref"):
        item = items.get(reference.get("idref"))
        if item is None or reference.get("linear") == "no" or _is_contents(item):
            continue
        href = unquote(urldefrag(item.get("href", "")).url)
        chapter = posixpath.normpath(posixpath.join(posixpath.dirname(path), href))
        if chapter in protected:
            raise SourceError(package.source, "the book is protected and cannot be read")
        if item.get("media-type") in _TEXTS and chapter in package:
            yield _tree(package.read(chapter))


def _tree(chapter: bytes) -> HtmlElement:
    text = decode(chapter, "", html_body_declared_encoding(chapter))
    return html.fromstring(f"<html>{_XML_DECLARATION.sub('', text)}</html>")


def _is_contents(item: etree._Element) -> bool:
    return "nav" in item.get("properties", "").split()


def _protected(package: Package) -> set[str]:
    if _ENCRYPTION not in package:
        return set()
    references = package.xml(_ENCRYPTION).iter("CipherReference")
    return {unquote(reference.get("URI", "")) for reference in references}
