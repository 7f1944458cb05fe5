"""From feeds on loopback to alerts in chats, with the bot in a process that tests can kill."""

import os
import random
import sqlite3
import time
from collections import Counter

import pytest

from bot.alerts.outbox import LEASE_SECONDS
from tests.press import ANSWERS, Press, story
from tests.said import is_alert

CRASHES = int(os.environ.get("PULLQUOTE_TEST_CRASHES", "6"))
"""How often the bot is killed; each time takes two seconds."""
SEED = 1
FEEDS, FORUMS = 3, 2


class FollowedPress(Press):
    """Tests decide when polls are due."""

    def __init__(self, house):
        super().__init__()
        self.house = house

    def follow(self, feed):
        done = self.house.command("feeds", "add", self.site.url(f"/{feed}"), **OPEN)
        assert done.returncode == 0, done.stderr

    def poll(self):
        """Make all feeds due."""
        with sqlite3.connect(self.house.folder / "data" / "pullquote.db", timeout=30) as database:
            database.execute("UPDATE feeds SET next_poll_at = 0 WHERE next_poll_at IS NOT NULL")
        database.close()

    def polled(self, feed, since):
        """Wait until a feed is read after its first ``since`` requests."""
        self.house.world.wait_for(lambda: self.site.count(f"/{feed}") > since, timeout=30)

    def poll_and_wait(self, *feeds):
        before = {feed: self.site.count(f"/{feed}") for feed in feeds}
        self.poll()
        for feed, since in before.items():
            self.polled(feed, since)


OPEN = {"allow_private_hosts": True}


@pytest.fixture
def press(house):
    press = FollowedPress(house)
    yield press
    press.site.close()


@pytest.fixture
def ann(house):
    admin = house.world.user("Ann")
    assert admin.id == 1
    return house.world.private_chat(admin)


def ask(house, chat, text):
    person = house.world.users[chat.id]
    return house.world.wait_for_reply(house.world.say(chat, person, text), timeout=60)


def says(house, chat, words, timeout):
    """Wait until /status contains a text."""
    house.world.wait_for(lambda: words in ask(house, chat, "/status").text, timeout=timeout)


def alerts(house, chat):
    return [reply for reply in house.world.replies(chat) if is_alert(reply)]


def wait_for_alerts(house, chat, count, timeout=30):
    house.world.wait_for(lambda: len(alerts(house, chat)) >= count, timeout=timeout)
    time.sleep(1.5)  # no more alerts arrive
    assert len(alerts(house, chat)) == count
    return alerts(house, chat)


@pytest.mark.slow
def test_story_in_three_feeds_is_one_alert_and_an_edited_entry_sends_none(house, press, ann):
    for feed in ("alpha", "beta", "gamma"):
        press.publish(feed, "old", f"Old news of {feed}", story(f"old of {feed}"))
        press.follow(feed)
    house.start(**OPEN)
    ask(house, ann, "/subscribe")
    house.world.wait_for(lambda: "gamma" in ask(house, ann, "/latest").text, timeout=30)
    assert alerts(house, ann) == []  # the entries from before

    press.publish("alpha", "fire", "Fire at the harbour", story("fire"))
    press.publish("beta", "blaze", "Harbour in flames", story("fire", "Our reporter writes. "))
    press.publish("gamma", "fire!", "Flames seen", story("fire"))
    press.poll_and_wait("alpha", "beta", "gamma")
    (alert,) = wait_for_alerts(house, ann, 1)
    house.world.wait_for(  # the title, and the two other sources
        lambda: len(alert.entity_texts("text_link")) == 3, timeout=30
    )

    press.publish("alpha", "fire", "Fire at the harbour is out", story("fire"))
    press.poll_and_wait("alpha")
    house.world.wait_for(
        lambda: "Fire at the harbour is out" in ask(house, ann, "/latest").text, timeout=30
    )
    wait_for_alerts(house, ann, 1)


