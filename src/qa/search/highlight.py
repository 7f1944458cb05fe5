"""How well each sentence of a passage answers, and so which one is marked."""

import operator
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa.language import ENGLISH
from qa.language.question import Question, answers_kind, share_of

WEIGHTS = (1.0, 0.50, 0.50, 0.25, 0.20)
"""How much each of ``signals`` counts: round numbers. ``scripts/fit_ranking.py`` fits them on all
data sets but one and tries them on that one, to see what fitting would bring."""


@dataclass(frozen=True, slots=True)
class Marked:
    """The best sentence of a passage, by its number, and what speaks for it (0..1)."""

    number: int
    score: float
    cosine: float
    coverage: float


def mark(question: Question, sentences: Sequence[str], cosines: Sequence[float]) -> Marked:
    """Return the best of ``sentences``, of which there is one at least.

    Where that asks the same as the question, its answer is marked: what follows.
    """
    found = signals(question, sentences, cosines)
    scores = [sum(map(operator.mul, WEIGHTS, each)) for each in found]
    best = max(range(len(scores)), key=scores.__getitem__)
    return Marked(_answer_to(best, sentences), scores[best], found[best][0], found[best][1])


def _answer_to(best: int, sentences: Sequence[str]) -> int:
    """Number of the first sentence from ``best`` on that asks nothing, ``best`` if all do."""
    rest = range(best, len(sentences))
    return next((n for n in rest if not sentences[n].endswith("?")), best)


def signals(
    question: Question, sentences: Sequence[str], cosines: Sequence[float]
) -> list[tuple[float, float, float, float, float]]:
    """What speaks for each sentence, 0..1.

    Its cosine; the share of the question's words that it has; the share that it alone in the
    passage has; the share of phrases; and whether it has the kind of words that is asked for.
    """
    stems = [question.language.stemmed_cached(sentence) for sentence in sentences]
    shares = [_present(each, question.rarity) for each in stems]
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


def covered(stemmed_text: str, rarity: Mapping[str, float]) -> float:
    """Return the share (0..1) of the question's weight of words that a stemmed text holds."""
    return sum(_present(stemmed_text, rarity).values())


def _present(stemmed_text: str, rarity: Mapping[str, float]) -> dict[str, float]:
    return {s: weight for s, weight in rarity.items() if ENGLISH.has(stemmed_text, s)}
