"""Alerts from subscription to message, against the Bot API double."""

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.alerts.outbox import KEEP_SECONDS
from bot.subscriptions.model import Destination, Interest
from index.indexer import Indexer
from tests.said import is_alert, said

# On PostgreSQL, test_delivery.py takes these steps one at a time.
pytestmark = pytest.mark.sqlite

ASK, LESS, BACK = said("button.ask"), said("button.less"), said("button.back")
STORY = said("button.story")
SHARE = said("button.share")
MUTE_TOPIC, MUTE_SOURCE = said("button.mute_topic"), said("button.mute_source")
MUTE_ALL, MUTE_WHICH = said("button.mute_everything"), said("button.mute_which")
EVERYTHING = said("interest.everything")
UNDO, UNDO_ALL = (
    said("button.unmute", interest=interest) for interest in ("electric cars", EVERYTHING)
)
TITLE = said("digest.title", count=1)
REFUSALS = (said("answer.nothing_near"), said("answer.not_answering"))


@pytest.fixture
def subscribed(room, ann, chat):
    """A running bot, and Ann, who is subscribed to every article."""
    room.start()
    room.ask(chat, ann, "/subscribe")
    return chat


def alerts(room, chat):
    return [message.text for message in room.world.replies(chat) if is_alert(message)]


def wait_for_alerts(room, chat, count):
    return room.world.wait_for(lambda: (a := alerts(room, chat)) and len(a) == count and a)


def wait_until_nothing_waits(room):
    deadline = time.monotonic() + 10
    while room.store.cursor.next_article() or room.store.counts()[1]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def titles(room, chat):
    return [text.splitlines()[0] for text in alerts(room, chat)]


def test_new_article_about_a_topic_triggers_an_alert(room, ann, chat, bridge, cars):
    room.start()
    room.ask(chat, ann, "/subscribe electric cars")
    room.add(bridge, cars)
    (text,) = wait_for_alerts(room, chat, 1)
    assert text == (
        "Battery plant opens\n"
        "A factory for the batteries of electric cars opened in Lennfield on Friday.\n\n"
        + said("alert.topics", count=1, topics="“electric cars”")
    )
    wait_until_nothing_waits(room)
    assert titles(room, chat) == ["Battery plant opens"]


def test_several_matching_subscriptions_share_one_alert_that_names_them(room, ann, chat, cars):
    room.start()
    for topic in ["", " electric cars", " batteries"]:
        room.ask(chat, ann, f"/subscribe{topic}")
    room.add(cars)
    (text,) = wait_for_alerts(room, chat, 1)
    assert text.splitlines()[-1] == said(
        "alert.topics", count=2, topics="“electric cars” and “batteries”"
    )


def test_alert_goes_to_the_forum_topic_that_subscribed(room, ann, bridge):
    forum = room.world.forum("Readers", ann)
    thread = room.world.topic(forum, "News", ann)
    room.start()
    room.ask(forum, ann, "/subscribe", thread=thread)
    room.add(bridge)
    room.world.wait_for(lambda: alerts(room, forum))
    assert room.world.replies(forum)[-1].thread == thread


def test_chat_receives_its_alerts_in_order_one_second_apart(room, subscribed, bridge, mayor):
    room.add(bridge, mayor)
    wait_for_alerts(room, subscribed, 2)
    assert titles(room, subscribed) == ["Old bridge closed after flood", "New mayor takes office"]
    wait_until_nothing_waits(room)
    first, second = room.world.calls("sendMessage")[-2:]
    assert second.at - first.at >= 0.95


def test_alerts_wait_while_the_bot_is_down_and_arrive_once(room, subscribed, bridge, mayor):
    room.add(bridge)
    wait_for_alerts(room, subscribed, 1)
    wait_until_nothing_waits(room)
    room.stop()
    room.add(mayor)
    room.start()
    wait_for_alerts(room, subscribed, 2)
    assert titles(room, subscribed) == ["Old bridge closed after flood", "New mayor takes office"]


