"""What separates copies of articles, made from data sets, from different articles.

    python scripts/stories.py FOLDER FOLDER…

Each FOLDER is a data set in the format of ``pullquote eval``; ``PARAGRAPHS`` of its paragraphs make
an article. Printed for each kind of copy: the share of word runs in common with the original, how
often the two share an LSH band, and the cosine of the means of their passages' vectors. Printed for
pairs of different articles: the highest of these values.
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
    """Return texts of at least ``SHORT`` words."""
    for each in read_corpus(folder):
        paragraphs = [each.text[block.start : block.end] for block in each.blocks]
        for start in range(0, len(paragraphs), PARAGRAPHS):
            article = "\n".join(paragraphs[start : start + PARAGRAPHS])
            if len(ENGLISH.words(article)) > 2 * SHORT and "\n" in article:
                yield article


def first_half(text: str) -> str:
    """Return the first half of a text, cut between words."""
    found = text.split(" ")
    return " ".join(found[: len(found) // 2])


COPIES: dict[str, Callable[[str], str]] = {
    "whole": str,
    "first half": first_half,
    "another lead": lambda text: "\n".join([LEAD, *text.split("\n")[1:]]),
    "a paragraph more": lambda text: f"{text}\n{LEAD}",
}


def mean_vectors(encoder: SentenceEncoder, texts: list[str]) -> Vectors:
    """Return unit vectors (n, dimension): the mean of each text's passages."""
    passages = [[p.text for p in split(text)] for text in texts]
    means = np.array([np.mean(encoder.encode_passages(some), 0)[0] for some in passages])
    return unit(means)


def main() -> None:
    """Print a line for each kind of copy, and one for different articles."""
    parser = argparse.ArgumentParser(description="What tells copies from other articles.")
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
