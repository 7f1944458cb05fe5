"""How accurately and how fast articles are matched with topics.

    python scripts/bench/topics.py --data FOLDER [--followed 100000]
    python scripts/bench/topics.py --labelled ARTICLES.jsonl --topics TOPICS.json

FOLDER is the evidence of MultiHop-RAG in the format of ``pullquote eval``; ``topics.jsonl`` beside
this file says which of eight subjects each article is about, and which are debatable (left out).
Articles are matched as they are added, in the order of the corpus, knowing only earlier ones: with
subjects as people would name them, and with short descriptions.

The second form measures any other set in the same way. Each line of ARTICLES is an article with its
labels (``id, title, text, labels``, and ``unsure`` for debatable ones); TOPICS maps each label to a
short description. The labels are measured as topics first, then the descriptions.

For speed, ``--followed`` topics of two words of the corpus are followed; some are encoded, and the
others get the same vectors with noise. Then twice as many chats subscribe to them, and the alerts'
matcher, in a process of its own, takes the next articles, and again without and with one more
subscription.
"""

import argparse
import asyncio
import itertools
import json
import multiprocessing
import random
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from protocol import rss_mb

from bot.alerts.matcher import AlertMatcher
from bot.alerts.store import AlertStore
from bot.subscriptions.model import Destination, Interest
from index.indexer import Indexer
from index.outcome import Outcome
from index.web.urls import canonical_url
from qa import Article, Library, Settings, open_library
from qa.evaluate import read_corpus
from qa.language import ENGLISH
from qa.topics.vectors import TopicVectors
from qa.vectors import unit

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


@dataclass(frozen=True, slots=True)
class News:
    """An article, the subjects it is about, and the debatable ones."""

    article: Article
    about: frozenset[str]
    unsure: frozenset[str]


@dataclass(frozen=True, slots=True)
class Judged:
    """An article and a subject: whether it is about it, the score, and whether it alerts."""

    subject: str
    right: bool
    score: float
    told: bool


def read_multihop(folder: Path) -> list[News]:
    """Read all articles of MultiHop-RAG; for unlabelled ones every subject is debatable."""
    lines = map(json.loads, LABELS.read_text(encoding="utf-8").splitlines())
    labels = {canonical_url(line["url"]): line for line in lines}
    unknown = {"about": (), "unsure": NAMES}
    news = []
    for article in read_corpus(folder):
        label = labels.get(canonical_url(article.url or ""), unknown)
        news.append(News(article, frozenset(label["about"]), frozenset(label["unsure"])))
    return news


def read_labelled(path: Path) -> list[News]:
    """Read a file with one labelled article per line."""
    with path.open(encoding="utf-8") as lines:
        return [
            News(
                Article(row["id"], row["title"], row["text"]),
                frozenset(row["labels"]),
                frozenset(row.get("unsure", ())),
            )
            for row in map(json.loads, lines)
        ]


def judge(library: Library, news: Iterable[News], topics: Mapping[str, str]) -> str:
    """Match each article as it is added with ``topics`` (subject to words); return figures."""
    indexer, followed = Indexer(library), list(topics.values())
    judged: list[list[Judged]] = []
    for label in news:
        ((known, outcome),) = indexer.add_all([label.article])
        article = library.article(known.id)
        if outcome is not Outcome.ADDED or article is None:
            continue  # the set contains it twice
        found = library.match(followed, article)
        scores = dict(zip(followed, scores_of(library, article), strict=True))
        judged.append(
            [
                Judged(subject, subject in label.about, scores[topic], topic in found)
                for subject, topic in topics.items()
                if subject not in label.unsure
            ]
        )
    return "\n".join(
        (
            f"  {len(judged)} articles: {figures(judged)}",
            *(f"    {subject}: {figures(judged, subject)}" for subject in topics),
            f"    the first half: {figures(judged[: len(judged) // 2])}",
            f"    the second: {figures(judged[len(judged) // 2 :])}",
        )
    )


def figures(articles: Iterable[Iterable[Judged]], only: str | None = None) -> str:
    """Return a line of figures; AUROC is the mean over the subjects where it is defined."""
    from sklearn.metrics import roc_auc_score  # 60 MB, which the matcher's process must not have

    by_subject: dict[str, list[Judged]] = {}
    for each in (each for article in articles for each in article if only in (None, each.subject)):
        by_subject.setdefault(each.subject, []).append(each)
    aurocs = [
        roc_auc_score([each.right for each in some], [each.score for each in some])
        for some in by_subject.values()
        if len({each.right for each in some}) > 1
    ]
    every = [each for some in by_subject.values() for each in some]
    told = [each.right for each in every if each.told]
    right = [each.told for each in every if each.right]
    return (
        f"AUROC {mean(aurocs)}; at the default {len(told)} alerts, "
        f"precision {mean(told)}, recall {mean(right)} of {len(right)}"
    )


def mean(values: Sequence[float]) -> str:
    """Return the mean, or a dash without values."""
    return f"{statistics.fmean(values):.3f}" if values else "–"


