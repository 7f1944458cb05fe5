"""A library copied from one database to another, stopped in between, or changed meanwhile."""

import pytest

from index.indexer import Indexer
from qa import Article
from qa.errors import StoreError
from qa.store.database import open_database
from qa.store.move import move
from tests.postgres import ROOMS


class Stop(Exception):
    pass


@pytest.fixture
def target(tmp_path, library):
    """A file with the tables of all rooms, which the library gets, too."""
    made = open_database(tmp_path / "target.db")
    for database in (library.database, made):
        for room, migrations in ROOMS.items():
            database.migrate(room, migrations)
    yield made
    made.close()


def add(library, *names):
    for name in names:
        text = f"The rain of {name}.\nThe bridge of {name}."
        Indexer(library).add(Article(name, name, text))


def passages(database):
    with database.read() as db:
        return [tuple(row) for row in db.execute("SELECT id, text FROM passages ORDER BY id")]


def stop_after(rows):
    def progress(done, _total):
        if done > rows:
            raise Stop

    return progress


def test_everything_is_copied_and_numbers_go_on(library, target):
    add(library, "one", "two", "three")
    library.store.remove("three")
    seen = []
    total = move(library.database, target, lambda *counts: seen.append(counts))
    assert seen[-1] == (total, total)
    assert len(passages(target)) == 2
    assert passages(target) == passages(library.database)
    with target.read() as db:
        given = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'articles'")
        assert given.fetchone()[0] == 3


def test_numbers_go_on_that_only_the_rows_tell(library, target):
    """SQLite keeps no last number of a table without AUTOINCREMENT."""
    sql = "INSERT INTO match_batches (article_number, matches) VALUES (1, '[]')"
    with target.write() as db:
        assert [db.execute(sql).lastrowid for _ in range(2)] == [1, 2]
    move(target, library.database)
    with library.database.write() as db:
        assert db.execute(sql).lastrowid == 3


def test_copy_that_was_stopped_goes_on(library, target):
    add(library, "one", "two", "three")
    with pytest.raises(Stop):
        move(library.database, target, stop_after(4), batch=1)
    assert len(passages(target)) < 3
    move(library.database, target)
    assert passages(target) == passages(library.database)


def test_change_meanwhile_is_found(library, target):
    add(library, "one", "two")
    with pytest.raises(Stop):
        move(library.database, target, stop_after(4), batch=1)
    library.store.remove("one")
    with pytest.raises(StoreError) as caught:
        move(library.database, target)
    assert "differs. Stop the bot and all other commands" in str(caught.value)


def test_library_is_never_overwritten(library, target):
    add(library, "one")
    move(library.database, target)
    with pytest.raises(StoreError) as caught:
        move(library.database, target)
    assert str(caught.value) == "The target holds a library already, so nothing was copied."
