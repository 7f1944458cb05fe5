from datetime import UTC, datetime

import numpy as np
import pytest

from qa import Article, ModelError, Passage
from qa.store import Embedded, IndexState, Sentences, check_model

FLOOD = Article(
    "flood",
    "Flood",
    "The rain closed the bridge.\nThe mayor took the bus.",
    url="https://example.org/flood",
    source="Valley Post",
    published_at=datetime(2026, 3, 4, 5, 6, tzinfo=UTC),
)
SUN = Article("sun", "Sun", "No rain today.", url="https://example.org/sun")


@pytest.fixture
def store(library):
    return library.store


def of(passages, vectors):
    """Embedded passages of one sentence each."""
    read = [Sentences([(0, len(p.text))], v[None]) for p, v in zip(passages, vectors, strict=True)]
    return Embedded(passages, vectors, read)


def embedded(article, *ends, vector=(1, 0, 0, 0)):
    """The article cut at ``ends``, each passage with the same vector."""
    starts = (0, *ends[:-1])
    passages = [
        Passage(article.text[a:b], a, b, n)
        for n, (a, b) in enumerate(zip(starts, ends, strict=True))
    ]
    return of(passages, np.array([vector] * len(passages), np.float32).reshape(-1, 4))


def save(store, article):
    return store.save(article, embedded(article, len(article.text)), "counting")


def words_are_sound(store):
    """Ask SQLite whether its full-text indexes agree with the tables."""
    with store.database.write() as db:
        for table in ("passage_words", "article_words"):
            db.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)")


def rows(store, sql):
    with store.database.read() as db:
        return [tuple(row) for row in db.execute(sql)]


def test_article_comes_back_as_it_was_saved_with_a_number(store):
    saved = save(store, FLOOD)
    assert saved.number == 1
    assert saved == store.article("flood") == store.article("https://example.org/flood")
    fields = (saved.title, saved.text, saved.url, saved.source, saved.published_at)
    assert fields == (FLOOD.title, FLOOD.text, FLOOD.url, FLOOD.source, FLOOD.published_at)
    assert saved.content_hash == FLOOD.content_hash
    assert store.article("nowhere") is None


def test_first_article_decides_model_and_dimension(store):
    assert store.state() == IndexState(None, None, 1, 0)
    save(store, FLOOD)
    assert store.state() == IndexState("counting", 4, 1, 1)


def test_vectors_by_another_model_are_refused_and_change_nothing(store):
    save(store, FLOOD)
    with pytest.raises(ModelError) as caught:
        store.save(SUN, embedded(SUN, 14), "other")
    assert str(caught.value) == (
        "The index was made with the model counting, "
        "but the one to use now (PULLQUOTE_MODEL) is other: "
        "run `pullquote rebuild` to embed all articles with the new one."
    )
    assert store.counts() == (1, 1)
    check_model(store.state(), "counting")


def test_update_keeps_the_number_and_replaces_passages_words_and_vectors(store):
    save(store, FLOOD)
    save(store, SUN)
    changed = Article("flood", "Drought", "No water.\nNo bus.", url=FLOOD.url)
    saved = store.save(changed, embedded(changed, 9, 17, vector=(0, 1, 0, 0)), "counting")
    assert saved.number == 1
    assert rows(store, "SELECT article, text FROM passages ORDER BY id") == [
        (2, "No rain today."),
        (1, "No water."),
        (1, "\nNo bus."),
    ]
    ids, vectors = store.vectors_after(1, 0, 4)
    assert ids.tolist() == [2, 3, 4]
    assert vectors.tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0]]
    assert store.search_passages('"mayor"', 1, 9) == {}
    assert store.search_articles('"flood"', 9) == {}
    assert list(store.search_articles('"drought"', 9)) == [1]
    words_are_sound(store)


def test_removed_article_is_gone_everywhere(store):
    save(store, FLOOD)
    save(store, SUN)
    assert store.remove("https://example.org/flood").id == "flood"
    assert store.remove("flood") is None
    assert store.counts() == (1, 1)
    assert rows(store, "SELECT passage FROM vectors") == [(2,)]
    assert store.search_articles('"rain"', 9).keys() == {2}
    assert store.state().revision == 3
    words_are_sound(store)


