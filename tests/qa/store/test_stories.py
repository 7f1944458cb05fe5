"""The same text from several sources is one story."""

import random

import numpy as np
import pytest

from qa import Article, Passage
from qa.store.passages import Embedded, Sentences
from qa.store.stories import DAYS, SHORT, overlap, runs, sketch

DAY = 86_400.0


def prose(seed, paragraphs=6, length=40):
    """Return paragraphs of made-up words, different for each seed."""
    dice = random.Random(seed)
    letters = "abdeghiklmnoprstu"
    return "\n".join(
        " ".join("".join(dice.choices(letters, k=dice.randint(3, 9))) for _ in range(length))
        for _ in range(paragraphs)
    )


def half(text):
    found = text.split()
    return " ".join(found[: len(found) // 2])


COPIES = {
    "whole": lambda text: text,
    "another case and other quotes": lambda text: text.upper().replace(" ", "  "),
    "first half": half,
    "another lead": lambda text: "\n".join([prose("lead", 1), *text.split("\n")[1:]]),
    "one paragraph more": lambda text: f"{text}\n{prose('added', 1)}",
}


@pytest.fixture
def now():
    """A clock that tests set."""
    return [1_700_000_000.0]


@pytest.fixture
def store(opened, now):
    from qa.store.articles import Store

    return Store(opened().database, clock=lambda: now[0])


def add(store, name, text, **fields):
    """Save an article with one passage."""
    article = Article(name, text=text, **{"title": f"Title of {name}", **fields})
    passages = [Passage(text, 0, len(text), 0)] if text else []
    vectors = np.zeros((len(passages), 4), np.float32)
    read = [Sentences([(0, len(text))], vectors[:1])] * len(passages)
    return store.save(article, Embedded(passages, vectors, read), "counting")


def story(store, article):
    return [each.id for each in store.story(article.number)]


@pytest.mark.parametrize("copied", COPIES)
def test_copy_with_another_headline_is_the_same_story(store, copied):
    text = prose("a")
    add(store, "other", prose("b"))
    first = add(store, "first", text)
    second = add(store, "second", COPIES[copied](text))
    assert story(store, first) == story(store, second) == ["first", "second"]


def test_shorter_copy_can_come_first(store):
    add(store, "first", half(prose("a")))
    assert story(store, add(store, "second", prose("a"))) == ["first", "second"]


def test_articles_of_one_stream_are_different_stories_even_if_their_texts_are_equal(store):
    for name in ("first", "second"):
        article = add(store, name, prose("a"), stream="feed 1")
        assert story(store, article) == [name]
    other = add(store, "copy", prose("a"), stream="feed 2")
    assert story(store, other) == ["first", "copy"]
    assert story(store, add(store, "third", prose("a"), stream="feed 1")) == ["third"]
    assert story(store, add(store, "by hand", prose("a"))) == ["first", "copy", "by hand"]


FORM = (
    "The road office asks all drivers to leave early, to keep their distance and to use the "
    "railway where they can. Its map on the web shows each closed road and the way around it. "
    "The office answers calls from seven in the morning until eight in the evening."
)
LONG_FORM = FORM + "".join(f" Counter {each} is open until five." for each in range(1, 16))
FORM_DE = (
    "Das Straßenamt bittet alle Fahrer, früh aufzubrechen, Abstand zu halten und möglichst die "
    "Bahn zu nehmen. Die Karte im Netz zeigt jede Sperrung und die Umleitung. "
    "Das Amt ist von sieben Uhr früh bis acht Uhr abends zu erreichen."
)
EVENTS = [
    (
        "Road 12 closed",
        f"Road 12 is closed. {FORM}",
        "Road 17 closed",
        f"Road 17 is closed. {FORM}",
    ),
    ("Snow", f"Since 07:15 snow falls. {FORM}", "More snow", f"Since 19:40 snow falls. {FORM}"),
    ("Notice of 3 May", FORM, "Notice of 9 May", FORM),
    ("Closed at Arnholt", FORM, "Closed at Beckmoor", FORM),
    ("Notice", f"On Monday it will snow. {FORM}", "Notice", f"On Friday it will snow. {FORM}"),
    ("Pile-up", f"There are six cars in it. {FORM}", "Crash", f"There are two cars in it. {FORM}"),
    (
        "Closed: the Arnholt tunnel",
        f"The tunnel of Arnholt is closed for works until Friday. {FORM}",
        "Closed: the Beckmoor bridge",
        f"The bridge of Beckmoor is closed for works until Monday. {FORM}",
    ),
    (
        "Warning for the coast: rain",
        f"Tonight there will be heavy rain on the coast. {LONG_FORM}",
        "Warning for the coast: snow",
        f"Tonight there will be heavy snow on the coast. {LONG_FORM}",
    ),
    (
        "Sperrung bei Althausen",
        f"Die Straße bei Althausen ist wegen Glätte gesperrt. {FORM_DE}",
        "Sperrung bei Birkenau",
        f"Die Straße bei Birkenau ist wegen Glätte gesperrt. {FORM_DE}",
    ),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event[0])
def test_texts_of_one_form_from_two_sources_are_different_stories(store, event):
    title, text, other_title, other_text = event
    language = "de" if "Sperrung" in title else "en"
    add(store, "first", text, title=title, language=language)
    assert overlap(runs(text), runs(other_text)) > 0.6
    other = add(store, "other", other_text, title=other_title, language=language)
    assert story(store, other) == ["other"]


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Road 12 closed", f"Road twelve is closed. {FORM}"),
        ("Nine hours on the road", f"Road twelve is shut. {FORM}"),
        ("Road 12 closed", f"{FORM} Road 12 has been closed."),
        ("Drivers wait in the snow", f"As of Monday, 40 drivers wait in the snow of Holm.\n{FORM}"),
        ("Road 12 closed", f"Valley Post, 3 May. Road 12 is closed. {FORM} Call us at 555 1234."),
    ],
)
def test_copy_may_be_reworded_reordered_and_have_another_headline(store, title, text):
    add(store, "first", f"Road 12 is closed. {FORM}", title="Road 12 closed")
    assert story(store, add(store, "copy", text, title=title)) == ["first", "copy"]


