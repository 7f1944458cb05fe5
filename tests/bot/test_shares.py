"""Quotes that are shared by a link, and opened by others."""

import re
from dataclasses import replace

import pytest

from bot.subscriptions.model import Destination, Interest
from tests.bot.conftest import BRIDGE
from tests.said import said

VERIFY, SHARE, FOLLOW, REVOKE = (
    said(f"button.{name}") for name in ("verify", "share", "follow", "revoke")
)
QUESTION = "Why was the old bridge at Mill Lane closed?"
PASSAGE = BRIDGE.text.splitlines()[1]
OPENED = f"Old bridge closed after flood\nValley Post\n{PASSAGE}"


@pytest.fixture
def started(room, bridge, mayor):
    room.add(bridge, mayor)
    room.start()
    return room


@pytest.fixture
def bob(room):
    return room.world.user("Bob")


def shared(room, chat, user, message):
    """Press Share below ``message``; return the message with the link, and its code."""
    last = chat.last_id
    room.world.press(message, SHARE, user)
    linked = room.world.wait_for(
        lambda: next((each for each in room.world.replies(chat) if each.id > last), None)
    )
    (code,) = re.findall(r"https://t\.me/pullquote_bot\?start=([\w-]{22,64})$", linked.text)
    return linked, code


def pressed(room, message, button, user=None):
    press = room.world.press(message, button, user)
    return room.world.wait_for(lambda: press.answer).get("text")


def test_link_opens_the_quote_for_somebody_else_who_follows_and_verifies_it(
    started, ann, bob, chat
):
    answer = started.ask(chat, ann, QUESTION)
    linked, code = shared(started, chat, ann, answer)
    title = "“Old bridge closed after flood”"
    assert linked.text.startswith(said("share.link", title=title, link=""))
    other = started.world.private_chat(bob)
    opened = started.ask(other, bob, f"/start {code}")
    assert (opened.text, opened.labels) == (OPENED, [FOLLOW, VERIFY, SHARE])
    assert opened.entity_texts("bold") == [PASSAGE.split(" Engineers")[0]]
    pressed(started, opened, FOLLOW)
    started.world.wait_for_reply(opened)
    (followed,) = started.store.subscriptions.of(Destination(other.id, 0))
    assert followed.interest == Interest("old bridge Mill Lane closed")


def test_link_is_the_same_the_next_time_and_says_nothing_of_who_made_it(started, ann, bob, chat):
    answer = started.ask(chat, ann, QUESTION)
    _, code = shared(started, chat, ann, answer)
    assert shared(started, chat, ann, answer)[1] == code
    group = started.world.supergroup("Readers", ann, bob)
    asked = started.ask(group, ann, f"/ask {QUESTION}")
    codes = {shared(started, group, each, asked)[1] for each in (ann, bob)}
    assert len(codes) == 2
    opened = started.ask(group, bob, f"/start@pullquote_bot {code}")
    assert opened.text == OPENED


def test_only_who_made_a_link_can_revoke_it(started, ann, bob):
    group = started.world.supergroup("Readers", ann, bob)
    answer = started.ask(group, bob, f"/ask {QUESTION}")
    linked, code = shared(started, group, bob, answer)
    assert pressed(started, linked, REVOKE, ann) == said("share.not_yours")
    assert started.ask(group, ann, f"/start {code}").text == OPENED
    pressed(started, linked, REVOKE, bob)
    started.world.wait_for(lambda: linked.text == said("share.revoked"))
    assert started.ask(group, ann, f"/start {code}").text == said("share.unknown")


@pytest.mark.parametrize("code", ["x" * 22, "a b", "' OR 1=1 --", "x" * 4000, "<b>"])
def test_unknown_code_gets_a_sentence(reading, code):
    ann = reading.world.user("Ann")
    chat = reading.world.private_chat(ann)
    assert reading.ask(chat, ann, f"/start {code}").text == said("share.unknown")
    assert said("help.intro") in reading.ask(chat, ann, "/start ask").text


def test_link_ends_with_its_article_and_opens_it_if_the_passage_has_changed(
    started, ann, chat, bridge
):
    _, code = shared(started, chat, ann, started.ask(chat, ann, QUESTION))
    started.add(replace(bridge, text="The bridge is open again, the county said on Friday."))
    opened = started.ask(chat, ann, f"/start {code}")
    assert opened.text.endswith("The bridge is open again, the county said on Friday.")
    started.library.store.remove(bridge.id)
    assert started.ask(chat, ann, f"/start {code}").text == said("share.unknown")


def test_quote_that_is_gone_cannot_be_shared(started, ann, chat, bridge):
    answer = started.ask(chat, ann, QUESTION)
    started.library.store.remove(bridge.id)
    assert pressed(started, answer, SHARE) == said("share.nothing")


def test_shared_alert_carries_its_topic_and_a_channel_opens_it_in_private(started, ann, bob, cars):
    channel = started.world.channel("News", ann)
    chat = started.world.private_chat(ann)
    for each in (chat, channel):
        started.world.say(each, ann, "/subscribe electric cars")
        started.world.wait_for(lambda each=each: started.world.replies(each))
    started.add(cars)
    alert, posted = (
        started.world.wait_for(lambda each=each: started.world.replies(each)[1:])[0]
        for each in (chat, channel)
    )
    _, code = shared(started, chat, ann, alert)
    press = started.world.press(posted, SHARE, bob)
    url = started.world.wait_for(lambda: press.answer)["url"]
    assert not url.endswith(code)
    other = started.world.private_chat(bob)
    for each in (code, url.partition("=")[2]):
        opened = started.ask(other, bob, f"/start {each}")
        assert opened.text.startswith("Battery plant opens")
        assert opened.labels == [FOLLOW, VERIFY, SHARE]
    pressed(started, opened, FOLLOW)
    followed = started.world.wait_for_reply(opened)
    assert "“electric cars”" in followed.text
    assert len(started.world.replies(channel)) == 2
