"""Which feeds are followed, and what polling one yields."""

import contextlib
import json
import re
from datetime import timedelta

import pytest

from index.feeds.follow import Feeds
from index.feeds.model import Health
from index.feeds.schema import MIGRATIONS
from index.web.fetch import StoppedError
from index.web.request import StatusError
from index.web.urls import LONGEST_URL
from qa.article import Article, Block, BlockKind, article_id
from qa.errors import SourceError
from qa.store.sqlite import SqliteDatabase
from tests.index.feed_helpers import (
    BODY,
    INTERVAL,
    PAGE,
    RSS,
    START,
    TANGLED_PAGE,
    begin,
    following,
    item,
    poll,
    rss,
    serve,
    serve_pages,
    titles,
)

pytestmark = pytest.mark.sqlite


def test_a_feed_is_added_once_with_its_title_and_is_due_at_once(site, feeds, clock):
    serve(site)
    feed = feeds.add(site.url("/feed"))
    assert (feed.title, feed.next_poll_at, feed.last_success_at) == ("The Daily Oak", START, None)
    assert feeds.add(site.url("/feed")) == feed
    assert feeds.store.all() == [feed]
    assert feeds.store.next_due() == feed
    with feeds.next_due() as taken:
        assert taken == feed
        assert feeds.store.next_due() is None
    assert feeds.store.next_due(resting={feed.id}) is None
    clock.now -= timedelta(seconds=1)
    assert feeds.store.next_due() is None


def test_page_leads_to_the_feed_it_declares(site, feeds):
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
        (PAGE.encode(), "this is not a feed, and the page does not name one"),
        (b"", "this is not a feed, and the page does not name one"),
        (
            b'<link rel="alternate" type="application/rss+xml" href="/none">',
            "there is no such page",
        ),
        (b'<link rel="alternate" type="application/rss+xml" href="/">', "this is not a feed"),
    ],
)
def test_address_that_is_not_a_feed_is_not_added(site, feeds, page, reason):
    site.pages["/"] = (200, {}, page)
    with pytest.raises(SourceError, match=reason):
        feeds.add(site.url("/"))
    assert feeds.store.all() == []


FEED_LINK = '<link rel="{}" type="{}" title="{}" href="{}">'
RSS_TYPE = "application/rss+xml"


@pytest.mark.parametrize(
    ("url", "head", "feed"),
    [
        ("/", FEED_LINK.format("alternate", "text/xml", "", "/x"), "/x"),
        ("/", FEED_LINK.format("alternate", "Application/XML; charset=utf-8", "", "/x"), "/x"),
        ("/", FEED_LINK.format("alternate", "application/json", "", "/x"), "/x"),
        ("/", FEED_LINK.format("feed", "", "", "/x"), "/x"),
        ("/", '<a rel="alternate feed" href="x">Feed</a>', "/x"),
        ("/a/b", "<base href='/c/'>" + FEED_LINK.format("alternate", RSS_TYPE, "", "x"), "/c/x"),
        ("/a/b", FEED_LINK.format("alternate", RSS_TYPE, "", " x "), "/a/x"),
        # dead ones, and pages that are no feeds
        ("/", FEED_LINK.format("alternate", RSS_TYPE, "", "/gone") * 2, "/rss.xml"),
        (
            "/",
            "".join(FEED_LINK.format("feed", "", "", each) for each in ("/gone", "/", "x")),
            "/x",
        ),
        # comments
        (
            "/",
            FEED_LINK.format("alternate", RSS_TYPE, "Comments Feed", "/comments/feed")
            + FEED_LINK.format("alternate", RSS_TYPE, "Lenn", "/x"),
            "/x",
        ),
        (
            "/",
            FEED_LINK.format("alternate", RSS_TYPE, "Lenn » Kommentar-Feed", "/2")
            + FEED_LINK.format("alternate", RSS_TYPE, "Lenn » Feed", "/x"),
            "/x",
        ),
        (
            "/",
            FEED_LINK.format("alternate", RSS_TYPE, "", "/?feed=comments-rss2")
            + FEED_LINK.format("alternate", RSS_TYPE, "", "/x"),
            "/x",
        ),
        (
            "/",
            FEED_LINK.format("alternate", RSS_TYPE, "", "/2?withComments=1")
            + FEED_LINK.format("alternate", RSS_TYPE, "", "/x"),
            "/x",
        ),
        ("/", FEED_LINK.format("alternate", RSS_TYPE, "", "/comments/feed"), "/comments/feed"),
        (
            "/",
            FEED_LINK.format("alternate", RSS_TYPE, "", "/of-comments")
            + FEED_LINK.format("alternate", "application/x-rss+xml", "", "/x"),
            "/x",
        ),
        # links in the text
        ("/", "<a href='/news.rss'>RSS</a><a href='https://a.example/feed'>Ann</a>", "/news.rss"),
        # where feeds usually are
        ("/", "", "/feed"),
        ("/", "", "/feed.xml"),
        ("/a", "", "/a/index.xml"),
        ("/a/b", "", "/atom.xml"),
        # the page is elsewhere
        ("/", '<meta http-equiv="Refresh" content="0; URL=\'/a\'">', "/a/index.xml"),
        ("/", '<meta http-equiv=refresh content="5;url=/x">', "/x"),
    ],
)
def test_feed_of_a_page_is_found(site, feeds, url, head, feed):
    site.pages["/a"] = site.pages["/a/b"] = (200, {}, PAGE.format("A").encode())
    for path in (feed, *(["/comments/feed"] if "/comments/feed" in head else [])):
        serve(site, path=path)
    for path in ("/2", "/2?withComments=1", "/?feed=comments-rss2"):
        serve(site, path=path)
    of_comments = rss(item(1)).replace(b"The Daily Oak", b"Comments on Oak")
    site.pages["/of-comments"] = (200, RSS, of_comments)
    site.pages[url] = (200, {}, f"<html><head>{head}</head><body>{PAGE}</body></html>".encode())
    assert feeds.add(site.url(url)).url == site.url(feed)


