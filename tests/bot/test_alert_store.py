"""Subscriptions and the outbox on a real SQLite file, reopened where a crash would do so."""

import numpy as np
import pytest

from bot.alert_store import KEEP_SECONDS, LEASE_SECONDS, AlertStore, Matched, Subscribed
from index.indexer import Indexer
from qa import Article, Library, Settings
from qa.encoder import encode_apart

NOW = 1_000_000.0
ANN, BOB, GROUP = 1, 2, -3


class OneDirection:
    """An encoder for which all texts mean the same."""

    name, dimension, precision = "one direction", 2, "float32"

    def encode(self, texts):
        return np.tile(np.array([[1.0, 0.0]], dtype=np.float32), (len(texts), 1))

    def encode_parts(self, texts, parts):
        return encode_apart(self.encode, texts, parts)


class Opened:
    """A library and its alert store that can be closed and opened again on the same file."""

    def __init__(self, folder):
        self._settings = Settings(_env_file=None, data_dir=folder)
        self.open()

    def open(self):
        self.library = Library(self._settings, OneDirection())
        self.store = AlertStore(self.library)

    def reopen(self):
        self.library.close()
        self.open()

    def add(self, name):
        Indexer(self.library).add(Article(name, name, f"The words of {name} are these."))

    def match_all(self):
        """Give every subscription whatever came in after it."""
        while found := self.store.unmatched():
            article, subscriptions = found
            self.store.record(article, [Matched((s,), article.title) for s in subscriptions])

    def waiting(self, *articles, chats=(ANN,), thread=0):
        """Subscribe ``chats`` and put an alert of each article into the outbox."""
        for chat in chats:
            self.store.subscribe(chat, thread, "", 7)
        for name in articles:
            self.add(name)
        self.match_all()

    def drain(self, now):
        """Claim and send all that may be sent."""
        sent = []
        while alert := self.store.claim(now):
            self.store.settle(alert, sent=True, now=now)
            sent.append((alert.chat_id, alert.html))
        return sent


@pytest.fixture
def opened(tmp_path):
    opened = Opened(tmp_path)
    yield opened
    opened.library.close()


def subscribe(opened, chat, topic, thread=0):
    return opened.store.subscribe(chat, thread, topic, 7)


def topics(opened, chat, thread=0):
    return [each.topic for each in opened.store.subscriptions(chat, thread)]


def test_subscription_is_kept_across_a_restart(opened):
    assert subscribe(opened, ANN, "floods") is Subscribed.NEW
    opened.reopen()
    assert topics(opened, ANN) == ["floods"]


def test_same_topic_twice_in_one_place_is_one_subscription(opened):
    subscribe(opened, ANN, "Floods")
    assert subscribe(opened, ANN, "fLOODS") is Subscribed.ALREADY
    assert subscribe(opened, ANN, "Floods", thread=5) is Subscribed.NEW
    assert subscribe(opened, BOB, "Floods") is Subscribed.NEW
    assert topics(opened, ANN) == ["Floods"]


def test_chat_has_at_most_fifty_subscriptions(opened):
    outcomes = [subscribe(opened, ANN, str(n), thread=n % 2) for n in range(51)]
    assert outcomes == [Subscribed.NEW] * 50 + [Subscribed.TOO_MANY]


def test_only_the_chat_itself_ends_its_subscription(opened):
    subscribe(opened, ANN, "floods")
    (subscription,) = opened.store.subscriptions(ANN, 0)
    assert opened.store.end(subscription.id, BOB) is None
    assert opened.store.end(subscription.id, ANN) == subscription
    assert opened.store.end(subscription.id, ANN) is None


def test_number_of_an_ended_subscription_is_never_used_again(opened):
    """A stale button must not end a newer subscription."""
    subscribe(opened, ANN, "floods")
    (first,) = opened.store.subscriptions(ANN, 0)
    opened.store.end(first.id, ANN)
    subscribe(opened, ANN, "cars")
    assert opened.store.end(first.id, ANN) is None


def test_new_subscription_has_no_backlog(opened):
    opened.add("old")
    subscribe(opened, ANN, "")
    opened.add("new")
    opened.match_all()
    assert opened.drain(NOW) == [(ANN, "new")]


def test_article_that_came_in_before_the_first_start_alerts_nobody(tmp_path):
    library = Library(Settings(_env_file=None, data_dir=tmp_path), OneDirection())
    Indexer(library).add(Article("old", "old", "The words of old are these."))
    store = AlertStore(library)
    assert store.unmatched() is None
    library.close()


def test_updated_article_alerts_nobody_again(opened):
    opened.waiting("storm")
    opened.drain(NOW)
    Indexer(opened.library).add(Article("storm", "storm", "Other words about the storm."))
    assert opened.store.unmatched() is None


def test_article_alerts_a_place_once_however_often_it_is_recorded(opened):
    subscribe(opened, ANN, "")
    opened.add("storm")
    article, subscriptions = opened.store.unmatched()
    for _ in range(3):
        opened.store.record(article, [Matched(tuple(subscriptions), "storm")])
    assert opened.drain(NOW) == [(ANN, "storm")]


