"""Channels as a source: posts become articles, edits update them, no crash loses a post."""

import asyncio
import json
import logging
import threading
import time
from dataclasses import replace

import pytest
from telegram import Update
from telegram.error import TelegramError

from bot.channels.reading import PAUSES, PostReader
from bot.channels.recording import SOON, PostRecorder, RecordingQueue
from bot.channels.store import MIGRATIONS, ChannelStore, StoredPost
from bot.playground.markup import detect
from bot.received import ReceivedUpdates
from index.feeds.store import FeedStore
from index.indexer import Indexer
from tests.feedserver import FeedServer
from tests.said import said

POST = (
    "Ferry returns to the lake\n\n"
    "The ferry between Lennfield and the island runs again from Sunday, after a winter in which "
    "its engine was replaced by an electric one."
)
TEXT = POST.split("\n\n")[1]
SENTENCE = "The mayor of Lennfield resigned on Friday after eleven years in office, she said."


@pytest.fixture
def channel(room, root):
    """A channel to which the bot's administrator added it."""
    room.start()
    made = room.world.channel("Lake News", root)
    made.username = "lakenews"
    room.world.add_bot(made, root)
    until(lambda: reads(room, made))
    return made


def reads(room, channel):
    with room.library.database.read() as db:
        sql = "SELECT 1 FROM channels WHERE chat_id = ?"
        return db.execute(sql, (channel.id,)).fetchone()


def articles(room):
    return [(each.title, each.text) for each in room.library.articles_after(0, 99)]


def until(predicate):
    """Wait for a change in the database, of which the world is not notified."""
    ends = time.monotonic() + 10
    while not predicate() and time.monotonic() < ends:
        time.sleep(0.01)


def wait_for_articles(room, *expected):
    until(lambda: articles(room) == list(expected))
    assert articles(room) == list(expected)


def test_channel_post_becomes_an_article(room, root, channel):
    post = room.world.say(channel, root, POST)
    wait_for_articles(room, ("Ferry returns to the lake", TEXT))
    article = room.library.articles_after(0, 99)[-1]
    assert (article.url, article.source) == (f"https://t.me/lakenews/{post.id}", "Lake News")
    assert article.published_at.timestamp() == post.date
    assert room.world.replies(channel) == []


def test_edited_post_updates_its_article(room, root, channel):
    post = room.world.say(channel, root, POST)
    wait_for_articles(room, ("Ferry returns to the lake", TEXT))
    channel.username = "lake_news"
    room.world.edit(post, SENTENCE)
    wait_for_articles(room, (SENTENCE, SENTENCE))
    article = room.library.articles_after(0, 99)[-1]
    assert (article.number, article.url) == (1, f"https://t.me/lake_news/{post.id}")


def test_post_of_a_private_channel_has_a_private_address(room, root, channel):
    channel.username = None
    post = room.world.say(channel, root, SENTENCE)
    wait_for_articles(room, (SENTENCE, SENTENCE))
    number = str(channel.id).removeprefix("-100")
    assert room.library.articles_after(0, 99)[-1].url == f"https://t.me/c/{number}/{post.id}"


def test_caption_is_read_like_text(room, root, channel):
    room.world.send_document(channel, root, "a.jpg", b"", caption=SENTENCE)
    wait_for_articles(room, (SENTENCE, SENTENCE))


@pytest.mark.parametrize("post", ["Ten words are wanted.", "/subscribe " + "word " * 20, "😀" * 20])
def test_short_post_or_command_is_skipped(room, root, channel, post):
    room.world.say(channel, root, post)
    room.world.say(channel, root, SENTENCE)
    wait_for_articles(room, (SENTENCE, SENTENCE))


def test_post_with_only_a_link_adds_the_linked_page(room, root, channel, site, caplog):
    room.world.say(channel, root, f"{site}/gone")
    room.world.say(channel, root, f"The ferry is back: {site}/ferry")
    room.world.say(channel, root, SENTENCE)
    until(lambda: len(articles(room)) == 2)
    assert [title for title, _ in articles(room)] == ["Ferry returns to the lake", SENTENCE]
    assert f"A channel post did not become an article: {site}/gone: " in caplog.text


def test_channel_is_not_read_if_a_non_administrator_added_the_bot(room, root, channel, caplog):
    caplog.set_level(logging.INFO)
    ann = room.world.user("Ann")
    other = room.world.channel("Spam", ann)
    room.world.add_bot(other, ann)
    room.world.say(other, ann, POST)
    room.world.say(channel, root, SENTENCE)
    wait_for_articles(room, (SENTENCE, SENTENCE))
    assert f"Ignoring channel {other.id} (Spam): user {ann.id}, who added the bot" in caplog.text