def test_blocked_chat_ends_its_subscriptions(room, subscribed, bridge):
    """Only the 403 shows it, as when the bot was down at the time of the block."""
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


def test_alert_waits_as_long_as_retry_after_says(room, subscribed, bridge):
    room.world.fault("sendMessage", 429, retry_after=1)
    room.add(bridge)
    wait_for_alerts(room, subscribed, 1)
    wait_until_nothing_waits(room)
    refused, sent = room.world.calls("sendMessage")[-2:]
    assert (refused.status, sent.status) == (429, 200)
    assert sent.at - refused.at >= 1


def test_one_delayed_chat_does_not_delay_the_others(room, subscribed, bridge):
    bob = room.world.user("Bob")
    other = room.world.private_chat(bob)
    room.ask(other, bob, "/subscribe")
    room.world.fault("sendMessage", 429, retry_after=3, chat=subscribed)
    room.add(bridge)
    wait_for_alerts(room, other, 1)
    assert alerts(room, subscribed) == []


@pytest.mark.parametrize(("code", "loses"), [(502, None), (500, "request")])
def test_outage_delays_alerts_without_losing_any(room, subscribed, bridge, code, loses):
    room.world.fault("sendMessage", code, loses=loses)
    room.add(bridge)
    wait_for_alerts(room, subscribed, 1)
    assert titles(room, subscribed) == ["Old bridge closed after flood"]


def test_alert_that_telegram_rejects_is_dropped_and_the_next_one_arrives(
    room, subscribed, bridge, mayor
):
    room.world.fault("sendMessage", 400, description="Bad Request: message is too long")
    room.add(bridge, mayor)
    wait_for_alerts(room, subscribed, 1)
    assert titles(room, subscribed) == ["New mayor takes office"]
    assert room.store.counts()[0] == 1


def test_deleted_forum_topic_ends_only_its_own_subscriptions(room, ann, bridge):
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
    assert [each.interest for each in room.store.subscriptions.of(Destination(new.id))] == [
        Interest()
    ]


def test_migration_while_the_bot_was_down_is_learned_from_the_error(room, ann, bridge):
    group = room.world.group("Readers", ann)
    room.start()
    room.ask(group, ann, "/subscribe")
    room.stop()
    new = room.world.migrate(group)
    room.world.updates.pending.clear()
    room.add(bridge)
    room.start()
    room.world.wait_for(lambda: alerts(room, new))
    assert [each.interest for each in room.store.subscriptions.of(Destination(new.id))] == [
        Interest()
    ]


def test_article_removed_before_its_alert_is_sent_is_not_alerted(room, subscribed, bridge, mayor):
    room.world.fault("sendMessage", 429, retry_after=1)
    room.add(bridge)
    room.world.wait_for(lambda: room.world.calls("sendMessage")[-1].status == 429)
    Indexer(room.library).remove(bridge.id)
    room.add(mayor)
    wait_for_alerts(room, subscribed, 1)
    assert titles(room, subscribed) == ["New mayor takes office"]


def test_removing_the_bot_from_a_group_ends_its_subscriptions(room, ann):
    group = room.world.group("Readers", ann)
    room.start()
    room.ask(group, ann, "/subscribe")
    room.world.kick(group, room.world.me)
    deadline = time.monotonic() + 5
    while room.store.counts() != (0, 0):
        assert time.monotonic() < deadline
        time.sleep(0.02)


# Buttons below an alert


def alert_of(room, chat):
    """Return the only alert of the chat, as a message."""
    return room.world.wait_for(
        lambda: next((m for m in room.world.replies(chat) if is_alert(m)), None)
    )


def pressed(room, message, button, user=None):
    press = room.world.press(message, button, user)
    return room.world.wait_for(lambda: press.answer).get("text")


def interests(room, chat):
    return [each.interest for each in room.store.subscriptions.of(Destination(chat.id))]


TOPICAL = [MUTE_TOPIC, LESS, ASK, SHARE, STORY]


