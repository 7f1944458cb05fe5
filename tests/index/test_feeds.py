from datetime import UTC, datetime, timedelta

import pytest

from index.feeds import Feeds
from qa.article import Article, article_id
from qa.database import Database
from qa.errors import SourceError

START = datetime(2024, 5, 1, 12, tzinfo=UTC)
BODY = "The town council approved the new bridge on Tuesday after a debate of nine long hours."
PAGE = f"<html><head><title>{{}}</title></head><body><article><p>{BODY}</p></article></body></html>"
RSS = {"Content-Type": "application/rss+xml; charset=utf-8"}


class Clock:
    now = START

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def feeds(tmp_path, clock):
    database = Database(tmp_path / "test.db")
    yield Feeds(database, interval=timedelta(minutes=10), allow_private=True, clock=clock)
    database.close()


def item(number, link="", text=""):
    return (
        f"<item><title>News &amp;amp; {number}</title><link>{link}</link>"
        f'<guid isPermaLink="false">g{number}</guid>'
        f"<pubDate>Wed, 01 May 2024 0{number}:00:00 +0200</pubDate>"
        f"<description><![CDATA[{text}]]></description></item>"
    )


def rss(*items):
    newest_first = "".join(reversed(items))
    return (
        f'<rss version="2.0"><channel><title>The Daily Oak</title>{newest_first}</channel></rss>'
    ).encode()


def serve(site, *items, **headers):
    site.pages["/feed"] = (200, {**RSS, **headers}, rss(*items))


def titles(results):
    return [r.title if isinstance(r, Article) else str(r) for r in results]


def test_a_feed_is_added_once_with_its_title_and_is_due_at_once(site, feeds):
    serve(site)
    feed = feeds.add(site.url("/feed"))
    assert (feed.title, feed.next_poll_at, feed.last_success_at) == ("The Daily Oak", START, None)
    assert feeds.add(site.url("/feed")) == feed
    assert feeds.list() == feeds.due(START) == [feed]
    assert feeds.due(START - timedelta(seconds=1)) == []


def test_a_page_leads_to_the_feed_that_it_names(site, feeds):
    serve(site)
    site.pages["/"] = (
        200,
        {},
        b'<link rel="stylesheet" href="x"><link rel="Alternate" type="application/rss+xml"'
        b' href="feed">',
    )
    assert feeds.add(site.url("/")).url == site.url("/feed")


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (PAGE.encode(), "this is no feed, and the page names none"),
        (b"", "this is no feed, and the page names none"),
        (
            b'<link rel="alternate" type="application/rss+xml" href="/none">',
            "there is no such page",
        ),
        (b'<link rel="alternate" type="application/rss+xml" href="/">', "this is no feed"),
    ],
)
def test_what_is_no_feed_is_not_added(site, feeds, page, reason):
    site.pages["/"] = (200, {}, page)
    with pytest.raises(SourceError, match=reason):
        feeds.add(site.url("/"))
    assert feeds.list() == []


def test_a_poll_yields_the_pages_of_new_entries_oldest_first(site, feeds):
    serve(site, item(1, site.url("/1")), item(2, site.url("/2")))
    for path in ("/1", "/2", "/3"):
        site.pages[path] = (200, {}, PAGE.format(f"Page {path}").encode())
    feed = feeds.add(site.url("/feed"))
    first, second = feeds.poll(feed)
    assert first == Article(
        id=article_id(site.url("/1")),
        title="Page /1",
        text=BODY,
        url=site.url("/1"),
        source="127.0.0.1",
        published_at=datetime(2024, 4, 30, 23, tzinfo=UTC),
    )
    assert second.title == "Page /2"
    serve(site, item(2, site.url("/2")), item(3, site.url("/3")))
    site.requests.clear()
    assert titles(feeds.poll(feed)) == ["Page /3"]
    assert [path for path, _ in site.requests] == ["/feed", "/3"]


def test_an_entry_is_seen_only_when_the_next_one_is_asked_for(site, feeds):
    serve(site, item(1, text=BODY), item(2, text=BODY))
    feed = feeds.add(site.url("/feed"))
    crashed = feeds.poll(feed)
    next(crashed)
    crashed.close()
    assert titles(feeds.poll(feed)) == ["News & 1", "News & 2"]
    assert titles(feeds.poll(feed)) == []


def test_an_entrys_own_text_stands_in_for_a_page_that_fails_or_says_less(site, feeds):
    long = f"<p>{BODY}</p><ul><li>two piers</li></ul><p>{BODY}</p>"
    site.pages["/short"] = (200, {}, PAGE.format("Short page").encode())
    serve(
        site,
        item(1, site.url("/none"), long),
        item(2, site.url("/short"), long),
        item(3, "", "Hm."),
    )
    failed, short, teaser = feeds.poll(feeds.add(site.url("/feed")))
    assert failed.text == short.text == f"{BODY}\n- two piers\n{BODY}"
    assert (failed.title, failed.url, failed.source) == (
        "News & 1",
        site.url("/none"),
        "The Daily Oak",
    )
    assert short.title == "Short page"
    assert (teaser.text, teaser.url, teaser.id) == ("Hm.", None, article_id("g3"))


