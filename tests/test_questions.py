"""From a file copied from a web page to the quote, through all of reading and answering."""

import os
from pathlib import Path

import pytest

from index.indexer import Indexer
from index.sources.files import read_file
from qa import Article, Library, Settings, Verdict

PROTOCOL = """How the World Agreed to Save the Ozone Layer
In 1985 three British scientists reported that the ozone above Antarctica was disappearing each \
spring. Two years later, on 16 September 1987, states signed a treaty against it in Montreal.
What Was Banned
Ozone is broken up by chlorine and bromine, which some useful gases carry high into the air. The \
Montreal Protocol set out to end the production of:
- CFCs, which cooled refrigerators
- halons, which put out fires
- carbon tetrachloride, a solvent
Developing countries were given ten years more than the others, and a fund to pay for the change.
Who Has Joined
The treaty entered into force on 1 January 1989. It was the first treaty of the United Nations to \
be ratified by every one of their members, a state that was reached in 2009.
Industry, which had warned of ruin, found other gases within a few years.
The Gases That Came Next
Many of the new gases were HFCs, which spare the ozone but warm the climate. An amendment that \
was agreed in Kigali in 2016 cuts them down as well.

0 Comments"""


def library_of(path, folder, encoder):
    library = Library(Settings(data_dir=folder), encoder)
    Indexer(library).add(read_file(path))
    return library


@pytest.fixture(scope="module")
def protocol(tmp_path_factory, encoder):
    folder = tmp_path_factory.mktemp("protocol")
    (folder / "protocol.txt").write_text(PROTOCOL)
    library = library_of(folder / "protocol.txt", folder / "data", encoder)
    yield library
    library.close()


@pytest.mark.parametrize(
    ("question", "begins", "sentence"),
    [
        (
            "Have all countries joined the treaty?",
            "The treaty entered into force on 1 January 1989. It was",
            "It was the first treaty of the United Nations to be ratified by every one of their "
            "members, a state that was reached in 2009.",
        ),
        (
            "Which substances does the Montreal Protocol end the production of?",
            "Ozone is broken up by chlorine and bromine",
            "CFCs, which cooled refrigerators\nhalons, which put out fires\n"
            "carbon tetrachloride, a solvent",
        ),
        (
            "What was agreed in Kigali?",
            "Many of the new gases were HFCs",
            "An amendment that was agreed in Kigali in 2016 cuts them down as well.",
        ),
    ],
)
def test_question_is_answered_with_its_paragraph_and_sentence(protocol, question, begins, sentence):
    answer = protocol.ask(question)
    assert answer.verdict is Verdict.ANSWERED
    assert answer.quotes[0].text.startswith(begins)
    assert answer.quotes[0].sentence == sentence


def test_list_is_quoted_with_the_line_that_introduces_it(protocol):
    answer = protocol.ask("What does the Montreal Protocol ban?")
    assert answer.quotes[0].text.endswith(
        "set out to end the production of:\nCFCs, which cooled refrigerators\n"
        "halons, which put out fires\ncarbon tetrachloride, a solvent"
    )


@pytest.mark.parametrize(
    ("question", "verdict"),
    [
        ("Who won the football world cup?", Verdict.NOTHING_NEAR),
        ("Кто выиграл чемпионат мира?", Verdict.UNREADABLE),
        ("0 Comments", Verdict.NOTHING_NEAR),
    ],
)
def test_question_without_an_answer_is_refused(protocol, question, verdict):
    assert protocol.ask(question).verdict is verdict


@pytest.mark.skipif(
    "PULLQUOTE_TEST_ARTICLE" not in os.environ,
    reason="needs the path of the article on the 28-point plan",
)
@pytest.mark.parametrize(
    ("question", "begins"),
    [
        (
            "Is Russia on board with the peace plan?",
            "While Ukraine’s approach signals progress, Moscow has yet to publicly commit",
        ),
        (
            "What does the 28-point proposal focus on?",
            "Ukrainian President Volodymyr Zelenskyy and other high-ranking officials",
        ),
        ("Who won the football world cup?", None),
    ],
)
def test_copied_news_article_answers_questions(tmp_path, encoder, question, begins):
    path = Path(os.environ["PULLQUOTE_TEST_ARTICLE"])
    library = library_of(path, tmp_path / "data", encoder)
    answer = library.ask(question)
    library.close()
    assert answer.answered == (begins is not None)
    assert begins is None or answer.quotes[0].text.startswith(begins)


def test_lookalike_words_cause_neither_answer_nor_alert(tmp_path, encoder):
    library = Library(Settings(data_dir=tmp_path), encoder)
    nurses = Article(
        "nurses",
        "Hospital hires nurses",
        "The hospital in Lennfield has hired thirty nurses.\n"
        "They begin with two weeks of training for nurses on Monday, the hospital said.",
    )
    parks = Article("parks", "Council agrees", "The council agreed on a policy for the parks.")
    stored = [article for article, _ in Indexer(library).add_all([nurses, parks])]
    assert library.ask("When do the trains begin?").verdict is Verdict.NOTHING_NEAR
    assert library.ask("What did the police say?").verdict is Verdict.NOTHING_NEAR
    for article in stored:
        assert library.match(("trains", "police"), article) == {}
    library.close()
