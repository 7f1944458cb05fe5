import re

import numpy as np
import pytest

from index.indexer import Indexer
from qa import Article
from qa.language import ENGLISH, load
from qa.language.question import read_wording
from qa.model.pooling import token_ranges
from qa.search.background import ANSWER
from qa.search.late import ORDINARY, LateInteraction, interaction
from qa.search.retrieval import ACROSS
from qa.store.passages import Tokens
from qa.vectors import from_codes, to_codes, turned
from tests.articles import english
from tests.counting import Counting

pytestmark = pytest.mark.sqlite

GERMAN = load("de")
WORDS = ("rain", "bridge", "mayor", "tower")
DIRECTIONS = np.array([[1]])
"""At right angles to each other, and all their numbers 1 or -1. ``Worded`` turns them back, so that
their codes lose nothing."""
for _ in range(4):
    DIRECTIONS = np.block([[DIRECTIONS, DIRECTIONS], [DIRECTIONS, -DIRECTIONS]])
BACK = turned(np.eye(len(DIRECTIONS), dtype=np.float32)).T
KEPT = (from_codes(to_codes(DIRECTIONS), len(DIRECTIONS))[0] * DIRECTIONS[0]).sum() / 4
"""The product of such a vector with its own code: more than 1, since all its numbers are large."""
COMMON = {"en": 2.0, "de": -1.0}
"""What all tokens of a language have in common."""


class Worded(Counting):
    """A direction for each word that it knows, and for each general question and its answer."""

    def __init__(self, name="worded"):
        super().__init__(*WORDS, *"abcdefghijkl", name=name)
        self.read = []

    def encode_tokens(self, texts, *, are_passages):
        self.read += texts
        return [self._tokens_of(text) for text in texts]

    def encode_passages(self, texts, parts=(), *, quick=False, take_tokens=None):
        for n, text in enumerate(texts):
            if take_tokens is not None:
                tokens = self._tokens_of(text)
                take_tokens(n, tokens, token_ranges(self._places(text), parts[n]))
        return super().encode_passages(texts, parts, quick=quick)

    def _places(self, text):
        found = re.finditer("|".join(WORDS), text)
        return np.array([each.span() for each in found]).reshape(-1, 2)

    def _tokens_of(self, text):
        for language in (ENGLISH, GERMAN):
            for known in (language.general, language.general_answers):
                if text in known:  # and its opposite, so that the mean is what they have in common
                    both = DIRECTIONS[known.index(text)] * np.array([[1], [-1]])
                    return self._layers((both + COMMON[language.code]).astype(np.float32) @ BACK)
        found = [WORDS.index(word) for word in ENGLISH.words(text) if word in WORDS]
        common = COMMON["de" if "der" in text.lower().split() else "en"]
        tokens = (DIRECTIONS[len(ENGLISH.general) :][found] + common).astype(np.float32)
        return self._layers(tokens @ BACK)

    def _layers(self, tokens):
        return tokens[:, None]


def asked(text):
    return read_wording(text, lambda stems: dict.fromkeys(stems, 1.0), np.zeros(4, np.float32))


def level(share, *counts):
    """How far a passage stands out that has this ``share`` of the tokens of a question.

    ``counts`` say how often it has each of its words. These are at right angles to what general
    questions have in common, and half as long.
    """
    apart = sum((n / sum(counts)) ** 2 for n in counts)
    ordinary = ORDINARY * (2 / np.sqrt(4 + apart) - 1)
    return (share + ordinary / KEPT) * ANSWER


def test_interaction_is_the_mean_of_the_nearest_tokens():
    query = np.array([[1, 0], [0, 1]], np.float32) / 2
    near = np.array([[0.6, 0.8], [0.8, 0.6]], np.float32)
    assert interaction(query, near) == pytest.approx(0.8)
    assert interaction(query, near[:1]) == pytest.approx(0.7)
    assert interaction(query, near[:0]) == interaction(query[:0], near) == 0.0


