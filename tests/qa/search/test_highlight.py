import pytest

from qa.language.question import read_question
from qa.search.highlight import Marked, mark

QUESTION = read_question("When did the old bridge fall?", {"old": 0.2, "bridg": 0.5, "fall": 0.3})


def test_score_adds_cosine_words_words_found_nowhere_else_phrases_and_kind():
    """Of three phrases (the old, old bridge, bridge fall) the second sentence has two."""
    sentences = ["A bridge in the rain.", "The old bridge is where leaves fall in 1815."]
    found = mark(QUESTION, sentences, [0.9, 0.5])
    coverage, alone = 1.0, 0.2 + 0.3
    assert found.number == 1
    assert (found.cosine, found.coverage) == (0.5, pytest.approx(coverage))
    assert found.score == pytest.approx(0.5 + 0.5 * coverage + 0.5 * alone + 0.25 * 2 / 3 + 0.2)


def test_nearest_is_marked_where_words_say_nothing():
    assert mark(QUESTION, ["Rain.", "Fog."], [0.1, 0.2]) == Marked(1, 0.2, 0.2, 0.0)


def test_first_is_marked_of_equals():
    assert mark(QUESTION, ["Fog.", "Fog."], [0.2, 0.2]).number == 0


def test_sentence_with_the_kind_asked_for_is_marked_of_two_alike():
    sentences = ["The old bridge fell down.", "The old bridge fell in May."]
    assert mark(QUESTION, sentences, [0.5, 0.5]).number == 1


def test_the_sentence_behind_the_same_question_is_marked_and_is_as_sure():
    sentences = ["It rains.", "When did the old bridge fall?", "Why?", "In May.", "The end."]
    found = mark(QUESTION, sentences, [0.1, 0.9, 0.3, 0.2, 0.1])
    assert (found.number, found.cosine, found.coverage) == (3, 0.9, pytest.approx(1.0))


def test_a_question_with_nothing_behind_it_is_marked():
    sentences = ["It rains.", "When did the old bridge fall?", "Why?"]
    assert mark(QUESTION, sentences, [0.1, 0.9, 0.3]).number == 1


def test_question_of_one_word_has_no_phrases():
    question = read_question("bridge?", {"bridg": 1.0})
    assert mark(question, ["The bridge."], [0.4]).score == pytest.approx(0.4 + 0.5 + 0.5)
