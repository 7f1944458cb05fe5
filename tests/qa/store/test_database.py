import contextlib
import os
import sqlite3
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from qa.errors import NewerDatabaseError, StoreBusyError, StoreError
from qa.store.database import open_database
from qa.store.sqlite import SqliteDatabase

TABLE = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT);"
COLUMN = "ALTER TABLE notes ADD COLUMN author TEXT;"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "pullquote.db"


@pytest.fixture
def database(path):
    with contextlib.closing(SqliteDatabase(path)) as made:
        made.migrate("notes", [TABLE])
        yield made


def texts(database):
    with database.read() as db:
        return [row["text"] for row in db.execute("SELECT text FROM notes ORDER BY id")]


def add(database, text):
    with database.write() as db:
        db.execute("INSERT INTO notes (text) VALUES (?)", (text,))


def in_thread(action):
    """Return the result of ``action`` in another thread, which has its own connection."""
    results = []
    thread = threading.Thread(target=lambda: results.append(action()))
    thread.start()
    thread.join()
    return results[0]


# Migrations


def test_each_migration_runs_once_and_keeps_what_is_stored(database):
    add(database, "old")
    for _ in range(2):
        database.migrate("notes", [TABLE, COLUMN])
    with database.read() as db:
        assert [tuple(row) for row in db.execute("SELECT * FROM notes")] == [(1, "old", None)]


def test_rooms_count_their_migrations_separately(database):
    database.migrate("other", ["CREATE TABLE others (id INTEGER);", "DROP TABLE others;"])
    with database.read() as db:
        rows = db.execute("SELECT room, version FROM versions ORDER BY room").fetchall()
    assert [tuple(row) for row in rows] == [("notes", 1), ("other", 2)]


def test_database_of_a_newer_version_is_rejected(database, path):
    database.migrate("notes", [TABLE, COLUMN])
    with pytest.raises(StoreError) as caught:
        database.migrate("notes", [TABLE])
    assert str(caught.value) == "A newer Pullquote has changed the database: update this one."


def test_what_a_newer_version_has_changed_can_no_longer_be_written(path, database_url):
    with (
        contextlib.closing(open_database(path, database_url)) as older,
        contextlib.closing(open_database(path, database_url)) as newer,
    ):
        for each in (older, newer):
            each.migrate("notes", [TABLE])
        newer.migrate("others", ["CREATE TABLE others (id INTEGER PRIMARY KEY);"])
        add(older, "of both")  # which knows nothing of others
        older.check_version()
        newer.migrate("notes", [TABLE, COLUMN])
        for use in (older.check_version, lambda: add(older, "of the older")):
            with pytest.raises(NewerDatabaseError):
                use()
        add(newer, "of the newer")
        assert texts(newer) == ["of both", "of the newer"]


def test_migration_that_fails_half_way_changes_nothing(database):
    with pytest.raises(StoreError, match="no such table: nowhere"):
        database.migrate("notes", [TABLE, f"{COLUMN}\nINSERT INTO nowhere VALUES (1);"])
    database.migrate("notes", [TABLE, COLUMN])


def test_trigger_with_several_statements_is_one_statement_of_a_migration(database):
    trigger = """
        CREATE TRIGGER twice AFTER INSERT ON notes WHEN new.text = 'one' BEGIN
            INSERT INTO notes (text) VALUES ('two');
            INSERT INTO notes (text) VALUES ('three');
        END;
    """
    database.migrate("notes", [TABLE, trigger])
    add(database, "one")
    assert texts(database) == ["one", "two", "three"]


def test_last_statement_of_a_migration_needs_no_semicolon(database):
    database.migrate("notes", [TABLE, "INSERT INTO notes (text) VALUES ('one')"])
    assert texts(database) == ["one"]


def test_many_threads_may_make_the_file_at_the_same_time(path):
    barrier = threading.Barrier(8)
    failures = []

    def make():
        barrier.wait()
        try:
            with contextlib.closing(SqliteDatabase(path)) as made:
                made.migrate("notes", [TABLE])
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


# Transactions


def test_read_inside_write_sees_what_is_being_written(database):
    with database.write() as db:
        db.execute("INSERT INTO notes (text) VALUES ('one')")
        assert texts(database) == ["one"]
        assert in_thread(lambda: texts(database)) == []
    assert in_thread(lambda: texts(database)) == ["one"]


def test_read_sees_one_snapshot_despite_concurrent_writes(database):
    add(database, "one")
    with database.read():
        assert texts(database) == ["one"]
        in_thread(lambda: add(database, "two"))
        assert texts(database) == ["one"]
    assert texts(database) == ["one", "two"]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_failed_write_leaves_nothing_and_the_next_one_works(database, failure):
    def fail_half_way():
        with database.write() as db:
            db.execute("INSERT INTO notes (text) VALUES ('half')")
            raise failure

    with pytest.raises(failure):
        fail_half_way()
    add(database, "whole")
    assert texts(database) == ["whole"]


def test_each_thread_has_its_own_connection(database):
    assert connection_of(database) is connection_of(database)
    assert connection_of(database) is not in_thread(lambda: connection_of(database))


def connection_of(database):
    with database.read() as db:
        return db


def test_connection_is_closed_when_its_thread_has_ended(database):
    theirs = in_thread(lambda: connection_of(database))
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        theirs.execute("SELECT 1")


