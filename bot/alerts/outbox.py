"""What waits to be sent, what was sent, and what is collected for digests: their SQL.

A row is waiting (to be sent), collected (for a digest), digested (now part of one), sent, or given
up. Within a place rows are sent in the order of their ids.
"""

import json
import sqlite3
from collections.abc import Sequence

from bot.alerts.model import KeptQuote, Kind, Pending, Place, Subscription, Timetable
from qa.store.database import Database

LEASE_SECONDS = 30.0
"""What was claimed, and is neither settled nor put off by then, may be claimed again."""
KEEP_SECONDS = 14 * 24 * 3600.0
"""What was sent is known for so long: a story that is told again meanwhile is no new alert."""
BITE = 5_000
"""Rows that are forgotten in one transaction."""

FIRST = "SELECT min(id) FROM outbox WHERE state = 'waiting' AND chat_id = ? AND thread_id = ?"
CLAIM = f"""
    UPDATE outbox SET lease_until = ?, attempts = attempts + 1
    WHERE id = ({FIRST}) AND lease_until <= ? AND not_before <= ?
    RETURNING id
"""  # noqa: S608 a literal
# What an edit is made from stands in the row of the alert that it edits.
PENDING = """
    SELECT row.id, coalesce(row.edits, row.id) AS alert_id, row.chat_id, row.thread_id,
        row.kind, row.html, row.attempts,
        alert.reasons, alert.also, alert.message_id,
        quote.article_number, quote.article_id, quote.text, quote.begins, quote.ends,
        quote.paragraph, quote.highlight_begins, quote.highlight_ends
    FROM outbox AS row
    LEFT JOIN outbox AS alert ON alert.id = coalesce(row.edits, row.id)
    LEFT JOIN alert_quotes AS quote ON quote.id = alert.quote
"""


