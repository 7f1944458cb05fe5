import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

os.environ["HF_HUB_OFFLINE"] = "1"

import pytest
from filelock import FileLock

from index.indexer import BATCH, Indexer
from index.outcome import Outcome
from index.web.urls import canonical_url
from qa import (
    Article,
    Library,
    ModelError,
    RebuildRunningError,
    Settings,
    article_id,
)
from qa.article import Block, BlockKind, layout_of
from qa.language import language_of
from tests.counting import Counting

FLOOD = Article("flood", "Flood", "The rain closed the bridge.")
TOWN = Article("town", "Town", "The mayor took the bus.")
EMPTY = Article("empty", "Nothing", "")
LONG_LINE = "The bridge was closed by the rain, and the mayor went home by bus."
"""Long enough to be a passage."""
ORDINALS = "Am 3. Oktober tagt der Rat. Er wählt ca. 5 Leute."
MAYOR = Article("mayor", "Bürgermeister", ORDINALS, language="de-AT")


VOCABULARY = ("rain", "bridge", "mayor", "bus")

# A rebuild in another process whose encoder waits for a line before each batch.
REBUILD = f"""
import sys
from pathlib import Path
import numpy as np
from index.indexer import Indexer
from qa import Library, Settings
from qa.model.pooling import encode_apart
from qa.model.prompts import Prompts

class Waiting:
    name, dimension, precision, prompts = "counting", 4, "float32", Prompts()

    def encode_queries(self, texts):
        print("encoding", flush=True)
        sys.stdin.readline()
        counts = [[text.lower().count(word) for word in {VOCABULARY}] for text in texts]
        vectors = np.array(counts, np.float32).reshape(len(texts), 4)
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)

    def encode_passages(self, texts, parts=(), *, quick=False, take_tokens=None):
        return encode_apart(self.encode_queries, texts, parts)

library = Library(Settings(data_dir=Path(sys.argv[1])), Waiting())
print(Indexer(library).rebuild().generation, flush=True)
"""


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def opened(data):
    """Open libraries on one data folder, as several processes would."""
    with contextlib.ExitStack() as stack:

        def open_(encoder):
            library = Library(Settings(data_dir=data), encoder)
            return stack.enter_context(contextlib.closing(library))

        yield open_


@pytest.fixture
def encoder():
    return Counting(*VOCABULARY)


@pytest.fixture
def library(opened, encoder):
    return opened(encoder)


@pytest.fixture
def indexer(library):
    return Indexer(library)


@pytest.fixture
def rebuilding(data):
    """Start a rebuild in another process, which waits in its first batch."""
    processes = []

    def start():
        command = [sys.executable, "-c", REBUILD, str(data)]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        processes.append(process)
        assert process.stdout.readline() == "encoding\n"
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def rows(library, sql):
    with library.database.read() as db:
        return [tuple(row) for row in db.execute(sql)]


def first_quote(library, question):
    return library.ask(question).quotes[0].text


def is_sound(library):
    """Whether words, vectors and stored passages agree and are all current."""
    store = library.store
    ids = [id_ for (id_,) in rows(library, "SELECT id FROM passages ORDER BY id")]
    with library.view() as retriever:
        found = retriever.indexes
        word_of = {
            id_: language_of(code).stems(text)
            for id_, text, code in store.texts_after(retriever.generation, 0)
        }
        by_words = {
            id_
            for each in set().union(*word_of.values(), ["rain"])
            for id_ in found.words.search([each], 9_999)
        }
        indexed = (sorted(found.vectors.ids.tolist()), sorted(by_words), len(found.words))
    return (
        rows(library, "SELECT passage FROM vectors ORDER BY passage") == [(id_,) for id_ in ids]
        and [id_ for id_, *_ in store.texts_after(library.status().generation, 0)] == ids
        and indexed == (ids, ids, len(ids))
    )


# Add and remove


