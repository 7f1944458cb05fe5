"""Channels as a source: posts become articles, edits update them, no crash loses one."""

import asyncio
import contextlib
import json
import logging
import sqlite3
import threading
import time

import pytest
from telegram import Update

from bot.channel_store import ChannelStore
from bot.channels import Inbox, PostKeeper, PostReader
from index.indexer import Indexer

POST = (
    "Ferry returns to the lake\n\n"
    "The ferry between Lennfield and the island runs again from Sunday, after a winter in which "
    "its engine was replaced by an electric one."
)
TEXT = POST.split("\n\n")[1]
SENTENCE = "The mayor of Lennfield resigned on Friday after eleven years in office, she said."


@pytest.fixture
def root(room):
    return room.world.users[1]


@pytest.fixture
def channel(room, root):
    """A channel that the bot's administrator added it to."""
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
    return [(each.title, each.text) for each in reversed(room.library.latest(99))]


def until(predicate):
    """Wait for what changes in the database, of which the world is not told."""
    ends = time.monotonic() + 10
    while not predicate() and time.monotonic() < ends:
        time.sleep(0.01)


def wait_for_articles(room, *expected):
    until(lambda: articles(room) == list(expected))
    assert articles(room) == list(expected)


def test_post_of_a_channel_becomes_an_article(room, root, channel):
    post = room.world.say(channel, root, POST)
    wait_for_articles(room, ("Ferry returns to the lake", TEXT))
    (article,) = room.library.latest(1)
    assert (article.url, article.source) == (f"https://t.me/lakenews/{post.id}", "Lake News")
    assert article.published_at.timestamp() == post.date
    assert room.world.replies(channel) == []


def test_edited_post_updates_its_article(room, root, channel):
    post = room.world.say(channel, root, POST)
    wait_for_articles(room, ("Ferry returns to the lake", TEXT))
    channel.username = "lake_news"
    room.world.edit(post, SENTENCE)
    wait_for_articles(room, (SENTENCE, SENTENCE))
    (article,) = room.library.latest(1)
    assert (article.number, article.url) == (1, f"https://t.me/lake_news/{post.id}")


def test_post_of_a_private_channel_has_a_private_address(room, root, channel):
    channel.username = None
    post = room.world.say(channel, root, SENTENCE)
    wait_for_articles(room, (SENTENCE, SENTENCE))
    number = str(channel.id).removeprefix("-100")
    assert room.library.latest(1)[0].url == f"https://t.me/c/{number}/{post.id}"


def test_caption_is_read_as_a_text_is(room, root, channel):
    room.world.send_document(channel, root, "a.jpg", b"", caption=SENTENCE)
    wait_for_articles(room, (SENTENCE, SENTENCE))


@pytest.mark.parametrize("post", ["Ten words are wanted.", "/subscribe " + "word " * 20, "😀" * 20])
def test_post_that_says_too_little_or_is_a_command_is_left_out(room, root, channel, post):
    room.world.say(channel, root, post)
    room.world.say(channel, root, SENTENCE)
    wait_for_articles(room, (SENTENCE, SENTENCE))


def test_post_that_is_a_link_brings_its_page(room, root, channel, site, caplog):
    room.world.say(channel, root, f"{site}/gone")
    room.world.say(channel, root, f"The ferry is back: {site}/ferry")
    room.world.say(channel, root, SENTENCE)
    until(lambda: len(articles(room)) == 2)
    assert [title for title, _ in articles(room)] == ["Ferry returns to the lake", SENTENCE]
    assert f"A channel's post leads to no article: {site}/gone: " in caplog.text


def test_channel_that_a_stranger_added_the_bot_to_is_not_read(room, root, channel, caplog):
    caplog.set_level(logging.INFO)
    ann = room.world.user("Ann")
    other = room.world.channel("Spam", ann)
    room.world.add_bot(other, ann)
    room.world.say(other, ann, POST)
    room.world.say(channel, root, SENTENCE)
    wait_for_articles(room, (SENTENCE, SENTENCE))
    assert f"Channel {other.id} (Spam) is ignored: user {ann.id}, who added the bot" in caplog.text


