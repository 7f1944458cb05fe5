"""How well, and how fast, articles are matched with topics that people follow.

    python scripts/bench/topics.py --data FOLDER [--followed 100000]

FOLDER is the evidence of MultiHop-RAG as ``pullquote eval`` reads a data set; ``topics.jsonl``
beside this file says which of eight subjects each of its articles is about, and of which one may
be of two minds (left out). Every article is matched as it comes in, in the order of the corpus, by
what was known then: with subjects as people would name them, and with a short description.

For the speed, as many topics of two words of the corpus are followed as ``--followed`` says; some
are encoded, and the vectors of the others are theirs with noise.
"""

import argparse
import json
import random
import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]  # has none

from index.indexer import Indexer
from index.urls import canonical_url
from qa import Article, Library, Settings, open_library
from qa.encoder import unit
from qa.evaluate import read_corpus
from qa.topic_vectors import TopicVectors
from qa.words import words

LABELS = Path(__file__).with_name("topics.jsonl")
NAMES = {
    "sport": "Sports",
    "technology": "Technology",
    "business": "Business",
    "entertainment": "Entertainment",
    "games": "Video games",
    "health": "Health",
    "world": "Politics and world news",
    "shopping": "Shopping deals",
}
DESCRIBED = {
    "sport": "Sports: football, basketball, baseball, tennis and other games, teams and results",
    "technology": "Technology: software, gadgets, internet companies and artificial intelligence",
    "business": "Business: companies, markets, shares, economy and finance",
    "entertainment": "Entertainment: films, television, music and celebrities",
    "games": "Video games: consoles, new releases and how to play them",
    "health": "Health: medicine, diseases, nutrition and research about the body",
    "world": "Politics and world: governments, elections, wars and diplomacy",
    "shopping": "Shopping: deals, discounts and gift guides",
}
SEED, ENCODED, NOISE, TIMED = 1, 2000, 0.3, 30


def read_labels() -> dict[str, dict[str, list[str]]]:
    """Map the URL of each article to its subjects, ``about`` and ``unsure``."""
    rows = map(json.loads, LABELS.read_text(encoding="utf-8").splitlines())
    return {canonical_url(row["url"]): row for row in rows}


def judge(library: Library, articles: Sequence[Article], topics: Mapping[str, str]) -> str:
    """Match each article with ``topics`` (subject to words); a line of figures."""
    labels, followed = read_labels(), list(topics.values())
    truth: dict[str, list[bool]] = {subject: [] for subject in topics}
    score: dict[str, list[float]] = {subject: [] for subject in topics}
    told: list[bool] = []
    for article in articles:
        label = labels.get(canonical_url(article.url or ""))
        found = library.match(followed, article)
        scores = dict(zip(followed, scores_of(library, article), strict=True))
        for subject, topic in topics.items():
            if label and subject not in label["unsure"]:
                truth[subject].append(subject in label["about"])
                score[subject].append(scores[topic])
                told += [truth[subject][-1]] * (topic in found)
    aurocs = [roc_auc_score(truth[subject], score[subject]) for subject in topics]
    right = sum(map(sum, truth.values()))
    each = ", ".join(f"{s} {a:.2f}" for s, a in zip(topics, aurocs, strict=True))
    return (
        f"AUROC {statistics.fmean(aurocs):.3f} ({each}); at the default {len(told)} alerts, "
        f"precision {statistics.fmean(told):.3f}, recall {sum(told) / right:.3f}"
    )


def scores_of(library: Library, article: Article) -> list[float]:
    """How much ``article`` is about each of the topics that were matched last."""
    with library._view() as retriever:
        stored = retriever.store.passages_of(article.number, retriever.generation)
        _, vectors = retriever.store.vectors((s.id for s in stored), library.encoder.dimension)
        return library._matcher.scores(article, vectors, retriever.generation).tolist()


def time_many(library: Library, articles: Sequence[Article], count: int) -> str:
    """Follow ``count`` topics, and match ``TIMED`` articles."""
    chance, noise = random.Random(SEED), np.random.default_rng(SEED)
    known = sorted({word for article in articles for word in words(article.text)})
    topics = list({" ".join(chance.sample(known, 2)): None for _ in range(count)})
    encoded = library.encoder.encode(topics[:ENCODED])
    like = encoded[np.arange(len(topics)) % len(encoded)]
    step = NOISE / np.sqrt(like.shape[1])
    vectors = unit(like + step * noise.standard_normal(like.shape, np.float32))
    TopicVectors(library.database).keep(topics, vectors, library.encoder.name)
    begin = time.perf_counter()
    library.match(topics, articles[-1])
    first = time.perf_counter() - begin
    chosen, quoted = [], []
    for article in articles[-TIMED:]:
        begin = time.perf_counter()
        scores_of(library, article)
        chosen.append(1000 * (time.perf_counter() - begin))
        begin = time.perf_counter()
        found = library.match(topics, article)
        rest = 1000 * (time.perf_counter() - begin) - chosen[-1]
        quoted.append(rest / max(len(found), 1))
    return (
        f"{len(topics)} topics: the first article {first:.1f} s, then scored p50 "
        f"{statistics.median(chosen):.1f} ms (most {max(chosen):.1f}); for each topic that matches "
        f"{statistics.median(quoted):.2f} ms to look for its words, to quote and to mark"
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Topics matched with articles.")
    parser.add_argument("--data", metavar="FOLDER", type=Path, required=True)
    parser.add_argument("--followed", metavar="N", type=int, default=100_000)
    args = parser.parse_args()
    with TemporaryDirectory() as data:
        settings = Settings(data_dir=Path(data))
        with closing(open_library(settings)) as library:
            corpus = (document.article for document in read_corpus(args.data))
            list(Indexer(library).add_all(corpus))
            articles = library.articles_after(0, 1_000_000)
            print(f"{len(articles)} articles; topics by their names:")
            print(f"  {judge(library, articles, NAMES)}")
        with closing(open_library(settings)) as library:
            print("topics described:")
            print(f"  {judge(library, articles, DESCRIBED)}")
            print(time_many(library, articles, args.followed))


if __name__ == "__main__":
    main()
