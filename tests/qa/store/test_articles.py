import time
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from index.indexer import Indexer
from qa import Article, ModelError, Passage
from qa.article import Block, BlockKind, layout_of
from qa.store.articles import HISTORY, IndexState, Store, check_model
from qa.store.passages import BATCH, Embedded, Sentences
from qa.store.schema import MIGRATIONS
from qa.store.sqlite import SqliteDatabase
from tests.articles import english

FLOOD = Article(
    "flood",
    "Flood",
    "The rain closed the bridge.\nThe mayor took the bus.",
    url="https://example.org/flood",
    source="Valley Post",
    published_at=datetime(2026, 3, 4, 5, 6, tzinfo=UTC),
    language="en",
)
SUN = Article("sun", "Sun", "No rain today.", url="https://example.org/sun")


@pytest.fixture
def store(library):
    return library.store


def of(passages, vectors):
    """Return embedded passages of one sentence each."""
    read = [Sentences([(0, len(p.text))], v[None]) for p, v in zip(passages, vectors, strict=True)]
    return Embedded(passages, vectors, read)


def embedded(article, *ends, vector=(1, 0, 0, 0)):
    """Return the article's passages, cut at ``ends``, all with the same vector."""
    starts = (0, *ends[:-1])
    passages = [
        Passage(article.text[a:b], a, b, n)
        for n, (a, b) in enumerate(zip(starts, ends, strict=True))
    ]
    return of(passages, np.array([vector] * len(passages), np.float32).reshape(-1, 4))


def save(store, article):
    return store.save(article, embedded(article, len(article.text)), "counting")


def rows(store, sql):
    with store.database.read() as db:
        return [tuple(row) for row in db.execute(sql)]


def test_article_is_loaded_as_it_was_saved_with_a_number(store):
    saved = save(store, FLOOD)
    assert saved.number == 1
    assert saved == store.article("flood") == store.article("https://example.org/flood")
    fields = (saved.title, saved.text, saved.url, saved.source, saved.published_at)
    assert fields == (FLOOD.title, FLOOD.text, FLOOD.url, FLOOD.source, FLOOD.published_at)
    assert saved.content_hash == FLOOD.content_hash


def test_blocks_are_stored_as_compact_json_and_loaded_back(store):
    blocks = (Block(BlockKind.HEADING, 0, 27), Block(BlockKind.ITEM, 28, 51, 4))
    saved = save(store, replace(FLOOD, layout=layout_of(blocks)))
    assert saved.blocks == blocks
    assert rows(store, "SELECT blocks FROM articles") == [('[["h",0,27],["i",28,51,4]]',)]
    assert save(store, FLOOD).blocks == ()


def test_passages_of_all_generations_follow_their_words_in_a_rewritten_text(store):
    read = save(store, FLOOD)
    store.prepare(read, 2, embedded(FLOOD, 27, 51))
    now = replace(read, text=f"- {FLOOD.text} ", layout=layout_of([]))
    store.rewrite(read, now, lambda place: place + 2)
    assert store.article("flood") == now
    assert rows(store, "SELECT content_hash FROM articles") == [(now.content_hash,)]
    expected = [(1, 2, 53, FLOOD.text), (2, 2, 29, FLOOD.text[:27]), (2, 30, 53, FLOOD.text[28:])]
    assert rows(store, "SELECT generation, begins, ends, text FROM passages") == expected
    assert rows(store, "SELECT spans FROM sentences") == [
        ("[[0,51]]",),
        ("[[0,27]]",),
        ("[[0,23]]",),
    ]
    store.rewrite(read, FLOOD, int)  # read before the text was rewritten
    assert store.article("flood") == now
    assert store.article("nowhere") is None


def test_first_article_sets_model_and_dimension(store):
    assert store.state() == IndexState(None, None, 1, 0, store.state().token)
    save(store, FLOOD)
    assert store.state() == IndexState("counting", 4, 1, 1, store.state().token)


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


def test_update_keeps_the_number_and_replaces_passages_and_vectors(store):
    save(store, FLOOD)
    save(store, SUN)
    changed = Article("flood", "Drought", "No water.\nNo bus.", url=FLOOD.url, language="de")
    saved = store.save(changed, embedded(changed, 9, 17, vector=(0, 1, 0, 0)), "counting")
    assert saved.number == 1
    assert rows(store, "SELECT article, text FROM passages ORDER BY id") == [
        (2, "No rain today."),
        (1, "No water."),
        (1, "\nNo bus."),
    ]
    ((ids, vectors),) = store.vectors_after(1, 0, 4)
    assert ids.tolist() == [2, 3, 4]
    assert vectors.tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0]]
    assert list(store.texts_after(1, 2)) == [
        (3, "Drought\nNo water.", "de"),
        (4, "Drought\n\nNo bus.", "de"),
    ]


