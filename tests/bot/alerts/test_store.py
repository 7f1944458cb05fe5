"""Subscriptions and the outbox in a real SQLite file, reopened where a crash would."""

import sqlite3
import time

import numpy as np
import pytest

from bot.alerts.cursor import BATCH
from bot.alerts.matcher import FEW, Followed
from bot.alerts.model import DestinationMatch, RowKind
from bot.alerts.outbox import KEEP_SECONDS, LEASE_SECONDS
from bot.alerts.schema import MIGRATIONS
from bot.alerts.store import AlertStore
from bot.alerts.subscription_store import STRICTEST
from bot.subscriptions.model import Destination, Interest, Person, SubscribeOutcome
from index.indexer import Indexer
from qa import Article, Library, Quote, Settings
from qa.model.pooling import encode_apart
from qa.model.prompts import Prompts
from tests.capitals import CODE, write_catalogues

NOW = 1_000_000.0
ANN, BOB, GROUP = Destination(1), Destination(2), Destination(-3)
EVERYTHING, FLOODS, CARS = Interest(), Interest("floods"), Interest("cars")


class OneDirection:
    """An encoder that gives every text the same vector."""

    name, dimension, precision, prompts = "one direction", 2, "float32", Prompts()

    def encode_queries(self, texts):
        return np.tile(np.array([[1.0, 0.0]], dtype=np.float32), (len(texts), 1))

    def encode_passages(self, texts, parts=(), *, quick=False, take_tokens=None):
        return encode_apart(self.encode_queries, texts, parts)


class Opened:
    """A library and its alert store, which can be closed and reopened on the same file."""

    def __init__(self, folder, database_url):
        self._settings = Settings(data_dir=folder, database_url=database_url)
        self.open()

    def open(self):
        self.library = Library(self._settings, OneDirection())
        self.store = AlertStore(self.library)

    def reopen(self):
        self.library.close()
        self.open()

    def add(self, name):
        Indexer(self.library).add(Article(name, name, f"The words of {name} are these."))

    def matches(self, article):
        """Match each subscription with every article added after it."""
        interests, _ = self.store.subscriptions.interests_after(0)
        found = self.store.subscriptions.following(
            article.number - 1, topics={each.topic for each in interests} - {""}, sources=[""]
        )
        quote = whole(article)
        return [
            DestinationMatch(each.destination, quote, (each.id,))
            for each in sorted(found, key=lambda each: each.id)
        ]

    def match_all(self, story=(), now=NOW):
        while article := self.store.cursor.next_article():
            self.store.cursor.record(article, self.matches(article), [*story, article], now)

    def waiting(self, *articles, destinations=(ANN,)):
        """Subscribe ``places`` and put an alert of each article into the outbox."""
        for place in destinations:
            self.store.subscriptions.subscribe(place, EVERYTHING, 7, NOW)
        for name in articles:
            self.add(name)
        self.match_all()

    def claim(self, now=NOW, destinations=(ANN, BOB, GROUP)):
        return next((row for p in destinations if (row := self.store.outbox.claim(p, now))), None)

    def drain(self, now=NOW, destinations=(ANN, BOB, GROUP)):
        """Claim and send everything that may be sent, place by place."""
        sent = []
        while row := self.claim(now, destinations):
            self.store.outbox.mark_sent(row.id, now, 70 + row.id)
            sent.append((row.destination, row.quote.article_id if row.quote else row.html))
        return sent


def whole(article):
    return Quote(article, article.text, 0, len(article.text), 0, 1.0)


@pytest.fixture
def opened(tmp_path, database_url):
    opened = Opened(tmp_path, database_url)
    yield opened
    opened.library.close()


def subscribe(opened, place, interest):
    return opened.store.subscriptions.subscribe(place, interest, 7, NOW).outcome


def interests(opened, place):
    return [each.interest for each in opened.store.subscriptions.of(place)]


# Subscriptions


def test_subscription_is_kept_across_a_restart(opened):
    assert subscribe(opened, ANN, Interest("floods", "BBC")) is SubscribeOutcome.NEW
    opened.reopen()
    assert interests(opened, ANN) == [Interest("floods", "BBC")]


def test_subscribing_twice_in_one_place_makes_one_subscription(opened):
    subscribe(opened, ANN, Interest("Floods"))
    assert subscribe(opened, ANN, Interest("fLOODS")) is SubscribeOutcome.ALREADY
    assert subscribe(opened, ANN, Interest("Floods", "BBC")) is SubscribeOutcome.NEW
    assert subscribe(opened, Destination(1, 5), Interest("Floods")) is SubscribeOutcome.NEW
    assert subscribe(opened, BOB, Interest("Floods")) is SubscribeOutcome.NEW
    assert interests(opened, ANN) == [Interest("Floods"), Interest("Floods", "BBC")]


