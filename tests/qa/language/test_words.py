import re
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.language import ENGLISH
from qa.language.language import related_terms
from qa.language.words import has


def english():
    """Thousands of words from the standard library's source code."""
    found = set()
    for path in Path(re.__file__).parents[1].glob("*.py"):
        found |= set(re.findall(r"[a-z]+", path.read_text(errors="ignore").lower()))
    return sorted(found)


@pytest.mark.parametrize(
    ("forms", "expected"),
    [
        ("bridge bridges bridged bridging", "bridg"),
        ("close closes closed closing", "close"),
        ("technology technologies", "technolog"),
        ("general generally", "general"),
        ("generate generates generated", "generat"),
        ("possible possibly", "possibl"),
        ("assembly assemblies", "assembl"),
        ("rise rises rising rose risen", "rise"),
        ("begin begins began begun", "begin"),
        ("win wins won winning", "win"),
        ("child children", "child"),
        ("russia russian russians", "russia"),
        ("germany german germans", "germani"),
        ("train trains trained", "train"),
        ("training trainings", "train+training"),
        ("government governments", "govern+government"),
        ("organize organizes organized organizing", "organiz"),
        ("communicate communicates communicated communicating", "communic+communicate"),
        ("electronic electronically", "electron+electronic"),
        ("business businesses", "busi+business"),
        ("news", "news"),
        ("us", "us"),
        ("straße", "straße"),
        ("день", "день"),
    ],
)
def test_inflections_have_one_stem(forms, expected):
    assert {ENGLISH.stem(word) for word in forms.split()} == {expected}


def test_threads_do_not_mix_up_their_stems():
    """The stemmer holds its current word, and its results are cached for good."""
    everything = english()
    assert len(everything) > 8_000
    language = replace(ENGLISH)  # with an empty cache
    found, before = [], sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        begins = range(0, 8_000, 2_000)
        threads = [
            threading.Thread(
                target=lambda n=n: found.append(
                    {w: language.stem(w) for w in everything[n:] + everything[:n]}
                )
            )
            for n in begins
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert found == [{word: ENGLISH.stem(word) for word in everything}] * 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Crème brûlée à la Zoë", "creme brulee a la zoe"),
        ("naïve São Tomé, Ångström", "naive sao tome angstrom"),
        ("Łódź, Møller, Ærø, Þór, Đặng", "lodz moller aero thor dang"),
        ("Creme\u0301 bru\u0302le\u0301e", "creme brulee"),
        ("Российский йод, ёлка и её їжа", "российский йод елка и ее їжа"),
        ("Straße, GROẞ, ß", "strasse gross ss"),
        ("Ελλάδα, ΛΌΓΟΣ λόγος", "ελλάδα λόγοσ λόγοσ"),
        ("한국어 텍스트", "한국어 텍스트"),
        ("がぎぐ 東京", "がぎぐ 東京"),
        ("COVID-19, 3.5 million, 1990s", "covid 19 3 5 million 1990s"),
        ("B2B, snake_case", "b2b snake case"),
        ("ﬁnance ＮＡＴＯ", "finance nato"),
        ("Zelenskyy's friends’ mayor’s", "zelenskyy friends mayor"),
        ("didn't I'll O'Brien's", "didn i o brien"),
        (" …?! 😀 ", ""),
    ],
)
def test_words_are_folded(text, expected):
    assert ENGLISH.words(text) == expected.split()


def test_telling_words_come_once_in_order_and_stemmed():
    assert ENGLISH.content_stems("What did the mayors say of the Mayor's bridges in 7 a.m.?") == [
        "mayor",
        "bridg",
        "7",
    ]


def test_question_of_empty_words_is_searched_by_all_of_them():
    assert ENGLISH.content_stems("Who was it?") == ["who", "was", "it"]
    assert ENGLISH.content_stems(" …?! ") == ENGLISH.content_stems("😀") == []


def test_all_stems_of_a_text():
    assert ENGLISH.stems("Bridges, bridge; the Rain") == {"bridg", "the", "rain"}
    assert ENGLISH.stems("😀") == frozenset()


def test_stems_stand_between_spaces_in_their_order():
    assert ENGLISH.stemmed("The tunnel is long.") == " the tunnel is long "
    assert ENGLISH.stemmed("") == ENGLISH.stemmed("…") == " "


