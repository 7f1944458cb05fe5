"""Articles, passages and vectors at rest: all SQL of this room."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from qa.article import Article, Passage
from qa.database import Database
from qa.encoder import Span, Vectors
from qa.errors import ModelError
from qa.vectors import Ids, from_bytes, to_bytes

MIGRATIONS = (
    """
    CREATE TABLE current_index (
        only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
        model TEXT, dimension INTEGER,
        generation INTEGER NOT NULL,
        revision INTEGER NOT NULL
    );
    INSERT INTO current_index VALUES (1, NULL, NULL, 1, 0);
    CREATE TABLE articles (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL,
        text TEXT NOT NULL,
        url TEXT,
        source TEXT,
        published_at TEXT,
        content_hash TEXT NOT NULL,
        prepared_for INTEGER
    );
    CREATE INDEX articles_by_url ON articles (url);
    CREATE TABLE passages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        article INTEGER NOT NULL REFERENCES articles (number) ON DELETE CASCADE,
        generation INTEGER NOT NULL,
        text TEXT NOT NULL,
        begins INTEGER NOT NULL,
        ends INTEGER NOT NULL,
        paragraph INTEGER NOT NULL,
        context TEXT NOT NULL,
        leads INTEGER NOT NULL
    );
    CREATE INDEX passages_by_article ON passages (article, generation);
    CREATE INDEX passages_by_generation ON passages (generation, id);
    CREATE TABLE vectors (
        passage INTEGER PRIMARY KEY REFERENCES passages (id) ON DELETE CASCADE,
        vector BLOB NOT NULL
    );
    CREATE TABLE sentences (
        passage INTEGER PRIMARY KEY REFERENCES passages (id) ON DELETE CASCADE,
        spans TEXT NOT NULL,
        vectors BLOB NOT NULL
    );
    CREATE VIRTUAL TABLE passage_words USING fts5 (
        context, text, content = 'passages', content_rowid = 'id',
        tokenize = 'porter unicode61 remove_diacritics 2'
    );
    CREATE VIRTUAL TABLE passage_vocabulary USING fts5vocab (passage_words, row);
    CREATE TRIGGER passage_added AFTER INSERT ON passages BEGIN
        INSERT INTO passage_words (rowid, context, text) VALUES (new.id, new.context, new.text);
    END;
    CREATE TRIGGER passage_removed AFTER DELETE ON passages BEGIN
        INSERT INTO passage_words (passage_words, rowid, context, text)
        VALUES ('delete', old.id, old.context, old.text);
    END;
    CREATE VIRTUAL TABLE article_words USING fts5 (
        title, text, content = 'articles', content_rowid = 'number',
        tokenize = 'porter unicode61 remove_diacritics 2'
    );
    CREATE TRIGGER article_added AFTER INSERT ON articles BEGIN
        INSERT INTO article_words (rowid, title, text) VALUES (new.number, new.title, new.text);
    END;
    CREATE TRIGGER article_removed AFTER DELETE ON articles BEGIN
        INSERT INTO article_words (article_words, rowid, title, text)
        VALUES ('delete', old.number, old.title, old.text);
    END;
    CREATE TRIGGER article_changed AFTER UPDATE OF title, text ON articles BEGIN
        INSERT INTO article_words (article_words, rowid, title, text)
        VALUES ('delete', old.number, old.title, old.text);
        INSERT INTO article_words (rowid, title, text) VALUES (new.number, new.title, new.text);
    END;
    """,
    # Words moved out of the database: ``qa.fulltext`` derives them, as ``qa.vectors`` the vectors.
    # ``removals`` tells what is derived elsewhere, and has gone since; ``history`` whether what was
    # derived once was derived from an earlier state of this very database.
    """
    DROP TRIGGER passage_added;
    DROP TRIGGER passage_removed;
    DROP TRIGGER article_added;
    DROP TRIGGER article_removed;
    DROP TRIGGER article_changed;
    DROP TABLE passage_vocabulary;
    DROP TABLE passage_words;
    DROP TABLE article_words;
    CREATE TABLE removals (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        passage INTEGER NOT NULL,
        article INTEGER NOT NULL
    );
    CREATE TABLE history (revision INTEGER PRIMARY KEY, token INTEGER NOT NULL);
    INSERT INTO history SELECT revision, random() FROM current_index;
    """,
)


BITE = 10_000
"""Rows that are held in memory at once."""
HISTORY = 10_000
"""Changes after which what was derived before them is derived from nothing."""


@dataclass(frozen=True, slots=True)
class IndexState:
    """Which vectors are current; ``revision`` grows with every change to them.

    ``token`` is drawn by chance for each revision. It tells what was derived from this database
    from what was derived from another one in its place, or before it was restored from a backup.
    """

    model: str | None
    dimension: int | None
    generation: int
    revision: int
    token: int


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage as it lies in the database; ``passage.context`` starts with the title.

    ``leads`` tells that it stands directly below its heading (or opens the article).
    """

    id: int
    article: int
    passage: Passage
    leads: bool

    @property
    def section(self) -> str:
        """What stands above the passage in the article, the title aside; may be empty."""
        return self.passage.context.partition("\n")[2]


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences of a passage: offsets into its text, and vectors of shape (n, dimension)."""

    spans: Sequence[Span]
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Embedded:
    """Passages of one article with their vectors, shape (len(passages), dimension)."""

    passages: Sequence[Passage]
    vectors: Vectors
    sentences: Sequence[Sentences]


def check_model(state: IndexState, name: str, dimension: int | None = None) -> None:
    """Raise ``ModelError`` when the vectors were made by another model than this one."""
    if state.model is None:
        return
    if state.model != name:
        problem = (
            f"The index was made with the model {state.model}, "
            f"but the one to use now (PULLQUOTE_MODEL) is {name}"
        )
    elif dimension not in (None, state.dimension):
        problem = (
            f"The model {name} makes vectors of {dimension} dimensions, "
            f"and those of the index have {state.dimension}"
        )
    else:
        return
    raise ModelError(f"{problem}: run `pullquote rebuild` to embed all articles with the new one.")


class Store:
    """The tables of articles, passages and vectors."""

    def __init__(self, database: Database) -> None:
        """Bring the tables up to date."""
        self.database = database
        database.migrate("qa", MIGRATIONS)

    # The index as a whole

    def state(self) -> IndexState:
        """Return what is current now."""
        with self.database.read() as db:
            row = db.execute(
                "SELECT model, dimension, generation, revision, token "
                "FROM current_index JOIN history USING (revision)"
            )
            return IndexState(*row.fetchone())

    def has_been(self, revision: int, token: int) -> bool:
        """Whether this database is, or was not long ago, in that state."""
        with self.database.read() as db:
            sql = "SELECT 1 FROM history WHERE revision = ? AND token = ?"
            return db.execute(sql, (revision, token)).fetchone() is not None

    def counts(self) -> tuple[int, int]:
        """Count articles and current passages."""
        with self.database.read() as db:
            articles = db.execute("SELECT count(*) FROM articles").fetchone()[0]
            return articles, self.passage_count(self.state().generation)

    def passage_count(self, generation: int) -> int:
        """Count the passages of one generation."""
        with self.database.read() as db:
            sql = "SELECT count(*) FROM passages WHERE generation = ?"
            return int(db.execute(sql, (generation,)).fetchone()[0])

    # Articles

    def article(self, id_or_url: str) -> Article | None:
        """Find one article by its id or URL."""
        sql = "SELECT * FROM articles WHERE id = ? OR url = ? ORDER BY number LIMIT 1"
        with self.database.read() as db:
            row = db.execute(sql, (id_or_url, id_or_url)).fetchone()
        return _article(row) if row else None

    def articles(self, numbers: Iterable[int]) -> dict[int, Article]:
        """Map numbers to articles; missing ones are left out."""
        sql = "SELECT * FROM articles WHERE number IN (SELECT value FROM json_each(?))"
        with self.database.read() as db:
            return {row["number"]: _article(row) for row in db.execute(sql, _json(numbers))}

    def latest(self, count: int) -> list[Article]:
        """Return the articles that came in last, newest first."""
        with self.database.read() as db:
            sql = "SELECT * FROM articles ORDER BY number DESC LIMIT ?"
            return [_article(row) for row in db.execute(sql, (count,))]

    def articles_after(self, number: int, limit: int) -> list[Article]:
        """Return up to ``limit`` articles that came in after ``number``, in that order."""
        with self.database.read() as db:
            sql = "SELECT * FROM articles WHERE number > ? ORDER BY number LIMIT ?"
            return [_article(row) for row in db.execute(sql, (number, limit))]

    def sources(self) -> list[str]:
        """Return the names of all sources that articles have."""
        with self.database.read() as db:
            sql = "SELECT DISTINCT source FROM articles WHERE source IS NOT NULL"
            return [row[0] for row in db.execute(sql)]

    def last_number(self) -> int:
        """Return the number of the newest article ever added, 0 before the first."""
        with self.database.read() as db:
            sql = "SELECT seq FROM sqlite_sequence WHERE name = 'articles'"
            row = db.execute(sql).fetchone()
            return int(row[0]) if row else 0

    def save(self, article: Article, embedded: Embedded, encoder_name: str) -> Article:
        """Add ``article`` or replace the one of the same id, with its passages: all or nothing.

        The first article decides the index's model and dimension; ``ModelError`` for vectors by
        another one.
        """
        with self.database.write() as db:
            state = self.state()
            check_model(state, encoder_name, embedded.vectors.shape[1])
            db.execute(
                "UPDATE current_index SET model = ?, dimension = ?",
                (encoder_name, embedded.vectors.shape[1]),
            )
            number = self._save_article(db, article)
            _delete_passages(db, number)
            _insert_passages(db, number, state.generation, article.title, embedded)
            _touch(db)
            row = db.execute("SELECT * FROM articles WHERE number = ?", (number,)).fetchone()
        return _article(row)

    @staticmethod
    def _save_article(db: sqlite3.Connection, article: Article) -> int:
        sql = """
            INSERT INTO articles (id, title, text, url, source, published_at, content_hash)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET
                title = excluded.title, text = excluded.text, url = excluded.url,
                source = excluded.source, published_at = excluded.published_at,
                content_hash = excluded.content_hash, prepared_for = NULL
            RETURNING number
        """
        published = article.published_at.isoformat() if article.published_at else None
        fields = (article.id, article.title, article.text, article.url, article.source, published)
        # fetchall: the statement must have run to its end before the next one
        return int(db.execute(sql, (*fields, article.content_hash)).fetchall()[0][0])

    def remove(self, id_or_url: str) -> Article | None:
        """Take an article and its passages out; ``None`` when there is no such article."""
        with self.database.write() as db:
            article = self.article(id_or_url)
            if article is not None:
                _delete_passages(db, article.number)
                db.execute("DELETE FROM articles WHERE number = ?", (article.number,))
                _touch(db)
        return article

    # Rebuild: the next generation grows beside the current one

    def unprepared(self, generation: int, limit: int) -> list[Article]:
        """Return up to ``limit`` articles that have no passages under ``generation`` yet."""
        sql = """
            SELECT * FROM articles WHERE prepared_for IS NOT ? ORDER BY number LIMIT ?
        """
        with self.database.read() as db:
            return [_article(row) for row in db.execute(sql, (generation, limit))]

    def prepare(self, article: Article, generation: int, embedded: Embedded) -> None:
        """Write an article's passages under a generation that is not current yet.

        Does nothing when the article has changed since it was read.
        """
        sql = """
            UPDATE articles SET prepared_for = ? WHERE number = ? AND title = ? AND text = ?
        """
        as_read = (generation, article.number, article.title, article.text)
        with self.database.write() as db:
            changed = db.execute(sql, as_read)
            if changed.rowcount:
                _insert_passages(db, article.number, generation, article.title, embedded)

    def swap(self, generation: int, model: str, dimension: int) -> bool:
        """Make ``generation`` current; ``False`` when articles came in that it lacks."""
        with self.database.write() as db:
            if self.unprepared(generation, 1):
                return False
            db.execute(
                "UPDATE current_index SET model = ?, dimension = ?, generation = ?",
                (model, dimension, generation),
            )
            _touch(db)
        return True

    def sweep(self) -> None:
        """Remove the passages of every generation but the current one, a bite at a time."""
        sql = """
            DELETE FROM passages WHERE id IN
                (SELECT id FROM passages WHERE generation != ? LIMIT 2000)
        """
        while True:
            with self.database.write() as db:
                if not db.execute(sql, (self.state().generation,)).rowcount:
                    db.execute("UPDATE articles SET prepared_for = NULL")
                    return

    # Passages and their vectors

    def vectors_after(
        self, generation: int, passage: int, dimension: int
    ) -> Iterator[tuple[Ids, Vectors]]:
        """Ids (n,) and vectors (n, dimension) of the passages with a higher id, in bites."""
        sql = """
            SELECT passages.id, vectors.vector FROM passages
            JOIN vectors ON vectors.passage = passages.id
            WHERE passages.generation = ? AND passages.id > ? ORDER BY passages.id
        """
        with self.database.read() as db:
            cursor = db.execute(sql, (generation, passage))
            while rows := cursor.fetchmany(BITE):
                ids = np.fromiter((row[0] for row in rows), np.int64, len(rows))
                yield ids, from_bytes((row[1] for row in rows), dimension)

    def texts_after(self, generation: int, passage: int) -> Iterator[tuple[int, int, str]]:
        """Passage, article and all words (with the context) of passages with a higher id."""
        sql = """
            SELECT id, article, context, text FROM passages
            WHERE generation = ? AND id > ? ORDER BY id
        """
        with self.database.read() as db:
            for row in db.execute(sql, (generation, passage)):
                yield row[0], row[1], f"{row[2]}\n{row[3]}"

    def article_texts(self, numbers: Iterable[int]) -> Iterator[tuple[int, str]]:
        """Number and all words (title, source, text) of the given articles that there are."""
        sql = """
            SELECT number, title, source, text FROM articles
            WHERE number IN (SELECT value FROM json_each(?))
        """
        with self.database.read() as db:
            for number, *texts in db.execute(sql, _json(numbers)):
                yield number, "\n".join(filter(None, texts))

    def removed_after(self, number: int) -> list[tuple[int, int, int]]:
        """Removals with a higher number, in order: number, passage, article."""
        sql = "SELECT number, passage, article FROM removals WHERE number > ? ORDER BY number"
        with self.database.read() as db:
            return [tuple(row) for row in db.execute(sql, (number,))]

    def forget_removals(self, number: int) -> None:
        """Drop the removals up to ``number``, the last one before the current generation's words.

        Nobody misses them: whoever comes to a generation reads it from nothing, or follows its
        words from where they were prepared, which was later; and whoever still searches the
        generation before reads in a view that was opened before this.
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
        """Ids and vectors (n, dimension) of the given passages; missing ones are left out."""
        sql = (
            "SELECT passage, vector FROM vectors WHERE passage IN (SELECT value FROM json_each(?))"
        )
        with self.database.read() as db:
            rows = db.execute(sql, _json(passages)).fetchall()
        return [row[0] for row in rows], from_bytes((row[1] for row in rows), dimension)

    def sentences(self, passages: Iterable[int], dimension: int) -> dict[int, Sentences]:
        """Map passages to their sentences; missing ones are left out."""
        sql = """
            SELECT passage, spans, vectors FROM sentences
            WHERE passage IN (SELECT value FROM json_each(?))
        """
        with self.database.read() as db:
            rows = db.execute(sql, _json(passages)).fetchall()
        return {
            passage: Sentences(
                [(a, b) for a, b in json.loads(spans)], from_bytes([vectors], dimension)
            )
            for passage, spans, vectors in rows
        }

    def passage_ids(self, generation: int) -> Ids:
        """Ids (n,) of all passages of one generation."""
        with self.database.read() as db:
            rows = db.execute("SELECT id FROM passages WHERE generation = ?", (generation,))
            return np.fromiter((row[0] for row in rows), np.int64)

    def passages(self, ids: Iterable[int]) -> dict[int, StoredPassage]:
        """Map ids to passages; missing ones are left out."""
        sql = "SELECT * FROM passages WHERE id IN (SELECT value FROM json_each(?))"
        with self.database.read() as db:
            return {row["id"]: _passage(row) for row in db.execute(sql, _json(ids))}

    def passage_before(self, stored: StoredPassage, generation: int) -> Passage | None:
        """Return the passage above ``stored`` in its article, if there is one."""
        sql = """
            SELECT * FROM passages WHERE article = ? AND generation = ? AND begins < ?
            ORDER BY begins DESC LIMIT 1
        """
        with self.database.read() as db:
            place = (stored.article, generation, stored.passage.start)
            row = db.execute(sql, place).fetchone()
        return _passage(row).passage if row else None

    def passages_of(self, article: int, generation: int) -> list[StoredPassage]:
        """Return one article's passages in their order."""
        sql = "SELECT * FROM passages WHERE article = ? AND generation = ? ORDER BY begins"
        with self.database.read() as db:
            return [_passage(row) for row in db.execute(sql, (article, generation))]