def test_chat_has_at_most_fifty_subscriptions(opened):
    outcomes = [subscribe(opened, Destination(1, n % 2), Interest(str(n))) for n in range(51)]
    assert outcomes == [SubscribeOutcome.NEW] * 50 + [SubscribeOutcome.TOO_MANY]


def test_only_the_subscribed_chat_can_end_its_subscription(opened):
    subscribe(opened, ANN, FLOODS)
    subscriptions = opened.store.subscriptions
    (floods,) = subscriptions.of(ANN)
    assert subscriptions.end(floods.id, BOB.chat_id, NOW) is None
    assert subscriptions.end(floods.id, ANN.chat_id, NOW) == floods
    assert subscriptions.end(floods.id, ANN.chat_id, NOW) is None


def test_number_of_an_ended_subscription_is_never_reused(opened):
    """A stale button must not end a newer subscription."""
    subscribe(opened, ANN, FLOODS)
    (first,) = opened.store.subscriptions.of(ANN)
    opened.store.subscriptions.end(first.id, ANN.chat_id, NOW)
    opened.store.forget(NOW + KEEP_SECONDS + 1)
    subscribe(opened, ANN, CARS)
    assert opened.store.subscriptions.end(first.id, ANN.chat_id, NOW) is None


def test_ended_subscription_can_be_restored_until_it_is_deleted(opened):
    subscribe(opened, ANN, FLOODS)
    subscriptions = opened.store.subscriptions
    (floods,) = subscriptions.of(ANN)
    subscriptions.end(floods.id, ANN.chat_id, NOW)
    assert subscriptions.restore(floods.id, BOB.chat_id) is None
    assert subscriptions.restore(floods.id, ANN.chat_id) == floods
    assert subscriptions.of(ANN) == [floods]
    subscriptions.end(floods.id, ANN.chat_id, NOW)
    opened.store.forget(NOW + KEEP_SECONDS + 1)
    assert subscriptions.restore(floods.id, ANN.chat_id) is None


def test_restoring_a_subscription_that_was_made_again_makes_no_duplicate(opened):
    subscribe(opened, ANN, FLOODS)
    subscriptions = opened.store.subscriptions
    (floods,) = subscriptions.of(ANN)
    subscriptions.end(floods.id, ANN.chat_id, NOW)
    subscribe(opened, ANN, FLOODS)
    assert subscriptions.restore(floods.id, ANN.chat_id) == floods
    assert interests(opened, ANN) == [FLOODS]


def test_less_like_raises_strictness_one_step_per_article_up_to_the_limit(opened):
    subscribe(opened, ANN, FLOODS)
    subscriptions = opened.store.subscriptions
    (floods,) = subscriptions.of(ANN)
    for article in [1, 1, *range(2, STRICTEST + 3)]:
        assert subscriptions.dislike(floods.id, ANN.chat_id, article, f"Passage {article}.")
        assert subscriptions.of(ANN)[0].strictness == min(article, STRICTEST)
    passages = tuple(f"Passage {n}." for n in range(1, STRICTEST + 3))
    assert subscriptions.disliked_passages([floods.id]) == {floods.id: passages}
    assert not subscriptions.dislike(floods.id, BOB.chat_id, 1, "Passage.")


def test_interests_are_read_once_each_and_then_only_the_new_ones(opened):
    for place, interest in [(ANN, FLOODS), (BOB, EVERYTHING), (BOB, FLOODS), (ANN, CARS)]:
        subscribe(opened, place, interest)
    store = opened.store.subscriptions
    assert store.interests_after(0) == ([FLOODS, EVERYTHING, CARS], 4)
    assert store.interests_after(2) == ([FLOODS, CARS], 4)
    opened.store.end_chat(ANN.chat_id)
    assert store.interests_after(4) == ([], 4)


def test_an_article_is_for_those_who_follow_its_topics_questions_or_source(opened):
    asked, town = Interest(question="When?"), Interest(source="Town News")
    for place in (ANN, BOB):
        for interest in (FLOODS, asked, Interest("cars", "Town News"), town, EVERYTHING):
            subscribe(opened, place, interest)
    store = opened.store.subscriptions
    store.end(store.of(ANN)[0].id, ANN.chat_id, NOW)

    def ids(last=0, **wanted):
        return [each.id for each in store.following(last, **wanted)]

    assert ids(topics=["floods", "cars"]) == [3, 6, 8]
    assert ids(questions=["When?"], sources=["Town News"]) == [2, 7, 4, 9]
    assert ids(sources=[""]) == [5, 10]
    assert ids() == ids(last=-1, sources=[""]) == []


