"""Of any number of processes one at a time is connected to a feed host, on both engines."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest

from index.feeds.hosts import LEASE_SECONDS, LostHostError
from index.feeds.model import EntryState
from index.web.fetch import StoppedError
from qa.store.database import open_database
from tests.index.feed_helpers import BODY, PAGE, following, item, serve

# A process that polls a feed for each line it is given, and says what it does. It writes articles
# into the database, as an indexer would.
POLLING = """
import sys
from datetime import timedelta
from pathlib import Path
from bot.jobs.polling import FeedPoller
from index.feeds.follow import Feeds
from index.outcome import Outcome
from qa.store.database import open_database

database = open_database(Path(sys.argv[1]), sys.argv[2] or None)
feeds = Feeds(
    database, interval=timedelta(hours=1), allow_private=True, holder=sys.argv[3]
)

class Recorder:
    def add(self, article):
        print("adding", article.title, flush=True)
        with database.write() as connection:
            connection.execute("INSERT INTO told VALUES (?, ?)", (article.title, article.text))
        return Outcome.ADDED

print("ready", flush=True)
for _ in sys.stdin:
    print(FeedPoller(feeds, Recorder(), lambda: False).poll_one(), flush=True)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "test.db"


@pytest.fixture
def other(path, database_url, clock):
    """The feeds as another process has them."""
    database = open_database(path, database_url)
    yield following(database, clock, holder="other")
    database.close()


@pytest.fixture
def started(path, database, database_url):
    """Start processes that poll one feed for each line that they are given."""
    with database.write() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS told (title TEXT, text TEXT)")
    with contextlib.ExitStack() as stack:

        def start(holder):
            command = [sys.executable, "-c", POLLING, str(path), database_url or "", holder]
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            assert process.stdout.readline() == "ready\n"
            return process

        yield start


def begin(process):
    process.stdin.write("\n")
    process.stdin.flush()


def end_leases(database, seconds=LEASE_SECONDS):
    """Let all leases be older."""
    with database.write() as connection:
        connection.execute("UPDATE host_leases SET until = until - ?", (seconds,))


def leases(database):
    with database.read() as connection:
        sql = "SELECT host, holder FROM host_leases ORDER BY number"
        return [tuple(row) for row in connection.execute(sql)]


def told(database):
    with database.read() as connection:
        return [tuple(row) for row in connection.execute("SELECT * FROM told ORDER BY 1, 2")]


def due(feeds, host, minutes=1):
    return feeds.store.follow(f"https://{host}/{minutes}", "", -timedelta(minutes=minutes))


# Taking


def test_host_that_a_process_has_is_left_alone_by_all(database, feeds, other):
    first, second = due(feeds, "one.test", 3), due(feeds, "two.test", 1)
    due(feeds, "one.test", 2)
    with feeds.next_due() as mine, other.next_due() as theirs:
        assert (mine, theirs) == (first, second)
        assert leases(database) == [("one.test", ""), ("two.test", "other")]
        with feeds.next_due() as more, other.next_due() as others:
            assert (more, others) == (None, None)
    assert leases(database) == []


def test_lease_of_a_killed_process_ends_by_itself(database, feeds, other):
    feed = due(feeds, "one.test")
    assert feeds.hosts.take_first(feeds.store.next_due)[0] == feed
    end_leases(database, LEASE_SECONDS - 1)
    assert other.store.next_due() is None
    end_leases(database, 1)
    with other.next_due() as theirs:
        assert theirs == feed


def test_restarted_process_need_not_wait_for_itself(database, path, database_url, clock, feeds):
    feed = due(feeds, "one.test")
    feeds.hosts.take_first(feeds.store.next_due)
    with contextlib.closing(open_database(path, database_url)) as again:
        restarted = following(again, clock)
        assert restarted.store.next_due() is None
        with restarted.hosts.having("two.test", lambda: False):
            restarted.reschedule()
            assert leases(database) == [("two.test", "")]
        assert restarted.store.next_due() == feed


