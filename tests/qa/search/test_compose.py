import math
from dataclasses import replace

import numpy as np
import pytest

from qa import Article, Passage, Verdict
from qa.language import ENGLISH
from qa.language.question import read_question
from qa.language.sources import SourceNames
from qa.search.candidate import Candidate, leans_back
from qa.search.compose import compose, is_foreign
from qa.search.confidence import WITHIN, confidence_of
from qa.search.retrieval import Ranking
from qa.store.passages import StoredPassage

ARTICLES = {n: Article(f"a{n}", f"Title {n}", "", number=n) for n in range(1, 7)}
WORDS = [
    "amber",
    "birch",
    "cedar",
    "dune",
    "ember",
    "fjord",
    "grove",
    "heath",
    "islet",
    "jetty",
    "kelp",
    "loam",
]


def candidate(article, text, sure=0.9, score=1.0, highlight=None):
    """A passage with the confidence ``sure``, which its words alone account for."""
    logit = math.log(sure / (1 - sure))
    passage = Passage(text, 0, len(text), 0)
    stored = StoredPassage(article * 100, article, passage)
    return Candidate(
        stored,
        coverage=(logit - WITHIN.bias) / WITHIN.weights.coverage,
        score=score,
        highlight=highlight,
        present=ENGLISH.stemmed(text),
    )


def composed(
    *candidates,
    question="Why?",
    idf=None,
    articles=ARTICLES,
    top_k=3,
    minimum=0.35,
    reads_all_scripts=False,
):
    sources = SourceNames(filter(None, (each.source for each in articles.values())))
    asked = read_question(
        question,
        sources,
        lambda _: idf or {},
        lambda texts: np.zeros((len(texts), 1), np.float32),
    )
    return compose(Ranking(asked, candidates, articles), top_k, minimum, reads_all_scripts)


@pytest.mark.parametrize(
    ("text", "highlight", "leans"),
    [
        ("1. He rowed across. It rained.", (3, 19), True),
        ("1. Smith rowed across. It rained.", (23, 33), False),
        ("It rained. Smith rowed.", (11, 23), False),
    ],
)
def test_item_depends_on_what_precedes_it_whatever_its_number(text, highlight, leans):
    assert leans_back(candidate(1, text, highlight=highlight)) is leans


def test_quotes_have_place_score_and_highlighted_sentence():
    answer = composed(candidate(2, "It rained. It shone.", 0.8, 0.7, (11, 20)))
    (quote,) = answer.quotes
    assert (answer.question, answer.verdict) == ("Why?", Verdict.ANSWERED)
    assert answer.confidence == pytest.approx(0.8)
    assert (quote.article, quote.text, quote.start, quote.end) == (
        ARTICLES[2],
        "It rained. It shone.",
        0,
        20,
    )
    assert (quote.score, quote.sentence, quote.also_in) == (0.7, "It shone.", ())


@pytest.mark.parametrize(
    ("sure", "verdict"),
    [
        (0.36, Verdict.ANSWERED),
        (0.34, Verdict.NOT_ANSWERING),
        (0.11, Verdict.NOT_ANSWERING),
        (0.09, Verdict.NOTHING_NEAR),
    ],
)
def test_verdict_follows_the_confidence_of_the_first(sure, verdict):
    answer = composed(candidate(1, "amber", sure), candidate(2, "birch", sure))
    assert answer.verdict is verdict
    assert answer.answered is (verdict is Verdict.ANSWERED)
    assert answer.confidence == pytest.approx(sure)
    assert [quote.text for quote in answer.quotes] == ["amber", "birch"]


def test_nearest_may_be_the_second_or_contradict_the_question():
    first, second = candidate(1, "amber", 0.09), candidate(2, "birch", 0.11)
    assert composed(first, second).verdict is Verdict.NOT_ANSWERING
    second.contradicts = True
    assert confidence_of(second) < 0.1
    assert composed(second).verdict is Verdict.NOT_ANSWERING


def test_passage_with_every_word_of_the_question_is_near_whatever_its_cosine():
    """A name mentioned in passing: the model does not know the name."""

    def verdict(text, question, *stems):
        known = [candidate(1, text, 0.05), candidate(2, "cedar", 0.05)]
        idf = dict.fromkeys(stems, 1 / len(stems))
        return composed(*known, question=question, idf=idf).verdict

    name = ("Who is Amber Birch?", "amber", "birch")
    assert verdict("Says Amber Birch.", *name) is Verdict.NOT_ANSWERING
    assert verdict("Says Amber.", *name) is Verdict.NOTHING_NEAR
    words = ("What does only he do?", "what", "doe", "onli", "he", "do")
    assert verdict("What only he does is what others do.", *words) is Verdict.NOTHING_NEAR


def test_later_quotes_need_enough_confidence():
    answer = composed(candidate(1, "amber"), candidate(2, "birch", 0.3), candidate(3, "cedar", 0.4))
    assert [quote.text for quote in answer.quotes] == ["amber", "cedar"]


