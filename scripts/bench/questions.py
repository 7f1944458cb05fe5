"""How much CPU time it takes to match an article with many saved questions.

    python scripts/bench/questions.py [--model english] [--saved 10000] FOLDER FOLDER…

Each FOLDER is a data set in the format of ``pullquote eval``. The articles of all are added, then
``--saved`` questions are saved: ``ENCODED`` of the sets' own, and copies of these with noise added
to their vectors. ``TIMED`` articles, evenly from all, are matched twice; the second time counts.
"""

import argparse
import random
import statistics
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from index.indexer import Indexer
from qa import Article, Library, Settings, open_library
from qa.evaluate import read_corpus, read_queries
from qa.topics.vectors import QUESTIONS, TopicVectors
from qa.vectors import unit

SEED, ENCODED, NOISE, TIMED = 1, 1000, 0.3, 60


def save(library: Library, folders: Iterable[Path], count: int) -> list[str]:
    """Store the vectors of ``count`` questions, and return these."""
    known = sorted({query.question for folder in folders for query in read_queries(folder)})
    some = random.Random(SEED).sample(known, min(ENCODED, count, len(known)))
    questions = [f"{some[n % len(some)]}{' ' * (n // len(some))}" for n in range(count)]
    like = library.encoder.encode_queries(some)[np.arange(count) % len(some)]
    step = NOISE / np.sqrt(like.shape[1])
    noise = np.random.default_rng(SEED).standard_normal(like.shape, np.float32)
    noise[: len(some)] = 0
    prompts = library.encoder.prompts
    key = f"{prompts.query}{library.encoder.name}"
    TopicVectors(library.database, QUESTIONS).keep(questions, unit(like + step * noise), key)
    return questions


def match(library: Library, articles: Iterable[Article], questions: Sequence[str]) -> list[float]:
    """Return the CPU time in milliseconds that each article takes."""
    taken = []
    for article in articles:
        begin = time.process_time()
        library.answers_in(article, questions)
        taken.append(1000 * (time.process_time() - begin))
    return taken


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Saved questions: CPU time for an article.")
    parser.add_argument("folders", metavar="FOLDER", type=Path, nargs="+")
    parser.add_argument("--model", default="english")
    parser.add_argument("--saved", metavar="N", type=int, default=10_000)
    args = parser.parse_args()
    with (
        TemporaryDirectory() as data,
        closing(open_library(Settings(data_dir=Path(data), model=args.model))) as library,
    ):
        for folder in args.folders:
            list(Indexer(library).add_all(read_corpus(folder)))
        questions = save(library, args.folders, args.saved)
        every = library.articles_after(0, 1_000_000)
        timed = every[:: max(len(every) // TIMED, 1)]
        first = match(library, timed, questions)
        taken = sorted(match(library, timed, questions))
        print(
            f"{len(questions)} questions, {len(timed)} articles: mean {statistics.fmean(taken):.1f}"
            f" ms, median {statistics.median(taken):.1f}, p95 {taken[int(0.95 * len(taken))]:.1f};"
            f" when first needed, mean {statistics.fmean(first[1:]):.1f} ms,"
            f" and the first article {first[0]:.0f}"
        )


if __name__ == "__main__":
    main()
