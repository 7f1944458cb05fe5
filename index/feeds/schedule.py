"""When a feed is asked again (pure)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST_PAUSE = timedelta(days=1)
PATIENCE = 10
"""After so many failures in a row the pauses begin to grow."""
SWITCH_OFF = 100
"""After so many failures in a row a feed is switched off."""

_LONGEST_NUMBER = 9  # digits; what a timedelta holds
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}


def pause(interval: timedelta, asked: timedelta, chance: float, failures: int = 0) -> timedelta:
    """Return how long to wait before the next poll.

    ``interval`` lies between two polls of a healthy feed, ``asked`` is what the server or the feed
    asks for, ``chance`` in [0, 1) spreads the polls: a quarter sooner or later, but never sooner
    than asked for. What failures and others ask for counts up to a day.
    """
    own = interval * (0.75 + chance / 2)
    grown = min(own * _growth(failures), LONGEST_PAUSE)
    return max(own, grown, min(asked * (1 + chance / 10), LONGEST_PAUSE))


def farthest(interval: timedelta) -> timedelta:
    """Return how far ahead a next poll can lie, generously: twice the longest pause there is."""
    return 2 * max(1.25 * interval, LONGEST_PAUSE)


def _growth(failures: int) -> float:
    return 1.0 if failures <= PATIENCE else 2.0 ** (min(failures, SWITCH_OFF) / 10)


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return how long a server asks us to stay away; zero when it does not."""
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
    """Return how long an answer stays fresh, ``max-age`` less ``Age``; zero when unknown."""
    for part in headers.get("cache-control", "").lower().split(","):
        name, _, value = part.partition("=")
        if name.strip() == "max-age":
            age = _number(headers.get("age", "").strip())
            return timedelta(seconds=max(_number(value.strip(' "')) - age, 0))
    return timedelta()


def update_period(ttl: str, period: str, frequency: str) -> timedelta:
    """Return how long a feed wants to be left alone.

    ``ttl`` is in minutes; ``period`` a word such as ``hourly``, in which the feed changes
    ``frequency`` times.
    """
    by_ttl = timedelta(minutes=_number(ttl.strip()))
    by_period = _PERIODS.get(period.strip().lower(), timedelta()) / (
        _number(frequency.strip()) or 1
    )
    return min(max(by_ttl, by_period), LONGEST_PAUSE)


def _number(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    return int(text) if is_number else 0
