import numpy as np
import pytest

from index.indexer import Indexer
from qa import Article, Passage
from qa.language import ENGLISH, load
from qa.language.question import read_wording
from qa.search.background import ANSWER
from qa.search.late import KEPT, LateInteraction, interaction
from qa.search.retrieval import ACROSS, COMPARED
from tests.counting import Counting

GERMAN = load("de")
WORDS = ("rain", "bridge", "mayor", "tower")
GENERAL = len(ENGLISH.general)
OFFSETS = {"en": 2.0, "de": -1.0}
"""What all tokens of a language have in common, in a dimension of its own."""
WIDTH = GENERAL + len(WORDS) + 1


class Worded(Counting):
    """One token for each word that it knows. A general question is near its answer alone."""

    def __init__(self, name="worded"):
        super().__init__(*WORDS, name=name)
        self.read = []

    def encode_tokens(self, texts, *, are_passages):
        self.read += texts
        return [self._tokens_of(text) for text in texts]

    def _tokens_of(self, text):
        for language in (ENGLISH, GERMAN):
            for known in (language.general, language.general_answers):
                if text in known:  # a token and its opposite: their mean is what all have in common
                    pair = np.zeros((2, WIDTH), np.float32)
                    pair[:, known.index(text)] = 1, -1
                    return pair + self._common(language.code)
        found = [WORDS.index(word) for word in ENGLISH.words(text) if word in WORDS]
        tokens = np.zeros((len(found), WIDTH), np.float32)
        tokens[np.arange(len(found)), [GENERAL + n for n in found]] = 1
        return tokens + self._common("de" if "der" in text.lower().split() else "en")

    def _common(self, code):
        return np.array([0] * (WIDTH - 1) + [OFFSETS[code]], np.float32)


class Unworded(Counting):
    """Its vectors are not made of tokens'."""


def asked(text):
    return read_wording(text, lambda stems: dict.fromkeys(stems, 1.0), np.zeros(4, np.float32))


def passage(text):
    return Passage(text, 0, len(text), 0)


def test_interaction_is_the_mean_of_the_nearest_tokens():
    query = np.array([[1, 0], [0, 1]], np.float32)
    near = np.array([[0.6, 0.8], [0.8, 0.6]], np.float32)
    assert interaction(query, near) == pytest.approx(0.8)
    assert interaction(query, near[:1]) == pytest.approx(0.7)
    assert interaction(query, near[:0]) == interaction(query[:0], near) == 0.0


def test_what_a_language_has_in_common_does_not_count():
    late = LateInteraction(Worded())
    german = [
        (passage(text), GERMAN) for text in ("der rain mayor", "der mayor", "der bridge rain")
    ]
    found = late.stand_out(asked("rain bridge"), german)
    assert found == pytest.approx([0.5 * ANSWER, 0.0, ANSWER])
    assert late.stand_out(asked("rain bridge"), [(passage("rain mayor"), ENGLISH)]) == (
        pytest.approx([0.5 * ANSWER])
    )


def test_context_of_a_passage_is_compared_too():
    titled = Passage("der mayor", 0, 9, 0, context="rain")
    found = LateInteraction(Worded()).stand_out(asked("rain"), [(titled, GERMAN)])
    assert found == pytest.approx([ANSWER])


def test_passage_is_encoded_once_while_it_is_kept():
    encoder = Worded()
    late = LateInteraction(encoder)
    some = [(passage(f"der rain {n}"), GERMAN) for n in range(KEPT)]
    first = late.stand_out(asked("rain"), some)
    encoder.read.clear()
    assert late.stand_out(asked("rain"), some) == first
    assert encoder.read == ["rain"]
    late.stand_out(asked("rain"), [(passage("der tower"), GERMAN)])  # the first one is let go
    encoder.read.clear()
    late.stand_out(asked("rain"), some[:1])
    assert encoder.read == ["rain", "\nder rain 0"]


def test_model_without_token_vectors_compares_none():
    assert (
        LateInteraction(Unworded(*WORDS)).stand_out(asked("rain"), [(passage("der"), GERMAN)])
        is None
    )


RAIN, MAYOR = "der rain rain rain", "der rain bridge mayor tower"


@pytest.fixture
def german(opened):
    def filled(encoder):
        library = opened(encoder)
        for name, text in (("regen", RAIN), ("turm", MAYOR)):
            Indexer(library).add(Article(name, "", text, language="de"))
        return library

    return filled


def test_passage_in_another_language_ranks_by_its_tokens(german):
    """The passage with the higher cosine has fewer of the question's words."""
    question = "What did the rain do to the rain and the bridge?"
    first, second = german(Worded()).rank(question).candidates
    assert (first.stored.passage.text, second.stored.passage.text) == (MAYOR, RAIN)
    assert first.cosine < second.cosine
    assert [each.late for each in (first, second)] == pytest.approx([ANSWER, 2 / 3 * ANSWER])
    least = ACROSS.late * (first.late - second.late)
    assert first.score - second.score == pytest.approx(
        least
        + ACROSS.dense * (first.dense - second.dense)
        + ACROSS.sentence * (first.sentence - second.sentence)
        + ACROSS.answer * (first.answer - second.answer)
    )


def test_cosine_stands_in_where_a_model_has_no_tokens(german):
    found = german(Unworded(*WORDS)).rank("What did the rain do?").candidates
    assert [each.late for each in found] == [each.dense for each in found]


def test_only_the_first_passages_are_compared(opened):
    library = opened(Worded())
    for n in range(COMPARED + 2):
        text = "der rain " + "bridge " * n
        Indexer(library).add(Article(str(n), "", text.strip(), language="de"))
    found = [each.late > 0 for each in library.rank("What did the rain do?").candidates]
    assert found == [True] * COMPARED + [False] * 2


def test_passages_in_the_language_of_the_question_are_not_compared(opened):
    encoder = Worded()
    library = opened(encoder)
    Indexer(library).add(Article("a", "", "The rain closed the bridge.", language="en"))
    assert [each.late for each in library.rank("What closed the bridge?").candidates] == [0.0]
    assert encoder.read == []
