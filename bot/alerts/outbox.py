"""The SQL of the outbox: what waits to be sent, was sent, or is collected for digests.

A row is waiting (to be sent), collected (for a digest), digested (now part of one), sent, or given
up. Within a destination, rows are sent in the order of their ids.
"""

import json
from collections.abc import Mapping, Sequence

from bot.alerts.model import OutboxRow, RowKind, StoredQuote
from bot.subscriptions.model import Destination, Subscription, Timetable
from qa.language.corrections import Correction
from qa.store.database import Connection, Database, Row

LEASE_SECONDS = 30.0
"""A claimed row that is neither done nor postponed by then may be claimed again."""
KEEP_SECONDS = 14 * 24 * 3600.0
"""How long sent rows are kept: a story that returns in that time causes no new alert."""
EDITED_SECONDS = 24 * 3600.0
"""How long after it was sent a message is still edited."""
BATCH = 5_000
"""Rows deleted in one transaction."""

FIRST = "SELECT min(id) FROM outbox WHERE state = 'waiting' AND chat_id = ?1 AND thread_id = ?2"
CLAIM = f"""
    UPDATE outbox SET lease_until = coalesce(?3, clock()) + {LEASE_SECONDS}, attempts = attempts + 1
    WHERE id = ({FIRST}) AND state = 'waiting'
        AND max(lease_until, not_before) <= coalesce(?3, clock())
    RETURNING id
"""  # noqa: S608 literals
# An edit is composed from the row of the message that it changes.
ROWS = """
    SELECT row.id, coalesce(row.edits, row.id) AS alert_id, row.chat_id, row.thread_id,
        row.kind, coalesce(message.kind, row.kind) AS shows, row.attempts,
        iif(row.kind = 'edit' AND message.kind = 'alert', NULL, message.html) AS html,
        message.reasons, message.also, message.corrections, message.message_id, message.is_bare,
        quote.article_number, quote.article_id, quote.text, quote.begins, quote.ends,
        quote.paragraph, quote.highlight_begins, quote.highlight_ends
    FROM outbox AS row
    LEFT JOIN outbox AS message ON message.id = coalesce(row.edits, row.id)
    LEFT JOIN alert_quotes AS quote ON quote.id = message.quote
"""


