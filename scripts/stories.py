"""Copies of articles, made up from data sets, against different articles: what tells them apart.

    python scripts/stories.py FOLDER FOLDER…

Each FOLDER is a data set as ``pullquote eval`` reads it; ``PARAGRAPHS`` of its paragraphs make an
article. For each kind of copy: how many runs of words it shares with its original, how often the
two meet in a band, and, beside that, how near the means of their passages' vectors are. For pairs
of different articles: the largest of these.
"""

import argparse
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

import numpy as np

from index.documents.passages import split
from qa.evaluate import read_corpus
from qa.language import ENGLISH
from qa.model.encoder import SentenceEncoder
from qa.store.stories import SHORT, overlap, runs, sketch
from qa.vectors import Vectors, unit

PARAGRAPHS, MOST = 6, 150
LEAD = (
    "Officials and residents told our own correspondent this morning how they see the matter, and "
    "we set down what they said before the report of the agency, which follows in full below."
)


def articles(folder: Path) -> Iterator[str]:
    """Texts of at least ``SHORT`` words."""
    for each in read_corpus(folder):
        paragraphs = [each.text[block.start : block.end] for block in each.blocks]
        for start in range(0, len(paragraphs), PARAGRAPHS):
            article = "\n".join(paragraphs[start : start + PARAGRAPHS])
            if len(ENGLISH.words(article)) > 2 * SHORT and "\n" in article:
                yield article


def first_half(text: str) -> str:
    """Cut at a word."""
    found = text.split(" ")
    return " ".join(found[: len(found) // 2])


COPIES: dict[str, Callable[[str], str]] = {
    "whole": str,
    "first half": first_half,
    "another lead": lambda text: "\n".join([LEAD, *text.split("\n")[1:]]),
    "a paragraph more": lambda text: f"{text}\n{LEAD}",
}


def mean_vectors(encoder: SentenceEncoder, texts: list[str]) -> Vectors:
    """Unit vectors (n, dimension) of the means of each text's passages."""
    passages = [[p.text for p in split(text)] for text in texts]
    means = np.array([np.mean(encoder.encode_passages(some), 0)[0] for some in passages])
    return unit(means)


def main() -> None:
    """Print a line for each kind of copy, and one for different articles."""
    parser = argparse.ArgumentParser(description="Which copies of an article are told as such.")
    parser.add_argument("folders", metavar="FOLDER", type=Path, nargs="+")
    texts = [text for folder in parser.parse_args().folders for text in articles(folder)]
    texts = texts[:: max(len(texts) // MOST, 1)][:MOST]
    encoder = SentenceEncoder()
    own = [runs(text) for text in texts]
    sketches = [sketch(each) for each in own]
    vectors = mean_vectors(encoder, texts)
    print(f"{len(texts)} articles; least of the runs shared, share that meets, least cosine")
    for name, copy in COPIES.items():
        copies = [copy(text) for text in texts]
        shared = min(overlap(a, runs(b)) for a, b in zip(own, copies, strict=True))
        meets = [any(a == sketch(runs(b))) for a, b in zip(sketches, copies, strict=True)]
        cosines = (vectors * mean_vectors(encoder, copies)).sum(1)
        print(f"{name:17} {shared:.2f}  {np.mean(meets):.3f}  {cosines.min():.2f}")
    pairs = list(combinations(range(len(texts)), 2))
    shared = max(overlap(own[a], own[b]) for a, b in pairs)
    met = np.mean([any(sketches[a] == sketches[b]) for a, b in pairs])
    cosine = max(float(vectors[a] @ vectors[b]) for a, b in pairs)
    print(f"different (most)  {shared:.2f}  {met:.5f}  {cosine:.2f}")


if __name__ == "__main__":
    main()
