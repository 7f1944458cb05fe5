"""The SQL of the matcher: how far it has come, and what each article led to.

What an article leads to is decided in the transaction that moves the cursor past it, and recorded
in batches of a few thousand destinations. The transaction that takes a batch away writes what
follows from it: alerts, additions to alerts about the same story, and when each subscription last
matched. The first batch, usually the only one, is taken at once; others can write between the rest.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bot.alerts.model import DestinationMatch
from bot.alerts.outbox import EDITED_SECONDS, put_edit
from bot.subscriptions.model import Destination
from qa import Article, Library, Quote
from qa.article import Span, elsewhere
from qa.store.articles import Published
from qa.store.database import Connection, Database, Row

BATCH = 3_000
"""Destinations whose alerts are written in one transaction: a tenth of a second."""

_EARLIER_ALERTS = """
    SELECT alert.id, message.id AS message, alert.article_number,
        alert.chat_id, alert.thread_id, alert.reasons, alert.also,
        alert.state IN ('waiting', 'collected') AS is_unsent,
        (message.state = 'sent' AND message.settled_at >= :since)
            OR (message.state = 'waiting' AND message.lease_until > :now) AS needs_edit
    FROM json_each(:places) AS place CROSS JOIN json_each(:told) AS told
    CROSS JOIN outbox AS alert ON alert.kind = 'alert'
        AND alert.article_number = CAST(told.value AS BIGINT)
        AND alert.chat_id = CAST(json_extract(place.value, '$[0]') AS BIGINT)
        AND alert.thread_id = CAST(json_extract(place.value, '$[1]') AS BIGINT)
    JOIN outbox AS message ON message.id = coalesce(alert.digest, alert.id)
    WHERE alert.state != 'given up'
    ORDER BY alert.id DESC
"""


@dataclass(frozen=True, slots=True)
class _Match:
    """As ``DestinationMatch``, with the id of its quote; ``asking``: saved questions among it."""

    destination: Destination
    quote: int
    subscriptions: tuple[int, ...]
    asking: tuple[int, ...]


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


def begin_once(database: Database, table: str, values: Callable[[], Sequence[int]]) -> None:
    """Write the only row of a ``table``, its number and then ``values``, unless it is there."""
    with database.read() as connection:
        if connection.execute(f"SELECT 1 FROM {table}").fetchone():  # noqa: S608 a literal
            return  # without writing, so that `status` works even when the disk is full
    with database.write() as connection:
        row = (1, *values())
        places = ", ".join("?" * len(row))
        connection.execute(f"INSERT OR IGNORE INTO {table} VALUES ({places})", row)  # noqa: S608


class Cursor:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, library: Library) -> None:
        """Start after the newest article if there is no cursor yet."""
        self._library = library
        self._database = library.database
        begin_once(
            self._database,
            "cursor",
            lambda: (library.last_number(), library.store.last_published()),
        )

    def next_article(self) -> Article | None:
        """The first article that is not matched yet; ``None`` if all are."""
        with self._database.read() as connection:
            number = connection.execute("SELECT article_number FROM cursor").fetchone()[0]
            return next(iter(self._library.articles_after(number, 1)), None)

    def next_published(self) -> Published | None:
        """The first article that has become everybody's and is not matched again yet, if any."""
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
        """Move the cursor past ``article``, and write what it leads to, all or nothing.

        If it is matched because it has become everybody's, that cursor moves to ``published``. Only
        the first batch is written: ``record_rest`` writes the next. Does nothing if the article is
        already matched, or while batches of the one before are left. Subscriptions that have ended
        in the meantime get nothing. A destination that already has an alert about another article
        of ``story`` gets no second one; the first is extended to say where else the story appeared.
        """
        with self._database.write() as connection:
            if _move(connection, article, published):
                _put_batches(connection, article, list(matches))
                _take_batch(connection, article, story, now)

    def record_rest(self, now: float) -> bool:
        """Write the next batch of the last article that was recorded; ``False`` if none is left.

        If the article has been removed since, nothing more is written.
        """
        with self._database.read() as connection:
            row = connection.execute("SELECT article_number FROM match_batches LIMIT 1").fetchone()
            if row is None:
                return False
            article = self._library.store.articles([row[0]]).get(row[0])
            story = [] if article is None else self._library.story(article)
        with self._database.write() as connection:
            if article is None:
                connection.execute("DELETE FROM match_batches WHERE article_number = ?", row)
            else:
                _take_batch(connection, article, story, now)
        return True


def _put_batches(
    connection: Connection, article: Article, matches: Sequence[DestinationMatch]
) -> None:
    quotes: dict[tuple[int, int, Span | None], int] = {}
    rows = []
    for match in matches:
        key = (match.quote.start, match.quote.end, match.quote.highlight)
        if key not in quotes:
            quotes[key] = _insert_quote(connection, article, match.quote)
        rows.append((quotes[key], match.subscriptions))
    connection.executemany(
        "INSERT INTO match_batches (article_number, matches) VALUES (?, ?)",
        (
            (article.number, json.dumps(rows[begin : begin + BATCH]))
            for begin in range(0, len(rows), BATCH)
        ),
    )