def test_feed_that_the_header_of_a_page_names_is_found(site, feeds):
    serve(site, path="/x")
    links = '</style.css>; rel="preload", </x>; rel="alternate"; type="application/rss+xml"'
    site.pages["/a"] = (200, {"Link": links}, PAGE.format("A").encode())
    assert feeds.add(site.url("/a")).url == site.url("/x")


def test_address_of_a_feed_may_have_the_scheme_feed(site, feeds):
    serve(site, path="/x")
    assert feeds.add(f"feed:{site.url('/x')}").url == site.url("/x")


def test_pages_that_refresh_to_each_other_have_no_feed(site, feeds):
    for path, other in (("/a", "/b"), ("/b", "/a")):
        head = f'<meta http-equiv="refresh" content="0; url={other}">'
        site.pages[path] = (200, {}, head.encode())
    with pytest.raises(SourceError, match="the page does not name one"):
        feeds.add(site.url("/a"))


def test_feed_of_many_megabytes_is_read(site, database, clock):
    long = f"{BODY} " * 4_000
    serve(site, *(item(each, text=long, published=START) for each in range(50)))
    assert len(site.pages["/feed"][2]) > 17_000_000
    feeds = following(database, clock, poll_seconds=0)
    assert list(feeds.poll(feeds.add(site.url("/feed")))) == []
    assert len(feeds.store.entries(feeds.store.all()[0], [f"g{each}" for each in range(50)])) == 50


def test_poll_yields_the_pages_of_new_entries_oldest_first(site, feeds):
    serve(site, item(1, site.url("/1")), item(2, site.url("/2")))
    serve_pages(site, "/1", "/2", "/3")
    feed = feeds.add(site.url("/feed"))
    first, second = list(feeds.poll(feed))
    assert first == Article(
        id=article_id(site.url("/1")),
        title="Page /1",
        text=BODY,
        url=site.url("/1"),
        source="The Daily Oak",
        published_at=START.replace(hour=1),
        is_backlog=True,
        layout=f'[["p",0,{len(BODY)}]]',
    )
    assert second.title == "Page /2"
    serve(site, item(2, site.url("/2")), item(3, site.url("/3")))
    site.requests.clear()
    assert titles(feeds.poll(feed)) == ["Page /3"]
    assert [path for path, _ in site.requests] == ["/feed", "/3"]


def test_entries_are_read_lazily(site, feeds):
    serve(site, item(1, text=BODY), item(2, text=BODY))
    feed = feeds.add(site.url("/feed"))
    crashed = feeds.poll(feed)
    next(crashed)
    crashed.close()
    assert titles(feeds.poll(feed)) == ["News & 1", "News & 2"]
    assert titles(feeds.poll(feed)) == []


def test_entry_text_replaces_a_page_that_fails_or_says_less(site, feeds):
    long = f"<p>{BODY}</p><ul><li>two piers</li></ul><p>{BODY}</p>"
    site.pages["/short"] = (200, {}, PAGE.format("Short page").encode())
    serve(
        site,
        item(1, site.url("/none"), long),
        item(2, site.url("/short"), long),
        item(3, "", "Hm."),
    )
    failed, short, teaser = list(feeds.poll(feeds.add(site.url("/feed"))))
    assert failed.text == short.text == f"{BODY}\ntwo piers\n{BODY}"
    assert (failed.title, failed.url, failed.source) == (
        "News & 1",
        site.url("/none"),
        "The Daily Oak",
    )
    assert short.title == "Short page"
    assert (teaser.text, teaser.url, teaser.id) == (
        "Hm.",
        None,
        article_id(f"{site.url('/feed')} g3"),
    )


def test_links_redirected_to_one_consent_page_stay_separate_articles(site, feeds):
    wall = PAGE.format("Before you go on to the news").encode()
    site.pages["/consent"] = (200, {}, wall)
    site.pages["/bridge"] = (200, {}, PAGE.format("New bridge for Lenn approved").encode())
    for path, target in (
        ("/1", "/consent"),
        ("/2", "/consent"),
        ("/3", "/bridge"),
        ("/4", "/consent"),
    ):
        site.pages[path] = (302, {"Location": target}, b"")
    serve(
        site,
        item(1, site.url("/1"), "A whale was seen.", title="Whale visits harbour of Lenn"),
        item(2, site.url("/2"), "The ferry is full.", title="Ferry sells out before summer"),
        item(3, site.url("/3"), "A bridge.", title="Lenn approves its new bridge"),
        item(4, site.url("/4"), "", title="Mayor opens school without roof"),
    )
    found = list(feeds.poll(feeds.add(site.url("/feed"))))
    assert [(each.url, each.text) for each in found[:3]] == [
        (site.url("/1"), "A whale was seen."),
        (site.url("/2"), "The ferry is full."),
        (site.url("/bridge"), BODY),
    ]
    assert str(found[3]) == (
        f"{site.url('/4')}: it leads to another page, “Before you go on to the news”"
    )


