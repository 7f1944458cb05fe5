"""Dates as feeds write them, whatever the standards say (pure).

What has several meanings is not read: a wrong date would move an entry by months.
"""

import functools
import re
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Self
from zoneinfo import ZoneInfo

from babel import Locale, localedata

from index.feeds.formats import bare_moment, iso_moment, plausible
from qa.language import codes
from qa.language.files import month_names
from qa.language.words import folded
from qa.language.zones import ABBREVIATIONS

LONGEST = 100
"""Characters; a longer text is not a date."""

_TIME = re.compile(
    r"(?<![\d.])(?<!\d:)(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?(?![\d:])"
    r"(?:\s*(?P<half>[ap])\.?m\b\.?)?"
)
_OFFSET = re.compile(
    r"\s*\(?(?:utc|gmt|z)?\s*(?P<sign>[+−-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?(?!\d)\)?"
)
_ZONE = re.compile(r"[^\W\d_]+(?:[/_+-]\w+)*")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})([-/.年년]\s?)(\d{1,2})[-/.月월]\s?(\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<![\d.])(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{4}|\d\d)(?!\d)")
_COMPACT = re.compile(r"(\d{8})(\d{6})")
_MONTH = re.compile(r"(\d{4})-?(\d\d)?")
"""A year, or a month."""
_WORD = r"(?P<month>[^\W\d_][^\s\d.,;:/()_-]*)"
_FILLER = r"[\s.,°º/-]*(?:(?:de|del|of|di|a|m|st|nd|rd|th|er)\b[\s.,]*|d['’]){0,2}"
_NAMED = [
    re.compile(rf"(?<!\d){form}")
    for form in (
        rf"(?P<day>\d{{1,2}}){_FILLER}{_WORD}{_FILLER}(?P<year>\d{{4}}|\d\d)(?!\d)",
        rf"(?P<year>\d{{4}}){_FILLER}{_WORD}{_FILLER}(?P<day>\d{{1,2}})(?!\d)",
        rf"{_WORD}[\s.]*(?P<day>\d{{1,2}})(?!\d){_FILLER}(?P<year>\d{{4}}|\d\d)(?!\d)",
    )
]
_MONTHS = 12
_SHORTEST = 3
"""Letters that are enough to tell a month."""
_CENTURY = 90  # years of two digits from here on are of the last century, as feedparser has it


@dataclass(frozen=True, slots=True)
class _Zone:
    zone: tzinfo = UTC
    abbreviation: str = ""

    def at(self, local: datetime) -> datetime:
        """Return the moment when clocks there show ``local``: in summer, too, with EST by EST."""
        for month in (1, 7):
            then = local.replace(month=month, day=1, tzinfo=self.zone)
            if then.tzname() == self.abbreviation and (offset := then.utcoffset()) is not None:
                return local.replace(tzinfo=timezone(offset))
        return local.replace(tzinfo=self.zone)


@dataclass(frozen=True, slots=True)
class Dates:
    """Reads the dates of one feed.

    ``language`` is its code, or empty. ``day_first`` says of dates such as 03/04/2026 whether this
    is the third of April; ``None`` if nothing tells.
    """

    language: str = ""
    day_first: bool | None = None

    @classmethod
    def of(cls, written: Iterable[str], language: str = "") -> Self:
        """Learn the order of day and month from all dates that a feed has ``written``."""
        firsts = [(int(found[1]), int(found[3])) for found in _unsure(written)]
        orders = {one > _MONTHS for one, other in firsts if max(one, other) > _MONTHS}
        return cls(
            re.split("[-_]", language)[0].lower(), orders.pop() if len(orders) == 1 else None
        )

    def moment(self, written: str) -> float | None:
        """Return a plausible moment in seconds since 1970; without a zone it is one in UTC."""
        written = _COMPACT.sub(r"\1T\2", " ".join(written.split())).lower()
        if not written or len(written) > LONGEST:
            return None
        if found := bare_moment(written) or iso_moment(written.upper()):
            return found
        try:
            moment = self._read(written)
            return plausible(moment.timestamp()) if moment else None
        except (ValueError, OverflowError):
            return None

    def _read(self, written: str) -> datetime | None:
        time, zone, date = timedelta(), _Zone(), written
        if found := _TIME.search(written):
            time, before, behind = _time(found), written[: found.start()], written[found.end() :]
            zone, behind = _zone(behind)
            date = f"{before} {behind}".strip()
        day = self._day(date)
        return day and zone.at(day + time)

    def _day(self, date: str) -> datetime | None:
        if found := _YEAR_FIRST.search(date):
            return datetime(int(found[1]), int(found[3]), int(found[4]))
        if found := _YEAR_LAST.search(date):
            return self._year_last(found)
        if found := _MONTH.fullmatch(date):
            return datetime(int(found[1]), int(found[2] or 1), 1)
        for form in _NAMED:
            for found in form.finditer(date):
                if month := _month(found["month"], self.language):
                    return datetime(_year(found["year"]), month, int(found["day"]))
        return None

    def _year_last(self, found: re.Match[str]) -> datetime | None:
        one, other, year = int(found[1]), int(found[3]), found[4]
        if found[2] == "-" and len(year) < len("2026"):  # which may be the day
            return None
        if found[2] == "." or one == other:  # with dots, the day always comes first
            day_first: bool | None = True
        else:
            day_first = self.day_first if max(one, other) <= _MONTHS else one > _MONTHS
        if day_first is None:
            return None
        return datetime(_year(year), *((other, one) if day_first else (one, other)))