def test_muted_topic_can_be_undone(room, ann, chat, cars):
    room.start()
    room.ask(chat, ann, "/subscribe electric cars")
    room.add(cars)
    alert = alert_of(room, chat)
    assert alert.labels == TOPICAL
    assert pressed(room, alert, MUTE_TOPIC) == said("alert.muted")
    room.world.wait_for(lambda: alert.labels == [UNDO])
    assert interests(room, chat) == []
    assert pressed(room, alert, UNDO) == said("alert.unmuted")
    room.world.wait_for(lambda: alert.labels == TOPICAL)
    assert interests(room, chat) == [Interest("electric cars")]


def test_undoing_a_mute_sends_the_pending_alerts(room, ann, chat, cars, bridge):
    room.start()
    room.ask(chat, ann, "/subscribe")
    room.add(cars)
    alert = alert_of(room, chat)
    room.ask(chat, ann, f"/digest {(time.gmtime().tm_hour + 12) % 24}:00")
    room.add(bridge)
    room.world.wait_for(lambda: room.store.outbox.collected(Destination(chat.id)))
    pressed(room, alert, MUTE_ALL)
    room.world.wait_for(lambda: alert.labels == [UNDO_ALL])
    pressed(room, alert, UNDO_ALL)
    answer = room.ask(chat, ann, "/digest off").text
    assert answer == said("digest.off_sending")
    room.world.wait_for(lambda: TITLE in room.world.replies(chat)[-1].text)


def test_muting_an_alert_of_several_topics_asks_which_one(room, ann, chat, cars):
    room.start()
    for topic in ["", " electric cars", " batteries"]:
        room.ask(chat, ann, f"/subscribe{topic}")
    room.add(cars)
    alert = alert_of(room, chat)
    several = [MUTE_WHICH, LESS, ASK, SHARE, STORY]
    assert pressed(room, alert, LESS) == said("alert.which")
    less = [said("button.less_for", interest=topic) for topic in ("electric cars", "batteries")]
    room.world.wait_for(lambda: alert.labels == [*less, BACK])
    pressed(room, alert, less[1])
    room.world.wait_for(lambda: alert.labels == several)
    pressed(room, alert, MUTE_WHICH)
    interests_named = (EVERYTHING, "electric cars", "batteries")
    names = [*(said("button.mute", interest=each) for each in interests_named), BACK]
    room.world.wait_for(lambda: alert.labels == names)
    assert pressed(room, alert, BACK) is None
    room.world.wait_for(lambda: alert.labels == several)
    pressed(room, alert, MUTE_WHICH)
    room.world.wait_for(lambda: alert.labels == names)
    pressed(room, alert, names[1])
    room.world.wait_for(lambda: alert.labels == [UNDO])
    assert interests(room, chat) == [Interest(), Interest("batteries")]
    strict = {each.interest.topic: each.strictness for each in subscriptions(room, chat)}
    assert strict == {"": 0, "batteries": 1}


def subscriptions(room, chat):
    return room.store.subscriptions.of(Destination(chat.id))


def test_less_like_this_stores_the_passage_and_raises_strictness_by_one_step(room, ann, chat, cars):
    room.start()
    room.ask(chat, ann, "/subscribe electric cars")
    room.add(cars)
    alert = alert_of(room, chat)
    for _ in range(2):
        assert pressed(room, alert, LESS) == said("alert.less")
    (subscription,) = subscriptions(room, chat)
    assert subscription.strictness == 1
    assert room.store.subscriptions.disliked_passages([subscription.id]) == {
        subscription.id: (cars.text.splitlines()[0],)
    }


def test_mute_button_names_the_source_or_everything(room, ann, chat, bridge):
    room.add(bridge)
    room.start()
    room.ask(chat, ann, "/subscribe from Valley Post")
    bob = room.world.user("Bob")
    other = room.world.private_chat(bob)
    room.ask(other, bob, "/subscribe")
    room.add(replace(bridge, id="second", url="https://example.org/second"))
    assert alert_of(room, chat).labels == [MUTE_SOURCE, ASK, SHARE, STORY]
    assert alert_of(room, chat).text.endswith(said("alert.sources", sources="Valley Post"))
    assert alert_of(room, other).labels == [MUTE_ALL, ASK, SHARE, STORY]


