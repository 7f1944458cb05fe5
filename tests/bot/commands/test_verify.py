"""Quotes are verified by /verify, by the button below an answer, and in the terminal."""

import pytest

from tests.said import said

pytestmark = pytest.mark.sqlite

SENTENCE = (
    "The old bridge at Mill Lane was closed because the flood had damaged two of its pillars."
)
QUESTION = "Why was the old bridge closed?"
VERBATIM, DIFFERENT = said("verify.verbatim"), said("verify.different")
HEADLINE = "Old bridge closed after flood – Valley Post"


@pytest.fixture
def ann(reading):
    return reading.world.user("Ann")


@pytest.fixture
def chat(reading, ann):
    return reading.world.private_chat(ann)


@pytest.fixture
def group(reading, ann):
    return reading.world.supergroup("Readers", ann)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        (f"/verify {SENTENCE}", f"{VERBATIM}\n{HEADLINE}\n"),
        (f"/verify {SENTENCE.replace('two', 'six')}", f"{DIFFERENT}\n{HEADLINE}\n{SENTENCE}"),
        ("/verify The parliament adopted a budget for schools.", said("verify.not_found")),
        ("/verify", said("verify.usage")),
        ("/verify <b> 😀 & …", said("verify.not_found")),
        ("/verify 😀 …", said("verify.no_words")),
        (f"/verify {'a' * 5000}", said("verify.too_long", count=4096)),
    ],
)
def test_words_are_verified(reading, ann, chat, text, start):
    assert reading.ask(chat, ann, text).text.startswith(start)


def test_button_verifies_the_quotes_of_an_answer(reading, ann, chat):
    answer = reading.ask(chat, ann, QUESTION)
    reading.world.press(answer, said("button.verify"))
    receipt = reading.world.wait_for_reply(answer)
    assert receipt.text.startswith(f"{VERBATIM}\n{HEADLINE}\n")
    assert len(receipt.entity_texts("code")[0]) == 64
    assert receipt.reply_to is answer


@pytest.mark.parametrize(
    "text",
    [SENTENCE, f"They wrote “{SENTENCE}” – really?", f"„{SENTENCE[:27]} … {SENTENCE[-27:]}“"],
)
def test_quote_in_the_message_that_is_replied_to_is_verified(reading, ann, group, text):
    quoting = reading.world.say(group, ann, text)
    receipt = reading.ask(group, ann, "/verify", reply_to=quoting)
    assert receipt.text.startswith(f"{VERBATIM}\n{HEADLINE}\n")


def test_command_in_a_topic_replies_to_no_quote(reading, ann):
    forum = reading.world.forum("Readers", ann)
    thread = reading.world.topic(forum, "News", ann)
    assert reading.ask(forum, ann, "/verify", thread=thread).text == said("verify.usage")


def test_several_quotes_are_verified_one_by_one(reading, ann, chat):
    answer = reading.ask(chat, ann, QUESTION)
    html = f"{answer.text}\n{SENTENCE.replace('two', 'six')}"
    size = len(SENTENCE)
    with reading.world.changed:
        places = [html.index(SENTENCE), len(html) - size]
        answer.text = html
        answer.entities = [
            {"type": "blockquote", "offset": place, "length": size} for place in places
        ]
    receipt = reading.ask(chat, ann, "/verify", reply_to=answer)
    assert VERBATIM in receipt.text
    assert DIFFERENT in receipt.text
