"""Ask the questions of a data set, and measure the answers.

A data set is a folder with ``corpus.jsonl`` (``id, title, url, published_at, paragraphs``) and
``queries.jsonl`` (``id, question, paragraph_ids, answers, answerable``). A paragraph's id is
``article_id#n``, n counted from 0; if there are none, nobody knows where the answer is.
"""

import json
import re
import statistics
import string
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from qa.article import Article, Block, BlockKind, Blocks, layout_of
from qa.errors import SourceError
from qa.library import Library
from qa.search.retrieval import Ranking
from qa.store.passages import StoredPassage

T = TypeVar("T")

DEPTH = 10
"""Ranks that count."""
HITS = (1, 3, 5, 10)


@dataclass(frozen=True, slots=True)
class Query:
    """A question of a data set and what is known of its answer."""

    id: str
    question: str
    paragraph_ids: frozenset[str]
    answers: tuple[str, ...]
    answerable: bool


@dataclass(frozen=True, slots=True)
class Prediction:
    """What we said to one question; ``ranked`` holds paragraph ids, best first."""

    id: str
    answered: bool
    confidence: float
    ranked: tuple[str, ...]
    quote: str
    highlight: str
    ms: float


@dataclass(frozen=True, slots=True)
class Report:
    """Figures of one data set. Shares are 0..1; ``None`` where no question can tell.

    ``all_evidence`` is the share of questions of which every gold paragraph is in the first ten;
    ``quote_hit`` of which the first quote holds an answer, ``highlight_hit`` its marked sentence.
    ``marked_of_right`` is the share of marked sentences that hold an answer where the first passage
    is right. ``auroc`` is the chance that an answerable question has more confidence than an
    unanswerable one, ``brier`` the mean square of confidence less truth, over the set as it is.
    """

    name: str
    articles: int
    paragraphs: int
    answerable: int
    unanswerable: int
    hit: dict[int, float]
    mrr: float
    all_evidence: float
    quote_hit: float | None
    highlight_hit: float | None
    marked_of_right: float | None
    refused_answerable: float | None
    refused_unanswerable: float | None
    auroc: float | None
    brier: float | None
    questions_a_second: float
    p50_ms: float
    p95_ms: float
    languages: Mapping[str, "Report"] = field(default_factory=dict)
    """The same by the language of the gold article, if there are several."""


Pair = tuple[Query, Prediction]


def read_corpus(folder: Path) -> list[Article]:
    """Return all articles of a data set; ``SourceError`` when there are none."""
    return _read(folder / "corpus.jsonl", _article)


def read_queries(folder: Path) -> list[Query]:
    """All questions of a data set; ``SourceError`` when there are none to be read."""
    return _read(folder / "queries.jsonl", _query)


