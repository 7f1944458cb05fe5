"""Alerts from subscription to message, against the Bot API double."""

import time

import pytest

from bot.alerts.model import Interest, Place
from index.indexer import Indexer


@pytest.fixture
def ann(room):
    return room.world.user("Ann")


@pytest.fixture
def chat(room, ann):
    return room.world.private_chat(ann)


@pytest.fixture
def subscribed(room, ann, chat):
    """Ann is told of every article by a bot that runs."""
    room.start()
    room.ask(chat, ann, "/subscribe")
    return chat


def alerts(room, chat):
    return [message.text for message in room.world.replies(chat) if "New: " in message.text]


def wait_for_alerts(room, chat, count):
    return room.world.wait_for(lambda: (a := alerts(room, chat)) and len(a) == count and a)


def wait_until_nothing_waits(room):
    deadline = time.monotonic() + 10
    while room.store.cursor.next_article() or room.store.counts()[1]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def titles(room, chat):
    return [text.splitlines()[0] for text in alerts(room, chat)]


def test_new_article_about_a_topic_is_told_within_seconds(room, ann, chat, bridge, cars):
    room.start()
    room.ask(chat, ann, "/subscribe electric cars")
    room.add(bridge, cars)
    started = time.monotonic()
    (text,) = wait_for_alerts(room, chat, 1)
    assert time.monotonic() - started < 3
    assert text == (
        "Battery plant opens\n"
        "A factory for the batteries of electric cars opened in Lennfield on Friday.\n\n"
        "New: matches your topic “electric cars”."
    )
    wait_until_nothing_waits(room)
    assert titles(room, chat) == ["Battery plant opens"]


def test_several_matching_subscriptions_make_one_alert_that_names_them(room, ann, chat, cars):
    room.start()
    for topic in ["", " electric cars", " batteries"]:
        room.ask(chat, ann, f"/subscribe{topic}")
    room.add(cars)
    (text,) = wait_for_alerts(room, chat, 1)
    assert text.splitlines()[-1] == "New: matches your topics “electric cars” and “batteries”."


def test_alert_goes_to_the_forum_topic_that_subscribed(room, ann, bridge):
    forum = room.world.forum("Readers", ann)
    thread = room.world.topic(forum, "News", ann)
    room.start()
    room.ask(forum, ann, "/subscribe", thread=thread)
    room.add(bridge)
    room.world.wait_for(lambda: alerts(room, forum))
    assert room.world.replies(forum)[-1].thread == thread


def test_chat_gets_its_alerts_in_order_a_second_apart(room, subscribed, bridge, mayor):
    room.add(bridge, mayor)
    wait_for_alerts(room, subscribed, 2)
    assert titles(room, subscribed) == ["Old bridge closed after flood", "New mayor takes office"]
    wait_until_nothing_waits(room)
    first, second = room.world.calls("sendMessage")[-2:]
    assert second.at - first.at >= 0.95


def test_alerts_wait_while_the_bot_is_down_and_none_comes_twice(room, subscribed, bridge, mayor):
    room.add(bridge)
    wait_for_alerts(room, subscribed, 1)
    wait_until_nothing_waits(room)
    room.stop()
    room.add(mayor)
    room.start()
    wait_for_alerts(room, subscribed, 2)
    assert titles(room, subscribed) == ["Old bridge closed after flood", "New mayor takes office"]


def test_blocked_chat_ends_its_subscriptions(room, subscribed, bridge):
    """The 403 alone tells, as it does when the bot was down at the block."""
    room.world.fault("sendMessage", 403, description="Forbidden: bot was blocked by the user")
    room.add(bridge)
    room.world.wait_for(lambda: room.world.calls("sendMessage")[-1].status == 403)
    wait_until_nothing_waits(room)
    assert room.store.counts() == (0, 0)