def test_the_matcher_follows_what_is_new_and_forgets_what_has_ended(opened):
    followed = Followed(opened.store.subscriptions)
    subscribe(opened, ANN, FLOODS)
    subscribe(opened, ANN, Interest(question="When?"))
    subscribe(opened, ANN, Interest(source="The Town News"))
    followed.look()
    assert (followed.topics, followed.questions) == (("floods",), ("When?",))
    assert followed.sources(["town news", "other"]) == ["The Town News"]
    opened.store.end_chat(ANN.chat_id)
    subscribe(opened, BOB, CARS)
    followed.look()
    assert followed.topics == ("floods", "cars")
    insert_subscribers(opened, FEW + 3, topics=True)
    followed.look()
    assert followed.topics == ("cars", *(f"topic {n}" for n in range(FEW + 3)))


# The cursor


def test_new_subscription_has_no_backlog(opened):
    opened.add("old")
    subscribe(opened, ANN, EVERYTHING)
    opened.add("new")
    opened.match_all()
    assert opened.drain() == [(ANN, "new")]


def test_article_added_before_the_first_start_sends_no_alerts(tmp_path):
    library = Library(Settings(data_dir=tmp_path), OneDirection())
    Indexer(library).add(Article("old", "old", "The words of old are these."))
    assert AlertStore(library).cursor.next_article() is None
    library.close()


def test_updated_article_sends_no_second_alert(opened):
    opened.waiting("storm")
    opened.drain()
    Indexer(opened.library).add(Article("storm", "storm", "Other words about the storm."))
    assert opened.store.cursor.next_article() is None


def test_article_alerts_a_place_once_even_if_recorded_repeatedly(opened):
    """Even if the alert was sent so long ago that its row has been deleted."""
    subscribe(opened, ANN, EVERYTHING)
    opened.add("storm")
    storm = opened.store.cursor.next_article()
    matches = opened.matches(storm)
    opened.store.cursor.record(storm, matches, [storm], NOW)
    assert opened.drain() == [(ANN, "storm")]
    opened.store.forget(NOW + KEEP_SECONDS + 1)
    opened.store.cursor.record(storm, matches, [storm], NOW)
    assert opened.drain() == []


@pytest.mark.sqlite
def test_crash_while_recording_alerts_leaves_the_article_unmatched(opened):
    subscribe(opened, ANN, EVERYTHING)
    opened.add("storm")
    storm = opened.store.cursor.next_article()
    database = opened.library.database
    with database.write() as connection:
        connection.execute(
            "CREATE TRIGGER crash BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'crash'); END"
        )
    with pytest.raises(Exception, match="crash"):
        opened.store.cursor.record(storm, opened.matches(storm), [storm], NOW)
    with database.write() as connection:
        connection.execute("DROP TRIGGER crash")
    opened.reopen()
    opened.match_all()
    assert opened.drain() == [(ANN, "storm")]


def insert_subscribers(opened, count, *, topics=False):
    """Subscribe ``count`` chats from 1,000 on, to a topic each or to everything."""
    with opened.library.database.write() as connection:
        connection.executemany(
            "INSERT INTO subscriptions (chat_id, thread_id, topic, after_number, created_at,"
            " created_by, last_match_at) VALUES (?, 0, ?, 0, 1, 1, 1)",
            [(1000 + n, f"topic {n}" if topics else "") for n in range(count)],
        )


def told(opened):
    """Return the chats and articles of all alerts, in their order."""
    with opened.library.database.read() as connection:
        rows = connection.execute("SELECT chat_id, article_number FROM outbox ORDER BY id")
        return [tuple(row) for row in rows]


@pytest.mark.sqlite
def test_an_article_for_many_is_recorded_in_batches_that_survive_a_crash(opened):
    insert_subscribers(opened, 2 * BATCH + 3)
    for name in ("storm", "gale"):
        opened.add(name)
    storm, gale = (opened.library.article(name) for name in ("storm", "gale"))
    cursor = opened.store.cursor
    cursor.record(storm, opened.matches(storm), [storm], NOW)
    assert len(told(opened)) == BATCH
    cursor.record(gale, opened.matches(gale), [gale], NOW)  # another process
    opened.store.forget(NOW)
    with opened.library.database.write() as connection:
        connection.execute(
            "CREATE TRIGGER crash BEFORE INSERT ON outbox"
            f" WHEN new.chat_id = {1002 + 2 * BATCH}"
            " BEGIN SELECT RAISE(ABORT, 'crash'); END"
        )
    opened.reopen()
    assert opened.store.cursor.record_rest(NOW)
    with pytest.raises(Exception, match="crash"):
        opened.store.cursor.record_rest(NOW)
    with opened.library.database.write() as connection:
        connection.execute("DROP TRIGGER crash")
    opened.reopen()
    opened.store.subscriptions.end(2 * BATCH + 1, 1000 + 2 * BATCH, NOW)
    opened.store.blocks.put(Person(1001 + 2 * BATCH), NOW)
    assert [opened.store.cursor.record_rest(NOW) for _ in range(2)] == [True, False]
    chats = [*range(1000, 1000 + 2 * BATCH), 1002 + 2 * BATCH]
    assert told(opened) == [(chat, storm.number) for chat in chats]
    assert opened.claim(destinations=[Destination(chats[-1])]).quote.text == storm.text
    assert opened.store.cursor.next_article() == gale


