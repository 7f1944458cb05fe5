"""How fast alerts are delivered: many subscribers, many articles, and the Bot API double.

    python scripts/bench/delivery.py [--subscribers 10000] [--articles 20] [--faster 20]

Telegram's limits run ``--faster`` times as fast, both the sender's rates and those that the double
enforces (30 messages per second, 1 per chat), so two hours become minutes. The double runs in its
own process and answers over HTTP after ``--round-trip`` seconds. It counts every message: 429
responses and messages that are duplicated, out of order or missing are reported.

The table shows: seconds to record all alerts of an article in one transaction; messages per second
and how many are allowed; p50 and p95 of finding and leasing the next message; memory of the sending
process at the beginning, the middle and the end; its CPU seconds per thousand messages.

First, an article for ``--places`` subscribers to everything is recorded: the CPU time of all of it,
and of the longest transaction that writes.
"""

import argparse
import asyncio
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from protocol import rss_mb
from telegram.constants import ParseMode
from telegram.ext import Defaults, ExtBot

from bot.alerts.composing import OutgoingMessage
from bot.alerts.delivery import Sender
from bot.alerts.matcher import LOOK_SECONDS, AlertMatcher
from bot.alerts.pace import Pace, Rates
from bot.alerts.store import AlertStore
from bot.playground import Server, World
from bot.subscriptions.model import Destination, Interest
from index.indexer import Indexer
from qa import Article, Library, Settings
from qa.article import Span
from qa.model.pooling import TakeTokens, encode_apart
from qa.model.prompts import Prompts
from qa.vectors import Vectors

TOKEN = "1:bench"


