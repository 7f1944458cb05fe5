import math

import numpy as np
import pytest

from index.indexer import Indexer
from qa import Article
from qa.language import ENGLISH, load
from qa.model.prompts import Prompts
from qa.search.background import ANSWER, Usual
from qa.topics.matching import ABOUT, CONTEXT, MENTIONS
from qa.topics.matrix import TEMPERATURE, TopicMatrix
from qa.topics.subjects import subjects_named
from qa.topics.vectors import TopicVectors
from tests.articles import APART, english
from tests.counting import Counting

UKRAINIAN = load("uk")
SUBJECTS = ENGLISH.subjects
VOCABULARY = ("rain", "bridge", "mayor", "bus")
FLOOD = english(
    "flood",
    "Flood",
    "The mayor took the bus over the bridge in the rain.",
    "Zebras are striped. The rain fell on the old zoo.",
    "Lions sleep.",
)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache for each test: encoders of one name may count other words of the subjects."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def flood(library, indexer):
    indexer.add(FLOOD)
    return library.article("flood")


def share(cosine, *others):
    """Return the topic's share of an article, given the article's cosine to the topic."""
    own = math.exp(cosine / TEMPERATURE)
    return pytest.approx(own / (own + sum(math.exp(o / TEMPERATURE) for o in others)), rel=1e-4)


# What is matched


def test_topic_matches_by_meaning(library, flood):
    (match,) = library.match(["rain"], flood).values()
    assert match.quote.text == "Zebras are striped. The rain fell on the old zoo."
    assert match.quote.sentence == "The rain fell on the old zoo."
    assert match.quote.score == pytest.approx(1.0)
    # The mean of its passages is (1.5, 0.5, 0.5, 0.5), and no subject has a word of it.
    assert match.score == share(1.5 / math.sqrt(3), *[0] * len(SUBJECTS))
    assert match.surplus == pytest.approx(match.score - MENTIONS)
    assert flood.text[match.quote.start : match.quote.end] == match.quote.text


def test_article_about_something_else_does_not_match(library, indexer):
    indexer.add(english("a", "T", "The mayor took the bus.", *["The mayor walked."] * 4))
    article = library.article("a")
    assert set(library.match(["mayor", "rain"], article)) == {"mayor"}
    # In passing: it matches only because it contains the word.
    (match,) = library.match(["bus"], article).values()
    assert MENTIONS < match.score < ABOUT
    assert match.quote.text == "The mayor took the bus."
    assert library.match(["bus tickets"], article) == {}


def test_words_alone_do_not_match_an_article_about_something_else(library, flood):
    """The encoder does not know lions: the article is as near to them as to each subject."""
    assert library.match(["sleeping lions"], flood) == {}


def test_several_topics_are_matched_at_once(library, flood):
    found = library.match(("rain", "tunnels", "Bridge"), flood)
    assert list(found) == ["rain", "Bridge"]
    assert found["Bridge"].quote.text == "The mayor took the bus over the bridge in the rain."


def test_passage_with_most_topic_words_is_quoted_among_similar_ones(library, indexer):
    alike = "Rain, rain and rain over the bridge wet the lions."  # cosine .95, two words of three
    indexer.add(english("a", "T", "The rain fell.", alike))
    (match,) = library.match(["rain, lions, tigers"], library.article("a")).values()
    assert match.quote.text == alike


def test_no_topics_match_nothing(library, flood):
    assert library.match((), flood) == {}


def test_article_without_passages_matches_nothing(library, indexer):
    indexer.add(english("empty", "Rain", ""))
    assert library.match(["rain"], library.article("empty")) == {}


def test_updated_article_is_matched_by_its_new_text(library, indexer, flood):
    indexer.add(english("flood", "Flood", "No. The rain is over."))
    (match,) = library.match(["rain"], flood).values()
    assert match.quote.text == "No. The rain is over."
    assert match.quote.article.text[match.quote.start : match.quote.end] == match.quote.text
    assert library.opening(flood).article.text == "No. The rain is over."