def test_what_a_language_has_in_common_does_not_count():
    encoder = Worded()
    late = LateInteraction(encoder)
    texts = ["der rain mayor", "der mayor", "der bridge rain"]
    read = encoder.encode_tokens([*texts, "rain mayor"], are_passages=True)
    languages = (GERMAN, GERMAN, GERMAN, ENGLISH)
    codes = [late.codes(each, of) for each, of in zip(read, languages, strict=True)]
    passages = {n: Tokens(each, ()) for n, each in enumerate(codes)}
    found = [each.passage for each in late.stand_out(asked("rain bridge"), passages).values()]
    assert found == pytest.approx([level(share, 1, 1) for share in (0.5, 0, 1, 0.5)], abs=1e-6)


def test_level_of_an_unusual_question_is_lower():
    """What is left of it without what questions have in common comes nearer to any passage."""
    assert level(1, 1) < level(1, 1, 1) < level(1, 1, 1, 1, 1)
    encoder = Worded()
    late = LateInteraction(encoder)
    (read,) = encoder.encode_tokens(["rain mayor bridge tower"], are_passages=True)
    passages = {1: Tokens(late.codes(read, ENGLISH), ())}
    found = [
        late.stand_out(asked(text), passages)[1].passage
        for text in ("rain", "rain mayor", "rain mayor bridge tower")
    ]
    assert found == pytest.approx([level(1, 1), level(1, 1, 1), level(1, 1, 1, 1, 1)])


class Knowing(Worded):
    """Knows how rare the words are: bridges are three times as rare as rain, mayors are common."""

    def rarities(self, query):
        if query in ENGLISH.general:
            return None
        rare = {"rain": 1.0, "bridge": 3.0, "mayor": 0.0, "tower": 0.0}
        return np.array([rare[w] for w in ENGLISH.words(query) if w in rare], np.float32)


def test_rare_tokens_count_more():
    late = LateInteraction(encoder := Knowing())
    texts = ["rain", "bridge", "mayor"]
    read = encoder.encode_tokens(texts, are_passages=True)
    passages = {n: Tokens(late.codes(each, ENGLISH), ()) for n, each in enumerate(read)}
    for text, shares in (("rain bridge mayor", (0.25, 0.75, 0)), ("mayor tower", (0, 0, 0.5))):
        found = [each.passage for each in late.stand_out(asked(text), passages).values()]
        counts = [1] * len(text.split())
        assert found == pytest.approx([level(share, *counts) for share in shares], abs=1e-6)


class Layered(Worded):
    """Its earlier layer holds every word for rain."""

    def _tokens_of(self, text):
        tokens = super()._tokens_of(text)
        is_general = text in (*ENGLISH.general, *ENGLISH.general_answers)
        rain = (DIRECTIONS[len(ENGLISH.general)] + COMMON["en"]).astype(np.float32) @ BACK
        earlier = tokens if is_general else np.broadcast_to(rain, tokens.shape)
        return np.concatenate([tokens, earlier], axis=1)


def test_earlier_layer_counts_less():
    late = LateInteraction(encoder := Layered())
    texts = ["rain", "bridge"]
    read = encoder.encode_tokens(texts, are_passages=True)
    passages = {n: Tokens(late.codes(each, ENGLISH), ()) for n, each in enumerate(read)}
    found = [each.passage for each in late.stand_out(asked("bridge"), passages).values()]
    assert found == pytest.approx([level(0.3, 1), level(1, 1)], abs=1e-6)


def test_tokens_take_two_bits_a_number():
    late = LateInteraction(Worded())
    codes = late.codes(Worded().encode_tokens(["rain mayor"], are_passages=True)[0], ENGLISH)
    assert len(codes) == 2 * len(DIRECTIONS) * 2 / 8