def test_alert_for_everything_and_a_source_mentions_no_topic(room, ann, chat, bridge):
    room.add(bridge)
    room.start()
    room.ask(chat, ann, "/subscribe from Valley Post")
    room.ask(chat, ann, "/subscribe")
    room.add(replace(bridge, id="second", url="https://example.org/second"))
    assert alert_of(room, chat).labels == [MUTE_WHICH, ASK, SHARE, STORY]


def test_source_and_topic_must_both_match(room, ann, chat, bridge, mayor):
    room.add(bridge)
    room.start()
    room.ask(chat, ann, "/subscribe mayor from Valley Post")
    room.ask(chat, ann, "/subscribe flood from Valley Post")
    room.add(mayor, replace(bridge, id="second", url="https://example.org/second"))
    reason = said("alert.topics", count=1, topics="“flood” from Valley Post")
    assert alert_of(room, chat).text.endswith(reason)
    wait_until_nothing_waits(room)
    assert len(alerts(room, chat)) == 1


def test_alerted_article_can_be_asked_about(room, subscribed, ann, bridge, mayor):
    room.add(bridge)
    alert = alert_of(room, subscribed)
    pressed(room, alert, ASK)
    prompt = room.world.wait_for_reply(alert)
    assert prompt.text == said("alert.ask", title="“Old bridge closed after flood”")
    room.world.wait_for(lambda: opens_reply(room.world.calls("sendMessage")[-1]))
    room.add(mayor)
    wait_until_nothing_waits(room)  # or its alert could be taken for the answer
    answer = room.world.wait_for_reply(
        room.world.say(subscribed, ann, "Who will inspect it?", reply_to=prompt)
    )
    assert answer.text.startswith("Old bridge closed after flood\n")
    assert "Engineers from the county will inspect it next week." in answer.text
    answer = room.world.wait_for_reply(
        room.world.say(subscribed, ann, "Where can I buy it?", reply_to=prompt)
    )
    assert answer.text.startswith(REFUSALS)


def test_story_can_be_asked_about_after_its_first_article_is_removed(room, subscribed, bridge):
    room.add(bridge)
    alert = alert_of(room, subscribed)
    wait_until_nothing_waits(room)
    url = "https://example.com/shut"
    room.add(replace(bridge, id="copy", title="Bridge shut", url=url, source="Echo"))
    room.world.wait_for(lambda: said("answer.also_in", sources="Echo") in alert.text)
    Indexer(room.library).remove(bridge.id)
    pressed(room, alert, ASK)
    prompt = room.world.wait_for_reply(alert)
    assert prompt.text == said("alert.ask", title="“Bridge shut”")


def opens_reply(request):
    return request.params.get("reply_markup", {}).get("force_reply")


def test_in_a_group_anyone_can_ask_but_only_administrators_can_mute(room, ann, bridge):
    bob = room.world.user("Bob")
    group = room.world.supergroup("Readers", ann, bob)
    room.start()
    room.ask(group, ann, "/subscribe")
    room.add(bridge)
    alert = alert_of(room, group)
    assert pressed(room, alert, MUTE_ALL, bob) == said("error.not_chat_admin")
    pressed(room, alert, ASK, bob)
    prompt = room.world.wait_for_reply(alert)
    assert prompt.text == said(
        "alert.ask_person", person="Bob", title="“Old bridge closed after flood”"
    )


def test_channel_receives_alerts_and_links_to_a_private_chat_for_questions(room, ann, bridge):
    channel = room.world.channel("Valley", ann)
    room.start()
    room.ask(channel, ann, "/subscribe")
    room.add(bridge)
    alert = alert_of(room, channel)
    assert pressed(room, alert, ASK, ann) == said("alert.ask_in_private")