def test_close_closes_the_connections_of_all_threads(path):
    database = SqliteDatabase(path)
    with ThreadPoolExecutor(1) as thread:
        theirs = thread.submit(connection_of, database).result()
        theirs.execute("SELECT 1")
        database.close()
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            theirs.execute("SELECT 1")


# Failures


def test_writer_that_times_out_says_that_the_database_is_in_use(database, path):
    with (
        contextlib.closing(SqliteDatabase(path, busy_seconds=0.05)) as waiting,
        database.write(),
        pytest.raises(StoreBusyError) as caught,
    ):
        add(waiting, "never")
    assert str(caught.value) == (
        f"The database {path} is in use by another process; try again in a moment."
    )


def test_writer_waits_for_another_that_finishes_soon(database, path):
    with contextlib.closing(SqliteDatabase(path)) as patient:
        holding, waiting = threading.Event(), threading.Event()

        def hold():
            with database.write() as db:
                db.execute("INSERT INTO notes (text) VALUES ('first')")
                holding.set()
                waiting.wait(0.2)

        thread = threading.Thread(target=hold)
        thread.start()
        holding.wait()
        add(patient, "second")
        thread.join()
        assert texts(patient) == ["first", "second"]


def test_file_that_is_not_a_database_is_named_with_what_to_do(path):
    path.parent.mkdir()
    path.write_text("These are my notes, not a database. " * 50)
    with pytest.raises(StoreError) as caught:
        SqliteDatabase(path)
    assert str(caught.value) == (
        f"The database {path} is damaged or not one of ours (file is not a database); "
        "restore it from a backup, or move it away and add the articles again."
    )
    assert path.read_text().startswith("These are my notes")


def test_data_folder_that_is_a_file_is_reported(path):
    path.parent.write_text("a file")
    with pytest.raises(StoreError) as caught:
        SqliteDatabase(path)
    assert str(caught.value) == f"The data folder {path.parent} cannot be made: File exists."


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_data_folder_is_reported(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError) as caught:
        SqliteDatabase(tmp_path / "data" / "pullquote.db")
    folder = tmp_path / "data"
    assert str(caught.value) == f"The data folder {folder} cannot be made: Permission denied."
    with pytest.raises(StoreError) as caught:
        SqliteDatabase(tmp_path / "pullquote.db")
    path = tmp_path / "pullquote.db"
    assert str(caught.value) == f"The database {path} {NOT_WRITABLE}"


NOT_WRITABLE = "cannot be opened: its folder may not be written, which reading needs, too."


@pytest.fixture
def disk(tmp_path):
    """A disk of half a megabyte, and a function that remounts it read-only."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", place],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"this user may not mount a disk: {made.stderr.decode().strip()}")
    yield place, lambda: subprocess.run(["mount", "-o", "remount,ro", place], check=True)
    subprocess.run(["umount", place], check=True)


def test_read_only_disk_is_reported(disk):
    place, make_read_only = disk
    path = place / "pullquote.db"
    SqliteDatabase(path).close()
    make_read_only()
    with pytest.raises(StoreError) as caught:
        SqliteDatabase(path)
    assert str(caught.value) == f"The database {path} {NOT_WRITABLE}"


def test_disk_full_at_opening_is_reported(disk):
    place, _ = disk
    path = place / "pullquote.db"
    SqliteDatabase(path).close()
    filling = place / "filling"
    with contextlib.suppress(OSError), filling.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    with pytest.raises(StoreError) as caught:
        SqliteDatabase(path)
    assert str(caught.value) == (
        f"The database {path} cannot grow: the disk is full. What it holds is safe; make room."
    )
    filling.unlink()
    SqliteDatabase(path).close()


def test_data_folder_below_a_file_is_reported(tmp_path):
    (tmp_path / "file").write_text("a file")
    with pytest.raises(StoreError) as caught:
        SqliteDatabase(tmp_path / "file" / "data" / "pullquote.db")
    folder = tmp_path / "file" / "data"
    assert str(caught.value) == f"The data folder {folder} cannot be made: Not a directory."


def test_database_file_that_cannot_be_opened_is_reported(path):
    path.mkdir(parents=True)
    with pytest.raises(StoreError) as caught:
        SqliteDatabase(path)
    assert str(caught.value) == f"The database {path} failed: unable to open database file."


def test_full_disk_names_the_file_and_loses_no_stored_data(database, path):
    add(database, "kept")
    with database.read() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreError) as caught:
        add(database, "much " * 10_000)
    assert str(caught.value) == (
        f"The database {path} cannot grow: the disk is full. What it holds is safe; make room."
    )
    assert texts(database) == ["kept"]
    add(database, "little")
    assert texts(database) == ["kept", "little"]


def test_damage_in_the_middle_of_the_file_is_reported(database, path):
    add(database, "much " * 10_000)
    database.close()
    content = bytearray(path.read_bytes())
    content[4096 : len(content)] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with (
        contextlib.closing(SqliteDatabase(path)) as damaged,
        pytest.raises(StoreError, match="is damaged or not one of ours"),
    ):
        texts(damaged)


def test_constraint_violation_is_a_store_error(database):
    add(database, "one")
    with (
        pytest.raises(StoreError, match=r"UNIQUE constraint failed: notes\.id"),
        database.write() as db,
    ):
        db.execute("INSERT INTO notes (id) VALUES (1)")
