import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import tantivy
from filelock import FileLock

from index.indexer import Indexer, embed
from qa import Library, ModelError, Settings
from qa.language import ENGLISH
from qa.search.fulltext import WordIndex
from qa.search.sync import SearchIndex
from qa.search.vectors import VectorIndex
from qa.store.leases import Leases
from qa.store.rebuilds import Rebuilds
from tests.articles import english

pytestmark = pytest.mark.sqlite

FLOOD = english("flood", "Flood", "The rain closed the bridge.", "A tunnel was dry.")
TOWN = english("town", "Town", "The mayor took the bus.", source="Valley Post")
LATE = english("late", "Late", "The ferry was late.")
WORDS = ["rain", "bridg", "tunnel", "mayor", "bus", "ferri", "flood", "town", "late", "valley"]


def found(library):
    """Return what each word finds, and all vectors."""
    with library.view() as retriever:
        indexes = retriever.indexes
        passages = {word: sorted(indexes.words.search([word], 99)) for word in WORDS}
        return passages, sorted(indexes.vectors.ids.tolist())


def expected(library):
    """Return what they should find, read from the database."""
    store = library.store
    with library.database.read():
        generation = store.state().generation
        passages = {id_: ENGLISH.stems(text) for id_, text, _ in store.texts_after(generation, 0)}
    return (
        {word: sorted(n for n, has in passages.items() if word in has) for word in WORDS},
        sorted(passages),
    )


def is_right(library):
    assert found(library) == expected(library)
    return True


def verbatim(answer):
    assert answer.quotes
    return all(q.article.text[q.start : q.end] == q.text for q in answer.quotes)


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def search(data):
    return data / "search"


@pytest.fixture
def filled(opened):
    """Three articles, indexed and queried once; the library is closed again."""
    library = opened()
    for article in (FLOOD, TOWN, LATE):
        Indexer(library).add(article)
    assert found(library)[0]["tunnel"] == [2]
    assert is_right(library)
    library.close()


@pytest.fixture
def again(filled, opened):
    """Open the library as another process would."""
    return opened


# Changes


def test_words_of_passages_are_found(opened):
    library = opened()
    for article in (FLOOD, TOWN):
        Indexer(library).add(article)
    passages, vectors = found(library)
    assert (passages["rain"], passages["tunnel"], passages["bus"]) == ([1], [2], [3])
    assert (passages["flood"], passages["valley"], passages["ferri"]) == ([1, 2], [], [])
    assert vectors == [1, 2, 3]


def test_every_change_by_another_process_is_seen(opened):
    asking, writing = opened(), Indexer(opened())
    assert is_right(asking)
    writing.add(FLOOD)
    assert is_right(asking)
    writing.add(TOWN)
    writing.add(english("flood", "Drought", "No ferry."))
    assert is_right(asking)
    writing.remove("town")
    writing.add(LATE)
    assert is_right(asking)
    writing.add(english("late", "Late", ""))
    assert is_right(asking)
    writing.remove("flood")
    writing.remove("late")
    assert is_right(asking)
    assert found(asking)[1] == []


def test_every_change_is_seen_by_a_process_that_opens_later(again, caplog):
    library = again()
    Indexer(library).add(english("flood", "Drought", "No ferry."))
    Indexer(library).remove("town")
    assert is_right(library)
    library.close()
    assert is_right(again())
    assert "built again" not in caplog.text


def test_words_are_written_once_for_all_processes(again, search):
    before = {path: path.stat().st_mtime_ns for path in search.rglob("*.term")}
    assert len(before) >= 2
    libraries = [again(), again()]
    assert all(is_right(library) for library in libraries)
    assert {path: path.stat().st_mtime_ns for path in search.rglob("*.term")} == before