def test_lease_is_renewed_while_a_poll_goes_on(database, feeds, other):
    due(feeds, "one.test")
    with feeds.next_due():
        for _ in range(3):
            end_leases(database, LEASE_SECONDS - 1)
            feeds.hosts.renew()
        assert other.store.next_due() is None


def test_nothing_is_written_when_no_feed_is_due(database, path, feeds):
    feeds.store.follow("https://one.test/", "", timedelta(hours=1))
    with database.write() as connection, feeds.next_due() as feed:  # which holds up all writers
        assert (connection is not None, feed) == (True, None)


# Waiting


def test_who_waits_for_a_host_gets_it_before_more_polls_do(database, site, feeds, other):
    serve(site, item(1, text=BODY))
    feeds.add(site.url("/feed"))
    due(feeds, "127.0.0.1", 5)
    got = []
    with feeds.next_due():
        thread = threading.Thread(target=lambda: got.append(other.add(site.url("/feed"))))
        thread.start()
        while len(leases(database)) < 2:
            time.sleep(0.01)
        before = site.count("/feed")
        time.sleep(0.6)
        assert site.count("/feed") == before
    assert feeds.store.next_due() is None
    thread.join()
    assert got == feeds.store.all()[:1]
    assert leases(database) == []


def test_threads_of_one_process_share_a_host(site, feeds):
    """A connection at a time is what the fetcher sees to."""
    serve(site, item(1, text=BODY))
    due(feeds, "127.0.0.1")
    with feeds.next_due() as feed:
        assert feed.host == "127.0.0.1"
        assert feeds.add(site.url("/feed")).title == "The Daily Oak"
        with feeds.now(feed) as same:
            assert same == feed


def test_stop_ends_the_wait_for_a_host(database, site, feeds, other):
    due(feeds, "127.0.0.1")
    with feeds.next_due():
        other.stop()
        with pytest.raises(StoppedError):
            other.add(site.url("/feed"))
    assert leases(database) == []


def test_host_that_cannot_be_read_off_an_address_is_an_error_of_the_address(feeds):
    with pytest.raises(Exception, match="http://\\[bad"):
        feeds.add("http://[bad")


# Losing


@pytest.mark.parametrize("has_ended", [False, True])
def test_who_has_lost_a_host_writes_nothing(database, site, feeds, other, has_ended):
    """Neither while the other process polls, nor afterwards: its older state must not win."""
    serve(site, item(1, text=BODY), Etag='"old"')
    feeds.add(site.url("/feed"))
    with contextlib.ExitStack() as stack:
        feed = stack.enter_context(feeds.next_due())
        items = feeds.poll(feed)
        assert next(items).title == "News & 1"
        end_leases(database)
        serve(site, item(1, text=BODY), item(2, text=BODY), Etag='"new"')
        theirs = stack.enter_context(other.next_due())
        assert theirs == feed
        assert len(list(other.poll(theirs))) == 2
        if has_ended:
            other.hosts.release(other.hosts._held["127.0.0.1"])
        after = feeds.store.all(), leases(database)
        # What would be written, each on its own.
        state = EntryState("g9", None, None, feed.added_at)
        for write in (
            lambda: next(items),
            lambda: feeds.store.save(feed, [state]),
            lambda: feeds.store.postpone(feed, feed.added_at),
            lambda: feeds.store.failed(feed, "gone", feed.added_at),
            lambda: feeds.store.move(feed, "https://else.test/"),
        ):
            with pytest.raises(LostHostError):
                write()
        assert (feeds.store.all(), leases(database)) == after
        assert feeds.store.all()[0].etag == '"new"'


