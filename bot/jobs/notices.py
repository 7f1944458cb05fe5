"""Each administrator is told once when a feed ends."""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Sequence

from telegram import Bot
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.sending import patiently
from bot.texts import feeds as feed_messages
from bot.texts.catalogue import Texts
from index.feeds.model import Feed
from index.feeds.store import FeedStore
from qa.store.database import Database

logger = logging.getLogger(__name__)

LOOK_SECONDS = 5.0

MIGRATIONS = (
    # Before, the index kept this in "notices"; its tables are up to date when this runs.
    """
    CREATE TABLE feed_notices (
        feed INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
        user_id INTEGER NOT NULL,
        ended_at REAL NOT NULL,
        PRIMARY KEY (feed, user_id)
    ) WITHOUT ROWID;
    INSERT INTO feed_notices (feed, user_id, ended_at)
        SELECT feeds.id, notices.reader, feeds.ended_at
        FROM notices JOIN feeds ON feeds.id = notices.feed
        WHERE feeds.ended_at IS NOT NULL;
    DROP TABLE notices;
    """,
)


class NoticeStore:
    """Which users have been notified that a feed has ended. All methods block on the disk."""

    def __init__(self, feeds: FeedStore, database: Database) -> None:
        """Create or migrate the table, which refers to the table of ``feeds``."""
        self._feeds = feeds
        self._database = database
        database.migrate("notices", MIGRATIONS)

    def untold(self, user_id: int) -> Sequence[Feed]:
        """Feeds that have ended, and of whose end the user was not told."""
        with self._database.read() as connection:
            sql = "SELECT feed, ended_at FROM feed_notices WHERE user_id = ?"
            told = {tuple(row) for row in connection.execute(sql, (user_id,))}
            return [feed for feed in self._feeds.ended() if _end_of(feed) not in told]

    def mark_told(self, feeds: Iterable[Feed], user_id: int) -> None:
        """Record that the user was notified of the end of ``feeds``."""
        with self._database.write() as connection:
            # A feed may have been removed in the meantime.
            connection.executemany(
                "INSERT OR REPLACE INTO feed_notices SELECT id, ?, ? FROM feeds WHERE id = ?",
                [(user_id, ended_at, number) for number, ended_at in map(_end_of, feeds)],
            )


def _end_of(feed: Feed) -> tuple[int, float]:
    assert feed.ended_at is not None
    return feed.id, feed.ended_at.timestamp()


class FeedNotices:
    """Sends a private message; who was told is stored, so a crash repeats at most one."""

    def __init__(
        self,
        bot_api: Bot,
        store: NoticeStore,
        admins: Collection[int],
        texts_of: Callable[[int], Texts],
    ) -> None:
        """``texts_of`` returns the texts in the language of a chat; it may block."""
        self._api = bot_api
        self._store = store
        self._texts_of = texts_of
        self._admins = sorted(admins)

    async def tell(self) -> float:
        """Tell each administrator what is new; returns the seconds until the next look."""
        for admin in self._admins:
            ended = await asyncio.to_thread(self._store.untold, admin)
            if not ended:
                continue
            texts = await asyncio.to_thread(self._texts_of, admin)
            if await self._send(admin, feed_messages.have_ended(texts, ended)):
                await asyncio.to_thread(self._store.mark_told, ended, admin)
        return LOOK_SECONDS

    async def _send(self, admin: int, html: str) -> bool:
        """Whether the administrator counts as told; if not, the next look tries again."""
        try:
            await patiently(lambda: self._api.send_message(admin, html))
        except (Forbidden, BadRequest) as error:  # never started a chat with the bot, or blocks it
            logger.warning("Administrator %d cannot be told of a feed: %s", admin, error.message)
        except TelegramError as error:
            logger.warning("Administrator %d is told of a feed later: %s", admin, error.message)
            return False
        return True
