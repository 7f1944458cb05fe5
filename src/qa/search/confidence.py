"""How likely it is that an article answers: a logistic regression on the first passages.

``make fit`` fitted ``WITHIN`` and the default ``MIN_CONFIDENCE``; docs/benchmarks.md has what it
printed, how ``ACROSS`` was fitted, and how the level of ``WITHIN_OTHER`` was chosen. The signals
mean the same with every model: cosines say how far they stand out (``qa.search.background``).
"""

import math
import operator
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from qa.search.candidate import Candidate, coverage_of
from qa.search.retrieval import Ranking

OF_OTHER_NAME = 0.01
"""What is said of vitamin D answers no question about vitamin E, however near it comes."""
NEXT = slice(4, 12)
"""Which passages show what else comes near; a few before them may tell the same."""
OTHERS = 0.25
"""What the mean of those is where there are too few of them."""
FIRST = 3
"""How many of the first passages count, and of those of named sources."""


class Signals(NamedTuple):
    """What speaks for an answer, each 0..1; about the first passage unless stated otherwise."""

    cosine: float
    """Of the question and the highlighted sentence."""
    nearest: float
    """The highest ``cosine`` of the first few passages; in another language of any sentence."""
    coverage: float
    """Share of the question's idf weight that the passage covers."""
    highlight_coverage: float
    """Share that the highlighted sentence covers."""
    names: float
    contradicts: float
    named: float = 0.0
    """Whether the question names a source that has passages here."""
    named_cosine: float = 0.0
    """The highest ``cosine`` of the best passages from such sources."""
    named_coverage: float = 0.0
    """Coverage by these passages together, since the question may need all of them."""
    dense: float = 0.0
    """How far the passage stands out; in another language only, as are the next two."""
    late: float = 0.0
    """How far its tokens stand out."""
    others: float = 0.0
    """The mean ``late`` of the next passages: many come near to a question about nothing here."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A logistic regression."""

    bias: float
    weights: Signals

    def confidence(self, signals: Signals) -> float:
        """Estimate the probability (0..1) that an article answers."""
        logit = self.bias + sum(map(operator.mul, self.weights, signals))
        return 1 / (1 + math.exp(-logit))


WITHIN = Fit(
    -8.7,
    Signals(
        cosine=7.9,
        nearest=4.9,
        coverage=2.5,
        highlight_coverage=2.5,
        names=1.2,
        contradicts=-1.0,
        named=-1.7,
        named_cosine=14.2,
        named_coverage=6.4,
    ),
)
"""For a first passage in the language of the question."""
WITHIN_OTHER = replace(WITHIN, bias=-8.2)
"""The same for any other model than the English one, with which answers stand out a little less."""
ACROSS = Fit(
    -15.8,
    Signals(
        cosine=0.0,
        nearest=27.2,
        coverage=1.6,
        highlight_coverage=0.0,
        names=0.0,
        contradicts=0.0,
        dense=5.9,
        late=20.6,
        others=-11.1,
    ),
)
"""For one in another language."""


def signals_of(ranking: Ranking, known: Sequence[Candidate], named: Sequence[Candidate]) -> Signals:
    """Read the signals of ``known``, best first and at least one.

    ``named`` are the best candidates of each source that the question names.
    """
    first, best = known[0], named[:FIRST]
    return _own(first)._replace(
        nearest=max(map(_nearest, known[:FIRST])),
        named=float(bool(best)),
        named_cosine=max((c.highlight_cosine for c in best), default=0.0),
        named_coverage=coverage_of(best, ranking.question.asked),
        others=_others(ranking.candidates) if first.is_across else 0.0,
    )


def _nearest(c: Candidate) -> float:
    return c.sentence if c.is_across else c.highlight_cosine


def _others(candidates: Sequence[Candidate]) -> float:
    levels = sorted((c.late for c in candidates if c.is_across and c.present), reverse=True)
    return statistics.fmean([*levels, *[OTHERS] * NEXT.stop][NEXT])


def _own(c: Candidate) -> Signals:
    signals = Signals(
        c.highlight_cosine,
        _nearest(c),
        c.coverage,
        c.highlight_coverage,
        c.names,
        float(c.contradicts),
    )
    return signals._replace(dense=c.dense, late=c.late, others=OTHERS) if c.is_across else signals


def confidence(ranking: Ranking, known: Sequence[Candidate], named: Sequence[Candidate]) -> float:
    """Estimate the probability (0..1) that an article answers; the arguments of ``signals_of``."""
    # A question that names sources may need several passages, each with one of its names.
    if known[0].is_of_other_name and not named:
        return OF_OTHER_NAME
    return _fit(known[0]).confidence(signals_of(ranking, known, named))


def confidence_of(c: Candidate) -> float:
    """Estimate the probability (0..1) that this passage alone answers."""
    return OF_OTHER_NAME if c.is_of_other_name else _fit(c).confidence(_own(c))


def _fit(c: Candidate) -> Fit:
    if c.is_across:
        return ACROSS
    return WITHIN_OTHER if c.is_of_other_model else WITHIN