def test_rebuild_is_seen_and_its_words_are_ready_before_the_swap(opened, search, caplog):
    asking, writing = opened(), Indexer(opened())
    for article in (FLOOD, TOWN):
        writing.add(article)
    assert is_right(asking)
    assert writing.rebuild().generation == 2
    ready = {path: path.stat().st_mtime_ns for path in (search / "2").rglob("*.term")}
    assert len(ready) == 1
    assert is_right(asking)
    assert found(asking)[1] == [4, 5, 6]
    now = {path: path.stat().st_mtime_ns for path in (search / "2").rglob("*.term")}
    assert ready.items() < now.items()  # plus the checkpoint
    assert sorted(path.name for path in search.iterdir()) == ["2", "lock-2"]
    writing.add(LATE)
    assert is_right(asking)
    assert caplog.text == ""


def test_words_prepared_twice_include_articles_added_in_between(opened, search):
    library = opened()
    indexer = Indexer(library)
    indexer.add(FLOOD)
    assert is_right(library)
    store = library.store

    def prepare():
        for article in store.unprepared(2, 9):
            (embedded,) = embed(library.current_model(), [article])
            store.prepare(article, 2, embedded)
        library.search_index.prepare(2, library.encoder.dimension)

    prepare()
    before = set((search / "2").rglob("*.term"))
    indexer.add(TOWN)
    prepare()
    assert before < set((search / "2").rglob("*.term"))  # not from scratch
    indexer.add(english("flood", "Drought", "No ferry."))
    prepare()
    assert is_right(library)
    store.swap(2, "counting", 4)
    assert is_right(library)


def test_removals_are_deleted_with_the_generation_that_needs_them(opened):
    slow, writing = opened(), Indexer(opened())
    for article in (FLOOD, TOWN, english("flood", "Drought", "No ferry.")):
        writing.add(article)
    assert is_right(slow)
    writing.remove("town")
    assert len(writing._store.removed_after(0)) == 3
    writing.rebuild()
    assert writing._store.removed_after(0) == []
    writing.add(TOWN)
    writing.remove("flood")
    assert is_right(slow)
    assert is_right(opened())


def test_model_chosen_by_another_process_is_a_model_error(opened, one_word):
    """The process that asked the empty index expected four-dimensional vectors."""
    asking = opened()
    assert is_right(asking)
    Indexer(opened(one_word("other"))).add(FLOOD)
    with pytest.raises(ModelError, match="made with the model other"):
        asking.ask("Which bridge?")


# Files are missing, damaged, or belong to something else


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)


def test_missing_folder_is_rebuilt(again, search):
    shutil.rmtree(search)
    assert is_right(again())


def test_folder_deleted_while_open_is_rebuilt(opened, search):
    library = opened()
    Indexer(library).add(FLOOD)
    assert is_right(library)
    shutil.rmtree(search)
    assert is_right(library)
    Indexer(library).add(TOWN)
    assert is_right(library)
    assert files(search)


def test_missing_words_are_rebuilt(again, search):
    shutil.rmtree(search / "1" / "passages")
    assert is_right(again())


@pytest.mark.parametrize("content", [b"", b"\xa7" * 50], ids=["empty", "rubbish"])
def test_any_damaged_file_is_rebuilt(again, search, content):
    count = len(files(search))
    assert count > 10
    for number in range(count):
        victim = files(search)[number % len(files(search))]
        victim.write_bytes(content)
        library = again()
        assert is_right(library), victim
        library.close()


def test_all_files_damaged_at_once_are_rebuilt(again, search):
    for file in files(search):
        file.write_bytes(os.urandom(100))
    assert is_right(again())


def test_damage_to_an_open_index_affects_one_question(again, search):
    library = again()
    assert is_right(library)
    before = library.ask("Which bridge?")
    for file in (search / "1" / "passages").glob("*.idx"):
        with file.open("r+b") as opened_file:
            opened_file.write(b"\xff" * (file.stat().st_size - 120))
    assert library.ask("Which bridge?").quotes  # by cosine alone
    assert library.ask("Which bridge?") == before
    assert is_right(library)


