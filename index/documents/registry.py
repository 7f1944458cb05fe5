"""Which reader takes a document, by its media type or its file's suffix.

To add a format, write a module with a reader and add a line to ``FORMATS``. What is asked of web
servers, which files of a folder are read, and what help and error messages list follows from it.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from index.documents.docx import from_docx
from index.documents.epub import from_epub
from index.documents.html import extract, read_markup
from index.documents.markdown import from_markdown
from index.documents.pdf import from_pdf
from index.documents.text import decode, from_text
from qa.article import Article


@dataclass(frozen=True, slots=True)
class RawDocument:
    """A document before it is read.

    ``source`` is what errors name, ``name`` the title of a document that gives none, ``url`` where
    a page was found, ``charset`` what the server declared.
    """

    data: bytes
    source: str
    name: str
    url: str | None = None
    charset: str | None = None

    def text(self) -> str:
        """Decode the document; ``SourceError`` when it is not text."""
        return decode(self.data, self.source, self.charset)


@dataclass(frozen=True, slots=True)
class Format:
    """A document format: its media types, its files' suffixes, and its reader.

    The reader's article has no id, which depends on where the document was found. It raises
    ``SourceError`` when a document holds no article. In some formats a document may be a whole
    book, which takes longer to read.
    """

    media_types: tuple[str, ...]
    suffixes: tuple[str, ...]
    read: Callable[[RawDocument], Article]
    has_books: bool = False


def _of_text(read: Callable[[str, str, str], Article]) -> Callable[[RawDocument], Article]:
    return lambda raw: read(raw.text(), raw.source, raw.name)


def _of_bytes(read: Callable[[bytes, str, str], Article]) -> Callable[[RawDocument], Article]:
    return lambda raw: read(raw.data, raw.source, raw.name)


def _read_html(raw: RawDocument) -> Article:
    return extract(raw.data, raw.source, url=raw.url, charset=raw.charset)


_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
HTML = Format(("text/html", "application/xhtml+xml"), (".html", ".htm"), _read_html)
FORMATS = [
    Format(("text/plain",), (".txt",), _of_text(from_text)),
    Format(("text/markdown",), (".md",), _of_text(from_markdown)),
    Format(("application/pdf",), (".pdf",), _of_bytes(from_pdf), has_books=True),
    Format(("application/epub+zip",), (".epub",), _of_bytes(from_epub), has_books=True),
    Format((_DOCX,), (".docx",), _of_bytes(from_docx), has_books=True),
    HTML,
]
"""In the order of error messages; requests to web servers prefer the last one."""


def media_types() -> tuple[str, ...]:
    """Return the media types of all formats, preferred ones first."""
    return tuple(media_type for each in reversed(FORMATS) for media_type in each.media_types)


def every_suffix() -> tuple[str, ...]:
    """Return all suffixes of all formats."""
    return tuple(suffix for each in FORMATS for suffix in each.suffixes)


def suffixes() -> tuple[str, ...]:
    """Return the first suffix of each format, which stands for it in messages."""
    return tuple(each.suffixes[0] for each in FORMATS)


def format_of_suffix(suffix: str) -> Format | None:
    """Return the format of files that end with ``suffix``, in lower case with its dot."""
    return next((each for each in FORMATS if suffix in each.suffixes), None)


def format_of_media_type(media_type: str) -> Format:
    """Return the format of a media type; HTML for unknown ones and the empty one."""
    return next((each for each in FORMATS if media_type in each.media_types), HTML)


# For workers of ``index.sandbox``


def parse_page(
    body: bytes, source: str, *, media_type: str, name: str, url: str | None, charset: str | None
) -> dict[str, Any]:
    """Read a page; ``from_json`` takes what comes back."""
    raw = RawDocument(body, source, name, url, charset)
    return _to_json(format_of_media_type(media_type).read(raw))


def parse_markup(
    body: bytes,
    source: str,  # noqa: ARG001 - all are given it
    *,
    title: str,
) -> dict[str, Any]:
    """Read a piece of HTML, which is encoded as UTF-8 with surrogates; for ``from_json``."""
    return _to_json(read_markup(body.decode(errors="surrogatepass"), title))


def _to_json(article: Article) -> dict[str, Any]:
    moment = article.published_at
    return asdict(article) | {"published_at": moment.isoformat() if moment else None}


def from_json(raw: dict[str, Any]) -> Article:
    """Return the article that a worker has read."""
    moment = raw["published_at"]
    return Article(**raw | {"published_at": datetime.fromisoformat(moment) if moment else None})
