"""Feeds from the command to the alert, against the Bot API double and a web site on loopback."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from telegram import Bot

from bot.jobs.notices import Notices, NoticeStore
from bot.texts import feeds as feed_messages
from index.feeds.follow import Feeds
from index.feeds.formats.opml import read_opml
from qa import SourceError
from tests.feedserver import FeedServer
from tests.index.feed_helpers import FEED
from tests.said import ENGLISH, plain, said

pytestmark = pytest.mark.sqlite

ARTICLE = """<html><head><title>{}</title></head><body><article><p>The ferry between Lennfield and
the island runs again from Sunday, after a winter in which its engine was replaced by an electric
one that was built in the shipyard of the town.</p></article></body></html>"""


@pytest.fixture
def chat(room, root):
    room.start()
    return room.world.private_chat(root)


def serve(server, *numbers, title="Lake News", path="/feed"):
    """Serve a feed that has an entry, with its page, for each number."""
    for number in numbers:
        page = ARTICLE.format(f"Ferry {number}").encode()
        server.pages[f"/{number}"] = (200, {}, page)
    items = [
        f"<item><guid>{number}</guid><link>{server.url(f'/{number}')}</link></item>"
        for number in numbers
    ]
    body = f'<rss version="2.0"><channel><title>{title}</title>{"".join(items)}</channel></rss>'
    server.pages[path] = (200, {}, body.encode())


def store(room):
    """The feeds in the bot's database, as the command line sees them."""
    feeds = Feeds(room.library.database, interval=timedelta(minutes=10), allow_private=True)
    return feeds.store


def notices(room):
    return NoticeStore(store(room), room.library.database)


def poll_again(room):
    """Make all feeds due."""
    with room.library.database.write() as connection:
        connection.execute("UPDATE feeds SET next_poll_at = 0 WHERE state = 'on'")


def texts(room, chat):
    return [message.text for message in room.world.replies(chat)]


def test_first_poll_is_indexed_without_alerts_and_later_entries_are_alerted(
    room, root, chat, server
):
    serve(server, 1)
    room.ask(chat, root, "/subscribe")
    reply = room.ask(chat, root, f"/feeds add {server.url('/feed')}")
    assert reply.text == said("feeds.following", feed="Lake News")
    assert reply.entities[0]["url"] == server.url("/feed")
    wait_until(lambda: store(room).all()[0].last_success_at)
    serve(server, 2, 1)
    poll_again(room)
    wait_until(lambda: store(room).all()[0].articles == 2)
    titles = [article.title for article in room.library.articles_after(0, 5)]
    assert titles == ["Ferry 1", "Ferry 2"]
    listed = room.ask(chat, root, "/feeds").text
    articles = said("format.articles", count=2)
    before, after = said("feeds.health_healthy", moment="|", articles=articles).split("|")
    assert listed.startswith(f"• Lake News – {before}")
    assert listed.endswith(f" UTC{after}")


def test_stop_does_not_wait_for_a_slow_site_and_notifies_the_admin(room, root, chat, server):
    server.pages["/feed"] = server.dripping()
    asked = room.world.say(chat, root, f"/feeds add {server.url('/feed')}")
    wait_until(lambda: server.count("/feed") == 1)
    room.stop()
    reply = room.world.wait_for_reply(asked)
    assert reply.text.endswith("/feed was not fetched: Pullquote is shutting down.")


def test_slow_feed_does_not_delay_other_feeds(room, root, chat, server):
    slow = FeedServer("127.0.0.2")
    serve(slow, title="Slow")
    serve(server, 1)
    room.ask(chat, root, f"/feeds add {slow.url('/feed')}")
    wait_until(lambda: store(room).all()[0].last_success_at)
    slow.pages["/feed"] = slow.dripping()
    poll_again(room)
    wait_until(lambda: slow.count("/feed") == 3)
    room.ask(chat, root, f"/feeds add {server.url('/feed')}")
    wait_until(lambda: store(room).all()[1].articles)
    assert slow.count("/feed") == 3
    room.stop()  # without waiting for it
    slow.close()
    assert store(room).all()[0].failures == 0


def wait_until(condition, seconds=10.0):
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_removed_feed_is_no_longer_followed(room, root, chat, server):
    serve(server)
    url = server.url("/feed")
    room.ask(chat, root, f"/feeds add {url}")
    removed = room.ask(chat, root, f"/feeds remove {url}").text
    assert removed == said("feeds.stopped", feed=url)
    nothing = said("feeds.none")
    assert room.ask(chat, root, "/feeds").text == nothing
    assert room.ask(chat, root, "/feeds export").text == nothing
    again = room.ask(chat, root, f"/feeds remove {url}").text
    assert again == f"{url}: this feed is not followed"


