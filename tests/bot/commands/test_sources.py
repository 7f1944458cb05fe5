"""What people call the feeds that they follow, and what each of these names brings them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.subscriptions.interest import feed_sources, read_interest, source_key
from bot.subscriptions.model import Destination, Interest
from bot.texts import alerts
from index.feeds.articles import stream_of
from index.feeds.model import PollResult
from index.feeds.store import FeedStore
from index.indexer import Indexer
from qa import Article
from qa.language import language_of
from tests.said import ENGLISH, is_alert, plain, said

pytestmark = pytest.mark.sqlite

WORLD = "https://feeds.lake.example/world.xml"
NAMES = [WORLD, "Lake News – World", "Lake World Service", "https://www.lake.example/world"]
KNOWN = feed_sources([(WORLD, "Lake News – World", NAMES)])
PAGE = Article(
    "storm",
    "Storm over the lake",
    "A storm over the lake tore the roof off the boathouse at Lennfield on Sunday evening.",
    url="https://elsewhere.example/storm",
    source="Elsewhere Weekly",
)


def follow(store, title, site=""):
    """Follow a feed that has been polled."""
    feed = store.follow(WORLD, title, timedelta(days=1))
    polled = PollResult(title, None, None, None, timedelta(), feed.next_poll_at, site)
    store.succeeded(feed, polled)
    return feed


@pytest.mark.parametrize(
    "text",
    [
        "from Lake News – World",
        "lake news – world",
        "from Lake World Service",
        WORLD,
        "from feeds.lake.example/world.xml",
        "HTTP://feeds.lake.example/world.xml?utm_source=rss",
        "http://lake.example/world/",
        "www.lake.example/world",
        f"<{WORLD}>",
        f"to {WORLD}, please",
        "from “Lake News – World”",
        "«Lake News – World»",
    ],
)
def test_feed_is_known_by_titles_and_addresses_of_its_own_and_of_its_site(text):
    assert read_interest(text, KNOWN) == (Interest("", "Lake News – World"), "")


@pytest.mark.parametrize("text", ["all articles from {}", "alles von {}", "the news from {}"])
def test_all_of_a_source_is_no_topic(text):
    name = "Lake News – World"
    assert read_interest(text.format(name), KNOWN) == (Interest("", name), "")
    assert read_interest(f"Boote von {name}", KNOWN) == (Interest("Boote", name), "")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "the feed {}"),
        ("en", "feed {}"),
        ("en", "me to the RSS feed {}, please"),
        ("en", "from the source {}"),
        ("en", "{} feed"),
        ("uk", "на стрічку {}"),
        ("ru", "на канал {}, пожалуйста"),
        ("de", "den Feed {} bitte"),
        ("es", "al canal {} por favor"),
        ("fr", "au flux {}"),
        ("it", "al feed {}"),
        ("pl", "kanał {}"),
        ("pt", "ao canal {}"),
        ("tr", "{} kaynağı"),
        ("tr", "the feed {}"),
    ],
)
@pytest.mark.parametrize("name", [WORLD, "Lake World Service", "feeds.lake.example/world.xml"])
def test_words_beside_a_source_are_no_topic(code, text, name):
    interest, _ = read_interest(text.format(name), KNOWN, language_of(code))
    assert interest == Interest("", "Lake News – World")


@pytest.mark.parametrize(
    ("text", "interest"),
    [
        ("storms from the feed {}", Interest("storms", "Lake News – World")),
        ("feed prices", Interest("feed prices")),
        ("the source of the storms", Interest("the source of the storms")),
        ("feed", Interest("feed")),
    ],
)
def test_words_beside_a_source_can_be_a_topic(text, interest):
    assert read_interest(text.format(WORLD), KNOWN)[0] == interest


@pytest.mark.parametrize(
    ("text", "interest"),
    [
        (f"storms from {WORLD}", Interest("storms", "Lake News – World")),
        (f"“storms” from ({WORLD})", Interest("storms", "Lake News – World")),
        (f"storms {WORLD}", Interest("storms", "Lake News – World")),
        ("“heavy storms”", Interest("heavy storms")),
        ("the “heavy” storms", Interest("the “heavy” storms")),
        ("storms from lake.example", Interest("storms", "lake.example")),
        ("lake.example", Interest("", "lake.example")),
        ("feeds.lake.example", Interest("", "feeds.lake.example")),
        ("lake", Interest("lake")),
    ],
)
def test_host_means_all_that_comes_from_it(text, interest):
    assert read_interest(text, KNOWN) == (interest, "")


def test_address_of_a_feed_means_it_alone_though_another_has_its_title():
    one, other = "https://a.example/feed", "https://b.example/feed"
    known = feed_sources([(one, "News", [one, "News"]), (other, "News", [other, "News"])])
    assert read_interest(one, known) == (Interest("", one), "")
    assert read_interest("from news", known) == (Interest("", "News"), "")


def test_feed_without_a_title_is_called_by_its_address():
    known = feed_sources([(WORLD, "", [WORLD])])
    assert read_interest(WORLD, known) == (Interest("", WORLD), "")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("de", "Stürme vom Seeblatt"),
        ("fr", "Stürme du Seeblatt"),
        ("pt", "Stürme do Seeblatt"),
        ("uk", "Stürme від Seeblatt"),
        ("de", "Stürme from Seeblatt"),
    ],
)
def test_source_is_named_in_the_language_of_the_chat(code, text):
    known = {source_key("Seeblatt"): "Seeblatt"}
    assert read_interest(text, known, language_of(code)) == (Interest("Stürme", "Seeblatt"), "")


@pytest.mark.parametrize(
    ("code", "text", "no_source"),
    [
        ("es", "precio de la luz", ""),
        ("es", "de Nadie", "Nadie"),
        ("fr", "dentistes", ""),
        ("it", "dipinti", ""),
    ],
)
def test_small_words_of_other_languages_name_a_source_only_at_the_beginning(code, text, no_source):
    assert read_interest(text, {}, language_of(code)) == (Interest(text), no_source)


def test_every_name_of_a_feed_brings_what_it_lists_though_pages_name_another_site(room, ann):
    store = FeedStore(room.library.database)
    feed = follow(store, "Lake World Service", site="https://www.lake.example/world")
    room.start()
    texts = [
        "from Lake World Service",
        WORLD,
        "from feeds.lake.example",
        "everything from lake world service",
        "storms from https://lake.example/world/",
        "new articles from Lake World Service",
        "from Elsewhere Weekly",
    ]
    chats = []
    for text in texts:
        person = room.world.user(text)
        chats.append(room.world.private_chat(person))
        room.ask(chats[-1], person, f"/subscribe {text}")
    store.bring(feed, PAGE.id)
    room.add(PAGE)
    told = chats[:-1]
    room.world.wait_for(lambda: all(any(map(is_alert, room.world.replies(c))) for c in told))
    assert room.store.subscriptions.of(Destination(chats[-1].id)) == []


def test_feed_that_was_renamed_still_reaches_who_follows_its_old_title(room, chat, ann):
    store = FeedStore(room.library.database)
    feed = follow(store, "Lake Herald")
    room.start()
    room.ask(chat, ann, "/subscribe from Lake Herald")
    feed = follow(store, "Herald of the Lake")
    store.bring(store.move(feed, "https://lake.example/new.xml"), PAGE.id)
    room.add(PAGE)
    room.world.wait_for(lambda: any(map(is_alert, room.world.replies(chat))))
    listed = room.ask(chat, ann, "/subscriptions").text
    assert said("interest.source", source="Lake Herald") in listed


def test_list_names_sources_whose_feeds_are_all_paused(room, chat, ann):
    store = FeedStore(room.library.database)
    feed = follow(store, "Lake Herald")
    room.start()
    for source in ("Lake Herald", "https://feeds.lake.example/world.xml"):
        room.ask(chat, ann, f"/subscribe from {source}")
    unread = f"\n\n{said('subscriptions.not_read', sources='Lake Herald')}"
    assert unread not in room.ask(chat, ann, "/subscriptions").text
    store.pause(feed.id)
    assert room.ask(chat, ann, "/subscriptions").text.endswith(unread)
    other = store.follow("https://other.example/feed", "Lake Herald", timedelta(days=1))
    assert unread not in room.ask(chat, ann, "/subscriptions").text
    store.pause(other.id)
    assert room.ask(chat, ann, "/subscriptions").text.endswith(unread)


def test_list_names_sources_that_no_article_has_any_more(room, chat, ann):
    room.add(PAGE)
    room.start()
    room.ask(chat, ann, f"/subscribe from {PAGE.source}")
    gone = f"\n\n{said('subscriptions.no_articles', sources=PAGE.source)}"
    assert not room.ask(chat, ann, "/subscriptions").text.endswith(gone)
    Indexer(room.library).remove(PAGE.id)
    assert room.ask(chat, ann, "/subscriptions").text.endswith(gone)


@pytest.mark.parametrize(
    "text",
    ["https://lake.example/feed.xml", "from https://lake.example/feed.xml", "x https://a.example/"],
)
def test_address_that_is_not_followed_is_refused_with_what_to_do(room, chat, ann, text):
    room.start()
    address = text.split()[-1]
    refused = plain(alerts.not_followed(ENGLISH, address))
    assert room.ask(chat, ann, f"/subscribe {text}").text == refused
    assert f"/feeds add {address}" in refused
    assert room.store.subscriptions.of(Destination(chat.id)) == []


@pytest.mark.parametrize(
    ("name", "readings"),
    [
        ("Every new article", [Interest()]),
        ("all new articles", [Interest()]),
        (
            "everything from Lake News",
            [Interest("", "Lake News"), Interest("everything", "Lake News")],
        ),
        (
            "new articles from  Lake News",
            [Interest("", "Lake News"), Interest("new articles", "Lake News")],
        ),
        ("ferries", []),
    ],
)
def test_interest_is_read_as_lists_show_it(name, readings):
    assert list(alerts.interests_named(ENGLISH, name)) == readings


@pytest.mark.parametrize("words", ["from Valley Post", "Valley Post", "from example.org"])
def test_latest_of_a_source_lists_it_alone(room, ann, chat, words, bridge, mayor):
    room.start()
    room.add(bridge, replace(mayor, id="old", published_at=datetime(2020, 1, 1, tzinfo=UTC)))
    store = FeedStore(room.library.database)
    feed = store.follow("https://example.org/feed", "Other", timedelta())
    store.bring(feed, bridge.id)
    listed = f"{said('latest.title')}\n• Old bridge closed after flood – Valley Post"
    assert room.ask(chat, ann, f"/latest {words}").text == listed


def test_latest_of_an_unknown_source_says_so_and_other_words_are_a_question(
    room, ann, chat, bridge
):
    room.start()
    room.add(bridge)
    nothing = said("latest.nothing_from", name="“Nobody”")
    assert room.ask(chat, ann, "/latest from Nobody").text == nothing
    assert (
        room.ask(chat, ann, "/latest Why was the bridge closed?").text
        == room.ask(chat, ann, "Why was the bridge closed?").text
    )


def test_question_may_name_a_feed_as_subscriptions_do(room, ann, chat):
    """Pages of a planet or a link blog name their own sites."""
    room.start()
    feed = follow(FeedStore(room.library.database), "Lake News – World", "https://lake.example/")
    text = "A storm over the hills tore the roof off a barn at Lennfield on Sunday evening."
    hill = replace(PAGE, id="hill", title="Storm over the hills", text=text, source="Hill Post")
    room.add(replace(PAGE, stream=stream_of(feed.id)), hill)
    ask = "What does {} say about the roof that the storm tore off at Lennfield?"
    for name in ("the Lake News – World feed", "lake.example"):
        assert room.ask(chat, ann, ask.format(name)).text.startswith(PAGE.title)
    assert room.ask(chat, ann, ask.format("the Hill Post")).text.startswith(hill.title)
    newest = room.ask(chat, ann, "What is the latest from Lake News – World?").text
    assert newest.startswith(PAGE.title)
    assert hill.title not in newest
