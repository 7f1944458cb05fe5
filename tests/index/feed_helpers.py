"""Feeds on a scripted site, and a clock that the test sets."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from index.feeds.follow import Feeds
from index.feeds.model import Feed
from qa.article import Article

START = datetime(2024, 5, 1, 12, tzinfo=UTC)
INTERVAL = timedelta(minutes=10)
BODY = "The town council approved the new bridge on Tuesday after a debate of nine long hours."
PAGE = f"<html><head><title>{{}}</title></head><body><article><p>{BODY}</p></article></body></html>"
TANGLED_PAGE = f"<p {' '.join(f'a{number}=1' for number in range(300_000))}>{BODY}".encode()
"""The parser compares each of its attributes with all others, which takes minutes."""
RSS = {"Content-Type": "application/rss+xml; charset=utf-8"}


MOMENT = datetime(2024, 5, 3, 14, 5, tzinfo=UTC)
FEED = Feed(
    id=1,
    url="https://example.org/feed",
    title="A & B",
    state="on",
    etag=None,
    modified=None,
    digest=None,
    period=timedelta(),
    next_poll_at=MOMENT,
    last_success_at=MOMENT,
    last_error=None,
    failures=0,
    articles=1,
    added_at=MOMENT,
)
"""A feed as it is stored, for tests of what is said of it."""


class Clock:
    now = START

    def __call__(self):
        return self.now


def following(database, clock, chance=0.5, interval=INTERVAL, **options):
    """Open feeds whose intervals are not jittered unless ``chance`` is given."""
    return Feeds(
        database,
        interval=interval,
        allow_private=True,
        clock=clock,
        chance=lambda: chance,
        **options,
    )


def item(number, link="", text="", published=None, title=None):
    moment = format_datetime(published or START.replace(hour=number))
    return (
        f"<item><title>{title or f'News &amp;amp; {number}'}</title><link>{link}</link>"
        f'<guid isPermaLink="false">g{number}</guid><pubDate>{moment}</pubDate>'
        f"<description><![CDATA[{text}]]></description></item>"
    )


def rss(*items, about=""):
    newest_first = "".join(reversed(items))
    return (
        '<rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel>'
        f"<title>The Daily Oak</title>{about}{newest_first}</channel></rss>"
    ).encode()


def serve(site, *items, about="", path="/feed", **headers):
    site.pages[path] = (200, {**RSS, **headers}, rss(*items, about=about))


def serve_pages(site, *paths, body=PAGE):
    for path in paths:
        site.pages[path] = (200, {}, body.format(f"Page {path}").encode())


def poll(feeds, number=0):
    """Return what a poll of a feed yields; of the first feed unless ``number`` is given."""
    return list(feeds.poll(feeds.store.all()[number]))


def titles(results):
    return [r.title if isinstance(r, Article) else str(r) for r in results]


def begin(site, feeds, clock, *items):
    """Follow /feed, read ``items`` in its first poll, and advance the clock by an interval."""
    serve(site, *items)
    feeds.add(site.url("/feed"))
    found = poll(feeds)
    clock.now += INTERVAL
    return found
