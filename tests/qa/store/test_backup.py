"""The whole database in one file, and back, with real files and other connections at work."""

import sqlite3
import threading

import pytest

from qa.errors import StoreError
from qa.store.backup import back_up, take_place, unpack
from qa.store.sqlite import SqliteDatabase

MIGRATIONS = ("CREATE TABLE words (number INTEGER PRIMARY KEY, word TEXT);",)


@pytest.fixture
def database(tmp_path):
    database = SqliteDatabase(tmp_path / "pullquote.db", busy_seconds=1)
    database.migrate("qa", MIGRATIONS)
    put(database, "one")
    yield database
    database.close()


def put(database, word):
    with database.write() as connection:
        connection.execute("INSERT INTO words (word) VALUES (?)", (word,))


def words(path):
    connection = sqlite3.connect(path)
    found = [word for (word,) in connection.execute("SELECT word FROM words ORDER BY number")]
    connection.close()
    return found


def test_backup_is_one_file_of_what_was_there_at_its_start(database, tmp_path):
    file = tmp_path / "kept.db"
    back_up(database.path, file)
    put(database, "two")
    assert words(file) == ["one"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.glob("kept*")) == ["kept.db"]


def test_writes_of_others_neither_stop_a_backup_nor_get_into_it(database, tmp_path):
    with database.write() as connection:
        rows = ((f"{number:0999d}",) for number in range(12_000))
        connection.executemany("INSERT INTO words (word) VALUES (?)", rows)
    seen = []

    def write_between_two_steps(done, total):
        seen.append((done, total))
        writer = threading.Thread(target=put, args=(database, "late"))
        writer.start()
        writer.join()

    back_up(database.path, tmp_path / "kept.db", write_between_two_steps)
    assert len(seen) > 1
    assert seen[-1][0] == seen[-1][1]
    assert {total for _, total in seen} == {seen[0][1]}, "it started anew"
    assert len(words(tmp_path / "kept.db")) == 12_001
    assert words(database.path)[-1] == "late"


def test_a_failed_backup_leaves_the_last_one(database, tmp_path):
    file = tmp_path / "kept.db"
    back_up(database.path, file)
    database.close()
    database.path.write_bytes(database.path.read_bytes()[:4096] + b"\xff" * 4096)
    with pytest.raises(StoreError):
        back_up(database.path, file)
    assert words(file) == ["one"]
    assert not (tmp_path / "kept.db.partial").exists()


def test_what_cannot_be_backed_up_is_said(database, tmp_path):
    with pytest.raises(StoreError) as caught:
        back_up(tmp_path / "none.db", tmp_path / "kept.db")
    assert str(caught.value) == f"There is no database at {tmp_path / 'none.db'}."
    with pytest.raises(StoreError) as caught:
        back_up(database.path, database.path)
    assert str(caught.value) == f"{database.path} is the database itself; name another file."


@pytest.mark.parametrize("content", [b"", b"no database" * 100], ids=["empty", "text"])
def test_only_a_backup_can_be_unpacked(tmp_path, content):
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(StoreError):
        unpack(file, tmp_path / "restoring")
    assert not (tmp_path / "restoring").exists()


def test_database_of_another_program_is_no_backup(tmp_path):
    connection = sqlite3.connect(tmp_path / "other.db")
    connection.execute("CREATE TABLE other (x)")
    connection.close()
    with pytest.raises(StoreError) as caught:
        unpack(tmp_path / "other.db", tmp_path / "restoring")
    sentence = "is not a database of Pullquote, or it is damaged (not one of ours)."
    assert str(caught.value) == f"{tmp_path / 'other.db'} {sentence}"


def test_restored_database_takes_the_place_of_the_other_which_is_kept(database, tmp_path):
    back_up(database.path, tmp_path / "kept.db")
    put(database, "two")
    database.close()
    copy = unpack(tmp_path / "kept.db", tmp_path / "restoring")
    kept = take_place(copy, database.path)
    assert kept == tmp_path / "before-restore.db"
    assert (words(database.path), words(kept)) == (["one"], ["one", "two"])


def test_nothing_is_restored_while_others_use_the_database(database, tmp_path):
    back_up(database.path, tmp_path / "kept.db")
    put(database, "two")
    copy = unpack(tmp_path / "kept.db", tmp_path / "restoring")
    with pytest.raises(StoreError) as caught:
        take_place(copy, database.path)
    assert str(caught.value) == (
        f"The database {database.path} is in use: stop the bot and all other commands first."
    )
    assert words(database.path) == ["one", "two"]


def test_damaged_database_can_be_replaced_and_its_log_goes_with_it(database, tmp_path):
    back_up(database.path, tmp_path / "kept.db")
    database.close()
    database.path.write_bytes(b"rubbish" * 1000)
    log = tmp_path / "pullquote.db-wal"
    log.write_bytes(b"more rubbish")
    kept = take_place(unpack(tmp_path / "kept.db", tmp_path / "restoring"), database.path)
    assert kept is not None
    assert words(database.path) == ["one"]
    assert kept.read_bytes() == b"rubbish" * 1000
    assert not log.exists()