def _unsure(written: Iterable[str]) -> Iterator[re.Match[str]]:
    for each in written:
        found = _YEAR_LAST.search(each[:LONGEST])
        if found and found[2] != ".":
            yield found


def _time(found: re.Match[str]) -> timedelta:
    """Return the time of day; 24:00 is the next day's beginning."""
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    if found["half"]:
        hour = hour % 12 + 12 * (found["half"] == "p")
    time = timedelta(hours=hour, minutes=minute, seconds=second)
    if minute > 59 or second > 60 or time > timedelta(days=1):
        raise ValueError("there is no such time")
    return time


def _year(written: str) -> int:
    year = int(written)
    return year if len(written) == 4 else year + (1900 if year >= _CENTURY else 2000)


def _zone(behind: str) -> tuple[_Zone, str]:
    """Return the zone that is named behind a time, and the rest of what stands there."""
    if offset := _OFFSET.match(behind):
        ahead = timedelta(hours=int(offset["hours"]), minutes=int(offset["minutes"] or 0))
        fixed = timezone(ahead if offset["sign"] == "+" else -ahead)
        return _Zone(fixed), behind[offset.end() :]
    for name in _ZONE.finditer(behind):
        if found := _zones().get(name[0]):
            abbreviation, key = found
            return _Zone(ZoneInfo(key), abbreviation), behind.replace(name[0], "", 1)
    return _Zone(), behind


@functools.cache
def _zones() -> Mapping[str, tuple[str, str]]:
    """Zones with the abbreviation, if it is one, by what a feed may call them, in lower case."""
    names = {each.lower(): ("", each) for each in zoneinfo.available_timezones()}
    for zone, some in ABBREVIATIONS.items():
        names |= {each.lower(): (each, zone) for each in some.split()}
    return names


@functools.lru_cache(maxsize=1000)
def _month(name: str, language: str) -> int | None:
    """Return the number of a month by its name, or the beginning of it.

    Of what names several, that of the feed's language counts, then that of larger ones.
    """
    word = folded(name)
    for some in _groups(language):
        exact = {number for each in some for number in _names(each).get(word, ())}
        found = exact or {
            number
            for each in some
            for known, numbers in _names(each).items()
            if len(name) >= _SHORTEST and known.startswith(word)
            for number in numbers
        }
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def _groups(language: str) -> Iterator[list[str]]:
    yield [each for each in (language,) if each in _locales()]
    yield ["en"]
    yield codes()
    yield _locales()


@functools.cache
def _locales() -> list[str]:
    return [each for each in localedata.locale_identifiers() if len(each) == 2]


@functools.cache
def _names(language: str) -> Mapping[str, set[int]]:
    names = {name: {number} for name, number in month_names(language).items()}
    widths = (
        kinds[width]
        for kinds in Locale.parse(language).months.values()
        for width in ("wide", "abbreviated")
    )
    for number, name in (pair for named in widths for pair in named.items()):
        word = re.split(r"[\s'’]", name.strip("."))[-1]  # "d’abril"
        names.setdefault(folded(word), set()).add(number)
    return names
