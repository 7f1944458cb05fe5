"""Values that pass between the parts of the alerts. Times are seconds since the epoch."""

from dataclasses import dataclass
from enum import Enum

from bot.subscriptions.model import Destination
from qa import Quote
from qa.language.corrections import Correction


@dataclass(frozen=True, slots=True)
class DestinationMatch:
    """The quote that one destination gets, and the ids of its subscriptions that match."""

    destination: Destination
    quote: Quote
    subscriptions: tuple[int, ...]


class RowKind(Enum):
    """What a row of the outbox is."""

    ALERT = "alert"
    EDIT = "edit"
    DIGEST = "digest"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class StoredQuote:
    """The passage that matched, as it was in the article at that time."""

    article_number: int
    article_id: str
    text: str
    start: int
    end: int
    paragraph: int
    highlight: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A row of the outbox; ``attempts`` counts how often it was claimed.

    ``alert_id`` is the alert or digest that an edit changes, otherwise ``id``; ``shows`` is its
    kind. ``reasons`` are ids of subscriptions, ``also`` ids of articles with the same story,
    ``corrections`` what its article has corrected since the alert was sent, oldest first. Alerts
    are composed from ``quote`` when they are sent or edited; digests and notices have ``html``, and
    so have alerts that went out in a digest: their item there. ``message_id`` is that of the sent
    message, ``is_bare`` says that somebody removed its buttons.
    """

    id: int
    alert_id: int
    destination: Destination
    kind: RowKind
    shows: RowKind
    html: str | None
    quote: StoredQuote | None
    reasons: tuple[int, ...]
    also: tuple[str, ...]
    corrections: tuple[Correction, ...]
    message_id: int | None
    is_bare: bool
    attempts: int
