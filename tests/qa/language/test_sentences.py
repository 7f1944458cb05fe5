import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.language import ENGLISH


def cut(text):
    return [text[start:end] for start, end in ENGLISH.sentences(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Mr. Brown met Dr. Smith. | They agreed.",
        "The U.S. Senate voted. | It was late.",
        "The U.S.-backed plan cost 3.5 million. | He paid.",
        "He came at 9 a.m. | Then he left.",
        "He came at 5 p.m. Monday. | She came at 9 a.m. ET on Tuesday.",
        "J. R. Smith spoke. | W. E. B. Du Bois listened. | George W. Bush left.",
        "It is near Ft. Worth, on Mt. Hood, in St. Louis. | We went.",
        "“We must go. We must stay,” he said. | “It is time.” | He left.",
        "He asked, “Is it true?” | She said so.",
        "He lives in Washington, D.C. | The mayor left.",
        "Smith Inc. said so on Jan. 5, e.g. in No. 7. | It was cold.",
        "What? | No! | Yes.",
        "I 😀 like it. | 👨‍👩‍👧 is a family. | Done.",
        "А. С. Пушкин жил в Москве. | Он, т.е. поэт, писал.",
        "Он, т. е. поэт, и т. д. писал. | Это 3,5 млн. руб. за год. | Да.",
        "«Мы идём!» — сказал он. | «Мы тут», — сказала она. | «Да». | Потом 😀 ушёл.",
        "В 1999 г. Москва росла. | Это на ул. Ленина, см. рис. 5.",
    ],
)
def test_sentences_are_cut_where_a_reader_would_cut_them(text):
    expected = text.split(" | ")
    assert cut(" ".join(expected)) == expected


def test_lines_end_sentences_and_a_number_starts_one():
    assert cut("It has\n2. Lamps. Of oak\n13) Oars\n1986. That was\n24.\n\n  and so on ") == [
        "It has",
        "2. Lamps.",
        "Of oak",
        "13) Oars",
        "1986. That was",
        "24.",
        "and so on",
    ]


@pytest.mark.parametrize(
    ("sentence", "leans"),
    [
        ("He left.", True),
        ("“It is late.”", True),
        ("“We have seen no such waves,” he said.", True),
        ('"We left", she says.', True),
        ("“We left,” said the mayor.", False),
        ("“We left.” He said no more.", False),
        ("The mayor said: “We left.”", False),
        ("None of them could know why.", True),
        ("One of the towns was Lenn.", False),
        ("Heat kills.", False),
    ],
)
def test_sentence_leans_back_when_who_or_what_it_tells_of_stands_before(sentence, leans):
    assert ENGLISH.leans_back(sentence) is leans


def test_a_text_of_white_space_has_no_sentences():
    assert ENGLISH.sentences(" \n\t\n") == []


@given(st.text(alphabet=st.sampled_from("aБé😀. !?\n-«»“”'’#1\u0301\u200d\r\u2028\t"), max_size=80))
def test_spans_are_stripped_in_order_and_lose_nothing(text):
    end = 0
    for first, last in ENGLISH.sentences(text):
        assert end <= first < last
        assert text[first:last] == text[first:last].strip()
        assert not text[end:first].strip(" \n\r\u2028\t\x85")
        end = last
    assert text[end:].strip() == ""