def test_article_is_added_once_and_updated_when_it_changes(library, indexer):
    assert indexer.add(FLOOD) is Outcome.ADDED
    assert indexer.add(FLOOD) is Outcome.UNCHANGED
    assert indexer.add(Article("flood", "Flood", "The bus closed the bridge.")) is Outcome.UPDATED
    assert library.article("flood").number == 1
    assert rows(library, "SELECT text FROM passages") == [("The bus closed the bridge.",)]
    assert is_sound(library)


def test_article_is_recognised_by_the_url_it_was_stored_under(library, indexer):
    """Early versions built ids from URLs as found; an upgrade must not duplicate such articles."""
    url = "https://example.org/flood/?utm_source=rss"
    old = Article(article_id(url), "Flood", FLOOD.text, url)
    library.store.save(old, *embedding(indexer, library, old))
    new = replace(old, id=article_id(canonical_url(url)))
    ((known, outcome),) = indexer.add_all([new])
    assert (known.id, known.url, outcome) == (old.id, url, Outcome.UNCHANGED)
    assert indexer.add(replace(new, text="The rain has ended.")) is Outcome.UPDATED
    assert library.article(old.id).text == "The rain has ended."
    assert library.status().articles == 1


def embedding(indexer, library, article):
    ((model, embedded),) = indexer._embedded([article]).values()
    return embedded, model.encoder.name


def test_another_spelling_of_the_url_is_not_a_change(library, indexer):
    url = "https://example.org/flood"
    article = Article(article_id(url), "Flood", FLOOD.text, f"{url}?fbclid=1#top")
    assert indexer.add(article) is Outcome.ADDED
    assert library.article("https://example.org/flood").id == article.id
    assert indexer.add(replace(article, url=f"{url}/")) is Outcome.UNCHANGED
    moved = replace(article, url="https://example.org/drought")
    assert indexer.add(moved) is Outcome.UPDATED
    assert library.article(article.id).url == "https://example.org/drought"


def test_two_spellings_of_a_url_in_one_batch_are_one_article(library, indexer):
    url = "https://example.org/flood"
    found = [Article(article_id(url), "Flood", FLOOD.text, each) for each in (url, f"{url}/")]
    outcomes = [(article.url, outcome) for article, outcome in indexer.add_all(found)]
    assert outcomes == [(url, Outcome.ADDED), (url, Outcome.UNCHANGED)]


def test_article_is_removed_by_any_spelling_of_its_url(library, indexer):
    url = "https://example.org/flood"
    indexer.add(Article(article_id(url), "Flood", FLOOD.text, url))
    assert indexer.remove("https://EXAMPLE.org/flood/?utm_medium=rss").title == "Flood"


def test_page_without_a_date_keeps_the_date_from_its_feed(library, indexer):
    by_feed = replace(FLOOD, url="https://a.example/flood", published_at=datetime.now(UTC))
    page = replace(by_feed, published_at=None)
    indexer.add(by_feed)
    assert indexer.add(page) is Outcome.UNCHANGED
    assert indexer.add(replace(page, title="The flood")) is Outcome.UPDATED
    assert library.store.article("flood").published_at == by_feed.published_at


def test_title_alone_does_not_replace_what_is_known_of_an_article(library, indexer):
    title_alone = replace(FLOOD, title="The flood", text="The flood")
    indexer.add(FLOOD)
    assert indexer.add(title_alone) is Outcome.UNCHANGED
    assert library.article("flood").text == FLOOD.text
    indexer.add(replace(TOWN, text="Town"))
    assert indexer.add(replace(TOWN, title="The town", text="The town")) is Outcome.UPDATED
    assert indexer.add(TOWN) is Outcome.UPDATED


def test_file_can_lose_its_date(library, indexer):
    indexer.add(replace(FLOOD, published_at=datetime.now(UTC)))
    assert indexer.add(FLOOD) is Outcome.UPDATED
    assert library.store.article("flood").published_at is None