def test_sentence_has_the_level_of_its_own_tokens():
    encoder = Worded()
    late = LateInteraction(encoder)
    (read,) = encoder.encode_tokens(["rain mayor bridge"], are_passages=True)
    passage = Tokens(late.codes(read, ENGLISH), [(0, 1), (1, 3), (3, 3)])
    (found,) = late.stand_out(asked("mayor bridge"), {7: passage}).values()
    assert found.passage == pytest.approx(level(1, 1, 1))
    # The last one is beyond what the model reads.
    assert found.sentences == pytest.approx([level(share, 1, 1) for share in (0, 1, 1)], abs=1e-6)


RAIN, MAYOR = "der rain rain rain", "der rain bridge mayor tower"
QUESTION = "What did the rain do to the rain and the bridge?"


def filled(library):
    for name, text in (("regen", RAIN), ("turm", MAYOR)):
        Indexer(library).add(Article(name, "", text, language="de"))
    return library


def test_passage_in_another_language_ranks_by_its_tokens(opened):
    """The passage with the higher cosine has fewer of the question's words."""
    first, second = filled(opened(Worded())).rank(QUESTION).candidates
    assert (first.stored.passage.text, second.stored.passage.text) == (MAYOR, RAIN)
    assert first.cosine < second.cosine
    assert [first.late, second.late] == pytest.approx([level(1, 2, 1), level(2 / 3, 2, 1)])
    others = {
        name: getattr(first, name) - getattr(second, name)
        for name in ("dense", "coverage", "sentence", "answer", "hint", "late")
    }
    expected = sum(getattr(ACROSS, name) * more for name, more in others.items())
    assert first.score - second.score == pytest.approx(expected)


def test_sentence_whose_tokens_answer_is_highlighted(opened):
    library = opened(Worded())
    text = "Das war der rain. Der bridge und der mayor. Danach kam der tower."
    Indexer(library).add(Article("a", "", text, language="de"))
    first = library.rank("Who was on the bridge, the mayor?").candidates[0]
    assert text[slice(*first.highlight)] == "Der bridge und der mayor."


def test_context_of_a_passage_is_compared_too(opened):
    library = opened(Worded())
    Indexer(library).add(Article("a", "Rain", "der mayor", language="de"))
    assert library.rank("What about rain?").candidates[0].late == pytest.approx(level(1, 1))


def test_meaning_stands_in_for_a_model_without_token_vectors(opened):
    found = filled(opened(Counting(*WORDS))).rank(QUESTION).candidates
    assert [each.late for each in found] == [each.dense for each in found]


def test_meaning_stands_in_for_passages_from_before_there_were_tokens(opened):
    library = filled(opened(Worded()))
    with library.database.write() as db:
        db.execute("DELETE FROM tokens")
    found = library.rank(QUESTION).candidates
    assert [each.late for each in found] == [each.dense for each in found]
    Indexer(library).rebuild()
    assert library.rank(QUESTION).candidates[0].late == pytest.approx(level(1, 2, 1))


def test_tokens_go_with_their_passage(opened):
    library = filled(opened(Worded()))
    Indexer(library).remove("regen")
    with library.database.read() as db:
        assert db.execute("SELECT count(*) FROM tokens").fetchone()[0] == 1


def test_passages_in_the_language_of_the_question_are_not_compared(opened):
    encoder = Worded()
    library = opened(encoder)
    Indexer(library).add(english("a", "", "The rain closed the bridge."))
    encoder.read.clear()
    assert [each.late for each in library.rank("What closed the bridge?").candidates] == [0.0]
    assert encoder.read == []


def test_model_of_one_language_stores_no_tokens(opened):
    library = filled(opened(Worded(name="all-MiniLM-L6-v2")))
    with library.database.read() as db:
        assert db.execute("SELECT count(*) FROM tokens").fetchone()[0] == 0
    assert {each.late for each in library.rank(QUESTION).candidates} == {0.0}