def test_batches_of_a_story_extend_the_alerts_of_their_own_destinations(opened):
    insert_subscribers(opened, BATCH + 1)
    for name in ("storm", "gale"):
        opened.add(name)
    storm, gale = (opened.library.article(name) for name in ("storm", "gale"))
    first, *others = opened.matches(storm)
    opened.store.cursor.record(storm, [first, others[-1]], [storm], NOW)
    opened.store.cursor.record(gale, opened.matches(gale), [storm, gale], NOW)
    assert opened.claim(destinations=[first.destination]).also == ("gale",)
    assert len(told(opened)) == 2 + BATCH - 1
    with opened.library.database.write() as connection:  # of one story, as if they were alike
        connection.execute("UPDATE articles SET story = number WHERE id = 'storm'")
        connection.execute("UPDATE articles SET story = ? WHERE id = 'gale'", (storm.number,))
    assert opened.store.cursor.record_rest(NOW)
    assert opened.claim(destinations=[others[-1].destination]).also == ("gale",)
    assert len(told(opened)) == 2 + BATCH - 1


def test_the_rest_of_an_article_that_is_removed_meanwhile_is_not_written(opened):
    insert_subscribers(opened, BATCH + 1)
    opened.add("storm")
    storm = opened.library.article("storm")
    opened.store.cursor.record(storm, opened.matches(storm), [storm], NOW)
    opened.library.store.remove("storm")
    assert [opened.store.cursor.record_rest(NOW) for _ in range(2)] == [True, False]
    assert len(told(opened)) == BATCH


def test_subscription_ended_during_matching_receives_nothing(opened):
    subscribe(opened, ANN, EVERYTHING)
    opened.add("storm")
    storm = opened.store.cursor.next_article()
    matches = opened.matches(storm)
    opened.store.end_chat(ANN.chat_id)
    opened.store.cursor.record(storm, matches, [storm], NOW)
    assert opened.store.counts() == (0, 0)


def test_ending_a_subscription_drops_only_the_alerts_that_it_alone_matched(opened):
    subscribe(opened, ANN, FLOODS)
    subscribe(opened, ANN, CARS)
    floods, cars = opened.store.subscriptions.of(ANN)
    for name, asking in [("storm", (floods.id,)), ("plant", (floods.id, cars.id))]:
        opened.add(name)
        article = opened.store.cursor.next_article()
        matches = [DestinationMatch(ANN, whole(article), asking)]
        opened.store.cursor.record(article, matches, [article], NOW)
    opened.store.subscriptions.end(floods.id, ANN.chat_id, NOW)
    assert opened.drain() == [(ANN, "plant")]


def test_alert_muted_before_it_is_marked_sent_is_still_known(opened):
    """Its buttons, including "Undo", are built from its row."""
    opened.waiting("storm")
    (every,) = opened.store.subscriptions.of(ANN)
    alert = opened.claim()
    assert opened.store.subscriptions.end(every.id, ANN.chat_id, NOW) == every
    opened.store.outbox.mark_sent(alert.id, NOW, 9)
    known = opened.store.outbox.alert(alert.id, ANN.chat_id)
    assert (known.message_id, known.reasons) == (9, (every.id,))
    assert opened.store.subscriptions.restore(every.id, ANN.chat_id) == every
    assert opened.drain() == []


def test_alert_with_a_lost_response_is_still_known_after_muting(opened):
    """It may have arrived: anyone who presses "Mute" has received it."""
    opened.waiting("storm")
    (every,) = opened.store.subscriptions.of(ANN)
    alert = opened.claim()
    opened.store.outbox.postpone(alert, NOW + 300)
    assert opened.store.subscriptions.end(every.id, ANN.chat_id, NOW) == every
    known = opened.store.outbox.alert(alert.id, ANN.chat_id)
    assert (known.quote.article_id, known.reasons) == ("storm", (every.id,))


# Stories