def test_words_of_another_database_are_not_searched(tmp_path, again, search):
    """The other database has had as many changes, and its passages have the same ids."""
    other = Library(Settings(data_dir=tmp_path / "other"), again().encoder)
    for article in (LATE, FLOOD, TOWN):
        Indexer(other).add(article)
    assert is_right(other)
    other.close()
    shutil.rmtree(search)
    shutil.copytree(tmp_path / "other" / "search", search)
    assert is_right(again())


def test_words_in_an_older_format_are_rebuilt(again, search):
    index = WordIndex.open(search / "1" / "passages")
    index.update({**index.checkpoint(), "format": 0}, [], [(1, "ferry ferry")])
    assert is_right(again())


def test_folders_of_older_generations_are_deleted(again, search):
    shutil.copytree(search / "1", search / "0")
    (search / "lock-0").touch()
    assert is_right(again())
    assert sorted(path.name for path in search.iterdir()) == ["1", "lock-1"]


def backup(data, folder):
    """Copy only the database, as people do."""
    shutil.copytree(data, folder, ignore=lambda *_: ["search"])


def restore(data, folder):
    for path in data.glob("pullquote.db*"):
        path.unlink()
    for path in folder.glob("pullquote.db*"):
        shutil.copy(path, data)


@pytest.fixture
def restored(again, data, tmp_path):
    """A database restored from a backup made before it was changed and queried."""
    backup(data, tmp_path / "backup")
    library = again()
    Indexer(library).remove("flood")
    Indexer(library).add(english("dry", "Dry", "Mayor, ferry, rain."))
    assert is_right(library)
    library.close()
    restore(data, tmp_path / "backup")


def test_words_ahead_of_a_restored_database_are_rebuilt(restored, again):
    library = again()
    assert is_right(library)
    assert found(library)[0]["tunnel"] == [2]


@pytest.mark.parametrize("changes", [1, 2, 3])
def test_outdated_words_are_not_mistaken_for_current_ones_after_a_restore(restored, again, changes):
    """The restored database has had fewer, as many, or more changes than its word index."""
    library = again()
    for number in range(changes):
        Indexer(library).add(english(f"new{number}", "New", "The tunnel and the bus."))
    assert is_right(library)


def test_outdated_words_are_not_mistaken_for_equal_changes_with_other_texts(restored, again):
    """All ids and counts are the same as before the database was restored."""
    library = again()
    Indexer(library).remove("flood")
    Indexer(library).add(english("wet", "Wet", "The tunnel and the bus."))
    assert is_right(library)
    assert found(library)[0]["tunnel"] == [5]


def test_words_locked_by_a_stray_writer_are_rebuilt(again, search, caplog):
    library = again()
    assert is_right(library)
    stray = tantivy.Index.open(str(search / "1" / "passages")).writer(15_000_000, 1)
    Indexer(library).add(english("flood", "Drought", "No ferry."))
    assert is_right(library)
    assert "The index of words on disk failed" in caplog.text
    assert "in memory" not in caplog.text
    stray.rollback()
    assert is_right(again())


def test_words_that_missed_changes_catch_up(again, search, tmp_path):
    shutil.copytree(search / "1" / "passages", tmp_path / "passages")
    library = again()
    Indexer(library).add(english("flood", "Drought", "No ferry."))
    Indexer(library).remove("town")
    assert is_right(library)
    library.close()
    shutil.rmtree(search / "1" / "passages")
    shutil.copytree(tmp_path / "passages", search / "1" / "passages")
    library = again()
    assert is_right(library)
    with library.view() as retriever:
        assert len(retriever.indexes.words) == 2  # none of them twice


def embed_next(library):
    """Do the first half of a rebuild to generation 2."""
    for article in library.store.unprepared(2, 9):
        (embedded,) = embed(library.current_model(), [article])
        library.store.prepare(article, 2, embedded)


