"""Near duplicates: articles of one story, such as an agency's text in several newspapers.

Articles of one stream, such as a feed, are different stories: each entry is another event. Texts of
different streams are compared by their shingles, runs of five words, and by what tells texts of one
form apart (``forms``). Candidates are found by MinHash and LSH:
texts that share many runs have a *band*, two minimum hashes, in common. The bands of an article
are its *sketch*. Sketches are searched in memory and dropped once their article is too old to be
matched.
"""

import functools
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qa.article import Article
from qa.language import ENGLISH
from qa.store.database import Connection
from qa.store.forms import differ

if TYPE_CHECKING:
    from datasketch import MinHash

DAYS = 14
"""For this many days after an article is added, others can join its story."""
SAME = 0.6
"""Two texts are one story if the one with fewer runs shares at least this part of them. Copies
share nearly all, different articles hardly any (``scripts/stories.py``); reports of one event that
repeat its background lie in between."""
SHORT = 30
"""In words; a shorter text is the same story only as an equal text."""

_RUN = 5
_BANDS, _ROWS = 24, 2
"""Texts that share half of their runs share a band with probability .999, a twentieth .06."""
_MIX = np.uint32(0x9E3779B1)
_CANDIDATES = 3
"""How many texts are compared, those with most bands in common: a copy has many."""

Runs = frozenset[str]
Sketch = NDArray[np.uint32]
"""Shape (24,), as it is stored: 4 bytes each, little-endian."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Runs and sketch of a text. A text without words has no sketch."""

    runs: Runs
    sketch: Sketch | None


def sign(text: str) -> Signature:
    """Return the signature of an article's text."""
    own = runs(text)
    return Signature(own, sketch(own) if own else None)


def runs(text: str) -> Runs:
    """Return the runs of five words in ``text``; all words of a short text are one run."""
    found = ENGLISH.words(text)
    length = _RUN if len(found) >= SHORT else max(len(found), 1)
    return frozenset(map(" ".join, zip(*(found[n:] for n in range(length)), strict=False)))


def overlap(one: Runs, other: Runs) -> float:
    """Return the share (0..1) of the smaller text's runs that the larger one has, too."""
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
    from datasketch import MinHash  # loads scipy for half a second, which no question needs

    # The library's default hash would take most of the time of adding an article.
    return MinHash(_BANDS * _ROWS, seed=1, hashfunc=zlib.crc32, scheme="affine32")


