"""Fit the numbers in ``qa/search/confidence.py`` and the default ``MIN_CONFIDENCE``.

    python scripts/fit_confidence.py [--models english,multilingual] [--own N] [--foreign N]
        FOLDER FOLDER…

Each FOLDER is a data set in the format of ``pullquote eval``. It is indexed alone, by each model,
and asked up to ``--own`` of its own questions and up to ``--foreign`` of each other set. Those of a
set with the same article titles are its questions in another language; those of a set that shares
no title are off-topic. Where articles have sources, the same number of off-topic questions again
name one or two; otherwise a name would be taken for an answer. Questions made from readers' votes
(``pullquote feedback export``) are left out if nobody knows where the answer is. The English model
is asked nothing about articles in other languages. Two logistic regressions on the signals, one for
a first passage in the question's language and one across languages, separate answerable questions
from off-topic ones and from near misses (the set's own unanswerable ones), which have little weight
because they look answerable.

The printed figures come from fits that have not seen the articles: every set is split in two by the
article of the top passage, and each half is judged by a fit on the other halves. The default
threshold is the highest that refuses at most ``REFUSED`` of the answerable questions of all sets in
the language of their articles. ``qa/search/confidence.py`` holds the fit on all data.
"""

import argparse
import hashlib
import random
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score

from index.indexer import Indexer
from qa import Library, Settings, open_library
from qa.evaluate import read_corpus, read_queries
from qa.search.compose import named_sources
from qa.search.confidence import Signals, signals_of

Floats = NDArray[np.float64]

SEED, OWN, FOREIGN = 1, 6000, 500
NAMING = (
    "According to {0}, {question}",
    "In the {0} article, {question}",
    "Do {0} and {1} agree on {question}",
)
"""Ways in which an off-topic question names sources."""
ANSWERABLE, OFF_TOPIC, NEAR_MISS = "answerable", "off-topic", "near miss"
WEIGHTS = {ANSWERABLE: 1000, OFF_TOPIC: 1000, NEAR_MISS: 100}
"""Total weight of a set's questions of each kind."""
REFUSED, BINS = 0.035, 5


@dataclass(frozen=True)
class Asked:
    """A question: its kind, the set it is from, its signals, and its half of the articles."""

    kind: str
    of: str
    signals: Signals
    half: int
    is_across: bool
    """Whether the first passage is in another language."""


def ask(
    folder: Path, others: Iterable[Path], model: str, most: int, foreigners: int
) -> list[Asked]:
    """Ask the set in ``folder`` its own questions and those of ``others``."""
    corpus, queries, chance = read_corpus(folder), read_queries(folder), random.Random(SEED)
    queries = [each for each in queries if each.paragraph_ids or not each.answerable]
    own = chance.sample(queries, min(most, len(queries)))
    asked = [(ANSWERABLE if q.answerable else NEAR_MISS, str(folder), q.question) for q in own]
    titles = {article.title for article in corpus}
    sources = sorted({article.source for article in corpus if article.source})
    for other in others:
        theirs = {each.title for each in read_corpus(other)}
        foreign = [q.question for q in read_queries(other)]
        some = chance.sample(foreign, min(foreigners, len(foreign)))
        if theirs == titles and other != folder:
            asked += [(ANSWERABLE, str(other), question) for question in some]
        if titles.isdisjoint(theirs):
            asked += [(OFF_TOPIC, str(other), question) for question in some]
            if len(sources) > 1:
                named = [naming(question, sources, chance) for question in some]
                asked += [(OFF_TOPIC, f"{other}, naming sources", each) for each in named]
    with (
        TemporaryDirectory() as data,
        closing(open_library(Settings(data_dir=Path(data), model=model))) as library,
    ):
        list(Indexer(library).add_all(corpus))
        if model == "english" and next(iter(library.status().languages)) != "en":
            return []
        seen = [look(library, *each) for each in asked]
        return [each for each in seen if model != "english" or not each.is_across]


def naming(question: str, sources: Sequence[str], chance: random.Random) -> str:
    """Return ``question`` with one or two sources named in it."""
    names = chance.sample(sources, 2)
    begun = question[0].lower() + question[1:]
    return chance.choice(NAMING).format(*names, question=begun)


def look(library: Library, kind: str, of: str, question: str) -> Asked:
    """Return the signals of a question."""
    ranking = library.rank(question)
    named = named_sources(ranking)
    first = ranking.articles[ranking.candidates[0].stored.article]
    half = hashlib.sha256(first.id.encode()).digest()[0] % 2
    signals = signals_of(ranking, ranking.candidates, named)
    return Asked(kind, of, signals, half, ranking.candidates[0].is_across)


def can_be_fitted(asked: Sequence[Asked], has_others: bool) -> bool:
    """Whether a set has what a fit needs: questions with an answer and without.

    Alone it must have both in each half, and its near misses are the only ones without.
    """
    if has_others:
        return {ANSWERABLE, OFF_TOPIC} <= {each.kind for each in asked}
    return len({(each.half, each.kind == ANSWERABLE) for each in asked}) == 4


def matrix(asked: Sequence[Asked]) -> Floats:
    """Return the signals of ``asked``, shape (n, signals)."""
    return np.array([each.signals for each in asked], float).reshape(-1, len(Signals._fields))


def weights(asked: Sequence[Asked]) -> Floats:
    """Return the weights of ``asked``, all of one set, shape (n,)."""
    counts = {kind: sum(each.kind == kind for each in asked) for kind in WEIGHTS}
    return np.array([WEIGHTS[each.kind] / counts[each.kind] for each in asked])