def test_leftovers_of_a_killed_rebuild_stay_out_of_the_next_one(again, search):
    library = again()
    store = library.store
    embed_next(library)
    library.search_index.prepare(2, library.encoder.dimension)
    leftovers = [id_ for id_, *_ in store.texts_after(2, 0)]
    assert leftovers == [5, 6, 7, 8]
    assert Indexer(library).rebuild().generation == 2
    prepared = WordIndex.open(search / "2" / "passages")
    assert (len(prepared), list(prepared.search(["tunnel"], 9))) == (4, [10])
    assert is_right(library)
    assert found(library)[1] == [9, 10, 11, 12]


def test_leftovers_that_cannot_be_prepared_again_are_not_searched(again, search):
    library = again()
    store = library.store
    embed_next(library)
    library.search_index.prepare(2, library.encoder.dimension)
    store.sweep()
    embed_next(library)
    store.swap(2, "counting", 4)
    store.sweep()
    assert is_right(library)


# Vectors in lists


@pytest.fixture
def in_lists(opened, search):
    """Open the library as another process would, with an index of lists from one passage on."""

    def open_(large=1):
        library = opened()
        library.search_index = SearchIndex(library.store, search, large=large)
        return library

    return open_


def numbered(begin, end):
    return [english(f"n{n}", "Late", f"The ferry {n} was late.") for n in range(begin, end)]


def saved(search, generation=1):
    """Return what tells whether the lists were written again, and their passages."""
    path = search / str(generation) / "vectors"
    index, _ = VectorIndex.open(path)
    return path.stat().st_mtime_ns, sorted(index.ids.tolist())


def test_lists_are_saved_once_and_followed_by_whoever_opens_them(filled, in_lists, search):
    first, second = in_lists(), in_lists()
    assert is_right(first)
    before = saved(search)
    assert before[1] == [1, 2, 3, 4]
    Indexer(second).add(english("flood", "Drought", "No ferry."))
    Indexer(second).remove("town")
    assert is_right(first)
    assert is_right(second)
    assert is_right(in_lists())
    assert saved(search) == before


def test_lists_are_saved_again_when_more_has_come_and_sorted_again_when_they_are_too_few(
    filled, in_lists, search
):
    assert is_right(in_lists())
    library = in_lists()
    for article in numbered(0, 2):
        Indexer(library).add(article)
    assert is_right(in_lists())
    assert saved(search)[1] == [1, 2, 3, 4, 5, 6]
    for article in numbered(2, 13):
        Indexer(library).add(article)
    opened = in_lists()
    assert is_right(opened)
    assert 17 in opened.search_index.vectors.suits
    assert VectorIndex.open(search / "1" / "vectors")[0].suits.stop == 64


def test_a_small_index_has_no_lists_until_it_is_read_anew(opened, in_lists, search):
    library = in_lists(large=4)
    for article in (FLOOD, TOWN):
        Indexer(library).add(article)
    assert is_right(library)
    Indexer(library).add(LATE)
    assert is_right(library)
    assert not (search / "1" / "vectors").exists()
    assert is_right(in_lists(large=4))
    assert saved(search)[1] == [1, 2, 3, 4]


def test_lists_of_a_rebuild_are_ready_before_the_swap(filled, in_lists, search, caplog):
    library = in_lists()
    assert is_right(library)
    assert Indexer(library).rebuild().generation == 2
    ready = saved(search, 2)
    assert ready[1] == [5, 6, 7, 8]
    assert is_right(library)
    assert is_right(in_lists())
    assert saved(search, 2) == ready
    assert caplog.text == ""


def test_lists_prepared_twice_lack_what_was_removed_in_between(filled, in_lists, search):
    library = in_lists()
    embed_next(library)
    library.search_index.prepare(2, 4)
    Indexer(library).remove("town")
    library.search_index.prepare(2, 4)
    assert saved(search, 2)[1] == [5, 6, 8]


