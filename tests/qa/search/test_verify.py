"""Quotes are checked against the stored articles, word for word."""

import hashlib
from datetime import UTC, datetime

import pytest

from index.indexer import Indexer
from qa import Article, Difference, Fidelity, Library, Settings
from qa.search.verify import LONGEST
from qa.store.articles import Store
from tests.counting import Counting

BRIDGE = Article(
    "bridge",
    "Old bridge closed",
    "The old bridge at Mill Lane was closed because the flood had damaged two of its pillars. "
    "Engineers from the county will inspect it next week.\n"
    "“It’s safe,” the mayor said – in 2024. The repair costs 1,250 euros and 3.5 months.",
    url="https://example.org/bridge",
    source="Valley Post",
    language="en",
)
COPY = Article("copy", "Bridge shut", BRIDGE.text, source="Lennfield Times", language="en")
KYIV = Article(
    "kyiv",
    "Міст закрито",
    "Старий міст через Ленн закрили у понеділок. Його відкриють навесні.",
    language="uk",
)
TOKYO = Article("tokyo", "橋が閉鎖", "古い橋は洪水のため月曜日に閉鎖された。", language="ja")
CLOSED, INSPECTED = (
    "The old bridge at Mill Lane was closed because the flood had damaged two of its pillars.",
    "Engineers from the county will inspect it next week.",
)


@pytest.fixture(scope="module")
def verify(tmp_path_factory):
    library = Library(Settings(data_dir=tmp_path_factory.mktemp("data")), Counting("bridge"))
    list(Indexer(library).add_all([BRIDGE, COPY, KYIV, TOKYO]))
    yield library.verify
    library.close()


@pytest.mark.parametrize(
    ("quoted", "stored"),
    [
        (CLOSED, CLOSED),
        (f"“{CLOSED}”", CLOSED),
        (CLOSED.replace(" ", "\n "), CLOSED),
        ("closed because the flood", "closed because the flood"),
        ('"It\'s safe," the mayor said - in 2024.', "It’s safe,” the mayor said – in 2024."),
        (f"{CLOSED} {INSPECTED}", f"{CLOSED} {INSPECTED}"),
        ("The old bridge … two of its pillars …", CLOSED[:-1]),
        ("The old bridge [...] inspect it", f"{CLOSED} {INSPECTED[:41]}"),
        ("it next week.\n“It’s safe,”", "it next week.\n“It’s safe,"),
        ("міст через Ленн закрили", "міст через Ленн закрили"),
        ("洪水のため月曜日に", "洪水のため月曜日に"),
        ("1,250 euros and 3.5 months", "1,250 euros and 3.5 months"),
        ("the flo\u200bod had", "the flood had"),
    ],
)
def test_words_of_an_article_are_found_where_they_are(verify, quoted, stored):
    receipt = verify(quoted)
    assert receipt.fidelity is Fidelity.VERBATIM
    assert receipt.article.text[receipt.start : receipt.end] == stored


@pytest.mark.parametrize(
    ("quoted", "differences"),
    [
        (CLOSED.replace("two", "three"), [("three", "two")]),
        (CLOSED.replace("damaged ", ""), [("", "damaged")]),
        (CLOSED.replace("two", "all two"), [("all", "")]),
        ("the Old bridge", [("the", "The"), ("Old", "old")]),
        ("bridge at Mill Lane was shut because the flood", [("shut", "closed")]),
        (f"{CLOSED} It was a shock to all. {INSPECTED}", [("It was a shock to all.", "")]),
        (
            f"{CLOSED} “It’s safe,” the mayor said – in 2024.",
            [("", INSPECTED)],
        ),
        ("The repair costs 250 euros and 3.5 months.", [("250", "1,250")]),
        ("The repair costs 1,250 euros and 5 months.", [("5", "3.5")]),
        ("Старий міст через Ленн закрили у вівторок.", [("вівторок", "понеділок")]),
        ("The old bridge … had damaged six of its pillars", [("six", "two")]),
        ("古い橋は地震のため月曜日に閉鎖された。", [("地震", "洪水")]),
    ],
)
def test_other_words_are_shown_beside_the_nearest_sentence(verify, quoted, differences):
    receipt = verify(quoted)
    assert receipt.fidelity is Fidelity.DIFFERENT
    assert receipt.differences == tuple(Difference(*each) for each in differences)
    shown = receipt.article.text[receipt.start : receipt.end]
    assert [receipt.article.text[a:b] for a, b in receipt.differing if a >= receipt.start] == [
        stored for _, stored in differences if stored
    ]
    assert all(stored in shown for _, stored in differences)


@pytest.mark.parametrize(
    ("quoted", "fidelity"),
    [
        (f"{INSPECTED} {CLOSED}", Fidelity.REORDERED),
        ("inspect it next week … The old bridge", Fidelity.REORDERED),
        ("The parliament of Norway adopted a new budget for schools.", Fidelity.NOT_FOUND),
        ("the of and was", Fidelity.NOT_FOUND),
        ("250 euros", Fidelity.DIFFERENT),
        ("ridge at Mill Lan", Fidelity.NOT_FOUND),
        ("", Fidelity.NO_WORDS),
        ("… “ ” — 😀 \ud800", Fidelity.NO_WORDS),
        ("x" * (LONGEST + 1), Fidelity.TOO_LONG),
        ("a " * (LONGEST // 2), Fidelity.NOT_FOUND),
        ("the … " * (LONGEST // 6), Fidelity.REORDERED),
        ("(" * LONGEST, Fidelity.NO_WORDS),
        ("<b>(?P<x>[a-z]*)+$\\b AND OR NOT NEAR(rose*) \x00", Fidelity.NOT_FOUND),
    ],
)
def test_verdict(verify, quoted, fidelity):
    assert verify(quoted).fidelity is fidelity


def test_other_articles_with_the_same_words_are_named(verify):
    receipt = verify(CLOSED)
    assert (receipt.article.id, [each.id for each in receipt.also_in]) == ("bridge", ["copy"])


def test_title_is_found(verify):
    receipt = verify("Old bridge closed")
    assert receipt.fidelity is Fidelity.VERBATIM
    assert (receipt.article.id, receipt.start, receipt.end) == ("bridge", 0, 0)


def test_receipt_says_when_the_text_came_and_changed_and_its_hash(database, indexer, library):
    moments = iter(range(1, 100))
    library.store = Store(library.database, lambda: float(next(moments)))
    indexer = type(indexer)(library)
    for text in (BRIDGE.text, BRIDGE.text.replace("two", "six")):
        indexer.add(Article("bridge", "Bridge", text, language="en"))
    receipt = library.verify("damaged six of its pillars")
    assert receipt.fidelity is Fidelity.VERBATIM
    assert receipt.added_at < receipt.changed_at
    assert receipt.added_at.tzinfo is UTC
    assert receipt.added_at.year == datetime.fromtimestamp(0, UTC).year
    text = BRIDGE.text.replace("two", "six")
    assert receipt.sha256 == hashlib.sha256(text.encode()).hexdigest()
