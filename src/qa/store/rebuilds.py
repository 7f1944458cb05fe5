"""A rebuild that several hosts share: who embeds which articles, and who is ready for the swap.

What is written for a rebuild is written only while its row is there: a host that was stopped while
another rebuild began, or while this one ended, adds nothing to what is current then.
"""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from qa.article import Article
from qa.errors import RebuildRunningError
from qa.store.articles import Store
from qa.store.database import Connection
from qa.store.passages import Embedded

HOST_SECONDS = 60.0
"""How long the articles of a host that was killed are left to it, if nobody renews that."""


@dataclass(frozen=True, slots=True)
class Rebuild:
    """A rebuild that is under way, and what made its vectors."""

    id: int
    generation: int
    model: str
    dimension: int
    passage_prompt: str


class Rebuilds:
    """The tables of rebuilds, as one ``host`` uses them."""

    def __init__(self, store: Store, host: str) -> None:
        self._store = store
        self._database = store.database
        self._host = host

    # The host that leads

    def begin(self, model: str, dimension: int, passage_prompt: str) -> Rebuild:
        """Note that a rebuild begins; another one that was under way is none any longer."""
        with self._database.write() as db:
            db.execute("DELETE FROM rebuilds")
            db.execute("DELETE FROM rebuilding_hosts")
        self._store.sweep()  # what a rebuild that was killed has left, maybe by another model
        sql = """
            INSERT INTO rebuilds (generation, model, dimension, passage_prompt)
            SELECT generation + 1, ?, ?, ? FROM current_index
        """
        with self._database.write() as db:
            db.execute(sql, (model, dimension, passage_prompt))
            found = _current(db)
        assert found is not None
        return found

    def end(self, rebuild: Rebuild) -> None:
        """Note that a rebuild is not under way any longer; what it has prepared is left."""
        with self._database.write() as db:
            if db.execute("DELETE FROM rebuilds WHERE id = ?", (rebuild.id,)).rowcount:
                db.execute("DELETE FROM rebuilding_hosts")

    def done(self, rebuild: Rebuild) -> int:
        """Return how many articles all hosts have prepared."""
        with self._database.read() as db:
            row = db.execute("SELECT done FROM rebuilds WHERE id = ?", (rebuild.id,)).fetchone()
            return int(row[0]) if row else 0

    def is_anybody_busy(self) -> bool:
        """Whether another host that takes part is not ready for the swap."""
        sql = "SELECT 1 FROM rebuilding_hosts WHERE host != ? AND is_ready = 0 AND until > clock()"
        with self._database.read() as db:
            return db.execute(sql, (self._host,)).fetchone() is not None

    # Every host

    def current(self) -> Rebuild | None:
        """Return the rebuild that is under way; its host may have been killed."""
        with self._database.read() as db:
            return _current(db)

    def join(self, rebuild: Rebuild) -> None:
        """Take part, or say that this host still does."""
        sql = """
            INSERT INTO rebuilding_hosts (host, until) VALUES (?, clock() + ?)
            ON CONFLICT (host) DO UPDATE SET until = excluded.until
        """
        with self._writing(rebuild) as db:
            db.execute(sql, (self._host, HOST_SECONDS))

    def take(self, rebuild: Rebuild, limit: int) -> list[Article]:
        """Return articles that are not prepared and that no other host is at, for this one.

        Those that it was given before are free again.
        """
        sql = """
            INSERT INTO rebuilding_hosts (host, first, last, until) VALUES (?, ?, ?, clock() + ?)
            ON CONFLICT (host) DO UPDATE
                SET first = excluded.first, last = excluded.last, until = excluded.until
        """
        with self._writing(rebuild) as db:
            found = self._store.unprepared(rebuild.generation, limit, self._host)
            first, last = (found[0].number, found[-1].number) if found else (None, None)
            db.execute(sql, (self._host, first, last, HOST_SECONDS))
        return found

    def prepare(self, rebuild: Rebuild, made: Iterable[tuple[Article, Embedded]]) -> None:
        """Write the passages of articles, but not of those that have changed meanwhile."""
        with self._fenced(rebuild):
            done = sum(
                self._store.prepare(article, rebuild.generation, embedded)
                for article, embedded in made
            )
            with self._database.write() as db:
                db.execute("UPDATE rebuilds SET done = done + ?", (done,))

    def ready(self, rebuild: Rebuild) -> None:
        """Note that this host can search the new generation."""
        with self._writing(rebuild) as db:
            sql = "UPDATE rebuilding_hosts SET is_ready = 1 WHERE host = ?"
            db.execute(sql, (self._host,))

    def swap(self, rebuild: Rebuild) -> bool:
        """Make the new generation current; ``False`` if it lacks articles that came in."""
        with self._fenced(rebuild):
            return self._store.swap(
                rebuild.generation, rebuild.model, rebuild.dimension, rebuild.passage_prompt
            )

    @contextlib.contextmanager
    def _writing(self, rebuild: Rebuild) -> Iterator[Connection]:
        """Write for a rebuild; ``RebuildRunningError`` if it is not under way any longer."""
        with self._fenced(rebuild), self._database.write() as db:
            yield db

    @contextlib.contextmanager
    def _fenced(self, rebuild: Rebuild) -> Iterator[None]:
        def see_that_it_goes_on(db: Connection) -> None:
            if db.execute("SELECT 1 FROM rebuilds WHERE id = ?", (rebuild.id,)).fetchone() is None:
                raise RebuildRunningError("Another rebuild has begun; this one has ended.")

        with self._database.fenced(see_that_it_goes_on):
            yield


def _current(db: Connection) -> Rebuild | None:
    sql = "SELECT id, generation, model, dimension, passage_prompt FROM rebuilds"
    row = db.execute(sql).fetchone()
    return Rebuild(*row) if row else None