class OneDirection:
    """Replaces the model, which plays no part in delivery."""

    name, dimension, precision, prompts = "one direction", 2, "float32", Prompts()

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return the same vector for every text."""
        return np.tile(np.array([[1.0, 0.0]], dtype=np.float32), (len(texts), 1))

    def encode_passages(
        self,
        texts: Sequence[str],
        parts: Sequence[Sequence[Span]] = (),
        *,
        quick: bool = False,  # noqa: ARG002 - part of the protocol
        take_tokens: TakeTokens | None = None,  # noqa: ARG002
    ) -> list[Vectors]:
        """See ``Encoder.encode_passages``."""
        return encode_apart(self.encode_queries, texts, parts)

    def encode_tokens(self, texts: Sequence[str], *, are_passages: bool) -> None:
        """Return nothing: there are no vectors of tokens."""

    def rarities(self, query: str) -> None:
        """Return nothing: it does not know how rare tokens are."""


@dataclass(slots=True)
class Tally:
    """What arrived at the double."""

    told: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    refused: int = 0


def serve(pipe: Connection, subscribers: int, faster: float, round_trip: float) -> None:
    """Run the double until the pipe says stop; then send back what it received."""
    world = World(TOKEN, enforce_rates=True, clock=lambda: time.monotonic() * faster)
    for number in range(subscribers):
        world.private_chat(world.user(f"u{number}"))
    if round_trip:
        world.fault("sendMessage", delay=round_trip, times=10**9)
    tally = Tally()
    record = world.record

    def counted(method: str, params: dict[str, object], status: int) -> None:
        record(method, {}, status)
        if method != "sendMessage":
            return
        if status == 200:
            title = str(params["text"]).partition("Number ")[2].partition("<")[0]
            tally.told[int(str(params["chat_id"]))].append(int(title.split()[0]))
        else:
            tally.refused += 1

    world.record = counted  # type: ignore[method-assign]  # keeps counts, not 200,000 messages
    with Server(world) as server:
        pipe.send(server.url)
        pipe.recv()
    pipe.send((dict(tally.told), tally.refused))


@contextmanager
def double(args: argparse.Namespace) -> Iterator[tuple[str, Connection]]:
    """Run the double in its own process; yield its address and a pipe to stop it."""
    mine, theirs = multiprocessing.Pipe()
    values = (theirs, args.subscribers, args.faster, args.round_trip)
    process = multiprocessing.get_context("spawn").Process(target=serve, args=values)
    process.start()
    try:
        yield mine.recv(), mine
    finally:
        process.join(30)


def fill(library: Library, store: AlertStore, args: argparse.Namespace) -> list[float]:
    """Subscribe everyone to everything and match all articles; return seconds per article."""
    for number in range(args.subscribers):
        store.subscriptions.subscribe(Destination(number + 1), Interest(), 1, 0.0)
    text = "The harbour of the town was closed for repairs today, as we hear."
    indexer = Indexer(library)
    for number in range(args.articles):
        indexer.add(Article(f"a{number}", f"Number {number}", text))
    matcher = AlertMatcher(library, store)
    return [*_matched(matcher)]


def _matched(matcher: AlertMatcher) -> Iterator[float]:
    """Match all articles, each with all of its batches; yield the seconds that each took."""
    seconds = 0.0
    while True:
        began = time.perf_counter()
        pause = asyncio.run(matcher.match_next())
        if pause in (0.0, LOOK_SECONDS) and seconds:
            yield seconds
            seconds = 0.0
        if pause == LOOK_SECONDS:
            return
        seconds += time.perf_counter() - began


def record_for(places: int) -> str:
    """Return how long an article for so many places takes, and its longest transaction."""
    writes: list[float] = []
    with (
        tempfile.TemporaryDirectory(prefix="pullquote-places-") as folder,
        closing(Library(Settings(data_dir=Path(folder)), OneDirection())) as library,
    ):
        store = AlertStore(library)
        with library.database.write() as db:
            db.executemany(
                "INSERT INTO subscriptions (chat_id, thread_id, topic, after_number, created_at,"
                " created_by, last_match_at) VALUES (?, 0, '', 0, 1, 1, 1)",
                ((number + 1,) for number in range(places)),
            )
        text = "The harbour of the town was closed for repairs today, as we hear."
        Indexer(library).add(Article("a", "Number", text))
        write = _measured(library.database.write, writes)
        library.database.write = write  # type: ignore[method-assign]
        matcher, begin = AlertMatcher(library, store), time.process_time()
        while asyncio.run(matcher.match_next()) < LOOK_SECONDS:
            pass
        seconds = time.process_time() - begin
        assert store.outbox.waiting() == places
    return (
        f"An article for {places:,} places: {seconds:.2f} s of CPU time in {len(writes)} "
        f"transactions that write, the longest {1000 * max(writes):.0f} ms"
    )


def _measured(
    write: Callable[[], AbstractContextManager[Any]], took: list[float]
) -> Callable[[], AbstractContextManager[Any]]:
    @contextmanager
    def measured() -> Iterator[Any]:
        begin = time.thread_time()
        with write() as connection:
            yield connection
        took.append(time.thread_time() - begin)

    return measured


@dataclass(slots=True)
class Drained:
    """Measurements of the sending process."""

    seconds: float
    cpu: float
    memory: list[float]
    leasing: list[float]


async def drain(url: str, library: Library, store: AlertStore, args: argparse.Namespace) -> Drained:
    """Send everything in the outbox."""
    total = args.subscribers * args.articles
    pace = Pace(Rates(a_second=25 * args.faster, chat=1 / args.faster, group=3 / args.faster))
    defaults = Defaults(parse_mode=ParseMode.HTML)
    api = ExtBot(TOKEN, base_url=f"{url}/bot", defaults=defaults, rate_limiter=pace)
    leasing: list[float] = []
    async with api:
        sender = Timed(api, library, store, pace, leasing)
        memory, started, cpu = [rss_mb()], time.perf_counter(), _cpu()
        half = False
        while waiting := store.outbox.waiting():
            if not half and waiting <= total / 2:
                half = True
                memory.append(rss_mb())
            for _ in range(min(waiting, max(total // 50, 1))):
                await asyncio.sleep(await sender.send_next())
        seconds, used = time.perf_counter() - started, _cpu() - cpu
    return Drained(seconds, used, [*memory, rss_mb()], leasing)


class Timed(Sender):
    """Samples how long finding and leasing the next message takes."""

    def __init__(
        self,
        api: ExtBot[None],
        library: Library,
        store: AlertStore,
        pace: Pace,
        leasing: list[float],
    ) -> None:
        super().__init__(api, library, store, pace)
        self._leasing = leasing

    def next_message(self) -> OutgoingMessage | None:
        """See the base class."""
        started = time.perf_counter()
        message = super().next_message()
        if message is not None:
            self._leasing.append(time.perf_counter() - started)
        return message


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def faults(told: dict[int, list[int]], args: argparse.Namespace) -> Counter[str]:
    """Count messages that were duplicated, out of order or missing."""
    found: Counter[str] = Counter()
    for chat in range(1, args.subscribers + 1):
        numbers = told.get(chat, [])
        found["twice"] += len(numbers) - len(set(numbers))
        found["missing"] += args.articles - len(set(numbers))
        found["out of order"] += numbers != sorted(numbers)
    return found


def main() -> None:
    """Fill an outbox, empty it, and print a row."""
    parser = argparse.ArgumentParser(description="How fast alerts are delivered.")
    parser.add_argument("--subscribers", type=int, default=10_000)
    parser.add_argument("--articles", type=int, default=20)
    parser.add_argument("--places", type=int, default=100_000)
    parser.add_argument("--faster", type=float, default=20.0)
    parser.add_argument("--round-trip", type=float, default=0.0, metavar="SECONDS")
    args = parser.parse_args()
    print(record_for(args.places), flush=True)
    with tempfile.TemporaryDirectory(prefix="pullquote-delivery-") as folder:
        settings = Settings(data_dir=Path(folder))
        library = Library(settings, OneDirection())
        store = AlertStore(library)
        recorded = fill(library, store, args)
        with double(args) as (url, pipe):
            drained = asyncio.run(drain(url, library, store, args))
            pipe.send("end")
            told, refused = pipe.recv()
        library.close()
    total = args.subscribers * args.articles
    p95 = statistics.quantiles(drained.leasing, n=20)[-1]
    print(
        "| messages | record an article | sent a second (permitted) | lease p50 / p95 "
        "| memory begin / middle / end | CPU a thousand |\n|---|---|---|---|---|---|\n"
        f"| {total:,} | {statistics.median(recorded):.2f} s "
        f"| {total / drained.seconds:.0f} ({25 * args.faster:.0f}) "
        f"| {1000 * statistics.median(drained.leasing):.2f} / {1000 * p95:.2f} ms "
        f"| {' / '.join(f'{mb:.0f}' for mb in drained.memory)} MB "
        f"| {1000 * drained.cpu / total:.2f} s |"
    )
    print(f"Refused for speed: {refused}; {dict(faults(told, args))}")


if __name__ == "__main__":
    main()
