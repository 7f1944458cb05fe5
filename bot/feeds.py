"""The feeds of a library, polled as the settings say."""

from datetime import timedelta

from bot.channels.store import ChannelStore
from bot.settings import Settings
from index.feeds.follow import Feeds
from qa import Library


def feeds_of(library: Library, settings: Settings) -> Feeds:
    """The feeds of ``library``."""
    return Feeds(
        library.database,
        interval=timedelta(seconds=settings.feed_interval),
        allow_private=settings.allow_private_hosts,
        news=settings.news,
        earlier_forms=library.store.earlier_forms,
        is_read=ChannelStore(library.database).reads,
        publish=library.store.publish,
    )