@pytest.mark.slow
def test_failing_feed_recovers_and_a_gone_feed_is_reported_to_the_admin(house, press, ann):
    for feed in ("alpha", "beta"):
        press.publish(feed, "old", f"Old news of {feed}", story(f"old of {feed}"))
        press.follow(feed)
    house.start(**OPEN)
    ask(house, ann, "/subscribe")
    house.world.wait_for(lambda: "alpha" in ask(house, ann, "/latest").text, timeout=30)

    press.site.pages["/alpha"] = (503, {"Retry-After": "1"}, b"")
    press.site.pages["/beta"] = (410, {}, b"")
    press.poll_and_wait("alpha", "beta")
    house.world.wait_for(
        lambda: any(
            "beta" in reply.text and "gone" in reply.text for reply in house.world.replies(ann)
        ),
        timeout=30,
    )
    assert "failed once" in ask(house, ann, "/feeds").text

    press.publish("alpha", "back", "Alpha is back", story("back"))
    press.poll_and_wait("alpha")
    (alert,) = wait_for_alerts(house, ann, 1)
    assert alert.text.startswith("Alpha is back\n")
    assert "failed" not in ask(house, ann, "/status").text


@pytest.mark.slow
@pytest.mark.timeout(180 + 8 * CRASHES)
def test_killing_the_bot_at_any_moment_loses_no_alert_and_repeats_at_most_one(house, press):
    """Polling, indexing, matching and sending continue while the bot is killed repeatedly.

    Topics of forums are closed and opened meanwhile.
    """
    chance = random.Random(SEED)
    people = [house.world.user(name) for name in ("Ann", "Bob", "Cid")]
    chats = [house.world.private_chat(person) for person in people]
    forums = [house.world.forum(f"Town {number}", people[0]) for number in range(FORUMS)]
    topics = {each: house.world.topic(each, "News", people[0]) for each in forums}
    answers = list(ANSWERS.values())
    for feed in range(FEEDS):
        press.publish(f"feed{feed}", "old", "Old news", story(f"old {feed}"))
        press.follow(f"feed{feed}")
    bot = house.start(**OPEN)
    for chat in chats:
        ask(house, chat, "/subscribe")
    for forum, topic in topics.items():
        said = house.world.say(forum, people[0], "/subscribe", thread=topic)
        house.world.wait_for_reply(said, timeout=60)
    dora = house.world.private_chat(house.world.user("Dora"))
    for question in ANSWERS:
        ask(house, dora, f"/watch {question}")
    house.world.wait_for(
        lambda: "Articles: 3\n" in ask(house, chats[0], "/status").text, timeout=60
    )

    for number in range(CRASHES):
        text = answers[number] if number < len(answers) else story(number)
        press.publish(f"feed{number % FEEDS}", f"g{number}", f"Title {number} stop", text)
        press.poll()
        for forum, topic in topics.items():
            change = chance.choice((house.world.close_topic, house.world.reopen))
            change(forum, topic, people[0])
        time.sleep(chance.uniform(0, 2.5))
        bot.kill()
        bot = house.start(ready=False, **OPEN)

    bot.wait_for_log("is ready")
    press.poll()
    for forum, topic in topics.items():
        house.world.reopen(forum, topic, people[0])
    chats += forums
    wanted = {(chat.id, number) for chat in chats for number in range(CRASHES)}
    wanted |= {(dora.id, number) for number in range(len(answers))}

    def counted():
        every = [*chats, dora]
        found = [(chat.id, alert.text) for chat in every for alert in alerts(house, chat)]
        return Counter((chat, int(text.split()[1])) for chat, text in found)

    # A group is sent twenty messages a minute.
    house.world.wait_for(lambda: set(counted()) == wanted, timeout=LEASE_SECONDS + 60 + 4 * CRASHES)
    # A message sent but not marked as sent is repeated when its lease ends.
    says(house, chats[0], "Alerts waiting: 0", timeout=LEASE_SECONDS + 30)
    assert set(counted()) == wanted
    assert sum(counted().values()) <= len(wanted) + CRASHES
    firsts = {tuple(dict.fromkeys(a.text.split()[1] for a in alerts(house, c))) for c in chats}
    assert len(firsts) == 1, "in one order everywhere"
    assert all("Traceback" not in bot.log for bot in house.bots)
