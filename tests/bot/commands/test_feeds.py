"""Feeds from the command to the alert, against the Bot API double and a web site on loopback."""

import asyncio
import html
import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from telegram import Bot

from bot.jobs.notices import FeedNotices, NoticeStore
from bot.texts import answers as messages
from bot.texts import feeds as feed_messages
from index.feeds.formats.opml import read_opml
from index.feeds.poll import Feed, Feeds
from qa import SourceError
from tests.feedserver import FeedServer

ARTICLE = """<html><head><title>{}</title></head><body><article><p>The ferry between Lennfield and
the island runs again from Sunday, after a winter in which its engine was replaced by an electric
one that was built in the shipyard of the town.</p></article></body></html>"""


@pytest.fixture
def chat(room, root):
    room.start()
    return room.world.private_chat(root)


@pytest.fixture
def server():
    made = FeedServer()
    yield made
    made.close()


def serve(server, *numbers, title="Lake News", path="/feed"):
    """A feed with an entry, and its page, for each number."""
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
    """The feeds in the database of the bot, as the terminal sees them."""
    return Feeds(room.library.database, interval=timedelta(minutes=10), allow_private=True)


def notices(room):
    return NoticeStore(store(room), room.library.database)


def poll_again(room):
    """Let all feeds be due."""
    with room.library.database.write() as connection:
        connection.execute("UPDATE feeds SET next_poll_at = 0 WHERE state = 'on'")


def said(room, chat):
    return [message.text for message in room.world.replies(chat)]


def test_the_first_poll_is_indexed_and_only_what_comes_later_is_told(room, root, chat, server):
    serve(server, 1)
    room.ask(chat, root, "/subscribe")
    reply = room.ask(chat, root, f"/feeds add {server.url('/feed')}")
    assert reply.text == "I follow Lake News from now on."
    assert reply.entities[0]["url"] == server.url("/feed")
    wait_until(lambda: store(room).list()[0].last_success_at)
    serve(server, 2, 1)
    poll_again(room)
    wait_until(lambda: store(room).list()[0].articles == 2)
    assert [article.title for article in room.library.latest(5)] == ["Ferry 2", "Ferry 1"]
    listed = room.ask(chat, root, "/feeds").text
    assert listed.startswith("• Lake News – read ")
    assert listed.endswith(" UTC, 2 articles")


def test_stop_does_not_wait_for_a_slow_site_and_tells_the_admin(room, root, chat, server):
    server.pages["/feed"] = server.dripping()
    asked = room.world.say(chat, root, f"/feeds add {server.url('/feed')}")
    wait_until(lambda: server.count("/feed") == 1)
    room.stop()
    reply = room.world.wait_for_reply(asked)
    assert reply.text.endswith("/feed was not fetched: Pullquote is going down.")


def test_a_slow_feed_holds_up_no_other(room, root, chat, server):
    slow = FeedServer("127.0.0.2")
    serve(slow, title="Slow")
    serve(server, 1)
    room.ask(chat, root, f"/feeds add {slow.url('/feed')}")
    wait_until(lambda: store(room).list()[0].last_success_at)
    slow.pages["/feed"] = slow.dripping()
    poll_again(room)
    wait_until(lambda: slow.count("/feed") == 3)
    room.ask(chat, root, f"/feeds add {server.url('/feed')}")
    wait_until(lambda: store(room).list()[1].articles)
    assert slow.count("/feed") == 3
    room.stop()  # and does not wait for it
    slow.close()
    assert store(room).list()[0].failures == 0


def wait_until(condition, seconds=10.0):
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_removed_feed_is_followed_no_more(room, root, chat, server):
    serve(server)
    url = server.url("/feed")
    room.ask(chat, root, f"/feeds add {url}")
    removed = room.ask(chat, root, f"/feeds remove {url}").text
    assert removed == f"I follow {url} no more. Its articles stay."
    nothing = "I follow no feeds. /feeds add https://example.org/feed follows one."
    assert room.ask(chat, root, "/feeds").text == nothing
    assert room.ask(chat, root, "/feeds export").text == nothing
    again = room.ask(chat, root, f"/feeds remove {url}").text
    assert again == f"{url}: this feed is not followed"


def test_what_is_no_feed_gets_a_reason(room, root, chat, site):
    page = room.ask(chat, root, f"/feeds add {site}/ferry").text
    assert page == f"{site}/ferry: this is no feed, and the page names none"
    path = room.ask(chat, root, "/feeds add /etc/hostname").text
    assert path == "Failed: /etc/hostname: not a web address; it should begin with https://"


def test_other_words_tell_how_to_use_feeds(room, root, chat):
    assert room.ask(chat, root, "/feeds please").text == (
        "/feeds lists the feeds that I follow, /feeds add https://example.org/feed follows one, "
        "/feeds remove https://example.org/feed ends that, and /feeds export sends the list as an "
        "OPML file. Send me such a file to follow what is in it."
    )


# Buttons


