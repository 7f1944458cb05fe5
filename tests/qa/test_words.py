import re
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.words import all_of, any_of, content_stems, stem, stems, words


class Tokenizer:
    """SQLite's own tokenizer, as full-text search uses it."""

    def __init__(self):
        self.db = sqlite3.connect(":memory:")
        self.db.execute(
            "CREATE VIRTUAL TABLE texts USING fts5 "
            "(text, tokenize = 'porter unicode61 remove_diacritics 2')"
        )
        self.db.execute("CREATE VIRTUAL TABLE tokens USING fts5vocab (texts, instance)")

    def __call__(self, text):
        self.db.execute("DELETE FROM texts")
        self.db.execute("INSERT INTO texts VALUES (?)", (text,))
        return [row[0] for row in self.db.execute("SELECT term FROM tokens ORDER BY offset")]

    def matches(self, query, text):
        self(text)
        return self.db.execute("SELECT 1 FROM texts WHERE texts MATCH ?", (query,)).fetchone()


@pytest.fixture(scope="module")
def tokenizer():
    made = Tokenizer()
    yield made
    made.db.close()


def english():
    """Every word of the standard library's sources: thousands."""
    found = set()
    for path in Path(re.__file__).parents[1].glob("*.py"):
        found |= set(re.findall(r"[a-z0-9]+", path.read_text(errors="ignore").lower()))
    return sorted(found)


def test_stems_are_those_of_full_text_search(tokenizer):
    """They are looked up in its index; a stem that it does not know would count as rare."""
    found = english()
    assert len(found) > 10_000
    assert [stem(word) for word in found] == tokenizer(" ".join(found))


@pytest.mark.parametrize(
    "word",
    [
        *("technology", "ecologies", "biology", "possibly", "assemblies", "doubly", "bly", "logy"),
        *("us", "is", "as", "vs", "a" * 64 + "s", "a" * 62 + "ing", "straße", "große", "день"),
    ],
)
def test_stems_of_words_with_rules_of_their_own(tokenizer, word):
    assert [stem(word)] == tokenizer(word)


@pytest.mark.parametrize(
    "text",
    [
        "Crème brûlée à la Zoë, naïve São Tomé, Łódź, Ångström",
        "Creme\u0301 bru\u0302le\u0301e",
        "Российский йод, ёлка и её їжа",
        "Straße, GROẞ, ß",
        "İstanbul ve Iğdır",
        "Ελλάδα, ΛΌΓΟΣ λόγος",
        "한국어 텍스트",
        "がぎぐ 東京",
        "شكرا جزيلا أحمد",
        "COVID-19, 3.5 million, 1990s, B2B, snake_case",
    ],
)
def test_words_are_folded_as_full_text_search_folds_them(tokenizer, text):
    assert [stem(word) for word in words(text)] == tokenizer(text)


def test_what_an_apostrophe_adds_is_left_out():
    assert words("Zelenskyy's friends’ mayor’s") == ["zelenskyy", "friends", "mayor"]


def test_ligatures_and_wide_letters_are_plain_ones():
    assert words("ﬁnance ＮＡＴＯ") == ["finance", "nato"]


def test_telling_words_come_once_in_order_and_stemmed():
    assert content_stems("What did the mayors say of the Mayor's bridges in 7 a.m.?") == [
        "mayor",
        "bridg",
        "7",
    ]


def test_question_of_empty_words_is_searched_by_all_of_them():
    assert content_stems("Who was it?") == ["who", "wa", "it"]
    assert any_of("Who was it?") == '"who" OR "was" OR "it"'


def test_queries_hold_telling_words_in_quotes_and_long_ones_by_their_start():
    assert any_of("Why did Russia close the bridge?") == '"russia"* OR "close"* OR "bridge"*'
    assert all_of("the rain and the bridges") == '"rain" AND "bridges"*'
    assert any_of(" …?! ") == all_of("😀") == ""


def test_start_of_a_word_finds_longer_ones(tokenizer):
    assert tokenizer.matches(any_of("Russia"), "The Russians came.")
    assert not tokenizer.matches(any_of("rain"), "The rainbow came.")


def test_all_stems_of_a_text():
    assert stems("Bridges, bridge; the Rain") == {"bridg", "the", "rain"}


@settings(deadline=None)
@given(
    st.text()
    | st.text(st.sampled_from("a\"'’*^:-+(){}NEAROT_ \x00é\u0301٣²\U0001f600"), max_size=30)
)
def test_no_text_breaks_a_query(tokenizer, text):
    for query in (any_of(text), all_of(text)):
        if query:
            tokenizer.matches(query, text)


def test_question_of_thousands_of_words_is_a_query(tokenizer):
    text = " ".join(f"word{n}" for n in range(2000))
    assert tokenizer.matches(all_of(text), text)
    assert tokenizer.matches(any_of(text), "word1999")
