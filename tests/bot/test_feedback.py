"""Votes on answers: the buttons, what is stored, and the data set that they make."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.feedback.export import count, export
from bot.feedback.model import Feedback, ShownAnswer, ShownQuote, Vote, shown
from bot.feedback.store import FeedbackStore
from bot.jobs.retention import DAY_SECONDS
from index.indexer import Indexer
from qa import Article, PullquoteError, Verdict
from qa.evaluate import read_corpus, read_queries
from tests.said import said

QUESTION = "Why was the old bridge closed?"
OFF_TOPIC = "What is the boiling point of mercury?"
UP, DOWN = "👍", "👎"
THANKS, EXPIRED = said("feedback.thanks"), said("feedback.old_button")
MOMENT = datetime(2026, 11, 29, 12, tzinfo=UTC)


def pressed(room, message, button, user=None):
    press = room.world.press(message, button, user)
    return room.world.wait_for(lambda: press.answer).get("text")


def votes(room):
    return FeedbackStore(room.library.database).all()


@pytest.fixture
def answer(room, ann, chat, bridge, mayor):
    room.add(bridge, mayor)
    room.start()
    return room.ask(chat, ann, QUESTION)


def test_vote_is_stored_with_the_answer_that_was_shown(room, answer):
    assert answer.labels[3:5] == [UP, DOWN]
    assert pressed(room, answer, UP) == THANKS
    (vote,) = votes(room)
    expected = shown(room.library.ask(QUESTION))
    assert (vote.answer, vote.vote) == (expected, Vote.UP)
    quote = expected.quotes[0]
    assert (expected.language, expected.verdict, quote.article) == (
        "en",
        Verdict.ANSWERED,
        "bridge",
    )
    assert quote.sentence in quote.text


def test_vote_on_a_follow_up_has_the_question_with_its_context(room, ann, chat, answer, tmp_path):
    followed = room.ask(chat, ann, "Who will inspect it?")
    alone = said("button.alone")
    assert followed.labels[:3] == [alone, UP, DOWN]
    assert pressed(room, followed, UP) == THANKS
    (vote,) = votes(room)
    asked = "“Old bridge closed after flood”, old bridge closed?: Who will inspect it?"
    assert (vote.answer.question, vote.answer.language) == (asked, "en")
    export(room.library, votes(room), tmp_path)
    (query,) = read_queries(tmp_path)
    assert query.paragraph_ids == {"bridge#1"}
    again = room.library.ask(query.question)
    assert query.answers == ("Engineers from the county will inspect it next week.",)
    assert query.answers[0] in again.quotes[0].text
    room.world.press(followed, alone)
    room.world.wait_for(lambda: alone not in followed.labels)
    assert {UP, DOWN} <= set(followed.labels)


def test_changed_vote_replaces_the_earlier(room, answer):
    for button in (UP, DOWN, DOWN):
        assert pressed(room, answer, button) == THANKS
    assert [each.vote for each in votes(room)] == [Vote.DOWN]


def test_everybody_in_a_group_has_one_vote(room, ann, bridge):
    room.add(bridge)
    room.start()
    bob = room.world.user("Bob")
    group = room.world.supergroup("Readers", ann, bob)
    answer = room.ask(group, ann, f"@pullquote_bot {QUESTION}")
    for user in (ann, bob, bob):
        assert pressed(room, answer, UP, user) == THANKS
    assert len(votes(room)) == 2


def test_nothing_tells_who_voted(room, ann, chat, answer):
    pressed(room, answer, UP)
    with room.library.database.read() as db:
        (row,) = db.execute("SELECT * FROM feedback")
    for value in row:
        assert value not in (ann.id, chat.id, str(ann.id))
        assert "Ann" not in str(value)


def test_refusal_can_be_voted_on(room, ann, chat, answer):
    refusal = room.ask(chat, ann, OFF_TOPIC)
    assert pressed(room, refusal, DOWN) == THANKS
    (vote,) = votes(room)
    assert (vote.answer.verdict, vote.answer.quotes) == (Verdict.NOTHING_NEAR, ())


def test_answer_from_before_a_restart_can_be_voted_on_while_it_is_the_same(room, answer):
    room.stop()
    room.start()
    assert pressed(room, answer, UP) == THANKS
    assert votes(room)[0].answer.quotes[0].article == "bridge"
    room.stop()
    Indexer(room.library).remove("bridge")
    room.start()
    assert pressed(room, answer, DOWN) == EXPIRED
    assert [each.vote for each in votes(room)] == [Vote.UP]


def test_no_buttons_and_no_votes_when_switched_off(room, ann, chat, answer):
    room.stop()
    room.settings = room.settings.model_copy(update={"feedback": False})
    room.start()
    assert pressed(room, answer, UP) == EXPIRED
    assert UP not in room.ask(chat, ann, QUESTION).labels
    assert votes(room) == []


# Listing and exporting


def quote_of(article, text, sentence):
    return ShownQuote(article.id, article.url, article.title, article.source, text, sentence)


@pytest.fixture
def store(room):
    return FeedbackStore(room.library.database)


def vote(answer, vote=Vote.UP, at=MOMENT):
    return Feedback(answer, vote, at)


@pytest.fixture
def closed(bridge):
    text = bridge.text.splitlines()[1]
    quote = quote_of(bridge, text, text.partition(". ")[0] + ".")
    return ShownAnswer(QUESTION, "en", Verdict.ANSWERED, 0.91, (quote,))


def test_command_lists_votes_newest_first(room, store, closed):
    assert room.command("feedback").output.startswith("No votes yet.")
    refused = ShownAnswer("Хто?", "uk", Verdict.NOTHING_NEAR, 0.0, ())
    store.put(1, 2, 3, vote(closed))
    store.put(1, 3, 3, vote(refused, Vote.DOWN, MOMENT + timedelta(hours=1)))
    listed = json.loads(room.command("feedback", "--json").output)
    assert listed[0] == {
        "at": "2026-11-29T13:00:00+00:00",
        "vote": "down",
        "question": "Хто?",
        "language": "uk",
        "verdict": "nothing near",
        "confidence": 0.0,
        "quotes": [],
    }
    assert (listed[1]["vote"], listed[1]["quotes"][0]["article"]) == ("up", "bridge")
    lines = room.command("feedback").output.splitlines()
    assert [UP in line for line in lines].index(True) > [DOWN in line for line in lines].index(True)


def test_votes_become_a_data_set(room, store, closed, bridge, mayor, tmp_path):
    room.add(bridge, mayor)
    others = [
        (replace(closed, question="Who fell?"), Vote.DOWN),
        (ShownAnswer("Who won?", "en", Verdict.NOTHING_NEAR, 0.1, ()), Vote.UP),
        (ShownAnswer("Who lost?", "en", Verdict.NOT_ANSWERING, 0.2, closed.quotes), Vote.DOWN),
    ]
    for number, each in enumerate([(closed, Vote.UP), *others]):
        store.put(1, number, 3, vote(*each, MOMENT - timedelta(hours=number)))
    folder = tmp_path / "set"
    done = room.command("feedback", "export", folder)
    assert done.output == f"{folder}: 4 questions about 2 articles.\n"
    corpus = read_corpus(folder)
    assert [(each.id, each.title, each.source) for each in corpus] == [
        (each.id, each.title, each.source) for each in (bridge, mayor)
    ]
    found = [(q.question, q.answerable, sorted(q.paragraph_ids)) for q in read_queries(folder)]
    assert found == [
        (QUESTION, True, ["bridge#1"]),
        ("Who fell?", False, []),
        ("Who won?", False, []),
        ("Who lost?", True, []),
    ]
    block = corpus[0].blocks[1]
    assert read_queries(folder)[0].answers[0] in corpus[0].text[block.start : block.end]
    rows = map(json.loads, (folder / "queries.jsonl").read_text().splitlines())
    assert [row["vote"] for row in rows] == ["up", "down", "up", "down"]


def test_passage_that_has_gone_is_an_article_of_its_own(room, closed, bridge, tmp_path):
    room.add(replace(bridge, text="The bridge is open again."))
    assert export(room.library, [vote(closed)], tmp_path) == (2, 1)
    gone = read_corpus(tmp_path)[1]
    assert gone.text == closed.quotes[0].text
    assert read_queries(tmp_path)[0].paragraph_ids == {f"{gone.id}#0"}


def test_sentence_names_its_paragraph_among_those_of_a_passage(room, tmp_path):
    article = Article("list", "Fares", "Tickets\nAdults pay two euros.\nChildren pay one euro.")
    room.add(article)
    whole = quote_of(article, article.text, "Children pay one euro.")
    answer = ShownAnswer("What do children pay?", "en", Verdict.ANSWERED, 0.9, (whole,))
    export(room.library, [vote(answer)], tmp_path)
    assert read_queries(tmp_path)[0].paragraph_ids == {"list#2"}


def test_votes_on_one_answer_are_counted(closed):
    refused = ShownAnswer("Who won?", "en", Verdict.NOTHING_NEAR, 0.1, ())
    asked_again = replace(closed, question="why was  the old bridge closed?")
    given = [
        vote(closed),
        vote(asked_again),
        vote(closed, Vote.DOWN),
        vote(refused),
        vote(refused, Vote.DOWN),
    ]
    assert count(given) == [(closed, Vote.UP)]


def test_nothing_to_export_gets_a_sentence(room, tmp_path):
    with pytest.raises(PullquoteError, match="There are no votes to export"):
        export(room.library, [], tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_votes_are_removed_with_articles_of_their_age(room, store, closed):
    now = datetime.now(UTC)
    store.put(1, 2, 3, vote(closed, at=now - timedelta(days=3)))
    store.put(1, 3, 3, vote(closed, at=now - timedelta(days=1)))
    assert store.remove_before(now.timestamp() - 2 * DAY_SECONDS) == 1
    assert len(store.all()) == 1
