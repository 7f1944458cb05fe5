"""The cost of following thousands of feeds: load on one core, memory, polls per second.

    python scripts/bench/feeds.py [--feeds 6000] [--rounds 60] [--at-once 16]

A separate process serves the feeds on loopback, each at its own address (127.1.0.1 …), so that "one
connection per host" applies. The poller is the bot's, on one core, with a clock that advances by a
minute each round. Most polls answer 304; one in a hundred has a new entry among twenty, whose page
is fetched and read. Embedding is left out: ``growth.py`` measures it.

First it measures how long the choice of the next feed takes among ``--many`` feeds that are all
overdue, three in ten of them on one host that is being polled, and how long it takes to record a
poll there.
"""

import argparse
import multiprocessing
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from bot.jobs.polling import FeedPoller
from index.feeds.follow import Feeds
from index.feeds.hosts import HostLeases
from index.feeds.model import AT_ONCE, EntryState
from index.feeds.store import FeedStore
from index.outcome import Outcome
from qa import Article
from qa.store.database import Database, open_database
from qa.store.sqlite import SqliteDatabase

INTERVAL = timedelta(minutes=10)
ROUND = timedelta(minutes=1)
ENTRIES = 20
NEWS_EVERY = 100
PARAGRAPH = "The council of the town met on Tuesday and spoke about the bridge for nine hours. "
PAGE = f"<html><head><title>{{}}</title></head><body><article>{'<p>' + 9 * PARAGRAPH + '</p>'}"


class FeedHandler(RequestHandler):
    """A feed that has a new entry at every hundredth poll."""

    def initialize(self, polls: Counter[int]) -> None:
        """Share the counts of all feeds."""
        self.polls = polls

    def get(self, text: str) -> None:
        """Answer with 304, or with the newest entries."""
        number = int(text)
        self.polls[number] += 1
        newest = ENTRIES + (self.polls[number] + number) // NEWS_EVERY - number // NEWS_EVERY
        self.set_header("Content-Type", "application/rss+xml; charset=utf-8")
        self.set_header("Etag", f'"{newest}"')
        if self.request.headers.get("If-None-Match") == f'"{newest}"':
            self.set_status(304)
            return
        here = f"http://{self.request.host}/page/{number}"
        items = (
            f"<item><title>News {each}</title><guid>{here}/{each}</guid>"
            f"<description>&lt;p&gt;{3 * PARAGRAPH}&lt;/p&gt;</description></item>"
            for each in range(newest, newest - ENTRIES, -1)
        )
        self.write(f'<rss version="2.0"><channel><title>Feed {number}</title>{"".join(items)}')
        self.write("</channel></rss>")


class PageHandler(RequestHandler):
    """The page of an entry."""

    def get(self, number: str, entry: str) -> None:
        """Answer with nine sentences."""
        self.write(PAGE.format(f"News {entry} of {number}"))


def serve(parent: Connection) -> None:
    """Serve until the process is ended; report the port."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    routes: list[Any] = [
        (r"/feed/(\d+)", FeedHandler, {"polls": Counter()}),
        (r"/page/(\d+)/(\d+)", PageHandler),
    ]
    # Listening on all of 127/8 is only possible by listening on every interface.
    sockets = bind_sockets(0, "0.0.0.0", backlog=1024)
    HTTPServer(Application(routes, log_function=lambda _handler: None)).add_sockets(sockets)
    parent.send(sockets[0].getsockname()[1])
    IOLoop.current().start()


class Clock:
    """A clock that is advanced by hand."""

    now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time."""
        return self.now


