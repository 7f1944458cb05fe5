"""How sure we are that an article answers: a logistic regression on the first passages.

``make fit`` fitted ``BIAS``, ``WEIGHTS`` and the default ``MIN_CONFIDENCE``; docs/benchmarks.md
has what it printed.
"""

import math
import operator
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from qa.search.candidate import Candidate
from qa.search.highlight import covered
from qa.search.retrieval import Ranking

FIRST = 3
"""So many of the first passages are looked at, and so many of those of named sources."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What speaks for an answer, 0..1 each; of the first passage where nothing else is said."""

    cosine: float
    """Of the question and the marked sentence."""
    nearest: float
    """The highest ``cosine`` of the first few passages."""
    coverage: float
    """Share of the question's weight of words that the passage has."""
    marked_coverage: float
    names: float
    contradicts: float
    named: float = 0.0
    """Whether the question names a source that has articles."""
    named_cosine: float = 0.0
    """The highest ``cosine`` of the best passages of such sources."""
    named_coverage: float = 0.0
    """Coverage by these passages together: the question may need all of them."""


BIAS = -9.4
WEIGHTS = Signals(
    cosine=7.9,
    nearest=4.9,
    coverage=2.5,
    marked_coverage=2.5,
    names=1.2,
    contradicts=-1.0,
    named=-1.7,
    named_cosine=14.2,
    named_coverage=6.4,
)


def signals_of(ranking: Ranking, known: Sequence[Candidate], named: Sequence[Candidate]) -> Signals:
    """Signals of ``known``, best first and at least one, and the best of each source ``named``."""
    own, best = _own(known[0]), named[:FIRST]
    return Signals(
        own.cosine,
        max(c.marked_cosine for c in known[:FIRST]),
        own.coverage,
        own.marked_coverage,
        own.names,
        own.contradicts,
        float(bool(best)),
        max((c.marked_cosine for c in best), default=0.0),
        covered("".join(c.present for c in best), ranking.rarity),
    )


def _own(c: Candidate) -> Signals:
    cosine = c.marked_cosine
    return Signals(cosine, cosine, c.coverage, c.marked_coverage, c.names, float(c.contradicts))


def confidence(signals: Signals) -> float:
    """Estimated probability (0..1) that an article answers."""
    logit = BIAS + sum(map(operator.mul, astuple(WEIGHTS), astuple(signals)))
    return 1 / (1 + math.exp(-logit))


def confidence_of(c: Candidate) -> float:
    """Estimated probability (0..1) that this passage answers, by itself."""
    return confidence(_own(c))
