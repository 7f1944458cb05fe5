import math
import os
import signal
import subprocess
import sys

import pytest

from qa.language import ENGLISH
from qa.language.language import _stemmed
from qa.search.fulltext import WordIndex


def terms_of(texts):
    return {number: ENGLISH.index_terms(text) for number, text in texts.items()}


TERMS = terms_of({1: "rain bridge", 2: "Rain, raining mayor", 3: "bus"})
# What BM25 counts for them: the document with the checkpoint is an empty text.
COUNT, MEAN_LENGTH = 4, 6 / 4


def bm25(times, length, texts_with_it, count=COUNT, mean=MEAN_LENGTH):
    rarity = math.log(1 + (count - texts_with_it + 0.5) / (texts_with_it + 0.5))
    return rarity * 2.2 * times / (times + 1.2 * (0.25 + 0.75 * length / mean))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "words"


@pytest.fixture(params=["disk", "memory"])
def index(request, folder):
    made = WordIndex.open(folder) if request.param == "disk" else WordIndex.in_memory()
    made.update({"state": 1}, [], TERMS.items())
    return made


def filled(folder, terms):
    made = WordIndex.open(folder)
    made.update({"state": 1}, [], terms.items())
    return made


def test_indexing_does_not_fill_the_query_cache():
    before = _stemmed.cache_info()
    ENGLISH.index_terms("Nobody asks about quokkas.")
    assert _stemmed.cache_info() == before


# Search


def test_texts_with_a_term_are_ranked_by_bm25(index):
    found = index.search(["rain"], 9)
    assert list(found) == [2, 1]
    assert found == pytest.approx({2: bm25(2, 3, 2), 1: bm25(1, 2, 2)}, abs=1e-6)
    assert found == pytest.approx({2: 0.74387, 1: 0.60997}, abs=1e-5)


def test_scores_of_several_terms_are_added(index):
    found = index.search(["rain", "mayor", "tram"], 9)
    expected = {2: bm25(2, 3, 2) + bm25(1, 3, 1), 1: bm25(1, 2, 2)}
    assert found == pytest.approx(expected, abs=1e-6)


def test_only_the_top_k_are_returned(index):
    assert list(index.search(["rain"], 1)) == [2]


def test_empty_unknown_and_checkpoint_terms_find_nothing(index):
    assert index.search([], 9) == index.search(["tram"], 9) == index.search(["state"], 9) == {}
    assert index.search(["1"], 9) == {}


def test_empty_index_finds_nothing_and_has_no_checkpoint():
    index = WordIndex.in_memory()
    assert (index.search(["rain"], 9), index.frequencies(["rain"])) == ({}, {"rain": 0})
    assert (len(index), dict(index.checkpoint())) == (0, {})


def test_related_term_counts_half():
    terms = terms_of({1: "elect", 2: "election elected", 3: "electron"})
    index = WordIndex.in_memory()
    index.update({}, [], terms.items())
    elect, election = ENGLISH.stem("elect"), ENGLISH.stem("election")
    mean = (1 + 3 + 1) / 4  # indexed with its family; the checkpoint is the fourth
    is_elect = {n: bm25(1, length, 2, 4, mean) for n, length in ((1, 1), (2, 3))}
    is_election = bm25(1, 3, 1, 4, mean)
    found = {1: is_elect[1], 2: is_elect[2] + 0.5 * is_election}
    assert index.search([elect], 9) == pytest.approx(found, abs=1e-6)
    found = {1: 0.5 * is_elect[1], 2: 0.5 * is_elect[2] + 1.5 * is_election}
    assert index.search([election], 9) == pytest.approx(found, abs=1e-6)


def test_word_with_the_same_prefix_is_another_word():
    index = WordIndex.in_memory()
    terms = terms_of({1: "rainbow", 2: "rain", 3: "policy", 4: "police"})
    index.update({}, [], terms.items())
    assert index.search([ENGLISH.stem("rain")], 9).keys() == {2}
    assert index.search([ENGLISH.stem("police")], 9).keys() == {4}


def test_stems_are_indexed_without_accents():
    index = WordIndex.in_memory()
    terms = terms_of({1: "The cafés were CLOSING Zelenskyy's bridges"})
    index.update({}, [], terms.items())
    for word in ("cafe", "close", "zelenskyy", "bridge"):
        assert index.search([ENGLISH.stem(word)], 9).keys() == {1}, word
    assert index.search(["s"], 9) == {}


def test_frequencies_count_texts(index):
    frequencies = index.frequencies(["rain", "bus", "tram"])
    assert frequencies == {"rain": 2, "bus": 1, "tram": 0}


# Update


def test_update_removes_replaces_adds_and_sets_the_checkpoint(index):
    index.update({"state": 2}, [1, 99], [(2, "tram"), (4, "rain")])
    assert index.search(["rain"], 9).keys() == {4}
    assert index.search(["tram"], 9).keys() == {2}
    assert index.search(["mayor"], 9) == {}
    assert (len(index), dict(index.checkpoint())) == (3, {"state": 2})


def test_text_added_twice_is_stored_once(index):
    index.update({"state": 2}, [], TERMS.items())
    assert len(index) == 3
    assert sorted(index.search(["rain"], 9)) == [1, 2]


def test_update_from_scratch_forgets_previous_texts(index):
    index.update({"state": 2}, [], [(7, "rain")], from_scratch=True)
    assert index.search(["rain", "bus", "mayor"], 9).keys() == {7}
    assert (len(index), dict(index.checkpoint())) == (1, {"state": 2})


