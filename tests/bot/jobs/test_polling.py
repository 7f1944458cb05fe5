"""The poller reads many feeds at once, and none blocks another."""

import asyncio
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from bot.jobs.polling import FeedPoller
from index.feeds.follow import Feeds
from index.outcome import Outcome
from qa.errors import StoreError
from tests.feedserver import FeedServer

BODY = "The ferry between Lennfield and the island runs again from Sunday after a long winter."


class Recorder:
    """Replaces the indexer, whose model takes seconds to load; fails on request."""

    def __init__(self):
        self.added = []
        self.broken = ""

    def add(self, article):
        if self.broken and self.broken in article.title:
            raise StoreError("The database is full.")
        self.added.append((article.title, article.is_backlog))
        return Outcome.ADDED


@pytest.fixture
def servers():
    made = [FeedServer("127.0.0.1"), FeedServer("127.0.0.2")]
    yield made
    for server in made:
        server.close()


@pytest.fixture
def feeds(database):
    return Feeds(database, interval=timedelta(hours=1), allow_private=True)


@pytest.fixture
def indexer():
    return Recorder()


def serve(server, path, *titles):
    items = "".join(
        f"<item><title>{title}</title><description>{BODY}</description></item>" for title in titles
    )
    body = f'<rss version="2.0"><channel><title>{path}</title>{items}</channel></rss>'
    server.pages[path] = (200, {}, body.encode())


def due_again(feeds):
    for feed in feeds.store.all():
        feeds.store.pause(feed.id)
        feeds.store.resume(feed.id)


def test_first_poll_brings_backlog_and_later_polls_bring_news(servers, feeds, indexer):
    poller = FeedPoller(feeds, indexer, lambda: False)
    serve(servers[0], "/a", "One")
    feeds.add(servers[0].url("/a"))
    assert (poller.poll_one(), poller.poll_one()) == (True, False)
    serve(servers[0], "/a", "Two", "One")
    due_again(feeds)
    assert (poller.poll_one(), poller.poll_one()) == (True, False)
    assert indexer.added == [("One", True), ("Two", False)]


def test_feeds_postponed_by_a_wrong_clock_are_rescheduled_once_an_hour(
    servers, database, feeds, indexer
):
    serve(servers[0], "/a", "One")
    feeds.add(servers[0].url("/a"))
    next_year = datetime.now(UTC) + timedelta(days=365)
    wrong = Feeds(
        database, interval=timedelta(hours=1), allow_private=True, clock=lambda: next_year
    )
    assert FeedPoller(wrong, Recorder(), lambda: False).poll_one()
    serve(servers[0], "/a", "Two", "One")
    poller = FeedPoller(feeds, indexer, lambda: False)
    assert not poller.poll_one()
    assert len(poller.steps(64)) == 66
    assert asyncio.run(poller.steps(1)[-1]()) == 3600
    assert poller.poll_one()
    assert indexer.added == [("Two", False)]


def test_feeds_of_a_slow_host_use_one_thread_and_others_continue(servers, feeds, indexer):
    slow, quick = servers
    for number in range(5):
        serve(slow, f"/{number}")
        feeds.add(slow.url(f"/{number}"))
        slow.pages[f"/{number}"] = slow.dripping()
        serve(quick, f"/{number}", f"Quick {number}")
        feeds.add(quick.url(f"/{number}"))
    slow.most_at_once.clear()
    poller = FeedPoller(feeds, indexer, lambda: False)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(poller.poll_one)
        while slow.most_at_once["127.0.0.1"] < 1:
            time.sleep(0.01)
        while poller.poll_one():
            pass
        assert sorted(title for title, _ in indexer.added) == [f"Quick {n}" for n in range(5)]
        assert not first.done()
        feeds.stop()
        assert first.result()
    assert slow.most_at_once["127.0.0.1"] == 1
    assert all(feed.failures == 0 for feed in feeds.store.all())


def test_feed_is_paused_but_not_blamed_for_our_own_failure(servers, feeds, indexer):
    poller = FeedPoller(feeds, indexer, lambda: False)
    indexer.broken = "Bad"
    serve(servers[0], "/a", "Bad")
    serve(servers[0], "/b", "Good")
    for path in ("/a", "/b"):
        feeds.add(servers[0].url(path))
    with pytest.raises(StoreError):
        poller.poll_one()
    assert (poller.poll_one(), poller.poll_one()) == (True, False)
    assert indexer.added == [("Good", True)]
    assert [feed.failures for feed in feeds.store.all()] == [0, 0]
    # After a restart it is polled again, and nothing is lost.
    indexer.broken = ""
    assert FeedPoller(feeds, indexer, lambda: False).poll_one()
    assert indexer.added == [("Good", True), ("Bad", True)]


def test_feed_that_rests_is_put_off_and_others_are_polled(servers, feeds, indexer):
    serve(servers[0], "/a", "One")
    serve(servers[0], "/b", "Two")
    resting, _ = (feeds.add(servers[0].url(path)) for path in ("/a", "/b"))
    poller = FeedPoller(feeds, indexer, lambda: False, lambda feed: feed.id == resting.id)
    assert [poller.poll_one() for _ in range(3)] == [True, True, False]
    assert indexer.added == [("Two", True)]
    put_off = feeds.store.feed(resting.id)
    assert (put_off.last_success_at, put_off.failures) == (None, 0)


def test_interrupted_poll_continues_with_the_rest_at_the_next_start(servers, feeds, indexer):
    stopping = threading.Event()

    class Stopping(Recorder):
        def add(self, article):
            stopping.set()
            return super().add(article)

    serve(servers[0], "/a", "Two", "One")
    feeds.add(servers[0].url("/a"))
    first = Stopping()
    poller = FeedPoller(feeds, first, stopping.is_set)
    assert (poller.poll_one(), poller.poll_one()) == (True, False)
    assert first.added == [("One", True)]
    assert FeedPoller(feeds, indexer, lambda: False).poll_one()
    assert indexer.added == [("One", True), ("Two", True)]


def test_poll_that_just_finished_is_not_repeated(servers, database, feeds, indexer):
    """One thread found the feed due before another recorded its poll."""
    server, _ = servers
    serve(server, "/feed")
    feeds.add(server.url("/feed"))
    before, rounds = server.count("/feed"), 30
    poller = FeedPoller(feeds, indexer, lambda: False)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool:
            for _ in range(rounds):
                with database.write() as connection:
                    connection.execute("UPDATE feeds SET next_poll_at = 0")
                list(pool.map(lambda _: [poller.poll_one() for _ in range(15)], range(8)))
    finally:
        sys.setswitchinterval(interval)
    assert server.count("/feed") - before == rounds
