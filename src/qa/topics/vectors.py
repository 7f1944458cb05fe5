"""Stored vectors of the topics and questions that people follow, so that each is encoded once."""

import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from qa.model.encoder import Encoder
from qa.store.database import Database
from qa.store.passages import PassageReader, StoredPassage, as_json
from qa.vectors import Vectors, from_bytes, to_bytes

TOPICS, QUESTIONS = "topic_vectors", "question_vectors"
"""Tables: a column for the text, one for the model, one for the vector."""


TOGETHER = 1_000
"""Texts whose vectors are read at once."""


def batched(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut ``texts`` so that not all of their vectors are in memory twice."""
    return (texts[n : n + TOGETHER] for n in range(0, len(texts), TOGETHER))


class TopicVectors:
    """A cache; it may be lost."""

    def __init__(self, database: Database, table: str = TOPICS) -> None:
        """Use a ``table`` of ``database``, which is up to date."""
        self._database = database
        self._table = table

    def of(self, texts: Sequence[str], encoder: Encoder) -> Vectors:
        """Return the vectors (n, d) of ``texts``; those that are not stored are made and stored."""
        # They are encoded as queries, so another prompt gives other vectors.
        key, dimension = f"{encoder.prompts.query}{encoder.name}", encoder.dimension
        found = self.read(texts, key, dimension)
        new = [text for text in texts if text not in found]
        if new:
            encoded = encoder.encode_queries(new)
            self.keep(new, encoded, key)
            found |= dict(zip(new, encoded, strict=True))
        rows = np.array([found[text] for text in texts], np.float32)
        return rows.reshape(len(texts), dimension)

    def read(self, topics: Iterable[str], model: str, dimension: int) -> dict[str, Vectors]:
        """Map topics to their vectors (dimension,) by ``model``; missing ones are left out."""
        sql = f"""
            SELECT topic, vector FROM {self._table}
            WHERE model = ? AND topic IN (SELECT value FROM json_each(?))
        """  # noqa: S608 a literal
        with self._database.read() as db:
            rows = db.execute(sql, (model, *as_json(topics))).fetchall()
        vectors = from_bytes((row[1] for row in rows), dimension)
        return {row[0]: vector for row, vector in zip(rows, vectors, strict=True)}

    def keep(self, topics: Sequence[str], vectors: Vectors, model: str) -> None:
        """Store the vectors (len(topics), dimension) of topics by ``model``."""
        rows = zip(topics, itertools.repeat(model), map(to_bytes, vectors), strict=False)
        with self._database.write() as db:
            sql = f"INSERT OR REPLACE INTO {self._table} VALUES (?, ?, ?)"  # noqa: S608 a literal
            db.executemany(sql, rows)

    def keep_only(self, topics: Iterable[str]) -> None:
        """Delete the vectors of all other topics."""
        sql = f"DELETE FROM {self._table} WHERE topic NOT IN (SELECT value FROM json_each(?))"  # noqa: S608 a literal
        with self._database.write() as db:
            db.execute(sql, as_json(topics))


def vectors_of(stored: Sequence[StoredPassage], store: PassageReader, dimension: int) -> Vectors:
    """Return the passages' vectors (p, dimension), in their order."""
    ids, vectors = store.vectors((each.id for each in stored), dimension)
    row = {id_: n for n, id_ in enumerate(ids)}
    return vectors[[row[each.id] for each in stored]]
