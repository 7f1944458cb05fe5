"""What an article gets from the place where it was found."""

from index.documents.text import Parts
from index.web.urls import canonical_url, host_name
from qa.article import Article, article_id


def article_of(parts: Parts, origin: str, name: str) -> Article:
    """Return a document as the article at ``origin``, a URL, unless it names another URL itself.

    ``name`` is its title if it has none.
    """
    return Article(
        id=article_id(canonical_url(parts.url or origin)),
        title=parts.title or name,
        text=parts.text,
        url=parts.url or (origin if not origin.startswith("file:") else None),
        source=parts.source or (host_name(parts.url) if parts.url else None),
        published_at=parts.published_at,
        language=parts.language,
    )