def test_text_has_whole_stems_only():
    text = ENGLISH.stemmed("The policy saw a rainbow.")
    assert has(text, "the")
    assert has(text, "rainbow")
    assert not has(text, "rain")
    assert not has(text, "bow")
    assert not has(text, ENGLISH.stem("police"))


def test_derived_word_has_its_own_stem_and_names_its_family():
    assert ENGLISH.stem("importantly") == ENGLISH.stem("important") == "import+important"
    assert ENGLISH.index_terms("The important imports").split() == [
        "the",
        "import+important",
        "import",
        "import+",
    ]
    assert related_terms("import") == ["import+"]
    assert related_terms("import+important") == ["import", "import+"]


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("The PX-9087 is made here.", "PX9087"),
        ("The PX9087 is made here.", "PX-9087"),
        ("Anne-Marie O'Leary spoke.", "Anne Marie OLeary"),
        ("Anne-Marie O’Leary spoke.", "Anne-Marie O'Leary"),
        ("Anne Marie OLeary spoke.", "Anne-Marie O’Leary"),
        ("Anne-Marie O'Leary's boat.", "anne-marie oleary"),
        ("An F-16 came.", "F16"),
        ("An F16 came.", "F-16"),
        ("Send an e-mail.", "email"),
        ("Send an email.", "e-mail"),
        ("COVID-19 spread.", "Covid19"),
        ("The U.S. voted.", "the US"),
        ("The US voted.", "the U.S."),
        ("Møller met Ærø.", "Moller Aero"),
        ("Łódź is old.", "Lodz"),
    ],
)
def test_all_spellings_of_a_word_are_found(text, question):
    assert set(ENGLISH.content_stems(question)) <= ENGLISH.stems(text)
    assert set(ENGLISH.content_stems(question)) <= set(ENGLISH.index_terms(text).split())


def test_other_spellings_follow_the_words_of_a_text():
    assert ENGLISH.stemmed_cached("Anne-Marie's PX9087") == " ann mari px9087 annemari px 9087 "
    assert ENGLISH.index_terms("An e-mail").split() == ["an", "e", "mail", "email"]


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("What did the WHO say?", ["WHO"]),
        ("What did the US do?", ["US"]),
        ("US", ["US"]),
        ("Who told us?", ["tell"]),
        ("WHO TOLD US?", ["tell"]),
        ("How much vitamin E is enough?", ["vitamin", "E", "enough"]),
        ("Is hepatitis A caught?", ["hepat", "A", "catch"]),
        ("Is it hepatitis C.", ["hepat", "C"]),
        ("How many came in Q1?", ["come", "q1"]),
        ("Is type 2 worse?", ["type", "2", "wors"]),
        ("Do you think I won?", ["think", "win"]),
        ("What is it? A boat", ["boat"]),
        ("Where is Anna J. Smith?", ["anna", "smith"]),
    ],
)
def test_a_capital_tells_a_name_from_a_stop_word(text, content):
    assert ENGLISH.content_stems(text) == content


def test_a_letter_that_is_a_name_is_not_found_in_other_words():
    asked = set(ENGLISH.content_stems("How much vitamin A?"))
    assert asked <= ENGLISH.stems("Most need vitamin A. It is in milk.")
    assert not asked <= ENGLISH.stems("Vitamin B, a gram a day")
    assert not {"E"} <= ENGLISH.stems("Vitamin D, by e-mail")
    assert not {"US"} <= ENGLISH.stems("It was sent to us.")


@settings(deadline=None)
@given(
    st.text()
    | st.text(st.sampled_from("a\"'’*^:-+(){}NEAROT_ \x00é\u0301٣²\U0001f600\ud83d"), max_size=30)
)
def test_any_text_has_words_that_hold_no_space_and_are_stemmed_alike(text):
    found = ENGLISH.words(text)
    assert all(word and not re.search(r"\s", word) for word in found)
    assert ENGLISH.stemmed(text).split() == [ENGLISH.stem(word) for word in found]
    assert set(ENGLISH.content_stems(text)) <= ENGLISH.stems(text)
    assert bool(ENGLISH.content_stems(text)) == bool(found)
