"""What a question says about time: whether it asks for news, and which periods it names.

This is a hint, never a filter. Events are reported on their day and for some days after, so raise
articles published within a period or a few days later, and drop no others.
"""

import calendar
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from qa.article import Span
from qa.language.files import ENGLISH
from qa.language.language import Language, TimeWords
from qa.language.words import folded

Window = tuple[datetime, datetime]
"""A period [start, end) of whole days in UTC."""

HALF_LIFE = timedelta(days=7)
"""News turns over weekly: today's report counts twice last week's, and one a month old is out."""
_DAY = timedelta(days=1)
_NAMED_DAY = re.compile(r"[^\W\d_]+(?:['’ʼ-][^\W\d_]+)*")
SEASONS = ("season", "last_season")
"""The last one is over."""
_LEAP = 8  # years between two 29 Februaries, at most
FEW = 9
"""What "a few weeks" are at most."""


@dataclass(frozen=True, slots=True)
class AskedTime:
    """What a question says about time."""

    recent: bool = False
    """Whether it asks for news."""
    windows: tuple[Window, ...] = ()
    """The periods that it names, each once."""
    spans: tuple[Span, ...] = ()
    """Where it names them, in characters."""


def asked_time(question: str, now: datetime, language: Language = ENGLISH) -> AskedTime:
    """Read ``question``, asked at ``now`` (aware); whatever is ambiguous is left out.

    Words must be one space apart. A year alone is not a window: "the 2022 World Cup" says when it
    was, not when it was reported. A day or month without a year ("on 3 May", "in May") is the last
    such one, a weekday the last before today. Weeks start on Monday.
    """
    time = language.time
    text = time.names.sub(lambda match: "_" * len(match.group()), question)  # at the same length
    named = list(_named(text, now, time))
    return AskedTime(
        recent=time.recent.search(text) is not None,
        windows=tuple(dict.fromkeys(window for _, window in named)),
        spans=tuple(span for span, _ in named),
    )


def without_periods(text: str, now: datetime, language: Language = ENGLISH) -> str:
    """Return ``text`` without the words that name periods, and its words one space apart."""
    plain = " ".join(text.split())
    return cut_out(plain, asked_time(plain, now, language).spans)


def since(text: str, now: datetime, language: Language = ENGLISH) -> tuple[datetime | None, str]:
    """Return the first moment that ``text`` names, and its words without what says so.

    A bare weekday is the last such day before today, and "since March" the last March.
    """
    plain = " ".join(text.split())
    asked = asked_time(plain, now, language)
    named = [(start, span) for (start, _), span in zip(asked.windows, asked.spans, strict=False)]
    month = next(((window[0], span) for window, span in _since_months(plain, now, language)), None)
    found = min(named, default=None) or month or _bare_weekday(plain, now, language.time)
    if found is None:
        return None, plain
    start, (a, b) = found
    kept = (language.time.since.sub("", part) for part in (plain[:a], plain[b:]))
    return start, " ".join(" ".join(kept).split())


def named_periods(text: str, now: datetime, language: Language = ENGLISH) -> list[Window]:
    """Return the periods that a sentence names, and those since which it says something."""
    since_months = (window for window, _ in _since_months(text, now, language))
    begun = (_begun(match, now, language.time) for match in language.time.lasting.finditer(text))
    return [*asked_time(text, now, language).windows, *since_months, *filter(None, begun)]


