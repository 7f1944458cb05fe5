"""Subscribing and ending it, with commands and buttons, against the Bot API double."""

import pytest


@pytest.fixture
def ann(room):
    return room.world.user("Ann")


@pytest.fixture
def chat(room, ann):
    room.start()
    return room.world.private_chat(ann)


def pressed(room, message, button, user=None):
    """What Telegram shows to who presses the button."""
    press = room.world.press(message, button, user)
    return room.world.wait_for(lambda: press.answer).get("text")


def test_subscription_is_made_once(room, ann, chat):
    made = (
        "I will tell you here of new articles about “city buses”. /subscriptions shows and ends it."
    )
    assert room.ask(chat, ann, "/subscribe city\n buses").text == made
    again = "You are already told of new articles about “City Buses” here."
    assert room.ask(chat, ann, "/subscribe City Buses").text == again
    every = "I will tell you here of new articles of any topic. /subscriptions shows and ends it."
    assert room.ask(chat, ann, "/subscribe").text == every
    assert [s.topic for s in room.store.subscriptions(chat.id, 0)] == ["city buses", ""]


@pytest.mark.parametrize(
    ("topic", "reply"),
    [
        ("x" * 101, "A topic may have at most 100 characters; a few words work best."),
        (
            "😀",
            "I found no words in your topic. Please name it in words: /subscribe electric cars",
        ),
    ],
)
def test_unusable_topic_gets_a_sentence(room, ann, chat, topic, reply):
    assert room.ask(chat, ann, f"/subscribe {topic}").text == reply


def test_fifty_first_subscription_is_refused(room, ann, chat):
    for number in range(50):
        room.store.subscribe(chat.id, 0, f"topic {number}", ann.id)
    assert room.ask(chat, ann, "/subscribe one more").text == (
        "This chat has as many subscriptions as I keep. /subscriptions lets you end some."
    )
    assert len(room.ask(chat, ann, "/subscriptions").labels) == 50


def test_button_ends_one_subscription_and_edits_the_list(room, ann, chat):
    room.ask(chat, ann, "/subscribe city buses")
    room.ask(chat, ann, "/subscribe")
    listed = room.ask(chat, ann, "/subscriptions")
    assert listed.labels == ["✕ city buses", "✕ every new article"]
    assert pressed(room, listed, "✕ city buses") == "Ended."
    room.world.wait_for(lambda: listed.labels == ["✕ every new article"])
    assert listed.text == (
        "New articles that I tell of here:\n• every new article\n\nPress a button to end one."
    )


def test_stale_button_says_that_it_had_ended(room, ann, chat):
    room.ask(chat, ann, "/subscribe city buses")
    first = room.ask(chat, ann, "/subscriptions")
    second = room.ask(chat, ann, "/subscriptions")
    pressed(room, first, "✕ city buses")
    assert pressed(room, second, "✕ city buses") == "This one had ended already."
    room.world.wait_for(
        lambda: second.text == "There are no subscriptions here. /subscribe makes one."
    )


def test_unsubscribe_asks_before_it_ends_all(room, ann, chat):
    nothing = "There are no subscriptions here. /subscribe makes one."
    assert room.ask(chat, ann, "/unsubscribe").text == nothing
    room.ask(chat, ann, "/subscribe city buses")
    room.ask(chat, ann, "/subscribe")
    question = room.ask(chat, ann, "/unsubscribe")
    assert question.text == "End all 2 subscriptions here?"
    assert pressed(room, question, "Keep") is None
    room.world.wait_for(lambda: question.text.startswith("All subscriptions stay."))
    question = room.ask(chat, ann, "/unsubscribe")
    pressed(room, question, "End all")
    room.world.wait_for(lambda: question.text == "All 2 have ended.")
    assert room.store.counts() == (0, 0)


def test_in_a_group_only_its_administrators_change_subscriptions(room, ann, chat):
    bob = room.world.user("Bob")
    group = room.world.supergroup("Readers", ann, bob)
    refusal = "Sorry, in a group only its administrators may change the subscriptions."
    assert room.ask(group, bob, "/subscribe city buses").text == refusal
    room.ask(group, ann, "/subscribe city buses")
    listed = room.ask(group, bob, "/subscriptions")
    assert pressed(room, listed, "✕ city buses", bob) == refusal
    assert pressed(room, listed, "✕ city buses", ann) == "Ended."


def test_late_acknowledgement_that_telegram_refuses_does_no_harm(room, ann, chat):
    room.ask(chat, ann, "/subscribe city buses")
    listed = room.ask(chat, ann, "/subscriptions")
    room.world.fault(
        "answerCallbackQuery",
        400,
        description="Bad Request: query is too old and response timeout expired"
        " or query ID is invalid",
    )
    room.world.press(listed, "✕ city buses")
    room.world.wait_for(lambda: listed.labels == [])
    assert len(room.world.replies(chat)) == 2