def test_later_quotes_must_score_nearly_as_high_as_the_first():
    answer = composed(
        candidate(1, "amber", score=1.0),
        candidate(2, "birch", score=0.99),
        candidate(3, "cedar", score=0.1),
    )
    assert [quote.text for quote in answer.quotes] == ["amber", "birch"]


def test_answer_has_a_quote_even_if_its_score_is_low():
    answer = composed(candidate(1, "amber", 0.01, score=-0.2), minimum=0.0)
    assert [quote.text for quote in answer.quotes] == ["amber"]


def test_nearest_passages_need_no_confidence():
    answer = composed(candidate(1, "amber", 0.3), candidate(2, "birch", 0.001, score=0.1))
    assert [quote.text for quote in answer.quotes] == ["amber", "birch"]


@pytest.mark.parametrize("top_k", [1, 2, 5])
def test_no_more_quotes_than_asked_for(top_k):
    answer = composed(*[candidate(n, WORDS[n]) for n in range(1, 6)], top_k=top_k)
    assert [quote.text for quote in answer.quotes] == WORDS[1 : top_k + 1]


def test_same_story_is_quoted_once_and_other_sources_are_listed():
    """Sharing seven of ten words makes the same story, six of nine does not."""
    answer = composed(
        candidate(1, " ".join(WORDS[:7])),
        candidate(2, " ".join(WORDS[:10])),
        candidate(3, " ".join([*WORDS[:6], *WORDS[10:]])),
        candidate(4, " ".join(WORDS[:7])),
        candidate(2, " ".join(WORDS[:8])),
        candidate(1, " ".join(WORDS[:7])),
        top_k=2,
    )
    first, second = answer.quotes
    assert first.article is ARTICLES[1]
    assert first.also_in == (ARTICLES[2], ARTICLES[4])
    assert (second.article, second.also_in) == (ARTICLES[3], ())


def test_report_with_another_figure_is_not_the_same_story():
    """Last month's prices differ in only two words of ten."""
    report = " ".join(WORDS[:9])
    answer = composed(candidate(1, f"{report} 3"), candidate(2, f"{report} 4"))
    assert [quote.article.id for quote in answer.quotes] == ["a1", "a2"]


def test_story_is_listed_as_elsewhere_even_after_the_last_quote():
    answer = composed(candidate(1, "amber"), candidate(2, "birch"), candidate(3, "amber"), top_k=1)
    (quote,) = answer.quotes
    assert quote.also_in == (ARTICLES[3],)


def test_passages_without_words_are_not_one_story():
    answer = composed(candidate(1, "…"), candidate(2, "…"))
    assert [quote.also_in for quote in answer.quotes] == [(), ()]


def test_threshold_zero_answers_everything_and_one_answers_nothing():
    assert composed(candidate(1, "amber", 1e-9), minimum=0.0).verdict is Verdict.ANSWERED
    assert composed(candidate(1, "amber", 0.9999), minimum=1.0).verdict is Verdict.NOT_ANSWERING


def test_no_candidates_is_nothing_indexed():
    answer = composed()
    assert (answer.verdict, answer.confidence, answer.quotes) == (Verdict.NOTHING_INDEXED, 0, ())


@pytest.mark.parametrize(
    ("sure", "reads_all_scripts", "verdict"),
    [
        (0.2, False, Verdict.UNREADABLE),
        (0.2, True, Verdict.NOT_ANSWERING),
        (0.01, False, Verdict.UNREADABLE),
        (0.8, False, Verdict.ANSWERED),
    ],
)
def test_script_that_the_model_cannot_read_is_reported(sure, reads_all_scripts, verdict):
    question = "Почему закрыли мост?"
    found = candidate(1, "amber", sure)
    answer = composed(found, question=question, reads_all_scripts=reads_all_scripts)
    assert answer.verdict is verdict


@pytest.mark.parametrize(
    ("question", "verdict"),
    [
        ("Warum wurde die alte Brücke geschlossen?", Verdict.UNREADABLE),
        ("¿Por qué cerraron el puente?", Verdict.UNREADABLE),
        ("Why was the Ponte Vecchio closed?", Verdict.NOT_ANSWERING),
        ("Brücke Mill Lane", Verdict.NOT_ANSWERING),  # maybe only names
    ],
)
def test_question_in_another_language_is_not_read_by_the_english_model(question, verdict):
    answer = composed(candidate(1, "amber", 0.2), question=question, reads_all_scripts=False)
    assert answer.verdict is verdict


@pytest.mark.parametrize("reads_all", [True, False])
def test_model_of_one_language_does_not_answer_across_languages(reads_all):
    found = replace(candidate(1, "amber", 0.8), is_across=True)
    least = confidence_of(found)
    answer = composed(found, minimum=least, reads_all_scripts=reads_all)
    assert answer.answered is reads_all


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("Почему?", True),
        ("为什么", True),
        ("Why?", False),
        ("Où est le château ?", False),
        ("Что сказал NASA?", True),
        ("aб", False),
        ("aбв", True),
        ("", False),
        ("123 😀 ?!", False),
    ],
)
def test_text_is_foreign_if_most_letters_are_not_latin(text, foreign):
    assert is_foreign(text) is foreign