def test_nearest_passages_of_other_articles_are_averaged_in(library, indexer):
    """Passages about buses also mention rain, so an article about buses moves nearer to rain."""
    indexer.add(english("bus", "T", "The bus. The mayor."))
    article = library.article("bus")
    assert library.match(["rain"], article) == {}
    for n in range(8):
        indexer.add(english(f"a{n}", "T", "The rain and the bus and the rain."))
    (match,) = library.match(["rain"], article).values()
    own, near = np.array([0, 0, 1, 1]) / math.sqrt(2), np.array([2, 0, 0, 1]) / math.sqrt(5)
    moved = own + 8 * CONTEXT * (own @ near) * near
    assert match.score == share(moved[0] / np.linalg.norm(moved), *[0] * len(SUBJECTS))
    assert match.quote.text == "The bus. The mayor."


def test_nearer_passages_weigh_more(library, indexer):
    indexer.add(english("bus", "T", "The bus. The mayor."))
    indexer.add(english("near", "T", "The rain and the bus."))
    indexer.add(english("nearer", "T", "The bridge, the mayor and the bus."))
    indexer.add(english("far", "T", "The rain on the bridge."))
    article = library.article("bus")
    library.match(["rain"], article)
    with library.view() as retriever:
        own = np.array([0, 0, 1, 1], np.float32) / math.sqrt(2)
        ids = {s.id for s in library.store.passages_of(article.number, retriever.generation)}
        moved = library.topic_matcher._in_context(own, ids, retriever)
    near, nearer = np.array([1, 0, 0, 1]) / math.sqrt(2), np.array([0, 1, 1, 1]) / math.sqrt(3)
    expected = own + CONTEXT * ((own @ near) * near + (own @ nearer) * nearer)
    assert moved == pytest.approx(expected / np.linalg.norm(expected), abs=1e-3)


# Articles and topics in several languages


class Translating(Counting):
    """Counts Ukrainian words as what they mean."""

    MEANINGS = (("дощ", "rain"), ("Мер", "mayor"), ("автобус", "bus"))

    def _count(self, texts):
        return super()._count([self._translated(text) for text in texts])

    def _translated(self, text):
        for word, meaning in self.MEANINGS:
            text = text.replace(word, meaning)
        return text


def ukrainian(id_, *lines, title="T"):
    return Article(id_, title, APART.join(lines), language="uk")


QUAKE = english(
    "en",
    "Strong earthquake hits Turkey",
    "A strong earthquake shook eastern Turkey on Monday and brought down dozens of houses.",
    "Rescuers are looking for people under the rubble.",
)
QUAKE_IN_UKRAINIAN = ukrainian(
    "uk",
    "Потужний землетрус стався в понеділок на сході Туреччини, зруйновано десятки будинків.",
    "Рятувальники шукають людей під завалами.",
    title="У Туреччині стався потужний землетрус",
)
FINAL = english(
    "final",
    "Arsenal beat Chelsea",
    "Arsenal beat Chelsea in the Premier League on Sunday. Saka scored twice.",
)


@pytest.fixture
def translating(opened):
    return opened(Translating(*VOCABULARY))


def test_topic_in_another_language_has_the_score_of_its_meaning(translating):
    Indexer(translating).add(ukrainian("a", "Був дощ. Мер сів в автобус."))
    article = translating.article("a")
    found = translating.match(["rain", "дощ", "bridge", "sleeping lions"], article)
    assert list(found) == ["rain", "дощ"]
    third = share(1 / math.sqrt(3), *[0] * len(SUBJECTS))
    assert [match.score for match in found.values()] == [third, third]
    assert [match.quote.sentence for match in found.values()] == ["Був дощ."] * 2
    assert found["дощ"].surplus == pytest.approx(found["дощ"].score - MENTIONS)
    assert found["rain"].surplus == pytest.approx(found["rain"].score - ABOUT)


