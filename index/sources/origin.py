"""What an article gets from the place where it was found."""

from dataclasses import replace

from index.web.urls import canonical_url, host_name
from qa.article import Article, article_id


def found_at(article: Article, origin: str, name: str) -> Article:
    """Return ``article`` as the one at ``origin``, a URL, unless it names another URL itself.

    ``name`` is its title if it has none.
    """
    own = article.url
    return replace(
        article,
        id=article_id(canonical_url(own or origin)),
        title=article.title or name,
        url=own or (origin if not origin.startswith("file:") else None),
        source=article.source or (host_name(own) if own else None),
    )
