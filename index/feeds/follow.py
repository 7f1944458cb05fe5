"""Which feeds are followed, and how new ones are added."""

import contextlib
import random
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from index.feeds.channels import channel_name, feed_address
from index.feeds.discovery import FoundFeed, find_feed
from index.feeds.hosts import HostLeases
from index.feeds.model import AT_ONCE, Feed
from index.feeds.politeness import PoliteFetcher
from index.feeds.poll import POLL_SECONDS, EarlierForms, Item, Poller
from index.feeds.schedule import Schedule
from index.feeds.store import FeedStore, utc_now
from index.web.fetch import Fetcher
from qa.errors import SourceError
from qa.store.database import Database


class Feeds:
    """The feeds in a database; ``store`` lists, pauses, resumes and removes them."""

    def __init__(
        self,
        database: Database,
        *,
        interval: timedelta,
        allow_private: bool,
        clock: Callable[[], datetime] = utc_now,
        chance: Callable[[], float] = random.random,
        poll_seconds: float = POLL_SECONDS,
        news: timedelta | None = None,
        earlier_forms: EarlierForms = lambda _: (),
        is_read: Callable[[str], bool] = lambda _: False,
        publish: Callable[[Collection[str]], None] = lambda _: None,
        holder: str = "",
    ) -> None:
        """Create or migrate the tables.

        ``interval`` lies between two polls of a healthy feed; ``chance``, in [0, 1), spreads them.
        One poll reads entries for at most ``poll_seconds``. ``news`` is the age up to which a new
        entry is news; ``None``: any age on top of its feed, a few days below. ``earlier_forms``
        finds the articles of the same feed that tell the same as a new one. ``is_read`` says of the
        name of a channel, in lower case, whether the bot reads it as its member. ``publish`` is
        given the ids of the articles of a feed that comes to be everybody's. ``holder`` names this
        process among those that have the database.
        """
        self.store = FeedStore(database, clock)
        self._is_read = is_read
        self._publish = publish
        self._clock = clock
        self._schedule = Schedule(interval, chance)
        self.hosts = HostLeases(database, holder)
        self._fetcher = Fetcher(allow_private=allow_private)
        self._polite = PoliteFetcher(self._fetcher, self.store, self.hosts, clock)
        self._poller = Poller(
            self.store, self._polite, self._schedule, clock, poll_seconds, news, earlier_forms
        )

    def add(self, url: str, follower: int | None = None) -> Feed:
        """Follow the feed at ``url``, or the one that the page there names; it is due at once.

        It is followed for ``follower``, or else for everybody.

        ``@name``, or an address of a Telegram channel or its posts, means its public preview.
        ``SourceError`` when there is no feed. A feed that is followed already stays as it is, but
        is resumed if it is not polled.
        """
        if follower is not None and (known := self.store.by_url(feed_address(url))):
            return self.store.follow(known.url, known.title, timedelta(), follower)
        return self._follow(self._find(url), timedelta(), follower)

    def add_all(self, urls: Iterable[str]) -> Iterator[Feed | SourceError]:
        """Follow many feeds, in order; failures are values.

        Their first polls are spread over an interval, so that they are not all due at once.
        """
        with ThreadPoolExecutor(AT_ONCE) as threads:
            try:
                for found in threads.map(self._try_to_find, dict.fromkeys(urls)):
                    if isinstance(found, SourceError):
                        yield found
                    else:
                        yield self._follow(found, self._schedule.first_pause())
            finally:
                threads.shutdown(wait=False, cancel_futures=True)

    def _try_to_find(self, url: str) -> FoundFeed | SourceError:
        try:
            return self._find(url)
        except SourceError as error:
            return error

    def _find(self, url: str) -> FoundFeed:
        name = channel_name(url)
        if name and self._is_read(name):
            raise SourceError(url, "the bot is in this channel and reads it already")
        return find_feed(feed_address(url), self._polite.candidate)

    def _follow(self, found: FoundFeed, due_in: timedelta, follower: int | None = None) -> Feed:
        known = self.store.by_url(found.url)
        feed = self.store.follow(found.url, found.title, due_in, follower)
        if known and not known.is_everybodys and feed.is_everybodys:
            self._publish(self.store.articles_from([feed.id]))
        return feed

    def remove(self, url: str, follower: int | None = None) -> None:
        """Stop following a feed, by its address or as a channel is added; its articles stay.

        It is removed for everybody, or else for ``follower`` only. ``SourceError`` when it is not
        followed.
        """
        address = feed_address(url)
        if follower is None:
            self.store.remove(address)
            return
        known = self.store.by_url(address)
        if known is None:
            raise SourceError(address, "this feed is not followed")
        self.store.leave(follower, known)

    @contextlib.contextmanager
    def next_due(self, resting: Collection[int] = ()) -> Iterator[Feed | None]:
        """Take the host of the feed that has been due longest, and keep it for the block.

        ``LostHostError`` when something is to be written after another process has taken over.
        """
        found = self.hosts.take_first(lambda: self.store.next_due(resting))
        if found is None:
            yield None
            return
        feed, lease = found
        try:
            with self.hosts.fenced(lease):
                yield feed
        finally:
            self.hosts.release(lease)

    @contextlib.contextmanager
    def now(self, feed: Feed) -> Iterator[Feed | None]:
        """Wait for the host of a feed and keep it for the block; yields the feed as it is then.

        ``None`` if it was removed meanwhile.
        """
        with self.hosts.having(feed.host, self._fetcher.is_stopped):
            yield self.store.feed(feed.id)

    def poll(self, feed: Feed) -> Iterator[Item]:
        """Poll a feed whose host this thread has, as ``Poller.poll`` does.

        The preview of a channel that the bot has joined since is not asked for until it leaves.
        """
        if self._is_preview_of_a_read_channel(feed):
            self.put_off(feed)
        else:
            yield from self._poller.poll(feed)

    def put_off(self, feed: Feed) -> None:
        """Make a feed due after a pause as if it had been polled."""
        self.store.postpone(feed, self._clock() + self._schedule.pause(timedelta()))

    def _is_preview_of_a_read_channel(self, feed: Feed) -> bool:
        names = (each.removeprefix("@") for each in self.store.names_of(feed) if each[:1] == "@")
        return any(self._is_read(name.lower()) for name in names)

    def reschedule(self) -> None:
        """Make feeds due that were put off for too long while the clock was ahead.

        Hosts that a killed process was connected to are free then, too.
        """
        self.hosts.tidy()
        self.store.reschedule(self._schedule.farthest())

    def stop(self) -> None:
        """Abort all fetches; polls raise ``StoppedError`` from now on."""
        self._fetcher.stop()
