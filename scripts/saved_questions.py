"""How often saved questions alert, rightly and falsely, as the articles of data sets come in.

    python scripts/saved_questions.py [--model english] [--questions N] FOLDER FOLDER…

Each FOLDER is a data set in the format of ``pullquote eval``. All of its questions, or ``N`` of
them, are saved first; then its articles come in, in random order, ``AT_ONCE`` of them as a poll
brings them, and are matched one by one as the bot does it. An article alerts once for a question,
with its best passage. That is right if the passage overlaps a gold paragraph or holds an answer;
anything else is a false alert.

The logistic regression of ``qa/topics/questions.py`` is fitted on the answerable questions. Its
first three signals say nearly the same, and a weight for each fits the questions at hand more than
others; so they have one weight. Every set is split in two by the article that answers, and each
half is judged by a fit, and a threshold, that have only seen the other halves: the lowest threshold
with at most ``FALSE`` false alerts for 1,000 passages and a question, on the average of the sets.
The weight of the subject is set by hand, and added only then. Then each set is judged by a fit on
the others alone. "As shipped" is what the bot does.
"""

import argparse
import random
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from index.indexer import Indexer
from qa import Article, Library, Settings, open_library
from qa.evaluate import Query, holds_answer, read_corpus, read_queries
from qa.topics.questions import BIAS, LEAST, WEIGHTS, Judged, Signals

Floats = NDArray[np.float64]

SEED, AT_ONCE, FALSE = 1, 20, 0.04
NEAR = -1.4
"""Log odds of the confidence from which on passages are fitted: 1 to 4."""
NEVER = -1e9


@dataclass(frozen=True)
class Seen:
    """An article that came near a question, by its number: its signals, and whether it answers."""

    question: int
    signals: Signals
    right: bool