def scores_of(library: Library, article: Article) -> list[float]:
    """Return the scores of ``article`` for the topics matched last."""
    with library.view() as retriever:
        stored = retriever.store.passages_of(article.number, retriever.generation)
        ids, vectors = retriever.store.vectors((s.id for s in stored), library.encoder.dimension)
        scores = library.topic_matcher.scores(article, ids, vectors, retriever)
        return [float(score) for score in scores]


def time_many(library: Library, articles: Sequence[Article], count: int) -> str:
    """Follow ``count`` topics, and match ``TIMED`` articles."""
    chance, noise = random.Random(SEED), np.random.default_rng(SEED)
    known = sorted({word for article in articles for word in ENGLISH.words(article.text)})
    topics = list({" ".join(chance.sample(known, 2)): None for _ in range(count)})
    encoded = library.encoder.encode_queries(topics[:ENCODED])
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


def subscribe_many(library: Library, subscribers: int = 2) -> None:
    """Subscribe so many chats to each topic that has a vector; the last articles are to come."""
    AlertStore(library)
    with library.database.write() as db:
        for chat in range(1, subscribers + 1):
            db.execute(
                "INSERT INTO subscriptions (chat_id, thread_id, topic, after_number, created_at,"
                " created_by, last_match_at)"
                " SELECT ? * 1000000 + row_number() OVER (), 0, topic, 0, 1, 1, 1"
                " FROM topic_vectors",
                (chat,),
            )
        db.execute("UPDATE cursor SET article_number = article_number - ?", (2 * TIMED + 1,))


def alert_many(folder: Path) -> None:
    """Match the next articles with all subscriptions; print the CPU time and the memory.

    Each comes three times: as it is new, and then, in turns, without and after one more
    subscription, so that the two differ in nothing else.
    """
    with closing(open_library(Settings(data_dir=folder))) as library:
        library.encoder.encode_passages(["ready"], quick=True)
        library.encoder.encode_queries(["ready"])
        store, before = AlertStore(library), rss_mb()
        matcher = AlertMatcher(library, store)
        first, subscribed = _cpu_ms(matcher, store), itertools.count(1)
        new, added, alerts = [], [], []
        for n in range(TIMED):
            new.append(_cpu_ms(matcher, store))
            spent = {}
            for is_more in (n % 2 == 0, n % 2 == 1):
                alerts.append(_put_back(library))
                if is_more:
                    number = next(subscribed)
                    interest = Interest(f"bridge {number}")
                    store.subscriptions.subscribe(Destination(number), interest, 1, 0.0)
                spent[is_more] = _cpu_ms(matcher, store)
            added.append(spent[True] - spent[False])
        low, middle, high = statistics.quantiles(added, n=4)
        print(
            f"{store.counts()[0]:,} subscriptions: the first article {first / 1000:.1f} s of CPU "
            f"time, then p50 {statistics.median(new):.0f} ms with {statistics.median(alerts):.0f} "
            f"alerts; one more subscription adds {middle:.0f} ms ({low:.0f} to {high:.0f}, the "
            f"middle half); {rss_mb():.0f} MB ({before:.0f} with the model alone)"
        )


def _cpu_ms(matcher: AlertMatcher, store: AlertStore) -> float:
    """Match the next article and write all that it leads to; return the CPU time."""
    begin = time.process_time()
    asyncio.run(matcher.match_next())
    while store.cursor.record_rest(time.time()):
        pass
    return 1000 * (time.process_time() - begin)


def _put_back(library: Library) -> int:
    """Let the article that was matched last be the next; return how many alerts it had."""
    with library.database.write() as db:
        number = db.execute("SELECT article_number FROM cursor").fetchone()[0]
        alerts = db.execute("DELETE FROM outbox WHERE article_number = ?", (number,)).rowcount
        db.execute("DELETE FROM alert_quotes WHERE article_number = ?", (number,))
        db.execute("UPDATE cursor SET article_number = article_number - 1")
    return alerts


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Accuracy and speed of matching topics.")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--data", metavar="FOLDER", type=Path)
    which.add_argument("--labelled", metavar="ARTICLES", type=Path)
    parser.add_argument("--topics", metavar="TOPICS", type=Path, help="with --labelled")
    parser.add_argument("--followed", metavar="N", type=int, default=100_000)
    args = parser.parse_args()
    if (args.labelled is None) != (args.topics is None):
        parser.error("--labelled and --topics go together")
    if args.data:
        news, named, described = read_multihop(args.data), NAMES, DESCRIBED
    else:
        news = read_labelled(args.labelled)
        described = json.loads(args.topics.read_text(encoding="utf-8"))
        named = {label: label for label in described}
    for kind, topics in (("by their names", named), ("described", described)):
        with (
            TemporaryDirectory() as data,
            closing(open_library(Settings(data_dir=Path(data)))) as library,
        ):
            print(f"topics {kind}:\n{judge(library, news, topics)}")
            if args.data and topics is described:
                print(time_many(library, library.articles_after(0, 1_000_000), args.followed))
                subscribe_many(library)
                values = (Path(data),)
                child = multiprocessing.get_context("spawn").Process(target=alert_many, args=values)
                child.start()
                child.join()


if __name__ == "__main__":
    main()
