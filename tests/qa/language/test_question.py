from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import Article
from qa.language import ENGLISH, load
from qa.language.question import Kind, answers_kind, read_question, read_wording, share_of
from qa.language.sources import SourceNames
from qa.search.highlight import covered

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
SOURCES = SourceNames(["Mill Post", "River Echo"])


def evenly(stems):
    return dict.fromkeys(stems, 1 / max(len(stems), 1))


def read(text):
    return read_wording(text, evenly, np.zeros(1, np.float32))


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
        ("WHO SHUT THE BRIDGE?", Kind.NAME),
        ("What did the WHO say?", None),
        ("Does WHO advise it?", None),
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


def test_phrases_are_neighbours_of_which_one_is_a_content_word():
    assert read("Who was on the old bridge?").phrases == {" the old ", " old bridg "}


def test_names_are_numbers_and_capitals_after_the_first_word():
    assert read("Did Anna see 3 of the 1,500 Bridges?").names == {
        " anna ", " 3 ", " 1 ", " 500 ", " bridg ",
    }  # fmt: skip
    assert read("Which bridge?").names == frozenset()


def test_share_of_nothing_is_one():
    text = ENGLISH.stemmed("The old bridges")
    assert share_of({" old ", " new "}, text) == 0.5
    assert share_of({" the old ", " old bridg "}, text) == 1.0
    assert share_of(frozenset(), text) == 1.0


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_can_be_read(question, sentence):
    asked = read(question)
    assert answers_kind(asked, sentence) in (True, False)
    assert 0 <= share_of(asked.names, ENGLISH.stemmed(sentence)) <= 1


# A question and its wordings


class Encoder:
    """Gives each text its own vector and records each call."""

    def __init__(self):
        self.calls = []

    def __call__(self, texts):
        self.calls.append(texts)
        return np.array([[len(text)] for text in texts], np.float32)


def ask(text, title=""):
    encode = Encoder()
    question = read_question(text, SOURCES, evenly, encode, title, NOW)
    (texts,) = encode.calls
    for wording in (question.asked, question.sought, question.bare):
        assert wording.vector.tolist() == [len(wording.text)]
        assert wording.text in texts
    return question, texts


def test_plain_question_has_one_wording():
    question, texts = ask("Which  old\nbridge?")
    assert texts == ["Which old bridge?"]
    assert question.text == "Which  old\nbridge?"
    assert question.asked is question.sought is question.bare
    assert question.asked.tokens == ["which", "old", "bridge"]
    assert question.asked.content_stems == ["old", "bridg"]
    assert question.asked.idf == {"old": 0.5, "bridg": 0.5}


def test_hints_make_a_second_wording_in_the_same_batch():
    question, texts = ask("Which bridge fell on 20 November 2026, says the Mill Post?")
    assert texts == [
        "Which bridge fell on 20 November 2026, says the Mill Post?",
        "Which bridge fell , says the ?",
    ]
    assert (question.asked.text, question.bare.text) == tuple(texts)
    assert question.sought is question.asked
    assert question.bare.content_stems == ["bridg", "fall"]
    assert question.asked.names == {" 20 ", " 2026 ", " novemb+november ", " mill ", " post "}
    assert question.bare.names == frozenset()


def test_title_of_an_article_is_only_for_finding():
    question, texts = ask("Who paid the Mill Post?", title="Old bridge")
    assert texts == [
        "“Old bridge”: Who paid the Mill Post?",
        "Who paid the Mill Post?",
        "Who paid the ?",
    ]
    assert [question.sought.text, question.asked.text, question.bare.text] == texts
    assert question.sought.content_stems == ["old", "bridg", "pay", "mill", "post"]


def test_question_of_nothing_but_a_source_is_left_as_it_is():
    question, texts = ask("Mill Post")
    assert texts == ["Mill Post"]
    assert question.bare is question.asked
    assert question.hints.sources == {"Mill Post"}


def test_long_question_is_cut_and_kept_in_full():
    question, texts = ask("why " * 3000)
    assert texts == [("why " * 250).strip()]
    assert question.text == "why " * 3000


def test_articles_are_judged_without_what_they_need_not_say():
    post, echo, other = (
        Article("a", "T", "Text.", source=source) for source in ("Mill Post", "River Echo", None)
    )
    of_day = Article("b", "T", "Text.", published_at=datetime(2026, 11, 20, 9, tzinfo=UTC))
    plain, _ = ask("Which bridge fell?")
    assert all(plain.wordings_for(each) == (plain.asked,) for each in (post, other, of_day))
    sourced, _ = ask("Which bridge fell, says the Mill Post?")
    assert sourced.wordings_for(post) == (sourced.bare,)
    assert sourced.wordings_for(echo) == sourced.wordings_for(other) == (sourced.asked,)
    dated, _ = ask("Which bridge fell on 20 November 2026?")
    assert dated.wordings_for(of_day) == (dated.asked, dated.bare)
    assert dated.wordings_for(post) == (dated.asked,)


@given(st.text(max_size=300), st.text(max_size=50))
def test_any_text_can_be_a_question(text, title):
    question, texts = ask(text, title)
    assert question.text == text
    assert 1 <= len(texts) <= 3


# For passages in another language

GERMAN, RUSSIAN, SWEDISH = load("de"), load("ru"), load("sv")


def test_question_is_read_as_it_is_in_its_own_language():
    question = read("Who left Lenn?")
    assert question.read_in(ENGLISH) is question


def test_across_languages_only_names_and_numbers_are_read():
    """A word spelled alike means something else, so no phrase and no position counts."""
    question = read("Which half of the 42 bridges did Anna Müller close in Lenn?")
    other = question.read_in(GERMAN)
    assert other.content_stems == ["42", "anna", "lenn", "mull"]
    assert other.stems == {"42", "anna", "lenn", "mull"}
    assert other.idf == dict.fromkeys(other.content_stems, 0.25)
    assert (other.tokens, other.phrases, other.names) == ((), frozenset(), frozenset())
    assert (other.language, other.text, other.kind) == (GERMAN, question.text, question.kind)
    assert other.vector is question.vector
    assert question.read_in(GERMAN) is other
    assert question.read_in(SWEDISH).content_stems == ["42", "ann", "lenn", "mull"]


@pytest.mark.parametrize(
    ("question", "asked_in", "language", "stems"),
    [
        ("Что NASA сказало Путину в 2024?", RUSSIAN, ENGLISH, ["2024", "nasa"]),
        ("What did NASA tell Путин in 2024?", ENGLISH, RUSSIAN, ["2024", "путин"]),
    ],
)
def test_names_count_only_in_a_script_of_the_language(question, asked_in, language, stems):
    wording = read_wording(question, evenly, np.zeros(1, np.float32), asked_in)
    assert wording.read_in(language).content_stems == stems


def test_question_without_names_covers_nothing_across_languages():
    other = read("Which half?").read_in(GERMAN)
    assert (other.content_stems, other.idf) == ([], {})
    assert covered(GERMAN.stemmed("Welche half?"), other) == 0.0


def test_answer_has_the_kind_of_words_that_its_own_language_has():
    question = read("When did Anna leave?")
    assert answers_kind(question.read_in(GERMAN), "Sie ging im März.")
    assert not answers_kind(question.read_in(GERMAN), "Sie ging in March.")
    assert not answers_kind(question, "Sie ging im März.")
    assert not answers_kind(question.read_in(SWEDISH), "Hon gick 1999.")  # no words are known