def _read(path: Path, build: Callable[[Mapping[str, Any]], T]) -> list[T]:
    try:
        with path.open(encoding="utf-8") as lines:
            rows = [(n, json.loads(line)) for n, line in enumerate(lines, 1) if line.strip()]
    except OSError as error:
        raise SourceError(str(path), f"cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise SourceError(str(path), f"is not JSON lines ({error}).") from error
    if not rows:
        raise SourceError(str(path), "is empty.")
    return [_built(path, number, row, build) for number, row in rows]


def _built(
    path: Path, number: int, row: Mapping[str, Any], build: Callable[[Mapping[str, Any]], T]
) -> T:
    try:
        return build(row)
    except KeyError as error:
        raise SourceError(str(path), f"line {number} lacks {error}.") from error
    except (AttributeError, TypeError, ValueError) as error:
        raise SourceError(str(path), f"line {number} is wrong ({error}).") from error


def _query(row: Mapping[str, Any]) -> Query:
    return Query(
        id=str(row["id"]),
        question=row["question"],
        paragraph_ids=frozenset(row["paragraph_ids"]),
        answers=tuple(row["answers"]),
        answerable=bool(row["answerable"]),
    )


def _article(row: Mapping[str, Any]) -> Article:
    blocks, start = [], 0
    for paragraph in row["paragraphs"]:
        blocks.append(Block(BlockKind.PARAGRAPH, start, start + len(paragraph)))
        start += len(paragraph) + len("\n\n")
    published = row.get("published_at")
    return Article(
        id=row["id"],
        title=row["title"],
        text="\n\n".join(row["paragraphs"]),
        url=row.get("url"),
        source=row.get("source"),
        published_at=datetime.fromisoformat(published) if published else None,
        layout=layout_of(blocks),
    )


def predict(library: Library, queries: Iterable[Query]) -> Iterator[Prediction]:
    """Ask ``library``, which must hold the data set's articles, and time each answer."""
    paragraphs = Paragraphs(library)
    for query in queries:
        started = time.perf_counter()
        ranking = library.rank(query.question)
        answer = library.answer(ranking)
        ms = (time.perf_counter() - started) * 1000
        best = answer.quotes[0] if answer.quotes else None
        yield Prediction(
            id=query.id,
            answered=answer.answered,
            confidence=round(answer.confidence, 4),
            ranked=paragraphs.ranked(ranking)[: 2 * DEPTH],
            quote=best.text if best else "",
            highlight=best.sentence if best else "",
            ms=round(ms, 3),
        )


class Paragraphs:
    """The paragraphs of the articles in ``library``, which stay as they are."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._of: dict[int, tuple[str, Blocks]] = {}

    def ranked(self, ranking: Ranking) -> tuple[str, ...]:
        """Return paragraph ids in the order of their first passage.

        A long paragraph is several passages, and a passage may hold several short ones.
        """
        unknown = {c.stored.article for c in ranking.candidates} - self._of.keys()
        for number, article in self._library.store.articles(unknown).items():
            self._of[number] = (article.id, article.blocks)
        ids = (id_ for c in ranking.candidates for id_ in self._ids(c.stored))
        return tuple(dict.fromkeys(ids))

    def _ids(self, stored: StoredPassage) -> Iterator[str]:
        id_, blocks = self._of[stored.article]
        for number, block in enumerate(blocks):
            if block.start < stored.passage.end and stored.passage.start < block.end:
                yield f"{id_}#{number}"


def report(
    name: str,
    articles: Sequence[Article],
    queries: Sequence[Query],
    predictions: Sequence[Prediction],
) -> Report:
    """Compute the figures of predictions, one for each query, in the same order."""
    pairs = list(zip(queries, predictions, strict=True))
    whole = _report(name, articles, pairs)
    by_language = _by_language(articles, pairs)
    if len(by_language) < 2:
        return whole
    parts = {
        code: _report(f"{name}: {code}", [a for a in articles if a.language == code], some)
        for code, some in sorted(by_language.items())
    }
    return replace(whole, languages=parts)


def _by_language(articles: Iterable[Article], pairs: Iterable[Pair]) -> dict[str, list[Pair]]:
    language_of = {article.id: article.language for article in articles}
    found: dict[str, list[Pair]] = defaultdict(list)
    for query, prediction in pairs:
        gold = {language_of.get(id_.rpartition("#")[0]) for id_ in query.paragraph_ids}
        for code in filter(None, gold):
            found[code].append((query, prediction))
    return found


def _report(name: str, articles: Sequence[Article], pairs: Sequence[Pair]) -> Report:
    answerable = [(q, p) for q, p in pairs if q.answerable]
    unanswerable = [(q, p) for q, p in pairs if not q.answerable]
    # Nobody knows where an answer is that readers miss.
    located = [(q, p) for q, p in answerable if q.paragraph_ids]
    ranks = [_first_rank(q, p) for q, p in located]
    with_answers = [(q, p) for q, p in answerable if q.answers]
    times = sorted(p.ms for _, p in pairs)
    return Report(
        name=name,
        articles=len(articles),
        paragraphs=sum(len(article.blocks) for article in articles),
        answerable=len(answerable),
        unanswerable=len(unanswerable),
        hit={k: _mean(rank <= k for rank in ranks) or 0.0 for k in HITS},
        mrr=_mean(1 / rank if rank <= DEPTH else 0.0 for rank in ranks) or 0.0,
        all_evidence=_mean(q.paragraph_ids <= set(p.ranked[:DEPTH]) for q, p in located) or 0.0,
        quote_hit=_mean(holds_answer(p.quote, q.answers) for q, p in with_answers),
        highlight_hit=_mean(holds_answer(p.highlight, q.answers) for q, p in with_answers),
        marked_of_right=_mean(
            holds_answer(p.highlight, q.answers) for q, p in with_answers if _first_rank(q, p) == 1
        ),
        refused_answerable=_mean(not p.answered for _, p in answerable),
        refused_unanswerable=_mean(not p.answered for _, p in unanswerable),
        auroc=_auroc(answerable, unanswerable),
        brier=_mean((p.confidence - q.answerable) ** 2 for q, p in pairs),
        questions_a_second=1000 * len(times) / sum(times),
        p50_ms=statistics.median(times),
        p95_ms=times[int(0.95 * (len(times) - 1))],
    )


def _first_rank(query: Query, prediction: Prediction) -> float:
    places = (n for n, id_ in enumerate(prediction.ranked, 1) if id_ in query.paragraph_ids)
    return next(places, float("inf"))


def _auroc(answerable: Sequence[Pair], unanswerable: Sequence[Pair]) -> float | None:
    """Chance that one of the first has more confidence than one of the second, ties halved."""
    if not answerable or not unanswerable:
        return None
    from sklearn.metrics import roc_auc_score  # takes a second, which only this needs

    sides = [1] * len(answerable) + [0] * len(unanswerable)
    return float(roc_auc_score(sides, [p.confidence for _, p in (*answerable, *unanswerable)]))


def _mean(values: Iterable[float]) -> float | None:
    collected = list(values)
    return statistics.fmean(collected) if collected else None


def holds_answer(text: str, answers: Iterable[str]) -> bool:
    """Whether ``text`` holds one of ``answers``, punctuation, case and spacing aside."""
    plain = f" {_plain(text)} "
    return any(f" {_plain(answer)} " in plain for answer in answers)


_PUNCTUATION = re.compile(f"[{re.escape(string.punctuation)}“”‘’«»–—…]")


def _plain(text: str) -> str:
    return " ".join(_PUNCTUATION.sub(" ", text.casefold()).split())