class Uncounted:
    """Replaces the indexer: counts articles instead of embedding them."""

    def __init__(self) -> None:
        self.articles = 0

    def add(self, _article: Article) -> Outcome:
        """Count an article."""
        self.articles += 1
        return Outcome.ADDED


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds and memory in bytes of this process and the one that parses documents."""

    cpu: float
    memory: float

    @classmethod
    def now(cls, server: int) -> "Cost":
        """Measure, without the process that serves."""
        own = os.getpid()
        tasks = Path(f"/proc/{own}/task").glob("*/children")
        children = {int(pid) for task in tasks for pid in task.read_text().split()} - {server}
        found = [_cost(pid) for pid in (own, *children)]
        return cls(sum(cpu for cpu, _ in found), sum(memory for _, memory in found))


def _cost(pid: int) -> tuple[float, float]:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK"), int(fields[21]) * os.sysconf("SC_PAGE_SIZE")


def follow(database: SqliteDatabase, feeds: int, port: int, clock: Clock) -> None:
    """Follow ``count`` feeds whose entries are already read, due at times over an interval."""
    store = FeedStore(database, clock)
    for number in range(feeds):
        host = f"127.1.{number // 250}.{number % 250 + 1}:{port}"
        feed = store.follow(f"http://{host}/feed/{number}", "", INTERVAL * number / feeds)
        guids = (f"http://{host}/page/{number}/{entry}" for entry in range(1, ENTRIES + 1))
        store.save(feed, [EntryState(guid, None, None, clock()) for guid in guids])


def choice(database: Database, count: int) -> str:
    """Return how long a choice takes among ``count`` overdue feeds, the first 30 % of one host.

    CPU time of this process, and time on the clock: with PostgreSQL the server's is in the latter.
    """
    store = FeedStore(database)
    for number in range(count):
        host = "many.test" if number < 0.3 * count else f"h{number}.test"
        store.follow(f"https://{host}/feed/{number}", "", timedelta(seconds=number - 2 * count))
    hosts = HostLeases(database, "bench")
    taken = hosts.take_first(store.next_due)
    assert taken is not None
    first, _ = taken
    choosing = _ms(store.next_due)

    def take_and_release() -> None:
        free = hosts.take_first(store.next_due)
        assert free is not None
        hosts.release(free[1])

    taking = _ms(take_and_release)
    recording = _ms(lambda: store.postpone(first, datetime.now(UTC)))
    return (
        f"{count:,} feeds overdue, 30 % of them of one busy host, CPU time (on the clock): "
        f"{choosing} a choice, {taking} to take its host and give it back, "
        f"{recording} to put one of that host off"
    )


def _ms(work: Callable[[], object], times: int = 20) -> str:
    """Return the medians of the CPU time and the time on the clock."""
    took = []
    for _ in range(times):
        begun = time.process_time(), time.perf_counter()
        work()
        took.append((time.process_time() - begun[0], time.perf_counter() - begun[1]))
    cpu, clock = (1000 * statistics.median(each) for each in zip(*took, strict=True))
    return f"{cpu:.2f} ({clock:.2f}) ms"


def poll_all(poller: FeedPoller, pool: ThreadPoolExecutor, at_once: int) -> int:
    """Poll what is due in the threads of ``pool``; return the number of feeds polled."""

    def until_none(_slot: int) -> int:
        polls = 0
        while poller.poll_one():
            polls += 1
        return polls

    return sum(pool.map(until_none, range(at_once)))


def measure(name: str, poller: FeedPoller, clock: Clock, rounds: int, options: Any) -> None:  # noqa: ANN401
    """Run the rounds and print their cost."""
    before, started, polls, memory = Cost.now(options.server), time.monotonic(), 0, 0.0
    with ThreadPoolExecutor(options.at_once) as pool:
        for _ in range(rounds):
            clock.now += ROUND
            polls += poll_all(poller, pool, options.at_once)
            memory = max(memory, Cost.now(options.server).memory)
    seconds = time.monotonic() - started
    each = (Cost.now(options.server).cpu - before.cpu) / polls
    load = each * options.feeds / INTERVAL.total_seconds()
    print(
        f"{name}: {polls:,} polls, {polls / seconds:.0f} a second, {1000 * each:.2f} ms each; "
        f"load on one core with {options.feeds:,} feeds each 10 minutes {load:.3f}; "
        f"at most {memory / 1e6:.0f} MB"
    )


def main() -> None:
    """Serve, follow, poll, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--feeds", type=int, default=6000)
    parser.add_argument("--rounds", type=int, default=60, help="minutes after the first ten")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="polls at the same time")
    parser.add_argument("--many", type=int, default=100_000, help="feeds to choose from")
    parser.add_argument(
        "--database-url", metavar="URL", help="choose from an empty PostgreSQL, too"
    )
    options = parser.parse_args()
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    options.server = server.pid
    port = here.recv()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        for url in dict.fromkeys([None, options.database_url]):
            with closing(open_database(Path(folder) / "many.db", url)) as many:
                print(choice(many, options.many), flush=True)
        database, clock, indexer = SqliteDatabase(Path(folder) / "feeds.db"), Clock(), Uncounted()
        follow(database, options.feeds, port, clock)
        feeds = Feeds(database, interval=INTERVAL, allow_private=True, clock=clock)
        poller = FeedPoller(feeds, indexer, lambda: False)  # type: ignore[arg-type]
        measure("whole documents", poller, clock, 10, options)
        measure("mostly 304", poller, clock, options.rounds, options)
        troubled = sum(feed.failures > 0 for feed in feeds.store.all())
        print(f"new articles: {indexer.articles:,}; feeds that failed: {troubled}")
        database.close()
    server.kill()


if __name__ == "__main__":
    main()