class Outbox:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Who has something waiting

    def places_after(self, row_id: int) -> tuple[list[Place], int]:
        """Places with something waiting behind ``row_id``, and the id up to which that is known."""
        with self._database.read() as connection:
            newest = connection.execute("SELECT max(id) FROM outbox").fetchone()[0] or 0
            if newest <= row_id:
                return [], row_id
            # By id, not through the index of all that waits.
            query = (
                "SELECT DISTINCT chat_id, thread_id FROM outbox NOT INDEXED"
                " WHERE id > ? AND state = 'waiting'"
            )
            return [Place(*row) for row in connection.execute(query, (row_id,))], newest

    def places(self) -> list[Place]:
        """All places with something waiting."""
        with self._database.read() as connection:
            query = "SELECT DISTINCT chat_id, thread_id FROM outbox WHERE state = 'waiting'"
            return [Place(*row) for row in connection.execute(query)]

    def ready_at(self, place: Place) -> float | None:
        """From when on the place's first row may be claimed; ``None`` when nothing waits."""
        with self._database.read() as connection:
            query = f"SELECT max(lease_until, not_before) FROM outbox WHERE id = ({FIRST})"  # noqa: S608 a literal
            row = connection.execute(query, place).fetchone()
            return float(row[0]) if row else None

    # The sender

    def claim(self, place: Place, now: float) -> Pending | None:
        """Lease the place's first waiting row; ``None`` when there is none, or not yet.

        One that is leased or put off holds up those behind it, and no other place's.
        """
        with self._database.write() as connection:
            # All rows are fetched: an unfinished statement would hold up the commit.
            ids = connection.execute(CLAIM, (now + LEASE_SECONDS, *place, now, now)).fetchall()
            return _pending(connection, "row.id = ?", ids[0])[0] if ids else None

    def settle(self, row_id: int, *, sent: bool, now: float, message_id: int | None = None) -> None:
        """It was sent, or is given up for good; either way it is never claimed again."""
        state = "sent" if sent else "given up"
        with self._database.write() as connection:
            connection.execute(
                "UPDATE outbox SET state = ?, settled_at = ?, html = NULL, message_id = ?"
                " WHERE id = ?",
                (state, now, message_id, row_id),
            )

    def postpone(self, row_id: int, until: float) -> None:
        """Give the lease back; the row may be claimed from ``until`` on."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE outbox SET lease_until = 0, not_before = ? WHERE id = ?", (until, row_id)
            )

    def alert(self, row_id: int, chat_id: int) -> Pending | None:
        """An alert of the chat, in whatever state; ``None`` when it is forgotten."""
        with self._database.read() as connection:
            where = "row.id = ? AND row.chat_id = ? AND row.kind = 'alert'"
            return next(iter(_pending(connection, where, (row_id, chat_id))), None)

    # Digests and notices

    def collected(self, place: Place) -> list[Pending]:
        """What is collected for the place's next digest, oldest first."""
        with self._database.read() as connection:
            where = "row.state = 'collected' AND row.chat_id = ? AND row.thread_id = ?"
            return _pending(connection, where, place)

    def put_digest(
        self,
        place: Place,
        timetable: Timetable,
        rows: Sequence[int],
        parts: Sequence[str],
        next_digest_at: float | None,
        now: float,
    ) -> bool:
        """Turn the collected ``rows`` into messages and set the next moment, all or nothing.

        ``False``, and nothing is changed, when the place's timetable or what is collected is no
        longer what the parts were made from.
        """
        ids = json.dumps(list(rows))
        with self._database.write() as connection:
            still = connection.execute(
                "SELECT count(*) FROM outbox WHERE state = 'collected'"
                " AND id IN (SELECT value FROM json_each(?))",
                (ids,),
            ).fetchone()[0]
            if still != len(rows):
                return False
            moved = connection.execute(
                "UPDATE places SET next_digest_at = ? WHERE chat_id = ? AND thread_id = ?"
                " AND next_digest_at IS ? AND digest_at IS ?",
                (next_digest_at, *place, timetable.next_digest_at, timetable.digest_at),
            )
            if not moved.rowcount:
                return False
            connection.execute(
                "UPDATE outbox SET state = 'digested', settled_at = ?"
                " WHERE id IN (SELECT value FROM json_each(?))",
                (now, ids),
            )
            for part in parts:
                _put_html(connection, place, Kind.DIGEST, part)
        return True

    def put_notice(self, subscription: Subscription, html: str, now: float) -> None:
        """Tell a place of its silent subscription, which is then not told of again."""
        with self._database.write() as connection:
            told = connection.execute(
                "UPDATE subscriptions SET told_quiet_at = ?"
                " WHERE id = ? AND told_quiet_at IS NULL AND ended_at IS NULL",
                (now, subscription.id),
            )
            if told.rowcount:
                _put_html(connection, subscription.place, Kind.NOTICE, html)

    # Housekeeping

    def waiting(self) -> int:
        """How many rows wait to be sent."""
        with self._database.read() as connection:
            query = "SELECT count(*) FROM outbox WHERE state = 'waiting'"
            return int(connection.execute(query).fetchone()[0])

    def hurry(self, moment: float) -> None:
        """Let rows that could not be claimed before ``moment`` be claimed at once."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE outbox SET lease_until = 0, not_before = 0"
                " WHERE state = 'waiting' AND max(lease_until, not_before) > ?",
                (moment,),
            )

    def forget(self, now: float) -> None:
        """Forget what was settled long ago; the cursor keeps it from coming again."""
        sql = """
            DELETE FROM outbox WHERE id IN
                (SELECT id FROM outbox WHERE settled_at < ? LIMIT ?)
        """
        while True:
            with self._database.write() as connection:
                gone = connection.execute(sql, (now - KEEP_SECONDS, BITE)).rowcount
            if gone < BITE:
                break
        with self._database.write() as connection:
            connection.execute(
                "DELETE FROM alert_quotes WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE"
                " kind = 'alert' AND outbox.article_number = alert_quotes.article_number)"
            )


def _put_html(connection: sqlite3.Connection, place: Place, kind: Kind, html: str) -> None:
    connection.execute(
        "INSERT INTO outbox (chat_id, thread_id, kind, html) VALUES (?, ?, ?, ?)",
        (*place, kind.value, html),
    )


def _pending(connection: sqlite3.Connection, where: str, values: Sequence[object]) -> list[Pending]:
    query = f"{PENDING} WHERE {where} ORDER BY row.id"
    return [_row(row) for row in connection.execute(query, tuple(values)).fetchall()]


def _row(row: sqlite3.Row) -> Pending:
    return Pending(
        id=row["id"],
        alert_id=row["alert_id"],
        place=Place(row["chat_id"], row["thread_id"]),
        kind=Kind(row["kind"]),
        html=row["html"],
        quote=_quote(row) if row["article_id"] is not None else None,
        reasons=tuple(json.loads(row["reasons"] or "[]")),
        also=tuple(json.loads(row["also"] or "[]")),
        message_id=row["message_id"],
        attempts=row["attempts"],
    )


def _quote(row: sqlite3.Row) -> KeptQuote:
    begins, ends = row["highlight_begins"], row["highlight_ends"]
    return KeptQuote(
        row["article_number"],
        row["article_id"],
        row["text"],
        row["begins"],
        row["ends"],
        row["paragraph"],
        None if begins is None else (begins, ends),
    )