def test_entry_text_replaces_a_page_that_exceeds_its_time_limit(site, feeds):
    site.pages["/tangled"] = (200, {}, TANGLED_PAGE)
    serve_pages(site, "/2")
    serve(site, item(1, site.url("/tangled"), "Hm."), item(2, site.url("/2")))
    own, page = list(feeds.poll(feeds.add(site.url("/feed"))))
    assert (own.title, own.text, own.url) == ("News & 1", "Hm.", site.url("/tangled"))
    assert (page.title, page.text) == ("Page /2", BODY)
    assert poll(feeds) == []  # and it is not retried


def test_entries_without_text_page_and_title_are_yielded_as_failures(site, feeds):
    serve(site, item(1, site.url("/none"), title=" "), item(2))
    assert titles(feeds.poll(feeds.add(site.url("/feed")))) == [
        f"{site.url('/none')}: there is no such page (HTTP status 404)",
        f"{site.url('/feed')}: the entry “News & 2” has neither text nor a page",
    ]


@pytest.mark.parametrize(
    "page",
    [
        (403, {}, b"no"),
        (451, {}, b""),
        (200, {"Content-Type": "image/png"}, b"\x89PNG\r\n"),
        (200, {}, b"<html><body></body></html>"),
    ],
)
def test_title_and_link_are_an_article_where_the_page_cannot_be_had(site, feeds, clock, page):
    begin(site, feeds, clock)
    site.pages["/1"] = page
    serve(site, item(1, site.url("/1"), title="Town elects first woman as mayor"))
    (found,) = poll(feeds)
    assert (found.title, found.text, found.url, found.is_backlog, found.published_at) == (
        *["Town elects first woman as mayor"] * 2,
        site.url("/1"),
        False,
        START.replace(hour=1),
    )
    assert found.blocks == (Block(BlockKind.PARAGRAPH, 0, len(found.text)),)
    assert (poll(feeds), site.count("/1")) == ([], 1)


def test_recording_is_the_link_of_an_entry_that_has_no_other(site, feeds):
    recording = f'<enclosure url="{site.url("/1.mp3")}" length="9" type="audio/mpeg"/>'
    told = item(1, text="We talk of oaks.").replace("<guid", f"{recording}<guid")
    untold = item(2, title="On elms").replace("<guid", f"{recording}<guid")
    serve(site, told, untold)
    found = list(feeds.poll(feeds.add(site.url("/feed"))))
    assert [(each.title, each.text, each.url) for each in found] == [
        ("News & 1", "We talk of oaks.", site.url("/1.mp3")),
        ("On elms", "On elms", site.url("/1.mp3")),
    ]
    assert len({each.id for each in found}) == 2
    assert site.count("/1.mp3") == 0


def test_validators_are_returned_byte_for_byte_and_not_modified_is_a_success(site, feeds, clock):
    serve(site, item(1, text=BODY), ETag='W/"a b"', **{"Last-Modified": "yesterday, perhaps"})
    list(feeds.poll(feeds.add(site.url("/feed"))))
    site.pages["/feed"] = (304, {}, b"")
    site.requests.clear()
    clock.now += timedelta(hours=1)
    assert list(feeds.poll(feeds.store.all()[0])) == []
    headers = site.requests[0][1]
    assert headers["If-None-Match"] == 'W/"a b"'
    assert headers["If-Modified-Since"] == "yesterday, perhaps"
    feed = feeds.store.all()[0]
    assert (feed.etag, feed.last_success_at) == ('W/"a b"', clock.now)
    assert feed.next_poll_at == clock.now + timedelta(minutes=10)


def test_a_feed_that_became_a_page_is_a_failure(site, feeds):
    serve(site)
    feeds.add(site.url("/feed"))
    site.pages["/feed"] = (200, {}, PAGE.encode())
    assert titles(poll(feeds)) == [f"{site.url('/feed')}: this is no longer a feed"]


def test_removing_a_feed_forgets_its_entries(site, feeds):
    serve(site, item(1, text=BODY))
    url = feeds.add(site.url("/feed")).url
    list(feeds.poll(feeds.store.all()[0]))
    feeds.store.remove(url)
    assert feeds.store.all() == []
    assert titles(feeds.poll(feeds.add(url))) == ["News & 1"]
    feeds.store.remove(url)
    with pytest.raises(SourceError, match="this feed is not followed"):
        feeds.store.remove(url)


def test_private_feeds_are_refused_unless_allowed_even_if_already_followed(site, feeds, database):
    serve(site, item(1, site.url("/1")))
    feeds.add(site.url("/feed"))
    site.requests.clear()
    strict = Feeds(database, interval=INTERVAL, allow_private=False)
    refused = (
        f"{site.url('/feed')}: the host 127.0.0.1 has a private address, "
        "which PULLQUOTE_ALLOW_PRIVATE_HOSTS does not allow"
    )
    with pytest.raises(SourceError) as caught:
        strict.add(site.url("/feed"))
    assert str(caught.value) == refused
    assert titles(poll(strict)) == [refused]
    assert site.requests == []


