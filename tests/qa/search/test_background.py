import numpy as np
import pytest

from index.indexer import Indexer
from qa import Article, Passage
from qa.language import ENGLISH, load
from qa.model.prompts import Prompts
from qa.search.background import (
    ANSWER,
    GROWTH,
    LEAST_GAP,
    SAMPLE,
    Background,
    Sampler,
    Usual,
    general_vectors,
)
from qa.search.vectors import VectorIndex
from qa.store.articles import Store
from qa.store.passages import Embedded, Sentences
from tests.articles import english
from tests.counting import Counting

pytestmark = pytest.mark.sqlite

GERMAN, RUSSIAN = load("de"), load("ru")
SPREAD = {"abs": 1e-4}  # vectors are stored in half precision


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache for this test only."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "pullquote" / "graphs"


def german(id_, text):
    return Article(id_, "T", text, language="de")


# What is usual


def test_cosine_stands_out_by_its_share_of_an_answer():
    usual = Usual(0.7, 0.1)
    found = [usual.stands_out(c) for c in (0.8, 0.7, 0.65)]
    assert found == pytest.approx([ANSWER, 0.0, -ANSWER / 2])


class Asking(Counting):
    """Encodes general questions and answers as one number each, and records the questions."""

    def __init__(self, *numbers, answers=(0.0,), **options):
        super().__init__("rain", **options)
        self.numbers, self.answers = numbers, answers
        self.asked = []

    def encode_queries(self, texts):
        self.asked.append(tuple(texts))
        return np.resize(np.array(self.numbers, np.float32), len(texts))[:, None]

    def encode_passages(self, texts, parts=(), *, quick=False, take_tokens=None):
        return list(np.resize(np.array(self.answers, np.float32), len(texts))[:, None, None])


def test_usual_is_the_median_of_general_questions_and_a_sample():
    one = np.ones((1, 1), np.float32)
    background = Background(Asking(0.1, 0.2, 0.9), {"en": one}, {"en": 2 * one})
    passages, sentences = background.usual(ENGLISH, ENGLISH)
    assert (passages.median, sentences.median) == pytest.approx((0.2, 0.4))


def test_gap_is_between_answers_and_other_answers():
    """Every other question is 1 and so is its answer; the rest are -1."""
    one = {"en": np.ones((1, 1), np.float32)}
    usual, _ = Background(Asking(1, -1, answers=(1, -1)), one, one).usual(ENGLISH, ENGLISH)
    assert usual == Usual(0.0, 2.0)


class Reading(Asking):
    """Every other question is 1 and so is its answer, which in German is ``german`` of that."""

    def __init__(self, german):
        super().__init__(1, -1)
        self._german = german

    def encode_passages(self, texts, parts=(), *, quick=False, take_tokens=None):
        size = self._german if texts == GERMAN.general_answers else 1.0
        return list(np.resize(np.array([size, -size], np.float32), len(texts))[:, None, None])


@pytest.mark.parametrize(
    ("german", "asked", "passages", "gap"),
    [
        (0.6, ENGLISH, ENGLISH, 2.0),
        (0.6, GERMAN, GERMAN, 1.2),
        (0.4, GERMAN, GERMAN, 2.0),  # the model hardly reads German
        (0.6, GERMAN, ENGLISH, 2.0),
        (0.6, load("is"), load("is"), 2.0),
    ],
)
def test_gap_is_that_of_the_language_if_the_model_reads_it(german, asked, passages, gap):
    one = {code: np.ones((1, 1), np.float32) for code in ("en", "de", "is")}
    usual, _ = Background(Reading(german), one, one).usual(asked, passages)
    assert usual.gap == pytest.approx(gap)


def test_model_that_tells_nothing_apart_has_the_least_gap():
    alike = {"en": np.ones((3, 1), np.float32)}
    usual, _ = Background(Asking(0.5, answers=(1.0,)), alike, alike).usual(ENGLISH, ENGLISH)
    assert usual == Usual(0.5, LEAST_GAP)