def test_block_is_noticed_before_the_next_alert(room, ann, subscribed):
    room.world.block(ann)
    deadline = time.monotonic() + 5
    while room.store.counts() != (0, 0):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_alert_waits_as_long_as_telegram_asks(room, subscribed, bridge):
    room.world.fault("sendMessage", 429, retry_after=1)
    room.add(bridge)
    wait_for_alerts(room, subscribed, 1)
    wait_until_nothing_waits(room)
    refused, sent = room.world.calls("sendMessage")[-2:]
    assert (refused.status, sent.status) == (429, 200)
    assert sent.at - refused.at >= 1


def test_other_chats_do_not_wait_for_one_that_must(room, subscribed, bridge):
    bob = room.world.user("Bob")
    other = room.world.private_chat(bob)
    room.ask(other, bob, "/subscribe")
    room.world.fault("sendMessage", 429, retry_after=3, chat=subscribed)
    room.add(bridge)
    wait_for_alerts(room, other, 1)
    assert alerts(room, subscribed) == []


@pytest.mark.parametrize("trouble", [{"code": 502}, {"code": 500, "loses": "request"}])
def test_outage_delays_an_alert_and_loses_none(room, subscribed, bridge, trouble):
    code = trouble.pop("code")
    room.world.fault("sendMessage", code, **trouble)
    room.add(bridge)
    wait_for_alerts(room, subscribed, 1)
    assert titles(room, subscribed) == ["Old bridge closed after flood"]


def test_alert_that_telegram_refuses_is_given_up_and_the_next_one_comes(
    room, subscribed, bridge, mayor
):
    room.world.fault("sendMessage", 400, description="Bad Request: TOPIC_CLOSED")
    room.add(bridge, mayor)
    wait_for_alerts(room, subscribed, 1)
    assert titles(room, subscribed) == ["New mayor takes office"]
    assert room.store.counts()[0] == 1


def test_topic_that_is_gone_ends_its_own_subscriptions(room, ann, bridge):
    forum = room.world.forum("Readers", ann)
    thread = room.world.topic(forum, "News", ann)
    room.start()
    room.ask(forum, ann, "/subscribe", thread=thread)
    room.ask(forum, ann, "/subscribe")
    room.world.fault("sendMessage", 400, description="Bad Request: message thread not found")
    room.add(bridge)
    room.world.wait_for(lambda: room.world.calls("sendMessage")[-1].status == 400 or None, 5)
    wait_until_nothing_waits(room)
    assert room.store.counts()[0] == 1


def test_subscriptions_follow_a_group_that_migrates(room, ann, bridge):
    group = room.world.group("Readers", ann)
    room.start()
    room.ask(group, ann, "/subscribe")
    new = room.world.migrate(group)
    room.add(bridge)
    room.world.wait_for(lambda: alerts(room, new))
    assert [each.interest for each in room.store.subscriptions.of(Place(new.id))] == [Interest()]


def test_migration_while_the_bot_was_down_is_learned_from_the_refusal(room, ann, bridge):
    group = room.world.group("Readers", ann)
    room.start()
    room.ask(group, ann, "/subscribe")
    room.stop()
    new = room.world.migrate(group)
    room.world.updates.pending.clear()
    room.add(bridge)
    room.start()
    room.world.wait_for(lambda: alerts(room, new))
    assert [each.interest for each in room.store.subscriptions.of(Place(new.id))] == [Interest()]


def test_article_that_is_removed_before_it_is_told_is_not_told(room, subscribed, bridge, mayor):
    room.world.fault("sendMessage", 429, retry_after=1)
    room.add(bridge)
    room.world.wait_for(lambda: room.world.calls("sendMessage")[-1].status == 429)
    Indexer(room.library).remove(bridge.id)
    room.add(mayor)
    wait_for_alerts(room, subscribed, 1)
    assert titles(room, subscribed) == ["New mayor takes office"]


def test_bot_thrown_out_of_a_group_ends_its_subscriptions(room, ann):
    group = room.world.group("Readers", ann)
    room.start()
    room.ask(group, ann, "/subscribe")
    room.world.kick(group, room.world.me)
    deadline = time.monotonic() + 5
    while room.store.counts() != (0, 0):
        assert time.monotonic() < deadline
        time.sleep(0.02)
