"""Entries to articles: the page that an entry links to, or the entry's own text."""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from index.documents.blocks import Line, lay_out
from index.feeds.entries import article_in
from index.feeds.model import Attempt, Entry, Feed
from index.sources.registry import read_address
from index.web.fetch import Fetch
from index.web.request import UnreachableError, may_pass
from index.web.urls import canonical_url, host_name, is_front_page
from qa.article import Article, BlockKind, article_id
from qa.errors import PullquoteError, SourceError
from qa.language import ENGLISH
from qa.language.words import has

logger = logging.getLogger(__name__)

TITLE_WORDS, SHARE = 3, 0.5
"""A page at another address must have this share of the content words of the entry's title, if
there are at least ``TITLE_WORDS`` of them."""


def shared_pages(entries: Sequence[Entry]) -> frozenset[str]:
    """Return the addresses that several entries with texts of their own link to, canonical.

    Such a page, a change log or a shop, belongs to none of them.
    """
    texts: defaultdict[str, set[str]] = defaultdict(set)
    for entry in entries:
        if entry.page and entry.markup.strip():
            texts[canonical_url(entry.page)].add(entry.markup)
    return frozenset(link for link, said in texts.items() if len(said) > 1)


def read_entry(
    entry: Entry,
    feed: Feed,
    feed_title: str,
    fetch: Fetch,
    shared: Collection[str] = (),
    is_taken: Callable[[str], bool] = lambda _: False,
    *,
    is_last_try: bool = False,
) -> Attempt:
    """Read an entry: its page, or its own text where that is longer or the page cannot be read.

    Where there is no text either, the title is the text, after the last try of a page that may be
    there another time. ``feed_title`` is the article's source where the page does not name one.
    The own text also stands in for a page that many entries link to: one of ``shared``, the site's
    front page, or one that says nothing of the entry and ``is_taken`` as the article of another
    one, by its id. What is kept of an entry without its page replaces no other one either, nor does
    what a feed says that is not everybody's: anybody may follow one that puts words into the mouth
    of another site. A post has an address of its own.
    """
    own = _own_article(entry, feed, feed_title)
    apart = own if entry.is_post else replace(own, id=article_id(f"{feed.url} {entry.guid}"))
    if own.text and (canonical_url(entry.page) in shared or is_front_page(entry.page)):
        return Attempt(apart, should_retry=False)
    if is_taken(own.id) or not feed.is_everybodys:
        own = apart
    if not entry.page:
        nothing = SourceError(feed.url, f"the entry “{entry.title}” has neither text nor a page")
        return Attempt(_without_page(own, entry, nothing), should_retry=False)
    try:
        page = _page(entry, feed, fetch)
    except SourceError as error:
        if not may_pass(error):
            return Attempt(_without_page(own, entry, error), should_retry=False)
        return _for_now(own, entry, error, is_last_try)
    if _is_about_something_else(page, entry, own.title if entry.is_post else entry.title):
        elsewhere = SourceError(entry.page, f"it leads to another page, “{page.title}”")
        attempt = _for_now(own, entry, elsewhere, is_last_try)
        return replace(attempt, should_retry=not own.text)
    # A video, a picture
    is_less = (entry.is_post or not feed.is_everybodys) and len(page.text) <= len(own.text)
    if is_less or (own.text and is_taken(page.id) and not _tells(page, own)):
        return Attempt(apart, should_retry=False)
    return Attempt(_merged(page, own), should_retry=False)


def _page(entry: Entry, feed: Feed, fetch: Fetch) -> Article:
    try:
        return read_address(entry.page, fetch)
    except PullquoteError:
        raise
    except Exception:  # one page must not block the entries after it at every poll
        logger.exception("Feed %s: unexpected error while reading %s", feed.url, entry.page)
        reason = "an unexpected error occurred; see the log"
        raise UnreachableError(entry.page, reason) from None


def _for_now(own: Article, entry: Entry, error: SourceError, is_last_try: bool) -> Attempt:
    kept = _without_page(own, entry, error) if is_last_try or own.text else error
    return Attempt(kept, should_retry=True)


def _without_page(own: Article, entry: Entry, error: SourceError) -> Article | SourceError:
    """Return the article of an entry without its page: of its text, or of its title and link."""
    if own.text or not (entry.title and own.url):
        return own if own.text else error
    text, layout = lay_out([Line(BlockKind.PARAGRAPH, entry.title)])
    return replace(own, text=text, layout=layout)


def _own_article(entry: Entry, feed: Feed, feed_title: str) -> Article:
    origin = canonical_url(entry.link) if entry.link else f"{feed.url} {entry.guid}"
    said = article_in(entry)
    return replace(
        said,
        id=article_id(origin),
        title=entry.title or (said.title if entry.is_post else feed_title),
        url=entry.link or entry.file or None,
        source=feed_title or None,
        published_at=entry.published_at,
        stream=stream_of(feed.id),
    )


def stream_of(feed: int) -> str:
    """Return the name of the stream of the articles from the feed with this id."""
    return f"feed {feed}"


def _merged(page: Article, own: Article) -> Article:
    names_itself = page.source and page.source != host_name(page.url or "")
    longer = max(page, own, key=lambda article: len(article.text))
    return replace(
        page,
        text=longer.text,
        layout=longer.layout,
        source=page.source if names_itself else own.source or page.source,
        published_at=own.published_at or page.published_at,
        stream=own.stream,
    )


def _is_about_something_else(page: Article, entry: Entry, title: str) -> bool:
    """Whether the link was redirected to another page, such as a login or a consent form."""
    if canonical_url(entry.page) in map(canonical_url, (page.url or "", page.claimed_url or "")):
        return False
    in_title = ENGLISH.content_stems(title)
    return len(in_title) >= TITLE_WORDS and _share(page, in_title) < SHARE


def _tells(page: Article, own: Article) -> bool:
    """Whether a page has most words of an entry, and all figures of its title."""
    words = ENGLISH.content_stems(f"{own.title}\n{own.text}")
    figures = [each for each in ENGLISH.content_stems(own.title) if each.isdecimal()]
    return _share(page, words) >= SHARE and (not figures or _share(page, figures) == 1)


def _share(page: Article, stems: Sequence[str]) -> float:
    on_page = ENGLISH.stemmed(f"{page.title}\n{page.text}")
    return sum(has(on_page, each) for each in stems) / max(len(stems), 1)