def fit(sets: Sequence[Sequence[Asked]], without: int | None) -> LogisticRegression:
    """Fit on ``sets``, leaving out the half of articles ``without``."""
    whole = [each for some in sets for each in some]
    seen = np.array([each.half != without for each in whole])
    y = np.array([each.kind == ANSWERABLE for each in whole])
    of_all = np.concatenate([weights(some) for some in sets])
    model = LogisticRegression(C=10, max_iter=2000)
    return model.fit(matrix(whole)[seen], y[seen], sample_weight=of_all[seen])


def judged(sets: Sequence[Sequence[Asked]]) -> list[Floats]:
    """Return for each set the confidences (n,) by fits that have not seen the articles."""
    fits = [fit(sets, without) for without in (0, 1)]
    return [
        np.where(
            [each.half == 0 for each in some],
            *(model.predict_proba(matrix(some))[:, 1] for model in fits),
        )
        for some in sets
    ]


def threshold(sets: Sequence[Sequence[Asked]], sure: Sequence[Floats]) -> float:
    """Return the highest threshold that refuses at most ``REFUSED`` of answerable questions."""
    is_answerable = [each.kind == ANSWERABLE for some in sets for each in some]
    said = np.sort(np.concatenate(sure)[is_answerable])
    return int(said[int(REFUSED * len(said))] * 100) / 100


def print_set(name: str, some: Sequence[Asked], said: Floats, least: float) -> list[float]:
    """Print the figures of a set; return the share of off-topic questions refused per other set."""
    kinds = np.array([each.kind for each in some])
    answerable, near = said[kinds == ANSWERABLE], said[kinds == NEAR_MISS]
    print(f"{name}: of {len(answerable)} answerable refused {np.mean(answerable < least):.3f}")
    if len(near):
        sides = np.repeat([1, 0], [len(answerable), len(near)])
        auroc = roc_auc_score(sides, np.append(answerable, near))
        print(
            f"    of {len(near)} near misses refused {np.mean(near < least):.3f}, AUROC {auroc:.3f}"
        )
    brier = brier_score_loss(kinds == ANSWERABLE, said, sample_weight=weights(some))
    print(f"    Brier score, weighted as the fit: {brier:.3f}")
    shares = []
    for of in dict.fromkeys(each.of for each in some if each.kind == OFF_TOPIC):
        off_topic = said[[each.kind == OFF_TOPIC and each.of == of for each in some]]
        shares.append(float(np.mean(off_topic < least)))
        print(f"    of {len(off_topic)} of {of} refused {shares[-1]:.3f}")
    return shares


def print_reliability(sets: Sequence[Sequence[Asked]], sure: Sequence[Floats]) -> None:
    """Print mean confidence and share of answerable questions per bin, weighted as the fit."""
    said = np.concatenate(sure)
    true = np.array([each.kind == ANSWERABLE for some in sets for each in some])
    weight = np.concatenate([weights(some) for some in sets])
    print("    said     true        n")
    bins = np.minimum((said * BINS).astype(int), BINS - 1)
    for number in np.unique(bins):
        inside = bins == number
        means = (np.average(each[inside], weights=weight[inside]) for each in (said, true))
        print("".join(f"{mean:8.3f} " for mean in means), f"{inside.sum():7}")


def report(names: Sequence[str], sets: Sequence[Sequence[Asked]], least: float | None) -> float:
    """Print the figures and the fit of one kind of passages; returns the threshold."""
    sure = judged(sets)
    least = threshold(sets, sure) if least is None else least
    shares = []
    for name, some, said in zip(names, sets, sure, strict=True):
        shares += print_set(name, some, said, least)
    if shares:
        print(f"off-topic refused, mean of {len(shares)} pairs: {np.mean(shares):.3f}")
    print_reliability(sets, sure)
    model = fit(sets, None)
    print(f"bias {model.intercept_[0]:.1f}")
    for name, weight in zip(Signals._fields, model.coef_[0], strict=True):
        print(f"{name} {weight:.1f}")
    return least


def main() -> None:
    """Print the figures, both fits on all sets and the threshold."""
    parser = argparse.ArgumentParser(description="Fit the confidence on data sets.")
    parser.add_argument("folders", metavar="FOLDER", type=Path, nargs="+")
    parser.add_argument("--models", default="english", help="names, separated by commas")
    parser.add_argument("--own", type=int, default=OWN, help="questions of a set's own, at most")
    parser.add_argument("--foreign", type=int, default=FOREIGN, help="of each other set, at most")
    arguments = parser.parse_args()
    named = {
        f"{folder} ({model})": ask(
            folder, arguments.folders, model, arguments.own, arguments.foreign
        )
        for model in arguments.models.split(",")
        for folder in arguments.folders
    }
    least = None
    for is_across in (False, True):
        kinds = {
            name: [each for each in some if each.is_across is is_across]
            for name, some in named.items()
        }
        kinds = {name: some for name, some in kinds.items() if can_be_fitted(some, len(named) > 1)}
        if kinds:
            print("ACROSS" if is_across else "WITHIN")
            least = report(list(kinds), list(kinds.values()), least)
    if least is None:
        parser.error(
            "no set has enough questions with an answer and without one; give further FOLDERs"
        )
    print(f"MIN_CONFIDENCE {least:.2f}")


if __name__ == "__main__":
    main()