def test_crash_while_alerts_are_recorded_leaves_the_article_unmatched(opened):
    subscribe(opened, ANN, "")
    opened.add("storm")
    article, subscriptions = opened.store.unmatched()

    def breaking():
        yield Matched(tuple(subscriptions), "half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        opened.store.record(article, breaking())
    opened.reopen()
    opened.match_all()
    assert opened.drain(NOW) == [(ANN, "storm")]


def test_subscription_that_ends_while_it_is_matched_gets_nothing(opened):
    subscribe(opened, ANN, "")
    opened.add("storm")
    article, subscriptions = opened.store.unmatched()
    opened.store.end_chat(ANN)
    opened.store.record(article, [Matched(tuple(subscriptions), "storm")])
    assert opened.store.counts() == (0, 0)


def test_ended_subscription_drops_what_waits_for_it_alone(opened):
    subscribe(opened, ANN, "floods")
    subscribe(opened, ANN, "cars")
    opened.add("storm")
    opened.add("plant")
    floods, cars = opened.store.subscriptions(ANN, 0)
    for reasons in [(floods,), (floods, cars)]:
        article, _ = opened.store.unmatched()
        opened.store.record(article, [Matched(reasons, article.title)])
    opened.store.end(floods.id, ANN)
    assert opened.drain(NOW) == [(ANN, "plant")]


def test_oldest_article_is_claimed_first_for_all_chats(opened):
    opened.waiting("one", "two", chats=(BOB, ANN))
    assert opened.drain(NOW) == [(ANN, "one"), (BOB, "one"), (ANN, "two"), (BOB, "two")]


def test_claimed_alert_is_nobody_elses_until_its_lease_ends(opened):
    opened.waiting("one")
    first = opened.store.claim(NOW)
    assert opened.store.claim(NOW + LEASE_SECONDS - 1) is None
    again = opened.store.claim(NOW + LEASE_SECONDS)
    assert (first.html, first.attempts, again.html, again.attempts) == ("one", 1, "one", 2)


def test_crash_between_sending_and_writing_it_down_repeats_that_one_alone(opened):
    opened.waiting("one", "two")
    opened.store.settle(opened.store.claim(NOW), sent=True, now=NOW)
    assert opened.store.claim(NOW).html == "two"
    opened.reopen()
    assert opened.drain(NOW) == []
    assert opened.drain(NOW + LEASE_SECONDS) == [(ANN, "two")]


def test_chat_that_waits_holds_up_its_own_alerts_and_no_others(opened):
    opened.waiting("one", "two", chats=(ANN, BOB))
    opened.store.postpone(opened.store.claim(NOW), NOW + 10)
    assert opened.drain(NOW) == [(BOB, "one"), (BOB, "two")]
    assert opened.drain(NOW + 10) == [(ANN, "one"), (ANN, "two")]


def test_alert_in_flight_holds_up_the_next_one_of_its_chat(opened):
    opened.waiting("one", "two")
    opened.store.claim(NOW)
    assert opened.store.claim(NOW) is None


def test_resting_chat_is_left_alone(opened):
    opened.waiting("one", chats=(ANN, BOB))
    assert opened.store.claim(NOW, {ANN: NOW + 1}).chat_id == BOB


def test_alert_that_is_given_up_is_never_claimed_again(opened):
    opened.waiting("one", "two")
    opened.store.settle(opened.store.claim(NOW), sent=False, now=NOW)
    assert opened.drain(NOW + 999) == [(ANN, "two")]


def test_end_of_a_topic_leaves_the_rest_of_its_forum(opened):
    opened.waiting(chats=(GROUP,), thread=5)
    opened.waiting("one", chats=(GROUP,), thread=0)
    assert opened.store.end_thread(GROUP, 5) == 1
    assert opened.store.counts() == (1, 1)
    assert opened.store.claim(NOW).thread_id == 0


def test_end_of_a_chat_drops_all_that_waits_for_it(opened):
    opened.waiting("one", "two", chats=(ANN, BOB))
    assert opened.store.end_chat(ANN) == 1
    assert opened.store.counts() == (1, 2)


def test_migrated_group_keeps_its_subscriptions_and_alerts_once(opened):
    subscribe(opened, GROUP, "floods")
    subscribe(opened, GROUP, "cars")
    subscribe(opened, -100, "cars")
    opened.waiting("one", chats=(GROUP, -100))
    opened.store.move(GROUP, -100)
    opened.store.move(GROUP, -100)
    assert topics(opened, GROUP) == []
    assert sorted(topics(opened, -100)) == ["", "cars", "floods"]
    assert [chat for chat, _ in opened.drain(NOW)] == [-100]


def test_alert_sent_before_the_migration_does_not_wait_behind_it(opened):
    opened.waiting("one", chats=(GROUP, -100))
    sent = opened.store.claim(NOW, [-100])
    opened.store.settle(sent, sent=True, now=NOW)
    opened.store.move(GROUP, -100)
    assert opened.drain(NOW) == []


def test_settled_alerts_are_forgotten_after_a_week_and_do_not_come_again(opened):
    opened.waiting("one", "two")
    opened.store.settle(opened.store.claim(NOW), sent=True, now=NOW)
    opened.store.sweep(NOW + KEEP_SECONDS + 1)
    with opened.library.database.read() as connection:
        rows = connection.execute("SELECT html FROM outbox").fetchall()
    assert [row["html"] for row in rows] == ["two"]
    assert opened.store.unmatched() is None


def test_article_that_another_process_has_matched_is_not_recorded_again(opened):
    """Even when that was so long ago that the sent alert is forgotten."""
    subscribe(opened, ANN, "")
    opened.add("storm")
    article, subscriptions = opened.store.unmatched()
    opened.match_all()
    opened.drain(NOW)
    opened.store.sweep(NOW + KEEP_SECONDS + 1)
    opened.store.record(article, [Matched(tuple(subscriptions), "storm")])
    assert opened.drain(NOW + KEEP_SECONDS + 1) == []
