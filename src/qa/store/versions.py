"""Earlier versions of articles: the words that updates have replaced, and when.

They are deleted with their article.
"""

import zlib
from dataclasses import dataclass

from qa.article import Article
from qa.store.database import Connection, Row

KEPT = 20
"""Versions kept of each article: a live report may change every few minutes for days."""


@dataclass(frozen=True, slots=True)
class Version:
    """The words that the article ``number`` had until ``replaced_at``, in seconds since 1970.

    Ids grow in the order in which versions of all articles were replaced. The current version has
    neither: they are 0.
    """

    id: int
    number: int
    title: str
    text: str
    replaced_at: float


def keep(db: Connection, now: Article, at: float) -> None:
    """Keep the stored title and text of an article if the version ``now`` changes them."""
    sql = "SELECT number, title, text FROM articles WHERE id = ? AND (title, text) != (?, ?)"
    known = db.execute(sql, (now.id, now.title, now.text)).fetchone()
    if known is None:
        return
    packed = zlib.compress(known["text"].encode())
    sql = "INSERT INTO earlier_versions (article, title, text, replaced_at) VALUES (?, ?, ?, ?)"
    db.execute(sql, (known["number"], known["title"], packed, at))
    too_many = """
        DELETE FROM earlier_versions WHERE id IN (
            SELECT id FROM earlier_versions WHERE article = ? ORDER BY id DESC LIMIT -1 OFFSET ?
        )
    """
    db.execute(too_many, (known["number"], KEPT))


def replaced_after(db: Connection, version: int) -> tuple[Version, Version] | None:
    """Return the first version that was replaced after ``version``, and what replaced it."""
    sql = "SELECT * FROM earlier_versions WHERE id > ? ORDER BY id LIMIT 1"
    row = db.execute(sql, (version,)).fetchone()
    if row is None:
        return None
    replaced = _version(row)
    sql = "SELECT * FROM earlier_versions WHERE article = ? AND id > ? ORDER BY id LIMIT 1"
    later = db.execute(sql, (replaced.number, replaced.id)).fetchone()
    return replaced, _version(later) if later else _current(db, replaced.number)


def _current(db: Connection, number: int) -> Version:
    row = db.execute("SELECT title, text FROM articles WHERE number = ?", (number,)).fetchone()
    return Version(0, number, row["title"], row["text"], 0.0)


def _version(row: Row) -> Version:
    text = zlib.decompress(row["text"]).decode()
    return Version(row["id"], row["article"], row["title"], text, row["replaced_at"])
