"""How well each sentence of a passage answers, and so which one is highlighted."""

import operator
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from qa.language.question import Wording, answers_kind, share_of
from qa.language.words import has

WEIGHTS = (1.0, 0.50, 0.50, 0.25, 0.20)
"""How much each of ``signals`` counts. These are round numbers; ``scripts/fit_ranking.py`` fits
them on all data sets but one and tests them on that one, to see what fitting would gain."""


@dataclass(frozen=True, slots=True)
class Highlight:
    """The best sentence of a passage, by its number, and its signals (0..1)."""

    number: int
    score: float
    cosine: float
    coverage: float


def highlight(question: Wording, sentences: Sequence[str], cosines: Sequence[float]) -> Highlight:
    """Return the best of ``sentences``, of which there is at least one.

    If the best one is a question itself, its answer is highlighted: the next sentence.
    """
    found = signals(question, sentences, cosines)
    scores = [sum(map(operator.mul, WEIGHTS, each)) for each in found]
    best = max(range(len(scores)), key=scores.__getitem__)
    return Highlight(_answer_to(best, sentences), scores[best], found[best][0], found[best][1])


def _answer_to(best: int, sentences: Sequence[str]) -> int:
    """Return the first sentence from ``best`` on that is no question; ``best`` if all are."""
    rest = range(best, len(sentences))
    return next((n for n in rest if not sentences[n].endswith("?")), best)


def signals(
    question: Wording, sentences: Sequence[str], cosines: Sequence[float]
) -> list[tuple[float, float, float, float, float]]:
    """Return the signals of each sentence, 0..1.

    Its cosine; the share of the question's idf weight that it covers; the share that only this
    sentence of the passage covers; the share of phrases; and whether it has the kind of words that
    is asked for.
    """
    stems = [question.language.stemmed_cached(sentence) for sentence in sentences]
    shares = [_present(each, question) for each in stems]
    places = Counter(s for each in shares for s in each)
    return [
        (
            cosines[n],
            sum(shares[n].values()),
            sum(weight for s, weight in shares[n].items() if places[s] == 1),
            share_of(question.phrases, stems[n]) if question.phrases else 0.0,
            float(answers_kind(question, sentences[n])),
        )
        for n in range(len(sentences))
    ]


def covered(stemmed: str, question: Wording) -> float:
    """Return the share (0..1) of the question's idf weight whose stems a stemmed text has."""
    return sum(_present(stemmed, question).values())


def _present(stemmed: str, question: Wording) -> dict[str, float]:
    return {stem: weight for stem, weight in question.idf.items() if has(stemmed, stem)}