def test_buttons_pause_resume_and_remove_a_feed(room, root, chat, server):
    serve(server)
    room.ask(chat, root, f"/feeds add {server.url('/feed')}")
    listed = room.ask(chat, root, "/feeds")
    assert listed.labels == ["⏸ Lake News", "✕", "＋ Follow another"]
    assert toast(room, listed, "⏸ Lake News") == "Paused."
    room.world.wait_for(lambda: listed.text == "• Lake News – paused")
    assert toast(room, listed, "▶ Lake News") == "Resumed."
    room.world.wait_for(lambda: "paused" not in listed.text)
    room.world.press(listed, "✕")
    room.world.wait_for(lambda: listed.text == "Follow Lake News no more? Its articles stay.")
    room.world.press(listed, "Keep")
    room.world.wait_for(lambda: "⏸ Lake News" in listed.labels)
    room.world.press(listed, "✕")
    room.world.wait_for(lambda: "Remove" in listed.labels)
    assert toast(room, listed, "Remove") == "Removed. Its articles stay."
    room.world.wait_for(lambda: listed.text.startswith("I follow no feeds."))
    assert listed.labels == ["＋ Follow a feed"]
    assert store(room).list() == []


def toast(room, message, button, user=None):
    press = room.world.press(message, button, user)
    return room.world.wait_for(lambda: press.answer)["text"]


@pytest.fixture
def which(room, root, chat):
    """The question that comes when the button is pressed."""
    listed = room.ask(chat, root, "/feeds")
    room.world.press(listed, "＋ Follow a feed")
    return room.world.wait_for_reply(listed)


def test_a_feed_is_named_in_answer_to_a_question(room, root, chat, server, which):
    serve(server)
    assert which.text == feed_messages.WHICH_FEED
    reply = room.ask(chat, root, server.url("/feed"), reply_to=which)
    assert reply.text == "I follow Lake News from now on."


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("what is the lighthouse sold for?", "I have no articles yet"),
        ("price of the lighthouse", "I have no articles yet"),
        ("lighthouse.example?", "I have no articles yet"),
        ("lighthouse", "Failed: lighthouse: not a web address; it should begin with https://"),
        (
            "feed is lake.example",
            "Failed: feed is lake.example: not a web address; it should begin with https://",
        ),
    ],
)
def test_a_question_asked_instead_of_an_address_is_answered(room, root, chat, which, text, reply):
    assert room.ask(chat, root, text, reply_to=which).text.startswith(reply)


def test_many_feeds_are_turned_over_page_by_page(room, root, chat):
    with room.library.database.write() as connection:
        connection.executemany(
            "INSERT INTO feeds (url, title, state, added_at) VALUES (?, ?, 'paused', 0)",
            [(f"https://{number}.example/", f"Feed {number}") for number in range(1, 19)],
        )
    listed = room.ask(chat, root, "/feeds")
    assert listed.text.endswith("Feeds 1 to 8 of 18.")
    assert (len(listed.labels), listed.labels[-2:]) == (18, ["›", "＋ Follow another"])
    room.world.press(listed, "›")
    room.world.wait_for(lambda: listed.text.endswith("Feeds 9 to 16 of 18."))
    assert listed.labels[-3:] == ["‹", "›", "＋ Follow another"]
    room.world.press(listed, "›")
    room.world.wait_for(lambda: listed.labels[:2] == ["▶ Feed 17", "✕"])
    assert listed.labels[-2:] == ["‹", "＋ Follow another"]


def test_buttons_of_feeds_that_are_gone_and_of_others_do_nothing(room, root, chat, server):
    serve(server)
    room.ask(chat, root, f"/feeds add {server.url('/feed')}")
    listed = room.ask(chat, root, "/feeds")
    ann = room.world.user("Ann")
    assert toast(room, listed, "⏸ Lake News", ann) == messages.NOT_AN_ADMIN
    assert store(room).list()[0].next_poll_at is not None
    store(room).remove(server.url("/feed"))
    old = "This button is too old. Please send /feeds again."
    assert toast(room, listed, "⏸ Lake News") == old


# Files


def test_a_list_that_was_sent_is_imported_and_can_be_exported(room, root, chat, server):
    serve(server)
    serve(server, path="/other", title="Other")
    urls = [server.url(path) for path in ("/feed", "/none", "/other")]
    outlines = "".join(f'<outline xmlUrl="{url}"/>' for url in urls)
    opml = f"<opml><body>{outlines}</body></opml>".encode()
    reply = room.world.wait_for_reply(room.world.send_document(chat, root, "my.opml", opml))
    room.world.wait_for(lambda: reply.text.startswith("I follow"))
    assert reply.text == (
        "I follow 2 of the 3 feeds in this file.\n"
        f"• Not {urls[1]}: there is no such page (HTTP status 404)"
    )
    sent = room.ask(chat, root, "/feeds export").extra["document"]
    assert sent["file_name"] == "feeds.opml"
    assert read_opml(room.world.files[sent["file_id"]], "x") == [urls[0], urls[2]]


