"""Questions asked of a library after another one."""

from contextlib import closing

import pytest

from index.indexer import Indexer
from qa import Article, Library, Settings, Turn, Verdict

TUNNEL = Article(
    "tunnel",
    "The tunnel below the strait",
    "The tunnel below the strait is 50 kilometres long, and trains cross it in 35 minutes.\n"
    "It was opened on 6 May 1994 by the queen and the president.\n"
    "Ten workers died while it was dug, most of them in its first year.",
)
VOLCANO = Article(
    "volcano",
    "The year without a summer",
    "The volcano on the island erupted in April 1815, and its ash darkened the sky for a year.\n"
    "About eleven thousand people died in the eruption itself, and many more of hunger.\n"
    "Harvests failed in Ireland and Switzerland, where it snowed in June.",
)
VAULT = Article(
    "vault",
    "A vault for seeds in the mountain",
    "The seed vault on the island was opened on 26 February 2008.\n"
    "Norway paid for the building of the vault, which cost 45 million kroner.\n"
    "Ireland and Peru have sent potatoes, and Ukraine has sent barley.",
)
LENGTH = "How long is the tunnel below the strait?"


@pytest.fixture(scope="module")
def reading(tmp_path_factory, encoder):
    settings = Settings(data_dir=tmp_path_factory.mktemp("reading"))
    with closing(Library(settings, encoder)) as library:
        Indexer(library).add(TUNNEL)
        Indexer(library).add(VOLCANO)
        Indexer(library).add(VAULT)
        yield library


def converse(library, *questions):
    """Ask one after another; return the last answer."""
    turn, answer = None, None
    for question in questions:
        answer = library.ask(question, follows=turn)
        turn = answer.turn
    return answer


@pytest.mark.parametrize(
    ("questions", "sentence"),
    [
        ([LENGTH, "When was it opened?"], "It was opened on 6 May 1994"),
        ([LENGTH, "When was it opened?", "And by whom?"], "It was opened on 6 May 1994"),
        ([LENGTH, "how many workers died?"], "Ten workers died"),
        (["When did the volcano erupt?", "How many people died?"], "About eleven thousand people"),
        (["Who paid for the seed vault?", "When was it opened?"], "The seed vault on the island"),
        (["What has Peru sent to the vault?", "And Ukraine?"], "Ireland and Peru have sent"),
    ],
)
def test_question_is_answered_in_its_context(reading, questions, sentence):
    answer = converse(reading, *questions)
    assert answer.follows is not None
    assert answer.answered
    assert answer.quotes[0].sentence.startswith(sentence)


@pytest.mark.parametrize(
    "question",
    [
        "When was the seed vault opened?",
        "Why did harvests fail in Ireland, and when did it snow there?",
        "What is photosynthesis?",
        "And when did the volcano erupt?",
        "And how deep is the vault?",
    ],
)
def test_new_subject_is_answered_as_if_asked_alone(reading, question):
    assert converse(reading, LENGTH, question) == reading.ask(question)


def test_name_that_the_article_lacks_is_no_answer(reading):
    answer = converse(reading, LENGTH, "And Mongolia?")
    assert answer.verdict in {Verdict.NOTHING_NEAR, Verdict.NOT_ANSWERING}


def test_article_that_is_pointed_at_is_the_context(reading):
    pointed = Turn("", "tunnel", TUNNEL.title, is_replied_to=True)
    answer = reading.ask("When was it opened?", follows=pointed)
    assert answer.follows == pointed
    assert answer.quotes[0].article.id == "tunnel"


def test_subject_goes_from_turn_to_turn(reading):
    answer = converse(reading, LENGTH, "When was it opened?")
    assert answer.turn == Turn("When was it opened?", "tunnel", TUNNEL.title, LENGTH)


def test_only_a_question_that_may_lack_something_is_read_twice(library, indexer, counting):
    indexer.add(Article("rain", "Rain", "The rain fell on the bridge. It fell on the mayor."))
    before = Turn("Did the rain fall?", "rain", "Rain")
    library.ask("ready")
    for question, read in [
        ("Where did it fall?", ["“Rain”, rain fall?: Where did it fall?", "Where did it fall?"]),
        ("Where in Lennfield did the rain fall?", ["Where in Lennfield did the rain fall?"]),
    ]:
        counting.texts.clear()
        library.ask(question, follows=before)
        assert counting.texts == read
