"""How far matching has come, and what each article led to: the SQL of the matcher.

Everything that one article leads to is written in the transaction that moves the cursor past it:
alerts, additions to alerts about the same story, and when each subscription last matched.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.alerts.model import DestinationMatch
from bot.alerts.outbox import EDITED_SECONDS, put_edit
from bot.subscriptions.model import Destination
from qa import Article, Library, Quote
from qa.article import elsewhere
from qa.store.articles import Published


@dataclass(frozen=True, slots=True)
class _EarlierAlert:
    """The alert about the same story that a destination already has; ``message`` shows it."""

    id: int
    message: int
    number: int
    destination: Destination
    reasons: list[int]
    also: list[str]
    is_unsent: bool
    needs_edit: bool


class Cursor:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, library: Library) -> None:
        """Start after the newest article if there is no cursor yet."""
        self._library = library
        self._database = library.database
        with self._database.read() as connection:
            if connection.execute("SELECT 1 FROM cursor").fetchone():
                return  # without writing, so that `status` works even when the disk is full
        with self._database.write() as connection:
            places = library.last_number(), library.store.last_published()
            connection.execute("INSERT OR IGNORE INTO cursor VALUES (1, ?, ?)", places)

    def next_article(self) -> Article | None:
        """The first article that is not matched yet; ``None`` if all are."""
        with self._database.read() as connection:
            number = connection.execute("SELECT article_number FROM cursor").fetchone()[0]
            return next(iter(self._library.articles_after(number, 1)), None)

    def next_published(self) -> Published | None:
        """The first article since made everybody's that is not matched again yet, if any."""
        with self._database.read() as connection:
            after = connection.execute("SELECT published FROM cursor").fetchone()[0]
            return self._library.store.published_after(after)

    def record(
        self,
        article: Article,
        matches: Iterable[DestinationMatch],
        story: Sequence[Article],
        now: float,
        published: Published | None = None,
    ) -> None:
        """Write what ``article`` leads to and move the cursor past it, all or nothing.

        The cursor of articles made everybody's moves to ``published`` if that is why it is matched.
        Does nothing if the article is already matched. Subscriptions that have ended in the
        meantime get nothing. A destination that already has an alert about another article of
        ``story`` gets no second one; the first is extended to say where else the story appeared.
        """
        with self._database.write() as connection:
            if not _move(connection, article, published):
                return
            active = _only_active(connection, list(matches))
            earlier = _earlier_alerts(
                connection, [each.number for each in story], article.number, now
            )
            for match in active:
                if match.destination in earlier:
                    alert = earlier[match.destination]
                    _extend(connection, alert, article, match.subscriptions)
                    if alert.needs_edit and _is_from_elsewhere(article, alert, story):
                        put_edit(connection, alert.destination, alert.message)
            _insert(connection, article, [m for m in active if m.destination not in earlier])
            _note_matched(connection, active, now)
            _note_quoted(connection, article, active)


def _move(connection: sqlite3.Connection, article: Article, published: Published | None) -> bool:
    """Whether the cursor was not yet where it is now."""
    sql = "UPDATE cursor SET article_number = :n WHERE article_number < :n"
    again = "UPDATE cursor SET published = :n WHERE published < :n"
    if published is None:
        return connection.execute(sql, {"n": article.number}).rowcount > 0
    return connection.execute(again, {"n": published.id}).rowcount > 0


def _only_active(
    connection: sqlite3.Connection, matches: Sequence[DestinationMatch]
) -> list[DestinationMatch]:
    ids = json.dumps([id_ for match in matches for id_ in match.subscriptions])
    query = """
        SELECT id FROM subscriptions
        WHERE id IN (SELECT value FROM json_each(?)) AND ended_at IS NULL
    """
    active = {row[0] for row in connection.execute(query, (ids,))}
    return [
        DestinationMatch(match.destination, match.quote, kept)
        for match in matches
        if (kept := tuple(id_ for id_ in match.subscriptions if id_ in active))
    ]


