"""Which articles are matched already, and what came of each: the matcher's SQL.

Everything that one article leads to is written in the transaction that moves the cursor past it:
alerts, additions to alerts of the same story, and when each subscription last matched.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.alerts.model import Match, Place
from qa import Article, Library, Quote

EDITED_SECONDS = 24 * 3600.0
"""A sent alert gets its "also in" for so long."""


@dataclass(frozen=True, slots=True)
class _Told:
    """The alert that a place already has of a story."""

    id: int
    place: Place
    reasons: list[int]
    also: list[str]
    waits: bool
    needs_edit: bool


class Cursor:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, library: Library) -> None:
        """A new cursor starts behind the newest article."""
        self._library = library
        self._database = library.database
        with self._database.read() as connection:
            if connection.execute("SELECT 1 FROM cursor").fetchone():
                return  # and write nothing, so that a full disk does not hinder `status`
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO cursor VALUES (1, ?)", (library.last_number(),)
            )

    def next_article(self) -> Article | None:
        """The first article behind the cursor; ``None`` when all are matched."""
        with self._database.read() as connection:
            number = connection.execute("SELECT article_number FROM cursor").fetchone()[0]
            return next(iter(self._library.articles_after(number, 1)), None)

    def record(
        self, article: Article, matches: Iterable[Match], story: Sequence[Article], now: float
    ) -> None:
        """Put down what the article leads to and move the cursor, all or nothing.

        Subscriptions that have ended meanwhile get nothing; an article behind the cursor is done.
        A place that has an alert of another article of ``story`` gets no second one: the first
        says where else the story stands.
        """
        with self._database.write() as connection:
            moved = connection.execute(
                "UPDATE cursor SET article_number = :n WHERE article_number < :n",
                {"n": article.number},
            )
            if not moved.rowcount:
                return
            lasting = _only_lasting(connection, list(matches))
            told = _told(connection, [each.number for each in story], article.number, now)
            for match in lasting:
                if match.place in told:
                    _add(connection, told[match.place], article, match.subscriptions)
            _put(connection, article, [match for match in lasting if match.place not in told])
            _note_matched(connection, lasting, now)


def _only_lasting(connection: sqlite3.Connection, matches: Sequence[Match]) -> list[Match]:
    ids = json.dumps([id_ for match in matches for id_ in match.subscriptions])
    query = """
        SELECT id FROM subscriptions
        WHERE id IN (SELECT value FROM json_each(?)) AND ended_at IS NULL
    """
    lasting = {row[0] for row in connection.execute(query, (ids,))}
    return [
        Match(match.place, match.quote, still)
        for match in matches
        if (still := tuple(id_ for id_ in match.subscriptions if id_ in lasting))
    ]


def _told(
    connection: sqlite3.Connection, story: Sequence[int], number: int, now: float
) -> dict[Place, _Told]:
    """Which places have an alert of another article of the story, and where it stands."""
    query = """
        SELECT id, chat_id, thread_id, reasons, also,
            state IN ('waiting', 'collected') AS waits,
            (state = 'sent' AND settled_at >= :since)
                OR (state = 'waiting' AND lease_until > :now) AS needs_edit
        FROM outbox
        WHERE kind = 'alert' AND state != 'given up' AND article_number != :number
            AND article_number IN (SELECT value FROM json_each(:story))
        ORDER BY id DESC
    """
    values = {
        "now": now,
        "since": now - EDITED_SECONDS,
        "number": number,
        "story": json.dumps(list(story)),
    }
    found = (
        _Told(
            row["id"],
            Place(row["chat_id"], row["thread_id"]),
            json.loads(row["reasons"]),
            json.loads(row["also"]),
            bool(row["waits"]),
            bool(row["needs_edit"]),
        )
        for row in connection.execute(query, values)
    )
    return {told.place: told for told in found}


def _add(
    connection: sqlite3.Connection, told: _Told, article: Article, asking: Sequence[int]
) -> None:
    """What is not sent yet is sent with it; what was sent lately, or is in flight, is edited.

    What is not sent yet has the subscriptions of both as its reasons: if those that asked for the
    first article end, the others must still hear of the story.
    """
    also = json.dumps([*told.also, article.id])
    reasons = json.dumps(sorted({*told.reasons, *asking}) if told.waits else told.reasons)
    sql = "UPDATE outbox SET also = ?, reasons = ? WHERE id = ?"
    connection.execute(sql, (also, reasons, told.id))
    if told.needs_edit:
        connection.execute(
            # One edit that nobody has begun is made from all that is known when it is sent.
            "INSERT INTO outbox (chat_id, thread_id, kind, edits)"
            " SELECT :chat, :thread, 'edit', :alert WHERE NOT EXISTS (SELECT 1 FROM outbox"
            " WHERE state = 'waiting' AND chat_id = :chat AND thread_id = :thread"
            " AND edits = :alert AND attempts = 0)",
            {"chat": told.place.chat_id, "thread": told.place.thread_id, "alert": told.id},
        )


def _put(connection: sqlite3.Connection, article: Article, matches: Sequence[Match]) -> None:
    digests = connection.execute("SELECT chat_id, thread_id FROM places WHERE digest_at >= 0")
    collecting = {Place(*row) for row in digests.fetchall()}
    quotes: dict[Quote, int] = {}
    for match in matches:
        if match.quote not in quotes:
            quotes[match.quote] = _keep_quote(connection, article, match.quote)
    connection.executemany(
        "INSERT OR IGNORE INTO outbox (chat_id, thread_id, kind, article_number, quote, reasons,"
        " state) VALUES (?, ?, 'alert', ?, ?, ?, ?)",
        (
            (
                *match.place,
                article.number,
                quotes[match.quote],
                json.dumps(list(match.subscriptions)),
                "collected" if match.place in collecting else "waiting",
            )
            for match in matches
        ),
    )


def _keep_quote(connection: sqlite3.Connection, article: Article, quote: Quote) -> int:
    cursor = connection.execute(
        "INSERT INTO alert_quotes (article_number, article_id, text, begins, ends, paragraph,"
        " highlight_begins, highlight_ends) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            article.number,
            article.id,
            quote.text,
            quote.start,
            quote.end,
            quote.paragraph,
            *(quote.highlight or (None, None)),
        ),
    )
    return cursor.lastrowid or 0


def _note_matched(connection: sqlite3.Connection, matches: Sequence[Match], now: float) -> None:
    connection.executemany(
        "UPDATE subscriptions SET last_match_at = ?, told_quiet_at = NULL WHERE id = ?",
        ((now, id_) for match in matches for id_ in match.subscriptions),
    )
