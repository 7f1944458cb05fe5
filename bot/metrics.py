"""Counters for Prometheus, raised where things happen; ``bot/monitor`` serves them.

Counting costs a microsecond, so it is always on.
"""

from collections.abc import Callable
from itertools import product

from prometheus_client import Counter, Histogram

from qa import Answer, Verdict

QUESTIONS = Counter(
    "pullquote_questions",
    "Questions, by where they were asked (chat, inline) and the verdict.",
    ["where", "verdict"],
)
ANSWER_SECONDS = Histogram(
    "pullquote_answer_seconds",
    "Seconds that the articles were searched for one question.",
    ["where"],
    buckets=(0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.25, 0.5, 1, 2, 5),
)
ALERTS = Counter(
    "pullquote_alerts",
    "Messages to subscribers: sent, edited, postponed (Telegram's limits or trouble), paused (the "
    "place takes none for now), given up (Telegram refuses them for good).",
    ["result"],
)
MESSAGES = Counter(
    "pullquote_messages",
    "Messages to Telegram, replies and edits included: sent, told to wait (too many, 429).",
    ["result"],
)
POLLS = Counter("pullquote_feed_polls", "Polls of feeds.")
ENTRIES = Counter(
    "pullquote_feed_entries",
    "What became of the entries of feeds: added, updated, unchanged, failed. A feed that cannot be "
    "read counts as one that failed.",
    ["result"],
)

# Prometheus misses the first event of a counter that it has not seen at 0.
for where, verdict in product(("chat", "inline"), Verdict):
    QUESTIONS.labels(where, verdict.value)
for result in ("sent", "edited", "postponed", "paused", "given up"):
    ALERTS.labels(result)
for result in ("sent", "told to wait"):
    MESSAGES.labels(result)
for result in ("added", "updated", "unchanged", "failed"):
    ENTRIES.labels(result)


def counted(where: str, ask: Callable[[], Answer]) -> Answer:
    """Return what ``ask`` returns, and count the question and its seconds."""
    with ANSWER_SECONDS.labels(where).time():
        answer = ask()
    QUESTIONS.labels(where, answer.verdict.value).inc()
    return answer
