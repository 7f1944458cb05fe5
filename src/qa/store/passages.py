"""Passages, their vectors and their sentences at rest."""

import copy
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from qa.article import Passage, Span, stripped
from qa.store.database import Connection, Database, Row
from qa.store.visible import Sees
from qa.vectors import Ids, Vectors, from_bytes, to_bytes

BATCH = 10_000
"""Rows that are held in memory at once."""


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage as it is stored; ``passage.context`` starts with the title."""

    id: int
    article: int
    passage: Passage


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences of a passage: offsets into its text, and vectors of shape (n, dimension)."""

    spans: Sequence[Span]
    vectors: Vectors
    tokens: "Tokens | None" = None
    """As they are written."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a passage and its context (``qa.search.late``)."""

    codes: bytes
    sentences: Sequence[Span]
    """For each sentence the number of its first token and of the one after its last."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """Passages of one article with their vectors, shape (len(passages), dimension)."""

    passages: Sequence[Passage]
    vectors: Vectors
    sentences: Sequence[Sentences]


class PassageReader:
    """Reads stored passages; see ``qa.store.articles.Store``."""

    def __init__(self, database: Database) -> None:
        """Read from ``database``, whose tables are up to date."""
        self.database = database
        self._sees: Sees | None = None

    def seen_by(self, sees: Sees) -> Self:
        """Return a view of these tables that has only the articles that a reader may see.

        Passages can still be read by their ids: ``visible`` says which of them may be seen.
        """
        view = copy.copy(self)
        view._sees = sees
        return view

    @property
    def is_restricted(self) -> bool:
        """Whether there may be articles that may not be seen."""
        return self._sees is not None

    def visible(self, passages: Collection[int]) -> Collection[int]:
        """Return those of the ids of passages that may be seen."""
        if self._sees is None:
            return passages
        sql = """
            SELECT passages.id AS passage, articles.id FROM passages
            JOIN articles ON number = passages.article
            WHERE passages.id IN (SELECT value FROM json_each(?)) AND is_personal = 1
        """
        with self.database.read() as db:
            personal = dict(db.execute(sql, as_json(passages)).fetchall())
            theirs = self._sees({*personal.values()}) if personal else personal
        return {id_ for id_ in passages if id_ not in personal or personal[id_] in theirs}

    def passage_count(self, generation: int) -> int:
        """Count the passages of one generation."""
        with self.database.read() as db:
            sql = "SELECT count(*) FROM passages WHERE generation = ?"
            return int(db.execute(sql, (generation,)).fetchone()[0])

    def vectors_after(
        self, generation: int, passage: int, dimension: int
    ) -> Iterator[tuple[Ids, Vectors]]:
        """Yield ids (n,) and vectors (n, dimension) of the passages with a higher id."""
        sql = """
            SELECT passages.id, vectors.vector FROM passages
            JOIN vectors ON vectors.passage = passages.id
            WHERE passages.generation = ? AND passages.id > ? ORDER BY passages.id LIMIT ?
        """
        with self.database.read() as db:
            while rows := db.execute(sql, (generation, passage, BATCH)).fetchall():
                passage = rows[-1][0]
                ids = np.fromiter((row[0] for row in rows), np.int64, len(rows))
                yield ids, from_bytes((row[1] for row in rows), dimension)

    def texts_after(self, generation: int, passage: int) -> Iterator[tuple[int, str, str | None]]:
        """Yield id, text (context first) and language of the passages with a higher id."""
        sql = """
            SELECT passages.id, context, passages.text, language FROM passages
            JOIN articles ON number = article
            WHERE generation = ? AND passages.id > ? ORDER BY passages.id LIMIT ?
        """
        with self.database.read() as db:
            while rows := db.execute(sql, (generation, passage, BATCH)).fetchall():
                for passage, context, text, language in rows:
                    yield passage, f"{context}\n{text}", language

    def removed_after(self, number: int) -> list[tuple[int, int]]:
        """Return the removals with a higher number, in order: number and passage."""
        sql = "SELECT number, passage FROM removals WHERE number > ? ORDER BY number"
        with self.database.read() as db:
            return [tuple(row) for row in db.execute(sql, (number,))]

    def forget_removals(self, number: int) -> None:
        """Delete the removals up to ``number``, the last one before the current generation's words.

        Safe to delete: a reader of the current generation starts from nothing, or from words that
        were prepared later, and a reader of the generation before has a view from before this.
        """
        with self.database.write() as db:
            db.execute("DELETE FROM removals WHERE number <= ?", (number,))

    def ends(self, generation: int) -> tuple[int, int]:
        """Return the highest id of a generation's passages and the last removal's number."""
        sql = """
            SELECT ifnull((SELECT max(id) FROM passages WHERE generation = ?), 0),
                ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'removals'), 0)
        """
        with self.database.read() as db:
            passage, removal = db.execute(sql, (generation,)).fetchone()
            return passage, removal

    def vectors(self, passages: Iterable[int], dimension: int) -> tuple[list[int], Vectors]:
        """Return ids and vectors (n, dimension) of the given passages; skip missing ones."""
        sql = (
            "SELECT passage, vector FROM vectors WHERE passage IN (SELECT value FROM json_each(?))"
        )
        with self.database.read() as db:
            rows = db.execute(sql, as_json(passages)).fetchall()
        return [row[0] for row in rows], from_bytes((row[1] for row in rows), dimension)

    def sentences(self, passages: Iterable[int], dimension: int) -> dict[int, Sentences]:
        """Map passages to their sentences; skip missing ones."""
        sql = """
            SELECT passage, spans, vectors FROM sentences
            WHERE passage IN (SELECT value FROM json_each(?))
        """
        with self.database.read() as db:
            rows = db.execute(sql, as_json(passages)).fetchall()
        return {
            passage: Sentences(_spans(spans), from_bytes([vectors], dimension))
            for passage, spans, vectors in rows
        }

    def tokens(self, passages: Iterable[int]) -> dict[int, Tokens]:
        """Map passages to their tokens; skip those that have none."""
        sql = """
            SELECT passage, codes, sentences FROM tokens
            WHERE passage IN (SELECT value FROM json_each(?))
        """
        with self.database.read() as db:
            rows = db.execute(sql, as_json(passages)).fetchall()
        return {passage: Tokens(codes, _spans(sentences)) for passage, codes, sentences in rows}

    def sample(
        self, passages: Iterable[int], dimension: int
    ) -> Iterator[tuple[str | None, Vectors, Vectors]]:
        """Yield the language of each passage, its vector (1, d) and a sentence's (1 or 0, d)."""
        sql = """
            SELECT language, vector, vectors FROM passages
            JOIN articles ON number = passages.article
            JOIN vectors ON vectors.passage = passages.id
            JOIN sentences ON sentences.passage = passages.id
            WHERE passages.id IN (SELECT value FROM json_each(?)) ORDER BY passages.id
        """
        with self.database.read() as db:
            for language, vector, sentences in db.execute(sql, as_json(passages)):
                read = from_bytes([sentences], dimension)
                middle = len(read) // 2
                yield language, from_bytes([vector], dimension), read[middle : middle + 1]

    def passages(self, ids: Iterable[int]) -> dict[int, StoredPassage]:
        """Map ids to passages; skip missing ones."""
        sql = "SELECT * FROM passages WHERE id IN (SELECT value FROM json_each(?))"
        with self.database.read() as db:
            return {row["id"]: _passage(row) for row in db.execute(sql, as_json(ids))}

    def passage_before(self, stored: StoredPassage, generation: int) -> StoredPassage | None:
        """Return the passage above ``stored`` in its article, if there is one."""
        sql = """
            SELECT * FROM passages WHERE article = ? AND generation = ? AND begins < ?
            ORDER BY begins DESC LIMIT 1
        """
        with self.database.read() as db:
            place = (stored.article, generation, stored.passage.start)
            row = db.execute(sql, place).fetchone()
        return _passage(row) if row else None

    def passages_of(self, article: int, generation: int) -> list[StoredPassage]:
        """Return one article's passages in their order."""
        sql = "SELECT * FROM passages WHERE article = ? AND generation = ? ORDER BY begins"
        with self.database.read() as db:
            return [_passage(row) for row in db.execute(sql, (article, generation))]


