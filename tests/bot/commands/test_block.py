"""Who may use the bot: chosen chats, people who are blocked, and questions too many."""

import time

import pytest

from bot.people import LIMITS
from bot.subscriptions.model import Destination, Interest
from tests.said import ENGLISH, is_alert, plain, said

QUESTION = "Why was the old bridge closed?"
NOT_ALLOWED = said("error.not_allowed")


def allow(room, *ids):
    room.settings = room.settings.model_copy(update={"allowed_chats": frozenset(ids)})
    room.start()


def ends_up(room, chat, *texts):
    """Whether the bot has said only ``texts`` in a chat once all updates are handled."""
    room.world.wait_for(lambda: len(room.world.replies(chat)) >= len(texts))
    return [each.text for each in room.world.replies(chat)] == list(texts)


def settle(room, root):
    """Wait until everything that was sent before is handled."""
    room.ask(room.world.private_chat(root), root, "/help")
    time.sleep(0.1)


def blocked(id_, name):
    return plain(ENGLISH("block.done", person=f"{name} (<code>{id_}</code>)"))


# Chosen chats


def test_others_are_told_once_and_get_nothing_else(room, root, ann, bridge):
    room.add(bridge)
    bob = room.world.user("Bob")
    allow(room, ann.id)
    chat = room.world.private_chat(bob)
    for text in ["/subscribe", QUESTION, "/latest", "/status"]:
        room.world.say(chat, bob, text)
    room.world.send_document(chat, bob, "a.txt", b"words")
    settle(room, root)
    assert ends_up(room, chat, NOT_ALLOWED)
    assert room.store.counts() == (0, 0)
    assert "old bridge" in room.ask(room.world.private_chat(ann), ann, QUESTION).text


def test_in_a_group_that_is_not_chosen_only_chosen_people_are_answered(room, root, ann, bridge):
    room.add(bridge)
    bob = room.world.user("Bob")
    allow(room, ann.id)
    group = room.world.supergroup("Readers", bob, ann, root, bot_admin=True)
    room.world.say(group, bob, "good morning")
    settle(room, root)
    assert room.world.replies(group) == []
    assert room.ask(group, bob, f"@pullquote_bot {QUESTION}").text == NOT_ALLOWED
    room.world.say(group, bob, "/latest")
    for person in (ann, root):
        assert "old bridge" in room.ask(group, person, f"@pullquote_bot {QUESTION}").text
    assert [each.text for each in room.world.replies(group)].count(NOT_ALLOWED) == 1
    assert not any(request.method == "leaveChat" for request in room.world.requests)


def test_everybody_in_a_chosen_group_is_answered(room, ann, bridge):
    room.add(bridge)
    group = room.world.supergroup("Readers", ann)
    allow(room, group.id)
    assert "old bridge" in room.ask(group, ann, f"@pullquote_bot {QUESTION}").text


def test_buttons_of_others_do_nothing(room, ann, chat):
    room.start()
    room.ask(chat, ann, "/subscribe floods")
    listed = room.ask(chat, ann, "/subscriptions")
    room.stop()
    allow(room, 99)
    for answer in (NOT_ALLOWED, None):
        press = room.world.press(listed, listed.labels[0])
        room.world.wait_for(lambda press=press: press.answer is not None)
        assert press.answer.get("text") == answer
    assert room.store.counts() == (1, 0)


def test_subscriptions_of_others_rest(room, root, ann, chat, bridge, mayor):
    bob = room.world.user("Bob")
    group = room.world.supergroup("Readers", ann, root)
    room.start()
    room.ask(chat, ann, "/subscribe")
    room.ask(room.world.private_chat(bob), bob, "/subscribe")
    room.ask(group, ann, "/subscribe")
    room.stop()
    allow(room, bob.id)
    room.add(bridge)
    room.world.wait_for(lambda: is_alert(room.world.replies(room.world.private_chat(bob))[-1]))
    room.ask(room.world.private_chat(root), root, "/subscribe")
    room.add(mayor)
    room.world.wait_for(lambda: is_alert(room.world.replies(room.world.private_chat(root))[-1]))
    assert not any(map(is_alert, [*room.world.replies(chat), *room.world.replies(group)]))


# Blocked people


@pytest.fixture
def office(room, root, ann, bridge):
    """The administrator's chat with the bot, to which Ann has written."""
    room.add(bridge)
    room.start()
    room.ask(room.world.private_chat(ann), ann, "/subscribe")
    return room.world.private_chat(root)