def story(opened, first_sent_at=None, now=NOW, in_flight=False):
    """Alert Ann to "storm", then add "gale", an article of the same story."""
    opened.waiting("storm")
    storm = opened.library.article("storm")
    if first_sent_at is not None:
        opened.drain(first_sent_at)
    if in_flight:
        opened.claim(now)
    opened.add("gale")
    opened.match_all([storm], now)
    return storm


def test_second_article_of_a_story_is_added_to_the_pending_alert(opened):
    story(opened)
    row = opened.claim()
    assert (row.kind, row.quote.article_id, row.also) == (RowKind.ALERT, "storm", ("gale",))
    opened.store.outbox.mark_sent(row.id, NOW, 9)
    assert opened.claim() is None


def test_second_article_of_a_story_edits_an_alert_less_than_a_day_old(opened):
    story(opened, NOW, NOW + 23 * 3600)
    row = opened.claim(NOW + 23 * 3600)
    assert (row.kind, row.quote.article_id, row.also) == (RowKind.EDIT, "storm", ("gale",))
    assert row.message_id == 70 + row.alert_id


def test_alert_being_sent_is_edited_too(opened):
    """Its text may have been composed before the second article was added."""
    story(opened, in_flight=True)
    alert = opened.claim(NOW + LEASE_SECONDS)
    opened.store.outbox.mark_sent(alert.id, NOW, 9)
    edit = opened.claim()
    assert (edit.kind, edit.alert_id, edit.message_id) == (RowKind.EDIT, alert.id, 9)


@pytest.mark.parametrize("in_flight", [False, True])
def test_pending_alert_has_the_reasons_of_both_articles(opened, in_flight):
    for interest in (CARS, FLOODS):
        subscribe(opened, ANN, interest)
    cars, floods = opened.store.subscriptions.of(ANN)
    articles = told_by(opened, ("storm", [floods.id]))
    first = opened.claim() if in_flight else None
    told_by(opened, ("gale", [cars.id, floods.id]), story=articles)
    opened.store.subscriptions.end(floods.id, ANN.chat_id, NOW)
    row = opened.claim(NOW + LEASE_SECONDS)
    assert (row.quote.article_id, row.also) == ("storm", ("gale",))
    assert row.reasons == (cars.id, floods.id)
    assert opened.store.subscriptions.active(row.reasons) == [cars]
    assert first is None or first.reasons == (floods.id,)


def test_sent_alert_keeps_its_reasons(opened):
    for interest in (CARS, FLOODS):
        subscribe(opened, ANN, interest)
    cars, floods = opened.store.subscriptions.of(ANN)
    articles = told_by(opened, ("storm", [floods.id]))
    opened.drain()
    told_by(opened, ("gale", [cars.id]), story=articles)
    assert opened.claim().reasons == (floods.id,)


def told_by(opened, *asked, story=()):
    """Alert Ann's subscriptions to articles of one story."""
    told = list(story)
    for name, asking in asked:
        opened.add(name)
        article = opened.store.cursor.next_article()
        told.append(article)
        match = DestinationMatch(ANN, whole(article), tuple(asking))
        opened.store.cursor.record(article, [match], told, NOW)
    return told


def test_second_article_of_an_older_alert_sends_nothing(opened):
    story(opened, NOW, NOW + 25 * 3600)
    assert opened.claim(NOW + 25 * 3600) is None


def test_place_that_missed_the_first_article_of_a_story_gets_the_second(opened):
    opened.waiting("storm")
    subscribe(opened, BOB, EVERYTHING)
    storm = opened.library.article("storm")
    opened.add("gale")
    opened.match_all([storm])
    assert opened.drain() == [(ANN, "storm"), (BOB, "gale")]


def test_failed_alert_does_not_count_for_its_story(opened):
    opened.waiting("storm")
    opened.store.outbox.give_up(opened.claim(), NOW)
    opened.add("gale")
    opened.match_all([opened.library.article("storm")])
    assert opened.drain() == [(ANN, "gale")]


# The outbox


def test_claimed_row_cannot_be_claimed_again_until_its_lease_ends(opened):
    opened.waiting("one")
    first = opened.claim()
    assert opened.claim(NOW + LEASE_SECONDS - 1) is None
    assert opened.store.outbox.ready_at(ANN) == NOW + LEASE_SECONDS
    again = opened.claim(NOW + LEASE_SECONDS)
    assert (first.id, first.attempts, again.attempts) == (again.id, 1, 2)


