"""What only PostgreSQL can do: lose its connections."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from qa.errors import StoreError, StoreLostError
from qa.store.postgres import PostgresDatabase
from tests import postgres
from tests.conftest import CACHE


@pytest.fixture
def url():
    with postgres.new_database(CACHE) as url:
        yield url


@pytest.fixture
def database(url):
    with contextlib.closing(PostgresDatabase(url)) as made:
        yield made


def value(database):
    with database.read() as connection:
        return connection.execute("SELECT count(*) FROM articles").fetchone()[0]


def test_connections_that_broke_while_nobody_used_them_are_replaced(database, url):
    for _ in range(3):
        assert value(database) == 0
        postgres.break_connections(url)
    with database.write() as connection:
        connection.execute("INSERT INTO pauses VALUES (1, 0, 1, 'closed')")


def delete_all(database, url):
    with database.write() as connection:
        connection.execute("DELETE FROM articles")
        postgres.break_connections(url)
        connection.execute("DELETE FROM articles")


def test_connection_that_breaks_in_the_middle_is_one_sentence(database, url):
    with pytest.raises(StoreLostError) as caught:
        delete_all(database, url)
    assert str(caught.value) == "The connection to PostgreSQL was lost; try again in a moment."
    assert value(database) == 0


def test_reader_inside_another_says_the_same(database, url):
    with contextlib.suppress(StoreLostError), database.read():
        postgres.break_connections(url)
        with pytest.raises(StoreLostError):
            value(database)


def test_writer_that_stands_still_keeps_others_from_writing_for_a_third_of_their_patience(
    database, url
):
    still, others = threading.Event(), threading.Event()

    def stand_still():
        with contextlib.closing(PostgresDatabase(url, 0.6)) as host, host.write() as connection:
            connection.execute("INSERT INTO pauses VALUES (1, 0, 1, 'closed')")
            still.set()
            others.wait(60)

    with ThreadPoolExecutor(1) as beside:
        host = beside.submit(stand_still)
        still.wait()
        with database.write() as connection:
            assert not connection.execute("SELECT * FROM pauses").fetchall()
        others.set()
        assert isinstance(host.exception(), StoreLostError)


def test_other_failures_are_not_taken_for_a_lost_connection(database):
    with database.write() as connection:
        connection.execute("ALTER TABLE articles RENAME TO elsewhere")
    with pytest.raises(StoreError) as caught:
        value(database)
    assert type(caught.value) is StoreError
    assert str(caught.value) == 'PostgreSQL failed: relation "articles" does not exist.'
