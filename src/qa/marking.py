"""How well each sentence of a passage answers, and so which one is marked."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa.question import Question, answers_kind, share_of
from qa.words import has, stemmed

COVERAGE, ALONE, PHRASES, KIND = 0.50, 0.50, 0.25, 0.20
"""Beside the cosine: the share of the question's words that the sentence has, the share that it
alone in the passage has, the share of phrases, and whether it has the kind of words asked for.
Round numbers; ``scripts/fit_ranking.py`` fits them on sets left out in turn."""


@dataclass(frozen=True, slots=True)
class Marked:
    """The best sentence of a passage, by its number, and what speaks for it (0..1)."""

    number: int
    score: float
    cosine: float
    coverage: float


def mark(question: Question, sentences: Sequence[str], cosines: Sequence[float]) -> Marked:
    """Return the best of ``sentences``, of which there is one at least."""
    stems = [stemmed(sentence) for sentence in sentences]
    shares = [_present(each, question.rarity) for each in stems]
    places = Counter(s for each in shares for s in each)

    def marked(n: int) -> Marked:
        coverage = sum(shares[n].values())
        alone = sum(weight for s, weight in shares[n].items() if places[s] == 1)
        score = (
            cosines[n]
            + COVERAGE * coverage
            + ALONE * alone
            + PHRASES * (share_of(question.phrases, stems[n]) if question.phrases else 0.0)
            + KIND * answers_kind(question, sentences[n])
        )
        return Marked(n, score, cosines[n], coverage)

    return max(map(marked, range(len(sentences))), key=lambda each: each.score)


def covered(stemmed_text: str, rarity: Mapping[str, float]) -> float:
    """Return the share (0..1) of the question's weight of words that a stemmed text holds."""
    return sum(_present(stemmed_text, rarity).values())


def _present(stemmed_text: str, rarity: Mapping[str, float]) -> dict[str, float]:
    return {s: weight for s, weight in rarity.items() if has(stemmed_text, s)}
