import numpy as np
import pytest

from qa.language import ENGLISH
from qa.language.question import read_wording
from qa.search.highlight import Highlight, covered, highlight


def asking(text, idf):
    return read_wording(text, lambda _: idf, np.zeros(1, np.float32))


QUESTION = asking("When did the old bridge fall?", {"old": 0.2, "bridg": 0.5, "fall": 0.3})


def test_score_is_the_sum_of_cosine_words_unique_words_phrases_and_kind():
    """Of three phrases (the old, old bridge, bridge fall) the second sentence has two."""
    sentences = ["A bridge in the rain.", "The old bridge is where leaves fall in 1815."]
    found = highlight(QUESTION, sentences, [0.9, 0.5])
    coverage, alone = 1.0, 0.2 + 0.3
    assert found.number == 1
    assert (found.cosine, found.coverage) == (0.5, pytest.approx(coverage))
    assert found.score == pytest.approx(0.5 + 0.5 * coverage + 0.5 * alone + 0.25 * 2 / 3 + 0.2)


def test_nearest_sentence_is_highlighted_if_no_word_matches():
    assert highlight(QUESTION, ["Rain.", "Fog."], [0.1, 0.2]) == Highlight(1, 0.2, 0.2, 0.0)


def test_first_of_equal_sentences_is_highlighted():
    assert highlight(QUESTION, ["Fog.", "Fog."], [0.2, 0.2]).number == 0


def test_of_two_similar_sentences_the_one_with_the_expected_answer_type_is_highlighted():
    sentences = ["The old bridge fell down.", "The old bridge fell in May."]
    assert highlight(QUESTION, sentences, [0.5, 0.5]).number == 1


def test_sentence_after_the_same_question_is_highlighted_with_the_questions_signals():
    sentences = ["It rains.", "When did the old bridge fall?", "Why?", "In May.", "The end."]
    found = highlight(QUESTION, sentences, [0.1, 0.9, 0.3, 0.2, 0.1])
    assert (found.number, found.cosine, found.coverage) == (3, 0.9, pytest.approx(1.0))


def test_question_with_nothing_after_it_is_highlighted():
    sentences = ["It rains.", "When did the old bridge fall?", "Why?"]
    assert highlight(QUESTION, sentences, [0.1, 0.9, 0.3]).number == 1


def test_question_of_one_word_has_no_phrases():
    question = asking("bridge?", {"bridg": 1.0})
    assert highlight(question, ["The bridge."], [0.4]).score == pytest.approx(0.4 + 0.5 + 0.5)


def test_covered_is_the_share_of_idf_weight():
    assert covered(ENGLISH.stemmed("An old bridge on a hill"), QUESTION) == pytest.approx(0.7)
    assert covered(ENGLISH.stemmed("A hill"), QUESTION) == 0.0
    assert covered(ENGLISH.stemmed("bridge"), asking("…", {})) == 0.0
