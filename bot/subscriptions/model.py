"""Who gets which articles, and when. Times are seconds since the epoch."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Destination(NamedTuple):
    """Where alerts are sent: a chat, or one topic of a forum (``thread_id`` is 0 elsewhere)."""

    chat_id: int
    thread_id: int = 0


@dataclass(frozen=True, slots=True)
class Interest:
    """Articles about a topic, from a source, or both; or answers to a question.

    Every article if all are empty.
    """

    topic: str = ""
    source: str = ""
    question: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """An interest of a destination.

    It matches articles with a number above ``after_number``. ``strictness`` counts how often
    "Less like this" or "Not an answer" was tapped.
    """

    id: int
    destination: Destination
    interest: Interest
    after_number: int
    strictness: int = 0


def foremost(subscriptions: Sequence[Subscription]) -> Subscription:
    """The subscription that best explains an alert: the first question, else topic, else any.

    There must be at least one.
    """
    questions = (each for each in subscriptions if each.interest.question)
    topics = (each for each in subscriptions if each.interest.topic)
    return next(questions, None) or next(topics, None) or subscriptions[0]


@dataclass(frozen=True, slots=True)
class Person:
    """A person, by Telegram's id; ``name`` is ``@ann``, ``Ann`` or empty."""

    id: int
    name: str = ""


class SubscribeOutcome(Enum):
    """What a request to subscribe led to."""

    NEW = "new"
    ALREADY = "already"
    TOO_MANY = "too many"


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The outcome of a request to subscribe; ``id`` is the subscription, 0 if there is none."""

    outcome: SubscribeOutcome
    id: int = 0


@dataclass(frozen=True, slots=True)
class Timetable:
    """When messages may be sent to a destination.

    ``zone`` is an IANA name; ``None`` until one is set, which means UTC. ``digest_at`` and
    ``quiet`` (begin, end) are minutes after midnight in that zone; ``None`` means no digest, no
    quiet hours. With ``next_digest_at`` but no ``digest_at`` one last digest is due.
    """

    zone: str | None = None
    digest_at: int | None = None
    next_digest_at: float | None = None
    quiet: tuple[int, int] | None = None
