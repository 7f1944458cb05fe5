"""Times of day in time zones (pure). A time of day is minutes after midnight."""

import itertools
import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from bot.subscriptions.model import Timetable
from bot.subscriptions.zones import zone_of

_TIME = re.compile(r"(\d{1,2})(?:[:.](\d\d))?(?:\s*([ap])\.?m\.?)?(?![\w:.])\s*", re.IGNORECASE)
"""As people write it: ``8``, ``8.30``, ``8am``, ``8:30 p.m.``"""
_DASH = re.compile(r"[-–—]\s*")
_MINUTE = timedelta(minutes=1)


def time_of_day(text: str) -> tuple[int | None, str]:
    """The time that ``text`` starts with, ``None`` if there is none, and the rest of the text."""
    written = _TIME.match(text)
    if written is None:
        return None, text
    hour, minute, half = int(written[1]), int(written[2] or 0), (written[3] or "").casefold()
    if minute > 59 or not (1 <= hour <= 12 if half else hour <= 23):
        return None, text
    if half:
        hour = hour % 12 + 12 * (half == "p")
    return hour * 60 + minute, text[written.end() :]


def time_span(text: str) -> tuple[tuple[int, int] | None, str]:
    """Begin and end of a span such as ``22:00-07:00`` at the start of ``text``, and the rest.

    ``None`` if there is no span, or if it begins and ends at the same time.
    """
    begin, rest = time_of_day(text)
    dash = _DASH.match(rest)
    if begin is None or dash is None:
        return None, text
    end, rest = time_of_day(rest[dash.end() :])
    if end is None or end == begin or _DASH.match(rest):
        return None, text
    return (begin, end), rest


def clock(minutes: int) -> str:
    """Such as ``08:00``."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def next_moment(minutes: int, zone: str | None, after: float) -> float:
    """The first time after ``after`` when it is ``minutes`` in ``zone`` (UTC if ``None``).

    Both are seconds since the epoch. For a time that the clocks skip, it is the first one after the
    gap; if a time comes twice in a day, it is the first.
    """
    local = zone_of(zone)
    today = datetime.fromtimestamp(after, local).date()
    moments = (_moment(minutes, local, today + timedelta(days)) for days in itertools.count())
    return next(moment for moment in moments if moment > after)


def _moment(minutes: int, zone: tzinfo, day: date) -> float:
    wall = datetime.combine(day, time(*divmod(minutes, 60)))
    while True:
        moment = wall.replace(tzinfo=zone).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == wall:
            return moment.timestamp()
        wall += _MINUTE


def lies_in(span: tuple[int, int], minutes: int) -> bool:
    """Whether a time of day is in a span, which may cross midnight."""
    begin, end = span
    return begin <= minutes < end if begin < end else minutes >= begin or minutes < end


def quiet_until(quiet: tuple[int, int], zone: str | None, now: float) -> float | None:
    """When the current quiet hours end; ``None`` if ``now`` is not in quiet hours."""
    # Compare moments, not clock times: when clocks go back, some clock times come twice.
    begin, end = (next_moment(minutes, zone, now) for minutes in quiet)
    return end if end < begin else None


def at_next_moment(timetable: Timetable, now: float) -> Timetable:
    """``timetable`` with its next digest after ``now``; no next digest if it has no digests."""
    if timetable.digest_at is None:
        return replace(timetable, next_digest_at=None)
    return replace(timetable, next_digest_at=next_moment(timetable.digest_at, timetable.zone, now))


def with_digest(timetable: Timetable, at: int, zone: str | None, now: float) -> Timetable:
    """A digest every day at ``at``; ``zone`` of ``None`` keeps the current zone."""
    changed = replace(timetable, digest_at=at, zone=zone or timetable.zone)
    return at_next_moment(changed, now)


def without_digest(timetable: Timetable, now: float) -> Timetable:
    """No digests from now on; what was collected comes in one last digest right away."""
    if timetable.digest_at is None:
        return timetable
    return replace(timetable, digest_at=None, next_digest_at=now)


def with_quiet(
    timetable: Timetable, quiet: tuple[int, int], zone: str | None, now: float
) -> Timetable:
    """Quiet hours from now on; ``zone`` of ``None`` keeps the current zone."""
    changed = replace(timetable, quiet=quiet, zone=zone or timetable.zone)
    if changed.digest_at is None or changed.zone == timetable.zone:
        return changed
    return at_next_moment(changed, now)  # in another zone, the same time is another moment
