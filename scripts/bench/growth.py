"""How Pullquote performs as it grows to a million passages; run by ``make bench-growth``.

    python scripts/bench/growth.py --data FOLDER FOLDER… [--sizes 10000 100000 1000000]
    python scripts/bench/growth.py --data FOLDER FOLDER… --vectors 10000000
    python scripts/bench/growth.py --data FOLDER FOLDER… --sizes 10000 --database-url postgresql://…

Passages are those of ``speed.py``: real ones, then the same with a fifth of the words swapped. The
real ones are embedded by the model; the changed ones get the same vectors with noise (``NOISE`` of
their length), since embedding a million takes an hour and tests nothing new in the search.
Sentences get the vector of their passage. Everything else is real: each article is stored in its
own transaction, and questions go through ``Library.ask`` in a new process.

The table shows for each size: passages stored per second (without the model) during the last
tenth; seconds from a new process with its model loaded to the first answer, the first time (which
builds the full-text index) and the second time; p50 and p95 of questions, and of questions of
common words, with the mean of their CPU time; recall@10 of the vectors that are read, against exact
search; seconds until a new article is found, including its embedding, in a process that has the
model loaded; memory of that process.

With ``--vectors`` only so many vectors are indexed, of nothing that is stored: CPU time to sort
them into lists, and of a search of these and of all, with how many vectors would then be read from
the database, and their recall@10.
"""

import argparse
import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from protocol import Passage, rss_mb
from speed import distinct, passages, share

import qa
from index.indexer import Indexer
from qa.article import Article
from qa.evaluate import read_corpus, read_queries
from qa.language import ENGLISH
from qa.model.encoder import SentenceEncoder
from qa.model.packaged import ENGLISH_MODEL
from qa.search.vectors import VectorIndex, read_nearest, sample_of
from qa.store.passages import Embedded, Sentences
from qa.vectors import Vectors, unit

SEED, NOISE, TOGETHER, QUESTIONS, EXACT = 1, 0.8, 10, 200, 100
"""Seed, noise, passages per article, questions timed, questions compared with exact search."""
HEADER = (
    "| passages | stored a second | start (first / then) | question p50 / p95 (CPU) "
    "| of common words | recall@10 | new article | memory |\n" + 8 * "|---" + "|"
)
BATCH, APART = 50_000, 100_003
"""Vectors made at once, and how many different noises they get; a prime number."""
URL = "BENCH_DATABASE_URL"
"""Environment variable: where the database is, if it is no file."""
COMMON = 60
"""Questions of common words use this many of the commonest content words."""


def texts_and_vectors(articles: Sequence[Article], most: int) -> tuple[list[Passage], Vectors]:
    """Return all passages, and the vectors of the real ones, which come first."""
    all_ = passages(articles, most, random.Random(SEED))
    real = min(sum(1 for _ in distinct(articles)), most)
    encoder = SentenceEncoder()
    texts = [f"{title}\n{text}" for _, title, text in all_[:real]]
    vectors = [
        vector
        for n in range(0, real, 500)
        for vector in encoder.encode_passages(texts[n : n + 500])
    ]
    return all_, np.concatenate(vectors)


def _opened(folder: Path) -> qa.Library:
    url = os.environ.get(URL)
    return qa.open_library(qa.Settings.model_validate({"data_dir": folder, "database_url": url}))


def fill(folder: Path, all_: Sequence[Passage], real: Vectors, begin: int, end: int) -> float:
    """Store ``all_[begin:end]``; return the passages stored per second in the last tenth."""
    library = _opened(folder)
    chance = np.random.default_rng(begin)
    last = begin + int(0.9 * (end - begin))
    started = time.perf_counter()
    for start in range(begin, end, TOGETHER):
        if start <= last < start + TOGETHER:
            started = time.perf_counter()
        some = all_[start : min(start + TOGETHER, end)]
        vectors = real[[(start + n) % len(real) for n in range(len(some))]]
        if start >= len(real):
            noise = chance.standard_normal(vectors.shape, dtype=np.float32)
            vectors = unit(vectors + NOISE / np.sqrt(vectors.shape[1]) * noise)
        library.store.save(*_article(start, some, vectors), ENGLISH_MODEL)
    library.close()
    return (end - last) / (time.perf_counter() - started)


