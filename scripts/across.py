"""Ask about articles in another language: what is found, and what is refused.

    python scripts/across.py [--every N] [--fit] FOLDER FOLDER…

The folders are one data set in several languages, in the format of ``pullquote eval``: the same
articles and questions in the same order, as those of XQuAD are. Each language's articles are
indexed by the multilingual model: first all of them, then every other one, and then the rest. They
are asked every Nth question of each other language. Questions about articles that are not there are
off-topic: near ones, since such a set has several articles about similar things.

With ``--fit`` a logistic regression on the signals follows, on libraries of both sizes, and what it
refuses when it is fitted on three quarters of the articles and judged on the others.
docs/benchmarks.md says how the numbers in ``qa/search/confidence.py`` differ from it.
"""

import argparse
import statistics
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from index.indexer import Indexer
from qa import Library, Settings, open_library
from qa.evaluate import Prediction, Query, predict, read_corpus, read_queries, report
from qa.search.confidence import Signals, signals_of

WHOLE = slice(None)
HALVES = slice(0, None, 2), slice(1, None, 2)
FITTED = "nearest", "coverage", "dense", "late", "others"
FOLDS = 4
REFUSED = 0.93
"""Share of the off-topic questions that the figures of a fit refuse."""


@dataclass(frozen=True)
class Asked:
    """A question to one library, with what was said and what it was read from."""

    direction: str
    is_whole: bool
    article: int
    """Number of the article that it is about."""
    query: Query
    prediction: Prediction
    signals: Signals | None


def ask(
    folder: Path, others: Sequence[Path], part: slice, every: int, *, has_signals: bool
) -> Iterator[Asked]:
    """Index this part of the articles in ``folder``, and ask the questions of ``others``."""
    corpus = read_corpus(folder)
    numbers = {article.id: n for n, article in enumerate(corpus)}
    present = {article.id for article in corpus[part]}
    with (
        TemporaryDirectory() as data,
        closing(open_library(Settings(data_dir=Path(data), model="multilingual"))) as library,
    ):
        list(Indexer(library).add_all(corpus[part]))
        own = [(article_of(each), each) for each in read_queries(folder)]
        for other in others:
            direction = f"{other.name} → {folder.name}"
            queries = [
                replace(ours, question=theirs.question, answerable=article in present)
                for theirs, (article, ours) in zip(read_queries(other), own, strict=True)
            ][::every]
            for query, said in zip(queries, predict(library, queries), strict=True):
                signals = look(library, query.question) if has_signals else None
                article = numbers[article_of(query)]
                yield Asked(direction, part == WHOLE, article, query, said, signals)


def article_of(query: Query) -> str:
    """Return the id of the article that a question is about."""
    return next(iter(query.paragraph_ids)).partition("#")[0]


def look(library: Library, question: str) -> Signals:
    """Return the signals of a question."""
    ranking = library.rank(question)
    return signals_of(ranking, ranking.candidates, [])


def show(name: str, some: Sequence[Asked]) -> list[float | None]:
    """Print the figures of one direction as a row of a table, and return them."""
    whole, halves = (
        report(name, [], [e.query for e in part], [e.prediction for e in part])
        for part in ([e for e in some if e.is_whole is kind] for kind in (True, False))
    )
    figures = [
        whole.hit[1],
        whole.hit[5],
        whole.marked_of_right,
        whole.refused_answerable,
        halves.refused_answerable,
        halves.refused_unanswerable,
        halves.auroc,
        halves.brier,
        whole.p50_ms,
    ]
    print_row(name, str(whole.answerable), figures)
    return figures


def print_row(name: str, count: str, figures: Sequence[float | None]) -> None:
    """Print a row: shares with three places, the milliseconds with one."""
    *shares, ms = figures
    cells = ["–" if share is None else f"{share:.3f}" for share in shares]
    print(f"| {' | '.join([name, count, *cells, f'{ms:.1f}'])} |")


def print_fit(asked: Sequence[Asked]) -> None:
    """Print the fit on all questions, and what fits refuse that have not seen the articles."""
    signals = np.array([[getattr(e.signals, name) for name in FITTED] for e in asked])
    is_own = np.array([e.query.answerable for e in asked])
    is_whole = np.array([e.is_whole for e in asked])
    # Off-topic questions have one size of library, answerable ones two.
    weights = np.where(is_own, 1.0, 2.0)

    def fit(seen: NDArray[np.bool_]) -> LogisticRegression:
        model = LogisticRegression(C=1e4, max_iter=5000)
        return model.fit(signals[seen], is_own[seen], sample_weight=weights[seen])

    def refused(said: NDArray[np.float64]) -> str:
        level = np.quantile(said[~is_own], REFUSED)
        shares = (np.mean(said[is_own & kind] < level) for kind in (is_whole, ~is_whole))
        whole, half = (f"{share:.4f}" for share in shares)
        return f"{whole} of all articles, {half} of half of them, below {level:.2f}"

    # Neighbours are in different halves, so pairs of them make a fold.
    folds = np.array([e.article // 2 % FOLDS for e in asked])
    judged = np.empty(len(asked))
    for fold in range(FOLDS):
        judged[folds == fold] = fit(folds != fold).decision_function(signals[folds == fold])
    model = fit(folds >= 0)
    print(f"\nRefused of answerable where {REFUSED} of off-topic questions are:")
    print(f"    as fitted: {refused(model.decision_function(signals))}")
    print(f"    on articles that a fit has not seen: {refused(judged)}")
    print(f"bias {model.intercept_[0]:.1f}")
    for name, weight in zip(FITTED, model.coef_[0], strict=True):
        print(f"{name} {weight:.1f}")


def main() -> None:
    """Print a row for each direction, their means, and the fit if asked for."""
    parser = argparse.ArgumentParser(description="Questions across languages.")
    parser.add_argument("folders", metavar="FOLDER", type=Path, nargs="+")
    parser.add_argument("--every", metavar="N", type=int, default=1, help="ask every Nth question")
    parser.add_argument("--fit", action="store_true", help="fit the confidence, too")
    arguments = parser.parse_args()
    print("| | n | hit@1 | hit@5 | marked | refused | of half | off-topic | AUROC | Brier | ms |")
    print(f"|{'---|' * 11}")
    rows, everything = [], []
    for folder in arguments.folders:
        others = [each for each in arguments.folders if each != folder]
        parts = [WHOLE, *HALVES]
        found = [
            e
            for part in parts
            for e in ask(folder, others, part, arguments.every, has_signals=arguments.fit)
        ]
        for direction in dict.fromkeys(e.direction for e in found):
            rows.append(show(direction, [e for e in found if e.direction == direction]))
        everything += found
    columns = ([n for n in column if n is not None] for column in zip(*rows, strict=True))
    means = [statistics.fmean(column) if column else None for column in columns]
    print_row("mean", str(len({e.query.id for e in everything})), means)
    if arguments.fit:
        print_fit(everything)


if __name__ == "__main__":
    main()