def full_context(title: str, passage: Passage) -> str:
    """Return the title and what a reader would have just read above ``passage``."""
    return "\n".join(part for part in (title, passage.context) if part)


def _insert_passages(
    db: sqlite3.Connection, article: int, generation: int, title: str, embedded: Embedded
) -> None:
    sql = """
        INSERT INTO passages (article, generation, text, begins, ends, paragraph, context, leads)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    """
    above = None
    for passage, vector, read in zip(
        embedded.passages, embedded.vectors, embedded.sentences, strict=True
    ):
        place = (passage.text, passage.start, passage.end, passage.paragraph)
        leads, above = passage.context != above, passage.context
        row = (article, generation, *place, full_context(title, passage), leads)
        inserted = db.execute(sql, row).lastrowid
        db.execute("INSERT INTO vectors VALUES (?, ?)", (inserted, to_bytes(vector)))
        spans = json.dumps(read.spans, separators=(",", ":"))
        db.execute(
            "INSERT INTO sentences VALUES (?, ?, ?)", (inserted, spans, to_bytes(read.vectors))
        )


def _delete_passages(db: sqlite3.Connection, article: int) -> None:
    db.execute(
        "INSERT INTO removals (passage, article) SELECT id, article FROM passages "
        "WHERE article = ?",
        (article,),
    )
    db.execute("DELETE FROM passages WHERE article = ?", (article,))


def _touch(db: sqlite3.Connection) -> None:
    db.execute("UPDATE current_index SET revision = revision + 1")
    db.execute("INSERT INTO history SELECT revision, random() FROM current_index")
    too_old = "DELETE FROM history WHERE revision <= (SELECT revision - ? FROM current_index)"
    db.execute(too_old, (HISTORY,))


def _json(values: Iterable[int | str]) -> tuple[str]:
    # One parameter however many values: SQLite limits how many a statement may have.
    return (json.dumps(list(values)),)


def _article(row: sqlite3.Row) -> Article:
    published = row["published_at"]
    return Article(
        id=row["id"],
        title=row["title"],
        text=row["text"],
        url=row["url"],
        source=row["source"],
        published_at=datetime.fromisoformat(published) if published else None,
        number=row["number"],
    )


def _passage(row: sqlite3.Row) -> StoredPassage:
    passage = Passage(row["text"], row["begins"], row["ends"], row["paragraph"], row["context"])
    return StoredPassage(row["id"], row["article"], passage, bool(row["leads"]))