def _article(start: int, some: Sequence[Passage], vectors: Vectors) -> tuple[qa.Article, Embedded]:
    text, cut = "", []
    for n, (_, _, paragraph) in enumerate(some):
        cut.append(qa.Passage(paragraph, len(text), len(text) + len(paragraph), n))
        text += f"{paragraph}\n"
    read = []
    for passage, vector in zip(cut, vectors, strict=True):
        spans = ENGLISH.sentences(passage.text)
        read.append(Sentences(spans, np.repeat(vector[None], len(spans), axis=0)))
    return qa.Article(f"article-{start}", some[0][1], text), Embedded(cut, vectors, read)


def ask(folder: Path, questions: Sequence[str], common: Sequence[str]) -> dict[str, float]:
    """Start, ask, compare with exact search, add one article, and measure memory."""
    library = _opened(folder)
    library.encoder.encode_queries(["ready"])
    started = time.perf_counter()
    library.ask(questions[0])
    figures = {"start": time.perf_counter() - started}
    for name, some in (("ask", questions), ("common", common)):
        begun = time.process_time()
        times = [_timed(library, question) for question in some]
        figures[f"{name} CPU"] = 1000 * (time.process_time() - begun) / len(some)
        figures |= {f"{name} p50": share(times, 0.5), f"{name} p95": share(times, 0.95)}
    figures["memory"] = rss_mb()
    figures["recall"] = _recall(library, questions[:EXACT])
    library.encoder.encode_passages(["ready"])  # loads the model for passages
    text = "The lighthouse keeper of Skerryvore counted 4711 gannets on Sunday."
    started = time.perf_counter()
    Indexer(library).add(qa.Article("new", "Gannets", text))
    found = library.ask("How many gannets did the keeper of Skerryvore count?").quotes
    figures["added"] = time.perf_counter() - started
    assert found[0].text == text
    library.close()
    return figures


def _timed(library: qa.Library, question: str) -> float:
    started = time.perf_counter()
    library.ask(question)
    return 1000 * (time.perf_counter() - started)


def vectors_alone(real: Vectors, asked: Vectors, count: int) -> str:
    """Index ``count`` vectors like ``real`` (n, d), and search them for ``asked`` (q, d).

    With lists, and by a scan of all. The first ones are ``real``.
    """
    noise = np.random.default_rng(SEED).standard_normal((APART, real.shape[1]), dtype=np.float32)
    noise *= NOISE / math.sqrt(real.shape[1])

    def made(numbers: NDArray[np.int64]) -> Vectors:
        noisy = noise[numbers % APART] * (numbers >= len(real))[:, None]
        return unit(real[numbers % len(real)] + noisy)

    batches = [np.arange(begin, min(begin + BATCH, count)) for begin in range(0, count, BATCH)]
    sample = sample_of(map(made, batches), count)
    best = [(np.empty(0, np.int64), np.empty(0, np.float32)) for _ in asked]
    begun = time.process_time()
    lists, scanned = VectorIndex.in_lists(sample, count), VectorIndex(real.shape[1])
    spent = time.process_time() - begun
    for ids in batches:
        vectors, begun = made(ids), time.process_time()
        lists.add(ids, vectors)
        spent += time.process_time() - begun
        scanned.add(ids, vectors)
        _keep_best(best, ids, asked @ vectors.T)
    sorted_, all_ = (_searched(index, asked, best, made) for index in (lists, scanned))
    return f"{count:,} vectors, {spent:.0f} s of CPU time to sort: {sorted_}; a scan: {all_}"


def _searched(
    index: VectorIndex,
    asked: Vectors,
    best: Sequence[tuple[NDArray[np.int64], Vectors]],
    made: Callable[[NDArray[np.int64]], Vectors],
) -> str:
    begun = time.process_time()
    proposed = [index.propose(vector) for vector in asked]
    each = 1000 * (time.process_time() - begun) / len(asked)
    read = [
        list(read_nearest(found, partial(_exact, made, vector), len(vector)))
        for vector, found in zip(asked, proposed, strict=True)
    ]
    return (
        f"{each:.2f} ms of CPU time, {statistics.fmean(map(len, read)):.0f} read, "
        f"recall@10 {_share_of_best(best, read):.4f}"
    )


def _exact(
    made: Callable[[NDArray[np.int64]], Vectors], vector: Vectors, ids: Iterable[int]
) -> dict[int, float]:
    numbers = list(ids)
    return dict(zip(numbers, (made(np.array(numbers)) @ vector).tolist(), strict=True))


