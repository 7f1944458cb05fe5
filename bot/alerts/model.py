"""What flows between the parts of the alerts. Times are seconds since the epoch."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from qa import Quote


class Place(NamedTuple):
    """Where alerts go: a chat, or one topic of a forum (``thread_id`` is 0 elsewhere)."""

    chat_id: int
    thread_id: int = 0


@dataclass(frozen=True, slots=True)
class Interest:
    """What is wanted: articles about a topic, from a source, or both; all if both are empty."""

    topic: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A place that is told of new articles; ``strictness`` counts its "less like this"."""

    id: int
    place: Place
    interest: Interest
    after_number: int
    strictness: int = 0


class Subscribed(Enum):
    """What became of a wish to subscribe."""

    NEW = "new"
    ALREADY = "already"
    TOO_MANY = "too many"


@dataclass(frozen=True, slots=True)
class Match:
    """What one place is told of an article, and which of its subscriptions ask for it."""

    place: Place
    quote: Quote
    subscriptions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Timetable:
    """When a place is written to.

    ``zone`` is an IANA name, ``None`` before one was named (UTC). ``digest_at`` and ``quiet``
    (from, until) are minutes after the zone's midnight; ``None``: no digest, no quiet hours. A
    digest that is due once more, the last one, has ``next_digest_at`` alone.
    """

    zone: str | None = None
    digest_at: int | None = None
    next_digest_at: float | None = None
    quiet: tuple[int, int] | None = None


class Kind(Enum):
    """What a row of the outbox is."""

    ALERT = "alert"
    EDIT = "edit"
    DIGEST = "digest"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class KeptQuote:
    """The passage that matched, as the article (``article_id``, ``number``) had it then."""

    article_number: int
    article_id: str
    text: str
    start: int
    end: int
    paragraph: int
    highlight: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Pending:
    """A row of the outbox; ``attempts`` counts the claims.

    ``alert_id`` is the row that an edit is of, else ``id``. ``reasons`` are ids of subscriptions,
    ``also`` ids of articles that tell the same. An alert and its edit are made from ``quote`` when
    they are sent; everything else is ``html``. ``message_id`` is that of the sent alert.
    """

    id: int
    alert_id: int
    place: Place
    kind: Kind
    html: str | None
    quote: KeptQuote | None
    reasons: tuple[int, ...]
    also: tuple[str, ...]
    message_id: int | None
    attempts: int