def test_channel_that_removed_the_bot_is_no_longer_read_and_its_articles_stay(room, root, channel):
    room.world.say(channel, root, SENTENCE)
    wait_for_articles(room, (SENTENCE, SENTENCE))
    room.world.kick(channel, root)
    ann = room.world.user("Ann")
    until(lambda: not reads(room, channel))
    room.world.add_bot(channel, ann)
    room.world.say(channel, ann, POST)
    wait_for_articles(room, (SENTENCE, SENTENCE))


def test_posts_wait_for_a_bot_killed_before_reading_them(room, root, channel):
    room.stop()
    channels = ChannelStore(room.library.database)
    message = room.world._message(channel, root, POST).to_json()
    assert channels.put(7, channel.id, json.dumps(message))
    assert not channels.put(7, channel.id, json.dumps(message))
    assert not channels.put(8, -1, json.dumps(message))
    assert articles(room) == []
    room.start()
    wait_for_articles(room, ("Ferry returns to the lake", TEXT))
    until(lambda: channels.first(time.time()) is None)
    assert channels.first(time.time()) is None


def update(room, channel, root, text, number=7):
    """A post as python-telegram-bot puts it into its queue."""
    message = room.world._message(channel, root, text)
    return Update.de_json({"update_id": number, "channel_post": message.to_json()})


def test_webhook_post_is_stored_before_it_is_acknowledged(room, root, channel):
    room.stop()
    channels = ChannelStore(room.library.database)
    inbox, post = (
        RecordingQueue(PostRecorder(channels, {root.id})),
        update(room, channel, root, POST),
    )
    asyncio.run(inbox.put(post))
    assert inbox.get_nowait() is post
    assert json.loads(channels.first(time.time()).message)["text"] == POST


def test_version_that_another_host_stores_late_does_not_win(reading):
    post, other = reading.say(SENTENCE), reading.say(POST)
    edit, message = reading.updates + 2, json.dumps(post.to_json())
    assert reading.channels.put(edit, reading.channel.id, message)
    reading.read_all()
    assert not reading.channels.put(edit - 1, reading.channel.id, message)
    assert not reading.channels.put(edit, reading.channel.id, message)
    assert nothing_waits(reading)
    assert reading.channels.put(edit - 1, reading.channel.id, json.dumps(other.to_json()))
    assert reading.channels.put(edit + 1, reading.channel.id, message)


def test_update_that_comes_to_two_hosts_is_queued_once(room, root, channel):
    room.stop()
    channels, received = (store(room.library.database) for store in (ChannelStore, ReceivedUpdates))
    one, other = (RecordingQueue(PostRecorder(channels, {root.id}, received)) for _ in range(2))
    post = update(room, channel, root, POST)
    asyncio.run(one.put(post))
    asyncio.run(other.put(post))
    asyncio.run(one.put(post))
    assert (one.qsize(), other.qsize()) == (1, 0)
    with room.library.database.write() as db:
        db.execute("DROP TABLE updates")
    with pytest.raises(TelegramError, match="Updates wait for the database: "):
        asyncio.run(other.put(update(room, channel, root, POST, 8)))
    assert other.empty()


def test_stopping_while_a_post_is_stored_repeats_no_reply(room, root, channel):
    """A batch that was not fully stored is not confirmed, so Telegram delivers it again."""
    chat = room.world.private_chat(root)
    with room.library.database.write():  # the post waits for this transaction
        polls = len(room.world.calls("getUpdates"))
        with room.world.changed:
            said = room.world.say(chat, root, "/help")
            room.world.say(channel, root, POST)
        room.world.wait_for(lambda: len(room.world.calls("getUpdates")) > polls)
        stopping = threading.Thread(target=room.stop)
        stopping.start()
        stopping.join(0.5)
    stopping.join()
    room.start()
    wait_for_articles(room, ("Ferry returns to the lake", TEXT))
    room.world.wait_for_reply(said)
    assert len(room.world.replies(chat)) == 1


def test_post_that_cannot_be_stored_is_only_logged(room, root, channel, caplog, engine):
    """With PostgreSQL it also comes again, until it is stored."""
    logged = {
        "sqlite": "Lost an update of a channel: ",
        "postgresql": "Updates wait for the database: ",
    }
    with room.library.database.write() as db:
        db.execute("ALTER TABLE channel_posts RENAME TO elsewhere")
    said = room.world.say(channel, root, POST)
    until(lambda: logged[engine] in caplog.text)
    assert logged[engine] in caplog.text
    with room.library.database.write() as db:
        db.execute("ALTER TABLE elsewhere RENAME TO channel_posts")
    room.world.edit(said, SENTENCE)
    wait_for_articles(room, (SENTENCE, SENTENCE))
    assert room.world.replies(channel) == []


