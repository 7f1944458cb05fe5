"""When a feed is polled next: politeness, back-off, and when a feed ends."""

from datetime import timedelta

import pytest

from index.feeds.model import Health
from index.feeds.schedule import Schedule, freshness, retry_after, update_period
from tests.index.feed_helpers import INTERVAL, START, begin, following, poll, serve

pytestmark = pytest.mark.sqlite

DAY = timedelta(days=1)


def minutes(number):
    return timedelta(minutes=number)


def next_poll_in(feeds, clock):
    return feeds.store.all()[0].next_poll_at - clock.now


@pytest.mark.parametrize(
    ("chance", "wait"), [(0.0, minutes(7.5)), (0.5, minutes(10)), (0.999, minutes(12.495))]
)
def test_polls_are_spread_by_a_quarter_of_the_interval(site, database, clock, chance, wait):
    feeds = following(database, clock, chance)
    serve(site)
    feeds.add(site.url("/feed"))
    poll(feeds)
    assert next_poll_in(feeds, clock) == wait


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.999])
def test_poll_is_never_early_and_at_most_a_tenth_late(chance):
    asked = timedelta(hours=2)
    schedule = Schedule(INTERVAL, lambda: chance)
    assert asked <= schedule.pause(asked) <= 1.1 * asked
    assert schedule.pause(timedelta(days=365)) == DAY
    assert Schedule(7 * DAY, lambda: chance).pause(asked) == 7 * DAY * (0.75 + chance / 2)


def test_pauses_grow_up_to_a_day_after_ten_failures(site, feeds, clock):
    begin(site, feeds, clock)
    site.pages["/feed"] = (500, {}, b"")
    pauses = []
    for _ in range(80):
        (error,) = poll(feeds)
        pauses.append(next_poll_in(feeds, clock))
    assert error.reason == "the server has an error (HTTP status 500)"
    assert pauses[:10] == [INTERVAL] * 10
    assert pauses[19] == 4 * INTERVAL
    assert pauses[39] == 16 * INTERVAL
    assert pauses[79] == DAY
    feed = feeds.store.all()[0]
    assert (feed.health, feed.failures, feed.last_error) == (Health.FAILING, 80, error.reason)
    serve(site)
    assert poll(feeds) == []
    feed = feeds.store.all()[0]
    assert (feed.health, feed.failures, feed.last_error) == (Health.HEALTHY, 0, None)


def test_feed_is_switched_off_after_a_hundred_failures_until_resumed(site, feeds, clock):
    begin(site, feeds, clock)
    site.pages["/feed"] = (500, {}, b"")
    for _ in range(99):
        poll(feeds)
    assert (feeds.store.all()[0].health, feeds.store.ended()) == (Health.FAILING, [])
    poll(feeds)
    (feed,) = feeds.store.all()
    assert (feed.health, feed.next_poll_at) == (Health.SWITCHED_OFF, None)
    assert (feeds.store.ended(), feed.ended_at) == ([feed], clock.now)
    feeds.store.resume(feed.id)
    (feed,) = feeds.store.all()
    assert (feed.health, feed.failures, feed.next_poll_at) == (Health.HEALTHY, 0, clock.now)
    assert (feeds.store.ended(), feed.ended_at) == ([], None)


def test_gone_feed_ends_at_once(site, feeds, clock):
    begin(site, feeds, clock)
    site.pages["/feed"] = (410, {}, b"")
    poll(feeds)
    (feed,) = feeds.store.all()
    assert (feed.health, feed.next_poll_at) == (Health.ENDED, None)
    assert (feeds.store.ended(), feed.ended_at) == ([feed], clock.now)
    clock.now += timedelta(days=1000)
    assert feeds.store.next_due() is None


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("value", ["7200", "Wed, 01 May 2024 14:10:00 GMT"])
def test_longer_pause_requested_by_a_server_is_respected(site, feeds, clock, status, value):
    begin(site, feeds, clock)
    site.pages["/feed"] = (status, {"Retry-After": value}, b"")
    poll(feeds)
    assert next_poll_in(feeds, clock) == 1.05 * timedelta(hours=2)


def test_a_day_is_the_longest_pause(site, feeds, clock):
    begin(site, feeds, clock)
    site.pages["/feed"] = (503, {"Retry-After": "999999999"}, b"")
    poll(feeds)
    assert next_poll_in(feeds, clock) == DAY


