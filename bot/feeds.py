"""The feeds of a library, polled as the settings say."""

from datetime import timedelta

from bot.channels.store import ChannelStore
from bot.settings import Settings
from bot.subscriptions.interest import host_of
from index.feeds.articles import stream_of
from index.feeds.follow import Feeds
from qa import Library
from qa.store.leases import this_host


def feeds_of(library: Library, settings: Settings, holder: str | None = None) -> Feeds:
    """The feeds of ``library``, whose questions may name them as subscriptions do.

    ``holder`` names the process, which is the bot if nothing is said.
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
    library.stream_names = lambda: stream_names(feeds)
    return feeds


def stream_names(feeds: Feeds) -> dict[str, list[str]]:
    """What the streams of articles from feeds are called: titles, addresses and hosts."""
    return {
        stream_of(feed): [*names, *filter(None, map(host_of, names))]
        for feed, names in feeds.store.names().items()
    }
