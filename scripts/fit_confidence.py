"""Fit the confidence: the six numbers in ``qa/compose.py`` and the default ``MIN_CONFIDENCE``.

    python scripts/fit_confidence.py FOLDER FOLDER… [--off-topic FOLDER…]

Each FOLDER is a data set as ``pullquote eval`` reads it. It is indexed by itself and asked a sample
of its own questions and, off-topic, as many of each set that shares no article title with it; sets
behind ``--off-topic`` give only such questions. By
the signals of the first passage, a logistic regression tells answerable questions from off-topic
ones and from near misses (unanswerable ones of its own), which weigh little: they look answerable.

``compose.py`` holds the fit on all sets, to one decimal. The default threshold is the highest that
refuses at most ``REFUSED`` of the answerable, averaged over the sets, each judged by a fit on the
others; a set that shares articles with one of these is judged too kindly. The first table shows the
fits on the set left out: questions asked (yes is answerable), shares refused at ``THRESHOLDS``,
AUROC of answerable against near misses, and the Brier score, weighted as the fit. The second is
the reliability curve: what the fits said of the sets left out, and what was true, weighted alike.
"""

import argparse
import operator
import random
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # has none
from sklearn.metrics import brier_score_loss, roc_auc_score  # type: ignore[import-untyped]  # same

from index.indexer import Indexer
from index.split import passages_of
from qa import Library, Settings, open_library
from qa.evaluate import Query, read_corpus, read_queries

Floats = NDArray[np.float64]
Asked = Sequence[Floats]
"""Of one set, for each kind of question (answerable, off-topic, near miss): signals (n, 5)."""

SIGNALS = ("marked_cosine", "coverage", "marked_coverage", "names", "contradicts")
BINS = 5
"""Of the reliability curve, of equal width."""

SEED, OWN, FOREIGN = 1, 2000, 300
"""At most so many of its own questions, and of each other set's, are asked of a set."""
WEIGHTS = (1000, 1000, 300)
"""Of a set's questions of each kind, taken together."""
THRESHOLDS, REFUSED = (0.25, 0.30, 0.35, 0.40), 0.04


def ask(folder: Path, others: Iterable[Path]) -> Asked:
    """Ask the set in ``folder`` its own questions and those of the unlike ones of ``others``."""
    corpus, queries, chance = read_corpus(folder), read_queries(folder), random.Random(SEED)
    titles = {document.article.title for document in corpus}
    off_topic: list[Query] = []
    for other in others:
        if titles.isdisjoint(d.article.title for d in read_corpus(other)):
            foreign = read_queries(other)
            off_topic += chance.sample(foreign, min(FOREIGN, len(foreign)))
    if not off_topic:
        raise SystemExit(f"{folder} needs another set that shares none of its articles.")
    own = chance.sample(queries, min(OWN, len(queries)))
    kinds = [q for q in own if q.answerable], off_topic, [q for q in own if not q.answerable]
    spans = {document.article.text: document.spans for document in corpus}
    with TemporaryDirectory() as data, closing(open_library(Settings(data_dir=data))) as library:
        indexer = Indexer(library, lambda text: passages_of(text, spans[text]))
        list(indexer.add_all(document.article for document in corpus))
        return [signals(library, kind) for kind in kinds]


def signals(library: Library, queries: Iterable[Query]) -> Floats:
    """``SIGNALS`` of the first passage for each question, (n, 5)."""
    first = (library.rank(query.question).candidates[0] for query in queries)
    read = operator.attrgetter(*SIGNALS)
    return np.array([read(c) for c in first], float).reshape(-1, len(SIGNALS))


def rows(asked: Asked) -> tuple[Floats, Floats, Floats]:
    """Signals (n, 5) of all kinds, whether answerable (n,), weights (n,)."""
    sizes = [len(kind) for kind in asked]
    each = np.array(WEIGHTS) / np.maximum(sizes, 1)
    return np.concatenate(asked), np.repeat([1.0, 0.0, 0.0], sizes), np.repeat(each, sizes)


def fit(sets: Iterable[Asked]) -> LogisticRegression:
    """Fit on ``sets``."""
    x, y, weights = map(np.concatenate, zip(*map(rows, sets), strict=True))
    return LogisticRegression(C=10).fit(x, y, sample_weight=weights)


def figures(model: LogisticRegression, left: Asked) -> list[float]:
    """What ``model`` makes of the set ``left`` out, as the table has it."""
    x, y, weights = rows(left)
    sure = model.predict_proba(x)[:, 1]
    yes, off, near = np.split(sure, np.cumsum([len(kind) for kind in left[:2]]))
    shares = [np.mean(kind < t) for kind in (yes, off) for t in THRESHOLDS]
    sides = np.repeat([1, 0], [len(yes), len(near)])
    auroc = roc_auc_score(sides, np.append(yes, near)) if len(near) else np.nan
    return [*shares, auroc, brier_score_loss(y, sure, sample_weight=weights)]


def print_reliability(fits: Sequence[LogisticRegression], sets: Sequence[Asked]) -> None:
    """Of the questions that a fit on the other sets gave so much, so many were answerable."""
    sure, y, weights = [], [], []
    for model, left in zip(fits, sets, strict=True):
        x, answerable, weight = rows(left)
        sure.append(model.predict_proba(x)[:, 1])
        y.append(answerable)
        weights.append(weight)
    p, truth, w = (np.concatenate(each) for each in (sure, y, weights))
    line("said", "true", "n")
    for number in range(BINS):
        inside = np.minimum((p * BINS).astype(int), BINS - 1) == number
        means = [float(np.average(each[inside], weights=w[inside])) for each in (p, truth)]
        line(*means, int(inside.sum()))


def line(*cells: object) -> None:
    """Print a line of the table."""
    print(*(f"{cell:8.3f}" if isinstance(cell, float) else f"{cell!s:>8}" for cell in cells))


def main() -> None:
    """Print the table, the fit on all sets and the threshold."""
    parser = argparse.ArgumentParser(description="Fit the confidence on data sets.")
    parser.add_argument("folders", metavar="FOLDER", type=Path, nargs="+")
    parser.add_argument("--off-topic", metavar="FOLDER", type=Path, nargs="+", default=[])
    args = parser.parse_args()
    folders = args.folders
    sets = [ask(folder, [*folders, *args.off_topic]) for folder in folders]
    fits = [fit(other for other in sets if other is not left) for left in sets]
    shares = [f"{kind}<{t:.2f}" for kind in ("yes", "off") for t in THRESHOLDS]
    line("yes", "off", "near", "bias", *(s[-8:] for s in SIGNALS), *shares, "AUROC", "Brier")
    for folder, left, model in zip(folders, sets, fits, strict=True):
        numbers = (*model.intercept_, *model.coef_[0])
        line(*map(len, left), *numbers, *figures(model, left), f"without {folder}")
    whole = fit(sets)
    line("", "", "", *whole.intercept_, *whole.coef_[0], "on all sets")
    print_reliability(fits, sets)
    sure = [model.predict_proba(left[0])[:, 1] for model, left in zip(fits, sets, strict=True)]
    refused = {t: np.mean([np.mean(s < t) for s in sure]) for t in np.arange(0.01, 1, 0.01)}
    best = max(t for t, share in refused.items() if share <= REFUSED)
    print(f"MIN_CONFIDENCE {best:.2f} refuses {refused[best]:.1%} of the answerable.")


if __name__ == "__main__":
    main()
