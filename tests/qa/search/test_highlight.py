import numpy as np
import pytest

from qa.language import ENGLISH, language_of
from qa.language.question import read_wording
from qa.search.highlight import Highlight, covered, highlight


def asking(text, idf):
    return read_wording(text, lambda _: idf, np.zeros(1, np.float32))


def weigh_evenly(stems):
    return dict.fromkeys(stems, 1 / len(stems))


QUESTION = asking("When did the old bridge fall?", {"old": 0.2, "bridg": 0.5, "fall": 0.3})


def test_score_is_the_sum_of_cosine_words_unique_words_phrases_and_kind():
    """Of three phrases (the old, old bridge, bridge fall) the second sentence has two."""
    sentences = ["A bridge in the rain.", "The old bridge is where leaves fall in 1815."]
    found = highlight(QUESTION, sentences, [0.9, 0.5])
    coverage, alone = 1.0, 0.2 + 0.3
    assert found.number == 1
    assert (found.cosine, found.coverage) == (0.5, pytest.approx(coverage))
    assert found.score == pytest.approx(0.5 + 0.5 * coverage + 0.5 * alone + 0.25 * 2 / 3 + 0.2)


def test_nearest_sentence_is_highlighted_if_no_word_matches():
    assert highlight(QUESTION, ["Rain.", "Fog."], [0.1, 0.2]) == Highlight(1, 0.2, 0.2, 0.0)


def test_first_of_equal_sentences_is_highlighted():
    assert highlight(QUESTION, ["Fog.", "Fog."], [0.2, 0.2]).number == 0


def test_of_two_similar_sentences_the_one_with_the_expected_answer_type_is_highlighted():
    sentences = ["The old bridge fell down.", "The old bridge fell in May."]
    assert highlight(QUESTION, sentences, [0.5, 0.5]).number == 1


def test_sentence_after_the_same_question_is_highlighted_with_the_questions_signals():
    sentences = ["It rains.", "When did the old bridge fall?", "Why?", "In May.", "The end."]
    found = highlight(QUESTION, sentences, [0.1, 0.9, 0.3, 0.2, 0.1])
    assert (found.number, found.cosine, found.coverage) == (3, 0.9, pytest.approx(1.0))


@pytest.mark.parametrize(
    ("items", "number", "count"),
    [
        (["Boats.", "Carts."], 1, 2),  # all of them
        (["Boats.", "An old cart.", "Carts."], 2, 1),  # what alone is asked for
        (["An old cart.", "An old boat."], 1, 2),
        ([], 0, 1),
    ],
)
def test_what_the_best_sentence_introduces_is_highlighted_with_its_signals(items, number, count):
    sentences = ["When the bridge had to fall, there were on it:", *items]
    found = highlight(QUESTION, sentences, [0.9] + [0.1] * len(items))
    assert (found.number, found.count, found.cosine) == (number, count, 0.9)


def test_question_with_nothing_after_it_answers_nothing():
    sentences = ["It rains.", "When did the old bridge fall?", "Why?"]
    assert highlight(QUESTION, sentences, [0.1, 0.9, 0.3]).number == 0
    assert highlight(QUESTION, sentences[1:], [0.9, 0.3]).score == 0.0


@pytest.mark.parametrize(
    ("code", "asked", "invitation"),
    [
        ("en", "When did the old bridge fall?", "Tell us in the comments."),
        ("en", "When did the old bridge fall?", "Please vote in our poll!"),
        ("de", "Wann fiel die Brücke?", "Schreiben Sie uns Ihre Meinung."),
        ("uk", "Коли впав міст?", "Пишіть нам у коментарях."),
        ("ru", "Когда упал мост?", "Расскажите нам об этом."),
        ("pl", "Kiedy runął most?", "Napiszcie do nas."),
        ("es", "¿Cuándo cayó el puente?", "Escríbanos y cuéntenos."),
        ("fr", "Quand le pont est-il tombé ?", "Écrivez-nous."),
        ("it", "Quando è crollato il ponte?", "Scriveteci nei commenti."),
        ("pt", "Quando caiu a ponte?", "Conte-nos nos comentários."),
        ("tr", "Köprü ne zaman çöktü?", "Lütfen bize yazın."),
    ],
)
def test_question_to_the_readers_is_not_answered_by_the_invitation(code, asked, invitation):
    question = read_wording(asked, weigh_evenly, np.zeros(1, np.float32), language_of(code))
    assert highlight(question, [asked, invitation], [0.9, 0.2]).score == 0.0


@pytest.mark.parametrize(
    ("code", "asked", "choices", "invitation"),
    [
        ("en", "Which boat should win the race?", ["The cutter", "The gig"], "Vote now!"),
        ("en", "Who will win?", ["Ann Miller", "Jon Berg"], "Take part in our poll below."),
        ("de", "Welches Boot soll gewinnen?", ["Der Kutter", "Die Gig"], "Stimmen Sie ab!"),
    ],
)
def test_choices_of_a_poll_answer_nothing(code, asked, choices, invitation):
    question = read_wording(asked, weigh_evenly, np.zeros(1, np.float32), language_of(code))
    sentences = [asked, *choices, invitation]
    assert highlight(question, sentences, [0.9] * len(sentences)).score == 0.0