def _keep_best(
    best: list[tuple[NDArray[np.int64], Vectors]], ids: NDArray[np.int64], cosines: Vectors
) -> None:
    """Keep the ten nearest for each question, whose cosines to ``ids`` (n,) are a row."""
    for n, row in enumerate(cosines):
        nearest = np.argpartition(-row, min(9, len(row) - 1))[:10]
        both = np.append(best[n][0], ids[nearest]), np.append(best[n][1], row[nearest])
        top = np.argsort(-both[1])[:10]
        best[n] = both[0][top], both[1][top]


def _share_of_best(
    best: Sequence[tuple[NDArray[np.int64], Vectors]], proposed: Sequence[Sequence[int]]
) -> float:
    pairs = zip(best, proposed, strict=True)
    return statistics.fmean(len(set(ids.tolist()) & set(near)) / 10 for (ids, _), near in pairs)


def _recall(library: qa.Library, questions: Sequence[str]) -> float:
    asked = library.encoder.encode_queries(questions)
    best = [(np.empty(0, np.int64), np.empty(0, np.float32)) for _ in asked]
    with library.view() as retriever:
        read = [list(retriever.cosines(vector)) for vector in asked]
        for ids, vectors in library.store.vectors_after(retriever.generation, 0, asked.shape[1]):
            _keep_best(best, ids, asked @ vectors.T)
    return _share_of_best(best, read)


def common_questions(all_: Sequence[Passage], chance: random.Random) -> list[str]:
    """Return questions of three or four of the commonest words."""
    counts = Counter(
        w
        for _, _, text in all_[:20_000]
        for w in ENGLISH.words(text)
        if w not in ENGLISH.stop_words
    )
    common = [word for word, _ in counts.most_common(COMMON) if not word.isdecimal()]
    return [" ".join(chance.sample(common, chance.choice((3, 4)))) + "?" for _ in range(QUESTIONS)]


def main() -> None:
    """Add passages, and print a row for each size."""
    parser = argparse.ArgumentParser(description="Performance as the library grows.")
    parser.add_argument("--data", metavar="FOLDER", type=Path, nargs="+", required=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--vectors", metavar="N", type=int, help="index only so many vectors")
    parser.add_argument("--database-url", metavar="URL", help="an empty PostgreSQL database")
    parser.add_argument("--ask", metavar="FOLDER", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.database_url:  # for the process that asks, too
        os.environ[URL] = args.database_url
    if args.ask:
        asked = json.loads(sys.stdin.read())
        print(json.dumps(ask(args.ask, *asked)))
        return
    chance = random.Random(SEED)
    articles = [article for folder in args.data for article in read_corpus(folder)]
    known = [query.question for folder in args.data for query in read_queries(folder)]
    all_, real = texts_and_vectors(articles, max(args.sizes))
    if args.vectors:
        some = SentenceEncoder().encode_queries(chance.sample(known, EXACT))
        print(vectors_alone(real, some, args.vectors))
        return
    asked = chance.sample(known, QUESTIONS), common_questions(all_, chance)
    print(HEADER, flush=True)
    with tempfile.TemporaryDirectory(prefix="pullquote-growth-") as scratch:
        filled = 0
        for size in args.sizes:
            rate = fill(Path(scratch), all_, real, filled, size)
            filled = size
            first, then = _child(args, scratch, asked), _child(args, scratch, asked)
            print(
                f"| {size:,} | {rate:,.0f} | {first['start']:.2f} / {then['start']:.2f} s "
                f"| {_asked(then, 'ask')} | {_asked(then, 'common')} "
                f"| {then['recall']:.4f} | {first['added']:.2f} s | {then['memory']:.0f} MB |",
                flush=True,
            )


def _asked(figures: dict[str, float], name: str) -> str:
    p50, p95, cpu = (figures[f"{name} {each}"] for each in ("p50", "p95", "CPU"))
    return f"{p50:.1f} / {p95:.1f} ms ({cpu:.1f})"


def _child(
    args: argparse.Namespace, folder: str, asked: tuple[list[str], list[str]]
) -> dict[str, float]:
    data = [str(each) for each in args.data]
    command = [sys.executable, __file__, "--ask", folder, "--data", *data]
    done = subprocess.run(
        command, input=json.dumps(asked), stdout=subprocess.PIPE, text=True, check=True
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


if __name__ == "__main__":
    main()