def test_numbers_and_passage_ids_are_never_used_again(store):
    """Quotes, cursors and vectors in memory are known by them."""
    save(store, FLOOD)
    save(store, SUN)
    store.remove("sun")
    assert store.last_number() == 2
    assert save(store, SUN).number == 3
    assert rows(store, "SELECT id, article FROM passages ORDER BY id") == [(1, 1), (3, 3)]


def test_articles_come_in_order(store):
    assert store.last_number() == 0
    numbers = {save(store, each).id: each for each in (FLOOD, SUN)}
    assert list(numbers) == [each.id for each in store.articles_after(0, 9)]
    assert [each.id for each in store.articles_after(1, 9)] == ["sun"]
    assert [each.id for each in store.articles_after(0, 1)] == ["flood"]
    assert [each.id for each in store.latest(1)] == ["sun"]
    assert {n: each.id for n, each in store.articles([2, 1, 9]).items()} == {1: "flood", 2: "sun"}


def test_vector_lies_in_the_file_as_little_endian_float16(store):
    store.save(SUN, embedded(SUN, 14, vector=(0.5, -1, 0, 0)), "counting")
    assert rows(store, "SELECT vector FROM vectors") == [(b"\x00\x38\x00\xbc\x00\x00\x00\x00",)]


def test_context_starts_with_the_title_and_the_first_below_a_heading_leads(store):
    passages = [
        Passage("The", 0, 3, 0),
        Passage("rain", 4, 8, 0, "Weather"),
        Passage("closed", 9, 15, 0, "Weather"),
    ]
    store.save(FLOOD, of(passages, np.eye(4, dtype=np.float32)[:3]), "counting")
    found = [(s.passage.context, s.section, s.leads) for s in store.passages_of(1, 1)]
    assert found == [
        ("Flood", "", True),
        ("Flood\nWeather", "Weather", True),
        ("Flood\nWeather", "Weather", False),
    ]


def test_words_are_found_by_stem_and_without_accents(store):
    save(store, Article("cafe", "Cafés", "The cafés were CLOSING."))
    for query in ('"cafe"', '"café"', '"closes"', '"clo"*'):
        assert store.search_passages(query, 1, 9).keys() == {1}, query
    assert store.article_has(1, '"cafe" AND "closed"')
    assert not store.article_has(1, '"cafe" AND "rain"')
    assert store.passage_frequencies(["close", "cafe", "rain"]) == {"close": 1, "cafe": 1}


def test_more_ids_than_a_statement_may_have_parameters(store):
    save(store, FLOOD)
    assert store.articles(range(100_000)).keys() == {1}
    assert store.passages(range(100_000)).keys() == {1}


# The next generation


def test_next_generation_is_not_seen_before_the_swap(store):
    saved = save(store, FLOOD)
    store.prepare(saved, 2, embedded(FLOOD, 27, 51, vector=(0, 0, 1, 0)))
    assert store.counts() == (1, 1)
    assert store.passage_ids(1).tolist() == [1]
    assert store.search_passages('"rain"', 1, 9).keys() == {1}
    assert store.swap(2, "new", 4)
    assert store.state() == IndexState("new", 4, 2, 2)
    assert store.passage_ids(2).tolist() == [2, 3]
    store.sweep()
    assert rows(store, "SELECT id FROM passages ORDER BY id") == [(2,), (3,)]
    words_are_sound(store)


def test_swap_waits_for_articles_that_came_in_meanwhile(store):
    store.prepare(save(store, FLOOD), 2, embedded(FLOOD, 51))
    save(store, SUN)
    assert not store.swap(2, "counting", 4)
    assert [each.id for each in store.unprepared(2, 9)] == ["sun"]
    assert store.state().generation == 1


def test_article_that_changed_since_it_was_read_is_not_prepared(store):
    read = save(store, FLOOD)
    save(store, Article("flood", "Flood", "Other words."))
    store.prepare(read, 2, embedded(FLOOD, 51))
    assert store.passage_count(2) == 0
    assert [each.text for each in store.unprepared(2, 9)] == ["Other words."]


def test_sweep_takes_more_than_one_bite(store):
    passages = [Passage(FLOOD.text[:3], 0, 3, n) for n in range(4500)]
    vectors = np.ones((4500, 4), np.float32)
    store.prepare(save(store, FLOOD), 7, of(passages, vectors))
    store.sweep()
    assert rows(store, "SELECT count(*) FROM passages") == [(1,)]
    assert [each.id for each in store.unprepared(7, 9)] == ["flood"]