def test_blocked_person_is_not_answered_and_their_alerts_rest(
    room, root, ann, chat, office, mayor, cars
):
    group = room.world.supergroup("Readers", ann, root)
    assert room.ask(office, root, f"/block {ann.id}").text.startswith(f"Blocked: {ann.id}.")
    before = len(room.world.replies(chat))
    room.world.say(chat, ann, QUESTION)
    room.world.say(group, ann, "/latest")
    room.ask(office, root, "/subscribe")
    room.add(mayor)
    room.world.wait_for(lambda: is_alert(room.world.replies(office)[-1]))
    assert (len(room.world.replies(chat)), room.world.replies(group)) == (before, [])
    assert room.ask(office, root, "/block").text == "\n".join(
        [said("block.usage"), said("block.list", people=str(ann.id))]
    )
    undone = room.ask(office, root, f"/unblock {ann.id}").text
    assert undone == said("block.undone", person=str(ann.id))
    assert "old bridge" in room.ask(chat, ann, QUESTION).text
    room.add(cars)
    room.world.wait_for(lambda: is_alert(room.world.replies(chat)[-1]))
    assert [m.text for m in room.world.replies(chat) if "New mayor" in m.text] == []


def test_what_waits_for_a_person_who_is_blocked_is_not_sent(room, root, ann, chat, bridge):
    room.start()
    room.ask(chat, ann, "/digest 08:00 UTC")
    room.ask(chat, ann, "/subscribe")
    room.add(bridge)
    ends = time.monotonic() + 10
    while not room.store.outbox.collected(Destination(chat.id)):
        assert time.monotonic() < ends
        time.sleep(0.01)
    room.ask(room.world.private_chat(root), root, f"/block {ann.id}")
    assert room.store.outbox.collected(Destination(chat.id)) == []


def test_blocked_person_hears_nothing_of_a_silent_topic(room, ann):
    room.store.subscriptions.subscribe(Destination(ann.id), Interest("floods"), ann.id, 0.0)
    later = room.store.subscriptions.silent
    assert later(5.0) is not None
    room.start()
    root = room.world.users[1]
    room.ask(room.world.private_chat(root), root, f"/block {ann.id}")
    assert later(5.0) is None


def test_person_is_blocked_in_reply_to_a_message_or_by_name(room, root, office):
    bob = room.world.user("Bob L")
    group = room.world.supergroup("Readers", bob, root)
    written = room.world.say(group, bob, "/latest")
    room.world.wait_for_reply(written)
    assert room.ask(group, root, "/block", reply_to=written).text == blocked(bob.id, "@bob_l")
    undone = said("block.undone", person=f"@bob_l ({bob.id})")
    assert room.ask(office, root, "/unblock @Bob_L").text == undone
    assert room.ask(office, root, "/block @BOB_l").text == blocked(bob.id, "@BOB_l")
    origin = {"type": "user", "sender_user": bob.to_json()}
    forwarded = room.world.forward(office, root, "rude", origin)
    room.world.wait_for_reply(forwarded)
    assert room.ask(office, root, "/unblock", reply_to=forwarded).text == undone


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("/block", "block.usage"),
        ("/block somebody", "block.usage"),
        ("/block -5", "block.usage"),
        (f"/block {10**19}", "block.usage"),
        ("/unblock", "block.usage"),
        ("/block @nobody", "block.unknown"),
    ],
)
def test_nobody_named_gets_a_sentence(room, root, office, text, reply):
    assert room.ask(office, root, text).text == said(reply)


def test_hidden_author_bot_and_administrator_are_not_blocked(room, root, office):
    origin = {"type": "hidden_user", "sender_user_name": "Bob"}
    forwarded = room.world.forward(office, root, "rude", origin)
    room.world.wait_for_reply(forwarded)
    for original in (forwarded, room.ask(office, root, "/latest")):
        hidden = room.ask(office, root, "/block", reply_to=original).text
        assert hidden == said("block.hidden")
    own = room.ask(office, root, f"/block {root.id}").text
    assert own == said("block.admin", person=str(root.id))
    assert room.ask(office, root, "/unblock 5").text == said("block.not_blocked", person="5")


def test_topic_of_a_forum_is_nobodys_message(room, root, office):
    bob = room.world.user("Bob")
    forum = room.world.forum("Forum", bob, root)
    thread = room.world.topic(forum, "News", bob)
    assert room.ask(forum, root, "/block", thread=thread).text == said("block.usage")


# Questions too many


def test_person_is_told_once_that_they_ask_too_much(room, root, ann, chat, bridge):
    room.add(bridge)
    room.start()
    group = room.world.supergroup("Readers", ann, root)
    for _ in range(10):
        room.ask(chat, ann, QUESTION)
        room.ask(group, ann, f"@pullquote_bot {QUESTION}")
    told = room.ask(chat, ann, QUESTION).text
    limit = LIMITS[1]
    before, after = said(limit.text, count=limit.count, when="|").split("|")
    assert told.startswith(f"{before}in ")
    assert told.endswith(after)
    room.world.say(group, ann, f"@pullquote_bot {QUESTION}")
    room.ask(group, root, f"@pullquote_bot {QUESTION}")
    assert len(room.world.replies(group)) == 11
    for _ in range(21):
        last = room.ask(room.world.private_chat(root), root, QUESTION)
    assert "old bridge" in last.text
