"""The SQL of corrections: how far edits of articles have been checked, and what they led to."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

from bot.alerts.cursor import begin_once
from bot.alerts.outbox import EDITED_SECONDS, LEASE_SECONDS, put_edit
from bot.subscriptions.model import Destination
from qa import Library
from qa.language.corrections import Correction
from qa.store.database import Connection
from qa.store.versions import Version

SHOWN = 5
"""Corrections shown below an alert, at most: the latest."""

_SEEN = """
    SELECT alert.id, message.id AS message, alert.chat_id, alert.thread_id, alert.corrections
    FROM outbox AS alert
    JOIN outbox AS message ON message.id = coalesce(alert.digest, alert.id)
    WHERE alert.kind = 'alert' AND alert.article_number = :number
        AND ((message.state = 'sent' AND message.settled_at >= :since)
            OR (message.state = 'waiting' AND message.lease_until > :now))
        AND message.lease_until <= :replaced_at + :lease
"""
"""Alerts that show an article as it was before it was replaced. A message is composed when it is
leased, so those that are not composed yet will show the article as it is now."""


@dataclass(frozen=True, slots=True)
class _Seen:
    id: int
    message: int
    destination: Destination
    corrections: Sequence[Correction]


class CorrectionStore:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, library: Library) -> None:
        """Start after the last edit if there is no cursor yet."""
        self._library = library
        self._database = library.database
        begin_once(self._database, "correction_cursor", lambda: [library.last_version()])

    def next_edit(self) -> tuple[Version, Version] | None:
        """The first version whose replacement was not checked yet, and what replaced it."""
        with self._database.read() as connection:
            row = connection.execute("SELECT version FROM correction_cursor").fetchone()
            return self._library.replaced_after(row[0])

    def is_seen(self, replaced: Version, now: float) -> bool:
        """Whether an alert that can still be edited shows this version."""
        with self._database.read() as connection:
            return bool(_seen(connection, replaced, now))

    def record(self, replaced: Version, found: Iterable[Correction], now: float) -> None:
        """In one transaction, queue edits that report the version's corrections, and move past it.

        Does nothing if the version was checked already. An alert reports each correction once.
        """
        with self._database.write() as connection:
            moved = connection.execute(
                "UPDATE correction_cursor SET version = :id WHERE version < :id",
                {"id": replaced.id},
            )
            told = list(found)
            if not moved.rowcount or not told:
                return
            for alert in _seen(connection, replaced, now):
                fresh = [each for each in told if each not in alert.corrections]
                if fresh:
                    _add(connection, alert, fresh)


def _seen(connection: Connection, replaced: Version, now: float) -> list[_Seen]:
    values = {
        "number": replaced.number,
        "replaced_at": replaced.replaced_at,
        "lease": LEASE_SECONDS,
        "since": now - EDITED_SECONDS,
        "now": now,
    }
    return [
        _Seen(
            row["id"],
            row["message"],
            Destination(row["chat_id"], row["thread_id"]),
            [Correction(*pair) for pair in json.loads(row["corrections"])],
        )
        for row in connection.execute(_SEEN, values)
    ]


def _add(connection: Connection, alert: _Seen, fresh: Sequence[Correction]) -> None:
    latest = [*alert.corrections, *fresh][-SHOWN:]
    connection.execute(
        "UPDATE outbox SET corrections = ? WHERE id = ?",
        (json.dumps([astuple(each) for each in latest]), alert.id),
    )
    put_edit(connection, alert.destination, alert.message)