def test_unreadable_post_does_not_block_later_posts(room, root, channel, caplog):
    channels = ChannelStore(room.library.database)
    channels.put(0, channel.id, "no JSON")
    room.world.say(channel, root, SENTENCE)
    wait_for_articles(room, (SENTENCE, SENTENCE))
    assert "A channel post cannot be read: no JSON" in caplog.text


def test_forwarded_post_becomes_the_same_article_as_the_post(room, root, channel):
    post = room.world.say(channel, root, POST)
    wait_for_articles(room, ("Ferry returns to the lake", TEXT))
    origin = {"type": "channel", "chat": channel.to_json(), "message_id": post.id}
    origin["date"] = post.date
    chat = room.world.private_chat(root)
    reply = room.world.wait_for_reply(room.world.forward(chat, root, POST, origin))
    press = room.world.press(reply, said("button.add_article"))
    room.world.wait_for(lambda: press.answer)
    assert press.answer["text"] == said("add.known")
    assert len(articles(room)) == 1


# Pages that are temporarily down


class Reading:
    """The reader of posts without a bot, one step at a time, with a clock that the test moves."""

    def __init__(self, room):
        self.room, self.now, self.updates = room, 1_000.0, 0
        self.channels = ChannelStore(room.library.database)
        indexer = Indexer(room.library)
        self.reader = PostReader(
            self.channels,
            indexer,
            FeedStore(room.library.database),
            allow_private=True,
            clock=self.clock,
        )
        self.root = room.world.users[1]
        self.channel = room.world.channel("Lake News", self.root)
        self.channels.join(self.channel.id, self.root.id)

    def clock(self):
        return self.now

    def say(self, text):
        post = self.room.world._message(self.channel, self.root)
        self.edit(post, text)
        return post

    def edit(self, post, text):
        self.updates += 1
        version = replace(post, text=text, entities=detect(text, []))
        message = json.dumps(version.to_json())
        assert self.channels.put(self.updates, self.channel.id, message)

    def read_all(self):
        while asyncio.run(self.reader.read_next()) == 0.0:
            pass

    def titles(self):
        return [title for title, _ in articles(self.room)]


@pytest.fixture
def reading(room):
    return Reading(room)


@pytest.fixture
def pages():
    """A site where every page is down."""
    server = FeedServer()
    for path in ("/ferry", "/wrong"):
        server.pages[path] = DOWN
    yield server
    server.close()


def page(title):
    text = f"<html><head><title>{title}</title></head><body><article>"
    return 200, {}, f"{text}<h1>{title}</h1><p>{TEXT}</p><p>{SENTENCE}</p></article>".encode()


def nothing_waits(reading):
    return reading.channels.first(reading.now + 10 * sum(PAUSES)) is None


DOWN, FERRY = (503, {}, b"down"), page("Ferry returns to the lake")


@pytest.mark.parametrize("status", [429, 503])
def test_post_waiting_for_a_page_that_is_down_does_not_block_others(reading, pages, status):
    pages.pages["/ferry"] = (status, {}, b"")
    reading.say(pages.url("/ferry"))
    reading.say(SENTENCE)
    reading.read_all()
    assert reading.titles() == [SENTENCE]
    pages.pages["/ferry"] = FERRY
    reading.now += PAUSES[0] - 1
    reading.read_all()
    assert reading.titles() == [SENTENCE]
    reading.now += 1
    reading.read_all()
    assert reading.titles() == [SENTENCE, "Ferry returns to the lake"]
    assert pages.count("/ferry") == 2
    assert nothing_waits(reading)


def test_page_that_stays_down_is_abandoned_after_five_attempts(reading, pages, caplog):
    reading.say(pages.url("/ferry"))
    for tries, pause in enumerate(PAUSES, start=1):
        reading.read_all()
        assert pages.count("/ferry") == tries
        reading.now += pause
    assert "A channel post did not become an article: " not in caplog.text
    reading.read_all()
    assert pages.count("/ferry") == 5
    assert f"A channel post did not become an article: {pages.url('/ferry')}: " in caplog.text
    assert nothing_waits(reading)


def test_page_that_is_gone_is_requested_once(reading, pages):
    reading.say(pages.url("/gone"))
    reading.read_all()
    assert nothing_waits(reading)


def test_edit_replaces_a_postponed_post(reading, pages):
    post = reading.say(pages.url("/wrong"))
    reading.read_all()
    reading.edit(post, pages.url("/ferry"))
    reading.say(SENTENCE)
    reading.read_all()
    pages.pages |= {"/wrong": page("Tram returns"), "/ferry": FERRY}
    reading.now += PAUSES[0]
    reading.read_all()
    assert reading.titles() == [SENTENCE, "Ferry returns to the lake"]
    assert pages.count("/wrong") == 1
    assert nothing_waits(reading)


