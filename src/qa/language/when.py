"""What a question says about time: whether it asks for news, and which periods it names.

This is a hint, never a filter. Events are reported on their day and for some days after, so raise
articles published within a period or a few days later, and drop no others.
"""

import calendar
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from qa.article import Span
from qa.language.language import ENGLISH, Language, TimeWords

Window = tuple[datetime, datetime]
"""A period [start, end) of whole days in UTC."""

HALF_LIFE = timedelta(days=7)
"""News turns over weekly: today's report counts twice last week's, and one a month old is out."""
_DAY = timedelta(days=1)
_LEAP = 8  # years between two 29 Februaries, at most


@dataclass(frozen=True, slots=True)
class AskedTime:
    """What a question says about time."""

    recent: bool = False
    """Whether it asks for what is new."""
    windows: tuple[Window, ...] = ()
    """The periods that it names, each once."""
    spans: tuple[Span, ...] = ()
    """Where it names them, in characters."""


def asked_time(question: str, now: datetime, language: Language = ENGLISH) -> AskedTime:
    """Read ``question``, asked at ``now`` (aware); whatever is ambiguous is left out.

    Words must be one space apart. A year alone is no window: "the 2022 World Cup" is when it was,
    not when it was reported. A day without a year (after "on" or "dated") is the last such day.
    Weeks start on Monday.
    """
    time = language.time
    text = time.names.sub(lambda match: "_" * len(match.group()), question)  # at the same length
    named = list(_named(text, now, time))
    return AskedTime(
        recent=time.recent.search(text) is not None,
        windows=tuple(dict.fromkeys(window for _, window in named)),
        spans=tuple(match.span() for match, _ in named),
    )


def without_periods(text: str, now: datetime, language: Language = ENGLISH) -> str:
    """Return ``text`` without the words that name periods, and its words one space apart."""
    plain = " ".join(text.split())
    return cut_out(plain, asked_time(plain, now, language).spans)


def cut_out(text: str, spans: Iterable[Span]) -> str:
    """Return ``text`` without ``spans``, and its words one space apart."""
    kept = list(text)
    for start, end in spans:
        kept[start:end] = " " * (end - start)
    return " ".join("".join(kept).split())


def freshness(published_at: datetime | None, now: datetime) -> float:
    """Return 1.0 for now or later, half of it for each ``HALF_LIFE`` of age, 0.0 if unknown.

    Both times are aware.
    """
    if published_at is None:
        return 0.0
    return float(0.5 ** (max(now - published_at, timedelta()) / HALF_LIFE))


def _named(text: str, now: datetime, time: TimeWords) -> Iterator[tuple[re.Match[str], Window]]:
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for pattern, read in ((time.dates, _date), (time.periods, _period)):
        for match in pattern.finditer(text):
            window = read(match, today, time)
            if window:
                yield match, window


def _date(match: re.Match[str], today: datetime, time: TimeWords) -> Window | None:
    if match["iso"]:
        return _window(*map(int, re.split("[-/]", match["iso"])))
    if match["dotted"]:  # with dots, the day always comes first; with slashes it may not
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
    """Return a day, or a whole month if ``day`` is ``None``; ``None`` if there is no such date."""
    try:
        start = datetime(year, month, 1 if day is None else day, tzinfo=UTC)
    except ValueError:
        return None
    length = calendar.monthrange(year, month)[1] if day is None else 1
    return start, start + length * _DAY


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
    start = today - ago * _DAY
    return start, start + length * _DAY