def test_update_keeps_an_article_backlog_or_news(library, indexer):
    indexer.add(replace(FLOOD, is_backlog=True))
    assert list(indexer.add_all([TOWN])) == [(replace(TOWN, language="en"), Outcome.ADDED)]
    assert indexer.add(replace(FLOOD, text="No rain.")) is Outcome.UPDATED
    assert indexer.add(replace(TOWN, text="No town.", is_backlog=True)) is Outcome.UPDATED
    assert library.article("flood").is_backlog
    assert not library.article("town").is_backlog


@pytest.mark.parametrize(
    ("article", "language"),
    [
        (MAYOR, "de"),
        (replace(MAYOR, language=None), "de"),
        (replace(MAYOR, language="uk"), "de"),  # of another script
        (replace(MAYOR, language="nl"), "nl"),
        (Article("n", "1:2", "3 – 4"), None),
    ],
)
def test_language_is_what_the_page_says_or_what_the_text_is_in(library, indexer, article, language):
    ((known, outcome),) = indexer.add_all([article])
    assert (known.language, outcome) == (language, Outcome.ADDED)
    assert library.article(article.id).language == language


def test_language_alone_is_not_a_change_and_is_stored_with_the_next_one(library, indexer):
    indexer.add(FLOOD)
    ((known, outcome),) = indexer.add_all([replace(FLOOD, language="de")])
    assert (known.language, outcome) == ("en", Outcome.UNCHANGED)
    assert library.article("flood").language == "en"
    indexer.add(replace(FLOOD, text="The rain has ended.", language="de"))
    assert library.article("flood").language == "de"


def test_language_is_found_again_when_the_text_changes(library, indexer):
    indexer.add(replace(MAYOR, title="Mayor", text="The council meets on Monday.", language=None))
    assert library.article("mayor").language == "en"
    indexer.add(replace(MAYOR, language=None))
    assert library.article("mayor").language == "de"


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("en", ORDINALS, ["Am 3.", "Oktober tagt der Rat.", "Er wählt ca. 5 Leute."]),
        ("de", ORDINALS, ["Am 3. Oktober tagt der Rat.", "Er wählt ca. 5 Leute."]),
        ("ru", "Суд на ул. Мира закрыт.", ["Суд на ул. Мира закрыт."]),
        ("uk", "Суд на ул. Мира закрит.", ["Суд на ул.", "Мира закрит."]),
    ],
)
def test_sentences_are_cut_by_the_rules_of_the_language(library, indexer, code, text, expected):
    indexer.add(Article("a", "", text, language=code))
    assert library.article("a").language == code
    assert sentences(library, "a") == expected


DETECT = f"""
import sys
from pathlib import Path
import index.documents.registry
from py3langid import langid
from index.indexer import Indexer
from qa import Article, Library, Settings
from tests.counting import Counting
library = Library(Settings(data_dir=Path(sys.argv[1])), Counting(*{VOCABULARY}))
for language in ("de", None):
    Indexer(library).add(Article(f"a{{language}}", "Rat", {2 * ORDINALS!r}, language=language))
    print(langid.IDENTIFIER is None)
"""


def test_model_of_languages_is_loaded_for_the_first_page_that_does_not_say_its_own(data):
    command = [sys.executable, "-c", DETECT, str(data)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    assert done.stdout == "True\nFalse\n"


def sentences(library, id_):
    """The sentences of an article of one passage, as they are stored."""
    (stored,) = library.store.passages_of(library.article(id_).number, library.status().generation)
    found = library.store.sentences([stored.id], library.status().dimension)[stored.id]
    return [stored.passage.text[start:end] for start, end in found.spans]


def test_unchanged_article_is_not_embedded_again(indexer, encoder):
    indexer.add(FLOOD)
    before = list(encoder.texts)
    indexer.add(FLOOD)
    assert before == encoder.texts == ["Flood\nThe rain closed the bridge."]


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Floods"},
        {"url": "https://example.org/"},
        {"source": "Post"},
        {"published_at": datetime(2026, 1, 1, tzinfo=UTC)},
    ],
)
def test_everything_a_reader_can_see_is_updated(library, indexer, change):
    indexer.add(FLOOD)
    fields = {"id": "flood", "title": "Flood", "text": FLOOD.text} | change
    assert indexer.add(Article(**fields)) is Outcome.UPDATED
    (name, value) = next(iter(change.items()))
    assert getattr(library.article("flood"), name) == value


