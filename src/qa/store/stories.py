"""Which articles tell the same story: the text of one agency in several papers, whole or in part.

Texts are compared by the runs of five words that they share. Whom to compare with is found by
MinHash: texts that share many runs have a *band*, two least hashes, in common. The bands of an
article are its *sketch*. Sketches are searched in memory and go when their article can have no more
twins.
"""

import functools
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qa.language import ENGLISH

if TYPE_CHECKING:
    from datasketch import MinHash

DAYS = 14
"""So long after an article came in, others may still be found to tell the same."""
SAME = 0.6
"""Two texts tell the same if the one with fewer runs of words shares so many of them. Copies share
nearly all, different articles hardly any (``scripts/stories.py``): the room between is left to the
reports of one event that repeat its background."""
SHORT = 30
"""Words; a shorter text tells the same only as one that is equal."""

_RUN = 5
_BANDS, _ROWS = 24, 2
"""Texts that share half of their runs meet with a probability of .999, a twentieth .06."""
_MIX = np.uint32(0x9E3779B1)
_CANDIDATES = 3
"""Texts that are compared, those with the most bands in common: a copy has many."""

Runs = frozenset[str]
Sketch = NDArray[np.uint32]
"""Shape (24,), as it is stored: 4 bytes each, little-endian."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What tells a text from others. A text without words has no sketch."""

    runs: Runs
    sketch: Sketch | None


def sign(text: str) -> Signature:
    """Return the signature of an article's text."""
    own = runs(text)
    return Signature(own, sketch(own) if own else None)


def runs(text: str) -> Runs:
    """Return the runs of five words in ``text``; of a short one, all its words as one run."""
    found = ENGLISH.words(text)
    length = _RUN if len(found) >= SHORT else max(len(found), 1)
    return frozenset(map(" ".join, zip(*(found[n:] for n in range(length)), strict=False)))


def overlap(one: Runs, other: Runs) -> float:
    """Share (0..1) of the runs of the smaller text that the larger one has, too."""
    return len(one & other) / (min(len(one), len(other)) or 1)


def sketch(of: Runs) -> Sketch:
    """Return the bands; sets that share half of their runs have at least one in common."""
    minima = _empty_sketch().copy()
    minima.update_batch([run.encode() for run in of])
    one, other = minima.hashvalues.astype(np.uint32).reshape(_BANDS, _ROWS).T
    bands: Sketch = one * _MIX + other
    return bands


@functools.cache
def _empty_sketch() -> "MinHash":
    from datasketch import MinHash  # brings half a second of scipy, which no question needs

    # The library's own hash takes most of the time of adding an article.
    return MinHash(_BANDS * _ROWS, seed=1, hashfunc=zlib.crc32, scheme="affine32")


class Sketches:
    """The sketches of recent articles, as they were read from one database.

    They are looked up by whoever writes, of whom there is one at a time. That some may have changed
    since or are gone does no harm: texts are compared in the database.
    """

    def __init__(self) -> None:
        """Read nothing yet."""
        self._read_to = 0
        self._blocks: list[tuple[Sketch, NDArray[np.int64]]] = []
        """Bands (n,) in order, and the articles (n,) that have them; larger blocks come first."""

    def near(self, db: sqlite3.Connection, own: Sketch, oldest: int) -> list[int]:
        """Numbers of the articles that share bands with ``own``, those that share most first.

        Only those from number ``oldest`` on.
        """
        self._follow(db, oldest)
        found: Counter[int] = Counter()
        for bands, articles in self._blocks:
            begins = np.searchsorted(bands, own, "left").tolist()
            ends = np.searchsorted(bands, own, "right").tolist()
            for begin, end in zip(begins, ends, strict=True):
                if begin < end:
                    found.update(articles[begin:end].tolist())
        kept = (number for number in found if number >= oldest)
        return sorted(kept, key=lambda number: (-found[number], number))

    def _follow(self, db: sqlite3.Connection, oldest: int) -> None:
        sql = "SELECT number, article, bands FROM sketches WHERE number > ? ORDER BY number"
        rows = db.execute(sql, (self._read_to,)).fetchall()
        if not rows:
            return
        bands = np.frombuffer(b"".join(row[2] for row in rows), "<u4").astype(np.uint32)
        articles = np.repeat(np.array([row[1] for row in rows], np.int64), _BANDS)
        # One by one, a hundred thousand sketches would be copied as often as articles come in.
        while self._blocks and len(self._blocks[-1][0]) <= len(bands):
            before = self._blocks.pop()
            kept = before[1] >= oldest
            bands = np.concatenate((before[0][kept], bands))
            articles = np.concatenate((before[1][kept], articles))
        order = np.argsort(bands, kind="stable")
        self._blocks.append((bands[order], articles[order]))
        self._read_to = rows[-1][0]


