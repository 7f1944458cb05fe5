"""Times of day in time zones, including the days on which clocks change."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.subscriptions.model import Timetable
from bot.subscriptions.timetable import (
    at_next_moment,
    clock,
    lies_in,
    next_moment,
    quiet_until,
    time_of_day,
    time_span,
    with_digest,
    with_quiet,
    without_digest,
)
from bot.subscriptions.zones import find_zone, nearest_zone, shown_zone

KYIV = "Europe/Kyiv"


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def shown(moment):
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("08:00", 480),
        ("8:05", 485),
        ("23:59", 1439),
        ("8", 480),
        ("8.30", 510),
        ("8am", 480),
        ("12 a.m.", 0),
        ("12:15 PM", 735),
        ("24:00", None),
        ("8:5", None),
        ("8:75", None),
        ("13 pm", None),
        ("0am", None),
        ("8h", None),
        ("banana", None),
    ],
)
def test_time_of_day(text, minutes):
    assert time_of_day(text) == (minutes, "" if minutes is not None else text)
    assert time_of_day(f"{text} Kyiv") == (
        minutes,
        "Kyiv" if minutes is not None else f"{text} Kyiv",
    )


def test_zone_starting_with_am_or_pm_is_still_a_zone():
    assert time_of_day("8 Amsterdam") == (480, "Amsterdam")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("22:00-07:00", (1320, 420)),
        ("22:00 – 7:00", (1320, 420)),
        ("22-7", (1320, 420)),
        ("10 pm — 7 a.m.", (1320, 420)),
        ("07:00-07:00", None),
        ("22:00", None),
        ("22:00-", None),
        ("22:00-25", None),
        ("22:00-07:00-08:00", None),
    ],
)
def test_time_span(text, span):
    assert time_span(text) == (span, "" if span else text)
    assert time_span(f"{text} Etc/GMT-3") == (span, "Etc/GMT-3" if span else f"{text} Etc/GMT-3")


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Europe/Kyiv", KYIV),
        ("europe/kyiv", KYIV),
        ("KYIV", KYIV),
        ("new york", "America/New_York"),
        ("New_York", "America/New_York"),
        ("utc", "UTC"),
        ("GMT+3", "UTC+3"),
        ("utc +03:00", "UTC+3"),
        ("+3", "UTC+3"),
        ("UTC-0330", "UTC-3:30"),
        ("UTC−5", "UTC-5"),
        ("UTC+5:30", "UTC+5:30"),
        ("Etc/GMT+3", "UTC-3"),
        ("etc/gmt-14", "UTC+14"),
        ("GMT+0", "UTC"),
        ("UTC +00:00", "UTC"),
        ("UTC+25", None),
        ("UTC+5:60", None),
        ("-09:00", None),
        ("MSK", "Europe/Moscow"),
        ("мск", "Europe/Moscow"),
        ("CET", "CET"),
        ("cest", "CET"),
        ("PST", "America/Los_Angeles"),
        ("EST", "America/New_York"),
        ("Factory", None),
        ("Kyif", None),
        ("", None),
    ],
)
def test_zone_is_found_by_name_or_city(name, zone):
    assert find_zone(name) == zone


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (None, "UTC"),
        ("Europe/Kyiv", "Europe/Kyiv"),
        ("UTC+5:30", "UTC+5:30"),
        ("UTC-3", "UTC−3"),
        ("Etc/GMT+3", "UTC−3"),
    ],
)
def test_zone_is_shown_as_people_count_it(name, shown):
    assert shown_zone(name) == shown


def test_suggested_zone_has_the_closest_spelling():
    assert nearest_zone("Kyif") == KYIV
    assert nearest_zone("europe/berln") == "Europe/Berlin"
    assert nearest_zone("xxxxxxxx") is None


@pytest.mark.parametrize(
    ("minutes", "zone", "after", "moment"),
    [
        (480, None, "2026-11-24 07:59", "2026-11-24 08:00"),
        (480, None, "2026-11-24 08:00", "2026-11-25 08:00"),
        (480, KYIV, "2026-11-24 05:00", "2026-11-24 06:00"),
        (480, KYIV, "2026-07-01 05:00", "2026-07-02 05:00"),
        # 29 March 2026: 03:00 becomes 04:00 in Kyiv, so 03:30 is the first moment after the gap
        (210, KYIV, "2026-03-29 00:00", "2026-03-29 01:00"),
        (210, KYIV, "2026-03-29 01:00", "2026-03-30 00:30"),
        # 25 October 2026: 04:00 becomes 03:00, so 03:30 occurs twice
        (210, KYIV, "2026-10-25 00:00", "2026-10-25 00:30"),
        (210, KYIV, "2026-10-25 00:30", "2026-10-26 01:30"),
        (210, KYIV, "2026-10-25 01:00", "2026-10-26 01:30"),
        (480, "UTC+5:30", "2026-07-01 00:00", "2026-07-01 02:30"),
        (480, "Etc/GMT+3", "2026-07-01 00:00", "2026-07-01 11:00"),
        # In Cairo, clocks change at midnight
        (0, "Africa/Cairo", "2026-04-23 12:00", "2026-04-23 22:00"),
    ],
)
def test_next_moment(minutes, zone, after, moment):
    assert shown(next_moment(minutes, zone, at(after))) == moment


ZONES = st.sampled_from([None, KYIV, "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
MOMENTS = st.floats(0, 4e9)


@given(st.integers(0, 1439), ZONES, MOMENTS)
def test_next_moment_is_in_the_future_and_within_two_days(minutes, zone, after):
    assert after < next_moment(minutes, zone, after) <= after + 49 * 3600


@given(st.integers(0, 1439), ZONES, MOMENTS)
def test_a_year_has_one_digest_per_day(minutes, zone, after):
    moment, count = next_moment(minutes, zone, after), 0
    first = moment
    while moment < first + 364.5 * 24 * 3600:
        moment, count = next_moment(minutes, zone, moment), count + 1
    assert count == 365


NIGHT = (1320, 420)


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        (NIGHT, "2026-11-24 19:59", None),
        (NIGHT, "2026-11-24 20:00", "2026-11-25 05:00"),
        (NIGHT, "2026-11-25 04:59", "2026-11-25 05:00"),
        (NIGHT, "2026-11-25 05:00", None),
        ((780, 840), "2026-11-24 11:30", "2026-11-24 12:00"),
        ((780, 840), "2026-11-24 12:00", None),
    ],
)
def test_quiet_hours_end(quiet, now, until):
    end = quiet_until(quiet, KYIV, at(now))
    assert (end and shown(end)) == until


def test_quiet_hours_end_once_on_the_night_the_clocks_go_back():
    """In Kyiv, clocks pass 03:30 at 00:30 UTC and again an hour later."""
    night = (0, 210)
    assert quiet_until(night, KYIV, at("2026-10-25 00:29")) == at("2026-10-25 00:30")
    assert quiet_until(night, KYIV, at("2026-10-25 00:31")) is None
    assert quiet_until(night, KYIV, at("2026-10-25 01:10")) is None


def test_quiet_hours_continue_through_the_repeated_hour():
    """Clocks in Kyiv show 03:30 at 00:30 UTC, when the quiet hours begin, and 03:10 at 01:10."""
    night = (210, 420)
    assert quiet_until(night, KYIV, at("2026-10-25 00:29")) is None
    for moment in ("2026-10-25 00:30", "2026-10-25 01:10", "2026-10-25 04:59"):
        assert quiet_until(night, KYIV, at(moment)) == at("2026-10-25 05:00")
    assert quiet_until(night, KYIV, at("2026-10-25 05:00")) is None


def test_quiet_hours_inside_the_skipped_hour_do_not_occur():
    assert quiet_until((190, 220), KYIV, at("2026-03-29 00:59")) is None
    assert quiet_until((190, 220), KYIV, at("2026-03-29 01:00")) is None


@pytest.mark.parametrize(
    ("span", "inside", "outside"),
    [(NIGHT, (1320, 0, 419), (420, 1319)), ((780, 840), (780, 839), (0, 779, 840))],
)
def test_time_of_day_in_a_span(span, inside, outside):
    assert all(lies_in(span, each) for each in inside)
    assert not any(lies_in(span, each) for each in outside)


def test_clock():
    assert (clock(0), clock(485)) == ("00:00", "08:05")


def test_timetables_change():
    now = at("2026-11-24 12:00")
    daily = with_digest(Timetable(), 480, KYIV, now)
    assert (daily.zone, daily.digest_at) == (KYIV, 480)
    assert shown(daily.next_digest_at) == "2026-11-25 06:00"
    assert with_digest(daily, 480, None, now) == daily
    quiet = with_quiet(daily, NIGHT, "Europe/Berlin", now)
    assert (quiet.quiet, shown(quiet.next_digest_at)) == (NIGHT, "2026-11-25 07:00")
    ended = without_digest(daily, now)
    assert (ended.zone, ended.digest_at, ended.next_digest_at) == (KYIV, None, now)
    assert without_digest(Timetable(), now) == Timetable()
    assert at_next_moment(ended, now).next_digest_at is None
