"""What a question says about the article that it wants: its source, title, date, newness."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from qa.article import Article
from qa.words import words

HALF_LIFE = timedelta(days=7)
"""News of last week counts half as much as that of today, when news is asked for."""
ECHO = timedelta(days=3)
"""An event is still reported so long after its day."""
SHORTEST_TITLE = 3
"""Words of a title that a question can name by chance if it has fewer."""
SOURCE, TITLE, DATE = 1.0, 1.0, 0.5

Window = tuple[datetime, datetime]

_MONTHS = {name.lower(): n for n, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): n for n, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
_DAYS = {name.lower(): n for n, name in enumerate(calendar.day_name)}
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
# A month alone is no date ("may", "march"), nor is a year: it is that of the event.
_DATES = [
    re.compile(pattern, re.IGNORECASE | re.ASCII)
    for pattern in (
        r"\b(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)\b",
        rf"\b{_DAY} (?:of )?{_MONTH},? {_YEAR}\b",
        rf"\b{_MONTH} {_DAY},? {_YEAR}\b",
        rf"\b{_MONTH},? (?:of )?{_YEAR}\b",
        rf"\b(?:on|since|until|by) {_DAY} (?:of )?{_MONTH}(?!,? \d)",
        rf"\b(?:on|since|until|by) {_MONTH} {_DAY}\b(?!,? \d)",
    )
]
_RELATIVE = re.compile(
    r"\b(?:(?P<near>today|tonight|yesterday)|(?P<which>this|last) (?P<unit>week|month)"
    rf"|last (?P<weekday>{'|'.join(_DAYS)}))\b",
    re.IGNORECASE,
)
_RECENT = re.compile(
    r"\b(?:latest|newest|most recent|recently|currently|right now|breaking|so far (?:today|this)"
    r"|today|tonight|yesterday|this (?:week|month)|(?:any|what is|what's) new(?:s)? (?:on|about|in)"
    r"|up to date|these days)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Hints:
    """Read out of one question; ``windows`` are periods [begin, end) that it names."""

    text: str = ""
    title_words: str = ""
    recent: bool = False
    windows: tuple[Window, ...] = ()
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def fit(self, article: Article) -> float:
        """How well ``article`` fits: 0 when nothing was said that fits it, about 1 when it does."""
        return (
            SOURCE * self.names_source(article)
            + TITLE * self._names_title(article)
            + DATE * self._in_window(article.published_at)
            + (freshness(article.published_at, self.now) if self.recent else 0.0)
        )

    def names_source(self, article: Article) -> bool:
        """Whether the question has the source's name, spelt with its capitals."""
        source = (article.source or "").strip()
        if not source or source not in self.text:
            return False
        return re.search(rf"(?<!\w){re.escape(source)}(?!\w)", self.text) is not None

    def _names_title(self, article: Article) -> bool:
        title = words(article.title)
        return len(title) >= SHORTEST_TITLE and f" {' '.join(title)} " in self.title_words

    def _in_window(self, published: datetime | None) -> bool:
        moment = _aware(published)
        return moment is not None and any(a <= moment < b + ECHO for a, b in self.windows)


def read_hints(question: str, now: datetime | None = None) -> Hints:
    """Read ``question``, asked at ``now`` (aware; the present by default)."""
    asked = now or datetime.now(UTC)
    return Hints(
        text=question,
        title_words=f" {' '.join(words(question))} ",
        recent=_RECENT.search(question) is not None,
        windows=tuple({*_dates(question, asked), *_relative(question, asked)}),
        now=asked,
    )


def freshness(published: datetime | None, now: datetime) -> float:
    """Halve with each ``HALF_LIFE`` since ``published``: 1 now, 0 where the date is unknown."""
    moment = _aware(published)
    if moment is None:
        return 0.0
    age = max(now - moment, timedelta())
    return float(0.5 ** (age / HALF_LIFE))


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _dates(text: str, now: datetime) -> Iterator[Window]:
    read: list[tuple[int, int]] = []
    for pattern in _DATES:
        for match in pattern.finditer(text):
            # A whole date is also a month of a year, which must not be read again.
            if any(match.start() < end and begin < match.end() for begin, end in read):
                continue
            read.append(match.span())
            window = _window(match.groupdict(), now)
            if window is not None:
                yield window


def _window(found: dict[str, str | None], now: datetime) -> Window | None:
    """Return the day or month that was found; ``None`` for a day that no calendar has."""
    name, day = found["month"] or "", found.get("day")
    month = int(name) if name.isdecimal() else _MONTHS[name.lower()]
    try:
        if found.get("year") is None:  # the last such day
            begin = datetime(now.year, month, int(day or 1), tzinfo=UTC)
            begin = begin if begin <= now else begin.replace(year=now.year - 1)
        else:
            begin = datetime(int(found["year"] or 0), month, int(day or 1), tzinfo=UTC)
    except ValueError:
        return None
    length = 1 if day else calendar.monthrange(begin.year, month)[1]
    return begin, begin + timedelta(days=length)


def _relative(text: str, now: datetime) -> Iterator[Window]:
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    week = today - timedelta(days=today.weekday())
    month = today.replace(day=1)
    for match in _RELATIVE.finditer(text):
        near, which = (match["near"] or "").lower(), (match["which"] or "").lower()
        if match["weekday"]:
            back = (today.weekday() - _DAYS[match["weekday"].lower()] - 1) % 7 + 1
            yield today - timedelta(days=back), today - timedelta(days=back - 1)
        elif near:
            begin = today - timedelta(days=near == "yesterday")
            yield begin, begin + timedelta(days=1)
        elif match["unit"].lower() == "week":
            yield (
                (week, today + timedelta(days=1))
                if which == "this"
                else (
                    week - timedelta(days=7),
                    week,
                )
            )
        else:
            before = (month - timedelta(days=1)).replace(day=1)
            yield (month, today + timedelta(days=1)) if which == "this" else (before, month)
