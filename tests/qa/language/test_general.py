"""General questions and their answers, in each language that has them."""

import pytest

from qa.language import ENGLISH, load
from qa.language.detect import detect, scripts
from qa.language.files import iso_codes

CODES = [
    *("ar", "bg", "bs", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fr", "he", "hi", "hr"),
    *("hu", "id", "it", "ja", "ko", "nb", "nl", "nn", "no", "pl", "pt", "ro", "ru", "sr", "sv"),
    *("th", "tr", "uk", "vi", "zh"),
]


def test_languages_have_general_questions():
    assert sorted(code for code in iso_codes() if load(code).general) == CODES
    assert load("nb").general == load("nn").general == load("no").general


@pytest.mark.parametrize("code", CODES)
def test_each_general_question_has_an_answer_in_its_language(code):
    language = load(code)
    texts = language.general + language.general_answers
    assert len(language.general) == len(language.general_answers) == len(ENGLISH.general) == 12
    assert len(set(texts)) == len(texts)
    assert {scripts(text).most_common(1)[0][0] for text in texts} <= language.scripts
    assert load(detect(" ".join(texts))).general == language.general


def test_no_language_has_an_answer_of_another():
    answers = [text for each in {load(code).general_answers for code in CODES} for text in each]
    assert len(set(answers)) == len(answers)


def test_codes_of_one_language_are_the_same_language():
    assert load("nb") is load("nn") is load("no")
    assert load("hr") is load("bs-Latn") is load("sr")
