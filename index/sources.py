"""A file, a folder or a web address becomes articles."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from index.documents.registry import from_json, read_document
from index.documents.text import clean
from index.sandbox.pool import reader
from index.web.fetch import Response, fetch
from index.web.urls import canonical_url, host_name
from qa.article import Article, article_id
from qa.errors import SourceError

FILE_LIMIT = 10_000_000
"""Bytes of a file."""
CONTENT_TYPES = {
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
}
"""Of the files that are read, by their suffix."""

_HOST_AND_PATH = re.compile(r"(?:[\w-]+\.)+[a-zA-Z]{2,}(?::\d+)?(?:/\S*)?")


def read(source: str, *, allow_private: bool) -> Iterator[Article | SourceError]:
    """Yield the articles of a file, a folder (with what is below it) or a URL.

    What fails is a value in the stream, so that the rest is still read. ``allow_private`` permits
    URLs of private and loopback addresses.
    """
    if not source.strip():
        # Else it would name the current folder; it mostly comes of an unset variable.
        yield SourceError("(nothing)", "an empty name was given")
        return
    try:
        if urlsplit(source).scheme.lower() in ("http", "https"):
            yield read_page(source, allow_private=allow_private)
        else:
            yield from _read_path(source)
    except SourceError as error:
        yield error
    except ValueError:
        yield SourceError(source, "this is not a valid address")


def read_page(url: str, *, allow_private: bool) -> Article:
    """Fetch one article; ``SourceError`` when there is none."""
    return article_of(fetch(url, allow_private=allow_private), url)


def article_of(response: Response, source: str) -> Article:
    """Return the article in a response; ``source`` is the address that was asked for."""
    name = urlsplit(response.url).path.rstrip("/").rpartition("/")[2] or host_name(response.url)
    raw = reader().read(
        "page",
        response.body,
        source,
        url=response.url,
        charset=response.charset,
        content_type=response.content_type,
        name=name,
    )
    return _from_origin(from_json(raw), response.url, name)


def _read_path(source: str) -> Iterator[Article | SourceError]:
    path = Path(source).expanduser()
    try:
        if path.is_dir():
            yield from _read_folder(path, source)
        elif path.is_file():
            yield read_file(path)
        else:
            raise SourceError(source, _no_such(source))
    except OSError as error:
        raise SourceError(source, f"it cannot be read ({error.strerror})") from None


def _no_such(source: str) -> str:
    if "://" in source:
        return "only http and https addresses can be read"
    if _HOST_AND_PATH.fullmatch(source) and not source.lower().endswith(tuple(CONTENT_TYPES)):
        return f"there is no such file; for a web page write https://{source}"
    return "there is no such file or folder"


def _read_folder(folder: Path, source: str) -> Iterator[Article | SourceError]:
    files = [path for path in sorted(folder.rglob("*")) if _is_wanted(path, folder)]
    if not files:
        raise SourceError(source, "the folder has no .txt, .md or .html file")
    for path in files:
        try:
            yield read_file(path)
        except SourceError as error:
            yield error


def _is_wanted(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not hidden and path.suffix.lower() in CONTENT_TYPES and path.is_file()


def read_file(path: Path) -> Article:
    """Read one file as an article; ``SourceError`` when it is none or cannot be read.

    It is read here and not in the sandbox: its owner chose it, waits for it, and can interrupt.
    """
    # A name may hold bytes that are no UTF-8; people and the database get a mark in their place.
    source = str(path).encode(errors="replace").decode()
    data = _bytes_of(path, source)
    name = clean(re.sub(r"[-_\s]+", " ", path.stem.encode(errors="replace").decode())).strip()
    content_type = CONTENT_TYPES[path.suffix.lower()]
    article = read_document(data, source, content_type=content_type, name=name)
    return _from_origin(article, path.resolve().as_uri(), name)


def _bytes_of(path: Path, source: str) -> bytes:
    if path.suffix.lower() not in CONTENT_TYPES:
        raise SourceError(source, "only .txt, .md and .html files can be read")
    try:
        if path.stat().st_size > FILE_LIMIT:
            raise SourceError(source, f"it is larger than {FILE_LIMIT // 1_000_000} MB")
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(source, f"it cannot be read ({error.strerror})") from None
    if not data.strip():
        raise SourceError(source, "the file is empty")
    return data


def _from_origin(article: Article, origin: str, name: str) -> Article:
    """Add what an article gets from where it was found, unless it says better itself."""
    own = article.url
    return replace(
        article,
        id=article_id(canonical_url(own or origin)),
        title=article.title or name,
        url=own or (origin if not origin.startswith("file:") else None),
        source=article.source or (host_name(own) if own else None),
    )
