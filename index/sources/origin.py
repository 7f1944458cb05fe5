"""What an article gets from the place where it was found."""

from dataclasses import replace

from index.web.urls import canonical_url, host_name
from qa.article import Article, article_id


def found_at(article: Article, origin: str, name: str) -> Article:
    """Return ``article`` as the one at ``origin``, a URL.

    A file is at the URL that it names itself, if it does; a page may only claim to be there.
    ``name`` is the title of an article that has none.
    """
    own = article.url
    is_file = origin.startswith("file:")
    return replace(
        article,
        id=article_id(canonical_url((is_file and own) or origin)),
        title=article.title or name,
        url=own if is_file else origin,
        claimed_url=None if is_file or own == origin else own,
        source=article.source or (host_name(own) if own else None),
    )
