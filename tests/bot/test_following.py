"""Feeds from the command to the alert, against the Bot API double and a web site on loopback."""

from datetime import UTC, datetime

import pytest

from bot import messages
from index.feeds import Feed


@pytest.fixture
def root(room):
    return room.world.users[1]


@pytest.fixture
def chat(room, root):
    room.start()
    return room.world.private_chat(root)


def test_article_of_a_new_feed_is_indexed_and_told(room, root, chat, site):
    room.ask(chat, root, "/subscribe")
    reply = room.ask(chat, root, f"/feeds add {site}/feed")
    assert reply.text == "I follow Lake News from now on."
    assert reply.entities[0]["url"] == f"{site}/feed"
    alert = room.world.wait_for(
        lambda: next((m for m in room.world.replies(chat) if "New: " in m.text), None)
    )
    assert alert.text.startswith("Ferry returns to the lake\n")
    listed = room.ask(chat, root, "/feeds").text
    assert listed.startswith("• Lake News – read ")
    assert listed.endswith(" UTC")


def test_removed_feed_is_followed_no_more(room, root, chat, site):
    room.ask(chat, root, f"/feeds add {site}/feed")
    removed = room.ask(chat, root, f"/feeds remove {site}/feed").text
    assert removed == f"I follow {site}/feed no more. Its articles stay."
    nothing = "I follow no feeds. /feeds add https://example.org/feed follows one."
    assert room.ask(chat, root, "/feeds").text == nothing
    again = room.ask(chat, root, f"/feeds remove {site}/feed").text
    assert again == f"{site}/feed: this feed is not followed"


def test_what_is_no_feed_gets_a_reason(room, root, chat, site):
    page = room.ask(chat, root, f"/feeds add {site}/ferry").text
    assert page == f"{site}/ferry: this is no feed, and the page names none"
    path = room.ask(chat, root, "/feeds add /etc/hostname").text
    assert path == "Failed: /etc/hostname: not a web address; it should begin with https://"


def test_other_words_tell_how_to_use_feeds(room, root, chat):
    assert room.ask(chat, root, "/feeds please").text == (
        "/feeds lists the feeds that I follow, /feeds add https://example.org/feed follows one, "
        "and /feeds remove https://example.org/feed ends that."
    )


MOMENT = datetime(2024, 5, 3, 14, 5, tzinfo=UTC)


def feed(title, *, next_poll_at=MOMENT, last_success_at=None, last_error=None, failures=0):
    return Feed(
        "https://example.org/feed",
        title,
        None,
        None,
        next_poll_at,
        last_success_at,
        last_error,
        failures,
        MOMENT,
    )


def test_list_tells_how_each_feed_is():
    listed = messages.feeds(
        [
            feed("A & B", last_success_at=MOMENT),
            feed("C"),
            feed("D", last_error="<gone>", failures=1),
            feed("E", last_error="slow", failures=3),
            feed("F", last_error="it says 410", failures=1, next_poll_at=None),
        ]
    )
    link = '• <a href="https://example.org/feed">'
    assert listed.splitlines() == [
        f"{link}A &amp; B</a> – read 3 May 2024, 14:05 UTC",
        f"{link}C</a> – not read yet",
        f"{link}D</a> – failed once: &lt;gone&gt;; next try 3 May 2024, 14:05 UTC",
        f"{link}E</a> – failed 3 times: slow; next try 3 May 2024, 14:05 UTC",
        f"{link}F</a> – has ended: it says 410",
    ]


def test_long_list_is_cut():
    listed = messages.feeds([feed("title " * 50, last_error="reason " * 50, failures=1)] * 40)
    assert listed.endswith("\n… and 25 more")
    assert len(listed) < 6000
