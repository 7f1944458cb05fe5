"""Which articles tell the same story: the text of one agency in several papers, whole or in part.

Texts are compared by the runs of five words that they share. Whom to compare with is found by
MinHash: texts that share many runs have a *band*, a few least hashes, in common. Bands lie in a
table, and go when an article can have no more twins.
"""

import functools
import sqlite3
import zlib
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from qa.passages import as_json
from qa.words import words

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
"""Texts that share half of their runs meet with a probability of .999, a twentieth .06. Each band
more is a page of the database more that an article writes."""
_CANDIDATES = 3
"""Texts that are compared, those with the most bands in common: a copy has many."""

Runs = frozenset[str]


@dataclass(frozen=True, slots=True)
class Signature:
    """What tells a text from others: its runs of words, and 64-bit keys of its bands."""

    runs: Runs
    bands: list[int]


def sign(text: str) -> Signature:
    """Return the signature of an article's text."""
    own = runs(text)
    return Signature(own, bands(own))


def runs(text: str) -> Runs:
    """Return the runs of five words in ``text``; of a short one, all its words as one run."""
    found = words(text)
    length = _RUN if len(found) >= SHORT else max(len(found), 1)
    return frozenset(map(" ".join, zip(*(found[n:] for n in range(length)), strict=False)))


def overlap(one: Runs, other: Runs) -> float:
    """Share (0..1) of the runs of the smaller text that the larger one has, too."""
    return len(one & other) / (min(len(one), len(other)) or 1)


def bands(of: Runs) -> list[int]:
    """Return 64-bit keys; texts that share half of their runs have at least one in common."""
    if not of:
        return []
    sketch = _empty_sketch().copy()
    sketch.update_batch([run.encode() for run in of])
    least = sketch.hashvalues.astype("<u4").reshape(_BANDS, _ROWS)
    return [_key(number, band.tobytes()) for number, band in enumerate(least)]


@functools.cache
def _empty_sketch() -> "MinHash":
    from datasketch import MinHash  # brings half a second of scipy, which no question needs

    # The library's own hash takes most of the time of adding an article.
    return MinHash(_BANDS * _ROWS, seed=1, hashfunc=zlib.crc32, scheme="affine32")


def _key(number: int, band: bytes) -> int:
    digest = blake2b(band, digest_size=8, salt=number.to_bytes(2, "little")).digest()
    return int.from_bytes(digest, "little", signed=True)


def members(db: sqlite3.Connection, number: int) -> list[int]:
    """Numbers of the articles that tell the story of article ``number``, in order."""
    sql = """
        WITH first (number) AS (SELECT ifnull(story, number) FROM articles WHERE number = ?)
        SELECT articles.number FROM articles, first
        WHERE articles.number = first.number OR articles.story = first.number
        ORDER BY articles.number
    """
    return [row[0] for row in db.execute(sql, (number,))]


def assign(db: sqlite3.Connection, number: int, own: Signature, now: float) -> None:
    """Give article ``number``, which came in or changed, its story.

    One that tells a story with others already keeps it, so that nobody is told of it anew.
    """
    _forget(db, now)
    if len(members(db, number)) == 1:
        _join(db, number, _twin_story(db, number, own))
    db.execute("DELETE FROM story_bands WHERE article = ?", (number,))
    keys = [(band, number) for band in own.bands]
    db.executemany("INSERT OR IGNORE INTO story_bands VALUES (?, ?)", keys)


def _join(db: sqlite3.Connection, number: int, twins_story: int | None) -> None:
    first = min(number, twins_story or number)
    db.execute("UPDATE articles SET story = ? WHERE number = ?", (first, number))
    if twins_story is not None and first != twins_story:
        sql = "UPDATE articles SET story = ? WHERE story = ? OR number = ?"
        db.execute(sql, (first, twins_story, twins_story))


def _twin_story(db: sqlite3.Connection, number: int, own: Signature) -> int | None:
    """Return the story of the article most like ``number``, ``None`` if none is like enough."""
    sql = """
        SELECT ifnull(story, number), text FROM articles JOIN (
            SELECT article, count(*) AS shared FROM story_bands
            WHERE band IN (SELECT value FROM json_each(?)) AND article != ?
            GROUP BY article ORDER BY shared DESC, article LIMIT ?
        ) ON article = articles.number ORDER BY shared DESC, article
    """
    candidates = db.execute(sql, (*as_json(own.bands), number, _CANDIDATES)).fetchall()
    near = [(overlap(own.runs, runs(text)), story) for story, text in candidates]
    share, story = max(near, default=(0.0, 0), key=lambda found: found[0])
    return story if share >= SAME else None


def pass_on(db: sqlite3.Connection, removed: int) -> None:
    """Let a story whose first article was ``removed`` begin with the next one."""
    sql = """
        UPDATE articles SET story = (SELECT min(number) FROM articles WHERE story = :removed)
        WHERE story = :removed
    """
    db.execute(sql, {"removed": removed})


def _forget(db: sqlite3.Connection, now: float) -> None:
    sql = """
        DELETE FROM story_bands WHERE article < (
            SELECT number FROM articles WHERE added_at >= ? ORDER BY added_at, number LIMIT 1
        )
    """
    db.execute(sql, (now - DAYS * 86_400,))