def _earlier_alerts(
    connection: sqlite3.Connection, story: Sequence[int], number: int, now: float
) -> dict[Destination, _EarlierAlert]:
    """The oldest alert of each destination about another article of the story."""
    query = """
        SELECT alert.id, message.id AS message, alert.article_number,
            alert.chat_id, alert.thread_id, alert.reasons, alert.also,
            alert.state IN ('waiting', 'collected') AS is_unsent,
            (message.state = 'sent' AND message.settled_at >= :since)
                OR (message.state = 'waiting' AND message.lease_until > :now) AS needs_edit
        FROM outbox AS alert
        JOIN outbox AS message ON message.id = coalesce(alert.digest, alert.id)
        WHERE alert.kind = 'alert' AND alert.state != 'given up'
            AND alert.article_number != :number
            AND alert.article_number IN (SELECT value FROM json_each(:story))
        ORDER BY alert.id DESC
    """
    values = {
        "now": now,
        "since": now - EDITED_SECONDS,
        "number": number,
        "story": json.dumps(list(story)),
    }
    found = (
        _EarlierAlert(
            row["id"],
            row["message"],
            row["article_number"],
            Destination(row["chat_id"], row["thread_id"]),
            json.loads(row["reasons"]),
            json.loads(row["also"]),
            bool(row["is_unsent"]),
            bool(row["needs_edit"]),
        )
        for row in connection.execute(query, values)
    )
    return {alert.destination: alert for alert in found}


def _extend(
    connection: sqlite3.Connection,
    alert: _EarlierAlert,
    article: Article,
    subscriptions: Sequence[int],
) -> None:
    """Add ``article`` to an alert.

    An unsent alert takes the subscriptions of both articles as its reasons: if those of the first
    end, the others must still get the story.
    """
    if article.id in alert.also:  # it is matched again
        return
    also = json.dumps([*alert.also, article.id])
    reasons = {*alert.reasons, *subscriptions} if alert.is_unsent else alert.reasons
    sql = "UPDATE outbox SET also = ?, reasons = ? WHERE id = ?"
    connection.execute(sql, (also, json.dumps(sorted(reasons)), alert.id))


def _is_from_elsewhere(article: Article, alert: _EarlierAlert, story: Sequence[Article]) -> bool:
    """Whether no article that the alert names is from the same source."""
    named = [each for each in story if each.number == alert.number or each.id in alert.also]
    return len(elsewhere(article, named)) == len(named)


def _insert(
    connection: sqlite3.Connection, article: Article, matches: Sequence[DestinationMatch]
) -> None:
    with_digest = connection.execute("SELECT chat_id, thread_id FROM places WHERE digest_at >= 0")
    collecting = {Destination(*row) for row in with_digest.fetchall()}
    quotes: dict[Quote, int] = {}
    for match in matches:
        if match.quote not in quotes:
            quotes[match.quote] = _insert_quote(connection, article, match.quote)
    connection.executemany(
        "INSERT OR IGNORE INTO outbox (chat_id, thread_id, kind, article_number, quote, reasons,"
        " state) VALUES (?, ?, 'alert', ?, ?, ?, ?)",
        (
            (
                *match.destination,
                article.number,
                quotes[match.quote],
                json.dumps(list(match.subscriptions)),
                "collected" if match.destination in collecting else "waiting",
            )
            for match in matches
        ),
    )


def _insert_quote(connection: sqlite3.Connection, article: Article, quote: Quote) -> int:
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


def _note_matched(
    connection: sqlite3.Connection, matches: Sequence[DestinationMatch], now: float
) -> None:
    connection.executemany(
        "UPDATE subscriptions SET last_match_at = ?, told_quiet_at = NULL WHERE id = ?",
        ((now, id_) for match in matches for id_ in match.subscriptions),
    )


def _note_quoted(
    connection: sqlite3.Connection, article: Article, matches: Sequence[DestinationMatch]
) -> None:
    """Remember what answered the questions among the subscriptions."""
    connection.executemany(
        "INSERT OR IGNORE INTO quoted SELECT id, ?, ? FROM subscriptions"
        " WHERE id = ? AND question != ''",
        (
            (article.number, match.quote.sentence, id_)
            for match in matches
            for id_ in match.subscriptions
        ),
    )