# Edited entries


def test_an_edited_entry_is_read_again_and_stays_the_same_article(site, feeds, clock):
    serve_pages(site, "/1", "/moved")
    (found,) = begin(site, feeds, clock, item(1, site.url("/1")))
    serve(site, item(1, site.url("/moved"), title="News, corrected"))
    (edited,) = poll(feeds)
    assert edited.is_backlog
    assert (edited.id, edited.title) == (found.id, "Page /moved")
    assert edited.url == site.url("/moved")
    assert (poll(feeds), site.count("/moved")) == ([], 1)


def test_entry_that_changes_at_every_poll_is_read_at_most_once_an_hour(site, feeds, clock):
    serve_pages(site, "/1")
    begin(site, feeds, clock, item(1, site.url("/1")))
    read = []
    for comments in range(12):
        serve(site, item(1, site.url("/1"), f"{comments} comments"))
        read.append(len(poll(feeds)))
        clock.now += INTERVAL
    assert read == [1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0]


def test_overlong_link_is_ignored(site, feeds):
    serve(site, item(1, site.url("/" + "a" * LONGEST_URL), BODY))
    (found,) = list(feeds.poll(feeds.add(site.url("/feed"))))
    assert (found.url, found.text) == (None, BODY)


def test_first_of_two_entries_with_the_same_guid_wins(site, feeds):
    serve(site, item(1, text=f"Old. {BODY}"), item(1, text=f"New. {BODY}"))
    feeds.add(site.url("/feed"))
    (found,) = poll(feeds)
    assert found.text == f"New. {BODY}"
    assert poll(feeds) == []


def test_entries_without_guid_are_identified_by_link_then_by_title(site, feeds):
    def told(link, title):
        text = f"<description>{BODY}</description>"
        site.pages["/feed"] = (
            200,
            {},
            f'<rss version="2.0"><channel><item><title>{title}</title>{link}{text}</item>'
            "</channel></rss>".encode(),
        )

    serve_pages(site, "/a", "/a?utm_source=rss")
    told(f"<link>{site.url('/a')}</link>", "One")
    feeds.add(site.url("/feed"))
    (found,) = poll(feeds)
    told(f"<link>{site.url('/a?utm_source=rss')}</link>", "One, edited")
    (edited,) = poll(feeds)
    assert edited.id == found.id
    told("", "Two")
    assert titles(poll(feeds)) == ["Two"]
    told("", "Three")
    assert titles(poll(feeds)) == ["Three"]


# What is news


def test_first_poll_yields_backlog_and_later_polls_news(site, feeds, clock):
    (first,) = begin(site, feeds, clock, item(1, text=BODY))
    serve(site, item(1, text=BODY), item(2, text=BODY))
    (second,) = poll(feeds)
    assert (first.is_backlog, second.is_backlog) == (True, False)


@pytest.mark.parametrize("status", [429, 503])
def test_entries_of_the_first_document_are_backlog_even_if_their_pages_come_later(
    site, feeds, clock, status
):
    site.pages["/1"] = site.pages["/2"] = (status, {}, b"")
    old = [item(1, site.url("/1")), item(2, site.url("/2"))]
    trouble = begin(site, feeds, clock, *old)
    assert {type(each) for each in trouble} == {StatusError}
    serve_pages(site, "/2", "/3")
    serve(site, *old, item(3, site.url("/3")))
    found = [each for each in poll(feeds) if isinstance(each, Article)]
    assert {each.title: each.is_backlog for each in found} == {"Page /2": True, "Page /3": False}
    serve_pages(site, "/1")
    clock.now += INTERVAL
    (late,) = poll(feeds)
    assert (late.title, late.is_backlog) == ("Page /1", True)


def test_entries_left_unread_by_the_first_poll_are_backlog(site, feeds, database, clock):
    old = [item(1, text=BODY), item(2, text=BODY)]
    assert begin(site, following(database, clock, poll_seconds=0), clock, *old) == []
    serve(site, *old, item(3, text=BODY))
    assert [found.is_backlog for found in poll(feeds)] == [True, True, False]
    assert (poll(feeds), feeds.store.all()[0].articles) == ([], 3)


def test_first_reading_of_a_listed_entry_is_not_an_edit(site, feeds, database, clock):
    begin(site, following(database, clock, poll_seconds=0), clock, item(1, text="0 comments"))
    read = []
    for comments in range(6):
        serve(site, item(1, text=f"{comments} comments"))
        read.append(len(poll(feeds)))
    assert read == [1, 1, 1, 1, 0, 0]


def test_entries_several_days_old_are_backlog_unless_the_feed_was_down(site, feeds, clock):
    begin(site, feeds, clock)
    clock.now += timedelta(days=1)
    serve(site)
    poll(feeds)
    clock.now += INTERVAL
    old, new = clock.now - timedelta(days=4), clock.now - timedelta(days=2)
    serve(site, item(1, text=BODY, published=old), item(2, text=BODY, published=new))
    assert [found.is_backlog for found in poll(feeds)] == [True, False]
    clock.now += timedelta(days=9)
    before, after = clock.now - timedelta(days=10), clock.now - timedelta(days=8)
    serve(site, item(3, text=BODY, published=before), item(4, text=BODY, published=after))
    assert [found.is_backlog for found in poll(feeds)] == [True, False]