def test_lists_of_another_database_are_not_used(filled, in_lists, search):
    assert is_right(in_lists())
    library = in_lists()
    Indexer(library).remove("town")
    with library.database.write() as connection:
        connection.execute("UPDATE history SET token = token + 1")
    assert is_right(in_lists())
    assert saved(search)[1] == [1, 2, 4]


def test_lists_that_cannot_be_saved_are_searched(filled, in_lists, search, caplog):
    (search / "1" / "vectors").mkdir()
    library = in_lists()
    assert is_right(library)
    assert "The index of vectors is not saved: " in caplog.text


# Read-only and locked folders


def test_words_are_kept_in_memory_if_no_folder_can_be_created(opened, search, caplog):
    on_disk = opened()
    for article in (FLOOD, TOWN, LATE):
        Indexer(on_disk).add(article)
    question = "Which tunnel or bridge, mayor?"
    # Deleted texts count in BM25 until their segment is merged, so scores differ slightly.
    before, on_disk_found = [q.text for q in on_disk.ask(question).quotes], found(on_disk)
    shutil.rmtree(search)
    search.write_text("no folder")
    library = opened()
    assert [q.text for q in library.ask(question).quotes] == before
    assert found(library) == on_disk_found
    assert "Words are indexed in memory until the next start or rebuild." in caplog.text
    Indexer(library).add(english("flood", "Drought", "No ferry."))
    Indexer(library).remove("town")
    assert is_right(library)
    assert Indexer(library).rebuild().generation == 2
    assert is_right(library)
    assert "Generation 2 is not indexed yet" in caplog.text
    assert search.read_text() == "no folder"
    search.unlink()
    assert is_right(opened())


def test_words_are_back_on_disk_with_the_next_generation(again, search):
    shutil.rmtree(search)
    search.write_text("no folder")
    library = again()
    assert is_right(library)
    search.unlink()
    Indexer(library).rebuild()
    Indexer(library).add(english("gate", "Gate", "The gate kept the rain out."))
    assert is_right(library)
    assert len(WordIndex.open(search / "2" / "passages")) == 5


def test_lock_held_by_another_process_is_waited_for(again, search):
    library = again()
    additions = Indexer(library).add_all([english("flood", "Drought", "No ferry.")])
    next(additions)  # the indexes catch up when it ends
    lock, answers = FileLock(search / "lock-1", thread_local=False), []
    with lock:
        thread = threading.Thread(target=lambda: answers.append(is_right(library)))
        thread.start()
        thread.join(0.5)
        assert answers == []
    thread.join(20)
    assert answers == [True]


# Several processes