# Two articles


def test_passage_that_covers_what_the_first_lacks_is_quoted_too():
    """It adds a quarter of the idf weight to what the first covers."""
    idf = {"amber": 0.5, "birch": 0.25, "cedar": 0.25}
    found = [
        candidate(1, "amber", score=1.0),
        candidate(2, "dune", sure=0.2, score=0.9),
        candidate(3, "birch", sure=0.2, score=0.7),
        candidate(4, "cedar", sure=0.2, score=0.5),
    ]
    answer = composed(*found, idf=idf)
    assert [quote.text for quote in answer.quotes] == ["amber", "birch"]


def test_question_that_names_two_sources_gets_a_quote_from_each():
    articles = {
        1: Article("a1", "T", "", source="Mill Post", number=1),
        2: Article("a2", "T", "", source="Mill Post", number=2),
        3: Article("a3", "T", "", source="River Echo", number=3),
    }
    idf = {"amber": 0.5, "cedar": 0.5}
    first, copy, other = (
        candidate(1, "amber", sure=0.1, score=1.0),
        candidate(2, "birch", sure=0.1, score=0.5),
        candidate(3, "cedar", sure=0.1, score=0.2),
    )
    question = "Do the Mill Post and the River Echo agree on amber and cedar?"
    known = (first, copy, other)
    answer = composed(*known, question=question, idf=idf, articles=articles, minimum=0.0)
    assert [quote.article.id for quote in answer.quotes] == ["a1", "a3"]
    # The first counts by its own coverage, the two named ones by their combined coverage.
    odds = 0.1 / 0.9 * math.exp(WITHIN.weights.named + WITHIN.weights.named_coverage)
    assert answer.confidence == pytest.approx(odds / (1 + odds))


def test_named_source_without_a_relevant_passage_is_not_quoted():
    articles = {
        1: Article("a1", "T", "", source="Mill Post", number=1),
        2: Article("a2", "T", "", source="River Echo", number=2),
    }
    found = [candidate(1, "amber", score=1.0), candidate(2, "birch", sure=0.1, score=0.2)]
    question = "Do the Mill Post and the River Echo tell of amber?"
    quotes = composed(*found, question=question, idf={"amber": 1.0}, articles=articles).quotes
    assert [quote.article.id for quote in quotes] == ["a1"]


# Quotes that can be read on their own


def quoted(text, passage, *before, sentence=None):
    """Quote ``passage`` of an article with ``text``, its ``sentence`` highlighted.

    ``before`` are the passages above, nearest first.
    """
    start = text.index(passage)
    c = candidate(1, passage)
    begin = passage.index(sentence or passage)
    c.highlight = (begin, begin + len(sentence or passage))
    c.stored = replace(c.stored, passage=Passage(passage, start, start + len(passage), 1))
    places = [(each, text.index(each)) for each in before]
    c.before = [Passage(each, place, place + len(each), 0) for each, place in places]
    articles = {1: Article("a1", "T", text, number=1)}
    (quote,) = composed(c, articles=articles, top_k=1, minimum=0.0).quotes
    assert quote.text == text[quote.start : quote.end]
    assert quote.sentence == (sentence or passage)
    return quote


MAYOR = "The mayor of Mill Lane spoke on Monday. The rain had stopped."


@pytest.mark.parametrize(
    "said", ["He shut it.", "“It is shut,” he said.", "The decision was hers."]
)
def test_sentence_that_depends_on_the_previous_paragraph_is_quoted_with_it(said):
    quote = quoted(f"{MAYOR}\n\n{said} It rained.", f"{said} It rained.", MAYOR, sentence=said)
    assert quote.text == f"{MAYOR}\n\n{said} It rained."
    assert quote.paragraph == 1


def test_only_the_last_sentence_of_a_long_previous_paragraph_is_quoted():
    before = "It rained. " * 100 + "The mayor spoke."
    quote = quoted(f"{before}\nHe shut it.", "He shut it.", before)
    assert quote.text == "The mayor spoke.\nHe shut it."


def test_all_paragraphs_that_the_sentence_depends_on_are_quoted():
    text = f"{MAYOR}\nHe denies it.\nHe faces prison."
    quote = quoted(text, "He faces prison.", "He denies it.", MAYOR)
    assert quote.text == text
    quote = quoted(f"{MAYOR}\n# Later\nHe denies it.\nHe left.", "He left.", "He denies it.", MAYOR)
    assert quote.text == "He denies it.\nHe left."


def test_paragraph_above_a_heading_is_not_quoted_with_text_below_it():
    quote = quoted(f"{MAYOR}\n# Next day\nHe shut it.", "He shut it.", MAYOR)
    assert quote.text == "He shut it."


def test_heading_between_paragraphs_is_not_quoted():
    assert quoted(f"{MAYOR}\n# Next day\nHe left.", "He left.", MAYOR).text == "He left."
    assert quoted("He left.", "He left.").text == "He left."
