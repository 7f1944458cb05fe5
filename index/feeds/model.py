"""What is known of a feed and of its entries."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from urllib.parse import urlsplit

UNREAD = ""
"""The fingerprint of an entry that was not read yet; none has this one."""


class Health(Enum):
    """How a feed is."""

    NEW = "new"
    HEALTHY = "healthy"
    FAILING = "failing"
    PAUSED = "paused"
    SWITCHED_OFF = "switched off"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Feed:
    """A followed feed; times are aware, in UTC.

    ``next_poll_at`` is ``None`` when the feed is not polled. ``last_success_at`` is ``None`` before
    its first poll. ``etag`` and ``modified`` are what the server last sent, byte for byte, and
    ``digest`` is of the document that came with them. ``period`` is how long the feed itself wants
    to be left alone. ``failures`` counts those since the last success, ``articles`` the entries
    that became one. ``ended_at`` is when a feed ended or was switched off, ``None`` for others.
    """

    id: int
    url: str
    title: str
    state: str
    etag: str | None
    modified: str | None
    digest: bytes | None
    period: timedelta
    next_poll_at: datetime | None
    last_success_at: datetime | None
    last_error: str | None
    failures: int
    articles: int
    added_at: datetime
    ended_at: datetime | None = None

    @property
    def health(self) -> Health:
        """How the feed is."""
        if self.state != "on":
            return Health(self.state)
        if self.failures:
            return Health.FAILING
        return Health.HEALTHY if self.last_success_at else Health.NEW

    @property
    def host(self) -> str:
        """The host that is asked for it."""
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, slots=True)
class Polled:
    """What a successful poll leaves for the next one."""

    title: str
    etag: str | None
    modified: str | None
    digest: bytes | None
    period: timedelta
    next_poll_at: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of an entry when it was last read.

    ``article`` is the id of the article that it became; ``fingerprint`` is ``None`` for entries
    that a version without fingerprints has read, ``UNREAD`` for those that were only listed so far.
    ``tries`` counts the readings since the page was last had as a whole, 0 when it was; ``edits``
    counts the changes; ``is_backlog`` says that the feed's first document listed it.
    """

    guid: str
    article: str | None
    fingerprint: str | None
    read_at: datetime
    tries: int = 0
    edits: int = 0
    is_backlog: bool = False