def full_context(title: str, passage: Passage) -> str:
    """Return the title and what a reader has just read above ``passage``."""
    return "\n".join(part for part in (title, passage.context) if part)


def insert_passages(
    db: Connection, article: int, generation: int, title: str, embedded: Embedded
) -> None:
    """Write the passages of an article under a generation; the title opens their context."""
    sql = """
        INSERT INTO passages (article, generation, text, begins, ends, paragraph, context)
        VALUES (?, ?, ?, ?, ?, ?, ?)
    """
    rows = [
        (article, generation, p.text, p.start, p.end, p.paragraph, full_context(title, p))
        for p in embedded.passages
    ]
    db.executemany(sql, rows)
    # Nobody else writes meanwhile, so theirs are the last numbers that were given.
    last = last_given(db, "passages")
    ids = range(last - len(rows) + 1, last + 1)
    vectors = map(to_bytes, embedded.vectors)
    db.executemany("INSERT INTO vectors VALUES (?, ?)", zip(ids, vectors, strict=True))
    read = [*zip(ids, embedded.sentences, strict=True)]
    db.executemany(
        "INSERT INTO sentences VALUES (?, ?, ?)",
        [(id_, _as_spans(each.spans), to_bytes(each.vectors)) for id_, each in read],
    )
    db.executemany(
        "INSERT INTO tokens VALUES (?, ?, ?)",
        [
            (id_, each.tokens.codes, _as_spans(each.tokens.sentences))
            for id_, each in read
            if each.tokens is not None
        ],
    )


