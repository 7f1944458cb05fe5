"""How fast inline queries are answered: the bot, the Bot API double, and people who type.

    python scripts/bench/inline.py --data FOLDER FOLDER… [--passages 27000] [--askers 32]

The library is that of ``growth.py``. The bot is ``pullquote run`` in a process of its own, and the
double answers it over HTTP from here. Each person types a question of the data sets two words at a
time and pauses for ``PAUSE`` seconds, since Telegram's apps only send what was typed after 0.4 s
without a key. A time runs from when the double has the query until it has the results: waiting for
a turn, the search and two HTTP requests. Telegram's own cache of results is off; the bot remembers
answers as it always does.
"""

import argparse
import heapq
import os
import queue
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from growth import fill, texts_and_vectors
from speed import processor, share

from bot.playground import Server, World
from bot.playground.state import Event
from qa.evaluate import read_corpus, read_queries

SEED, WORDS = 1, 2
PAUSE = 0.5, 1.5
PATIENCE = 20.0


def typed(questions: Sequence[str], chance: random.Random) -> Iterator[str]:
    """Yield what a person has typed at each pause, question after question."""
    while True:
        words = chance.choice(questions).split()
        for end in range(WORDS, len(words) + WORDS, WORDS):
            yield " ".join(words[:end])


def measure(world: World, questions: Sequence[str], askers: int, seconds: float) -> list[float]:
    """Let people type for ``seconds``; return how long each query took, in seconds."""
    answered: queue.Queue[tuple[str, float]] = queue.Queue()

    def on_change(event: Event | None) -> None:
        if event is not None and event.kind == "inline":
            answered.put((event.data["id"], time.perf_counter()))

    world.listen(on_change)
    chance = random.Random(SEED)
    people = [world.user(f"Asker {n}") for n in range(askers)]
    words = [typed(questions, random.Random(n)) for n in range(askers)]
    due = [(time.perf_counter() + chance.uniform(0, 1), n) for n in range(askers)]
    heapq.heapify(due)
    sent: dict[str, tuple[int, float]] = {}
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        while due and due[0][0] <= time.perf_counter():
            asker = heapq.heappop(due)[1]
            world.results.clear()
            began = time.perf_counter()
            sent[world.inline(people[asker], next(words[asker])).id] = asker, began
        wait = max(min(due[0][0], end) - time.perf_counter(), 0.0) if due else PATIENCE
        try:
            id_, moment = answered.get(timeout=wait)
        except queue.Empty:
            continue
        if id_ not in sent:  # of a measurement before
            continue
        asker, began = sent.pop(id_)
        times.append(moment - began)
        heapq.heappush(due, (moment + chance.uniform(*PAUSE), asker))
    world.unlisten(on_change)
    return times


def main() -> None:
    """Make the library, run the bot, and print a row."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", nargs="+", type=Path, required=True)
    parser.add_argument("--passages", type=int, default=27_000)
    parser.add_argument("--askers", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--folder", type=Path, help="keep the library here, or use it if it exists")
    chosen = parser.parse_args()
    questions = [q.question for folder in chosen.data for q in read_queries(folder)]
    with tempfile.TemporaryDirectory() as temporary, Server(world := World(token="1:bench")) as api:
        folder = chosen.folder or Path(temporary)
        if not (folder / "pullquote.db").exists():
            articles = [each for one in chosen.data for each in read_corpus(one)]
            fill(folder, *texts_and_vectors(articles, chosen.passages), 0, chosen.passages)
        settings = {"TOKEN": world.token, "API_URL": api.url, "DATA_DIR": str(folder)}
        own = {f"PULLQUOTE_{name}": value for name, value in settings.items()}
        own |= {"PULLQUOTE_INLINE": "everyone", "PULLQUOTE_LOG_LEVEL": "WARNING"}
        code = "from bot.cli import main; main()"
        bot = subprocess.Popen([sys.executable, "-c", code, "run"], env=os.environ | own)
        try:
            world.wait_for(lambda: world.updates.allowed, 300)
            measure(world, questions, chosen.askers, 10)  # what is loaded at its first use
            times = measure(world, questions, chosen.askers, chosen.seconds)
        finally:
            bot.terminate()
            bot.wait()
    p50, p95 = (1000 * share(times, part) for part in (0.5, 0.95))
    print("| passages | askers | queries | p50 / p95 | load |\n|---|---|---|---|---|")
    counts = f"| {chosen.passages:,} | {chosen.askers} | {len(times):,}"
    print(f"{counts} | {p50:.0f} / {p95:.0f} ms | {os.getloadavg()[0]:.1f} |")
    print(f"{processor()[0]}, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