def child(body, *arguments):
    """Run ``body`` in a separate process, on a library with the same encoder."""
    start = """
import os, signal, sys
from pathlib import Path
from index.indexer import Indexer, embed
from qa import Library, Settings
from qa.search.sync import SearchIndex
from qa.store.articles import Store
from tests.articles import english
from tests.counting import Counting
from tests.qa.search.test_sync import verbatim

library = Library(Settings(data_dir=Path(sys.argv[1])), Counting("rain", "bridge", "mayor", "bus"))
indexer = Indexer(library)
"""
    return subprocess.Popen(
        [sys.executable, "-c", start + body, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )


@pytest.mark.slow
def test_two_processes_adding_removing_and_asking_at_once_get_correct_results(opened, data):
    library = opened()
    indexer = Indexer(library)
    process = child(
        """
for number in range(25):
    indexer.add(english(f"theirs{number % 4}", "Town", "The bus.", f"The ferry, {number} times."))
    if number % 5 == 4:
        indexer.remove("theirs2")
    assert verbatim(library.ask("Which bus, ferry or tunnel?"))
print("done")
""",
        data,
    )
    rounds = 0
    while process.poll() is None or rounds < 10:
        rounds += 1
        indexer.add(english(f"ours{rounds % 3}", "Flood", "Rain.", f"The tunnel, {rounds} times."))
        assert verbatim(library.ask("Which bus, ferry or tunnel?"))
    assert process.communicate() == ("done\n", None)
    assert is_right(library)
    assert is_right(opened())


DIES = """
class Dying(Store):
    def texts_after(self, *arguments):
        for number, row in enumerate(super().texts_after(*arguments)):
            if number == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            yield row

library.search_index = SearchIndex(Dying(library.database), Path(sys.argv[1]) / "search")
indexer.remove("late")
new = [english(f"new{{n}}", "New", "The tunnel.", "The bus, late.") for n in range(3)]
additions = indexer.add_all(new)  # the indexes catch up when it ends
for _ in new:
    next(additions)
{then}
"""


@pytest.mark.parametrize("then", ["library.ask('bus')", "indexer.rebuild()"])
def test_process_killed_while_reading_leaves_correct_answers(again, data, then):
    process = child(DIES.format(then=then), data)
    assert process.wait(60) == -signal.SIGKILL
    process.stdout.close()
    library = again()
    assert library.status().articles == 5
    assert is_right(library)
    assert Indexer(library).rebuild().generation == 2
    assert is_right(library)


# Several hosts: each has a folder of its own, all have one PostgreSQL


@pytest.fixture
def host(opened, tmp_path):
    """Open the library as the host with this name has it."""

    def open_(name):
        return opened(data_dir=tmp_path / name)

    return open_


@pytest.mark.postgresql
def test_every_change_by_another_host_is_seen_by_the_next_question(host, tmp_path):
    asking, writing = host("one"), Indexer(host("two"))
    writing.add(FLOOD)
    assert is_right(asking)
    assert found(asking)[0]["tunnel"] == [2]
    writing.add(TOWN)
    writing.add(english("flood", "Drought", "No ferry."))
    assert is_right(asking)
    assert found(asking)[0]["tunnel"] == []
    writing.remove("town")
    assert is_right(asking)
    assert (tmp_path / "one/search/1").exists()
    assert (tmp_path / "two/search/1").exists()


@pytest.mark.postgresql
@pytest.mark.parametrize("rebuilds", [0, 1, 2])
def test_host_that_was_away_finds_what_there_is_and_nothing_else(host, rebuilds):
    """With what was removed meanwhile forgotten, as a rebuild does."""
    away, writing = host("one"), Indexer(host("two"))
    for article in (FLOOD, TOWN):
        writing.add(article)
    assert is_right(away)
    away.close()
    writing.remove("flood")
    for _ in range(rebuilds):
        writing.rebuild()
        writing.add(english("town", "Town", "The tunnel was late."))
    writing.remove("town")
    writing.add(LATE)
    back = host("one")
    assert is_right(back)
    assert {word for word, ids in found(back)[0].items() if ids} == {"ferri", "late"}


@pytest.mark.postgresql
def test_host_that_goes_on_while_another_rebuilds_follows(host):
    asking, writing = host("one"), Indexer(host("two"))
    for article in (FLOOD, TOWN):
        writing.add(article)
    assert is_right(asking)
    writing.remove("flood")
    assert writing.rebuild().generation == 2
    assert is_right(asking)
    writing.remove("town")
    assert writing.rebuild().generation == 3
    writing.add(LATE)
    assert is_right(asking)


@pytest.mark.postgresql
def test_removals_after_a_host_was_ready_for_the_swap_are_not_forgotten(host, caplog):
    """It has indexed passages of the new generation that are gone before that is current."""
    one, two = host("one"), host("two")
    for article in (FLOOD, TOWN):
        Indexer(one).add(article)
    lead = Leases(one.database, "lead")
    assert lead.hold("rebuild")
    rebuilds = Rebuilds(one.store, "lead")
    under_way = rebuilds.begin("counting", 4, "")
    while Indexer(two).help():
        pass
    Indexer(one).remove("flood")
    assert rebuilds.swap(under_way)
    rebuilds.end(under_way)
    one.store.sweep()
    assert is_right(two)
    assert is_right(one)
