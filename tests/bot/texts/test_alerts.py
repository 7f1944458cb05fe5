"""What alerts, digests and the list of subscriptions say, and that any text fits into them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts.composing import Told
from bot.alerts.digests import digest
from bot.alerts.model import Interest, Place, Subscription, Timetable
from bot.alerts.split import Group, split
from bot.buttons import keyboards
from bot.playground.markup import parse_html
from bot.playground.methods import formatted, keyboard
from bot.texts import alerts as alert_messages
from bot.texts import answers as messages
from bot.texts.markup import units
from qa import Article, Quote

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
    return Subscription(number, Place(1), Interest(topic, source), 0)


@pytest.mark.parametrize(
    ("interests", "reason"),
    [
        ([Interest()], "New: you get every new article."),
        ([Interest("floods")], "New: matches your topic “floods”."),
        ([Interest(), Interest("floods")], "New: matches your topic “floods”."),
        ([Interest("floods", "BBC")], "New: matches your topic “floods” from BBC."),
        ([Interest("", "A & B")], "New: comes from A &amp; B, which you follow."),
        (
            [Interest("", "BBC"), Interest("a")],
            "New: matches your topic “a” and comes from BBC, which you follow.",
        ),
        (
            [Interest("a"), Interest("b & c"), Interest("שלום")],
            "New: matches your topics “a”, “b &amp; c” and “\u2068שלום\u2069”.",
        ),
        (
            [Interest(str(n)) for n in range(12)],
            "New: matches your topics “0”, “1”, “2”, “3”, “4”, “5”, “6”, “7”, “8”, “9” and 2 more.",
        ),
    ],
)
def test_alert_quotes_the_article_and_says_why(interests, reason):
    text = alert_messages.alert(RAIN, interests)
    assert text == f"{messages.quotation(RAIN)}\n\n<i>{reason}</i>"


def test_list_says_what_is_told_and_when():
    interests = [Interest("city buses", "BBC"), Interest("", "BBC"), Interest()]
    assert alert_messages.subscriptions(interests, TIMETABLE) == (
        "New articles that I tell of here:\n• city buses from BBC\n• everything from BBC\n"
        "• every new article\n\n"
        "They come in a digest each day at 08:00 (Europe/Kyiv).\n"
        "Quiet hours are 22:00–07:00 (Europe/Kyiv).\n"
        "A button ends or changes it."
    )


def test_digest_has_its_articles_below_the_oldest_topic_that_matched():
    floods, every, cars = (
        subscription(2, "floods"),
        subscription(1),
        subscription(3, "cars", "BBC"),
    )
    other = Article("b", "Cars", "Cars are sold.")
    sold = Quote(other, other.text, 0, len(other.text), 0, 1.0, None, (ARTICLE,))
    (part,) = digest([Told(sold, (cars,)), Told(RAIN, (every, floods)), Told(RAIN, (floods,))])
    item = (
        '<a href="https://example.org/storm">Storm &amp; flood</a> – Valley Post · 3 May 2024\n'
        "<blockquote>The river rose by two metres.</blockquote>"
    )
    assert part == (
        "<b>Your digest: 3 new articles</b>\n\n"
        f"<b>Floods</b>\n\n{item}\n\n{item}\n\n"
        "<b>Cars from BBC</b>\n\nCars\n<blockquote>Cars are sold.</blockquote>\n"
        'Also in <a href="https://example.org/storm">Valley Post</a>'
    )


def test_digest_of_nothing_is_no_message():
    assert digest([]) == []


def test_split_repeats_the_heading_of_a_group_that_goes_on():
    items = [f"<b>{n}</b>{'x' * 1500}" for n in range(5)]
    parts = split("First", "Further", [Group("One", items[:3]), Group("Two", items[3:])])
    assert parts == [
        "\n\n".join(["First", "One", *items[:2]]),
        "\n\n".join(["Further", "One", items[2], "Two", items[3]]),
        "\n\n".join(["Further", "Two", items[4]]),
    ]


def test_digest_of_fifty_articles_splits_into_whole_items():
    quotes = []
    for number in range(50):
        article = Article(
            str(number), f"Title {number}", "Some words of it. " * 30, "https://e.org"
        )
        quotes.append(Quote(article, article.text, 0, len(article.text), 0, 1.0))
    parts = digest([Told(quote, (subscription(1, "floods"),)) for quote in quotes])
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            alert_messages.subscribed(Interest("x from Y"), is_new=True, no_source="Y"),
            "I know no source called “Y”, so these words are part of the topic. "
            "I will tell you here of new articles about “x from Y”. "
            "/subscriptions shows and ends it.",
        ),
        (
            alert_messages.digest_set(Timetable(None, 480), Timetable()),
            "New articles come here in a digest each day at 08:00 (UTC). You named no time zone;"
            " write it behind the time, such as Europe/Kyiv.",
        ),
        (
            alert_messages.quiet_set(TIMETABLE, TIMETABLE),
            "Alerts wait here from 22:00 to 07:00 (Europe/Kyiv).",
        ),
        (
            alert_messages.digest_set(Timetable(KYIV, 360, quiet=NIGHT), Timetable(KYIV)),
            "New articles come here in a digest each day at 06:00 (Europe/Kyiv). "
            "That is in the quiet hours, so it waits until 07:00.",
        ),
        (
            alert_messages.quiet_set(Timetable(KYIV, 1380, quiet=NIGHT), Timetable(KYIV, 1380)),
            "Alerts wait here from 22:00 to 07:00 (Europe/Kyiv). "
            "So does the digest, which would come at 23:00.",
        ),
        (
            alert_messages.digest_set(Timetable(KYIV, 420, quiet=NIGHT), Timetable(KYIV)),
            "New articles come here in a digest each day at 07:00 (Europe/Kyiv).",
        ),
        (
            alert_messages.unknown_zone("Kyif", "Europe/Kyiv"),
            "I know no time zone “Kyif”. Do you mean Europe/Kyiv?",
        ),
        (
            alert_messages.unknown_zone("<x>", None),
            "I know no time zone “&lt;x&gt;”. Name one such as Europe/Kyiv.",
        ),
        (
            alert_messages.silent(Interest("floods"), [ARTICLE]),
            "In 14 days no article matched “floods”. The nearest that I have:\n"
            '• <a href="https://example.org/storm">Storm &amp; flood</a> – Valley Post · 3 May 2024'
            "\n\nOther words may find more; /subscriptions ends it.",
        ),
        (
            alert_messages.silent(Interest("floods", "BBC"), []),
            "In 14 days no article matched “floods” from BBC. "
            "Other words may find more; /subscriptions ends it.",
        ),
    ],
)
def test_sentences(text, expected):
    assert text == expected


# Any text

WORST = "😀&<" * 5_000
CHUNKS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["<b>&amp;</i>", "שלום ", "\u202e", "x" * 9_000, "Some words. " * 40, "e.org "]
    ),
)
TEXTS = st.lists(CHUNKS, min_size=1, max_size=6).map("".join)
TOPICS = st.text(max_size=50) | st.just("😀" * 50)
INTERESTS = st.builds(Interest, TOPICS, TOPICS | st.just(WORST))


def check_limits(html):
    text, entities = formatted({"text": html, "parse_mode": "HTML"})  # with what Telegram finds
    assert units(text) <= 4096
    assert len(entities) < 100  # of more the rest would be cut off unseen
    return text, entities


@st.composite
def quotes(draw):
    text = draw(TEXTS)
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    article = Article("a", draw(TEXTS), text, draw(st.none() | TEXTS.map("https://e.org/".__add__)))
    sentence = tuple(sorted(draw(st.tuples(*[st.integers(0, end - start)] * 2))))
    others = (Article("b", draw(TEXTS), ""),) * draw(st.integers(0, 3))
    highlight = draw(st.none() | st.just(sentence))
    return Quote(article, text[start:end], start, end, 0, 1.0, highlight, others)


@given(quotes(), st.lists(INTERESTS, min_size=1, max_size=50))
def test_any_alert_keeps_the_limits(quote, interests):
    check_limits(alert_messages.alert(quote, interests))


@given(st.lists(INTERESTS, max_size=50))
def test_any_list_keeps_the_limits(interests):
    check_limits(alert_messages.subscriptions(interests, TIMETABLE))


@settings(max_examples=50)
@given(st.lists(st.tuples(quotes(), INTERESTS), max_size=30))
def test_any_digest_keeps_the_limits_and_the_words(many):
    told = [
        Told(quote, (Subscription(n, Place(1), interest, 0),))
        for n, (quote, interest) in enumerate(many)
    ]
    for part in digest(told):
        text, entities = check_limits(part)
        assert text
        for entity in entities:
            if "blockquote" in entity["type"]:
                encoded = text.encode("utf-16-le")
                begin = 2 * entity["offset"]
                shown = encoded[begin : begin + 2 * entity["length"]].decode("utf-16-le")
                assert any(shown.removesuffix(" …") in quote.article.text for quote, _ in many)


@given(st.lists(INTERESTS, min_size=1, max_size=50), st.integers(1, 2**62))
def test_any_buttons_are_taken_by_telegram(interests, number):
    found = [Subscription(number + n, Place(1), each, 0) for n, each in enumerate(interests)]
    for buttons in [
        keyboards.listed(found, Timetable()),
        keyboards.listed(found, TIMETABLE),
        keyboards.alert(number, found),
        keyboards.which(keyboards.MUTE, number, found),
        keyboards.muted(number, found[0]),
        keyboards.follow(),
        keyboards.unfollow(number),
        keyboards.end_all(),
    ]:
        assert keyboard(buttons.to_dict())
