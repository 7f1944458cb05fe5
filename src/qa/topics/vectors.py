"""Stored vectors of the topics that people follow, so that none is encoded at each start."""

import itertools
from collections.abc import Iterable, Sequence

from qa.store.database import Database
from qa.store.passages import as_json
from qa.vectors import Vectors, from_bytes, to_bytes


class TopicVectors:
    """A cache of what was encoded; it may be lost."""

    def __init__(self, database: Database) -> None:
        """Use ``database``, whose tables are up to date."""
        self._database = database

    def read(self, topics: Iterable[str], model: str, dimension: int) -> dict[str, Vectors]:
        """Map topics to their vectors (dimension,) by ``model``; missing ones are left out."""
        sql = """
            SELECT topic, vector FROM topic_vectors
            WHERE model = ? AND topic IN (SELECT value FROM json_each(?))
        """
        with self._database.read() as db:
            rows = db.execute(sql, (model, *as_json(topics))).fetchall()
        vectors = from_bytes((row[1] for row in rows), dimension)
        return {row[0]: vector for row, vector in zip(rows, vectors, strict=True)}

    def keep(self, topics: Sequence[str], vectors: Vectors, model: str) -> None:
        """Store the vectors (len(topics), dimension) of topics by ``model``."""
        rows = zip(topics, itertools.repeat(model), map(to_bytes, vectors), strict=False)
        with self._database.write() as db:
            db.executemany("INSERT OR REPLACE INTO topic_vectors VALUES (?, ?, ?)", rows)

    def keep_only(self, topics: Iterable[str]) -> None:
        """Delete the vectors of all other topics."""
        sql = "DELETE FROM topic_vectors WHERE topic NOT IN (SELECT value FROM json_each(?))"
        with self._database.write() as db:
            db.execute(sql, as_json(topics))
