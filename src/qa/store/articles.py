"""Articles at rest, and which of their passages are current."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from qa.article import Article
from qa.errors import ModelError
from qa.store import stories, versions
from qa.store.database import Connection, Database, Row
from qa.store.passages import (
    Embedded,
    PassageReader,
    as_json,
    delete_passages,
    insert_passages,
    last_given,
    move_passages,
)
from qa.store.schema import MIGRATIONS
from qa.store.versions import Version
from qa.store.visible import visible_rows

HISTORY = 10_000
"""Changes that are remembered. What was derived before them is derived anew."""


@dataclass(frozen=True, slots=True)
class IndexState:
    """Which vectors are current; ``revision`` grows with every change to them.

    ``token`` is random for each revision. It tells an index that was derived from this database
    from one of another database in its place, or from before a backup was restored.
    """

    model: str | None
    dimension: int | None
    generation: int
    revision: int
    token: int
    passage_prompt: str = ""
    """What the model read before each passage; may be empty."""


@dataclass(frozen=True, slots=True)
class Published:
    """An article that only some could see has become everybody's; ids grow.

    ``last`` is the number of the last article at that time.
    """

    id: int
    article: Article
    last: int


def check_model(
    state: IndexState, name: str, dimension: int | None = None, passage_prompt: str | None = None
) -> None:
    """Raise ``ModelError`` if another model, or another prompt, made the stored vectors.

    What is ``None`` is not checked.
    """
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
    elif passage_prompt not in (None, state.passage_prompt):
        problem = (
            f"The index was made with {_prompt(state.passage_prompt)}, "
            f"but now (PULLQUOTE_PASSAGE_PROMPT or the model's own) it is {_prompt(passage_prompt)}"
        )
    else:
        return
    raise ModelError(f"{problem}: run `pullquote rebuild` to embed all articles with the new one.")


def _prompt(prompt: str | None) -> str:
    return f"the passage prompt “{prompt}”" if prompt else "no passage prompt"


class Store(PassageReader):
    """The tables of articles, passages and vectors."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        """Bring the tables up to date; ``clock`` gives seconds since 1970."""
        super().__init__(database)
        self._clock = clock
        self._sketches = stories.SketchIndex()
        database.migrate("qa", MIGRATIONS)

    # The index as a whole

    def state(self) -> IndexState:
        """Return what is current now."""
        with self.database.read() as db:
            row = db.execute(
                "SELECT model, dimension, generation, revision, token, passage_prompt "
                "FROM current_index JOIN history USING (revision)"
            )
            return IndexState(*row.fetchone())

    def has_been(self, revision: int, token: int) -> bool:
        """Whether this database is in that state, or was within the last ``HISTORY`` changes."""
        with self.database.read() as db:
            sql = "SELECT 1 FROM history WHERE revision = ? AND token = ?"
            return db.execute(sql, (revision, token)).fetchone() is not None

    def counts(self) -> tuple[int, int]:
        """Count articles and current passages."""
        with self.database.read() as db:
            articles = db.execute("SELECT count(*) FROM articles").fetchone()[0]
            return articles, self.passage_count(self.state().generation)

    # Articles

    def article(self, id_or_url: str) -> Article | None:
        """Find one article by its id or URL."""
        sql = "SELECT * FROM articles WHERE id = ? OR url = ? ORDER BY number"
        with self.database.read() as db:
            return next(self._visible(db.execute(sql, (id_or_url, id_or_url))), None)

    def titled(self, title: str) -> Article | None:
        """Find the newest article with this title."""
        sql = "SELECT * FROM articles WHERE title = ? ORDER BY number DESC"
        with self.database.read() as db:
            return next(self._visible(db.execute(sql, (title,))), None)

    def _visible(self, rows: Iterable[Row]) -> Iterator[Article]:
        return map(_article, visible_rows(rows, self._sees))

    def dates(self, number: int) -> tuple[datetime | None, datetime | None]:
        """Return when an article first came in, and when its text last changed since.

        Aware (UTC); ``None`` for what was not stored or did not happen.
        """
        sql = "SELECT added_at, changed_at FROM articles WHERE number = ?"
        with self.database.read() as db:
            added, changed = db.execute(sql, (number,)).fetchone() or (None, None)
        return _moment(added), _moment(changed)

    def articles(self, numbers: Iterable[int]) -> dict[int, Article]:
        """Map numbers to articles; missing ones are left out."""
        sql = "SELECT * FROM articles WHERE number IN (SELECT value FROM json_each(?))"
        with self.database.read() as db:
            found = self._visible(db.execute(sql, as_json(numbers)))
            return {each.number: each for each in found}

    def latest_stories(self, count: int) -> list[list[Article]]:
        """Return the latest stories, newest first, each as its articles in order.

        A story is as new as its newest article.
        """
        newest = """
            SELECT number, ifnull(story, number) AS story, id, is_personal FROM articles
            ORDER BY number DESC
        """
        found: dict[int, int] = {}
        with self.database.read() as db:
            for row in visible_rows(db.execute(newest), self._sees):
                found.setdefault(row["story"], row["number"])
                if len(found) == count:
                    break
            return [self.story(number) for number in found.values()]

    def newest(
        self,
        count: int,
        sources: Iterable[str],
        ids: Iterable[str] = (),
        streams: Iterable[str] = (),
    ) -> list[Article]:
        """Return the newest articles of these sources or streams, or with these ids, newest first.

        One without a date counts as published when it came in.
        """
        sql = """
            SELECT * FROM articles
            WHERE source IN (SELECT value FROM json_each(:sources))
                OR id IN (SELECT value FROM json_each(:ids))
                OR stream IN (SELECT value FROM json_each(:streams))
            ORDER BY
                coalesce(julianday(published_at), julianday(added_at, 'unixepoch'))
                    DESC NULLS LAST,
                number DESC
            LIMIT :count
        """
        values = {
            "sources": json.dumps(list(sources)),
            "ids": json.dumps(list(ids)),
            "streams": json.dumps(list(streams)),
            "count": count if self._sees is None else -1,
        }
        with self.database.read() as db:
            return [*islice(self._visible(db.execute(sql, values)), count)]

    def published(self, numbers: Iterable[int]) -> dict[int, datetime]:
        """Map articles to when they were published (aware); without a date, to when they came in.

        Those of which neither is known are left out.
        """
        sql = """
            SELECT number, published_at, added_at FROM articles
            WHERE number IN (SELECT value FROM json_each(?))
        """
        with self.database.read() as db:
            rows = db.execute(sql, as_json(numbers)).fetchall()
        return {
            row["number"]: _aware(datetime.fromisoformat(row["published_at"]))
            if row["published_at"]
            else datetime.fromtimestamp(row["added_at"], UTC)
            for row in rows
            if row["published_at"] or row["added_at"]
        }

    def story(self, number: int) -> list[Article]:
        """Return the articles of the story of ``number``, itself included, oldest first."""
        with self.database.read() as db:
            known = self.articles(stories.members(db, number))
        return [known[each] for each in sorted(known)]

    def earlier_forms(self, article: Article) -> list[Article]:
        """Return articles of the same stream that tell the same, most alike first.

        ``article`` itself need not be stored.
        """
        signature = stories.sign(article.text)
        with self.database.write() as db:  # only a writer may search the sketches
            now = self._clock()
            ids = stories.earlier_forms(db, article, signature, self._sketches, now)
            return [found for each in ids if (found := self.article(each))]

    def articles_after(self, number: int, limit: int) -> list[Article]:
        """Return up to ``limit`` articles that came in after ``number``, in that order."""
        with self.database.read() as db:
            sql = "SELECT * FROM articles WHERE number > ? ORDER BY number LIMIT ?"
            return [_article(row) for row in db.execute(sql, (number, limit))]

    def replaced_after(self, version: int) -> tuple[Version, Version] | None:
        """Return the first version replaced after ``version`` was, and what replaced it."""
        with self.database.read() as db:
            return versions.replaced_after(db, version)

    def last_version(self) -> int:
        """Return the id of the version that was replaced last, 0 before the first."""
        with self.database.read() as db:
            return last_given(db, "earlier_versions")

    def sources_revision(self) -> int:
        """Return a number that changes whenever ``sources`` does."""
        with self.database.read() as db:
            return int(db.execute("SELECT number FROM sources_revision").fetchone()[0])

    def sources(self) -> list[str]:
        """Return the names of all sources that articles have."""
        # One look-up for each source; DISTINCT would scan the index of all articles.
        sql = """
            WITH RECURSIVE names (name) AS (
                SELECT min(source) FROM articles
                UNION ALL
                SELECT (SELECT min(source) FROM articles WHERE source > name) FROM names
                WHERE name IS NOT NULL
            )
            SELECT name FROM names WHERE name IS NOT NULL
        """
        with self.database.read() as db:
            return [row[0] for row in db.execute(sql) if self._has_visible(db, row[0])]

    def _has_visible(self, db: Connection, source: str) -> bool:
        sql = "SELECT id, is_personal FROM articles WHERE source = ?"
        return self._sees is None or any(visible_rows(db.execute(sql, (source,)), self._sees))

    def languages(self) -> dict[str | None, int]:
        """Count the articles of each language, the most frequent first."""
        sql = "SELECT language, count(*) FROM articles GROUP BY language ORDER BY 2 DESC, 1"
        with self.database.read() as db:
            return dict(db.execute(sql).fetchall())

    def last_number(self) -> int:
        """Return the number of the newest article ever added, 0 before the first."""
        with self.database.read() as db:
            return last_given(db, "articles")

    def has_personal(self) -> bool:
        """Whether there are articles that not everybody may see."""
        with self.database.read() as db:
            sql = "SELECT 1 FROM articles WHERE is_personal = 1 LIMIT 1"
            return db.execute(sql).fetchone() is not None

    def published_after(self, id_: int) -> Published | None:
        """Return the first article that became everybody's after the one with this id."""
        sql = "SELECT * FROM published WHERE id > ? ORDER BY id LIMIT 1"
        with self.database.read() as db:
            row = db.execute(sql, (id_,)).fetchone()
            if row is None:
                return None
            return Published(
                row["id"], self.articles([row["article"]])[row["article"]], row["last"]
            )

    def last_published(self) -> int:
        """Return the id of the last article that became everybody's, 0 before any."""
        with self.database.read() as db:
            return last_given(db, "published")

    def publish(self, ids: Iterable[str]) -> None:
        """Let everybody see the articles with these ids, from now on; they are not news."""
        sql = """
            UPDATE articles SET is_personal = 0
            WHERE is_personal = 1 AND id IN (SELECT value FROM json_each(?))
        """
        with self.database.write() as db:
            if db.execute(sql, as_json(ids)).rowcount:
                _touch(db)

    def save(
        self, article: Article, embedded: Embedded, encoder_name: str, passage_prompt: str = ""
    ) -> Article:
        """Add ``article`` or replace the one of the same id, with its passages: all or nothing.

        The first article decides the model, dimension and prompt of the index. ``ModelError`` when
        another model or prompt made ``embedded``.
        """
        signature = stories.sign(article.text)
        with self.database.write() as db:
            state = self.state()
            dimension = embedded.vectors.shape[1]
            check_model(state, encoder_name, dimension, passage_prompt)
            if state.model is None:
                db.execute(
                    "UPDATE current_index SET model = ?, dimension = ?, passage_prompt = ?",
                    (encoder_name, dimension, passage_prompt),
                )
            versions.keep(db, article, self._clock())
            _note_published(db, article)
            number = self._save_article(db, article)
            stories.assign(db, number, article, signature, self._sketches, self._clock())
            delete_passages(db, number)
            insert_passages(db, number, state.generation, article.title, embedded)
            _touch(db)
            row = db.execute("SELECT * FROM articles WHERE number = ?", (number,)).fetchone()
        return _article(row)

    def _save_article(self, db: Connection, article: Article) -> int:
        sql = """
            INSERT INTO articles (
                id, title, text, blocks, url, source, published_at, language, content_hash,
                is_backlog, stream, is_personal, added_at
            ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET
                title = excluded.title, text = excluded.text, blocks = excluded.blocks,
                url = excluded.url,
                source = excluded.source, published_at = excluded.published_at,
                language = excluded.language, content_hash = excluded.content_hash,
                stream = ifnull(articles.stream, excluded.stream), prepared_for = NULL,
                is_personal = articles.is_personal * excluded.is_personal,
                changed_at = iif(
                    articles.text = excluded.text, articles.changed_at, excluded.added_at
                )
            RETURNING number
        """
        published = article.published_at.isoformat() if article.published_at else None
        shown = (article.id, article.title, article.text, article.layout, article.url)
        beside = (article.source, published, article.language)
        ours = (article.content_hash, article.is_backlog, article.stream, article.is_personal)
        # fetchall: the statement must have run to its end before the next one
        return int(db.execute(sql, (*shown, *beside, *ours, self._clock())).fetchall()[0][0])

    def remove(self, id_or_url: str) -> Article | None:
        """Remove an article and its passages; ``None`` when there is no such article."""
        with self.database.write() as db:
            article = self.article(id_or_url)
            if article is not None:
                _remove(db, article.number)
                _touch(db)
        return article

    def remove_before(self, moment: float, limit: int) -> int:
        """Remove up to ``limit`` articles that came in before ``moment``, and return how many.

        Articles from before that was stored count as having come in at ``kept_since``. The space is
        reused by later articles: VACUUM would copy the whole database and lock out everyone else.
        """
        sql = """
            SELECT number FROM articles WHERE added_at < :moment
            UNION ALL
            SELECT number FROM articles
            WHERE added_at IS NULL AND (SELECT kept_since FROM current_index) < :moment
            LIMIT :limit
        """
        with self.database.write() as db:
            numbers = [row[0] for row in db.execute(sql, {"moment": moment, "limit": limit})]
            for number in numbers:
                _remove(db, number)
            if numbers:
                _touch(db)
        return len(numbers)

    # Rebuild: the next generation grows beside the current one

    def unprepared(self, generation: int, limit: int, host: str | None = None) -> list[Article]:
        """Return up to ``limit`` articles that have no passages under ``generation`` yet.

        For a ``host`` those are left out that other hosts are at.
        """
        sql = """
            SELECT * FROM articles WHERE prepared_for IS NOT :generation AND NOT EXISTS (
                SELECT 1 FROM rebuilding_hosts
                WHERE host != :host AND until > clock() AND number BETWEEN first AND last
            ) ORDER BY number LIMIT :limit
        """
        values = {"generation": generation, "limit": limit, "host": host}
        with self.database.read() as db:
            return [_article(row) for row in db.execute(sql, values)]

    def prepare(self, article: Article, generation: int, embedded: Embedded) -> bool:
        """Write an article's passages under a generation that is not current yet.

        ``False``, and nothing is done, if the article has changed since it was read, or another
        host has prepared it.
        """
        sql = """
            UPDATE articles SET prepared_for = ?
            WHERE number = ? AND title = ? AND text = ? AND prepared_for IS NOT ?
        """
        as_read = (generation, article.number, article.title, article.text, generation)
        with self.database.write() as db:
            changed = db.execute(sql, as_read)
            if changed.rowcount:
                insert_passages(db, article.number, generation, article.title, embedded)
            return bool(changed.rowcount)

    def rewrite(self, article: Article, now: Article, moved: Callable[[int], int]) -> None:
        """Give ``article`` the text and blocks that it has ``now``; its passages keep their words.

        ``moved`` maps a place in the old text to the new one. The indexes stay as they are, so the
        words must be the same. Does nothing if the article has changed since it was read.
        """
        sql = """
            UPDATE articles SET text = ?, blocks = ?, content_hash = ?, changed_at = ?
            WHERE number = ? AND title = ? AND text = ?
        """
        values = (now.text, now.layout, now.content_hash, self._clock())
        with self.database.write() as db:
            changed = db.execute(sql, (*values, article.number, article.title, article.text))
            if changed.rowcount:
                move_passages(db, article.number, now.text, moved)

    def set_language(self, article: Article) -> None:
        """Store the language of an article that had none; nothing if its text has changed."""
        sql = "UPDATE articles SET language = ? WHERE number = ? AND text = ?"
        with self.database.write() as db:
            db.execute(sql, (article.language, article.number, article.text))

    def swap(self, generation: int, model: str, dimension: int, passage_prompt: str = "") -> bool:
        """Make ``generation`` current; ``False`` if it lacks articles that came in meanwhile."""
        with self.database.write() as db:
            if self.unprepared(generation, 1):
                return False
            db.execute(
                "UPDATE current_index "
                "SET model = ?, dimension = ?, passage_prompt = ?, generation = ?",
                (model, dimension, passage_prompt, generation),
            )
            _touch(db)
        return True

    def sweep(self) -> None:
        """Remove the passages of all generations but the current one, a batch at a time."""
        sql = """
            DELETE FROM passages WHERE id IN
                (SELECT id FROM passages WHERE generation != ? LIMIT 2000)
        """
        while True:
            with self.database.write() as db:
                if not db.execute(sql, (self.state().generation,)).rowcount:
                    db.execute("UPDATE articles SET prepared_for = NULL")
                    return


