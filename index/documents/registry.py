"""Documents of each kind that is read: what they say, without knowing where they come from."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from index.documents.html import extract
from index.documents.markdown import from_markdown
from index.documents.text import decode, from_text
from qa.article import Article


def read_document(
    data: bytes,
    source: str,
    *,
    content_type: str,
    name: str,
    url: str | None = None,
    charset: str | None = None,
) -> Article:
    """Read plain text, Markdown, or else HTML; ``SourceError`` names ``source``.

    ``name`` is the title of a text that has none, ``url`` where a page was found. The article has
    no id: that depends on where it comes from.
    """
    match content_type:
        case "text/markdown":
            return from_markdown(decode(data, source, charset), source, name)
        case "text/plain":
            return from_text(decode(data, source, charset), source, name)
        case _:
            return extract(data, source, url=url, charset=charset)


def to_json(article: Article) -> dict[str, Any]:
    """Return what ``from_json`` takes, made of values that JSON has."""
    moment = article.published_at
    return asdict(article) | {"published_at": moment.isoformat() if moment else None}


def from_json(raw: dict[str, Any]) -> Article:
    """Return the article that ``to_json`` was called on."""
    moment = raw["published_at"]
    return Article(**raw | {"published_at": datetime.fromisoformat(moment) if moment else None})
