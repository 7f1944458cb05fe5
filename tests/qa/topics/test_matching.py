import math

import numpy as np
import pytest

from index.indexer import Indexer
from qa.language import ENGLISH
from qa.model.prompts import Prompts
from qa.topics.matching import ABOUT, CONTEXT, MENTIONS
from qa.topics.matrix import TEMPERATURE, TopicMatrix
from qa.topics.subjects import subjects_named
from qa.topics.vectors import TopicVectors
from tests.articles import english

SUBJECTS = ENGLISH.subjects
VOCABULARY = ("rain", "bridge", "mayor", "bus")
FLOOD = english(
    "flood",
    "Flood",
    "The mayor took the bus over the bridge in the rain.",
    "Zebras are striped. The rain fell on the old zoo.",
    "Lions sleep.",
)


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


# The matrix


def unit_rows(*rows):
    made = np.array(rows, np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def test_subject_counts_against_a_topic_unless_nearly_identical():
    subjects = unit_rows([1, 0, 0], [0, 1, 0])
    topics = TopicMatrix(["x"], unit_rows([0.8, 0, 0.6]), subjects)
    article = unit_rows([0.5, 0.5, 0.5])[0]
    third = 1 / math.sqrt(3)
    assert topics.scores(article)[0] == share(1.4 * third, third)


def test_words_of_a_topic_must_occur_in_one_passage():
    some = ["old bridges", "bridge", "Russia", "the", "new bridge"]
    topics = TopicMatrix(some, np.zeros((5, 1), np.float32), np.zeros((1, 1), np.float32))
    passages = [
        ENGLISH.stemmed("An old house."),
        ENGLISH.stemmed("Bridges, and the Russian old bridge."),
    ]
    assert topics.mentioned_in(passages) == {0: [1], 1: [1], 2: [1], 3: [1]}
    assert topics.mentioned_in([]) == {}


@pytest.mark.parametrize(
    ("topic", "names"),
    [
        ("World", ["World"]),
        ("sports news", ["Sport"]),
        ("Politics and world news", ["World", "Politics"]),
        ("Sci/Tech", ["Technology", "Science"]),
        ("law", ["Crime, courts and law"]),
        ("Video games", ["Video games"]),
        *(
            (more, [])
            for more in ["video", "bus", "tech in schools", "world cup", "news", "the", ""]
        ),
    ],
)
def test_topic_of_subject_words_only_names_its_subjects(topic, names):
    rows = subjects_named(ENGLISH.content_stems(topic))
    assert [SUBJECTS[row].partition(":")[0] for row in rows] == names


def test_topic_that_only_names_a_subject_matches_what_belongs_to_it():
    sport = next(row for row, name in enumerate(SUBJECTS) if name.startswith("Sport:"))
    subjects = np.zeros((len(SUBJECTS), 3), np.float32)
    subjects[:] = [0, 0, 1]
    subjects[sport] = [0, 1, 0]
    topics = TopicMatrix(["sports", "tennis"], unit_rows([1, 0, 0], [1, 0, 0]), subjects)
    assert topics.vectors == pytest.approx(unit_rows([1, 1, 0], [1, 0, 0]))
    assert topics.mentioned_in([ENGLISH.stemmed("Sports such as tennis.")]) == {1: [0]}


def test_vector_of_a_named_subject_is_moved_once_even_if_topics_change(opened, counting_of):
    library = opened(counting_of("sport", "football"))
    Indexer(library).add(FLOOD)
    flood = library.article("flood")
    once = unit_rows([1 + math.sqrt(0.5), math.sqrt(0.5)])
    for followed in (["sport"], ["sport", "rain"], ["sport"]):
        library.match(followed, flood)
        assert library.topic_matcher._known.vectors[:1] == pytest.approx(once, abs=1e-3)


# Kept vectors


def test_topic_is_encoded_once_even_across_restarts(opened, counting_of, flood):
    first, second = counting_of(*VOCABULARY), counting_of(*VOCABULARY)
    opened(first).match(["rain", "bus"], flood)
    again = opened(second)
    again.match(["rain"], flood)
    again.match(["rain", "mayor"], flood)
    assert first.texts == [*SUBJECTS, "rain", "bus", "Flood"]
    assert second.texts == [*SUBJECTS, "Flood", "mayor", "Flood"]


def test_topic_is_encoded_again_when_the_query_prompt_changes(opened, counting, counting_of, flood):
    opened(counting).match(["rain"], flood)
    prompts = Prompts(query="query: ")
    changed = counting_of(*VOCABULARY, prompts=prompts)
    opened(changed).match(["rain"], flood)
    assert changed.texts == [*SUBJECTS, "rain", "Flood"]


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