def _note_published(db: Connection, article: Article) -> None:
    """Note that an article which only some could see comes from a source of everybody's.

    It is news to the others, unless it was there before that source was followed.
    """
    if article.is_personal or article.is_backlog:
        return
    sql = """
        INSERT INTO published (article, last)
        SELECT number, ? FROM articles WHERE id = ? AND is_personal = 1
    """
    db.execute(sql, (last_given(db, "articles"), article.id))


def _remove(db: Connection, number: int) -> None:
    delete_passages(db, number)
    db.execute("DELETE FROM articles WHERE number = ?", (number,))
    stories.pass_on(db, number)


def _touch(db: Connection) -> None:
    db.execute("UPDATE current_index SET revision = revision + 1")
    db.execute("INSERT INTO history SELECT revision, random() FROM current_index")
    too_old = "DELETE FROM history WHERE revision <= (SELECT revision - ? FROM current_index)"
    db.execute(too_old, (HISTORY,))


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _article(row: Row) -> Article:
    published = row["published_at"]
    return Article(
        id=row["id"],
        title=row["title"],
        text=row["text"],
        url=row["url"],
        source=row["source"],
        published_at=datetime.fromisoformat(published) if published else None,
        language=row["language"],
        layout=row["blocks"],
        number=row["number"],
        is_backlog=bool(row["is_backlog"]),
        stream=row["stream"],
        is_personal=bool(row["is_personal"]),
    )