def test_address_that_is_not_a_feed_gets_a_reason(room, root, chat, server):
    server.pages["/ferry"] = (200, {}, b"<p>No feed.</p>")
    url = server.url("/ferry")
    page = room.ask(chat, root, f"/feeds add {url}").text
    assert page == f"{url}: this is not a feed, and the page does not name one"
    path = room.ask(chat, root, "/feeds add /etc/hostname").text
    assert path == not_an_address("/etc/hostname")


def not_an_address(words):
    reason = f"{words}: {said('error.not_a_web_address')}"
    return said("add.failed", reason=reason)


def test_invalid_arguments_explain_how_to_use_feeds(room, root, chat):
    assert room.ask(chat, root, "/feeds please").text == said("feeds.usage")


# Buttons


FOLLOW = f"＋ {said('button.follow_feed')}"
FOLLOW_ANOTHER = f"＋ {said('button.follow_another_feed')}"


def test_buttons_pause_resume_and_remove_a_feed(room, root, chat, server):
    serve(server)
    room.ask(chat, root, f"/feeds add {server.url('/feed')}")
    listed = room.ask(chat, root, "/feeds")
    assert listed.labels == ["⏸ Lake News", "✕", FOLLOW_ANOTHER]
    assert toast(room, listed, "⏸ Lake News") == said("feeds.paused")
    room.world.wait_for(lambda: listed.text == f"• Lake News – {said('feeds.health_paused')}")
    assert toast(room, listed, "▶ Lake News") == said("feeds.resumed")
    room.world.wait_for(lambda: said("feeds.health_paused") not in listed.text)
    room.world.press(listed, "✕")
    room.world.wait_for(lambda: listed.text == said("feeds.question", feed="Lake News"))
    room.world.press(listed, said("button.keep"))
    room.world.wait_for(lambda: "⏸ Lake News" in listed.labels)
    room.world.press(listed, "✕")
    room.world.wait_for(lambda: said("button.remove") in listed.labels)
    assert toast(room, listed, said("button.remove")) == said("feeds.removed")
    room.world.wait_for(lambda: listed.text == said("feeds.none"))
    assert listed.labels == [FOLLOW]
    assert store(room).all() == []


def toast(room, message, button, user=None):
    press = room.world.press(message, button, user)
    return room.world.wait_for(lambda: press.answer)["text"]


@pytest.fixture
def which(room, root, chat):
    """Press the button; return the question that the bot asks."""
    listed = room.ask(chat, root, "/feeds")
    room.world.press(listed, FOLLOW)
    return room.world.wait_for_reply(listed)


def test_feed_is_named_in_reply_to_a_question(room, root, chat, server, which):
    serve(server)
    assert which.text == said("feeds.which")
    reply = room.ask(chat, root, server.url("/feed"), reply_to=which)
    assert reply.text == said("feeds.following", feed="Lake News")


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("what is the lighthouse sold for?", said("answer.nothing_indexed")),
        ("price of the lighthouse", said("answer.nothing_indexed")),
        ("lighthouse.example?", said("answer.nothing_indexed")),
        ("lighthouse", not_an_address("lighthouse")),
        ("feed is lake.example", not_an_address("feed is lake.example")),
    ],
)
def test_question_sent_instead_of_an_address_is_answered(room, root, chat, which, text, reply):
    assert room.ask(chat, root, text, reply_to=which).text.startswith(reply)


def test_many_feeds_are_shown_page_by_page(room, root, chat):
    with room.library.database.write() as connection:
        connection.executemany(
            "INSERT INTO feeds (url, title, state, added_at) VALUES (?, ?, 'paused', 0)",
            [(f"https://{number}.example/", f"Feed {number}") for number in range(1, 19)],
        )
    listed = room.ask(chat, root, "/feeds")
    assert listed.text.endswith(said("feeds.page", first=1, last=8, total=18))
    assert (len(listed.labels), listed.labels[-2:]) == (18, ["›", FOLLOW_ANOTHER])
    room.world.press(listed, "›")
    room.world.wait_for(
        lambda: listed.text.endswith(said("feeds.page", first=9, last=16, total=18))
    )
    assert listed.labels[-3:] == ["‹", "›", FOLLOW_ANOTHER]
    room.world.press(listed, "›")
    room.world.wait_for(lambda: listed.labels[:2] == ["▶ Feed 17", "✕"])
    assert listed.labels[-2:] == ["‹", FOLLOW_ANOTHER]


def test_buttons_do_nothing_for_removed_feeds_and_for_other_people(room, root, chat, server):
    serve(server)
    room.ask(chat, root, f"/feeds add {server.url('/feed')}")
    listed = room.ask(chat, root, "/feeds")
    ann = room.world.user("Ann")
    assert toast(room, listed, "⏸ Lake News", ann) == said("error.not_admin")
    assert store(room).all()[0].next_poll_at is not None
    store(room).remove(server.url("/feed"))
    assert toast(room, listed, "⏸ Lake News") == said("feeds.old_button")


# Files