def test_entry_that_is_new_on_top_of_its_feed_is_news_whatever_its_date(site, database, clock):
    for days, is_backlog in ((None, False), (90, False), (8, False), (7, True)):
        feeds = following(database, clock, news=days and timedelta(days=days))
        told = [item(each, text=BODY, published=START - timedelta(days=20)) for each in (1, 2)]
        begin(site, feeds, clock, *told)
        late = item(3, text=BODY, published=clock.now - timedelta(days=8))
        serve(site, *told, late)
        assert [found.is_backlog for found in poll(feeds)] == [is_backlog]
        feeds.store.remove(site.url("/feed"))


def test_old_entries_that_appear_below_known_ones_are_backlog(site, feeds, clock):
    old = [item(each, text=BODY, published=START - timedelta(days=9 - each)) for each in range(6)]
    begin(site, feeds, clock, *old[2:])
    serve(site, *old)
    assert [found.is_backlog for found in poll(feeds)] == [True, True]


@pytest.mark.parametrize("moment", ["Thu, 01 Jan 1970 00:00:00 +0000", "0001-01-01", "soon", "0"])
def test_new_entry_whose_date_cannot_be_is_news_without_a_date(site, feeds, clock, moment):
    begin(site, feeds, clock, item(1, text=BODY))
    undated = re.sub("<pubDate>.*?<", f"<pubDate>{moment}<", item(2, text=BODY))
    serve(site, undated, item(1, text=BODY))
    assert [(each.is_backlog, each.published_at) for each in poll(feeds)] == [(False, None)]


def test_feed_that_shifts_all_its_dates_announces_nothing(site, feeds, clock):
    begin(site, feeds, clock, *(item(each, text=BODY) for each in range(9)))
    for days in (30, -30):
        moved = clock.now + timedelta(days=days)
        serve(site, *(item(each, text=BODY, published=moved) for each in range(9)))
        assert all(found.is_backlog for found in poll(feeds))


def test_feed_with_other_guids_and_texts_announces_at_most_its_first_old_entry(site, feeds, clock):
    old = [item(each, text=BODY, published=START - timedelta(days=90 - each)) for each in range(9)]
    begin(site, feeds, clock, *old)
    serve(site, *(each.replace(">g", ">new").replace("long", "full") for each in old))
    assert [found.is_backlog for found in poll(feeds)] == [*[True] * 8, False]


def test_old_entry_on_top_is_news_even_if_its_page_comes_later(site, feeds, clock):
    known = item(1, text=BODY, published=START - timedelta(days=20))
    begin(site, feeds, clock, known)
    site.pages["/2"] = (503, {}, b"")
    serve(site, known, item(2, site.url("/2"), published=START - timedelta(days=8)))
    assert [type(each) for each in poll(feeds)] == [StatusError]
    serve_pages(site, "/2")
    assert [found.is_backlog for found in poll(feeds)] == [False]


def test_old_entry_at_the_end_of_an_oldest_first_feed_is_news(site, feeds, clock):
    days = [START - timedelta(days=29 - each) for each in range(6)]
    told = [item(each, text=f"Part {each}.", published=day) for each, day in enumerate(days)]
    begin(site, feeds, clock, *reversed(told))  # which `rss` turns round
    late = item(7, text="Late.", published=START - timedelta(days=26.5))
    early = item(8, text="Early.", published=START - timedelta(days=30))
    serve(site, late, *reversed(told), early)
    found = {each.text: each.is_backlog for each in poll(feeds)}
    assert found == {"Late.": False, "Early.": True}


def test_future_date_is_ignored(site, feeds):
    serve(
        site,
        item(1, text=BODY, published=START.replace(year=9998)),
        item(2, text=BODY, published=START + timedelta(hours=3)),
    )
    feeds.add(site.url("/feed"))
    dates = [article.published_at for article in poll(feeds)]
    assert dates == [None, START + timedelta(hours=3)]


# Pages that cannot be fetched


def test_page_that_was_down_is_retried_and_replaces_the_teaser(site, feeds, clock):
    site.pages["/1"] = (503, {}, b"")
    begin(site, feeds, clock)
    serve(site, item(1, site.url("/1"), "Teaser."), ETag='"1"')
    (teaser,) = poll(feeds)
    assert (teaser.text, teaser.is_backlog) == ("Teaser.", False)
    serve_pages(site, "/1")
    (whole,) = poll(feeds)
    assert (whole.text, whole.id) == (BODY, teaser.id)
    assert whole.is_backlog  # the teaser was already alerted
    assert "If-None-Match" not in site.requests[-2][1]
    assert (poll(feeds), feeds.store.all()[0].etag) == ([], '"1"')
    assert feeds.store.all()[0].articles == 1


def test_entry_whose_only_text_is_a_page_that_is_down_is_not_lost(site, feeds, clock):
    site.pages["/1"] = (503, {}, b"")
    begin(site, feeds, clock)
    serve(site, item(1, site.url("/1")))
    trouble = f"{site.url('/1')}: the server has an error (HTTP status 503)"
    assert titles(poll(feeds)) == [trouble]
    serve_pages(site, "/1")
    (found,) = poll(feeds)
    assert (found.title, found.is_backlog) == ("Page /1", False)


