"""Who has been notified that a feed has ended."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from telegram import Bot

from bot.jobs.notices import MODEL_SECONDS, Notices, NoticeStore
from index.feeds.follow import Feeds
from index.feeds.schema import MIGRATIONS
from index.indexer import Indexer
from qa import Library, Settings
from qa.store.sqlite import SqliteDatabase
from tests.said import ENGLISH

ANN, BOB = 1, 2


def feeds_of(database):
    return Feeds(database, interval=timedelta(hours=1), allow_private=True)


@pytest.fixture
def feeds(database, server):
    """One feed, which has been gone (410) since it was added."""
    made = feeds_of(database)
    server.pages["/a"] = (200, {}, b'<rss version="2.0"><channel><title>A</title></channel></rss>')
    made.add(server.url("/a"))
    server.pages["/a"] = (410, {}, b"")
    return made


def end(feeds):
    list(feeds.poll(feeds.store.all()[0]))
    return feeds.store.all()


def test_each_user_is_notified_once_when_a_feed_ends(feeds, database):
    store = NoticeStore(feeds.store, database)
    assert store.untold(ANN) == []
    ended = end(feeds)
    assert store.untold(ANN) == store.untold(BOB) == ended
    store.mark_told(ended, ANN)
    assert (store.untold(ANN), store.untold(BOB)) == ([], ended)


def test_resumed_feed_that_ends_again_is_reported_again(feeds, database):
    store = NoticeStore(feeds.store, database)
    store.mark_told(end(feeds), ANN)
    feeds.store.resume(feeds.store.all()[0].id)
    assert store.untold(ANN) == []
    again = end(feeds)
    assert store.untold(ANN) == again
    store.mark_told(again, ANN)
    assert store.untold(ANN) == []


def test_feed_resumed_before_its_notice_is_recorded_is_reported_again(feeds, database):
    store = NoticeStore(feeds.store, database)
    ended = end(feeds)
    feeds.store.resume(ended[0].id)
    store.mark_told(ended, ANN)
    again = end(feeds)
    assert store.untold(ANN) == again


def test_feed_removed_while_its_end_is_reported_is_forgotten(feeds, database):
    store = NoticeStore(feeds.store, database)
    ended = end(feeds)
    feeds.store.remove(ended[0].url)
    store.mark_told(ended, ANN)
    with database.read() as connection:
        assert connection.execute("SELECT count(*) FROM feed_notices").fetchone()[0] == 0


@pytest.mark.parametrize("terminal_first", [True, False])
def test_notices_sent_by_the_previous_version_are_not_repeated(tmp_path, terminal_first):
    database = SqliteDatabase(tmp_path / "old.db")
    database.migrate("index", MIGRATIONS[:3])
    with database.write() as connection:
        connection.execute(
            """
            INSERT INTO feeds (id, url, title, state, last_success_at, added_at) VALUES
                (1, 'https://a.example/', 'A', 'ended', 50, 10),
                (2, 'https://b.example/', 'B', 'switched off', NULL, 20),
                (3, 'https://c.example/', 'C', 'on', NULL, 30)
            """
        )
        connection.execute("INSERT INTO notices VALUES (1, 1), (2, 1), (1, 2), (3, 2)")
    if terminal_first:  # `pullquote feeds` does not open the bot's tables
        feeds_of(database).store.all()
        database.close()
        database = SqliteDatabase(tmp_path / "old.db")
    feeds = feeds_of(database)
    store = NoticeStore(feeds.store, database)
    assert [feed.ended_at for feed in feeds.store.all()] == [
        datetime.fromtimestamp(50, UTC),
        datetime.fromtimestamp(20, UTC),
        None,
    ]
    assert store.untold(ANN) == []
    assert [feed.title for feed in store.untold(BOB)] == ["B"]
    with database.read() as connection:
        tables = {row["name"] for row in connection.execute("SELECT name FROM sqlite_master")}
        rows = [tuple(row) for row in connection.execute("SELECT * FROM feed_notices")]
    assert "notices" not in tables
    assert rows == [(1, 1, 50), (1, 2, 50), (2, 1, 20)]
    database.close()


def test_each_user_is_notified_once_of_each_model_that_a_rebuild_would_change_to(feeds, database):
    store = NoticeStore(feeds.store, database)
    assert not store.knows_model(ANN, "one")
    for _ in range(2):
        store.mark_model(ANN, "one")
    known = [(who, model) for who in (ANN, BOB) for model in ("one", "two")]
    assert [each for each in known if store.knows_model(*each)] == [(ANN, "one")]


def test_administrators_are_told_once_that_a_rebuild_would_change_the_model(
    opened_room, multilingual, encoder, bridge, feeds, tmp_path
):
    made = Library(Settings(data_dir=tmp_path), multilingual)
    Indexer(made).add(bridge)
    made.close()
    with opened_room(tmp_path, None) as room:
        (root,) = room.settings.admins
        store = NoticeStore(feeds_of(room.library.database).store, room.library.database)

        async def tell():
            async with Bot(room.world.token, base_url=f"{room.server.url}/bot") as api:
                texts_of = room.store.languages.texts
                told = Notices(api, store, room.library, room.settings.admins, texts_of)
                assert await told.tell_of_model() == MODEL_SECONDS

        chat = room.world.private_chat(room.world.users[root])
        asyncio.run(tell())
        asyncio.run(tell())
        names = {"model": "multilingual-e5-small", "default": "all-MiniLM-L6-v2"}
        (message,) = room.world.replies(chat)
        # The bot itself sends HTML.
        assert message.text == ENGLISH("rebuild.model_kept", **names, setting="multilingual")