def test_general_questions_are_those_of_the_language_of_the_question():
    encoder = Asking(0.5)
    one = {"en": np.ones((1, 1), np.float32)}
    background = Background(encoder, one, one)
    icelandic = load("is")
    for asked in (GERMAN, GERMAN, ENGLISH):
        background.usual(asked, ENGLISH)
    assert encoder.asked == [GERMAN.general, ENGLISH.general]
    assert icelandic.general == ()  # then those in English, which are in the cache
    assert background.usual(icelandic, ENGLISH) == background.usual(ENGLISH, ENGLISH)
    assert encoder.asked == [GERMAN.general, ENGLISH.general]


# Of a library


@pytest.fixture
def apart(opened):
    """A library whose general questions are 1 for rain, so that passages about it have 1."""
    library = opened(Raining("rain", "bus"))
    indexer = Indexer(library)
    indexer.add(english("a", "T", "The bus.", "The bus."))
    indexer.add(german("b", "rain rain"))
    return library


class Raining(Counting):
    """General questions are about rain."""

    def _general(self, count):
        return np.tile(np.array([1, 0], np.float32), (count, 1))


def test_each_language_of_a_library_has_its_own(apart):
    with apart.view() as retriever:
        background = retriever.background
    assert sorted(background.languages) == ["de", "en"]
    medians = [[each.median for each in background.usual(ENGLISH, to)] for to in (ENGLISH, GERMAN)]
    assert medians == [[0.0, 0.0], [1.0, 1.0]]


def test_language_that_the_sample_lacks_is_read_against_all(apart):
    with apart.view() as retriever:
        usual, _ = retriever.background.usual(ENGLISH, RUSSIAN)
    assert usual.median == 0.0  # of two passages in English and one in German


def test_article_without_a_language_counts_as_english(store):
    taken = Sampler(store, Counting(*"abcd")).background(1, filled(store, (None, 3)))
    assert taken.passages.keys() == taken.sentences.keys() == {"en"}


def test_what_is_usual_follows_the_library(opened, counting):
    asking, writing = opened(), Indexer(opened())
    seen = []
    for change in (
        lambda: None,
        lambda: writing.add(english("a", "T", "The bus.")),
        lambda: writing.add(german("b", "Der Bus kam.")),
        lambda: writing.remove("a"),
        writing.rebuild,
    ):
        change()
        with asking.view() as retriever:
            seen.append(retriever.background)
    assert [each.languages for each in seen] == [[], ["en"], ["en", "de"], ["de"], ["de"]]
    assert seen[-1] is not seen[-2]
    with asking.view() as retriever:
        assert retriever.background is seen[-1]


# The sample


@pytest.fixture
def store(database):
    return Store(database)


def filled(store, *articles):
    """Store articles of a language and so many passages, and return the index of all."""
    for language, count in articles:
        text = "x" * count
        passages = [Passage("x", n, n + 1, n) for n in range(count)]
        vectors = np.ones((count, 4), np.float32)
        sentences = [Sentences([(0, 1)], vectors[:1])] * count
        article = Article(f"{language}{count}", "T", text, language=language)
        store.save(article, Embedded(passages, vectors, sentences), "counting")
    index = VectorIndex(4)
    for ids, vectors in store.vectors_after(1, 0, 4):
        index.add(ids, vectors)
    return index


def sizes(vectors):
    return {language: each.shape for language, each in vectors.items()}