def test_earlier_form_of_an_article_is_found_in_its_own_stream_only(store):
    text = f"Road 12 is closed. {FORM}"
    add(store, "other feed", text, title="Road 12 closed", stream="feed 2")
    add(store, "other road", f"Road 17 is closed. {FORM}", title="Road 17", stream="feed 1")
    known = add(store, "known", text, title="Road 12 closed", stream="feed 1")
    now = Article("new", "Drivers wait at Holm", f"{text} The police help.", stream="feed 1")
    assert store.earlier_forms(now) == [known]
    assert store.earlier_forms(Article("empty", "", "", stream="feed 1")) == []


def test_different_articles_sharing_a_paragraph_are_different_stories(store):
    background = prose("background", 1)
    first = add(store, "first", f"{prose('a', 3)}\n{background}")
    second = add(store, "second", f"{prose('b', 3)}\n{background}")
    assert story(store, first) == ["first"]
    assert story(store, second) == ["second"]


def test_short_text_is_the_same_story_only_if_equal(store):
    words = prose("a", 1, SHORT - 1)
    add(store, "first", words)
    assert story(store, add(store, "equal", words.title())) == ["first", "equal"]
    assert story(store, add(store, "near", words + " more")) == ["near"]
    assert story(store, add(store, "longer", f"{words}\n{prose('b')}")) == ["longer"]


def test_texts_without_words_share_no_story(store):
    for name in ("empty", "void"):
        assert story(store, add(store, name, "")) == [name]


def test_overlap_counts_the_shared_runs_of_five_words_of_the_smaller_text():
    shared, rest = prose("a", 1, 35), prose("b", 1, 4)
    assert overlap(runs(shared), runs(f"{shared} {rest}")) == 1
    assert overlap(runs(f"{rest} {shared}"), runs(f"{shared} {rest}")) == 31 / 35
    assert overlap(runs(""), runs("")) == 0
    assert sketch(runs(shared)).shape == (24,)


def test_copy_after_the_time_limit_is_a_separate_story(store, now):
    add(store, "first", prose("a"))
    now[0] += (DAYS - 1) * DAY
    assert story(store, add(store, "in time", prose("a"))) == ["first", "in time"]
    now[0] += (DAYS + 1) * DAY
    assert story(store, add(store, "late", prose("a"))) == ["late"]


def test_update_of_a_lone_article_can_join_a_story(store):
    lone = add(store, "lone", prose("a"))
    add(store, "later", prose("b"))
    assert story(store, lone) == ["lone"]
    assert add(store, "lone", prose("b")).number == lone.number
    assert story(store, lone) == ["lone", "later"]


def test_copy_of_what_an_update_says_joins_its_story(store):
    for name, seed in (("lone", "a"), ("other", "b"), ("lone", "c")):
        add(store, name, prose(seed))
    assert story(store, add(store, "copy", prose("c"))) == ["lone", "copy"]


def test_update_keeps_an_article_in_its_shared_story(store):
    add(store, "first", prose("a"))
    second = add(store, "second", prose("a"))
    third = add(store, "third", prose("b"))
    add(store, "second", prose("b"))
    assert story(store, second) == ["first", "second"]
    assert story(store, third) == ["third"]
    assert story(store, add(store, "fourth", prose("b"))) in (
        ["first", "second", "fourth"],
        ["third", "fourth"],
    )


def test_story_continues_after_its_first_article_is_removed(store):
    add(store, "first", prose("a"))
    second = add(store, "second", prose("a"))
    store.remove("first")
    third = add(store, "third", prose("a"))
    assert story(store, second) == story(store, third) == ["second", "third"]
    with store.database.read() as db:
        assert {row[0] for row in db.execute("SELECT story FROM articles")} == {second.number}
        known = {row[0] for row in db.execute("SELECT article FROM sketches")}
    assert known == {second.number, third.number}
    assert store.story(1) == []


def test_newest_stories_are_listed_once(store):
    add(store, "a", prose("a"))
    add(store, "b", prose("b"))
    add(store, "a again", prose("a"))
    add(store, "c", prose("c"))
    found = [[each.id for each in told] for told in store.latest_stories(2)]
    assert found == [["c"], ["a", "a again"]]
    assert len(store.latest_stories(9)) == 3