def test_page_that_stays_down_is_abandoned_and_a_gone_page_at_once(site, feeds, clock):
    site.pages["/1"] = (503, {}, b"")
    serve(site, item(1, site.url("/1")), item(2, site.url("/gone")))
    feeds.add(site.url("/feed"))
    found = [poll(feeds) for _ in range(7)]
    assert [len(each) for each in found] == [2, 1, 1, 1, 1, 0, 0]
    assert (site.count("/1"), site.count("/gone")) == (5, 1)
    assert titles(found[4]) == ["News & 1"]  # its title, in the end


# Politeness


def test_page_that_asks_for_a_pause_is_not_asked_before_its_end(site, database, clock):
    begin(site, following(database, clock), clock)
    site.pages["/1"] = (503, {"Retry-After": "7200"}, b"")
    site.pages["/2"] = (503, {"Retry-After": "Wed, 01 May 2024 14:10:00 GMT"}, b"")
    serve(site, item(1, site.url("/1")), item(2, site.url("/2"), "Teaser."))
    assert len(poll(following(database, clock))) == 2
    for _ in range(11):
        clock.now += INTERVAL
        assert poll(following(database, clock)) == []
    assert (site.count("/1"), site.count("/2")) == (1, 1)
    serve_pages(site, "/1", "/2")
    clock.now += INTERVAL
    found = poll(following(database, clock))
    assert [(each.title, each.is_backlog) for each in found] == [
        ("Page /1", False),
        ("Page /2", True),  # its teaser was news
    ]


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "600"}])
def test_host_that_has_too_many_requests_rests(site, feeds, clock, headers):
    begin(site, feeds, clock)
    serve(site, path="/other")
    feeds.add(site.url("/other"))
    serve_pages(site, "/2")
    site.pages["/1"] = (429, headers, b"")
    serve(site, item(1, site.url("/1")), item(2, site.url("/2")), item(3, text="Own."))
    assert [type(each) for each in poll(feeds)] == [StatusError, Article]
    site.requests.clear()
    later = "the site asks us to come back later"
    clock.now += timedelta(seconds=599)
    assert titles(poll(feeds, 0)) == [f"{site.url('/feed')}: {later}"]
    assert titles(poll(feeds, 1)) == [f"{site.url('/other')}: {later}"]
    assert site.requests == []
    assert {feed.health for feed in feeds.store.all()} == {Health.HEALTHY, Health.NEW}
    assert feeds.store.next_due() is None
    clock.now += timedelta(seconds=1)
    assert feeds.store.next_due() is not None
    serve_pages(site, "/1")
    assert titles(poll(feeds)) == ["Page /2", "Page /1"]


def test_feed_with_too_many_requests_lets_the_other_feeds_of_its_host_rest(site, feeds, clock):
    serve(site)
    serve(site, path="/other")
    for path in ("/feed", "/other"):
        feeds.add(site.url(path))
    site.requests.clear()
    site.pages["/feed"] = (429, {"Retry-After": "3600"}, b"")
    poll(feeds, 0)
    poll(feeds, 1)
    assert [path for path, _ in site.requests] == ["/feed"]
    clock.now += timedelta(hours=1)
    assert poll(feeds, 1) == []
    assert [path for path, _ in site.requests] == ["/feed", "/other"]


def test_page_that_is_refused_for_good_is_not_asked_again_when_its_entry_changes(
    site, feeds, clock
):
    site.pages["/1"] = (403, {}, b"")
    begin(site, feeds, clock, item(1, site.url("/1"), "0 comments"))
    for comments in range(1, 20):
        serve(site, item(1, site.url("/1"), f"{comments} comments"))
        poll(feeds)
        clock.now += timedelta(hours=1)
    assert site.count("/1") == 1
    clock.now += timedelta(hours=6)
    serve(site, item(1, site.url("/1"), "20 comments"))
    assert [found.text for found in poll(feeds)] == ["20 comments"]
    assert site.count("/1") == 2


def test_rest_from_a_clock_that_was_ahead_is_forgotten(site, feeds, clock):
    clock.now += timedelta(days=365)
    site.pages["/1"] = (429, {}, b"")
    serve(site, item(1, site.url("/1")))
    feeds.add(site.url("/feed"))
    poll(feeds)
    clock.now = START
    feeds.reschedule()
    serve_pages(site, "/1")
    assert titles(poll(feeds)) == ["Page /1"]


def test_links_other_than_web_addresses_are_never_followed(site, feeds):
    serve(
        site,
        item(1, "javascript:alert(1)", BODY),
        item(2, "file:///etc/passwd", BODY),
        item(3, "data:text/html,hello", BODY),
        item(4, "http://[::1", BODY),
    )
    feeds.add(site.url("/feed"))
    found = poll(feeds)
    assert [(article.url, article.text) for article in found] == [(None, BODY)] * 4


# Feeds that move