def test_failed_update_changes_nothing_and_the_next_one_works(index):
    def texts():
        yield 4, "rain"
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        index.update({"state": 2}, [1, 2, 3], texts())
    assert (len(index), dict(index.checkpoint())) == (3, {"state": 1})
    index.update({"state": 3}, [], [(4, "rain")])
    assert sorted(index.search(["rain"], 9)) == [1, 2, 4]


KILLED = """
import os, signal, sys
from pathlib import Path
from qa.search.fulltext import WordIndex

def texts():
    for number in range(10, 20_000):
        yield number, f"rain {number} {number * 7}"
    os.kill(os.getpid(), signal.SIGKILL)

WordIndex.open(Path(sys.argv[1])).update({"state": 2}, [1], texts())
"""


def test_update_whose_process_is_killed_changes_nothing(folder):
    filled(folder, TERMS)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(folder)], check=False)
    assert killed.returncode == -signal.SIGKILL
    index = WordIndex.open(folder)
    assert (len(index), dict(index.checkpoint())) == (3, {"state": 1})
    assert sorted(index.search(["rain"], 9)) == [1, 2]
    index.update({"state": 2}, [1], [(4, "rain")])
    assert sorted(index.search(["rain"], 9)) == [2, 4]


def test_writes_by_another_process_become_visible_with_their_checkpoint(folder):
    writing = filled(folder, TERMS)
    reading = WordIndex.open(folder)
    writing.update({"state": 2}, [2], [(4, "rain")])
    assert sorted(reading.search(["rain"], 9)) == [1, 2]
    assert dict(reading.checkpoint()) == {"state": 2}
    assert sorted(reading.search(["rain"], 9)) == [1, 4]


def test_two_alternating_writers_leave_one_index_and_no_extra_files(folder):
    one, other = filled(folder, TERMS), WordIndex.open(folder)
    for number in range(10, 40):
        index = one if number % 2 else other
        index.update({"state": number}, [number - 1], [(number, "tram")])
    for index in (one, other):
        assert dict(index.checkpoint()) == {"state": 39}
        assert (len(index), list(index.search(["tram"], 99))) == (4, [39])
    assert len(list(folder.iterdir())) < 40


# Damage


def kinds(folder):
    """Return one non-empty file of each type."""
    files = {file.suffix: file for file in folder.iterdir() if file.stat().st_size}
    return {suffix: file for suffix, file in files.items() if suffix != ".lock"}


def flipped(content, place):
    return content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]


DAMAGES = {
    "empty": lambda content: b"",
    "truncated": lambda content: content[: len(content) // 2],
    "ten bytes short": lambda content: content[:-10],
    "zeros": lambda content: bytes(len(content)),
    "rubbish": lambda content: b"\xa7" * len(content),
    "first byte": lambda content: flipped(content, 0),
    "byte in the middle": lambda content: flipped(content, len(content) // 2),
    "byte in the third third": lambda content: flipped(content, len(content) * 2 // 3),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize(
    "kind", [".json", ".term", ".idx", ".store", ".fast", ".fieldnorm", ".pos", ".del"]
)
def test_damaged_file_is_detected_before_it_is_searched(folder, kind, damage, caplog):
    """Some damage would crash the process in a tantivy thread, so it must be detected first."""
    more = {n: f"rain number{n}" for n in range(200)}
    filled(folder, more | TERMS).update({"s": 1}, [7], [])
    file = folder / "meta.json" if kind == ".json" else kinds(folder)[kind]
    file.write_bytes(damage(file.read_bytes()))
    index = WordIndex.open(folder)
    assert (len(index), dict(index.checkpoint())) == (0, {})
    assert f"The word index in {folder} is built again" in caplog.text
    index.update({"state": 3}, [], TERMS.items())
    assert sorted(WordIndex.open(folder).search(["rain"], 9)) == [1, 2]


@pytest.mark.parametrize("kind", [".term", ".idx", ".store", ".fast", ".fieldnorm", ".pos"])
def test_missing_file_is_noticed(folder, kind):
    filled(folder, TERMS)
    kinds(folder)[kind].unlink()
    index = WordIndex.open(folder)
    assert (len(index), dict(index.checkpoint())) == (0, {})


def test_leftovers_of_a_killed_writer_are_not_damage(folder):
    filled(folder, TERMS)
    (folder / "0123456789abcdef0123456789abcdef.term").write_bytes(b"cut of")
    assert len(WordIndex.open(folder)) == 3


def test_index_with_other_fields_is_rebuilt(folder):
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("words")
    folder.mkdir()
    other = tantivy.Index(builder.build(), str(folder))
    writer = other.writer(15_000_000, 1)
    writer.commit()
    writer.wait_merging_threads()
    assert dict(filled(folder, TERMS).checkpoint()) == {"state": 1}
    assert sorted(WordIndex.open(folder).search(["rain"], 9)) == [1, 2]


@pytest.mark.parametrize(
    ("byte", "error"), [(0, "An IO error occurred"), (255, "a file is damaged")]
)
def test_file_damaged_while_the_index_is_open_is_noticed(folder, byte, error, caplog):
    """Tantivy may raise something that is not an ``Exception``; a question must survive it."""
    index = filled(folder, {n: f"rain number{n}" + " the" * (n % 9) for n in range(1, 400)})
    with kinds(folder)[".idx"].open("r+b") as file:
        file.write(bytes([byte]) * (os.fstat(file.fileno()).st_size - 120))
    assert not index.damaged
    assert index.search(["rain"], 3) == {}
    assert index.damaged
    assert f"The word index cannot be searched: {error}" in caplog.text