def test_a_file_that_is_no_list_gets_a_reason_and_that_of_others_none(room, root, chat):
    reply = room.world.wait_for_reply(room.world.send_document(chat, root, "my.xml", b"<rss/>"))
    assert reply.text == "Failed: my.xml: this is no OPML document"
    ann = room.world.user("Ann")
    with_ann = room.world.private_chat(ann)
    reply = room.world.wait_for_reply(room.world.send_document(with_ann, ann, "a.opml", b"<x/>"))
    assert reply.text == messages.ONLY_TEXT


# The end of a feed


def test_administrators_are_told_once_of_a_feed_that_has_ended(room, root, chat, server):
    serve(server)
    room.ask(chat, root, f"/feeds add {server.url('/feed')}")
    wait_until(lambda: store(room).list()[0].last_success_at)
    server.pages["/feed"] = (410, {}, b"")
    poll_again(room)
    notice = (
        "A feed has come to an end:\n"
        "• Lake News – has ended: the page is gone for good (HTTP status 410)\n\n"
        "/feeds lets you resume or remove feeds."
    )
    room.world.wait_for(lambda: notice in said(room, chat))
    wait_until(lambda: notices(room).untold(root.id) == [])
    room.stop()
    room.start()
    status = room.ask(chat, root, "/status").text
    assert "\nFeeds: 1, 1 failing or ended (Lake News)\n" in status
    assert said(room, chat).count(notice) == 1


def test_an_administrator_who_cannot_be_told_does_not_hold_up_the_rest(room, caplog):
    assert store(room).list() == []  # and the tables are made
    with room.library.database.write() as connection:
        connection.execute(
            "INSERT INTO feeds (url, title, state, added_at, ended_at)"
            " VALUES ('https://a/', 'A', 'ended', 0, 1)"
        )
    room.start()
    wait_until(lambda: "Administrator 1 cannot be told of a feed" in caplog.text)
    wait_until(lambda: notices(room).untold(1) == [])


def test_an_administrator_who_is_told_later_does_not_hold_up_the_rest(
    room, root, ann, caplog, monkeypatch
):
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # as the bot itself does
    told = notices(room)
    with room.library.database.write() as connection:
        connection.execute(
            "INSERT INTO feeds (url, title, state, added_at, ended_at)"
            " VALUES ('https://a/', 'A', 'ended', 0, 1)"
        )

    async def tell():
        async with Bot(room.world.token, base_url=f"{room.server.url}/bot") as api:
            await FeedNotices(api, told, {root.id, ann.id}).tell()

    limited = room.world.private_chat(root)
    room.world.fault("sendMessage", 429, retry_after=3600, chat=limited)
    other = room.world.private_chat(ann)
    asyncio.run(tell())
    assert f"Administrator {root.id} is told of a feed later: " in caplog.text
    assert [len(room.world.replies(each)) for each in (limited, other)] == [0, 1]
    asyncio.run(tell())
    assert [len(room.world.replies(each)) for each in (limited, other)] == [1, 1]


MOMENT = datetime(2024, 5, 3, 14, 5, tzinfo=UTC)
FEED = Feed(
    id=1,
    url="https://example.org/feed",
    title="A & B",
    state="on",
    etag=None,
    modified=None,
    digest=None,
    period=timedelta(),
    next_poll_at=MOMENT,
    last_success_at=MOMENT,
    last_error=None,
    failures=0,
    articles=1,
    added_at=MOMENT,
)


def failing(title, failures, error, **values):
    return replace(FEED, title=title, failures=failures, last_error=error, **values)


def test_list_tells_how_each_feed_is():
    off = {"next_poll_at": None}
    listed = feed_messages.listed(
        [
            FEED,
            replace(FEED, title="C", last_success_at=None),
            failing("D", 1, "<gone>"),
            failing("E", 3, "slow"),
            failing("F", 1, "it says 410", state="ended", **off),
            failing("G", 100, "slow", state="switched off", **off),
            replace(FEED, title="H", state="paused", **off),
        ],
        0,
        7,
    )
    link = '• <a href="https://example.org/feed">'
    assert listed.splitlines() == [
        f"{link}A &amp; B</a> – read 3 May 2024, 14:05 UTC, 1 article",
        f"{link}C</a> – not read yet",
        f"{link}D</a> – failed once: &lt;gone&gt;; next try 3 May 2024, 14:05 UTC",
        f"{link}E</a> – failed 3 times: slow; next try 3 May 2024, 14:05 UTC",
        f"{link}F</a> – has ended: it says 410",
        f"{link}G</a> – switched off after 100 failures: slow",
        f"{link}H</a> – paused",
    ]


def test_long_lists_fit_into_a_message():
    feed = failing("&" * 300, 1, "<" * 300, url=f"https://example.org/{'x' * 300}")
    errors = [SourceError(f"https://example.org/{'x' * 300}", "reason " * 50)] * 40
    for text in (
        feed_messages.listed([feed] * 8, 0, 40),
        feed_messages.have_ended([feed] * 40),
        *feed_messages.imported(errors),
    ):
        assert len(visible(text)) <= 4096
    assert feed_messages.have_ended([feed] * 40).count("… and 25 more") == 1
    assert sum(text.count("• Not ") for text in feed_messages.imported(errors)) == 40


def visible(html_text):
    return html.unescape(re.sub(r"<[^>]*>", "", html_text))
