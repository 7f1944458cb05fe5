"""The feeds that people follow for themselves: who may see what they bring, and which rest."""

from collections.abc import Collection, Set

from bot.alerts.blocks import BlockStore
from bot.settings import OpenFeedsFor, Settings
from index.feeds.model import Feed
from index.feeds.store import FeedStore
from qa import Library


class OwnFeeds:
    """All methods block on the disk. Followers are chats, by their ids."""

    def __init__(self, feeds: FeedStore, blocks: BlockStore, settings: Settings) -> None:
        self._feeds = feeds
        self._blocks = blocks
        self._settings = settings

    def sees(self, reader: int | None, articles: Collection[str]) -> Set[str]:
        """Return the articles that a feed of everybody's or of the reader has brought."""
        return self._feeds.seen_by(reader, articles)

    def rests(self, feed: Feed) -> bool:
        """Whether a feed is not polled because the bot serves none of its followers."""
        if feed.is_everybodys:
            return False
        is_open = self._settings.open_feeds
        return not (is_open and any(map(self._is_served, self._feeds.followers_of(feed))))

    def ended(self) -> dict[int, list[Feed]]:
        """Map the chats that are served to those of their feeds that have ended."""
        if not self._settings.open_feeds:
            return {}
        ended = self._feeds.own_ended()
        return {chat: feeds for chat, feeds in ended.items() if self._is_served(chat)}

    def _is_served(self, chat: int) -> bool:
        served = self._settings.served
        return (not served or chat in served) and not self._blocks.has(chat)


def own_feeds(
    feeds: FeedStore, blocks: BlockStore, library: Library, settings: Settings
) -> OwnFeeds | None:
    """Return people's own feeds; if so set, ``library`` shows their articles to followers only.

    ``None`` if there are none and can be none. If people may no longer follow feeds, what theirs
    have brought stays theirs.
    """
    if not (settings.open_feeds or library.store.has_personal() or feeds.followers()):
        return None
    found = OwnFeeds(feeds, blocks, settings)
    if settings.open_feeds_for is OpenFeedsFor.FOLLOWERS:
        library.audience = found
    return found
