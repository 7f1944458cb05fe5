import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.language import ENGLISH
from qa.language.question import Kind, answers_kind, read_question, share_of


def read(text):
    return read_question(text, {})


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many people died?", Kind.NUMBER),
        ("How long is the tunnel?", Kind.NUMBER),
        ("What is the population of Bern?", Kind.NUMBER),
        ("What was the average annual rate?", Kind.NUMBER),
        ("When did it open?", Kind.TIME),
        ("In what year was it signed?", Kind.TIME),
        ("On which day did it rain?", Kind.TIME),
        ("Who shut the bridge?", Kind.NAME),
        ("Which French city hosts it?", Kind.NAME),
        ("Whose idea was it?", Kind.NAME),
        ("Where is the vault?", Kind.PLACE),
        ("Which island is it on?", Kind.PLACE),
        ("Why was it shut?", Kind.REASON),
        ("What caused the flood?", Kind.REASON),
        ("What did the mayor say?", None),
        ("Is the bridge shut?", None),
        ("", None),
    ],
)
def test_kind_that_is_asked_for(question, kind):
    assert read(question).kind is kind


@pytest.mark.parametrize(
    ("question", "sentence", "has"),
    [
        ("How long is it?", "It is 50 kilometres long.", True),
        ("How long is it?", "Two hundred feet.", True),
        ("How long is it?", "It is rather long.", False),
        ("How many of the 12 left?", "All 12 left.", False),
        ("When did it open?", "It opened in 2008.", True),
        ("When did it open?", "It opened on a Tuesday.", True),
        ("When did it open in 2008?", "In 2008 it opened.", False),
        ("Who was first?", "It was said that Ada Lovelace was.", True),
        ("Who was first?", "Nobody knows.", False),
        ("Who helped Lovelace?", "It was Lovelace.", False),
        ("Where is it?", "It lies on Svalbard.", True),
        ("Where is it?", "It lies deep.", False),
        ("Why is it shut?", "It is shut because it rained.", True),
        ("Why is it shut?", "It is shut.", False),
        ("Is it shut?", "It is shut because it rained in 2008.", False),
    ],
)
def test_sentence_has_what_is_asked_for_if_the_question_does_not_say_it(question, sentence, has):
    assert answers_kind(read(question), sentence) is has


@pytest.mark.parametrize(
    ("text", "negates"),
    [
        ("Who did not sign?", True),
        ("Who didn’t sign?", True),
        ("Which is the least old?", True),
        ("Who was unable to come?", True),
        ("Who signed the note?", False),
        ("What is nothing but rain?", False),
    ],
)
def test_question_asks_for_what_is_not_so(text, negates):
    assert read(text).negates is negates


def test_phrases_are_neighbours_of_which_one_tells():
    assert read("Who was on the old bridge?").phrases == {" the old ", " old bridg "}


def test_names_are_capitals_behind_the_first_word_and_numbers():
    assert read("Did Anna see 3 of the 1,500 Bridges?").names == {
        " anna ", " 3 ", " 1 ", " 500 ", " bridg ",
    }  # fmt: skip
    assert read("Which bridge?").names == frozenset()


def test_share_is_of_all_that_is_wanted_and_whole_of_nothing():
    text = ENGLISH.stemmed("The old bridges")
    assert share_of({" old ", " new "}, text) == 0.5
    assert share_of({" the old ", " old bridg "}, text) == 1.0
    assert share_of(frozenset(), text) == 1.0


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_can_be_read(question, sentence):
    asked = read(question)
    assert answers_kind(asked, sentence) in (True, False)
    assert 0 <= share_of(asked.names, ENGLISH.stemmed(sentence)) <= 1