class SketchIndex:
    """The sketches of recent articles, as read from one database.

    Only the current writer searches them. Stale sketches do no harm, since texts are compared in
    the database.
    """

    def __init__(self) -> None:
        """Read nothing yet."""
        self._read_to = 0
        self._blocks: list[tuple[Sketch, NDArray[np.int64]]] = []
        """Sorted bands (n,) and the articles (n,) that have them; larger blocks come first."""

    def near(self, db: Connection, own: Sketch, oldest: int) -> list[int]:
        """Return the numbers of articles that share bands with ``own``, most shared bands first.

        Articles before number ``oldest`` are left out.
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

    def _follow(self, db: Connection, oldest: int) -> None:
        sql = "SELECT number, article, bands FROM sketches WHERE number > ? ORDER BY number"
        rows = db.execute(sql, (self._read_to,)).fetchall()
        if not rows:
            return
        bands = np.frombuffer(b"".join(row[2] for row in rows), "<u4").astype(np.uint32)
        articles = np.repeat(np.array([row[1] for row in rows], np.int64), _BANDS)
        # A single block of a hundred thousand sketches would be copied for every new article.
        while self._blocks and len(self._blocks[-1][0]) <= len(bands):
            before = self._blocks.pop()
            kept = before[1] >= oldest
            bands = np.concatenate((before[0][kept], bands))
            articles = np.concatenate((before[1][kept], articles))
        order = np.argsort(bands, kind="stable")
        self._blocks.append((bands[order], articles[order]))
        self._read_to = rows[-1][0]


def members(db: Connection, number: int) -> list[int]:
    """Return the numbers of the articles of the same story as ``number``, in order."""
    sql = """
        WITH first (number) AS (SELECT ifnull(story, number) FROM articles WHERE number = ?)
        SELECT articles.number FROM articles, first
        WHERE articles.number = first.number OR articles.story = first.number
        ORDER BY articles.number
    """
    return [row[0] for row in db.execute(sql, (number,))]


def assign(
    db: Connection,
    number: int,
    article: Article,
    own: Signature,
    sketches: SketchIndex,
    now: float,
) -> None:
    """Assign a story to ``article``, stored under ``number``, which is new or has changed.

    An article that already shares a story keeps it, so that nobody is alerted again.
    """
    oldest = _oldest(db, now) or number
    db.execute("DELETE FROM sketches WHERE article < ? OR article = ?", (oldest, number))
    if own.sketch is None:
        return
    if len(members(db, number)) == 1:
        near = sketches.near(db, own.sketch, oldest)
        others = _others(db, (each for each in near if each != number), article.stream)
        _join(db, number, next((story for _, story in _alike(article, own, others)), None))
    # Even after an edit under a new number, so that every reader of the table sees it.
    sql = "INSERT INTO sketches (article, bands) VALUES (?, ?)"
    db.execute(sql, (number, own.sketch.astype("<u4").tobytes()))


def _join(db: Connection, number: int, other_story: int | None) -> None:
    first = min(number, other_story or number)
    db.execute("UPDATE articles SET story = ? WHERE number = ?", (first, number))
    if other_story is not None and first != other_story:
        sql = "UPDATE articles SET story = ? WHERE story = ? OR number = ?"
        db.execute(sql, (first, other_story, other_story))


def earlier_forms(
    db: Connection, article: Article, own: Signature, sketches: SketchIndex, now: float
) -> list[str]:
    """Return the ids of recent articles of the same stream that tell the same, most alike first."""
    oldest = _oldest(db, now)
    if own.sketch is None or oldest is None:
        return []
    near = sketches.near(db, own.sketch, oldest)
    of_the_stream = _compared(db, near, "stream = ?", article.stream)
    return [found.id for found, _ in _alike(article, own, of_the_stream)]


def tell_the_same(one: Article, other: Article) -> bool:
    """Whether one text is a copy, a part or an edited form of the other."""
    return overlap(runs(one.text), runs(other.text)) >= SAME and not differ(one, other)


def _alike(
    article: Article, own: Signature, others: Iterable[tuple[Article, int]]
) -> list[tuple[Article, int]]:
    """Return the first ``others`` that tell the same as ``article``, most similar first."""
    compared = [
        (overlap(own.runs, runs(other.text)), other, story)
        for other, story in islice(others, _CANDIDATES)
    ]
    compared.sort(key=lambda each: -each[0])
    return [
        (other, story)
        for share, other, story in compared
        if share >= SAME and not differ(article, other)
    ]


def _others(
    db: Connection, numbers: Iterable[int], stream: str | None
) -> Iterator[tuple[Article, int]]:
    """Return articles with their stories, except stories that ``stream`` has told already."""
    untold = """
        NOT EXISTS (
            SELECT 1 FROM articles AS mate WHERE mate.stream = ?
                AND (mate.number = ifnull(articles.story, articles.number)
                    OR mate.story = ifnull(articles.story, articles.number))
        )
    """
    return _compared(db, numbers, untold, stream)


def _compared(
    db: Connection, numbers: Iterable[int], condition: str, stream: str | None
) -> Iterator[tuple[Article, int]]:
    """Yield those articles that meet the condition, with their stories, one by one."""
    sql = f"""
        SELECT id, title, text, language, ifnull(story, number) AS first FROM articles
        WHERE number = ? AND {condition}
    """  # noqa: S608 literals
    for number in numbers:
        for id_, title, text, language, story in db.execute(sql, (number, stream)).fetchall():
            yield Article(id_, title, text, language=language), story


def pass_on(db: Connection, removed: int) -> None:
    """Make the next article the first of the story that began with the ``removed`` one."""
    sql = """
        UPDATE articles SET story = (SELECT min(number) FROM articles WHERE story = :removed)
        WHERE story = :removed
    """
    db.execute(sql, {"removed": removed})


def _oldest(db: Connection, now: float) -> int | None:
    sql = "SELECT number FROM articles WHERE added_at >= ? ORDER BY added_at, number LIMIT 1"
    row = db.execute(sql, (now - DAYS * 86_400,)).fetchone()
    return row[0] if row else None
