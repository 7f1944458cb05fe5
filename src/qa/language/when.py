"""What a question says about time: whether it wants news, and which periods it names.

A hint, never a filter: an event is reported on its day and for some days after, so add a bonus to
articles published within a window or up to a few days later, and drop no other.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

Window = tuple[datetime, datetime]
"""A period [begin, end) of whole days in UTC."""

HALF_LIFE = timedelta(days=7)
"""News turns over weekly: a report of today beats last week's two to one, one of a month is out."""
_DAY = timedelta(days=1)
_LEAP = 8  # years from one 29 February to the next, at most
_MONTHS = {name.lower(): n for n, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name[:3]: n for name, n in _MONTHS.items()} | {"sept": 9}
_VERBS = {"may", "march"}
_WEEKDAYS = {name.lower(): n for n, name in enumerate(calendar.day_name)}
_WEEKDAY = "|".join(_WEEKDAYS)
# ASCII only: "ſ" would else match "s", and "٣" be a digit, that no table here holds.
_FLAGS = re.IGNORECASE | re.ASCII

# Capitals within a sentence are a name: USA Today, "Yesterday", Apocalypse Now, Last Week Tonight.
_NAMES = re.compile(
    r"(?:(?<=[^\s.?!:] )|(?<=['\"‘“]))(?:Today|Tonight|Yesterday|Now)\b"
    r"|\b(?:This|Last) (?:Week|Month|Night|Morning|Afternoon|Evening)\b"
)
# After "the" a current may be one of water; before these words it is.
_FLOW = (
    "(?:in|of|through|and|or|at|to|is|was|that|which|when|between|from|along|across|off|on"
    r"|flow\w*|carr\w+|runs?|moves?|pass\w*|density|electricity|account|source|gain|divider)"
)
_RECENT = re.compile(
    r"\b(?:(?:(?<!at the )latest(?! possible)|newest|recently|currently|lately|nowadays|these days"
    r"|recent(?! (?:history|years|decades|century|centuries|times|past|memory|common))"
    r"|(?:right|just|as of) now|now(?=[ ?!.]*$)|at the moment|up[ -]to[ -]date"
    r"|today|tonight|yesterday|last night|this (?:week|weekend|month|morning|afternoon|evening)"
    r"|so far (?:today|this)|(?:an|any|some) updates? (?:on|about)|anything new|any news"
    r"|the (?:past|last) (?:few |[0-9]{1,2} )?(?:hours|days|weeks?)\b(?! of)"
    r"|breaking (?:news|story|stories|headlines|developments)"
    r"|what(?:['’]s| is) new(?= (?:on|about|in|with)\b|[ ?]*$))\b"
    rf"|(?:the|its|their|his|her|our|whose|(?<=['’])s) current (?!{_FLOW}\b)\w)",
    _FLAGS,
)
# One pattern for all, so that what is read as a day is not read again as a month.
_DATES = re.compile(
    r"(?<![0-9-])(?P<iso>[12][0-9]{3}[-/][0-9]{2}[-/][0-9]{2})(?![-/]?[0-9])"
    r"|(?<![0-9.])(?P<dotted>[0-9]{1,2}\.[0-9]{1,2}\.[12][0-9]{3})(?!\.?[0-9])"
    rf"|\b(?:(?P<on>on|dated|in|of|since|during|from|until|by) (?:(?:{_WEEKDAY}),? )?"
    r"(?:the (?=[0-9]))?)?"
    r"(?:(?P<day>[0-9]{1,2})(?:st|nd|rd|th)? (?:of )?)?"
    rf"\b(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
    r"(?: (?:the )?(?P<then>[0-9]{1,2})(?:st|nd|rd|th)?\b)?"
    r"(?:(?: ?, ?| of | )(?P<year>[12][0-9]{3})\b|(?! ?,? ?[0-9]{4}))",
    _FLAGS,
)
_PERIODS = re.compile(
    r"\b(?:(?P<day>today|tonight|this (?:morning|afternoon|evening)"
    r"|(?P<back>(?:(?P<two>day before )?yesterday|last night)))"
    # "The last week of the war" and "his last month" are of another time.
    r"|(?P<which>this|(?<!the |his |her |its )last) (?P<unit>week|month)"
    rf"|(?<!the |his |her |its )last (?P<weekday>{_WEEKDAY}))\b(?! of\b)",
    _FLAGS,
)