def test_removed_article_is_gone_everywhere(store):
    save(store, FLOOD)
    save(store, SUN)
    assert store.remove("https://example.org/flood").id == "flood"
    assert store.remove("flood") is None
    assert store.counts() == (1, 1)
    assert rows(store, "SELECT passage FROM vectors") == [(2,)]
    assert rows(store, "SELECT passage FROM sentences") == [(2,)]
    assert list(store.texts_after(1, 0)) == [(2, "Sun\nNo rain today.", None)]
    assert store.state().revision == 3


def test_numbers_and_passage_ids_are_never_reused(store):
    """Quotes, cursors and vectors in memory refer to them."""
    save(store, FLOOD)
    save(store, SUN)
    store.remove("sun")
    assert store.last_number() == 2
    assert save(store, SUN).number == 3
    assert rows(store, "SELECT id, article FROM passages ORDER BY id") == [(1, 1), (3, 3)]


def test_articles_are_listed_in_order(store):
    assert store.last_number() == 0
    numbers = {save(store, each).id: each for each in (FLOOD, SUN)}
    assert list(numbers) == [each.id for each in store.articles_after(0, 9)]
    assert [each.id for each in store.articles_after(1, 9)] == ["sun"]
    assert [each.id for each in store.articles_after(0, 1)] == ["flood"]
    assert {n: each.id for n, each in store.articles([2, 1, 9]).items()} == {1: "flood", 2: "sun"}


@pytest.fixture
def dated(store):
    """Articles of the source of ``FLOOD``, by their days in March; ``None`` has no date."""
    days = {"old": 1, "new": 2, "undated": None}
    for id_, day in days.items():
        at = day and datetime(2026, 3, day, tzinfo=UTC)
        save(store, replace(FLOOD, id=id_, url=None, published_at=at))
    return store


@pytest.mark.parametrize("count", [2, 3])
def test_reader_who_may_not_see_all_gets_as_many_of_the_newest(dated, count):
    view = dated.seen_by(lambda ids: set(ids))
    newest = view.newest(count, [FLOOD.source])
    assert [each.id for each in newest] == ["undated", "new", "old"][:count]


def test_article_from_before_it_was_stored_when_it_came_in_is_not_the_newest(dated):
    with dated.database.write() as db:
        db.execute("UPDATE articles SET added_at = NULL")
    newest = dated.newest(3, [FLOOD.source])
    assert [each.id for each in newest] == ["new", "old", "undated"]


def test_revision_of_sources_changes_with_them_alone(store):
    steps = [
        (lambda: save(store, FLOOD), True, ["Valley Post"]),
        (lambda: save(store, replace(FLOOD, id="b", url=None)), False, ["Valley Post"]),
        (lambda: save(store, SUN), False, ["Valley Post"]),
        (lambda: save(store, replace(FLOOD, title="Flood 2")), False, ["Valley Post"]),
        (lambda: store.remove("flood"), False, ["Valley Post"]),
        (lambda: save(store, replace(SUN, source="Sun")), True, ["Sun", "Valley Post"]),
        (lambda: store.remove("b"), True, ["Sun"]),
        (lambda: save(store, SUN), True, []),
        (lambda: store.remove("sun"), False, []),
    ]
    for step, has_changed, sources in steps:
        before = store.sources_revision()
        step()
        assert (store.sources_revision() != before, store.sources()) == (has_changed, sources)


def test_articles_are_counted_by_language(store):
    assert store.languages() == {}
    for name, language in (("a", "de"), ("b", "en"), ("c", "de"), ("d", None)):
        save(store, Article(name, "T", "Text.", language=language))
    assert store.languages() == {"de": 2, "en": 1, None: 1}


def test_language_is_set_unless_the_text_has_changed(store):
    read = save(store, SUN)
    save(store, FLOOD)
    store.set_language(replace(read, language="en"))
    assert store.article("sun") == replace(read, language="en")
    store.set_language(replace(read, text="Keine Sonne.", language="de"))
    assert store.languages() == {"en": 2}


