"""Evaluate and fit the weights of ranking and highlighting on data sets.

    python scripts/fit_ranking.py FOLDER FOLDER…

Each FOLDER is a data set in the format of ``pullquote eval``; it is asked a sample of its
answerable questions. The first table shows for each set how often a gold passage is in the top 1,
4, 5 and 10, and how often all of them are in the top 10: by each signal alone (``words`` is BM25,
``dense`` the passage's cosine), with the weights in ``qa/search/retrieval.py`` without those of
sentences, with all of them, and with weights fitted on the other sets. The second table shows how
often the highlighted sentence of the gold passage contains an answer: by cosine alone, with the
weights in ``qa/search/highlight.py``, and with weights fitted on the other sets. Passages that no
search returned count as not found with any weights.

Fits maximise the softmax of the scores over a question's passages or sentences. Each set has the
same weight, and no weight is negative.
"""

import argparse
import operator
import random
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from index.indexer import Indexer
from qa import Library, Settings, open_library
from qa.evaluate import Query, holds_answer, read_corpus, read_queries
from qa.search.highlight import WEIGHTS as MARKING
from qa.search.highlight import signals as sentence_signals
from qa.search.retrieval import WEIGHTS, Weights

Floats = NDArray[np.float64]
SEED, ASKED, SHARPNESS = 1, 1500, 10.0
"""Seed, most questions per set, factor of the scores before the softmax."""
SIGNALS = tuple(field.name for field in fields(Weights))
ALONE = ("words", "dense", "sentence", "answer")


@dataclass(frozen=True)
class Choice:
    """The options for one question: signals (n, k), which are right (n,), how many are wanted."""

    signals: Floats
    right: NDArray[np.bool_]
    wanted: int = 1


def ask(folder: Path) -> tuple[list[Choice], list[Choice]]:
    """Ask the set in ``folder``; return choices of passages and of sentences of gold passages."""
    corpus, known = read_corpus(folder), [q for q in read_queries(folder) if q.answerable]
    queries = random.Random(SEED).sample(known, min(ASKED, len(known)))
    with TemporaryDirectory() as data, closing(open_library(Settings(data_dir=data))) as library:
        list(Indexer(library).add_all(corpus))
        asked = [_passages(library, query) for query in queries]
        marked = [each for query in queries if query.answers for each in _marked(library, query)]
    return asked, marked


def _passages(library: Library, query: Query) -> Choice:
    ranking = library.rank(query.question)
    read = operator.attrgetter(*SIGNALS)
    names = [
        f"{ranking.articles[c.stored.article].id}#{c.stored.passage.paragraph}"
        for c in ranking.candidates
    ]
    right = np.array([name in query.paragraph_ids for name in names])
    return Choice(np.array([read(c) for c in ranking.candidates]), right, len(query.paragraph_ids))


def _marked(library: Library, query: Query) -> list[Choice]:
    found = []
    with library.view() as retriever:
        question = retriever.read(query.question).asked
        for paragraph in query.paragraph_ids:
            id_, _, number = paragraph.rpartition("#")
            article = retriever.store.article(id_)
            stored = retriever.store.passages_of(article.number, retriever.generation)  # type: ignore[union-attr]  # gold
            for each in stored:
                if each.passage.paragraph == int(number):
                    read = retriever.store.sentences([each.id], len(question.vector))[each.id]
                    texts = [each.passage.text[a:b] for a, b in read.spans]
                    cosines = (read.vectors @ question.vector).tolist()
                    signals = sentence_signals(question, texts, cosines)
                    right = [holds_answer(text, query.answers) for text in texts]
                    found.append(Choice(np.array(signals), np.array(right)))
    return [each for each in found if each.right.any()]


def fit(sets: Sequence[Sequence[Choice]]) -> Floats:
    """Return the weights that make the right choices most likely, shape (k,)."""
    size = sets[0][0].signals.shape[1]

    def loss(weights: Floats) -> tuple[float, Floats]:
        total, slope = 0.02 * float(weights @ weights), 0.04 * weights
        for choices in sets:
            for each in choices:
                if each.right.any():
                    part, change = _surprise(each, weights)
                    total += part / len(choices)
                    slope = slope + change / len(choices)
        return total, slope

    bounds = [(0, None)] * size
    best: Floats = minimize(loss, np.full(size, 0.2), jac=True, method="L-BFGS-B", bounds=bounds).x
    return best


def _surprise(each: Choice, weights: Floats) -> tuple[float, Floats]:
    scores = SHARPNESS * (each.signals @ weights)
    chances = np.exp(scores - scores.max())
    chances /= chances.sum()
    right = chances * each.right
    whole = right.sum() + 1e-12
    return -float(np.log(whole)), SHARPNESS * ((chances - right / whole) @ each.signals)


def figures(choices: Sequence[Choice], weights: Floats) -> list[float]:
    """Return shares of questions: any right in the top 1, 4, 5, 10, and all right in the top 10."""
    rows = []
    for each in choices:
        order = np.argsort(-(each.signals @ weights), kind="stable")
        right = each.right[order]
        every = right[:10].sum() >= each.wanted
        rows.append([right[:k].any() for k in (1, 4, 5, 10)] + [every])
    return [float(share) for share in np.mean(rows, axis=0)]


def print_table(
    title: str,
    sets: dict[str, list[Choice]],
    fixed: dict[str, Sequence[float]],
    show: Callable[[list[float]], str],
) -> None:
    """Print a row for each weighting, a column for each set, then the fitted weights."""
    print(f"\n| {title} | {' | '.join(f'{name} (n = {len(c)})' for name, c in sets.items())} |")
    print("|---" * (1 + len(sets)) + "|")
    for name, weights in fixed.items():
        cells = [show(figures(choices, np.array(weights))) for choices in sets.values()]
        print(f"| {name} | {' | '.join(cells)} |")
    fits = {left: fit([choices for name, choices in sets.items() if name != left]) for left in sets}
    cells = [show(figures(sets[left], weights)) for left, weights in fits.items()]
    print(f"| fitted on the others | {' | '.join(cells)} |\n")
    for left, fitted in fits.items():
        print(f"without {left}: {', '.join(f'{w:.2f}' for w in fitted / fitted.sum())}")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description="Evaluate and fit ranking weights on data sets.")
    parser.add_argument("folders", metavar="FOLDER", type=Path, nargs="+")
    folders = parser.parse_args().folders
    asked, marked = {}, {}
    for folder in folders:
        passages, found = ask(folder)
        name = folder.name if len(folder.name) > 2 else f"{folder.parent.name}/{folder.name}"
        asked[name] = passages
        if found:
            marked[name] = found
    one = np.eye(len(SIGNALS))
    without = replace(WEIGHTS, sentence=0.0, answer=0.0)
    alone = {name: one[SIGNALS.index(name)].tolist() for name in ALONE}
    print_table(
        "passages: hit@1 / 4 / 5 / 10, all@10",
        asked,
        alone | {"without sentences": astuple(without), "as shipped": astuple(WEIGHTS)},
        lambda shares: " / ".join(f"{share:.3f}" for share in shares),
    )
    cosine = (1.0, *[0.0] * (len(MARKING) - 1))
    print_table(
        "marked sentence of the gold passage",
        marked,
        {"cosine": cosine, "as shipped": MARKING},
        lambda shares: f"{shares[0]:.3f}",
    )


if __name__ == "__main__":
    main()
