"""When a feed is polled again."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST_PAUSE = timedelta(days=1)
PATIENCE = 10
"""Failures in a row after which the pauses grow."""
SWITCH_OFF = 100
"""Failures in a row after which a feed is switched off."""

_LONGEST_NUMBER = 9  # digits that a timedelta can hold
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """How polls are spread over time.

    ``interval`` lies between two polls of a healthy feed; ``chance`` draws from [0, 1).
    """

    interval: timedelta
    chance: Callable[[], float] = random.random

    def pause(self, asked: timedelta, failures: int = 0) -> timedelta:
        """Return how long to wait before the next poll.

        That is the interval, up to a quarter shorter or longer, and never shorter than ``asked``,
        what the server or the feed asks for. After failures it grows. Neither what is asked nor
        failures make it longer than a day.
        """
        chance = self.chance()
        own = self.interval * (0.75 + chance / 2)
        grown = min(own * _growth(failures), LONGEST_PAUSE)
        return max(own, grown, min(asked * (1 + chance / 10), LONGEST_PAUSE))

    def first_pause(self) -> timedelta:
        """Return how long one of many new feeds waits, so that they are not polled all at once."""
        return self.interval * self.chance()

    def farthest(self) -> timedelta:
        """Return a limit for how far ahead a next poll can lie: twice the longest pause."""
        return 2 * max(1.25 * self.interval, LONGEST_PAUSE)


def _growth(failures: int) -> float:
    return 1.0 if failures <= PATIENCE else 2.0 ** (min(failures, SWITCH_OFF) / 10)


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return how long a server asks us to stay away; zero if it does not."""
    value = headers.get("retry-after", "").strip()
    if seconds := _number(value):
        return timedelta(seconds=seconds)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return timedelta()
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(until - now, timedelta())


def freshness(headers: Mapping[str, str]) -> timedelta:
    """Return how long a response stays fresh, ``max-age`` minus ``Age``; zero if unknown."""
    for part in headers.get("cache-control", "").lower().split(","):
        name, _, value = part.partition("=")
        if name.strip() == "max-age":
            age = _number(headers.get("age", "").strip())
            return timedelta(seconds=max(_number(value.strip(' "')) - age, 0))
    return timedelta()


def update_period(ttl: str, period: str, frequency: str) -> timedelta:
    """Return the pause between polls that a feed asks for; zero if it does not.

    ``ttl`` is in minutes. ``period`` is a word such as ``hourly``, and the feed is updated
    ``frequency`` times in that period.
    """
    by_ttl = timedelta(minutes=_number(ttl.strip()))
    by_period = _PERIODS.get(period.strip().lower(), timedelta()) / (
        _number(frequency.strip()) or 1
    )
    return min(max(by_ttl, by_period), LONGEST_PAUSE)


def _number(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    return int(text) if is_number else 0