def test_sample_has_the_vector_of_each_passage_and_of_its_middle_sentence(store):
    read = [
        Sentences([(0, 4), (5, 8), (9, 13)], np.eye(4, dtype=np.float32)[:3]),
        Sentences([], np.empty((0, 4), np.float32)),
    ]
    passages = [Passage(FLOOD.text[:27], 0, 27, 0), Passage(FLOOD.text[28:], 28, 51, 1)]
    vectors = np.array([[0, 0, 0, 1], [0, 0, 1, 0]], np.float32)
    store.save(FLOOD, Embedded(passages, vectors, read), "counting")
    save(store, SUN)
    found = [(language, v.tolist(), s.tolist()) for language, v, s in store.sample([2, 1, 9], 4)]
    assert found == [
        ("en", [[0, 0, 0, 1]], [[0, 1, 0, 0]]),
        ("en", [[0, 0, 1, 0]], []),
    ]


def test_vector_is_stored_as_little_endian_float16(store):
    store.save(SUN, embedded(SUN, 14, vector=(0.5, -1, 0, 0)), "counting")
    assert rows(store, "SELECT vector FROM vectors") == [(b"\x00\x38\x00\xbc\x00\x00\x00\x00",)]


def test_context_starts_with_the_title(store):
    passages = [
        Passage("The", 0, 3, 0),
        Passage("rain", 4, 8, 0, "Weather"),
        Passage("closed", 9, 15, 0, "Weather"),
    ]
    store.save(FLOOD, of(passages, np.eye(4, dtype=np.float32)[:3]), "counting")
    found = [each.passage.context for each in store.passages_of(1, 1)]
    assert found == ["Flood", "Flood\nWeather", "Flood\nWeather"]


def test_text_of_a_passage_includes_its_title_and_headings(store):
    passages = [Passage("rain", 4, 8, 0, "Weather"), Passage("closed", 9, 15, 0)]
    store.save(FLOOD, of(passages, np.eye(4, dtype=np.float32)[:2]), "counting")
    expected = [(1, "Flood\nWeather\nrain", "en"), (2, "Flood\nclosed", "en")]
    assert list(store.texts_after(1, 0)) == expected
    assert list(store.texts_after(1, 1)) == expected[1:]
    assert list(store.texts_after(1, 2)) == list(store.texts_after(2, 0)) == []


def test_vectors_are_read_in_batches_in_order(store):
    passages = [Passage(FLOOD.text[:3], 0, 3, n) for n in range(BATCH + 1)]
    saved = store.save(FLOOD, of(passages, np.ones((BATCH + 1, 4), np.float32)), "counting")
    batches = list(store.vectors_after(1, 1, 4))
    assert [(ids[0], ids[-1], vectors.shape) for ids, vectors in batches] == [
        (2, BATCH + 1, (BATCH, 4)),
    ]
    batches = list(store.vectors_after(1, 0, 4))
    assert [(ids[0], ids[-1], vectors.shape) for ids, vectors in batches] == [
        (1, BATCH, (BATCH, 4)),
        (BATCH + 1, BATCH + 1, (1, 4)),
    ]
    assert store.ends(1) == (BATCH + 1, 0)
    assert saved.number == 1


def test_more_ids_than_sql_parameters_are_accepted(store):
    save(store, FLOOD)
    assert store.articles(range(100_000)).keys() == {1}
    assert store.passages(range(100_000)).keys() == {1}


# Removals, for indexes derived from the database


def test_removals_list_every_deleted_passage(store):
    save(store, FLOOD)
    assert (store.removed_after(0), store.ends(1)) == ([], (1, 0))
    store.save(FLOOD, embedded(FLOOD, 27, 51), "counting")
    assert (store.removed_after(0), store.ends(1)) == ([(1, 1)], (3, 1))
    save(store, SUN)
    store.remove("flood")
    assert store.removed_after(1) == [(2, 2), (3, 3)]
    assert store.ends(1) == (4, 3)
    assert store.remove("flood") is None
    assert store.ends(1) == (4, 3)


def test_removals_include_the_next_generation_but_not_sweeps(store):
    saved = save(store, FLOOD)
    store.prepare(saved, 2, embedded(FLOOD, 51))
    store.prepare(save(store, SUN), 2, embedded(SUN, 14))
    assert (store.ends(1), store.ends(2)) == ((3, 0), (4, 0))
    store.remove("flood")
    assert store.removed_after(0) == [(1, 1), (2, 2)]
    store.swap(2, "counting", 4)
    store.sweep()
    assert rows(store, "SELECT id FROM passages") == [(4,)]
    assert store.ends(2) == (4, 2)


