"""Which questions may follow another one, and what they take from it."""

from datetime import UTC, datetime

import pytest

from qa import Turn
from qa.language import load
from qa.language.follow_ups import MARGIN, is_elliptical, margin, subject_of

NOW = datetime(2026, 11, 24, tzinfo=UTC)
BEFORE = Turn("How long is the Channel Tunnel?", "tunnel", "How the Channel Tunnel Was Dug")

POINTING = {
    "en": ["When was it opened?", "How many people live there?", "And by whom?", "When was that?"],
    "uk": ["Коли його відкрили?", "Хто там живе?", "А ким?"],
    "ru": ["Когда его открыли?", "Кто там живёт?", "А кем?"],
    "de": ["Wann wurde er eröffnet?", "Wer wohnt dort?", "Und warum?", "Wann war das?"],
    "es": ["¿Quién lo construyó?", "¿Quién vive allí?", "¿Y cuándo?"],
    "fr": ["Quand est-ce qu'elle a ouvert ?", "Qui y vit ?", "Et pourquoi ?"],
    "it": ["Chi ci vive?", "Quanto costano questi?", "E perché?"],
    "pt": ["Quem vive lá?", "Quanto custou isso?", "E quando?"],
    "pl": ["Kiedy go otwarto?", "Kto tam mieszka?", "A dlaczego?"],
    "tr": ["Onu kim yaptı?", "Orada kim yaşıyor?", "Peki neden?"],
}
LACKING = {
    "en": ["How many people died?", "Why?"],
    "uk": ["Коли відкрили?", "Скільки людей загинуло?"],
    "ru": ["Когда открыли?"],
    "de": ["Wie viele Menschen starben?"],
    "es": ["¿Cuándo se inauguró?"],
    "fr": ["Quand a-t-il été ouvert ?"],
    "it": ["Quando è stato aperto?"],
    "pt": ["Quando foi inaugurado?"],
    "pl": ["Ile osób zginęło?"],
    "tr": ["Ne zaman açıldı?"],
}
WHOLE = {
    "en": [
        "When was the Channel Tunnel opened?",
        "How many rooms are there in the Louvre?",
        "Which ships sank in the harbour of Mombasa this week?",
    ],
    "uk": ["Коли відкрили тунель під протокою Ла-Манш?"],
    "ru": ["Когда открыли тоннель под проливом Ла-Манш?"],
    "de": ["Wie viele Einwohner gibt es heute in Hamburg und Bremen zusammen?"],
    "es": ["¿Cuándo se inauguró el túnel del Canal de la Mancha?"],
    "fr": ["Quand le tunnel sous la Manche a-t-il été ouvert ?"],
    "it": ["Quando è stato aperto il tunnel della Manica?"],
    "pt": ["Quando foi inaugurado o túnel da Mancha?"],
    "pl": ["Kiedy otwarto tunel pod kanałem La Manche?"],
    "tr": ["Manş Tüneli ne zaman açıldı ve kim yaptı?"],
}


def rows(table):
    return [(code, question) for code, some in table.items() for question in some]


@pytest.mark.parametrize(("code", "question"), rows(POINTING))
def test_question_that_refers_to_something_may_follow(code, question):
    assert margin(question, BEFORE, load(code), NOW) == 0.0


@pytest.mark.parametrize(("code", "question"), rows(LACKING))
def test_question_of_a_few_words_may_follow(code, question):
    assert margin(question, BEFORE, load(code), NOW) in {0.0, MARGIN}


@pytest.mark.parametrize(("code", "question"), rows(WHOLE))
def test_whole_question_stands_alone(code, question):
    assert margin(question, BEFORE, load(code), NOW) is None


def test_question_with_a_name_or_a_reply_needs_more():
    english = load("en")
    assert margin("Did they sell it to Germany?", BEFORE, english, NOW) == MARGIN
    pointed = Turn("", "tunnel", "How the Channel Tunnel Was Dug", is_replied_to=True)
    assert margin("When was the Channel Tunnel opened?", pointed, english, NOW) == MARGIN


@pytest.mark.parametrize(
    ("code", "question"),
    [
        ("en", "And Ukraine?"),
        ("en", "What about Ukraine?"),
        ("uk", "А Україна?"),
        ("ru", "А Украина?"),
        ("de", "Und die Ukraine?"),
        ("es", "¿Y Ucrania?"),
        ("fr", "Et l’Ukraine ?"),
        ("it", "E l'Ucraina?"),
        ("pt", "E a Ucrânia?"),
        ("pl", "A Ukraina?"),
        ("tr", "Peki Ukrayna?"),
    ],
)
def test_ellipsis_is_told(code, question):
    assert is_elliptical(question, load(code))
    assert not is_elliptical(question.split(maxsplit=1)[1], load(code))


@pytest.mark.parametrize(
    ("question", "start", "subject"),
    [
        ("Who dug it?", "How long is the Channel Tunnel?", "“Below the sea”, Channel Tunnel?"),
        ("Who dug it?", "How long is the tunnel?", "“Below the sea”, long tunnel? opened?"),
        ("By whom?", "How long is the Channel Tunnel?", "“Below the sea”, opened?"),
        ("And the bridge?", "How long is the Channel Tunnel?", "“Below the sea”, opened?"),
    ],
)
def test_subject_is_the_title_and_what_was_asked(question, start, subject):
    turn = Turn("When was it opened?", "tunnel", "Below the sea", start)
    assert subject_of(question, turn, load("en")) == subject


def test_subject_of_a_question_that_was_not_answered_is_what_was_asked():
    turn = Turn("Who dug the Channel Tunnel?")
    assert subject_of("Where is it?", turn, load("en")) == "dug Channel Tunnel?"