def test_uploaded_list_is_imported_and_can_be_exported(room, root, chat, server):
    serve(server)
    serve(server, path="/other", title="Other")
    urls = [server.url(path) for path in ("/feed", "/none", "/other")]
    outlines = "".join(f'<outline xmlUrl="{url}"/>' for url in urls)
    opml = f"<opml><body>{outlines}</body></opml>".encode()
    reply = room.world.wait_for_reply(room.world.send_document(chat, root, "my.opml", opml))
    imported = said("feeds.imported", done=2, count=3)
    room.world.wait_for(lambda: reply.text.startswith(imported))
    reason = f"{urls[1]}: there is no such page (HTTP status 404)"
    assert reply.text == f"{imported}\n• {said('add.failed', reason=reason)}"
    sent = room.ask(chat, root, "/feeds export").extra["document"]
    assert sent["file_name"] == "feeds.opml"
    assert read_opml(room.world.files[sent["file_id"]], "x") == [urls[0], urls[2]]


def test_file_that_is_not_a_list_gets_a_reason_from_administrators_only(room, root, chat):
    reply = room.world.wait_for_reply(room.world.send_document(chat, root, "my.xml", b"<rss/>"))
    assert reply.text == said("add.failed", reason="my.xml: this is not an OPML document")
    ann = room.world.user("Ann")
    with_ann = room.world.private_chat(ann)
    reply = room.world.wait_for_reply(room.world.send_document(with_ann, ann, "a.opml", b"<x/>"))
    assert reply.text == said("answer.only_text")


# Feeds that have ended


def test_administrators_are_notified_once_of_a_feed_that_has_ended(room, root, chat, server):
    serve(server)
    room.ask(chat, root, f"/feeds add {server.url('/feed')}")
    wait_until(lambda: store(room).all()[0].last_success_at)
    server.pages["/feed"] = (410, {}, b"")
    poll_again(room)
    reason = "the page is gone for good (HTTP status 410)"
    ended = said("feeds.health_ended", reason=reason)
    title, advice = said("feeds.ended", count=1), said("feeds.ended_advice")
    notice = f"{title}\n• Lake News – {ended}\n\n{advice}"
    room.world.wait_for(lambda: notice in texts(room, chat))
    wait_until(lambda: notices(room).untold(root.id) == [])
    room.stop()
    room.start()
    status = room.ask(chat, root, "/status").text
    assert f"1, {said('feeds.count_troubled', count=1, names='Lake News')}\n" in status
    assert texts(room, chat).count(notice) == 1


def test_unreachable_administrator_does_not_block_the_others(room, caplog):
    assert store(room).all() == []  # and the tables are made
    with room.library.database.write() as connection:
        connection.execute(
            "INSERT INTO feeds (url, title, state, added_at, ended_at)"
            " VALUES ('https://a/', 'A', 'ended', 0, 1)"
        )
    room.start()
    wait_until(lambda: "Administrator 1 cannot be told" in caplog.text)
    wait_until(lambda: notices(room).untold(1) == [])


def test_delayed_notice_to_one_administrator_does_not_block_the_others(
    room, root, ann, caplog, monkeypatch
):
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # as the bot does itself
    told = notices(room)
    with room.library.database.write() as connection:
        connection.execute(
            "INSERT INTO feeds (url, title, state, added_at, ended_at)"
            " VALUES ('https://a/', 'A', 'ended', 0, 1)"
        )

    async def tell():
        async with Bot(room.world.token, base_url=f"{room.server.url}/bot") as api:
            await Notices(
                api, told, room.library, {root.id, ann.id}, room.store.languages.texts
            ).tell_of_feeds()

    limited = room.world.private_chat(root)
    room.world.fault("sendMessage", 429, retry_after=3600, chat=limited)
    other = room.world.private_chat(ann)
    asyncio.run(tell())
    assert f"Administrator {root.id} is told later: " in caplog.text
    assert [len(room.world.replies(each)) for each in (limited, other)] == [0, 1]
    asyncio.run(tell())
    assert [len(room.world.replies(each)) for each in (limited, other)] == [1, 1]


def failing(title, failures, error, **values):
    return replace(FEED, title=title, failures=failures, last_error=error, **values)


def test_long_lists_fit_in_a_message():
    feed = failing("&" * 300, 1, "<" * 300, url=f"https://example.org/{'x' * 300}")
    errors = [SourceError(f"https://example.org/{'x' * 300}", "reason " * 50)] * 40
    ended = feed_messages.have_ended(ENGLISH, [feed] * 40)
    imported = feed_messages.imported(ENGLISH, errors)
    for text in (feed_messages.listed(ENGLISH, [feed] * 8, 0, 40), ended, *imported):
        assert len(plain(text)) <= 4096
    assert ENGLISH("feeds.ended_more", count=25) in ended
    assert sum(text.count("• ") for text in imported) == 40