def test_buttons_of_a_deleted_alert_are_too_old(room, subscribed, bridge):
    room.add(bridge)
    alert = alert_of(room, subscribed)
    wait_until_nothing_waits(room)
    room.store.forget(time.time() + KEEP_SECONDS + 1)
    too_old = said("subscriptions.old_button")
    assert pressed(room, alert, ASK) == too_old
    assert pressed(room, alert, MUTE_ALL) == said("alert.muted")


# Digests and quiet hours


def due_in(room, chat, pause):
    """Give the chat a daily digest that is due soon."""

    def change(timetable):
        return replace(timetable, digest_at=480, next_digest_at=time.time() + pause)

    room.store.timetables.change(Destination(chat.id), change)


def digests(room, chat):
    titles = tuple(said("digest.title", count=count) for count in (1, 2))
    return [m for m in room.world.replies(chat) if m.text.startswith(titles)]


def test_digest_arrives_once_at_its_time(room, subscribed, ann, bridge, cars):
    room.ask(subscribed, ann, "/subscribe electric cars")
    due_in(room, subscribed, 3600)
    room.add(bridge, cars)
    wait_until_nothing_waits(room)
    assert alerts(room, subscribed) == []
    due_in(room, subscribed, 0)
    (digest,) = room.world.wait_for(lambda: digests(room, subscribed))
    assert digest.text == (
        f"{said('digest.title', count=2)}\n\n"
        f"{EVERYTHING.capitalize()}\n\n"
        "Old bridge closed after flood – Valley Post\n"
        "Heavy rain fell on the valley on Monday and the river Lenn rose by two metres.\n\n"
        "Electric cars\n\n"
        "Battery plant opens\n"
        "A factory for the batteries of electric cars opened in Lennfield on Friday."
    )
    assert room.store.timetables.of(Destination(subscribed.id)).next_digest_at > time.time()
    due_in(room, subscribed, 0)
    time.sleep(2.5)
    assert len(digests(room, subscribed)) == 1


def test_turning_off_digests_sends_what_was_collected(room, subscribed, ann, bridge, mayor):
    due_in(room, subscribed, 3600)
    room.add(bridge)
    wait_until_nothing_waits(room)
    room.ask(subscribed, ann, "/digest off")
    (digest,) = room.world.wait_for(lambda: digests(room, subscribed))
    assert "Old bridge closed after flood" in digest.text
    room.add(mayor)
    wait_for_alerts(room, subscribed, 1)


def test_alert_waits_until_quiet_hours_end(room, subscribed, bridge):
    now = datetime.now(UTC)
    minutes = now.hour * 60 + now.minute
    hours = ((minutes - 5) % 1440, (minutes + 60) % 1440)
    room.store.timetables.change(Destination(subscribed.id), lambda t: replace(t, quiet=hours))
    bob = room.world.user("Bob")
    other = room.world.private_chat(bob)
    room.ask(other, bob, "/subscribe")
    room.add(bridge)
    wait_for_alerts(room, other, 1)
    deadline = time.monotonic() + 5
    while room.store.counts() != (2, 1):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert alerts(room, subscribed) == []


def test_topic_that_was_closed_gets_what_waited_as_soon_as_it_is_open(room, ann, bridge, mayor):
    forum = room.world.forum("Readers", ann)
    topic = room.world.topic(forum, "Alerts", ann)
    room.start()
    room.ask(forum, ann, "/subscribe", thread=topic)
    room.world.close_topic(forum, topic, ann)
    room.add(bridge)
    room.world.wait_for(lambda: room.store.undelivered() == (1, 0))
    room.world.reopen(forum, topic, ann)
    while room.store.outbox.ready_at(Destination(forum.id, topic)) != 0:
        time.sleep(0.01)
    room.add(mayor)
    room.world.wait_for(lambda: len(room.world.replies(forum)) == 3)
    titles = [message.text.partition("\n")[0] for message in room.world.replies(forum)[1:]]
    assert titles == [bridge.title, mayor.title]
    assert room.store.undelivered() == (0, 0)