@pytest.mark.parametrize(
    ("about", "headers", "wait"),
    [
        ("<ttl>60</ttl>", {}, minutes(60)),
        ("<ttl>1</ttl>", {}, None),
        ("<sy:updatePeriod>daily</sy:updatePeriod>", {}, DAY),
        (
            "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>24</sy:updateFrequency>",
            {},
            minutes(60),
        ),
        ("", {"Cache-Control": "public, max-age=3600"}, minutes(60)),
        ("<ttl>30</ttl>", {"Cache-Control": "max-age=7200", "Age": "3600"}, minutes(60)),
    ],
)
def test_pause_is_extended_as_feed_and_server_ask(site, feeds, clock, about, headers, wait):
    serve(site, about=about, ETag='"1"', **headers)
    feeds.add(site.url("/feed"))
    poll(feeds)
    expected = INTERVAL if wait is None else min(1.05 * wait, DAY)
    assert next_poll_in(feeds, clock) == expected
    clock.now += expected
    site.pages["/feed"] = (304, headers, b"")
    poll(feeds)
    assert next_poll_in(feeds, clock) == expected  # even if the document does not arrive


@pytest.mark.parametrize("interval", [INTERVAL, 30 * DAY])
def test_feed_postponed_by_a_wrong_clock_is_rescheduled(site, database, clock, interval):
    feeds = following(database, clock, interval=interval)
    serve(site)
    feeds.add(site.url("/feed"))
    clock.now += timedelta(days=365)
    poll(feeds)
    clock.now = START
    assert feeds.store.next_due() is None
    feeds.reschedule()
    assert feeds.store.next_due().next_poll_at == START


@pytest.mark.parametrize(("interval", "wait"), [(INTERVAL, DAY), (30 * DAY, 37.5 * DAY)])
def test_longest_pauses_are_not_mistaken_for_a_wrong_clock(site, database, clock, interval, wait):
    feeds = following(database, clock, chance=1, interval=interval)
    begin(site, feeds, clock)
    site.pages["/feed"] = (503, {"Retry-After": "999999999"}, b"")
    poll(feeds)
    feeds.reschedule()
    assert next_poll_in(feeds, clock) == wait


def test_timers_survive_a_restart(site, database, clock):
    begin(site, following(database, clock), clock)
    clock.now -= timedelta(seconds=1)
    assert following(database, clock).store.next_due() is None
    clock.now += timedelta(seconds=1)
    assert following(database, clock).store.next_due().url == site.url("/feed")


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("", 0),
        ("120", 120),
        (" 120 ", 120),
        ("-5", 0),
        ("1e3", 0),
        ("9" * 5000, 0),
        ("Wed, 01 May 2024 12:01:00 GMT", 60),
        ("Wed, 01 May 2024 12:01:00", 60),
        ("Wed, 01 May 2024 11:00:00 GMT", 0),
        ("soon", 0),
        (f"Wed, 01 May {'9' * 30} 12:01:00 GMT", 0),
    ],
)
def test_retry_after_is_parsed_in_all_its_forms(value, wait):
    assert retry_after({"retry-after": value}, START) == timedelta(seconds=wait)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, 0),
        ({"cache-control": "no-cache"}, 0),
        ({"cache-control": "max-age=90"}, 90),
        ({"cache-control": 'Private, MAX-AGE="90"'}, 90),
        ({"cache-control": "s-maxage=90"}, 0),
        ({"cache-control": "max-age=soon"}, 0),
        ({"cache-control": "max-age=90", "age": "100"}, 0),
    ],
)
def test_freshness_is_parsed_in_all_its_forms(headers, wait):
    assert freshness(headers) == timedelta(seconds=wait)


@pytest.mark.parametrize(
    ("ttl", "period", "frequency", "wait"),
    [
        ("", "", "", timedelta()),
        ("soon", "often", "0", timedelta()),
        ("15", "Hourly", "", minutes(60)),
        ("90", "hourly", "2", minutes(90)),
        ("", "weekly", "1", DAY),
        ("999999999", "", "", DAY),
    ],
)
def test_update_period_is_parsed_in_all_its_forms(ttl, period, frequency, wait):
    assert update_period(ttl, period, frequency) == wait