def test_only_the_last_to_claim_a_row_may_put_it_off_or_give_it_up(opened):
    opened.waiting("one")
    stood_still, outbox = opened.claim(), opened.store.outbox
    row = opened.claim(NOW + LEASE_SECONDS)
    outbox.postpone(stood_still, NOW)
    outbox.give_up(stood_still, NOW, "Forbidden")
    assert outbox.ready_at(ANN) == NOW + 2 * LEASE_SECONDS
    outbox.mark_sent(row.id, NOW, 9)
    outbox.mark_sent(stood_still.id, NOW + 60, 10)
    outbox.give_up(row, NOW)
    assert (outbox.alert(row.id, ANN.chat_id).message_id, outbox.refused()) == (9, 0)
    assert opened.claim(NOW + 90) is None


def test_claim_is_by_the_clock_of_the_database(opened):
    opened.waiting("one")
    before = time.time()
    assert opened.store.outbox.claim(ANN)
    lease = opened.store.outbox.ready_at(ANN) - LEASE_SECONDS
    assert before - 0.001 < lease < time.time() + 0.001
    assert opened.store.outbox.claim(ANN) is None


def test_crash_between_sending_and_marking_as_sent_repeats_only_that_message(opened):
    opened.waiting("one", "two")
    opened.store.outbox.mark_sent(opened.claim().id, NOW, 9)
    assert opened.claim().quote.article_id == "two"
    opened.reopen()
    assert opened.drain() == []
    assert opened.drain(NOW + LEASE_SECONDS) == [(ANN, "two")]


def test_delayed_place_holds_up_only_its_own_rows(opened):
    opened.waiting("one", "two", destinations=(ANN, BOB))
    opened.store.outbox.postpone(opened.claim(destinations=(ANN,)), NOW + 10)
    assert opened.drain() == [(BOB, "one"), (BOB, "two")]
    assert opened.drain(NOW + 10) == [(ANN, "one"), (ANN, "two")]


def test_row_being_sent_holds_up_the_next_row_of_its_place(opened):
    opened.waiting("one", "two")
    opened.claim()
    assert opened.claim() is None


def test_failed_row_is_never_claimed_again(opened):
    opened.waiting("one", "two")
    opened.store.outbox.give_up(opened.claim(), NOW)
    assert opened.drain(NOW + 999) == [(ANN, "two")]


def test_places_can_be_listed_by_new_rows_or_by_all_pending_rows(opened):
    outbox = opened.store.outbox
    assert outbox.destinations_after(0) == ([], 0)
    opened.waiting("one", "two", destinations=(ANN, BOB))
    assert outbox.destinations_after(0) == ([ANN, BOB], 4)
    assert outbox.destinations_after(2) == ([ANN, BOB], 4)
    assert outbox.destinations_after(4) == ([], 4)
    opened.drain(destinations=(ANN,))
    assert outbox.destinations() == [BOB]


def test_finished_rows_are_deleted_after_two_weeks_and_do_not_return(opened):
    opened.waiting("one", "two")
    opened.store.outbox.mark_sent(opened.claim().id, NOW)
    opened.store.forget(NOW + KEEP_SECONDS + 1)
    with opened.library.database.read() as connection:
        rows = connection.execute("SELECT article_id FROM alert_quotes").fetchall()
        assert [row["article_id"] for row in rows] == ["two"]
        assert connection.execute("SELECT count(*) FROM outbox").fetchone()[0] == 1
    assert opened.store.cursor.next_article() is None


# Chats that end or move


def test_ending_a_topic_leaves_the_rest_of_its_forum(opened):
    news = Destination(GROUP.chat_id, 5)
    opened.waiting(destinations=(news,))
    opened.waiting("one", destinations=(GROUP,))
    assert opened.store.end_destination(news) == 1
    assert opened.store.counts() == (1, 1)
    assert opened.claim().destination == GROUP


