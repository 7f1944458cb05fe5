"""What is known about a feed and its entries."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from urllib.parse import urlsplit

from qa.article import Article
from qa.errors import SourceError

AT_ONCE = 16
"""How many feeds are fetched at the same time by default."""
UNREAD = ""
"""Stands for the fingerprint of an entry that has not been read yet."""


class Health(Enum):
    """The condition of a feed."""

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
    its first successful poll. ``etag`` and ``modified`` are what the server last sent, byte for
    byte, and ``digest`` is that of the document that came with them. ``period`` is the pause
    between polls that the feed itself asks for. ``failures`` counts the polls that failed since the
    last success, ``articles`` the entries that became articles. ``ended_at`` is when the feed ended
    or was switched off; ``None`` if it has not. One that is not everybody's has followers.
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
    is_everybodys: bool = True

    @property
    def health(self) -> Health:
        """The condition of the feed."""
        if self.state != "on":
            return Health(self.state)
        if self.failures:
            return Health.FAILING
        return Health.HEALTHY if self.last_success_at else Health.NEW

    @property
    def host(self) -> str:
        """The host that serves it."""
        return host_of(self.url)


def host_of(url: str) -> str:
    """Return the host of an address, without its port; feeds of one are never polled at once."""
    return urlsplit(url).hostname or ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed; ``entries.article_in`` reads its ``markup``.

    ``guid`` identifies it within the feed. ``link`` is a web address or empty. ``fingerprint``
    changes when anything changes that the feed says about the entry. ``file`` is the address of a
    recording or another file that comes with it, or empty. The ``markup`` of a post of a channel is
    plain text, and its ``link`` is where it stands; what it ``teases`` is the address of another
    page, or empty.
    """

    guid: str
    link: str
    title: str
    markup: str
    published_at: datetime | None
    fingerprint: str
    file: str = ""
    is_post: bool = False
    teases: str = ""

    @property
    def page(self) -> str:
        """The address of the page to read; empty if the entry itself is all there is."""
        return self.teases if self.is_post else self.link


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed's document: its title, which may be empty, and its entries, each once, newest first.

    ``period`` is the pause between polls that the feed asks for, zero if it does not. ``site`` is
    the address of the site that it belongs to, or empty. ``numbers`` are those of all posts that
    the page of a channel shows, which are the GUIDs of its entries.
    """

    title: str
    entries: tuple[Entry, ...]
    period: timedelta
    site: str = ""
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PollResult:
    """What a successful poll leaves for the next one; the fields are those of ``Feed``."""

    title: str
    etag: str | None
    modified: str | None
    digest: bytes | None
    period: timedelta
    next_poll_at: datetime
    site: str = ""


@dataclass(frozen=True, slots=True)
class EntryState:
    """What is remembered about an entry.

    ``article`` is the id of the article that it became. ``fingerprint`` is that of the entry when
    it was last read: ``UNREAD`` if it has only been listed so far, ``None`` if a version without
    fingerprints read it. ``tries`` counts the attempts since its page was last read completely, 0
    when the last one did. ``edits`` counts its changes. ``is_backlog``: the feed's first document
    listed it.
    """

    guid: str
    article: str | None
    fingerprint: str | None
    read_at: datetime
    tries: int = 0
    edits: int = 0
    is_backlog: bool = False


@dataclass(frozen=True, slots=True)
class Rest:
    """How long a host or a page is left alone, and the HTTP status that it answered with."""

    status: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A post that was deleted, so that its article at ``url`` must go."""

    url: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """The result of reading an entry once; ``should_retry``: its page may be there next time."""

    outcome: Article | SourceError
    should_retry: bool