def test_entries_without_text_are_failures_in_the_stream(site, feeds):
    serve(site, item(1, site.url("/none")), item(2))
    assert titles(feeds.poll(feeds.add(site.url("/feed")))) == [
        f"{site.url('/none')}: there is no such page (HTTP status 404)",
        f"{site.url('/feed')}: the entry “News & 2” has neither text nor a page",
    ]


def test_conditions_go_back_byte_for_byte_and_not_modified_is_a_success(site, feeds, clock):
    serve(site, item(1, text=BODY), ETag='W/"a b"', **{"Last-Modified": "yesterday, perhaps"})
    list(feeds.poll(feeds.add(site.url("/feed"))))
    site.pages["/feed"] = (304, {}, b"")
    site.requests.clear()
    clock.now += timedelta(hours=1)
    assert list(feeds.poll(feeds.list()[0])) == []
    headers = site.requests[0][1]
    assert headers["If-None-Match"] == 'W/"a b"'
    assert headers["If-Modified-Since"] == "yesterday, perhaps"
    feed = feeds.list()[0]
    assert (feed.etag, feed.last_success_at) == ('W/"a b"', clock.now)
    assert feed.next_poll_at == clock.now + timedelta(minutes=10)


def test_a_failing_feed_is_asked_less_and_less_and_recovers(site, feeds):
    serve(site)
    feeds.add(site.url("/feed"))
    site.pages["/feed"] = (500, {}, b"")
    pauses = []
    for _ in range(9):
        (error,) = feeds.poll(feeds.list()[0])
        pauses.append(feeds.list()[0].next_poll_at - START)
    assert error.reason == "the site has trouble of its own (HTTP status 500)"
    assert pauses[:3] == [timedelta(minutes=20), timedelta(minutes=40), timedelta(minutes=80)]
    assert pauses[-1] == timedelta(days=1)
    assert (feeds.list()[0].failures, feeds.list()[0].last_error) == (9, error.reason)
    serve(site)
    assert list(feeds.poll(feeds.list()[0])) == []
    assert (feeds.list()[0].failures, feeds.list()[0].last_error) == (0, None)


def test_a_server_that_asks_for_a_longer_pause_gets_it(site, feeds):
    serve(site)
    feeds.add(site.url("/feed"))
    site.pages["/feed"] = (429, {"Retry-After": "7200"}, b"")
    list(feeds.poll(feeds.list()[0]))
    assert feeds.list()[0].next_poll_at == START + timedelta(hours=2)


def test_a_feed_that_is_gone_is_polled_no_more(site, feeds):
    serve(site)
    feeds.add(site.url("/feed"))
    site.pages["/feed"] = (410, {}, b"")
    list(feeds.poll(feeds.list()[0]))
    assert feeds.list()[0].next_poll_at is None
    assert feeds.due(START + timedelta(days=1000)) == []


def test_a_feed_that_became_a_page_is_a_failure(site, feeds):
    serve(site)
    feeds.add(site.url("/feed"))
    site.pages["/feed"] = (200, {}, PAGE.encode())
    assert titles(feeds.poll(feeds.list()[0])) == [f"{site.url('/feed')}: this is no feed any more"]


def test_atom_with_relative_links_and_markup_in_the_title(site, feeds):
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title type="html">Oak &lt;b&gt;news&lt;/b&gt;'
        '</title><entry><id>tag:1</id><title>One</title><link href="1"/>'
        "<updated>2024-05-01T01:00:00Z</updated></entry></feed>"
    )
    site.pages["/news/feed"] = (200, {"Content-Type": "application/atom+xml"}, atom.encode())
    site.pages["/news/1"] = (200, {}, PAGE.format("Page one").encode())
    feed = feeds.add(site.url("/news/feed"))
    assert feed.title == "Oak news"
    assert titles(feeds.poll(feed)) == ["Page one"]


def test_removing_a_feed_forgets_its_entries(site, feeds):
    serve(site, item(1, text=BODY))
    url = feeds.add(site.url("/feed")).url
    list(feeds.poll(feeds.list()[0]))
    feeds.remove(url)
    assert feeds.list() == []
    assert titles(feeds.poll(feeds.add(url))) == ["News & 1"]
    feeds.remove(url)
    with pytest.raises(SourceError, match="this feed is not followed"):
        feeds.remove(url)


def test_private_feeds_are_refused_unless_allowed(site, tmp_path):
    serve(site)
    strict = Feeds(Database(tmp_path / "x.db"), interval=timedelta(hours=1), allow_private=False)
    with pytest.raises(
        SourceError,
        match="has a private address, which PULLQUOTE_ALLOW_PRIVATE_HOSTS does not allow",
    ):
        strict.add(site.url("/feed"))