def members(db: sqlite3.Connection, number: int) -> list[int]:
    """Numbers of the articles that tell the story of article ``number``, in order."""
    sql = """
        WITH first (number) AS (SELECT ifnull(story, number) FROM articles WHERE number = ?)
        SELECT articles.number FROM articles, first
        WHERE articles.number = first.number OR articles.story = first.number
        ORDER BY articles.number
    """
    return [row[0] for row in db.execute(sql, (number,))]


def assign(
    db: sqlite3.Connection, number: int, own: Signature, sketches: Sketches, now: float
) -> None:
    """Give article ``number``, which came in or changed, its story.

    One that tells a story with others already keeps it, so that nobody is told of it anew.
    """
    oldest = _oldest(db, now) or number
    db.execute("DELETE FROM sketches WHERE article < ?", (oldest,))
    if own.sketch is None:
        db.execute("DELETE FROM sketches WHERE article = ?", (number,))
        return
    if len(members(db, number)) == 1:
        near = sketches.near(db, own.sketch, oldest)
        _join(db, number, _twin_story(db, number, own.runs, near))
    # A replaced row gets a new number, so that everybody who follows the table sees it.
    sql = "INSERT OR REPLACE INTO sketches (article, bands) VALUES (?, ?)"
    db.execute(sql, (number, own.sketch.astype("<u4").tobytes()))


def _join(db: sqlite3.Connection, number: int, twins_story: int | None) -> None:
    first = min(number, twins_story or number)
    db.execute("UPDATE articles SET story = ? WHERE number = ?", (first, number))
    if twins_story is not None and first != twins_story:
        sql = "UPDATE articles SET story = ? WHERE story = ? OR number = ?"
        db.execute(sql, (first, twins_story, twins_story))


def _twin_story(db: sqlite3.Connection, number: int, own: Runs, near: Iterable[int]) -> int | None:
    """Return the story of the article most like ``number``, ``None`` if none is like enough."""
    candidates = islice(_texts(db, (each for each in near if each != number)), _CANDIDATES)
    shares = [(overlap(own, runs(text)), story) for story, text in candidates]
    share, story = max(shares, default=(0.0, 0), key=lambda found: found[0])
    return story if share >= SAME else None


def _texts(db: sqlite3.Connection, numbers: Iterable[int]) -> Iterator[tuple[int, str]]:
    for number in numbers:
        sql = "SELECT ifnull(story, number), text FROM articles WHERE number = ?"
        yield from db.execute(sql, (number,)).fetchall()


def pass_on(db: sqlite3.Connection, removed: int) -> None:
    """Let a story whose first article was ``removed`` begin with the next one."""
    sql = """
        UPDATE articles SET story = (SELECT min(number) FROM articles WHERE story = :removed)
        WHERE story = :removed
    """
    db.execute(sql, {"removed": removed})


def _oldest(db: sqlite3.Connection, now: float) -> int | None:
    sql = "SELECT number FROM articles WHERE added_at >= ? ORDER BY added_at, number LIMIT 1"
    row = db.execute(sql, (now - DAYS * 86_400,)).fetchone()
    return row[0] if row else None
