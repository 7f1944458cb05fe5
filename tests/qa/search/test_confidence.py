import math

import numpy as np
import pytest

from qa import Passage
from qa.language import load
from qa.language.question import read_question
from qa.language.sources import SourceNames
from qa.search.candidate import Candidate
from qa.search.confidence import (
    ACROSS,
    OTHERS,
    WITHIN,
    WITHIN_OTHER,
    Signals,
    confidence,
    confidence_of,
    signals_of,
)
from qa.search.retrieval import Ranking
from qa.store.passages import StoredPassage


def candidate(cosine, present=" amber ", **signals):
    stored = StoredPassage(1, 1, Passage("", 0, 0, 0))
    return Candidate(stored, highlight_cosine=cosine, present=present, **signals)


def ranking(known, text="Why?", **idf):
    question = read_question(
        text, SourceNames([]), lambda _: idf, lambda texts: np.zeros((len(texts), 1), np.float32)
    )
    return Ranking(question, known)


def logistic(logit):
    return pytest.approx(1 / (1 + math.exp(-logit)))


def test_signals_come_from_the_first_and_the_nearest_of_three_candidates():
    first = candidate(0.4, coverage=0.5, highlight_coverage=0.3, names=1.0, contradicts=True)
    known = [first, candidate(0.6), candidate(0.7), candidate(0.9)]
    assert signals_of(ranking(known), known, []) == Signals(0.4, 0.7, 0.5, 0.3, 1.0, 1.0)


def test_what_else_comes_near_counts_across_languages():
    """From the fifth passage on: four may tell the same."""
    levels = [0.6, 0.2, 0.5, 0.4, 0.3, 0.1]
    known = [candidate(0.4, late=each, is_across=True) for each in levels]
    unread = candidate(0.4, present="", late=0.9, is_across=True)
    within = candidate(0.4, late=0.8)
    found = signals_of(ranking([*known, unread, within]), known, [])
    assert found.others == pytest.approx((0.2 + 0.1 + 6 * OTHERS) / 8)
    many = ranking([candidate(0.4, late=n / 100, is_across=True) for n in range(20)])
    assert signals_of(many, known, []).others == pytest.approx(0.115)  # .15 to .08
    assert ACROSS.confidence(found) > ACROSS.confidence(found._replace(others=0.4))


def test_passages_of_named_sources_are_combined():
    idf = {"amber": 0.5, "birch": 0.3, "cedar": 0.2}
    known = [candidate(0.1), candidate(0.4), candidate(0.6, " birch "), candidate(0.3, " cedar ")]
    signals = signals_of(ranking(known, **idf), known, known[1:3])
    assert (signals.named, signals.named_cosine) == (1.0, 0.6)
    assert signals.named_coverage == pytest.approx(0.8)


def test_confidence_is_a_logistic_of_the_weighted_signals():
    signals = Signals(0.7, 0.8, 0.5, 0.4, 1.0, 1.0, 1.0, 0.6, 0.9)
    w = WITHIN.weights
    logit = (
        WITHIN.bias
        + 0.7 * w.cosine
        + 0.8 * w.nearest
        + 0.5 * w.coverage
        + 0.4 * w.highlight_coverage
    )
    logit += w.names + w.contradicts + w.named + 0.6 * w.named_cosine + 0.9 * w.named_coverage
    assert WITHIN.confidence(signals) == logistic(logit)


def test_confidence_of_one_passage_equals_that_of_a_ranking_with_only_it():
    only = candidate(0.4, coverage=0.5, highlight_coverage=0.3, names=1.0)
    assert confidence_of(only) == confidence(ranking([only]), [only], [])


def test_cosines_of_another_model_have_a_fit_of_their_own():
    """It differs in its level alone, and not across languages."""
    ours, theirs, across = (
        confidence_of(candidate(0.4, coverage=0.5, names=1.0, late=0.4, **which))
        for which in ({}, {"is_of_other_model": True}, {"is_across": True})
    )
    more = math.exp(WITHIN_OTHER.bias - WITHIN.bias)
    assert theirs / (1 - theirs) == pytest.approx(more * ours / (1 - ours))
    both = candidate(0.4, coverage=0.5, late=0.4, is_across=True, is_of_other_model=True)
    assert confidence_of(both) == across


def test_every_signal_except_contradiction_and_bare_name_raises_confidence():
    against = {"contradicts", "named"}
    for name in Signals._fields:
        assert (getattr(WITHIN.weights, name) < 0) is (name in against)
    assert [name for name in Signals._fields if getattr(ACROSS.weights, name) < 0] == ["others"]


def test_passages_of_named_sources_are_combined_within_a_language():
    """The question has other words in another language, and the best language counts."""
    idf = {"amber": 0.3, "birch": 0.3, "lenn": 0.4}
    named = [
        candidate(0.1),
        candidate(0.1, " birch "),
        candidate(0.1, " lenn ", language=load("de")),
    ]

    def coverage(question):
        asked = ranking(named, question, **idf)
        return signals_of(asked, named, named).named_coverage

    assert coverage("Do both say amber and birch?") == pytest.approx(0.6)
    assert coverage("Do both say amber and birch in Lenn?") == 1.0