@dataclass(frozen=True, slots=True)
class AskedTime:
    """``recent``: what is new is asked for. ``windows``: periods that are named, each once."""

    recent: bool = False
    windows: tuple[Window, ...] = ()


def asked_time(question: str, now: datetime) -> AskedTime:
    """Read ``question``, asked at ``now`` (aware); what it does not say clearly is left out.

    A year alone gives no window: "the 2022 World Cup" is when it was, not when it was reported.
    A day without a year (after "on" or "dated") is the last such day. Weeks start on Monday.
    """
    text = _without_names(question)
    windows = dict.fromkeys(window for _, window in _named(text, now))
    return AskedTime(_RECENT.search(text) is not None, tuple(windows))


def without_periods(question: str, now: datetime) -> str:
    """Return ``question`` without the words that name its ``windows``."""
    text = " ".join(question.split())
    for match, _ in _named(_without_names(question), now):
        blank = " " * (match.end() - match.start())  # the others stay where they were found
        text = text[: match.start()] + blank + text[match.end() :]
    return " ".join(text.split())


def _without_names(question: str) -> str:
    """Hide what only looks like a time, at the same length."""
    text = " ".join(question.split())
    return _NAMES.sub(lambda match: "_" * len(match.group()), text)


def _named(text: str, now: datetime) -> Iterator[tuple[re.Match[str], Window]]:
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for pattern, read in ((_DATES, _date), (_PERIODS, _period)):
        for match in pattern.finditer(text):
            window = read(match, today)
            if window:
                yield match, window


def freshness(published_at: datetime | None, now: datetime) -> float:
    """Return 1.0 for now (or later), half with each ``HALF_LIFE`` of age, 0.0 for unknown.

    Both moments are aware.
    """
    if published_at is None:
        return 0.0
    return float(0.5 ** (max(now - published_at, timedelta()) / HALF_LIFE))


def _date(match: re.Match[str], today: datetime) -> Window | None:
    if match["iso"]:
        return _window(*map(int, re.split("[-/]", match["iso"])))
    if match["dotted"]:  # with dots the day is first everywhere; with slashes it is not
        day_first = match["dotted"].split(".")
        return _window(*map(int, reversed(day_first)))
    name, on, day = match["month"], (match["on"] or "").lower(), match["day"] or match["then"]
    month = _MONTHS[name.lower()]
    if match["year"]:
        # "May 2000 people enter?", "they march 2000 miles"
        noun = name.lower() not in _VERBS or on or (name[0].isupper() and match.start() > 0)
        return (
            _window(int(match["year"]), month, int(day) if day else None) if day or noun else None
        )
    if not day or on not in ("on", "dated"):
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


def _period(match: re.Match[str], today: datetime) -> Window:
    this, length = (match["which"] or "").lower() == "this", 1
    if match["day"]:
        ago = 2 if match["two"] else 1 if match["back"] else 0
    elif match["weekday"]:
        ago = (today.weekday() - _WEEKDAYS[match["weekday"].lower()] - 1) % 7 + 1
    elif match["unit"].lower() == "week":
        ago, length = today.weekday() + (0 if this else 7), 7
    elif this:
        ago, length = today.day - 1, calendar.monthrange(today.year, today.month)[1]
    else:
        length = (today - today.day * _DAY).day
        ago = today.day - 1 + length
    begin = today - ago * _DAY
    return begin, begin + length * _DAY