@pytest.mark.parametrize(
    ("article", "mentioned"),
    [
        (english("a", "T", "The mayor took the bus.", *["The mayor walked."] * 4), "bus"),
        (ukrainian("a", "Мер сів в автобус.", *["Мер йшов пішки."] * 4), "автобус"),
    ],
)
def test_mention_in_passing_counts_only_in_the_language_of_the_topic(
    translating, article, mentioned
):
    Indexer(translating).add(article)
    found = translating.match(["bus", "автобус"], translating.article("a"))
    assert list(found) == [mentioned]
    half = math.sqrt(0.5)
    own = math.exp(half / math.hypot(4 + half, half) / TEMPERATURE)
    expected = own / (own + len(SUBJECTS))
    assert MENTIONS < expected < ABOUT
    match = found[mentioned]
    assert match.quote.text == article.text.partition("\n")[0]
    assert (match.score, match.surplus) == pytest.approx((expected, expected - MENTIONS), abs=1e-3)


def test_multilingual_model_matches_topics_and_articles_in_different_languages(
    opened, multilingual
):
    library = opened(multilingual)
    for article in (QUAKE, QUAKE_IN_UKRAINIAN, FINAL):
        Indexer(library).add(article)
    topics = ["earthquakes", "землетруси"]
    found = {id_: set(library.match(topics, library.article(id_))) for id_ in ("en", "uk", "final")}
    assert found == {"en": set(topics), "uk": set(topics), "final": set()}


# The matrix