@dataclass(frozen=True)
class Replay:
    """A set: for each question whether it is answerable and its half; and what came near."""

    name: str
    passages: int
    answerable: NDArray[np.bool_]
    half: NDArray[np.int64]
    seen: Sequence[Seen]

    def figures(
        self, scores: Floats, least: float, asked: NDArray[np.bool_]
    ) -> tuple[float, float]:
        """Return the recall, and false alerts for 1,000 passages and a question ``asked``."""
        told = [s for s, score in zip(self.seen, scores, strict=True) if score >= least]
        right = {s.question for s in told if s.right and asked[s.question]}
        false = sum(not s.right and asked[s.question] for s in told)
        recall = len(right) / max((asked & self.answerable).sum(), 1)
        return float(recall), float(1000 * false / max(self.passages * asked.sum(), 1))

    @property
    def signals(self) -> Floats:
        """All signals, shape (seen, 5)."""
        return np.array([s.signals for s in self.seen], np.float64)

    @property
    def fitted_on(self) -> Floats:
        """The sum of those that have one weight, and the rivals, shape (seen, 2)."""
        return np.column_stack([self.signals[:, :3].sum(1), self.signals[:, 3]])

    @property
    def by_hand(self) -> Floats:
        """What is added to the log odds of a fit."""
        return WEIGHTS.subject * self.signals[:, 4]

    @property
    def questions(self) -> NDArray[np.int64]:
        """The question of each that came near."""
        return np.array([s.question for s in self.seen])

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each that came near answers."""
        return np.array([s.right for s in self.seen])


def replay(folder: Path, model: str, most: int) -> Replay:
    """Save the questions of a set, and let its articles come in."""
    corpus, chance = read_corpus(folder), random.Random(SEED)
    queries = read_queries(folder)
    queries = chance.sample(queries, min(most, len(queries)))
    chance.shuffle(corpus)
    with (
        TemporaryDirectory() as data,
        closing(open_library(Settings(data_dir=Path(data), model=model))) as library,
    ):
        seen = list(_stream(library, corpus, queries))
        passages = library.status().passages
    answerable = np.array([query.answerable for query in queries])
    return Replay(str(folder), passages, answerable, np.array(list(map(_half, queries))), seen)


def _half(query: Query) -> int:
    gold = min(query.paragraph_ids, default=query.question).rpartition("#")[0]
    return zlib.crc32((gold or query.question).encode()) % 2


def _stream(
    library: Library, corpus: Sequence[Article], queries: Sequence[Query]
) -> Iterator[Seen]:
    indexer, matcher = Indexer(library), library.current_model().question_matcher
    matcher.follow(query.question for query in queries)
    numbers: dict[str, list[int]] = {}
    for n, query in enumerate(queries):
        numbers.setdefault(query.question, []).append(n)
    for start in range(0, len(corpus), AT_ONCE):
        some = corpus[start : start + AT_ONCE]
        list(indexer.add_all(some))
        with library.view() as retriever:
            for article in filter(None, (library.article(each.id) for each in some)):
                for judged in matcher.judge(article, retriever, NEVER):
                    for n in numbers[judged.question]:
                        yield Seen(n, judged.signals, _is_right(judged, article, queries[n]))


def _is_right(judged: Judged, article: Article, query: Query) -> bool:
    passage = judged.candidate.stored.passage
    gold = (
        block.start < passage.end and passage.start < block.end
        for number, block in enumerate(article.blocks)
        if f"{article.id}#{number}" in query.paragraph_ids
    )
    return any(gold) or holds_answer(passage.text, query.answers)


def fitted(replays: Sequence[Replay], halves: Sequence[int]) -> LogisticRegression:
    """Fit on the answerable questions of ``halves``; all sets have the same weight."""
    signals, right, weights = [], [], []
    for each in replays:
        asked = each.answerable[each.questions] & np.isin(each.half[each.questions], halves)
        known = asked & (each.signals[:, 0] >= NEAR)
        signals.append(each.fitted_on[known])
        right.append(each.right[known])
        weights.append(np.full(known.sum(), 1000 / max(known.sum(), 1)))
    model = LogisticRegression(C=10, max_iter=1000)
    return model.fit(np.concatenate(signals), np.concatenate(right), np.concatenate(weights))


def threshold(replays: Sequence[Replay], scores: Sequence[Floats], halves: Sequence[int]) -> float:
    """Return the lowest with at most ``FALSE`` false alerts on the average of the sets."""
    values, weights = [], []
    for each, found in zip(replays, scores, strict=True):
        asked = each.answerable & np.isin(each.half, halves)
        false = found[~each.right & asked[each.questions]]
        values.append(false)
        weights.append(np.full(len(false), 1000 / max(each.passages * asked.sum(), 1)))
    ordered = np.argsort(-np.concatenate(values))
    rates = np.cumsum(np.concatenate(weights)[ordered]) / len(replays)
    first = ordered[min(int(np.searchsorted(rates, FALSE, "right")), len(ordered) - 1)]
    return float(np.concatenate(values)[first]) + 1e-9


def _print(name: str, each: Replay, scores: Floats, least: float, asked: NDArray[np.bool_]) -> None:
    recall, false = each.figures(scores, least, asked & each.answerable)
    _, of_others = each.figures(scores, least, asked & ~each.answerable)
    count, others = (asked & each.answerable).sum(), (asked & ~each.answerable).sum()
    print(
        f"{each.name}, {name}: {each.passages} passages; {count} answerable: recall {recall:.3f}, "
        f"{false:.3f} false; {others} unanswerable: {of_others:.3f} false"
    )


def curve(
    each: Replay, scores: Mapping[int, Floats], whole: NDArray[np.bool_] | None = None
) -> None:
    """Print the false alerts at several recalls, the halves taken together, or of the ``whole``."""
    for wanted in (0.75, 0.85, 0.9):
        both = []
        for half, found in scores.items():
            asked = each.answerable & (each.half == half if whole is None else whole)
            best: dict[int, float] = {}
            for s, score in zip(each.seen, found, strict=True):
                if s.right and asked[s.question]:
                    best[s.question] = max(score, best.get(s.question, NEVER))
            needed = int(np.ceil(wanted * asked.sum()))
            ordered = sorted(best.values(), reverse=True)
            least = ordered[needed - 1] if needed <= len(ordered) else NEVER
            both.append(each.figures(found, least, asked)[1])
        print(f"    recall {wanted:.2f} at {np.mean(both):.3f}")


def main() -> None:
    """Print the figures of each set, and the fit on all."""
    parser = argparse.ArgumentParser(description="Saved questions, replayed.")
    parser.add_argument("folders", metavar="FOLDER", type=Path, nargs="+")
    parser.add_argument("--model", default="english")
    parser.add_argument("--questions", type=int, default=2000, help="at most, of each set")
    args = parser.parse_args()
    replays = [replay(folder, args.model, args.questions) for folder in args.folders]
    models = {half: fitted(replays, [1 - half]) for half in (0, 1)}
    scores = {
        h: [m.decision_function(each.fitted_on) for each in replays] for h, m in models.items()
    }
    least = {half: threshold(replays, scores[half], [1 - half]) for half in (0, 1)}
    shipped = np.array(WEIGHTS)
    for n, each in enumerate(replays):
        for half in (0, 1):
            judged = scores[half][n] + each.by_hand
            _print(f"half {half}", each, judged, least[half], each.half == half)
        curve(each, {half: scores[half][n] + each.by_hand for half in (0, 1)})
        everyone = np.ones(len(each.half), np.bool_)
        if others := replays[:n] + replays[n + 1 :]:
            fit = fitted(others, [0, 1])
            on_others = [fit.decision_function(one.fitted_on) for one in others]
            least_of_others = threshold(others, on_others, [0, 1])
            own = fit.decision_function(each.fitted_on) + each.by_hand
            _print("fitted on the other sets", each, own, least_of_others, everyone)
            curve(each, dict.fromkeys((0, 1), own), everyone)
        _print("as shipped", each, each.signals @ shipped + BIAS, LEAST, everyone)
        sure = each.signals[:, 0]
        _print("confidence .8", each, sure, float(np.log(4)), everyone)
    model = fitted(replays, [0, 1])
    found = [model.decision_function(each.fitted_on) for each in replays]
    weight, rivals = model.coef_[0]
    print(f"fitted on all: BIAS {model.intercept_[0]:.2f}, {weight:.2f} each, rivals {rivals:.2f}")
    print(f"LEAST {threshold(replays, found, [0, 1]):.2f}")


if __name__ == "__main__":
    main()
