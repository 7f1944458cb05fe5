"""What a question says about time: whether it wants news, and which periods it names.

A hint, never a filter: an event is reported on its day and for some days after, so add a bonus to
articles published within a window or up to a few days later, and drop no other.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from qa.language.language import ENGLISH, Language, TimeWords

Window = tuple[datetime, datetime]
"""A period [begin, end) of whole days in UTC."""

HALF_LIFE = timedelta(days=7)
"""News turns over weekly: a report of today beats last week's two to one, one of a month is out."""
_DAY = timedelta(days=1)
_LEAP = 8  # years from one 29 February to the next, at most


@dataclass(frozen=True, slots=True)
class AskedTime:
    """``recent``: what is new is asked for. ``windows``: periods that are named, each once."""

    recent: bool = False
    windows: tuple[Window, ...] = ()


def asked_time(question: str, now: datetime, language: Language = ENGLISH) -> AskedTime:
    """Read ``question``, asked at ``now`` (aware); what it does not say clearly is left out.

    A year alone gives no window: "the 2022 World Cup" is when it was, not when it was reported.
    A day without a year (after "on" or "dated") is the last such day. Weeks start on Monday.
    """
    text, time = _without_names(question, language), language.time
    windows = dict.fromkeys(window for _, window in _named(text, now, language))
    return AskedTime(time.recent.search(text) is not None, tuple(windows))


def without_periods(question: str, now: datetime, language: Language = ENGLISH) -> str:
    """Return ``question`` without the words that name its ``windows``."""
    text = " ".join(question.split())
    for match, _ in _named(_without_names(question, language), now, language):
        blank = " " * (match.end() - match.start())  # the others stay where they were found
        text = text[: match.start()] + blank + text[match.end() :]
    return " ".join(text.split())


def _without_names(question: str, language: Language) -> str:
    """Hide what only looks like a time, at the same length."""
    text = " ".join(question.split())
    return language.time.names.sub(lambda match: "_" * len(match.group()), text)


def _named(text: str, now: datetime, language: Language) -> Iterator[tuple[re.Match[str], Window]]:
    today, time = (
        now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0),
        language.time,
    )
    for pattern, read in ((time.dates, _date), (time.periods, _period)):
        for match in pattern.finditer(text):
            window = read(match, today, time)
            if window:
                yield match, window


def freshness(published_at: datetime | None, now: datetime) -> float:
    """Return 1.0 for now (or later), half with each ``HALF_LIFE`` of age, 0.0 for unknown.

    Both moments are aware.
    """
    if published_at is None:
        return 0.0
    return float(0.5 ** (max(now - published_at, timedelta()) / HALF_LIFE))


def _date(match: re.Match[str], today: datetime, time: TimeWords) -> Window | None:
    if match["iso"]:
        return _window(*map(int, re.split("[-/]", match["iso"])))
    if match["dotted"]:  # with dots the day is first everywhere; with slashes it is not
        day_first = match["dotted"].split(".")
        return _window(*map(int, reversed(day_first)))
    name, day = match["month"], match["day"] or match["then"]
    month = time.months[name.lower()]
    if match["year"]:
        # "May 2000 people enter?", "they march 2000 miles"
        is_named = name[0].isupper() and match.start() > 0
        if day or match["before"] or is_named or name.lower() not in time.month_verbs:
            return _window(int(match["year"]), month, int(day) if day else None)
        return None
    if not day or not match["on"]:
        return None
    years = range(today.year, today.year - _LEAP - 1, -1)
    days = (_window(year, month, int(day)) for year in years)
    return next((window for window in days if window and window[0] <= today), None)


def _window(year: int, month: int, day: int | None) -> Window | None:
    """Return a day, or a whole month without one; ``None`` if no calendar has it."""
    try:
        begin = datetime(year, month, 1 if day is None else day, tzinfo=UTC)
    except ValueError:
        return None
    length = calendar.monthrange(year, month)[1] if day is None else 1
    return begin, begin + length * _DAY


def _period(match: re.Match[str], today: datetime, time: TimeWords) -> Window:
    ago, length = 0, 1
    if match["yesterday"]:
        ago = 1
    elif match["before_yesterday"]:
        ago = 2
    elif match["weekday"]:
        ago = (today.weekday() - time.weekdays[match["weekday"].lower()] - 1) % 7 + 1
    elif match["week"]:
        ago, length = today.weekday() + (0 if match["this"] else 7), 7
    elif match["month"]:
        last = today if match["this"] else today - today.day * _DAY
        length = calendar.monthrange(last.year, last.month)[1]
        ago = (today - last).days + last.day - 1
    begin = today - ago * _DAY
    return begin, begin + length * _DAY
