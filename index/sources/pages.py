"""Web pages: any document that a web server has, in any format of ``index.documents``."""

import re
from urllib.parse import urlsplit

from index.documents.registry import RawDocument, format_of_media_type, media_types
from index.sources.origin import found_at
from index.sources.worker import read_in_worker
from index.web.fetch import PAGE_LIMIT, Fetch
from index.web.urls import host_name
from qa.article import Article
from qa.errors import SourceError

BOOK_LIMIT = 20_000_000
"""Bytes of a document in a format that has books."""

_WEB_ADDRESS = re.compile(r"\s*https?:", re.IGNORECASE)


def takes(source: str) -> bool:
    """Whether this is a web address, or meant to be one."""
    return _WEB_ADDRESS.match(source) is not None


def read_page(url: str, fetch: Fetch) -> Article:
    """Fetch a page and return its article; ``SourceError`` when there is none."""
    response = fetch(url, kinds=media_types(), limit=BOOK_LIMIT)
    has_books = format_of_media_type(response.content_type).has_books
    if len(response.body) > PAGE_LIMIT and not has_books:
        raise SourceError(url, f"it is larger than {PAGE_LIMIT // 1_000_000} MB")
    name = urlsplit(response.url).path.rstrip("/").rpartition("/")[2] or host_name(response.url)
    article = read_in_worker(
        RawDocument(response.body, url, name, response.url, response.charset), response.content_type
    )
    return found_at(article, response.url, name)