@pytest.mark.parametrize("times", [1.2, 3])
def test_sample_is_taken_evenly_from_the_whole_library(store, times):
    half = int(SAMPLE * times) // 2
    index = filled(store, ("en", half), ("de", half))
    taken = Sampler(store, Counting(*"abcd")).background(1, index)
    expected = {"en": (SAMPLE // 2, 4), "de": (SAMPLE // 2, 4)}
    assert sizes(taken.passages) == sizes(taken.sentences) == expected


def test_library_smaller_than_the_sample_is_in_it_as_a_whole(store):
    taken = Sampler(store, Counting(*"abcd")).background(1, filled(store, ("en", 7), ("de", 3)))
    assert sizes(taken.passages) == sizes(taken.sentences) == {"en": (7, 4), "de": (3, 4)}


def test_language_too_rare_for_the_sample_is_read_against_all(store):
    index = filled(store, ("en", 3 * SAMPLE), ("de", 1), ("fr", 3 * SAMPLE))
    taken = Sampler(store, Counting(*"abcd")).background(1, index)
    assert taken.languages == ["en", "fr"]
    assert taken.usual(ENGLISH, GERMAN) == taken.usual(ENGLISH, ENGLISH)


def without(index, count):
    index.remove(np.sort(index.ids)[-count:])
    return index


def test_sample_is_taken_again_when_the_library_has_grown_or_shrunk_by_half(store):
    sampler = Sampler(store, Counting(*"abcd"))
    count = 4 * SAMPLE
    first = sampler.background(1, filled(store, ("en", count)))
    more = int(count * (GROWTH - 1))
    index = filled(store, ("de", more))
    assert len(index) == count * GROWTH
    assert sampler.background(1, without(index, 1)) is first
    second = sampler.background(1, filled(store))
    assert second.languages == ["en", "de"]
    index = without(filled(store), more - 1)
    assert sampler.background(1, index) is second
    third = sampler.background(1, without(index, 1))
    assert third.languages == ["en"]
    assert sampler.background(2, index) is not third


def test_sample_of_a_small_library_is_taken_again_when_its_size_changes(store):
    sampler = Sampler(store, Counting(*"abcd"))
    first = sampler.background(1, filled(store, ("en", 5)))
    assert sampler.background(1, filled(store)) is first
    second = sampler.background(1, filled(store, ("de", 1)))
    assert sizes(second.passages) == {"en": (5, 4), "de": (1, 4)}
    assert sampler.background(2, filled(store)) is not second


# General questions


def test_general_questions_are_encoded_once_for_all_processes(cache):
    first, second = Asking(0.25, 0.5), Asking(0.75, 1.0)
    for encoder in (first, second):
        vectors = general_vectors(encoder, ("Who?", "Why?"))
        assert (vectors.tolist(), vectors.dtype) == ([[0.25], [0.5]], np.float32)
    assert (first.asked, second.asked) == ([("Who?", "Why?")], [])
    assert len(list(cache.iterdir())) == 1


@pytest.mark.parametrize(
    ("options", "questions"),
    [
        ({"name": "other"}, ("Who?",)),
        ({"prompts": Prompts(query="query: ")}, ("Who?",)),
        ({}, ("Why?",)),
    ],
)
def test_another_model_prompt_or_question_is_encoded(options, questions):
    general_vectors(Asking(0.25), ("Who?",))
    other = Asking(0.5, **options)
    assert general_vectors(other, questions).tolist() == [[0.5]]
    assert other.asked == [questions]


@pytest.mark.parametrize("name", ["vectors.npy", "facts.json"])
@pytest.mark.parametrize("damage", [lambda _: b"", lambda content: content[:-1] + b"\xa7", None])
def test_damaged_vectors_are_encoded_again(cache, name, damage):
    general_vectors(Asking(0.25), ("Who?",))
    (folder,) = cache.iterdir()
    file = folder / name
    if damage:
        file.write_bytes(damage(file.read_bytes()))
    else:
        file.unlink()
    again, after = Asking(0.5), Asking(1.0)
    assert general_vectors(again, ("Who?",)).tolist() == [[0.5]]
    assert again.asked == [("Who?",)]
    assert general_vectors(after, ("Who?",)).tolist() == [[0.5]]
    assert after.asked == []
    assert list(cache.iterdir()) == [folder]


def test_general_questions_are_encoded_each_time_if_no_folder_can_be_written(
    tmp_path, monkeypatch, caplog
):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    for number in (0.25, 0.5):
        assert general_vectors(Asking(number), ("Who?",)).tolist() == [[number]]
    said = "General texts will be encoded again at the next start: "
    assert [record.getMessage().startswith(said) for record in caplog.records] == [True, True]