class Outbox:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Destinations with waiting rows

    def destinations_after(self, row_id: int) -> tuple[list[Destination], int]:
        """Destinations with waiting rows after ``row_id``, and the newest row that was seen."""
        with self._database.read() as connection:
            newest = connection.execute("SELECT max(id) FROM outbox").fetchone()[0] or 0
            if newest <= row_id:
                return [], row_id
            # By id: the index of waiting rows would read all of them.
            query = (
                "SELECT DISTINCT chat_id, thread_id FROM outbox NOT INDEXED"
                " WHERE id > ? AND state = 'waiting'"
            )
            return [Destination(*row) for row in connection.execute(query, (row_id,))], newest

    def destinations(self) -> list[Destination]:
        """All destinations with waiting rows."""
        with self._database.read() as connection:
            query = "SELECT DISTINCT chat_id, thread_id FROM outbox WHERE state = 'waiting'"
            return [Destination(*row) for row in connection.execute(query)]

    def ready_at(self, destination: Destination) -> float | None:
        """When the destination's first row may be claimed; ``None`` if nothing waits."""
        with self._database.read() as connection:
            query = f"SELECT max(lease_until, not_before) FROM outbox WHERE id = ({FIRST})"  # noqa: S608 a literal
            row = connection.execute(query, destination).fetchone()
            return float(row[0]) if row else None

    # The sender

    def claim(self, destination: Destination, now: float | None = None) -> OutboxRow | None:
        """Lease the destination's first waiting row; ``None`` if there is none, or not yet.

        A row that is leased or postponed holds up those after it, but no other destination.
        ``now`` is the time by the clock of the database, which all hosts share, unless it is given.
        """
        with self._database.write() as connection:
            # Fetch all rows: an unfinished statement would block the commit.
            ids = connection.execute(CLAIM, (*destination, now)).fetchall()
            return _rows(connection, "row.id = ?", ids[0])[0] if ids else None

    def mark_sent(self, row_id: int, now: float, message_id: int | None = None) -> None:
        """The row was sent as ``message_id``, or as an edit; it is never claimed again."""
        with self._database.write() as connection:
            _finish(connection, row_id, "sent", now, message_id)
            connection.execute(
                "DELETE FROM pauses WHERE (chat_id, thread_id) ="
                " (SELECT chat_id, thread_id FROM outbox WHERE id = ?)",
                (row_id,),
            )

    def give_up(self, row: OutboxRow, now: float, refusal: str | None = None) -> None:
        """The claimed row cannot be sent; it is never claimed again.

        ``refusal`` is what Telegram said if it refused the message.
        """
        with self._database.write() as connection:
            if _is_claimed(connection, row):
                _finish(connection, row.id, "given up", now, None)
                connection.execute("UPDATE outbox SET refusal = ? WHERE id = ?", (refusal, row.id))

    def postpone(self, row: OutboxRow, until: float) -> None:
        """Return the lease of the claimed row, which may be claimed from ``until`` on."""
        with self._database.write() as connection:
            if _is_claimed(connection, row):
                sql = "UPDATE outbox SET lease_until = 0, not_before = ? WHERE id = ?"
                connection.execute(sql, (until, row.id))

    def alert(self, row_id: int, chat_id: int) -> OutboxRow | None:
        """An alert of the chat in any state; ``None`` if it was deleted."""
        with self._database.read() as connection:
            where = "row.id = ? AND row.chat_id = ? AND row.kind = 'alert'"
            return next(iter(_rows(connection, where, (row_id, chat_id))), None)

    def keep_bare(self, row_id: int, chat_id: int) -> None:
        """Leave an alert of the chat without buttons from now on, whatever edits it."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE outbox SET is_bare = 1 WHERE id = ? AND chat_id = ?", (row_id, chat_id)
            )

    # Digests and notices

    def collected(self, destination: Destination) -> list[OutboxRow]:
        """What is collected for the destination's next digest, oldest first."""
        with self._database.read() as connection:
            where = "row.state = 'collected' AND row.chat_id = ? AND row.thread_id = ?"
            return _rows(connection, where, destination)

    def items(self, digest: int) -> list[OutboxRow]:
        """Return the alerts that are part of a digest's message, oldest first."""
        with self._database.read() as connection:
            return _rows(connection, "row.digest = ?", (digest,))

    def put_digest(
        self,
        destination: Destination,
        timetable: Timetable,
        items: Mapping[int, str],
        parts: Sequence[str],
        next_digest_at: float | None,
        now: float,
    ) -> bool:
        """Turn collected rows into messages and set the next digest, all or nothing.

        ``items`` maps the rows to their HTML in one of ``parts``, empty if they are in none.
        ``False``, with nothing changed, if the timetable or the collected rows have changed since
        ``parts`` were made.
        """
        ids = json.dumps(list(items))
        with self._database.write() as connection:
            still_collected = connection.execute(
                "SELECT count(*) FROM outbox WHERE state = 'collected'"
                " AND id IN (SELECT value FROM json_each(?))",
                (ids,),
            ).fetchone()[0]
            if still_collected != len(items):
                return False
            moved = connection.execute(
                "UPDATE places SET next_digest_at = ? WHERE chat_id = ? AND thread_id = ?"
                " AND next_digest_at IS ? AND digest_at IS ?",
                (next_digest_at, *destination, timetable.next_digest_at, timetable.digest_at),
            )
            if not moved.rowcount:
                return False
            messages = {
                _insert_html(connection, destination, RowKind.DIGEST, part): part for part in parts
            }
            connection.executemany(
                "UPDATE outbox SET state = 'digested', settled_at = ?, html = ?, digest = ?"
                " WHERE id = ?",
                [(now, html, _holding(html, messages), id_) for id_, html in items.items()],
            )
        return True

    def put_notice(self, subscription: Subscription, html: str, now: float) -> None:
        """Queue the notice that a subscription is silent, once until it matches again."""
        with self._database.write() as connection:
            noted = connection.execute(
                "UPDATE subscriptions SET told_quiet_at = ?"
                " WHERE id = ? AND told_quiet_at IS NULL AND ended_at IS NULL",
                (now, subscription.id),
            )
            if noted.rowcount:
                _insert_html(connection, subscription.destination, RowKind.NOTICE, html)

    # Housekeeping

    def waiting(self) -> int:
        """Count the rows that wait to be sent."""
        with self._database.read() as connection:
            query = "SELECT count(*) FROM outbox WHERE state = 'waiting'"
            return int(connection.execute(query).fetchone()[0])

    def oldest_article(self) -> int | None:
        """Return the number of the oldest article that a waiting alert is about."""
        with self._database.read() as connection:
            query = "SELECT min(article_number) FROM outbox WHERE state = 'waiting'"
            number: int | None = connection.execute(query).fetchone()[0]
            return number

    def refused(self) -> int:
        """Count the rows of the last two weeks that were given up because Telegram refused them."""
        with self._database.read() as connection:
            query = "SELECT count(*) FROM outbox WHERE refusal IS NOT NULL"
            return int(connection.execute(query).fetchone()[0])

    def reschedule(self, moment: float) -> None:
        """Make rows that could not be claimed before ``moment`` ready at once."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE outbox SET lease_until = 0, not_before = 0"
                " WHERE state = 'waiting' AND max(lease_until, not_before) > ?",
                (moment,),
            )

    def forget(self, now: float) -> None:
        """Delete rows that were settled long ago; thanks to the cursor they do not come back."""
        sql = """
            DELETE FROM outbox WHERE id IN
                (SELECT id FROM outbox WHERE settled_at < ? LIMIT ?)
        """
        while True:
            with self._database.write() as connection:
                deleted = connection.execute(sql, (now - KEEP_SECONDS, BATCH)).rowcount
            if deleted < BATCH:
                break
        with self._database.write() as connection:
            connection.execute(
                "DELETE FROM alert_quotes WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE"
                " kind = 'alert' AND outbox.article_number = alert_quotes.article_number)"
                " AND article_number NOT IN (SELECT article_number FROM match_batches)"
            )


def put_edit(connection: Connection, destination: Destination, message: int) -> None:
    """Edit a message that was sent recently, or is in flight, to what it should read now."""
    connection.execute(
        # An edit that has not been attempted yet will include this change as well.
        "INSERT INTO outbox (chat_id, thread_id, kind, edits)"
        " SELECT :chat, :thread, 'edit', :message WHERE NOT EXISTS (SELECT 1 FROM outbox"
        " WHERE state = 'waiting' AND chat_id = :chat AND thread_id = :thread"
        " AND edits = :message AND attempts = 0)",
        {"chat": destination.chat_id, "thread": destination.thread_id, "message": message},
    )


def _finish(
    connection: Connection, row_id: int, state: str, now: float, message_id: int | None
) -> None:
    connection.execute(
        "UPDATE outbox SET state = ?, settled_at = ?, message_id = ?,"
        " html = iif(kind = 'digest', html, NULL) WHERE id = ? AND state != 'sent'",
        (state, now, message_id, row_id),
    )


def _is_claimed(connection: Connection, row: OutboxRow) -> bool:
    """Whether the claim still stands: another host may have claimed or settled the row since."""
    query = "SELECT 1 FROM outbox WHERE id = ? AND attempts = ? AND state = 'waiting'"
    return connection.execute(query, (row.id, row.attempts)).fetchone() is not None


def _insert_html(connection: Connection, destination: Destination, kind: RowKind, html: str) -> int:
    cursor = connection.execute(
        "INSERT INTO outbox (chat_id, thread_id, kind, html) VALUES (?, ?, ?, ?)",
        (*destination, kind.value, html),
    )
    return cursor.lastrowid or 0


def _holding(item: str, messages: Mapping[int, str]) -> int | None:
    return next((row for row, html in messages.items() if item and item in html), None)


def _rows(connection: Connection, where: str, values: Sequence[object]) -> list[OutboxRow]:
    query = f"{ROWS} WHERE {where} ORDER BY row.id"
    return [_row(row) for row in connection.execute(query, tuple(values)).fetchall()]


def _row(row: Row) -> OutboxRow:
    return OutboxRow(
        id=row["id"],
        alert_id=row["alert_id"],
        destination=Destination(row["chat_id"], row["thread_id"]),
        kind=RowKind(row["kind"]),
        shows=RowKind(row["shows"]),
        html=row["html"],
        quote=_quote(row) if row["article_id"] is not None else None,
        reasons=tuple(json.loads(row["reasons"] or "[]")),
        also=tuple(json.loads(row["also"] or "[]")),
        corrections=tuple(Correction(*pair) for pair in json.loads(row["corrections"] or "[]")),
        message_id=row["message_id"],
        is_bare=bool(row["is_bare"]),
        attempts=row["attempts"],
    )


def _quote(row: Row) -> StoredQuote:
    begins, ends = row["highlight_begins"], row["highlight_ends"]
    return StoredQuote(
        row["article_number"],
        row["article_id"],
        row["text"],
        row["begins"],
        row["ends"],
        row["paragraph"],
        None if begins is None else (begins, ends),
    )