def test_list_below_a_question_answers_it_if_nobody_is_invited():
    asked = "Which boats won the race?"
    question = read_wording(asked, weigh_evenly, np.zeros(1, np.float32))
    sentences = [asked, "The cutter", "The gig", "They came in together."]
    assert highlight(question, sentences, [0.9, 0.5, 0.5, 0.1]).number == 1


def test_instruction_answers_a_question_and_a_question_with_a_figure_answers_how_many():
    sentences = ["How does one apply for a permit?", "Send the form to the council."]
    apply = read_wording("How do I apply for a permit?", weigh_evenly, np.zeros(1, np.float32))
    assert highlight(apply, sentences, [0.9, 0.2]).number == 1
    figure = ["Did you know that 40 cables hold the bridge?"]
    cables = read_wording("How many cables hold the bridge?", weigh_evenly, np.zeros(1, np.float32))
    assert highlight(cables, figure, [0.9]).score > 1.0


def test_question_of_one_word_has_no_phrases():
    question = asking("bridge?", {"bridg": 1.0})
    assert highlight(question, ["The bridge."], [0.4]).score == pytest.approx(0.4 + 0.5 + 0.5)


def test_covered_is_the_share_of_idf_weight():
    assert covered(ENGLISH.stemmed("An old bridge on a hill"), QUESTION) == pytest.approx(0.7)
    assert covered(ENGLISH.stemmed("A hill"), QUESTION) == 0.0
    assert covered(ENGLISH.stemmed("bridge"), asking("…", {})) == 0.0


MEASURED = [
    ("en", "How hot is the Sun?", "The Sun is 4.6 billion years old.", "It has 5,500 degrees."),
    ("en", "How old is the Sun?", "The Sun has 5,500 degrees.", "It began 4.6 billion years ago."),
    (
        "en",
        "How far is the Sun?",
        "The Sun has 5,500 degrees.",
        "It is 150 million kilometres away.",
    ),
    ("en", "How much does the boat cost?", "One boat has 19 metres.", "Vik paid £2m for it."),
    ("en", "How fast is the boat?", "The boat has 19 metres.", "It does forty knots."),
    ("en", "How heavy is the boat?", "The boat cost 19 dollars.", "It has 30 tonnes."),
    (
        "de",
        "Wie heiß ist die Sonne?",
        "Die Sonne ist 4,6 Milliarden Jahre alt.",
        "Sie hat 5500 Grad.",
    ),
    ("de", "Was kostet das Boot?", "Das Boot ist 19 Meter lang.", "Vik zahlte 2 Millionen Euro."),
    ("es", "¿Cuánto pesa el barco?", "El barco costó 19 euros.", "Son 30 toneladas."),
    ("fr", "Combien coûte le bateau ?", "Le bateau a 19 mètres.", "Vik a payé 2 millions d'euros."),
    ("it", "Quanto è lunga la barca?", "La barca vale 19 euro.", "Ha trenta metri."),
    ("pl", "Ile waży łódź?", "Łódź ma 19 metrów.", "To 30 ton."),
    ("pt", "Quanto custa o barco?", "O barco tem 19 metros.", "Vik deu 2 milhões de euros."),
    ("ru", "Сколько стоит лодка?", "Лодка длиной 19 метров.", "За неё дали 2 млн рублей."),
    ("tr", "Tekne ne kadar uzun?", "Tekne 19 lira.", "30 metre."),
    ("uk", "Скільки коштує човен?", "Човен має 19 метрів.", "За нього дали 2 млн гривень."),
]


@pytest.mark.parametrize(("code", "question", "other", "measured"), MEASURED)
def test_sentence_with_the_unit_that_is_asked_for_is_highlighted(code, question, other, measured):
    asked = read_wording(question, weigh_evenly, np.zeros(1, np.float32), language_of(code))
    assert highlight(asked, [other, measured], [0.5, 0.5]).number == 1
    unmeasured = measured.replace("degrees", "spots")
    if unmeasured != measured:
        assert highlight(asked, [other, unmeasured], [0.5, 0.5]).number == 0


@pytest.mark.parametrize(
    ("code", "question", "about", "measured"),
    [
        ("en", "How long is the Vik cable car?", "The Vik cable car is new.", "It has 900 metres."),
        (
            "de",
            "Wie lang ist die Seilbahn auf die Spitze?",
            "Die Seilbahn auf die Spitze ist neu.",
            "Sie hat 900 Meter.",
        ),
    ],
)
def test_measure_of_what_the_sentence_before_names_is_highlighted(code, question, about, measured):
    asked = read_wording(question, weigh_evenly, np.zeros(1, np.float32), language_of(code))
    assert highlight(asked, [about, measured], [0.5, 0.5]).number == 1
    assert highlight(asked, [about, "Rain.", measured], [0.5, 0.5, 0.5]).number == 0
