"""Saved questions and the articles that answer them, with the packaged English model."""

from dataclasses import replace

import pytest

from index.indexer import Indexer
from qa import Article, Library, Settings
from qa.topics.vectors import QUESTIONS, TopicVectors

CLOSED = Article(
    "closed",
    "Old bridge closed after flood",
    "Heavy rain fell on the valley on Monday and the river Lenn rose by two metres.\n"
    "The old bridge at Mill Lane was closed because the flood had damaged two of its pillars.",
)
OPEN = Article(
    "open",
    "Traffic returns to the valley",
    "Traffic returned to the valley on Thursday, and the buses run as they did.\n"
    "Cyclists may cross it from Sunday. The old bridge at Mill Lane opens again on 12 May.",
)
MAYOR = Article(
    "mayor",
    "New mayor takes office",
    "Ada Moreno became mayor of Lennfield on Tuesday after winning the election in March.",
)
UKRAINIAN = Article(
    "uk",
    "Новини міста",
    "Старий міст на вулиці Mill Lane знову відкриють 12 травня, повідомила мерія міста.",
)
WHY = "Why was the old bridge at Mill Lane closed?"
WHEN = "When does the old bridge at Mill Lane open again?"
WHO = "Who became mayor of Lennfield?"
ELSE = "What is the boiling point of mercury?"
ALL = (WHY, WHEN, WHO, ELSE)


@pytest.fixture
def library(tmp_path, encoder, database):
    library = Library(Settings(data_dir=tmp_path), encoder, database)
    yield library
    library.close()


def come(library, article, questions=ALL):
    """Add an article; return the sentences that answer by question."""
    Indexer(library).add(article)
    found = library.answers_in(library.article(article.id), questions)
    return {question: match.quote.sentence for question, match in found.items()}


def test_articles_answer_the_questions_that_they_answer(library):
    why = "The old bridge at Mill Lane was closed because the flood had damaged two of its pillars."
    assert come(library, CLOSED)[WHY] == why
    assert come(library, MAYOR) == {WHO: MAYOR.text}
    assert come(library, OPEN) == {WHEN: "The old bridge at Mill Lane opens again on 12 May."}


def test_quote_is_in_the_article_and_matching_again_changes_nothing(library):
    Indexer(library).add(MAYOR)
    article = library.article(MAYOR.id)
    first, again = (library.answers_in(article, [WHO]) for _ in range(2))
    assert first == again
    quote = first[WHO].quote
    assert article.text[quote.start : quote.end] == quote.text
    assert first[WHO].surplus > 0


def test_what_answers_worse_than_an_earlier_article_is_no_alert(library):
    """Whether the earlier one came before the question was saved or since."""
    assert WHO in come(library, MAYOR, [WHO])
    report = "Lennfield has a mayor who likes music. The town hall was full on Tuesday evening."
    assert come(library, Article("party", "Evening of music", report), [WHO]) == {}


PARTY = Article(
    "party",
    "Evening of music",
    "Ada Moreno now leads Lennfield as its mayor. The hall was full.",
)


class Nobody:
    """Sees no personal article."""

    def sees(self, reader, articles):
        return frozenset()


@pytest.mark.parametrize(("is_personal", "told"), [(True, {WHO}), (False, set())])
@pytest.mark.parametrize("saved_first", [True, False])
def test_answer_that_few_may_see_leaves_a_question_open_to_others(
    library, is_personal, told, saved_first
):
    library.audience = Nobody()
    come(library, replace(MAYOR, is_personal=is_personal), [WHO] if saved_first else [])
    assert set(come(library, PARTY, [WHO])) == told
    assert come(library, replace(PARTY, id="again", is_personal=True), [WHO]) == {}


def test_passages_of_an_article_that_are_about_as_sure_are_rivals(library):
    talks = ("cheaper buses", "a new library", "the old bridge")
    text = "\n".join(f"{MAYOR.text} She talked about {each} for an hour." for each in talks)
    assert signals(library, MAYOR).rivals == 0
    mayors = Article("mayors", "Mayors of the town", f"{text}\nIt rained.")
    assert signals(library, mayors).rivals == 2


def test_passages_on_the_subject_count_and_others_do_not(library):
    text = (
        f"{MAYOR.text}\nThe town of Lennfield elects its mayor in March, by secret ballot.\n"
        "Scallops are fried in butter for a minute on each side.\nIt snowed in the Andes."
    )
    assert signals(library, MAYOR).subject == 0
    several = Article("several", "Short news", text)
    assert signals(library, several).subject == 1 / 21


def signals(library, article):
    """Add an article; return the signals of its best passage."""
    Indexer(library).add(article)
    matcher = library.current_model().question_matcher
    matcher.follow([WHO])
    with library.view() as retriever:
        (judged,) = matcher.judge(library.article(article.id), retriever, least=-99)
        return judged.signals


def test_model_of_one_language_answers_in_no_other(library):
    assert come(library, UKRAINIAN) == {}


def test_no_questions_and_no_text_are_no_trouble(library):
    assert come(library, MAYOR, []) == {}
    assert come(library, Article("empty", "Empty", ""), [WHO]) == {}


def test_vectors_of_questions_are_kept_as_long_as_they_are_saved(library, encoder):
    come(library, MAYOR, [WHO, WHY])
    Library(library.settings, encoder, library.database).answers_in(
        library.article(MAYOR.id), [WHO]
    )
    kept = TopicVectors(library.database, QUESTIONS)
    assert set(kept.read([WHO, WHY], encoder.name, encoder.dimension)) == {WHO}


def test_article_removed_in_the_meantime_answers_nothing(library):
    Indexer(library).add(MAYOR)
    article = library.article(MAYOR.id)
    Indexer(library).remove(MAYOR.id)
    assert library.answers_in(article, [WHO]) == {}