@pytest.mark.parametrize(
    "zone", [UTC, ZoneInfo("Europe/Paris"), timezone(timedelta(hours=-3)), ZoneInfo("UTC")]
)
def test_time_zone_of_any_class_is_unchanged_and_survives_a_rebuild(library, indexer, zone):
    article = Article("a", "T", "The bridge.", published_at=datetime(2026, 7, 1, 12, tzinfo=zone))
    indexer.add(article)
    assert indexer.add(article) is Outcome.UNCHANGED
    assert library.article("a").published_at == article.published_at
    assert indexer.rebuild().passages == 1


def test_same_article_twice_in_a_batch_counts_once(library, indexer):
    changed = Article("flood", "Flood", "No rain.")
    outcomes = [outcome for _, outcome in indexer.add_all([FLOOD, TOWN, FLOOD, changed, changed])]
    assert outcomes == [
        Outcome.ADDED,
        Outcome.ADDED,
        Outcome.UNCHANGED,
        Outcome.UPDATED,
        Outcome.UNCHANGED,
    ]
    assert library.article("flood").text == "No rain."
    assert is_sound(library)


def test_stored_version_after_a_newer_one_in_a_batch_is_restored(library, indexer):
    indexer.add(FLOOD)
    changed = Article("flood", "Flood", "No rain.")
    outcomes = [outcome for _, outcome in indexer.add_all([changed, FLOOD])]
    assert outcomes == [Outcome.UPDATED, Outcome.UPDATED]
    assert library.article("flood").text == FLOOD.text


def test_batches_are_stored_one_article_at_a_time(library, indexer):
    """Articles stored before their source fails are kept."""

    def source():
        for number in range(BATCH + 1):
            yield Article(f"a{number}", "T", "The bridge.")
        raise ValueError

    done = []
    with pytest.raises(ValueError):
        done.extend(indexer.add_all(source()))
    assert len(done) == library.status().articles == BATCH


def test_stopping_in_the_middle_waits_for_no_more_articles(library, indexer):
    read = []

    def source():
        for number in range(100 * BATCH):
            read.append(number)
            time.sleep(0.005)
            yield Article(f"a{number}", "T", "The bridge.")

    additions = indexer.add_all(source())
    assert next(additions)[0].id == "a0"
    additions.close()
    assert BATCH < len(read) < 2 * BATCH
    assert library.status().articles == 1


def test_change_reverted_by_a_later_batch_is_reverted(library, indexer):
    indexer.add(FLOOD)
    changed = Article("flood", "Flood", "No rain.")
    others = [Article(f"a{number}", "T", "The bridge.") for number in range(BATCH - 1)]
    outcomes = [outcome for _, outcome in indexer.add_all([changed, *others, FLOOD])]
    assert outcomes == [Outcome.UPDATED, *[Outcome.ADDED] * (BATCH - 1), Outcome.UPDATED]
    assert library.article("flood").text == FLOOD.text
    assert is_sound(library)


def test_article_without_passages_is_an_article(library, indexer):
    assert indexer.add(EMPTY) is Outcome.ADDED
    assert library.status().articles == 1
    assert library.status().passages == 0
    assert library.ask("bridge").quotes == ()
    assert indexer.rebuild().articles == 1


def test_removed_article_is_no_longer_found(library, indexer):
    indexer.add(FLOOD)
    indexer.add(TOWN)
    assert indexer.remove("flood").title == "Flood"
    assert indexer.remove("flood") is None
    assert [quote.text for quote in library.ask("bridge").quotes] == ["The mayor took the bus."]
    assert is_sound(library)


