"""Notices that are sent once.

Administrators are told when a feed ends or a rebuild would change the model; a chat that follows a
feed for itself is told when that feed ends.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Sequence

from telegram import Bot
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.own_feeds import OwnFeeds
from bot.sending import patiently
from bot.texts import answers as answer_messages
from bot.texts import feeds as feed_messages
from bot.texts.catalogue import Texts
from index.feeds.model import Feed
from index.feeds.store import FeedStore
from qa import Library
from qa.store.database import Database

logger = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
MODEL_SECONDS = 60.0
"""Between two looks at the model of the index, which only a rebuild changes."""

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
    """
    CREATE TABLE model_notices (
        user_id INTEGER NOT NULL,
        model TEXT NOT NULL,
        PRIMARY KEY (user_id, model)
    ) WITHOUT ROWID;
    """,
)


class NoticeStore:
    """Which users and chats have been notified, and of what. All methods block on the disk."""

    def __init__(self, feeds: FeedStore, database: Database) -> None:
        """Create or migrate the table, which refers to the table of ``feeds``."""
        self._feeds = feeds
        self._database = database
        database.migrate("notices", MIGRATIONS)

    def untold(self, user_id: int, ended: Sequence[Feed] | None = None) -> Sequence[Feed]:
        """Return the ``ended`` feeds, everybody's by default, that the user was not told about.

        The id may be that of a chat.
        """
        with self._database.read() as connection:
            sql = "SELECT feed, ended_at FROM feed_notices WHERE user_id = ?"
            told = {tuple(row) for row in connection.execute(sql, (user_id,))}
            known = self._feeds.ended() if ended is None else ended
            return [feed for feed in known if _end_of(feed) not in told]

    def mark_told(self, feeds: Iterable[Feed], user_id: int) -> None:
        """Record that the user was notified of the end of ``feeds``."""
        with self._database.write() as connection:
            # A feed may have been removed in the meantime.
            connection.executemany(
                "INSERT OR REPLACE INTO feed_notices SELECT id, ?, ? FROM feeds WHERE id = ?",
                [(user_id, ended_at, number) for number, ended_at in map(_end_of, feeds)],
            )

    def knows_model(self, user_id: int, model: str) -> bool:
        """Whether the user was notified that a rebuild would change to ``model``."""
        with self._database.read() as connection:
            sql = "SELECT 1 FROM model_notices WHERE user_id = ? AND model = ?"
            return connection.execute(sql, (user_id, model)).fetchone() is not None

    def mark_model(self, user_id: int, model: str) -> None:
        """Record that the user was notified that a rebuild would change to ``model``."""
        with self._database.write() as connection:
            sql = "INSERT OR IGNORE INTO model_notices VALUES (?, ?)"
            connection.execute(sql, (user_id, model))


def _end_of(feed: Feed) -> tuple[int, float]:
    assert feed.ended_at is not None
    return feed.id, feed.ended_at.timestamp()


class Notices:
    """Sends the notices; who was told is stored, so a crash repeats at most one."""

    def __init__(
        self,
        bot_api: Bot,
        store: NoticeStore,
        library: Library,
        admins: Collection[int],
        texts_of: Callable[[int], Texts],
        own_feeds: OwnFeeds | None = None,
    ) -> None:
        """``texts_of`` returns the texts in the language of a chat; it may block."""
        self._api = bot_api
        self._store = store
        self._library = library
        self._texts_of = texts_of
        self._admins = sorted(admins)
        self._own_feeds = own_feeds

    async def tell_of_feeds(self) -> float:
        """Tell administrators which feeds ended, and chats which of their own ones.

        Returns the seconds until the next look.
        """
        for admin in self._admins:
            await self._tell_of_feeds(admin, None)
        if self._own_feeds is not None:
            own = await asyncio.to_thread(self._own_feeds.ended)
            for chat, ended in own.items():
                await self._tell_of_feeds(chat, ended)
        return LOOK_SECONDS

    async def _tell_of_feeds(self, reader: int, own: Sequence[Feed] | None) -> None:
        ended = await asyncio.to_thread(self._store.untold, reader, own)
        if not ended:
            return
        texts = await asyncio.to_thread(self._texts_of, reader)
        html = feed_messages.have_ended(texts, ended, is_own=own is not None)
        if await self._send(reader, html):
            await asyncio.to_thread(self._store.mark_told, ended, reader)

    async def tell_of_model(self) -> float:
        """Tell each administrator if a rebuild would change the model because none is set.

        Returns the seconds until the next look.
        """
        model = await asyncio.to_thread(self._library.models.next_name)
        if model is not None:
            for admin in self._admins:
                await self._tell_of_model(admin, model)
        return MODEL_SECONDS

    async def _tell_of_model(self, admin: int, model: str) -> None:
        if await asyncio.to_thread(self._store.knows_model, admin, model):
            return
        html = await asyncio.to_thread(self._about_model, admin, model)
        if await self._send(admin, html):
            await asyncio.to_thread(self._store.mark_model, admin, model)

    def _about_model(self, admin: int, model: str) -> str:
        return answer_messages.model_kept(self._texts_of(admin), self._library.encoder.name, model)

    async def _send(self, reader: int, html: str) -> bool:
        """Send it; ``False`` if the next look should try again."""
        who = "Administrator" if reader in self._admins else "Chat"
        try:
            await patiently(lambda: self._api.send_message(reader, html))
        except (Forbidden, BadRequest) as error:  # never started a chat with the bot, or blocks it
            logger.warning("%s %d cannot be told: %s", who, reader, error.message)
        except TelegramError as error:
            logger.warning("%s %d is told later: %s", who, reader, error.message)
            return False
        return True
