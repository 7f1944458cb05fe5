"""The feeds of a library, polled as the settings say."""

from datetime import timedelta

from bot.channels.store import ChannelStore
from bot.settings import Settings
from bot.subscriptions.interest import host_of
from index.feeds.articles import stream_of
from index.feeds.follow import Feeds
from index.feeds.store import FeedStore
from qa import Library
from qa.store.leases import this_host


def feeds_of(library: Library, settings: Settings, holder: str | None = None) -> Feeds:
    """The feeds of ``library``; questions can name them, as subscriptions can.

    ``holder`` names this process; by default it is the bot on this host.
    """
    feeds = Feeds(
        library.database,
        interval=timedelta(seconds=settings.feed_interval),
        allow_private=settings.allow_private_hosts,
        news=settings.news,
        earlier_forms=library.store.earlier_forms,
        is_read=ChannelStore(library.database).reads,
        publish=library.store.publish,
        holder=holder or this_host(settings.data_dir),
    )
    library.stream_names = FeedNames(feeds.store).read
    return feeds


class FeedNames:
    """The names of the streams of articles from feeds: titles, addresses and hosts."""

    def __init__(self, feeds: FeedStore) -> None:
        """Read nothing yet."""
        self._feeds = feeds
        self._revision = -1
        self._names: dict[str, list[str]] = {}

    def read(self) -> dict[str, list[str]]:
        """Return the names; they are read again only if one has changed. One thread at a time."""
        if (revision := self._feeds.names_revision()) != self._revision:
            self._names = {
                stream_of(feed): [*names, *filter(None, map(host_of, names))]
                for feed, names in self._feeds.names().items()
            }
            self._revision = revision
        return self._names