def test_process_that_was_stopped_asks_nothing_more(site, database, feeds, other):
    serve(site, item(1, text=BODY))
    feeds.add(site.url("/feed"))
    with contextlib.suppress(LostHostError), feeds.next_due() as feed:
        end_leases(database)
        with other.next_due():
            feeds.hosts._held["127.0.0.1"].renewed_at -= 40  # as if the time had passed
            with pytest.raises(LostHostError):
                list(feeds.poll(feed))
    assert site.count("/feed") == 1  # when it was added


def test_process_that_was_stopped_goes_on_if_nobody_took_over(site, database, feeds, other):
    serve(site, item(1, text=BODY))
    feeds.add(site.url("/feed"))
    with feeds.next_due() as feed:
        end_leases(database)
        feeds.hosts._held["127.0.0.1"].renewed_at -= 40
        assert len(list(feeds.poll(feed))) == 1
        assert other.store.next_due() is None
    assert feeds.store.all()[0].failures == 0


# Real processes


def test_many_processes_never_ask_a_host_at_once(site, database, feeds, started):
    for number in range(12):
        serve(site, item(number, text=BODY), path=f"/{number}")
        page = site.pages[f"/{number}"]
        feeds.store.follow(site.url(f"/{number}"), "", -timedelta(days=999))
        site.pages[f"/{number}"] = site.slow(0.05, page)
    processes = [started(str(n)) for n in range(3)]
    polled = 0
    while polled < 12:
        for process in processes:
            begin(process)
        for process in processes:
            while (line := process.stdout.readline()) not in ("True\n", "False\n"):
                assert line.startswith("adding")
            polled += line == "True\n"
    assert site.most_at_once["127.0.0.1"] == 1
    assert len(site.requests) == 12
    assert [title for title, _ in told(database)] == sorted(f"News & {n}" for n in range(12))


def test_process_that_is_stopped_and_continued_overwrites_nothing(site, database, feeds, started):
    """It is stopped while it reads a page; another one polls, and the site has changed since."""
    text = "The ferry runs from Sunday on, said the council of the town after its meeting."
    newer = "The ferry runs from Monday on, said the council of the town after its meeting."
    page = site.url("/page")
    serve(site, item(1, page), item(2, text=newer))
    asked, answered = threading.Event(), threading.Event()

    def old_page(handler):
        asked.set()
        assert answered.wait(30)
        handler.answer(200, {}, PAGE.format("Ferry").replace(BODY, text).encode())

    site.pages["/page"] = old_page
    feeds.store.follow(site.url("/feed"), "", -timedelta(days=999))
    one, two = started("one"), started("two")
    begin(one)
    assert asked.wait(30)
    os.kill(one.pid, signal.SIGSTOP)
    end_leases(database)
    site.pages["/page"] = (200, {}, PAGE.format("Ferry").replace(BODY, newer).encode())
    begin(two)
    assert [two.stdout.readline() for _ in range(3)] == [
        "adding Ferry\n",
        "adding News & 2\n",
        "True\n",
    ]
    after = feeds.store.all()
    os.kill(one.pid, signal.SIGCONT)
    answered.set()
    assert one.stdout.readline() == "True\n"
    assert [title for title, _ in told(database)] == ["Ferry", "News & 2"]
    assert {text for _, text in told(database)} == {newer}
    assert feeds.store.all() == after


def test_killed_process_loses_nothing(site, database, feeds, started):
    serve(site, item(1, text=BODY), item(2, text=BODY))
    feeds.store.follow(site.url("/feed"), "", -timedelta(days=999))
    page, asked = site.pages["/feed"], threading.Event()

    def hanging(handler):
        asked.set()
        site.closing.wait(5)

    site.pages["/feed"] = hanging
    one = started("one")
    begin(one)
    assert asked.wait(30)
    one.kill()
    site.pages["/feed"] = page
    two = started("two")
    begin(two)
    assert two.stdout.readline() == "False\n"
    end_leases(database)
    begin(two)
    lines = [two.stdout.readline() for _ in range(3)]
    assert lines == ["adding News & 1\n", "adding News & 2\n", "True\n"]
    assert leases(database) == []