def test_passage_is_embedded_with_title_and_context_and_quoted_without_them(
    library, indexer, encoder
):
    heading, text = "Weather – Today", FLOOD.text
    blocks = [
        Block(BlockKind.HEADING, 0, len(heading)),
        Block(BlockKind.PARAGRAPH, len(heading) + 2, len(heading) + 2 + len(text)),
    ]
    indexer.add(replace(FLOOD, text=f"{heading}\n\n{text}", layout=layout_of(blocks)))
    assert encoder.texts == ["Flood\nWeather – Today\nThe rain closed the bridge."]
    assert first_quote(library, "bridge") == "The rain closed the bridge."


@pytest.mark.parametrize("article", [TOWN, EMPTY])
def test_model_that_did_not_make_the_index_cannot_add(opened, library, indexer, article):
    indexer.add(FLOOD)
    with pytest.raises(ModelError, match="run `pullquote rebuild`"):
        Indexer(opened(Counting("rain", name="other"))).add(article)
    assert library.status().articles == 1


# Rebuild


def test_rebuild_embeds_everything_again_and_counts(library, indexer, encoder):
    articles = [Article(f"a{n}", "T", f"{LONG_LINE}\n{LONG_LINE}") for n in range(BATCH + 4)]
    assert len(list(indexer.add_all(articles))) == BATCH + 4
    encoder.texts.clear()
    progress = []
    rebuilt = indexer.rebuild(lambda done, total: progress.append((done, total)))
    assert progress == [(BATCH, BATCH + 4), (BATCH + 4, BATCH + 4)]
    assert (rebuilt.articles, rebuilt.passages, rebuilt.generation) == (BATCH + 4, 2 * BATCH + 8, 2)
    assert rebuilt.seconds > 0
    assert len(encoder.texts) == 2 * BATCH + 8
    assert is_sound(library)
    assert indexer.rebuild().generation == 3


def test_rebuild_of_an_empty_library_is_empty(library, indexer):
    progress = []
    rebuilt = indexer.rebuild(lambda done, total: progress.append((done, total)))
    assert (rebuilt.articles, rebuilt.passages, rebuilt.generation, progress) == (0, 0, 2, [])
    indexer.add(FLOOD)
    assert first_quote(library, "bridge") == FLOOD.text


def test_rebuild_deletes_removals_that_no_index_needs(library, indexer):
    for text in ("The bus.", "The bridge.", "The rain."):
        indexer.add(Article("a", "T", text))
    assert len(library.store.removed_after(0)) == 2
    indexer.rebuild()
    assert library.store.removed_after(0) == []
    indexer.remove("a")
    assert len(library.store.removed_after(0)) == 1
    assert is_sound(library)


def test_rebuild_finds_the_language_of_older_articles_and_cuts_their_sentences_by_it(
    library, indexer
):
    old = replace(MAYOR, language=None)
    library.store.save(old, *embedding(indexer, library, old))
    assert sentences(library, "mayor") == [
        "Am 3.",
        "Oktober tagt der Rat.",
        "Er wählt ca. 5 Leute.",
    ]
    assert indexer.add(old) is Outcome.UNCHANGED
    assert library.article("mayor").language is None
    indexer.rebuild()
    assert library.article("mayor").language == "de"
    assert sentences(library, "mayor") == ["Am 3. Oktober tagt der Rat.", "Er wählt ca. 5 Leute."]
    assert indexer.add(old) is Outcome.UNCHANGED
    assert library.article("mayor").language == "de"


def test_rebuild_with_another_model_heals_the_index(opened, indexer, library):
    indexer.add(FLOOD)
    indexer.add(TOWN)
    other = opened(Counting("bus", "tram", "bridge", name="other"))
    with pytest.raises(ModelError) as caught:
        other.ask("Which bridge?")
    assert str(caught.value) == (
        "The index was made with the model counting, "
        "but the one to use now (PULLQUOTE_MODEL) is other: "
        "run `pullquote rebuild` to embed all articles with the new one."
    )
    Indexer(other).rebuild()
    assert first_quote(other, "Which bridge?") == FLOOD.text
    assert (other.status().model, other.status().dimension) == ("other", 3)
    with pytest.raises(ModelError, match="made with the model other"):
        library.ask("Which bridge?")


