"""Web pages: any document that a web server has, in any format of ``index.documents``."""

import re
from urllib.parse import urlsplit

from index.documents.registry import RawDocument, media_types
from index.sources.origin import found_at
from index.sources.worker import read_in_worker
from index.web.fetch import Fetch
from index.web.urls import host_name
from qa.article import Article

_WEB_ADDRESS = re.compile(r"\s*https?:", re.IGNORECASE)


def takes(source: str) -> bool:
    """Whether this is a web address, or meant to be one."""
    return _WEB_ADDRESS.match(source) is not None


def read_page(url: str, fetch: Fetch) -> Article:
    """Fetch a page and return its article; ``SourceError`` when there is none."""
    response = fetch(url, kinds=media_types())
    name = urlsplit(response.url).path.rstrip("/").rpartition("/")[2] or host_name(response.url)
    article = read_in_worker(
        RawDocument(response.body, url, name, response.url, response.charset), response.content_type
    )
    return found_at(article, response.url, name)