def test_removals_are_deleted_and_their_numbers_never_reused(store):
    for _ in range(4):
        save(store, FLOOD)
    store.forget_removals(2)
    assert store.removed_after(0) == [(3, 3)]
    store.forget_removals(3)
    assert (store.removed_after(0), store.ends(1)) == ([], (4, 3))
    save(store, FLOOD)
    assert store.removed_after(0) == [(4, 4)]


def test_every_change_has_its_own_stored_token(store):
    seen = [store.state()]
    save(store, FLOOD)
    seen.append(store.state())
    store.prepare(store.article("flood"), 2, embedded(FLOOD, 51))
    assert store.state() == seen[-1]
    store.swap(2, "counting", 4)
    seen.append(store.state())
    store.remove("flood")
    seen.append(store.state())
    assert [each.revision for each in seen] == [0, 1, 2, 3]
    assert len({each.token for each in seen}) == 4
    assert all(store.has_been(each.revision, each.token) for each in seen)
    assert not store.has_been(1, seen[2].token)
    assert not store.has_been(4, seen[3].token)


def test_old_changes_are_deleted(store):
    first = store.state()
    with store.database.write() as db:
        db.execute("UPDATE current_index SET revision = ?", (HISTORY - 1,))
        db.execute("INSERT INTO history VALUES (?, 7)", (HISTORY - 1,))
    save(store, FLOOD)
    assert not store.has_been(first.revision, first.token)
    assert store.has_been(HISTORY - 1, 7)
    assert store.has_been(HISTORY, store.state().token)


# A database of the previous version


@pytest.fixture
def earlier(tmp_path):
    """A database written by the first version, with two articles and a killed rebuild."""
    database = SqliteDatabase(tmp_path / "data" / "pullquote.db")
    database.migrate("qa", MIGRATIONS[:1])
    with database.write() as db:
        db.execute("UPDATE current_index SET model = 'counting', dimension = 4, revision = 7")
        for number, article in enumerate((FLOOD, SUN), 1):
            fields = (number, article.id, article.title, article.text, article.content_hash)
            sql = "INSERT INTO articles (number, id, title, text, content_hash) "
            db.execute(f"{sql} VALUES (?, ?, ?, ?, ?)", fields)
            for generation in (1, 2):
                add_passage(db, number, generation, article)
    database.close()


def add_passage(db, number, generation, article):
    sql = """
        INSERT INTO passages (article, generation, text, begins, ends, paragraph, context, leads)
        VALUES (?, ?, ?, 0, ?, 0, ?, 1)
    """
    row = (number, generation, article.text, len(article.text), article.title)
    passage = db.execute(sql, row).lastrowid
    vector = np.array([number == 2, number == 1, 0, 0], "<f2").tobytes()  # rain, bridge
    db.execute("INSERT INTO vectors VALUES (?, ?)", (passage, vector))
    spans = f"[[0,{len(article.text)}]]"
    db.execute("INSERT INTO sentences VALUES (?, ?, ?)", (passage, spans, vector))


@pytest.mark.sqlite
def test_database_of_the_previous_version_is_migrated_and_answers(earlier, opened):
    library = opened()
    store = library.store
    assert store.state() == IndexState("counting", 4, 1, 7, store.state().token)
    assert store.has_been(7, store.state().token)
    tables = {name for (name,) in rows(store, "SELECT name FROM sqlite_master")}
    assert {"removals", "history"} <= tables
    assert not {name for name in tables if "words" in name or "vocabulary" in name}
    assert not tables & {"passage_added", "passage_removed", "article_changed"}
    assert library.ask("Which bridge?").quotes[0].text == FLOOD.text
    assert library.ask("rain today").quotes[0].text == SUN.text
    Indexer(library).add(english("sun", "Sun", "No bus today."))
    assert library.ask("today").quotes[0].text == "No bus today."
    Indexer(library).rebuild()
    assert library.ask("Which bridge?").quotes[0].text == FLOOD.text