def test_edit_arriving_during_the_page_request_is_read_too(reading, pages):
    def edited_meanwhile(handler):
        reading.edit(post, SENTENCE)
        handler.answer(*DOWN)

    pages.pages["/ferry"] = edited_meanwhile
    post = reading.say(pages.url("/ferry"))
    reading.read_all()
    assert reading.titles() == [SENTENCE]
    assert nothing_waits(reading)


def test_posts_of_one_form_are_different_stories(reading):
    for place, level in (("Lennfield", "310"), ("Mill Lane", "480")):
        reading.say(f"The gauge at {place} shows {level} centimetres.\n\n{TEXT} {SENTENCE}")
    reading.read_all()
    assert [len(told) for told in reading.room.library.latest_stories(9)] == [1, 1]


@pytest.mark.parametrize("first", [POST, "/ferry"], ids=["post", "link"])
def test_removed_article_of_an_edited_post_comes_back_without_an_alert(reading, pages, first):
    pages.pages["/ferry"] = FERRY
    post = reading.say(first if first is POST else pages.url(first))
    reading.read_all()
    (article,) = reading.room.library.articles_after(0, 9)
    assert not article.is_backlog
    Indexer(reading.room.library).remove(article.url)
    reading.edit(post, f"{POST} It runs daily." if first is POST else pages.url("/ferry?"))
    reading.say(SENTENCE)
    reading.read_all()
    again, other = reading.room.library.articles_after(0, 9)
    assert (again.id, again.is_backlog) == (article.id, True)
    assert (other.title, other.is_backlog) == (SENTENCE, False)


def test_post_edited_to_link_to_another_page_is_news(reading, pages):
    pages.pages |= {"/wrong": page("Tram returns"), "/ferry": FERRY}
    post = reading.say(pages.url("/wrong"))
    reading.read_all()
    reading.edit(post, pages.url("/ferry"))
    reading.read_all()
    assert [each.is_backlog for each in reading.room.library.articles_after(0, 9)] == [False] * 2


@pytest.mark.sqlite
def test_posts_queued_before_the_upgrade_are_read_after_it(room):
    with room.library.database.write() as db:
        db.execute("DROP TABLE IF EXISTS channels")
        db.execute("DROP TABLE IF EXISTS channel_posts")
        db.execute("DROP TABLE IF EXISTS channel_articles")
        db.execute("DELETE FROM versions WHERE room = 'channels'")
    room.library.database.migrate("channels", MIGRATIONS[:1])
    with room.library.database.write() as db:
        db.execute("INSERT INTO channels VALUES (-5, 1, 0)")
        message = '{"chat": {"id": -5}, "message_id": 9}'
        db.execute("INSERT INTO channel_posts VALUES (7, ?), (8, 'no JSON')", (message,))
    channels = ChannelStore(room.library.database)
    post = channels.first(0.0)
    assert post == StoredPost(7, "[-5,9]", message, announce=True, tries=0)
    channels.done(post)
    assert channels.first(0.0) == StoredPost(8, None, "no JSON", announce=True, tries=0)


def test_reader_checks_again_later_when_no_post_is_waiting(reading):
    assert asyncio.run(reading.reader.read_next()) == 1.0


# Edits and alerts


def test_edit_of_an_old_post_sends_no_alert(room, root, channel, ann, chat):
    """Whether it predates the bot, or its article was alerted and has been removed since."""
    room.ask(chat, ann, "/subscribe")
    before, told = room.world._message(channel, root, POST), room.world.say(channel, root, POST)
    wait_for_titles(room, chat, "Ferry returns to the lake")
    assert Indexer(room.library).remove_before(time.time() + 1)
    for post in (before, told):
        post.date = int(time.time() - SOON.total_seconds() - 1)
        room.world.edit(post, f"{SENTENCE} Number {post.id}.")
    until(lambda: len(articles(room)) == 2)
    assert len(articles(room)) == 2
    room.world.say(channel, root, "The tram to the northern quarter of the town runs again today.")
    wait_for_titles(
        room,
        chat,
        "Ferry returns to the lake",
        "The tram to the northern quarter of the town runs again today.",
    )


def test_stub_completed_soon_after_posting_sends_an_alert(room, root, channel, ann, chat):
    room.ask(chat, ann, "/subscribe")
    post = room.world.say(channel, root, "More soon.")
    post.date = int(time.time() - SOON.total_seconds() + 60)
    room.world.edit(post, POST)
    wait_for_titles(room, chat, "Ferry returns to the lake")


def wait_for_titles(room, chat, *expected):
    def told():
        return tuple(m.text.splitlines()[0] for m in room.world.replies(chat)[1:])

    until(lambda: told() == expected)
    assert told() == expected
