"""Documents that strangers wrote, read in a worker process."""

from index.documents.registry import RawDocument, format_of_media_type, from_json, parse_page
from index.sandbox.pool import pool, pool_for_books
from qa.article import Article


def read_in_worker(raw: RawDocument, media_type: str) -> Article:
    """Return the article of a document; ``SourceError`` when it has none or takes too long."""
    chosen = pool_for_books() if format_of_media_type(media_type).has_books else pool()
    read = chosen.run(
        parse_page,
        raw.data,
        raw.source,
        media_type=media_type,
        name=raw.name,
        url=raw.url,
        charset=raw.charset,
    )
    return from_json(read)