def test_permanently_moved_feed_is_requested_at_its_new_address(site, feeds, clock):
    begin(site, feeds, clock, item(1, text=BODY))
    serve(site, item(1, text=BODY), path="/new")
    site.pages["/feed"] = (301, {"Location": "/next"}, b"")
    site.pages["/next"] = (308, {"Location": "/new"}, b"")
    assert poll(feeds) == []
    assert feeds.store.all()[0].url == site.url("/new")
    assert feeds.store.all()[0].articles == 1


def test_one_temporary_redirect_in_the_chain_keeps_the_old_address(site, feeds, clock):
    begin(site, feeds, clock)
    serve(site, path="/new")
    site.pages["/feed"] = (302, {"Location": "/next"}, b"")
    site.pages["/next"] = (301, {"Location": "/new"}, b"")
    assert poll(feeds) == []
    assert feeds.store.all()[0].url == site.url("/feed")


def test_feed_that_moves_to_a_followed_feed_is_merged_into_it(site, feeds, clock):
    begin(site, feeds, clock, item(1, text=BODY))
    serve(site, item(2, text=BODY), path="/new")
    feeds.add(site.url("/new"))
    poll(feeds, 1)
    serve(site, item(1, text=BODY), item(2, text=BODY), item(3, text=BODY), path="/new")
    site.pages["/feed"] = (301, {"Location": "/new"}, b"")
    assert titles(poll(feeds)) == ["News & 3"]
    (left,) = feeds.store.all()
    assert (left.url, left.articles) == (site.url("/new"), 3)


def test_feed_that_moves_to_something_else_than_a_feed_keeps_its_address(site, feeds, clock):
    begin(site, feeds, clock)
    serve_pages(site, "/login")
    site.pages["/feed"] = (301, {"Location": "/login"}, b"")
    assert titles(poll(feeds)) == [f"{site.url('/feed')}: this is no longer a feed"]
    assert feeds.store.all()[0].url == site.url("/feed")


def test_same_document_is_not_read_twice(site, feeds, clock):
    site.pages["/1"] = (404, {}, b"")
    begin(site, feeds, clock, item(1, site.url("/1")))
    assert poll(feeds) == []
    assert feeds.store.all()[0].last_success_at == clock.now
    assert site.count("/1") == 1


# Pause, resume, import, stop


def test_a_paused_feed_is_not_due_until_it_is_resumed(site, feeds, clock):
    begin(site, feeds, clock)
    (feed,) = feeds.store.all()
    under_way = feeds.poll(feed)
    feeds.store.pause(feed.id)
    assert list(under_way) == []  # and a poll in progress does not end the pause
    (paused,) = feeds.store.all()
    assert (paused.health, paused.next_poll_at) == (Health.PAUSED, None)
    assert feeds.store.next_due() is None
    feeds.store.resume(feed.id)
    assert feeds.store.next_due().health is Health.HEALTHY


def test_adding_a_feed_that_has_ended_resumes_it(site, feeds, clock):
    begin(site, feeds, clock)
    feed = feeds.store.all()[0]
    feeds.store.pause(feed.id)
    assert feeds.add(feed.url).next_poll_at == clock.now


def test_many_feeds_are_added_in_order_with_their_failures_and_spread_polls(site, database, clock):
    feeds = following(database, clock, chance=0.25)
    serve(site)
    serve(site, path="/other")
    urls = [site.url("/feed"), site.url("/none"), site.url("/other"), site.url("/feed"), "x"]
    added = [each if isinstance(each, SourceError) else each.url for each in feeds.add_all(urls)]
    assert added[0::2] == [site.url("/feed"), site.url("/other")]
    assert [str(each) for each in added[1::2]] == [
        f"{site.url('/none')}: there is no such page (HTTP status 404)",
        "x: only http and https addresses can be read",
    ]
    assert [feed.next_poll_at for feed in feeds.store.all()] == [START + INTERVAL / 4] * 2


def test_interrupted_poll_is_not_a_failure_of_the_feed(site, feeds, clock):
    begin(site, feeds, clock)
    before = feeds.store.all()
    site.pages["/feed"] = lambda _handler: feeds.stop() or site.closing.wait(5)
    with pytest.raises(StoppedError):
        poll(feeds)
    with pytest.raises(StoppedError):
        feeds.add(site.url("/other"))
    assert feeds.store.all() == before


# Choosing the next feed


def test_the_feed_that_is_due_for_longest_is_chosen_of_those_whose_hosts_are_free(feeds):
    minutes = {"https://many.test/1": 9, "https://many.test/2": 8, "https://few.test/": 7}
    one, two, few = (feeds.store.follow(u, "", -timedelta(minutes=m)) for u, m in minutes.items())
    due = feeds.next_due
    with due({one.id}) as chosen:
        assert chosen == two
    with due({one.id, two.id}) as chosen:
        assert chosen == few
    with due() as chosen, due() as then, due() as last:
        assert (chosen, then, last) == (one, few, None)