def _begun(match: re.Match[str], now: datetime, time: TimeWords) -> Window | None:
    """Return when something began that has lasted for so long; a few units are up to ``FEW``."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    unit = next(unit for unit in UNITS if match[unit])
    if match["count"]:
        return UNITS[unit](today, _count(match, time))
    first, last = UNITS[unit](today, FEW), UNITS[unit](today, 1)
    return (first[0], last[1]) if first and last else None


def _since_months(text: str, now: datetime, language: Language) -> Iterator[tuple[Window, Span]]:
    """Yield the last month of each name that "since" stands beside."""
    time, today = language.time, now.astimezone(UTC)
    for word in _NAMED_DAY.finditer(text):
        month = time.months.get(folded(word.group()))
        sides = text[: word.start()], text[word.end() :]
        if month and any(map(time.since.search, sides)) and (window := _last(today, month)):
            yield window, word.span()


def _bare_weekday(text: str, now: datetime, time: TimeWords) -> tuple[datetime, Span] | None:
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for word in _NAMED_DAY.finditer(text):
        forms = folded(word.group()), folded(word.group().partition("-")[0])
        day = next((time.weekdays[each] for each in forms if each in time.weekdays), None)
        if day is not None:
            start, _ = _days_before(today, (today.weekday() - day - 1) % 7 + 1)
            return start, word.span()
    return None


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


def _named(text: str, now: datetime, time: TimeWords) -> Iterator[tuple[Span, Window]]:
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    taken: list[Span] = []
    for kind, pattern in {"date": time.dates, **time.periods}.items():
        for match in pattern.finditer(text):
            window = _read(kind, match, today, time)
            if window and not any(a < match.end() and match.start() < b for a, b in taken):
                taken.append(match.span())
                yield match.span(), window


def _read(kind: str, match: re.Match[str], today: datetime, time: TimeWords) -> Window | None:
    if kind == "date":
        return _date(match, today, time)
    if kind == "weekday":
        wanted = time.weekdays[folded(match["weekday"])]
        return _days_before(today, (today.weekday() - wanted - 1) % 7 + 1)
    if kind == "month":
        return _last(today, time.months[folded(match["month"])])
    if kind in SEASONS:
        return _season(kind, match, today, time)
    before, ago = PERIODS[kind]
    return before(today, _count(match, time) if ago is None else ago)


def _count(match: re.Match[str], time: TimeWords) -> int:
    said = match.groupdict().get("count")
    return time.counts.get(folded(said)) or int(said) if said else 1


def _date(match: re.Match[str], today: datetime, time: TimeWords) -> Window | None:
    if match["iso"]:
        return _window(*map(int, re.split("[-/]", match["iso"])))
    if match["dotted"]:  # with dots, the day always comes first; with slashes it may not
        day_first = match["dotted"].split(".")
        return _window(*map(int, reversed(day_first)))
    groups = match.groupdict()
    name, day = match["month"], match["day"] or groups.get("then")
    month = time.months[folded(name)]
    if match["year"]:
        # "May 2000 people enter?", "they march 2000 miles"
        is_named = name[0].isupper() and match.start() > 0
        if day or match["before"] or is_named or name.lower() not in time.month_verbs:
            return _window(int(match["year"]), month, int(day) if day else None)
        return None
    if not day or match["on"] is None:
        return None
    return _last(today, month, int(day))


def _last(today: datetime, month: int, day: int | None = None) -> Window | None:
    """Return the last such day, or month, that has begun."""
    years = range(today.year, today.year - _LEAP - 1, -1)
    found = (_window(year, month, day) for year in years)
    return next((window for window in found if window and window[0] <= today), None)


def _season(kind: str, match: re.Match[str], today: datetime, time: TimeWords) -> Window | None:
    """Return the last such season that has begun, or that has ended; those of the northern half.

    "Winter 2025" may be either of two.
    """
    first = 3 * time.seasons[folded(match["season"])] + 3
    if year := match.groupdict().get("year"):
        return _three_months(int(year), first) if first < 12 else None
    found = (_three_months(year, first) for year in range(today.year, today.year - 3, -1))
    return next(window for window in found if window[kind == "last_season"] <= today)


def _three_months(year: int, first: int) -> Window:
    then = first + 3
    end = datetime(year + then // 13, (then - 1) % 12 + 1, 1, tzinfo=UTC)
    return datetime(year, first, 1, tzinfo=UTC), end


def _window(year: int, month: int, day: int | None = None) -> Window | None:
    """Return a day, or a whole month if ``day`` is ``None``; ``None`` if there is no such date."""
    try:
        start = datetime(year, month, 1 if day is None else day, tzinfo=UTC)
    except ValueError:
        return None
    length = calendar.monthrange(year, month)[1] if day is None else 1
    return start, start + length * _DAY


def _days_before(today: datetime, ago: int) -> Window:
    start = today - ago * _DAY
    return start, start + _DAY


def _weeks_before(today: datetime, ago: int) -> Window:
    start = today - (today.weekday() + 7 * ago) * _DAY
    return start, start + 7 * _DAY


def _months_before(today: datetime, ago: int) -> Window | None:
    months = today.year * 12 + today.month - 1 - ago
    return _window(months // 12, months % 12 + 1)


def _years_before(today: datetime, ago: int) -> Window:
    start = datetime(today.year - ago, 1, 1, tzinfo=UTC)
    return start, start.replace(year=start.year + 1)


UNITS: Mapping[str, Callable[[datetime, int], Window | None]] = {
    "days": _days_before,
    "weeks": _weeks_before,
    "months": _months_before,
    "years": _years_before,
}
"""Return the window that is so many of each before today."""
PERIODS: Mapping[str, tuple[Callable[[datetime, int], Window | None], int | None]] = {
    "today": (_days_before, 0),
    "before_yesterday": (_days_before, 2),
    "yesterday": (_days_before, 1),
    "this_week": (_weeks_before, 0),
    "last_week": (_weeks_before, 1),
    "this_month": (_months_before, 0),
    "last_month": (_months_before, 1),
    "last_year": (_years_before, 1),
    **{f"{unit}_ago": (before, None) for unit, before in UNITS.items()},
}
"""The kinds of period that a data file may name, beside ``weekday``, ``month`` and ``SEASONS``, as
what stands so many units before today; ``None`` if a group ``count`` of the pattern says how many,
or one.
"""
