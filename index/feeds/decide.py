"""Entries to articles: when an entry is read, what it becomes, and who need not hear of it."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from index.feeds.entries import Entry, article_in
from index.feeds.model import UNREAD, Feed, Reading
from index.sources.registry import read_address
from index.web.fetch import Fetch, may_pass
from index.web.urls import canonical_url, host_name
from qa.article import Article, article_id
from qa.errors import PullquoteError, SourceError
from qa.language import ENGLISH

logger = logging.getLogger(__name__)

TRIES = 5
"""How often the page of an entry is asked for before its own text, or nothing, must do."""
EDITS = 3
"""How many changes of an entry are followed at once, later ones at most each ``EDIT_PAUSE``."""
EDIT_PAUSE = timedelta(hours=1)
NEWS = timedelta(days=3)
"""An entry that is older than this, and than its feed's last success, is backlog."""
TITLE_WORDS, SAID = 3, 0.5
"""A page that a link was led to must say so much of the entry's title, if it has so many words."""
SKEW = timedelta(days=1)
"""How far ahead of ours the clock of a site may be."""


def asks_to_be_read(entry: Entry, before: Reading | None, now: datetime) -> bool:
    """Whether an entry is new, was changed, or has not yet been had as a whole.

    What changes at each poll, such as a count of comments, is not followed each time.
    """
    if before is None:
        return True
    if before.fingerprint != entry.fingerprint:
        return before.edits < EDITS or now >= before.read_at + EDIT_PAUSE
    return needs_another_try(before)


def needs_another_try(reading: Reading) -> bool:
    """Whether the page may be had another time."""
    return 0 < reading.tries < TRIES


def read_entry(
    entry: Entry, feed: Feed, title: str, fetch: Fetch
) -> tuple[Article | SourceError, bool]:
    """Return the article of an entry, and whether the page may be had another time.

    That is its page, or its own text where that says more or the page cannot be had. ``title`` is
    the feed's, and the source where the page names none.
    """
    own = _own_article(entry, feed, title)
    if not entry.link:
        nothing = f"the entry “{entry.title}” has neither text nor a page"
        return (own if own.text else SourceError(feed.url, nothing)), False
    try:
        page = read_address(entry.link, fetch)
    except SourceError as error:
        return (own if own.text else error), may_pass(error)
    except PullquoteError:
        raise
    except Exception:  # one page must not hold up the entries behind it, at each poll anew
        logger.exception("Feed %s: %s could not be read", feed.url, entry.link)
        unexpected = SourceError(entry.link, "an error that nobody expected; the log has it")
        return (own if own.text else unexpected), True
    if _is_of_something_else(page, entry):
        elsewhere = SourceError(entry.link, f"it leads to another page, “{page.title}”")
        return (own if own.text else elsewhere), not own.text
    moment = own.published_at or page.published_at
    longer = max(page, own, key=lambda each: len(each.text))
    is_named = page.source and page.source != host_name(page.url or "")
    source = page.source if is_named else own.source or page.source
    said = replace(page, text=longer.text, layout=longer.layout)
    return replace(said, source=source, published_at=moment), False


def _is_of_something_else(page: Article, entry: Entry) -> bool:
    """Whether a link was led to what all others are led to: a login, a question of consent."""
    if canonical_url(page.url or "") == canonical_url(entry.link):
        return False
    telling = ENGLISH.content_stems(entry.title)
    said = ENGLISH.stemmed(f"{page.title}\n{page.text}")
    share = sum(ENGLISH.has(said, each) for each in telling) / max(len(telling), 1)
    return len(telling) >= TITLE_WORDS and share < SAID


def _own_article(entry: Entry, feed: Feed, title: str) -> Article:
    origin = canonical_url(entry.link) if entry.link else f"{feed.url} {entry.guid}"
    return replace(
        article_in(entry),
        id=article_id(origin),
        title=entry.title or title,
        url=entry.link or None,
        source=title or None,
        published_at=entry.published_at,
    )


def settled(article: Article, before: Reading | None, now: datetime) -> Article:
    """Keep the id that the entry's article has, whatever changed; believe no date of the future."""
    known = before.article if before else None
    moment = article.published_at
    is_believed = moment is None or moment <= now + SKEW
    return replace(article, id=known or article.id, published_at=moment if is_believed else None)


def is_backlog(article: Article, before: Reading | None, feed: Feed, now: datetime) -> bool:
    """Whether an article is no news: of the feed's first document, read before, or old."""
    if feed.last_success_at is None or (before and before.is_backlog):
        return True
    if before and (before.article or not before.tries):
        return True
    moment = article.published_at
    return moment is not None and moment < min(now - NEWS, feed.last_success_at)


def listed(entry: Entry, now: datetime) -> Reading:
    """Return what is to be remembered of an entry that a feed's first document lists."""
    return Reading(entry.guid, None, UNREAD, now, is_backlog=True)


def reading_of(
    entry: Entry,
    before: Reading | None,
    article: Article | SourceError,
    is_open: bool,
    now: datetime,
) -> Reading:
    """Return what is to be remembered of an entry that was read; ``is_open``: the page may come."""
    became = article.id if isinstance(article, Article) else None
    if before is None:
        return Reading(entry.guid, became, entry.fingerprint, now, tries=int(is_open))
    return Reading(
        before.guid,
        became or before.article,
        entry.fingerprint,
        now,
        tries=before.tries + 1 if is_open else 0,
        edits=before.edits + (before.fingerprint not in (UNREAD, entry.fingerprint)),
        is_backlog=before.is_backlog,
    )