def _take_batch(
    connection: Connection, article: Article, story: Sequence[Article], now: float
) -> None:
    """Take the first batch of ``article`` that is left, if any, and write what follows from it."""
    take = """
        DELETE FROM match_batches
        WHERE id = (SELECT min(id) FROM match_batches WHERE article_number = ?) RETURNING matches
    """
    taken = connection.execute(take, (article.number,)).fetchall()
    active = [match for row in taken for match in _only_active(connection, json.loads(row[0]))]
    earlier = _earlier_alerts(connection, [each.number for each in story], article, active, now)
    for match in active:
        if match.destination in earlier:
            alert = earlier[match.destination]
            _extend(connection, alert, article, match.subscriptions)
            if alert.needs_edit and _is_from_elsewhere(article, alert, story):
                put_edit(connection, alert.destination, alert.message)
    _insert(connection, article, [m for m in active if m.destination not in earlier])
    _note_matched(connection, active, now)
    _note_quoted(connection, article, active)


def _move(connection: Connection, article: Article, published: Published | None) -> bool:
    """Move the cursor; ``False`` if it is there already, or batches of another article are left."""
    which = "article_number" if published is None else "published"
    number = article.number if published is None else published.id
    sql = f"""
        UPDATE cursor SET {which} = :n
        WHERE {which} < :n AND NOT EXISTS (SELECT 1 FROM match_batches)
    """  # noqa: S608 literals
    return connection.execute(sql, {"n": number}).rowcount > 0


def _only_active(
    connection: Connection, matches: Sequence[tuple[int, Sequence[int]]]
) -> list[_Match]:
    """Return the matches of subscriptions that are still active, with their current destination."""
    query = """
        SELECT id, chat_id, thread_id, question != '' FROM subscriptions
        WHERE id IN (SELECT value FROM json_each(?)) AND ended_at IS NULL
            AND chat_id NOT IN (SELECT user_id FROM blocked)
    """
    ids = json.dumps([id_ for _, subscriptions in matches for id_ in subscriptions])
    active = {id_: values for id_, *values in connection.execute(query, (ids,))}
    found = []
    for quote, subscriptions in matches:
        if kept := tuple(id_ for id_ in subscriptions if id_ in active):
            chat, thread, _ = active[kept[0]]
            asking = tuple(id_ for id_ in kept if active[id_][2])
            found.append(_Match(Destination(chat, thread), quote, kept, asking))
    return found


def _earlier_alerts(
    connection: Connection,
    story: Sequence[int],
    article: Article,
    matches: Sequence[_Match],
    now: float,
) -> dict[Destination, _EarlierAlert]:
    """The oldest alert about another article of the story, for each destination of ``matches``."""
    told = _told(connection, [number for number in story if number != article.number])
    if not told:
        return {}
    values = {
        "now": now,
        "since": now - EDITED_SECONDS,
        "told": json.dumps(told),
        "places": _places(matches),
    }
    found = map(_earlier_alert, connection.execute(_EARLIER_ALERTS, values))
    return {alert.destination: alert for alert in found}


def _earlier_alert(row: Row) -> _EarlierAlert:
    return _EarlierAlert(
        row["id"],
        row["message"],
        row["article_number"],
        Destination(row["chat_id"], row["thread_id"]),
        json.loads(row["reasons"]),
        json.loads(row["also"]),
        bool(row["is_unsent"]),
        bool(row["needs_edit"]),
    )


def _told(connection: Connection, numbers: Sequence[int]) -> list[int]:
    """Return those of ``numbers`` whose articles have alerts."""
    query = "SELECT 1 FROM outbox WHERE kind = 'alert' AND article_number = ? LIMIT 1"
    return [number for number in numbers if connection.execute(query, (number,)).fetchone()]


def _places(matches: Sequence[_Match]) -> str:
    return json.dumps([match.destination for match in matches])


def _extend(
    connection: Connection,
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
    """Whether all articles that the alert names are from other sources."""
    named = [each for each in story if each.number == alert.number or each.id in alert.also]
    return len(elsewhere(article, named)) == len(named)


def _insert(connection: Connection, article: Article, matches: Sequence[_Match]) -> None:
    with_digest = connection.execute(
        "SELECT chat_id, thread_id FROM json_each(?) AS place CROSS JOIN places"
        " ON chat_id = CAST(json_extract(value, '$[0]') AS BIGINT)"
        " AND thread_id = CAST(json_extract(value, '$[1]') AS BIGINT)"
        " WHERE digest_at >= 0",
        (_places(matches),),
    )
    collecting = {Destination(*row) for row in with_digest.fetchall()}
    connection.executemany(
        "INSERT OR IGNORE INTO outbox (chat_id, thread_id, kind, article_number, quote, reasons,"
        " state) VALUES (?, ?, 'alert', ?, ?, ?, ?)",
        (
            (
                *match.destination,
                article.number,
                match.quote,
                json.dumps(match.subscriptions),
                "collected" if match.destination in collecting else "waiting",
            )
            for match in matches
        ),
    )


def _insert_quote(connection: Connection, article: Article, quote: Quote) -> int:
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


def _note_matched(connection: Connection, matches: Sequence[_Match], now: float) -> None:
    connection.execute(
        "UPDATE subscriptions SET last_match_at = ?, told_quiet_at = NULL"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (now, json.dumps([id_ for match in matches for id_ in match.subscriptions])),
    )


def _note_quoted(connection: Connection, article: Article, matches: Sequence[_Match]) -> None:
    """Remember what answered the questions among the subscriptions."""
    connection.executemany(
        "INSERT OR IGNORE INTO quoted SELECT ?, ?, ifnull(substr(text, highlight_begins + 1,"
        " highlight_ends - highlight_begins), text) FROM alert_quotes WHERE id = ?",
        ((id_, article.number, match.quote) for match in matches for id_ in match.asking),
    )