def unit_rows(*rows):
    made = np.array(rows, np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def as_it_is(language):
    """A cosine stands out by itself."""
    return Usual(0.0, ANSWER)


@pytest.mark.parametrize(("others", "rivals"), [(3, 4), (5, 5)])
def test_subject_counts_against_a_topic_unless_much_nearer_to_it_than_others(others, rivals):
    """The first of n subjects, alone near to the topic, is sqrt(n - 1) standard deviations off."""
    subjects = unit_rows([1, 0, 0], *[[0, 1, 0]] * others)
    topics = TopicMatrix(["x"], unit_rows([0.8, 0, 0.6]), lambda language: subjects)
    article = unit_rows([0.5, 0.5, 0.5])[0]
    third = 1 / math.sqrt(3)
    (score,) = topics.scores(article, 1.0)
    assert score == share(1.4 * third, *[third] * rivals)


def test_all_subjects_count_against_a_topic_that_is_equally_near_to_them():
    subjects = unit_rows(*[[1, 1, 1, -1]] * 24)
    topics = TopicMatrix(["x"], unit_rows([1, 1, 1, 1]), lambda language: subjects)
    (score,) = topics.scores(unit_rows([1, 1, 1, 0])[0], 1.0)
    cosine = 3 / math.sqrt(4 * 3)
    assert score == share(cosine, *[cosine] * 24)


def test_cosines_are_scaled_so_that_models_compare():
    topics = TopicMatrix(["rain"], unit_rows([1, 0]), lambda language: unit_rows([0, 1], [0, 1]))
    scores = topics.scores(unit_rows([3, 4])[0], 0.5)
    assert list(scores) == [share(0.3, 0.4, 0.4)]


def test_rivals_of_a_topic_are_in_its_own_language():
    found = {UKRAINIAN: unit_rows([1, 0], *[[0, 1]] * 5), ENGLISH: unit_rows(*[[1, 1]] * 6)}
    rows = unit_rows([1, 0], [1, 0])
    topics = TopicMatrix(["дощ", "rain"], rows, found.__getitem__)
    scores = topics.scores(unit_rows([1, 0])[0], 1.0)
    assert list(scores) == [share(1, *[0] * 5), share(1, *[math.sqrt(0.5)] * 6)]


def of_any_meaning(*topics):
    zero = np.zeros((len(topics), 1), np.float32)
    return TopicMatrix(topics, zero, lambda language: np.zeros((len(SUBJECTS), 1), np.float32))


def test_words_of_a_topic_must_occur_in_one_passage():
    some = ["old bridges", "bridge", "Russia", "the", "new bridge"]
    topics = of_any_meaning(*some)
    passages = [
        ENGLISH.stemmed("An old house."),
        ENGLISH.stemmed("Bridges, and the Russian old bridge."),
    ]
    assert topics.mentioned_in(passages, ENGLISH) == {0: [1], 1: [1], 2: [1], 3: [1]}
    assert topics.mentioned_in([], ENGLISH) == {}


def test_words_of_a_topic_are_stemmed_as_those_of_the_article():
    """Only German knows "Brücken" for a form of "Brücke"."""
    topics = of_any_meaning("старі мости", "old bridges", "Brücken")
    for language, text, mentioned in [
        (UKRAINIAN, "Між старими мостами.", {0: [0]}),
        (ENGLISH, "Між старими мостами.", {}),
        (ENGLISH, "An old bridge.", {1: [0]}),
        (UKRAINIAN, "An old bridge.", {}),
        (load("de"), "Die Brücke.", {2: [0]}),
        (ENGLISH, "Die Brücke.", {}),
    ]:
        assert topics.mentioned_in([language.stemmed(text)], language) == mentioned


@pytest.mark.parametrize(
    ("topic", "names"),
    [
        ("World", ["World"]),
        ("sports news", ["Sport"]),
        ("Politics and world news", ["World", "Politics"]),
        ("Sci/Tech", ["Technology", "Science"]),
        ("law", ["Crime, courts and law"]),
        ("Video games", ["Video games"]),
        ("Спорт", ["Sport"]),
        ("Новини спорту", ["Sport"]),
        ("Довкілля та наука", ["Science", "Environment and climate"]),
        ("Deportes", ["Sport"]),
        *(
            (more, [])
            for more in ["video", "bus", "tech in schools", "world cup", "news", "the", ""]
        ),
        *((more, []) for more in ["спорт у школах", "футбол", "новини"]),
    ],
)
def test_topic_of_subject_words_only_names_its_subjects(topic, names):
    rows = subjects_named(topic)
    assert [SUBJECTS[row].partition(":")[0] for row in rows] == names


def with_sport(*vector):
    """Return subjects that are all alike but for sport."""
    return unit_rows(*(vector if each.startswith("Sport:") else [0, 0, 1] for each in SUBJECTS))


def test_topic_that_only_names_a_subject_matches_what_belongs_to_it():
    rows = unit_rows([1, 0, 0], [1, 0, 0])
    topics = TopicMatrix(["sports", "tennis"], rows, {ENGLISH: with_sport(0, 1, 0)}.__getitem__)
    vectors = [topics.vector(n) for n in range(2)]
    assert np.array(vectors) == pytest.approx(unit_rows([1, 1, 0], [1, 0, 0]), abs=5e-4)
    assert topics.mentioned_in([ENGLISH.stemmed("Sports such as tennis.")], ENGLISH) == {1: [0]}


def test_subject_is_named_in_any_language_and_means_what_belongs_to_it_there():
    subjects = {ENGLISH: with_sport(0, 1, 0), UKRAINIAN: with_sport(0, 0.6, 0.8)}
    rows = unit_rows([1, 0, 0], [1, 0, 0], [1, 0, 0])
    topics = TopicMatrix(["Спорт", "теніс", "sports"], rows, subjects.__getitem__)
    vectors, moved = [topics.vector(n) for n in range(3)], ([1, 0.6, 0.8], [1, 0, 0], [1, 1, 0])
    assert np.array(vectors) == pytest.approx(unit_rows(*moved), abs=5e-4)
    passage = UKRAINIAN.stemmed("Спорт, зокрема теніс.")
    assert topics.mentioned_in([passage], UKRAINIAN) == {1: [0]}


def test_vector_of_a_named_subject_is_moved_once_even_if_topics_change(opened, counting_of):
    library = opened(counting_of("sport", "football"))
    Indexer(library).add(FLOOD)
    flood = library.article("flood")
    once = unit_rows([1 + math.sqrt(0.5), math.sqrt(0.5)])[0]
    for followed in (["sport"], ["sport", "rain"], ["sport"]):
        library.match(followed, flood)
        assert library.topic_matcher._known.vector(0) == pytest.approx(once, abs=1e-3)


# Kept vectors


def test_topics_and_subjects_are_encoded_once_even_across_restarts(opened, counting_of, flood):
    first, second = counting_of(*VOCABULARY), counting_of(*VOCABULARY)
    opened(first).match(["rain", "bus"], flood)
    again = opened(second)
    again.match(["rain"], flood)
    again.match(["rain", "mayor"], flood)
    assert first.texts == ["rain", "bus", *SUBJECTS, "Flood"]
    assert second.texts == ["Flood", "mayor", "Flood"]


def test_topic_is_encoded_again_when_the_query_prompt_changes(opened, counting, counting_of, flood):
    opened(counting).match(["rain"], flood)
    prompts = Prompts(query="query: ")
    changed = counting_of(*VOCABULARY, prompts=prompts)
    opened(changed).match(["rain"], flood)
    assert changed.texts == ["rain", *SUBJECTS, "Flood"]


def test_topics_that_come_later_are_as_if_they_had_come_with_the_others():
    some = ["sports", "tennis", "Спорт", "old bridges", "bridge", "теніс", "sports news"]
    chance = np.random.default_rng(1)
    rows = unit_rows(*chance.normal(size=(len(some), 3)))
    subjects = {ENGLISH: with_sport(0, 1, 0), UKRAINIAN: with_sport(0, 0.6, 0.8)}.__getitem__
    at_once, later = TopicMatrix(some, rows, subjects), TopicMatrix([], rows[:0], subjects)
    article, passages = unit_rows([1, 2, 3])[0], [ENGLISH.stemmed("Tennis on an old bridge.")]
    for n, topic in enumerate(some):
        later.add([topic], rows[n : n + 1])
        assert len(later.scores(article, 1.0)) == n + 1
        later.mentioned_in(passages, ENGLISH)
    assert later.topics == some
    for n in range(len(some)):
        assert later.vector(n).tolist() == at_once.vector(n).tolist()
    assert later.scores(article, 1.0) == pytest.approx(at_once.scores(article, 1.0), abs=1e-6)
    mentioned = at_once.mentioned_in(passages, ENGLISH)
    assert later.mentioned_in(passages, ENGLISH) == mentioned == {1: [0], 3: [0], 4: [0]}


def test_only_a_new_topic_is_read_and_all_when_one_is_gone(opened, counting, flood):
    library = opened(counting)
    library.match(["rain"], flood)
    known = library.topic_matcher._known
    assert [*library.match(["rain", "fog"], flood)] == ["rain"]
    assert (library.topic_matcher._known is known, known.topics) == (True, ["rain", "fog"])
    library.match(["fog"], flood)
    assert library.topic_matcher._known.topics == ["fog"]


def test_topics_without_subscribers_are_deleted(opened, counting, flood, library):
    opened(counting).match(["rain", "bus"], flood)
    opened(counting).match(["bus"], flood)
    assert set(TopicVectors(library.database).read(["rain", "bus"], "counting", 4)) == {"bus"}


def test_similarity_is_the_highest_cosine(library):
    assert library.similarity("rain", ["bus", "rain and bus"]) == pytest.approx(math.sqrt(0.5))


def test_topics_keep_one_vector_per_model(library):
    kept_vectors = TopicVectors(library.database)
    vectors = np.eye(4, dtype=np.float32)[:2]
    kept_vectors.keep(["rain", "bus"], vectors, "old")
    kept_vectors.keep(["rain"], vectors[1:], "new")
    kept = kept_vectors.read(["rain", "bus", "fog"], "old", 4)
    assert {topic: vector.tolist() for topic, vector in kept.items()} == {
        "rain": [1, 0, 0, 0],
        "bus": [0, 1, 0, 0],
    }
    kept_vectors.keep_only(["bus"])
    assert kept_vectors.read(["rain"], "new", 4) == {}
    assert set(kept_vectors.read(["rain", "bus"], "old", 4)) == {"bus"}
