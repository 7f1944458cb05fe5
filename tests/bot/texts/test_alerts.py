"""The texts of alerts, digests and subscription lists, which keep the limits for any input."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts.composing import CurrentAlert
from bot.alerts.digests import digest
from bot.alerts.split import Group, split
from bot.keyboards import alerts as alert_keyboards
from bot.keyboards import answers as answer_keyboards
from bot.keyboards import shares as share_keyboards
from bot.keyboards import subscriptions as list_keyboards
from bot.playground.markup import parse_html
from bot.playground.methods import formatted, keyboard
from bot.subscriptions.model import Destination, Interest, Subscription, Timetable
from bot.texts import alerts as alert_messages
from bot.texts import answers as messages
from bot.texts.markup import units
from qa import Article, Quote
from tests.said import ENGLISH as TEXTS

ARTICLE = Article(
    "a",
    "Storm & flood",
    "Heavy rain fell on Monday. The river rose by two metres. Nobody was hurt.",
    "https://example.org/storm",
    "Valley Post",
    datetime(2024, 5, 3, tzinfo=UTC),
)
RAIN = Quote(ARTICLE, ARTICLE.text, 0, len(ARTICLE.text), 0, 1.0, (27, 56))
KYIV, NIGHT = "Europe/Kyiv", (1320, 420)
TIMETABLE = Timetable(KYIV, 480, 0.0, NIGHT)


def subscription(number, topic="", source=""):
    return Subscription(number, Destination(1), Interest(topic, source), 0)


def topics(*names):
    return TEXTS("alert.topics", count=len(names), topics=TEXTS.items(names))


@pytest.mark.parametrize(
    ("interests", "reason"),
    [
        ([Interest()], TEXTS("alert.everything")),
        ([Interest("floods")], topics("“floods”")),
        ([Interest(), Interest("floods")], topics("“floods”")),
        ([Interest("floods", "BBC")], topics("“floods” from BBC")),
        ([Interest("", "A & B")], TEXTS("alert.sources", sources="A &amp; B")),
        (
            [Interest("", "BBC"), Interest("a")],
            f"{topics('“a”')} {TEXTS('alert.sources', sources='BBC')}",
        ),
        (
            [Interest("a"), Interest("b & c"), Interest("שלום")],
            topics("“a”", "“b &amp; c”", "“\u2068שלום\u2069”"),
        ),
        (
            [Interest(str(n)) for n in range(12)],
            TEXTS(
                "alert.topics",
                count=12,
                topics="“0”, “1”, “2”, “3”, “4”, “5”, “6”, “7”, “8”, “9” and 2 more",
            ),
        ),
    ],
)
def test_alert_quotes_the_article_and_says_why(interests, reason):
    text = alert_messages.alert(TEXTS, RAIN, interests)
    assert text == f"{messages.quotation(TEXTS, RAIN)}\n\n<i>{reason}</i>"


def test_title_that_is_all_the_text_is_shown_once():
    bare = Article("b", "Storm &  flood", "Storm & flood", "https://example.org/b")
    quote = Quote(bare, bare.text, 0, len(bare.text), 0, 1.0)
    linked = messages.headline(TEXTS, bare)
    shown = alert_messages.alert(TEXTS, quote, [Interest()])
    assert parse_html(shown)[0] == f"Storm & flood\n\n{TEXTS('alert.everything')}"
    assert alert_messages.digest_item(TEXTS, quote) == linked
    assert "<blockquote>" in messages.quotation(TEXTS, quote)


def test_list_shows_subscriptions_and_when_alerts_arrive():
    interests = [Interest("city buses", "BBC"), Interest("", "BBC"), Interest()]
    assert alert_messages.subscriptions(TEXTS, interests, TIMETABLE).splitlines() == [
        TEXTS("subscriptions.title"),
        "• city buses from BBC",
        f"• {TEXTS('interest.source', source='BBC')}",
        f"• {TEXTS('interest.everything')}",
        "",
        TEXTS("digest.schedule", time="08:00", zone=KYIV),
        TEXTS("quiet.schedule", hours="22:00–07:00", zone=KYIV),
        TEXTS("subscriptions.buttons"),
    ]


def test_digest_lists_each_article_under_the_oldest_matching_topic():
    floods, every, cars = (
        subscription(2, "floods"),
        subscription(1),
        subscription(3, "cars", "BBC"),
    )
    other = Article("b", "Cars", "Cars are sold.")
    sold = Quote(other, other.text, 0, len(other.text), 0, 1.0, None, (ARTICLE,))
    (part,) = digest(
        TEXTS,
        [
            CurrentAlert(sold, (cars,)),
            CurrentAlert(RAIN, (every, floods)),
            CurrentAlert(RAIN, (floods,)),
        ],
    )
    item = (
        '<a href="https://example.org/storm">Storm &amp; flood</a> – Valley Post · 3 May 2024\n'
        "<blockquote>The river rose by two metres.</blockquote>"
    )
    assert part == (
        f"{TEXTS('digest.title', count=3)}\n\n"
        f"<b>Floods</b>\n\n{item}\n\n{item}\n\n"
        "<b>Cars from BBC</b>\n\nCars\n<blockquote>Cars are sold.</blockquote>\n"
        + TEXTS("answer.also_in", sources='<a href="https://example.org/storm">Valley Post</a>')
    )


def test_empty_digest_makes_no_message():
    assert digest(TEXTS, []) == []


def test_split_repeats_the_heading_of_a_continued_group():
    items = [f"<b>{n}</b>{'x' * 1500}" for n in range(5)]
    parts = split("First", "Further", [Group("One", items[:3]), Group("Two", items[3:])])
    assert parts == [
        "\n\n".join(["First", "One", *items[:2]]),
        "\n\n".join(["Further", "One", items[2], "Two", items[3]]),
        "\n\n".join(["Further", "Two", items[4]]),
    ]


def test_digest_of_fifty_articles_splits_between_items():
    quotes = []
    for number in range(50):
        article = Article(
            str(number), f"Title {number}", "Some words of it. " * 30, "https://e.org"
        )
        quotes.append(Quote(article, article.text, 0, len(article.text), 0, 1.0))
    parts = digest(TEXTS, [CurrentAlert(quote, (subscription(1, "floods"),)) for quote in quotes])
    parsed = [parse_html(part) for part in parts]
    links = [
        text[e["offset"] : e["offset"] + e["length"]]
        for text, entities in parsed
        for e in entities
        if e["type"] == "text_link"
    ]
    assert links == [f"Title {number}" for number in range(50)]
    assert 4 <= len(parts) <= 7
    for part in parts:
        check_limits(part)


# Any text

WORST = "😀&<" * 5_000
CHUNKS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["<b>&amp;</i>", "שלום ", "\u202e", "x" * 9_000, "Some words. " * 40, "e.org "]
    ),
)
WORDS = st.lists(CHUNKS, min_size=1, max_size=6).map("".join)
TOPICS = st.text(max_size=50) | st.just("😀" * 50)
INTERESTS = st.builds(Interest, TOPICS, TOPICS | st.just(WORST)) | st.builds(
    Interest, question=TOPICS | st.just(WORST)
)


def check_limits(html):
    text, entities = formatted({"text": html, "parse_mode": "HTML"})  # adds what Telegram detects
    assert units(text) <= 4096
    assert len(entities) < 100  # Telegram silently drops entities over the limit
    return text, entities


@st.composite
def quotes(draw):
    text = draw(WORDS)
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    article = Article("a", draw(WORDS), text, draw(st.none() | WORDS.map("https://e.org/".__add__)))
    sentence = tuple(sorted(draw(st.tuples(*[st.integers(0, end - start)] * 2))))
    others = (Article("b", draw(WORDS), ""),) * draw(st.integers(0, 3))
    highlight = draw(st.none() | st.just(sentence))
    return Quote(article, text[start:end], start, end, 0, 1.0, highlight, others)


@given(quotes(), st.lists(INTERESTS, min_size=1, max_size=50))
def test_any_alert_keeps_the_limits(quote, interests):
    check_limits(alert_messages.alert(TEXTS, quote, interests))


@given(st.lists(INTERESTS, max_size=50))
def test_any_list_keeps_the_limits(interests):
    check_limits(alert_messages.subscriptions(TEXTS, interests, TIMETABLE))


@settings(max_examples=50)
@given(st.lists(st.tuples(quotes(), INTERESTS), max_size=30))
def test_any_digest_keeps_the_limits_and_its_words(many):
    told = [
        CurrentAlert(quote, (Subscription(n, Destination(1), interest, 0),))
        for n, (quote, interest) in enumerate(many)
    ]
    for part in digest(TEXTS, told):
        text, entities = check_limits(part)
        assert text
        for entity in entities:
            if "blockquote" in entity["type"]:
                encoded = text.encode("utf-16-le")
                begin = 2 * entity["offset"]
                shown = encoded[begin : begin + 2 * entity["length"]].decode("utf-16-le")
                assert any(shown.removesuffix(" …") in quote.article.text for quote, _ in many)


@given(st.lists(INTERESTS, min_size=1, max_size=50), st.integers(1, 2**62))
def test_any_buttons_are_accepted_by_telegram(interests, number):
    found = [Subscription(number + n, Destination(1), each, 0) for n, each in enumerate(interests)]
    for buttons in [
        list_keyboards.listed(TEXTS, found, Timetable()),
        list_keyboards.listed(TEXTS, found, TIMETABLE),
        alert_keyboards.below_alert(TEXTS, number, found),
        alert_keyboards.which(TEXTS, alert_keyboards.MUTE, number, found),
        alert_keyboards.muted(TEXTS, number, found[0]),
        answer_keyboards.below(
            TEXTS, "<blockquote>", answer_keyboards.follow(TEXTS, 3, is_answered=True)
        ),
        answer_keyboards.follow(TEXTS, 3, is_answered=False),
        answer_keyboards.alone(TEXTS, 3),
        answer_keyboards.unfollow(TEXTS, number),
        share_keyboards.below_shared(TEXTS, number, can_be_followed=True),
        share_keyboards.revoke(TEXTS, [number % 10**18] * 3),
        list_keyboards.end_all(TEXTS),
    ]:
        assert keyboard(buttons.to_dict())