def test_ending_a_chat_deletes_everything_about_it(opened):
    opened.waiting("one", "two", destinations=(ANN, BOB))
    opened.store.timetables.change(ANN, lambda timetable: timetable)
    opened.store.prompts.put(ANN.chat_id, 9, "one", NOW)
    (every,) = opened.store.subscriptions.of(ANN)
    opened.store.subscriptions.dislike(every.id, ANN.chat_id, 1, "Passage.")
    assert opened.store.end_chat(ANN.chat_id) == 1
    assert opened.store.counts() == (1, 2)
    with opened.library.database.read() as connection:
        for table in ("places", "prompts", "less_like"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0


def test_migrated_group_keeps_its_subscriptions_and_is_alerted_once(opened):
    new = Destination(-100)
    subscribe(opened, GROUP, FLOODS)
    subscribe(opened, GROUP, CARS)
    subscribe(opened, new, CARS)
    opened.waiting("one", destinations=(GROUP, new))
    for _ in range(2):
        opened.store.move(GROUP.chat_id, new.chat_id)
    assert interests(opened, GROUP) == []
    assert sorted(i.topic for i in interests(opened, new)) == ["", "cars", "floods"]
    assert opened.drain(destinations=(GROUP, new)) == [(new, "one")]


def test_pending_alert_of_a_migrated_group_keeps_its_reason(opened):
    """Even though the supergroup already had the same subscription."""
    new = Destination(-100)
    opened.waiting("one", destinations=(GROUP,))
    subscribe(opened, new, EVERYTHING)
    opened.store.move(GROUP.chat_id, new.chat_id)
    row = opened.claim(destinations=(new,))
    assert opened.store.subscriptions.active(row.reasons) == opened.store.subscriptions.of(new)


def test_alert_sent_before_the_migration_does_not_wait_for_it(opened):
    new = Destination(-100)
    opened.waiting("one", destinations=(GROUP, new))
    assert opened.drain(destinations=(GROUP,)) == [(GROUP, "one")]
    opened.store.move(GROUP.chat_id, new.chat_id)
    assert opened.drain(destinations=(GROUP, new)) == []


# Digests and notices


def collecting(opened, *articles):
    def daily(timetable):
        return type(timetable)("Europe/Kyiv", 480, NOW + 60)

    timetable = opened.store.timetables.change(ANN, daily)
    opened.waiting(*articles)
    items = ["first", "second"]
    rows = opened.store.outbox.collected(ANN)
    return timetable, {row.id: item for row, item in zip(rows, items, strict=False)}


def test_digest_is_created_once_in_one_transaction(opened):
    timetable, rows = collecting(opened, "one", "two")
    assert opened.drain() == []
    outbox = opened.store.outbox
    assert outbox.put_digest(ANN, timetable, rows, ["first", "second"], NOW + 99, NOW)
    assert not outbox.put_digest(ANN, timetable, rows, ["first", "second"], NOW + 99, NOW)
    assert opened.drain() == [(ANN, "first"), (ANN, "second")]
    assert opened.store.timetables.of(ANN).next_digest_at == NOW + 99
    assert outbox.collected(ANN) == []


def test_outdated_digest_is_not_queued(opened):
    timetable, rows = collecting(opened, "one")
    (every,) = opened.store.subscriptions.of(ANN)
    opened.store.subscriptions.end(every.id, ANN.chat_id, NOW)
    assert not opened.store.outbox.put_digest(ANN, timetable, rows, ["first"], NOW + 99, NOW)
    assert opened.drain() == []
    assert opened.store.timetables.of(ANN) == timetable


def test_silent_topic_is_reported_once_until_it_matches_again(opened):
    subscribe(opened, ANN, FLOODS)
    subscribe(opened, ANN, EVERYTHING)
    subscriptions = opened.store.subscriptions
    assert subscriptions.silent(NOW) is None
    floods = subscriptions.silent(NOW + 1)
    assert floods.interest == FLOODS
    for _ in range(2):
        opened.store.outbox.put_notice(floods, "nothing", NOW)
    assert opened.drain() == [(ANN, "nothing")]
    assert subscriptions.silent(NOW + 1) is None
    opened.add("storm")
    opened.match_all(now=NOW + 5)
    assert subscriptions.silent(NOW + 6).id == floods.id


# Languages


@pytest.fixture
def capitals(opened, tmp_path):
    """The languages of chats, of a bot that speaks English and its capitals."""
    folder = tmp_path / "catalogues"
    folder.mkdir()
    return AlertStore(opened.library, write_catalogues(folder)).languages


def spoken(languages, chat_id, code=None):
    return languages.texts(chat_id, code).locale.language


def test_chat_has_the_language_chosen_there_else_the_one_last_seen_else_the_default(capitals):
    assert spoken(capitals, 1) == "en"
    assert spoken(capitals, 1, "eo-XX") == "eo"
    assert spoken(capitals, 1) == "eo"
    assert spoken(capitals, 2) == "en"
    capitals.choose(1, "en")
    assert spoken(capitals, 1, CODE) == "en"
    assert capitals.chosen(1) == "en"
    capitals.choose(1, None)
    assert spoken(capitals, 1) == "eo"
    assert spoken(capitals, 1, "ja") == spoken(capitals, 1) == "en"


def test_chosen_language_whose_catalogue_is_gone_is_passed_over(capitals):
    capitals.choose(1, "uk")
    assert spoken(capitals, 1) == "en"
    assert spoken(capitals, 1, CODE) == "eo"


@pytest.mark.sqlite
def test_language_of_an_app_is_written_only_when_it_is_new(opened, capitals):
    with opened.library.database.write() as connection:
        connection.execute("CREATE TABLE written (code TEXT)")
        for event in ("INSERT", "UPDATE"):
            connection.execute(
                f"CREATE TRIGGER on_{event} AFTER {event} ON chat_languages"
                " BEGIN INSERT INTO written VALUES (new.seen); END"
            )
    for code in ("uk", "uk", None, "uk", CODE, CODE):
        spoken(capitals, 1, code)
    with opened.library.database.read() as connection:
        assert [row["code"] for row in connection.execute("SELECT * FROM written")] == ["uk", CODE]


def test_language_of_an_app_that_cannot_be_stored_is_spoken_all_the_same(opened, capitals, caplog):
    with opened.library.database.write() as connection:
        connection.execute("DROP TABLE chat_languages")
        connection.execute("CREATE VIEW chat_languages AS SELECT 1 chat_id, NULL chosen, 'x' seen")
    assert spoken(capitals, 1, CODE) == "eo"
    assert "The language of chat 1 is not stored: " in caplog.text


def test_language_of_a_group_moves_with_it_and_goes_when_the_bot_is_removed(opened, capitals):
    capitals.choose(GROUP.chat_id, CODE)
    opened.store.end_destination(Destination(GROUP.chat_id, 5))
    for _ in range(2):
        opened.store.move(GROUP.chat_id, -100)
    assert (capitals.chosen(GROUP.chat_id), capitals.chosen(-100)) == (None, CODE)
    opened.store.end_chat(-100)
    assert capitals.chosen(-100) is None


# Upgrades


def test_pending_rows_of_version_0_2_are_sent_after_the_upgrade(tmp_path):
    settings = Settings(data_dir=tmp_path)
    library = Library(settings, OneDirection())
    for name in ("one", "two"):
        Indexer(library).add(Article(name, name, f"The words of {name} are these."))
    library.database.migrate("bot", MIGRATIONS[:1])
    library.close()
    with sqlite3.connect(settings.database) as connection:
        connection.executescript("""
            INSERT INTO subscriptions VALUES (7, 1, 0, 'floods', 0, 5, 1), (9, 2, 0, 'x', 0, 5, 1);
            DELETE FROM subscriptions WHERE id = 9;
            INSERT INTO outbox (chat_id, thread_id, article_number, article_id, topics, html, state)
            VALUES (1, 0, 2, 'two', '["floods"]', 'the second', 'waiting'),
                (1, 0, 1, 'one', '["floods"]', 'the first', 'sent');
            INSERT INTO cursor VALUES (1, 2);
        """)
    connection.close()
    library = Library(settings, OneDirection())
    store = AlertStore(library)
    (floods,) = store.subscriptions.of(ANN)
    assert (floods.id, floods.interest) == (7, FLOODS)
    assert store.subscriptions.silent(NOW) is None
    assert store.subscriptions.subscribe(BOB, CARS, 1, NOW).id == 10
    row = store.outbox.claim(ANN, NOW)
    assert (row.html, row.reasons, row.quote.article_id) == ("the second", (7,), "two")
    store.outbox.mark_sent(row.id, NOW)
    assert store.outbox.claim(ANN, NOW) is None
    library.close()


def test_pause_goes_on_from_when_it_began_with_what_was_said_last(opened):
    pauses = opened.store.pauses
    pauses.put(GROUP, "closed", NOW)
    again = pauses.put(GROUP, "restricted", NOW + 60)
    assert again == (GROUP, NOW, "restricted")
    assert (pauses.of(GROUP.chat_id), pauses.count()) == ([again], 1)


def test_sentence_that_answered_a_question_is_remembered_as_quoted(opened):
    question = Interest(question="Why is it closed? 🚧")
    saved = opened.store.subscriptions.subscribe(ANN, question, 7, NOW).id
    opened.add("one")
    article = opened.store.cursor.next_article()
    quote = Quote(article, "Old. It was the flood 🌊! New.", 0, 29, 0, 1.0, highlight=(5, 24))
    opened.store.cursor.record(article, [DestinationMatch(ANN, quote, (saved,))], [article], NOW)
    assert opened.store.subscriptions.quoted([saved]) == {
        saved: [(article.number, "It was the flood 🌊!")]
    }


def test_sentences_that_a_question_had_when_it_was_saved_are_remembered_as_quoted(opened):
    opened.add("one")
    article = opened.store.cursor.next_article()
    quotes = [
        Quote(article, "Old. New.", 0, 9, 0, 1.0, highlight=span) for span in [(0, 4), (5, 9)]
    ]
    question = Interest(question="What is new?")
    saved = opened.store.subscriptions.subscribe(ANN, question, 7, NOW, quotes).id
    remembered = opened.store.subscriptions.quoted([saved])[saved]
    assert sorted(remembered) == [(article.number, "New."), (article.number, "Old.")]