@pytest.mark.parametrize("change", ["pause", "end", "postpone", "move", "remove", "merge"])
def test_a_host_is_due_when_its_first_feed_is(feeds, clock, change):
    store = feeds.store
    first = store.follow("https://one.test/a", "", -timedelta(minutes=3))
    second = store.follow("https://one.test/b", "", -timedelta(minutes=1))
    between = store.follow("https://two.test/c", "", -timedelta(minutes=2))
    {
        "pause": lambda: store.pause(first.id),
        "end": lambda: store.failed(first, "gone", clock.now, Health.ENDED),
        "postpone": lambda: store.postpone(first, clock.now + timedelta(days=1)),
        "move": lambda: store.move(first, "https://three.test/a"),
        "remove": lambda: store.remove(first.url),
        "merge": lambda: store.move(first, between.url),
    }[change]()
    chosen = feeds.next_due
    with contextlib.ExitStack() as stack:
        if change == "move":
            assert stack.enter_context(chosen()).url == "https://three.test/a"
        assert stack.enter_context(chosen()) == between
        assert stack.enter_context(chosen()) == second
        assert stack.enter_context(chosen()) is None


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://News.Example.org:8443/feed?x=1@b", "news.example.org"),
        ("http://ann:pass@example.org/feed", "example.org"),
        ("http://example.org?feed=rss", "example.org"),
        ("http://[2001:db8::1]:8080/feed", "2001:db8::1"),
    ],
)
def test_feeds_of_an_earlier_version_get_their_host(tmp_path, clock, url, host):
    database = SqliteDatabase(tmp_path / "old.db")
    database.migrate("index", MIGRATIONS[:7])
    with database.write() as connection:
        connection.execute(
            "INSERT INTO feeds (url, title, next_poll_at, added_at) VALUES (?, 'Old', 3, 2)", (url,)
        )
    feeds = following(database, clock)
    with feeds.next_due() as feed:
        assert feed.host == host
        assert feeds.store.next_due() is None
    database.close()


# Tables of an earlier version


def test_feeds_of_an_earlier_version_are_kept_and_yield_nothing_twice(site, tmp_path, clock):
    database = SqliteDatabase(tmp_path / "old.db")
    database.migrate("index", MIGRATIONS[:1])
    with database.write() as connection:
        connection.executemany(
            "INSERT INTO feeds (url, title, next_poll_at, last_success_at, added_at)"
            " VALUES (?, 'Old', ?, 1, 2)",
            [(site.url("/feed"), 3), (site.url("/gone"), None)],
        )
        connection.executemany(
            "INSERT INTO entries VALUES (?, ?, 4)",
            [(site.url("/feed"), "g1"), (site.url("/feed"), site.url("/a?utm_source=rss"))],
        )
    feeds = following(database, clock)
    assert [(feed.health, feed.articles) for feed in feeds.store.all()] == [
        (Health.HEALTHY, 2),
        (Health.ENDED, 0),
    ]
    link = f"<item><title>Linked</title><link>{site.url('/a?utm_source=rss')}</link></item>"
    serve(site, item(1, text=BODY), link)
    assert poll(feeds) == []
    serve(site, item(1, text=f"{BODY} Edited."), link)
    (edited,) = poll(feeds)
    assert edited.is_backlog
    database.close()


@pytest.mark.parametrize("link", ["http://xn--/", "http://127.0.0.1:99999/", "http://xn--a:1/"])
def test_entry_whose_link_cannot_be_requested_does_not_block_later_entries(site, feeds, link):
    serve_pages(site, "/2")
    serve(site, item(1, link, BODY), item(2, site.url("/2")))
    feeds.add(site.url("/feed"))
    assert titles(poll(feeds)) == ["News & 1", "Page /2"]


def test_entries_with_the_same_guid_but_other_links_are_distinct(site, feeds, clock):
    def entry(number):
        return item(number, site.url(f"/{number}")).replace(f">g{number}<", ">0<")

    serve_pages(site, "/1", "/2", "/3")
    begin(site, feeds, clock, entry(1), entry(2))
    serve(site, entry(1), entry(2), entry(3))
    (found,) = poll(feeds)
    assert (found.url, found.is_backlog) == (site.url("/3"), False)


def test_feed_keeps_every_name_that_it_has_had_also_when_it_moves_onto_another(site, feeds, clock):
    about = "<link>/world?utm_medium=rss</link>"
    begin(site, feeds, clock, item(1, text=BODY))
    serve(site, item(1, text=BODY), about=about)
    (feed,) = feeds.store.all()
    poll(feeds)
    other = feeds.store.follow("https://example.org/oak.xml", "Oak", timedelta())
    feeds.store.move(feed, other.url)
    names = [other.url, site.url("/feed"), site.url("/world?utm_medium=rss")]
    assert sorted(feeds.store.names()[other.id]) == sorted([*names, "Oak", "The Daily Oak"])
    assert set(feeds.store.names()) == {other.id}


def test_site_of_a_json_feed_is_one_of_its_names(site, feeds):
    document = {"version": "https://jsonfeed.org/version/1.1", "title": "Oak", "items": []}
    document |= {"home_page_url": "https://oak.example/"}
    site.pages["/feed"] = (200, {}, json.dumps(document).encode())
    feed = feeds.add(site.url("/feed"))
    poll(feeds)
    assert sorted(feeds.store.names()[feed.id])[1:] == [site.url("/feed"), "https://oak.example/"]


def test_article_is_known_to_come_from_a_feed_before_it_is_stored(site, feeds):
    serve(site, item(1, text=BODY))
    feed = feeds.add(site.url("/feed"))
    article = next(feeds.poll(feed))
    assert sorted(feeds.store.names_for(article.id)) == ["The Daily Oak", site.url("/feed")]
