"""Feeds that are followed by some, not by everybody."""

from datetime import timedelta

import pytest

from index.web.urls import canonical_url
from qa.article import article_id
from qa.errors import SourceError
from tests.index.feed_helpers import BODY, RSS, following, item, poll, rss, serve, serve_pages

ANN, BOB = 7, -8


def followers(feeds, url):
    return feeds.store.followers().get(feeds.store.by_url(url).id, set())


def test_followers_join_one_feed_and_it_ends_with_the_last_one(site, feeds):
    serve(site)
    url = site.url("/feed")
    hers = feeds.add(url, ANN)
    assert not hers.is_everybodys
    assert feeds.add(url, BOB) == hers == feeds.add(url, BOB)
    assert (site.count("/feed"), followers(feeds, url)) == (1, {ANN, BOB})
    assert feeds.store.of(ANN) == feeds.store.of(BOB) == [hers]
    feeds.remove(url, ANN)
    with pytest.raises(SourceError, match="this feed is not followed"):
        feeds.remove(url, ANN)
    assert feeds.store.all() == [hers]
    feeds.remove(url, BOB)
    assert feeds.store.all() == []
    with pytest.raises(SourceError, match="this feed is not followed"):
        feeds.remove(url, BOB)


def test_feed_of_everybodys_stays_when_its_followers_leave(site, feeds):
    serve(site)
    url = site.url("/feed")
    feeds.add(url)
    assert feeds.add(url, ANN).is_everybodys
    assert feeds.store.followers() == {}
    feeds.remove(url, ANN)
    assert [each.url for each in feeds.store.all()] == [url]


def test_paused_feed_is_joined_without_being_resumed(site, feeds):
    serve(site)
    feed = feeds.add(site.url("/feed"), ANN)
    feeds.store.pause(feed.id)
    assert feeds.add(feed.url, BOB).next_poll_at is None


def test_articles_are_seen_by_followers_of_a_feed_that_brought_them(site, database, clock):
    published = []
    feeds = following(database, clock, publish=published.append)
    serve(site, item(1, text=BODY))
    feed = feeds.add(site.url("/feed"), ANN)
    (article,) = poll(feeds)
    assert article.is_personal
    ids = [article.id, "other"]
    seen = [feeds.store.seen_by(each, ids) for each in (ANN, BOB, None)]
    assert seen == [{article.id}, set(), set()]
    feeds.add(feed.url)
    assert published == [[article.id]]
    assert feeds.store.seen_by(None, ids) == {article.id}
    serve(site, item(1, text=BODY), item(2, text=f"{BODY} It opens in May."))
    clock.now += timedelta(hours=1)
    (later,) = poll(feeds)
    assert not later.is_personal


def test_feed_that_moves_to_another_takes_its_followers_along(site, feeds):
    serve(site, path="/new")
    serve(site, item(1, text=BODY))
    old = feeds.add(site.url("/feed"), ANN)
    (article,) = poll(feeds)
    feeds.add(site.url("/new"))
    merged = feeds.store.move(old, site.url("/new"))
    assert (merged.is_everybodys, feeds.store.of(ANN)) == (True, [merged])
    assert feeds.store.seen_by(BOB, [article.id]) == set()
    serve(site, path="/hers")
    other = feeds.add(site.url("/hers"), BOB)
    feeds.add(site.url("/feed"), ANN)
    assert not feeds.store.move(feeds.store.by_url(site.url("/feed")), other.url).is_everybodys
    assert followers(feeds, other.url) == {ANN, BOB}


def test_followers_that_move_or_end_take_their_feeds_along(site, feeds):
    serve(site)
    feed = feeds.add(site.url("/feed"), ANN)
    feeds.add(feed.url, BOB)
    feeds.store.move_follower(ANN, 9)
    assert followers(feeds, feed.url) == {9, BOB}
    feeds.store.move_follower(9, BOB)
    assert followers(feeds, feed.url) == {BOB}
    feeds.store.move_follower(BOB, None)
    assert feeds.store.all() == []


@pytest.mark.parametrize(("follower", "is_believed"), [(None, True), (ANN, False)])
def test_feed_of_somebody_puts_no_words_into_the_mouth_of_a_page(
    site, feeds, follower, is_believed
):
    serve_pages(site, "/page")
    longer = f"{BODY} The mayor voted against it, and left the hall."
    serve(site, item(1, site.url("/page"), longer))
    feeds.add(site.url("/feed"), follower)
    (article,) = poll(feeds)
    assert article.text == longer
    assert (article.id == article_id(canonical_url(site.url("/page")))) is is_believed


def test_page_that_somebodys_feed_links_to_is_that_pages_article(site, feeds):
    serve_pages(site, "/page")
    serve(site, item(1, site.url("/page")))
    feeds.add(site.url("/feed"), ANN)
    (article,) = poll(feeds)
    assert article.id == article_id(canonical_url(site.url("/page")))


def test_revision_of_names_changes_with_them_alone(site, feeds):
    serve(site)
    hers, theirs = site.url("/feed"), site.url("/other")
    serve(site, path="/other")
    store = feeds.store

    def is_changed(step):
        before = store.names_revision(), store.names()
        step()
        after = store.names_revision(), store.names()
        assert (before[0] != after[0]) == (before[1] != after[1])
        return before[0] != after[0]

    assert is_changed(lambda: feeds.add(hers, ANN))
    assert not is_changed(lambda: feeds.add(hers, BOB))
    assert is_changed(lambda: feeds.add(theirs, BOB))
    poll(feeds)
    assert not is_changed(lambda: poll(feeds))
    site.pages["/feed"] = (200, RSS, rss().replace(b"Daily", b"Weekly"))
    assert is_changed(lambda: poll(feeds))
    assert is_changed(lambda: store.move(store.by_url(hers), theirs))
    assert is_changed(lambda: feeds.remove(theirs, BOB) or feeds.remove(theirs, ANN))
    assert store.names() == {}
