"""The SQL of shared quotes and their codes."""

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass

from bot.subscriptions.model import Interest
from qa.store.database import Database

CODE_BYTES = 16
"""Random bytes of a code: 22 characters, of the 64 that Telegram allows."""
MIGRATIONS = (
    # A code is deleted with its article.
    """
    CREATE TABLE shares (
        id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused: old buttons carry it
        code TEXT NOT NULL UNIQUE,
        article INTEGER NOT NULL REFERENCES articles (number) ON DELETE CASCADE,
        passage TEXT NOT NULL,
        sentence TEXT NOT NULL,
        topic TEXT,  -- NULL if there is nothing to subscribe to
        source TEXT,
        made_by INTEGER NOT NULL,
        made_at REAL NOT NULL
    );
    CREATE INDEX shares_by_article ON shares (article, made_by);
    """,
)


@dataclass(frozen=True, slots=True)
class Shared:
    """What a code opens: a passage of the article with this number, and its bold sentence.

    ``interest`` is what the reader can subscribe to.
    """

    article: int
    passage: str
    sentence: str
    interest: Interest | None


@dataclass(frozen=True, slots=True)
class Share:
    """A code and its number, which buttons carry."""

    id: int
    code: str
    shared: Shared


class ShareStore:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, database: Database) -> None:
        """Create or migrate the tables; those of articles exist."""
        self._database = database
        database.migrate("shares", MIGRATIONS)

    def make(self, shared: Shared, user_id: int) -> Share | None:
        """Return the user's code for this; a new one the first time.

        ``None`` if the article has just been removed.
        """
        same = """
            SELECT * FROM shares WHERE article = ? AND passage = ? AND sentence = ?
            AND topic IS ? AND source IS ? AND made_by = ?
        """
        add = """
            INSERT INTO shares (article, passage, sentence, topic, source, made_by, code, made_at)
            SELECT number, ?, ?, ?, ?, ?, ?, ? FROM articles WHERE number = ?
        """
        interest = shared.interest
        topic, source = (interest.topic, interest.source) if interest else (None, None)
        what = (shared.passage, shared.sentence, topic, source, user_id)
        new = (secrets.token_urlsafe(CODE_BYTES), time.time(), shared.article)
        with self._database.write() as db:
            if db.execute(same, (shared.article, *what)).fetchone() is None:
                db.execute(add, (*what, *new))
            row = db.execute(same, (shared.article, *what)).fetchone()
            return Share(row["id"], row["code"], shared) if row else None

    def opened(self, code: str) -> Share | None:
        """Return what ``code`` opens; ``None`` if there is no such code (any more)."""
        return self._one("code = ?", code)

    def by_id(self, id_: int) -> Share | None:
        """Return the share with this number, if it still exists."""
        return self._one("id = ?", id_)

    def _one(self, where: str, value: str | int) -> Share | None:
        with self._database.read() as db:
            row = db.execute(f"SELECT * FROM shares WHERE {where}", (value,)).fetchone()  # noqa: S608 a literal
        if row is None:
            return None
        interest = None if row["topic"] is None else Interest(row["topic"], row["source"])
        shared = Shared(row["article"], row["passage"], row["sentence"], interest)
        return Share(row["id"], row["code"], shared)

    def revoke(self, ids: Iterable[int], user_id: int) -> bool:
        """Delete codes that ``user_id`` made; ``False`` if one of them is somebody else's."""
        with self._database.write() as db:
            for id_ in ids:
                mine = "DELETE FROM shares WHERE id = ? AND made_by = ?"
                db.execute(mine, (id_, user_id))
                if db.execute("SELECT 1 FROM shares WHERE id = ?", (id_,)).fetchone():
                    return False
        return True