def move_passages(db: Connection, article: int, text: str, moved: Callable[[int], int]) -> None:
    """Cut an article's passages and sentences out of its new ``text``, in all generations.

    ``moved`` maps a place in the old text to the new one.
    """
    sql = """
        SELECT id, begins, ends, spans FROM passages JOIN sentences ON passage = id
        WHERE article = ?
    """

    def place(start: int, end: int) -> Span:
        return stripped(text, moved(start), moved(end))

    for id_, begins, ends, spans in db.execute(sql, (article,)).fetchall():
        start, end = place(begins, ends)
        read = [place(begins + a, begins + b) for a, b in _spans(spans)]
        db.execute(
            "UPDATE passages SET text = ?, begins = ?, ends = ? WHERE id = ?",
            (text[start:end], start, end, id_),
        )
        db.execute(
            "UPDATE sentences SET spans = ? WHERE passage = ?",
            (_as_spans((a - start, b - start) for a, b in read), id_),
        )


def delete_passages(db: Connection, article: int) -> None:
    """Delete an article's passages of all generations, and record that they are gone."""
    db.execute(
        "INSERT INTO removals (passage) SELECT id FROM passages WHERE article = ?", (article,)
    )
    db.execute("DELETE FROM passages WHERE article = ?", (article,))


def last_given(db: Connection, table: str) -> int:
    """Return the highest number that a row of ``table`` has had, 0 before the first."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return int(row[0]) if row else 0


def as_json(values: Iterable[int | str]) -> tuple[str]:
    """Return any number of values as one parameter: SQLite limits the parameters of a statement."""
    return (json.dumps(list(values)),)


def _as_spans(spans: Iterable[Span]) -> str:
    return json.dumps(list(spans), separators=(",", ":"))


def _spans(stored: str) -> list[Span]:
    return [(a, b) for a, b in json.loads(stored)]


def _passage(row: Row) -> StoredPassage:
    passage = Passage(row["text"], row["begins"], row["ends"], row["paragraph"], row["context"])
    return StoredPassage(row["id"], row["article"], passage)
