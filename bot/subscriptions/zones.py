"""Time zones as people write them: IANA names, cities, abbreviations and offsets (pure)."""

import difflib
import functools
import re
import zoneinfo
from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from qa.language.zones import ABBREVIATIONS

_REGIONS = {
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
}
_OFFSET = re.compile(
    r"(?P<etc>Etc/)?(?:(?:UTC|GMT|Z)\s*(?P<sign>[-+−–])|(?P<plus>\+))\s*"
    r"(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?",
    re.IGNORECASE,
)
_FARTHEST = timedelta(hours=14)
LONGEST_ZONE = 40
"""Characters of an unknown name that are compared with known zones: comparing is slow."""
_NOT_ZONES = {"Factory", "localtime"}
"""Listed as zones on some systems, but never meant by people."""


@functools.cache
def _zones() -> dict[str, str]:
    """Zones by folded name, abbreviation and city."""
    zones = sorted(zoneinfo.available_timezones() - _NOT_ZONES, key=lambda z: (z.count("/"), z))
    names = {_folded(zone): zone for zone in zones}
    names |= {_folded(each): zone for zone, some in ABBREVIATIONS.items() for each in some.split()}
    for zone in zones:
        region, _, rest = zone.partition("/")
        if region in _REGIONS:
            names.setdefault(_folded(rest.rpartition("/")[2]), zone)
    return names


def find_zone(name: str) -> str | None:
    """The IANA name of ``europe/kyiv``, ``Kyiv`` or ``MSK``; ``UTC+5:30`` for an offset from UTC.

    ``None`` if unknown.
    """
    written = " ".join(name.split())
    if (offset := _offset(written)) is not None:
        return _called(offset) if abs(offset) <= _FARTHEST else None
    return _zones().get(_folded(name))


def nearest_zone(name: str) -> str | None:
    """The zone whose name or city is spelled most like ``name``; ``None`` if none is close."""
    near = difflib.get_close_matches(_folded(name)[:LONGEST_ZONE], _zones(), 1)
    return _zones()[near[0]] if near else None


def zone_of(name: str | None) -> tzinfo:
    """The zone with a name that ``find_zone`` has returned; UTC for ``None``."""
    offset = _offset(name or "")
    return ZoneInfo(name or "UTC") if offset is None else timezone(offset)


def shown_zone(name: str | None) -> str:
    """The name of a zone for people: IANA's ``Etc/GMT+3`` is what everybody calls UTC−3."""
    offset = _offset(name or "")
    return name or "UTC" if offset is None else _called(offset).replace("-", "−")


def _offset(name: str) -> timedelta | None:
    """The offset that a name states; ``None`` if it states none."""
    found = _OFFSET.fullmatch(name)
    if found is None or int(found["minutes"] or 0) > 59:
        return None
    ahead = (found["plus"] or found["sign"]) == "+"
    if found["etc"]:  # as POSIX counts, to the west
        ahead = not ahead
    offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"] or 0))
    return offset if ahead else -offset


def _called(offset: timedelta) -> str:
    if not offset:
        return "UTC"
    sign = "-" if offset < timedelta() else "+"
    hours, minutes = divmod(int(abs(offset).total_seconds()) // 60, 60)
    return f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")


def _folded(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).casefold()
