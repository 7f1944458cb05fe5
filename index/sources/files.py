"""Files and folders of this computer, in any format of ``index.documents``."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from index.documents.registry import Format, RawDocument, format_of_suffix, suffixes
from index.documents.text import clean
from index.sources.origin import found_at
from index.sources.worker import read_in_worker
from qa.article import Article
from qa.errors import SourceError

FILE_LIMIT, BOOK_LIMIT = 10_000_000, 50_000_000
"""Bytes of a file, and of one that may hold a book and its pictures."""
ONLY_WEB = "only http and https addresses can be read"

_HOST_AND_PATH = re.compile(r"(?:[\w-]+\.)+[a-zA-Z]{2,}(?::\d+)?(?:/\S*)?")


def read_path(source: str) -> Iterator[Article | SourceError]:
    """Yield the article of a file, or those of a folder and the folders in it.

    ``SourceError`` when there is nothing to read at all; failures in a folder are values.
    """
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
        return ONLY_WEB
    if _HOST_AND_PATH.fullmatch(source) and not _has_known_suffix(Path(source)):
        return f"there is no such file; for a web page write https://{source}"
    return "there is no such file or folder"


def _has_known_suffix(path: Path) -> bool:
    return format_of_suffix(path.suffix.lower()) is not None


def _read_folder(folder: Path, source: str) -> Iterator[Article | SourceError]:
    files = [path for path in sorted(folder.rglob("*")) if _is_wanted(path, folder)]
    if not files:
        raise SourceError(source, f"the folder has no {_listed('or')} file")
    for path in files:
        try:
            yield read_file(path)
        except SourceError as error:
            yield error


def _listed(conjunction: str) -> str:
    *first, last = suffixes()
    return f"{', '.join(first)} {conjunction} {last}"


def _is_wanted(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not hidden and _has_known_suffix(path) and path.is_file()


def read_file(path: Path) -> Article:
    """Return the article of a file; ``SourceError`` when it has none or cannot be read.

    A page or a text is parsed in this process and not in a worker: its owner chose it, waits for
    it, and can interrupt. A book is not, so that its memory is given back.
    """
    # A name may hold bytes that are not UTF-8; messages and the database get a "?" instead.
    source = str(path).encode(errors="replace").decode()
    file_format = _format_of(path, source)
    limit = BOOK_LIMIT if file_format.has_books else FILE_LIMIT
    raw = RawDocument(_bytes_of(path, source, limit), source, _name_of(path))
    if file_format.has_books:
        article = read_in_worker(raw, file_format.media_types[0])
    else:
        article = file_format.read(raw)
    return found_at(article, path.resolve().as_uri(), raw.name)


def read_sent(file_name: str, data: bytes) -> Article:
    """Return the article of a file that was sent; one of the same name is the same article."""
    path = Path(file_name)
    raw = RawDocument(data, file_name, _name_of(path))
    article = read_in_worker(raw, _format_of(path, file_name).media_types[0])
    return found_at(article, f"file:{quote(file_name)}", raw.name)


def _format_of(path: Path, source: str) -> Format:
    file_format = format_of_suffix(path.suffix.lower())
    if file_format is None:
        raise SourceError(source, f"only {_listed('and')} files can be read")
    return file_format


def _name_of(path: Path) -> str:
    stem = path.stem.encode(errors="replace").decode()
    return clean(re.sub(r"[-_\s]+", " ", stem)).strip()


def _bytes_of(path: Path, source: str, limit: int) -> bytes:
    try:
        if path.stat().st_size > limit:
            raise SourceError(source, f"it is larger than {limit // 1_000_000} MB")
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(source, f"it cannot be read ({error.strerror})") from None
    if not data.strip():
        raise SourceError(source, "the file is empty")
    return data