@pytest.mark.sqlite
def test_migrated_articles_are_separate_stories_already_announced_and_dated_at_the_migration(
    earlier, opened
):
    before = time.time()
    store = opened().store
    flood, sun = store.article("flood"), store.article("sun")
    assert (flood.is_backlog, flood.language) == (False, None)
    assert [[each.id for each in told] for told in store.latest_stories(9)] == [["sun"], ["flood"]]
    assert store.story(flood.number) == [flood]
    assert store.remove_before(before - 1, 9) == 0
    save(store, SUN)
    assert store.story(sun.number) == [store.article("sun")]
    assert store.remove_before(time.time() + 1, 1) == 1
    assert store.remove_before(time.time() + 1, 9) == 1
    assert store.counts() == (0, 0)


def test_unannounced_articles_become_backlog(tmp_path):
    database = SqliteDatabase(tmp_path / "pullquote.db")
    database.migrate("qa", MIGRATIONS[:5])
    sql = (
        "INSERT INTO articles (id, title, text, content_hash, author, image_url, announced)"
        " VALUES (?, 'T', 'Text.', 'h', 'Jane Doe', 'https://oak.example/a.png', ?)"
    )
    with database.write() as db:
        db.executemany(sql, [("old", 0), ("news", 1)])
    store = Store(database)
    assert store.article("old") == Article(
        "old", "T", "Text.", layout=None, number=1, is_backlog=True
    )
    assert store.article("news") == Article("news", "T", "Text.", layout=None, number=2)
    columns = {name for _, name, *_ in rows(store, "PRAGMA table_info(articles)")}
    assert not columns & {"author", "image_url", "announced"}
    database.close()


def test_tokens_stored_in_an_earlier_form_are_dropped(tmp_path):
    database = SqliteDatabase(tmp_path / "pullquote.db")
    database.migrate("qa", MIGRATIONS[:-1])
    with database.write() as db:
        db.execute(
            "INSERT INTO articles (id, title, text, content_hash) VALUES ('a', '', 'T', 'h')"
        )
        db.execute("INSERT INTO passages VALUES (7, 1, 1, 'T', 0, 1, 0, '')")
        db.execute("INSERT INTO tokens VALUES (7, ?, '[[0,1]]', 1)", (b"signs",))
    assert Store(database).tokens([7]) == {}
    database.close()


def test_migrated_databases_have_different_tokens(tmp_path):
    tokens = set()
    for name in ("a", "b"):
        database = SqliteDatabase(tmp_path / name)
        tokens.add(Store(database).state().token)
        database.close()
    assert len(tokens) == 2


# The next generation


def test_next_generation_is_invisible_before_the_swap(store):
    saved = save(store, FLOOD)
    store.prepare(saved, 2, embedded(FLOOD, 27, 51, vector=(0, 0, 1, 0)))
    assert store.counts() == (1, 1)
    assert list(store.texts_after(1, 0)) == [(1, f"Flood\n{FLOOD.text}", "en")]
    assert store.swap(2, "new", 4)
    assert store.state() == IndexState("new", 4, 2, 2, store.state().token)
    assert [id_ for id_, *_ in store.texts_after(2, 0)] == [2, 3]
    store.sweep()
    assert rows(store, "SELECT id FROM passages ORDER BY id") == [(2,), (3,)]
    assert rows(store, "SELECT passage FROM vectors ORDER BY passage") == [(2,), (3,)]


def test_swap_waits_for_articles_added_meanwhile(store):
    store.prepare(save(store, FLOOD), 2, embedded(FLOOD, 51))
    save(store, SUN)
    assert not store.swap(2, "counting", 4)
    assert [each.id for each in store.unprepared(2, 9)] == ["sun"]
    assert store.state().generation == 1


def test_article_changed_since_it_was_read_is_not_prepared(store):
    read = save(store, FLOOD)
    save(store, Article("flood", "Flood", "Other words."))
    store.prepare(read, 2, embedded(FLOOD, 51))
    assert store.passage_count(2) == 0
    assert [each.text for each in store.unprepared(2, 9)] == ["Other words."]


def test_sweep_deletes_more_than_one_batch(store):
    passages = [Passage(FLOOD.text[:3], 0, 3, n) for n in range(4500)]
    vectors = np.ones((4500, 4), np.float32)
    store.prepare(save(store, FLOOD), 7, of(passages, vectors))
    store.sweep()
    assert rows(store, "SELECT count(*) FROM passages") == [(1,)]
    assert [each.id for each in store.unprepared(7, 9)] == ["flood"]
