"""Formats of feed documents. Readers return the same JSON values for each of them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

MOST_ENTRIES = 500
"""Entries that are read, the newest ones; the rest of a longer document is skipped. Where the dates
do not tell which these are, half are from its top and half from its end: new ones are at either."""

_FIRST, _LAST = 681_436_800, 4_102_444_800
"""Seconds since 1970: from August 1991, when the web opened, to 2100. Others are ignored."""
_NUMBER = re.compile(r"\d{1,15}")
_BARE = re.compile(r"\s*(\d{9,10}|\d{12,13})(?:\.\d*)?\s*")


def plausible(seconds: float | None) -> float | None:
    """Return a moment, in seconds since 1970, or ``None`` if nothing was published then."""
    return seconds if seconds is not None and _FIRST <= seconds < _LAST else None


def bare_moment(written: str) -> float | None:
    """Return a plausible moment that is written in bare seconds or milliseconds since 1970."""
    bare = _BARE.fullmatch(written)
    if bare is None:
        return None
    return plausible(int(bare[1]) / (1000 if len(bare[1]) > 10 else 1))


def iso_moment(written: str) -> float | None:
    """Return a plausible moment that is written as ISO 8601 says."""
    try:
        read = datetime.fromisoformat(written) if written else None
        # Without an offset it is UTC, as in other feeds, not the local time of this computer.
        moment = (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp() if read else None
    except (ValueError, OverflowError):
        return None
    return plausible(moment)


def is_oldest_first(dates: Sequence[float | None], names: Sequence[str]) -> bool:
    """Whether most of a document's entries are newer than the one above them.

    One that is does not tell: a post can be dated when it was begun. Where there are no dates, the
    numbers of all entries tell, which are in their ``names``: ids, addresses or titles.
    """
    return _rise(dates, names) > 1


def from_top(dates: Sequence[float | None], names: Sequence[str], count: int) -> int:
    """Return how many of the ``count`` entries to read stand at the top; the rest are at the end.

    ``dates`` and ``names`` are those of the document, or of a sample, from top to end.
    """
    rise = _rise(dates, names)
    return 0 if rise > 1 else count if rise < -1 else count // 2


def _rise(dates: Sequence[float | None], names: Sequence[str]) -> int:
    known = [date for date in dates if date is not None]
    if len(set(known)) > 1:
        return sum(_steps(known))
    numbers = [int(found[-1]) for name in names if (found := _NUMBER.findall(name))]
    steps = _steps(numbers)
    return sum(steps) if len(set(steps)) == 1 and len(numbers) == len(names) else 0


def _steps(values: Sequence[float]) -> list[int]:
    return [(below > above) - (below < above) for above, below in pairwise(values)]