def test_second_rebuild_on_the_data_folder_is_refused(data, indexer):
    with FileLock(data / "rebuild.lock"), pytest.raises(RebuildRunningError) as caught:
        indexer.rebuild()
    assert str(caught.value) == "A rebuild is running already; the index changes when it ends."
    assert indexer.rebuild().generation == 2


def test_changes_during_a_rebuild_by_another_process_are_kept(library, indexer, rebuilding):
    for article in (FLOOD, TOWN, Article("gone", "Gone", "The bus, the bus."), EMPTY):
        indexer.add(article)
    process = rebuilding()
    with pytest.raises(RebuildRunningError):
        indexer.rebuild()
    indexer.add(Article("town", "Town", "The mayor took no bus."))
    indexer.add(Article("late", "Late", "Rain, rain, mayor."))
    indexer.remove("gone")
    assert first_quote(library, "bridge") == FLOOD.text
    assert first_quote(library, "rain rain mayor") == "Rain, rain, mayor."
    assert library.status().generation == 1
    output, _ = process.communicate("\n" * 100)
    assert output.splitlines()[-1] == "2"
    assert library.status().generation == 2
    assert sorted(rows(library, "SELECT text FROM passages")) == [
        ("Rain, rain, mayor.",),
        ("The mayor took no bus.",),
        ("The rain closed the bridge.",),
    ]
    assert is_sound(library)
    assert first_quote(library, "mayor bus") == "The mayor took no bus."


def test_killed_rebuild_leaves_the_old_generation_and_the_next_one_works(
    library, indexer, rebuilding
):
    articles = [Article(f"a{n}", "T", "The mayor.") for n in range(2 * BATCH)]
    assert len(list(indexer.add_all([FLOOD, *articles]))) == 2 * BATCH + 1
    process = rebuilding()
    process.stdin.write("\n")
    process.stdin.flush()
    assert process.stdout.readline() == "encoding\n"  # the second batch: the first is written
    process.send_signal(signal.SIGKILL)
    process.wait()
    count = "SELECT generation, count(*) FROM passages GROUP BY generation"
    assert rows(library, count) == [(1, 2 * BATCH + 1), (2, BATCH)]
    assert first_quote(library, "bridge") == FLOOD.text
    assert library.status().passages == 2 * BATCH + 1
    indexer.add(TOWN)
    assert indexer.rebuild().passages == 2 * BATCH + 2
    assert rows(library, count) == [(2, 2 * BATCH + 2)]
    assert is_sound(library)
    assert first_quote(library, "bridge") == FLOOD.text


def test_leftovers_of_another_model_are_deleted(library, indexer, opened):
    """A killed rebuild left three-dimensional vectors under the next generation's number."""
    indexer.add(FLOOD)
    stored = library.article("flood")
    other = Indexer(opened(Counting("a", "b", "c", name="other")))
    ((_, embedded),) = other._embedded([stored]).values()
    library.store.prepare(stored, 2, embedded)
    assert indexer.rebuild().passages == 1
    assert is_sound(library)
    assert rows(library, "SELECT length(vector) FROM vectors") == [(8,)]
    assert first_quote(library, "bridge") == FLOOD.text


def test_failing_encoder_leaves_the_old_generation(library, indexer, opened):
    indexer.add(FLOOD)

    class Broken(Counting):
        def encode_passages(self, texts, parts=(), *, quick=False, take_tokens=None):
            raise MemoryError

    with pytest.raises(MemoryError):
        Indexer(opened(Broken("rain", name="broken"))).rebuild()
    assert (library.status().generation, library.status().model) == (1, "counting")
    assert first_quote(library, "bridge") == FLOOD.text
    assert indexer.rebuild().generation == 2