def test_channel_that_threw_the_bot_out_is_read_no_more_and_its_articles_stay(room, root, channel):
    room.world.say(channel, root, SENTENCE)
    wait_for_articles(room, (SENTENCE, SENTENCE))
    room.world.kick(channel, root)
    ann = room.world.user("Ann")
    until(lambda: not reads(room, channel))
    room.world.add_bot(channel, ann)
    room.world.say(channel, ann, POST)
    wait_for_articles(room, (SENTENCE, SENTENCE))


def test_posts_wait_for_a_bot_that_was_killed_before_it_read_them(room, root, channel):
    room.stop()
    channels = ChannelStore(room.library.database)
    message = room.world._message(channel, root, POST).to_json()
    assert channels.put(7, channel.id, json.dumps(message))
    assert not channels.put(7, channel.id, json.dumps(message))
    assert not channels.put(8, -1, json.dumps(message))
    assert articles(room) == []
    room.start()
    wait_for_articles(room, ("Ferry returns to the lake", TEXT))
    until(lambda: channels.first() is None)
    assert channels.first() is None


def update(room, channel, root, text, number=7):
    """A post as the library hands it to its queue."""
    message = room.world._message(channel, root, text)
    return Update.de_json({"update_id": number, "channel_post": message.to_json()})


def test_post_that_a_webhook_brings_is_written_down_before_it_counts_as_delivered(
    room, root, channel
):
    room.stop()
    channels = ChannelStore(room.library.database)
    inbox, post = Inbox(PostKeeper(channels, {root.id})), update(room, channel, root, POST)
    asyncio.run(inbox.put(post))
    assert inbox.get_nowait() is post
    assert json.loads(channels.first().message)["text"] == POST


def test_stop_while_a_post_is_written_down_answers_nobody_twice(room, root, channel):
    """A batch that was not kept whole is no one's yet, and comes again."""
    chat = room.world.private_chat(root)
    with contextlib.closing(sqlite3.connect(room.library.database.path)) as writer:
        writer.execute("BEGIN IMMEDIATE")  # the post waits for this one
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


def test_post_that_cannot_be_written_down_is_told_to_the_log_alone(room, root, channel, caplog):
    with room.library.database.write() as db:
        db.execute(
            "CREATE TRIGGER full BEFORE INSERT ON channel_posts BEGIN "
            "SELECT RAISE(ABORT, 'no room'); END"
        )
    said = room.world.say(channel, root, POST)
    until(lambda: "An update of a channel is lost: " in caplog.text)
    assert "An update of a channel is lost: " in caplog.text
    with room.library.database.write() as db:
        db.execute("DROP TRIGGER full")
    room.world.edit(said, SENTENCE)
    wait_for_articles(room, (SENTENCE, SENTENCE))
    assert room.world.replies(channel) == []


def test_post_that_cannot_be_read_holds_up_none_behind_it(room, root, channel, caplog):
    channels = ChannelStore(room.library.database)
    channels.put(0, channel.id, "no JSON")
    room.world.say(channel, root, SENTENCE)
    wait_for_articles(room, (SENTENCE, SENTENCE))
    assert "A channel's post cannot be read: no JSON" in caplog.text


def test_forwarded_post_is_the_article_of_the_post(room, root, channel):
    post = room.world.say(channel, root, POST)
    wait_for_articles(room, ("Ferry returns to the lake", TEXT))
    origin = {"type": "channel", "chat": channel.to_json(), "message_id": post.id}
    chat = room.world.private_chat(root)
    reply = room.world.wait_for_reply(room.world.forward(chat, root, POST, origin))
    assert "Ferry returns to the lake – Lake News" in reply.text
    assert reply.entity_texts("text_link") == ["Ferry returns to the lake"]
    assert len(articles(room)) == 1


def test_reader_of_posts_looks_again_later_when_none_waits(room):
    channels, indexer = ChannelStore(room.library.database), Indexer(room.library)
    reader = PostReader(channels, indexer, allow_private=False)
    assert asyncio.run(reader.read_next()) == 1.0
