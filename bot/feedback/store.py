"""The SQL of votes on answers."""

import hashlib
import json
from dataclasses import asdict
from datetime import UTC, datetime

from bot.feedback.model import Feedback, ShownAnswer, ShownQuote, Vote
from qa import Verdict
from qa.store.database import Connection, Database, Row

BALLOT_BYTES = 16

MIGRATIONS = (
    # A ballot is a salted hash of a person and an answer: one vote each, and nobody's name.
    """
    CREATE TABLE feedback (
        ballot BLOB PRIMARY KEY,
        voted_at REAL NOT NULL,
        vote TEXT NOT NULL,
        question TEXT NOT NULL,
        language TEXT,
        verdict TEXT NOT NULL,
        confidence REAL NOT NULL,
        quotes TEXT NOT NULL
    );
    CREATE INDEX feedback_by_time ON feedback (voted_at);
    CREATE TABLE feedback_salt (
        only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
        salt BLOB NOT NULL
    );
    INSERT INTO feedback_salt VALUES (1, randomblob(32));
    """,
)


class FeedbackStore:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, database: Database) -> None:
        """Create or migrate the tables."""
        self._database = database
        database.migrate("feedback", MIGRATIONS)

    def put(self, chat_id: int, message_id: int, user_id: int, feedback: Feedback) -> None:
        """Store a person's vote on the answer in a message, in place of an earlier one."""
        answer = feedback.answer
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    _ballot(connection, chat_id, message_id, user_id),
                    feedback.at.timestamp(),
                    feedback.vote,
                    answer.question,
                    answer.language,
                    answer.verdict.name,
                    answer.confidence,
                    json.dumps([asdict(each) for each in answer.quotes], ensure_ascii=False),
                ),
            )

    def all(self) -> list[Feedback]:
        """All votes, newest first."""
        query = "SELECT * FROM feedback ORDER BY voted_at DESC, ballot"
        with self._database.read() as connection:
            return list(map(_feedback, connection.execute(query)))

    def remove_before(self, moment: float) -> int:
        """Delete the votes from before ``moment`` (seconds since 1970), and count them."""
        with self._database.write() as connection:
            query = "DELETE FROM feedback WHERE voted_at < ?"
            return connection.execute(query, (moment,)).rowcount


def _ballot(connection: Connection, *ids: int) -> bytes:
    (salt,) = connection.execute("SELECT salt FROM feedback_salt").fetchone()
    return hashlib.blake2b(repr(ids).encode(), key=salt, digest_size=BALLOT_BYTES).digest()


def _feedback(row: Row) -> Feedback:
    answer = ShownAnswer(
        row["question"],
        row["language"],
        Verdict[row["verdict"]],
        row["confidence"],
        tuple(ShownQuote(**each) for each in json.loads(row["quotes"])),
    )
    return Feedback(answer, Vote(row["vote"]), datetime.fromtimestamp(row["voted_at"], UTC))
