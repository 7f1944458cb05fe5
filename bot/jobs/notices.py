"""Administrators are told, once, of each feed that has come to an end."""

import asyncio
import logging
from collections.abc import Collection

from telegram import Bot
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.sending import patiently
from bot.texts import feeds as feed_messages
from bot.texts.catalogue import ENGLISH
from index.feeds.poll import Feeds

logger = logging.getLogger(__name__)

LOOK_SECONDS = 5.0


class FeedNotices:
    """Tells by a private message; what was told is in the database, so a crash forgets nothing."""

    def __init__(self, bot_api: Bot, feeds: Feeds, admins: Collection[int]) -> None:
        self._api = bot_api
        self._feeds = feeds
        self._admins = sorted(admins)

    async def tell(self) -> float:
        """Tell each administrator of what is new; returns the seconds to the next look."""
        for admin in self._admins:
            ended = await asyncio.to_thread(self._feeds.untold, admin)
            if ended and await self._send(admin, feed_messages.have_ended(ENGLISH, ended)):
                await asyncio.to_thread(self._feeds.told, ended, admin)
        return LOOK_SECONDS

    async def _send(self, admin: int, html: str) -> bool:
        """Whether that is done with; else it is to be sent another time."""
        try:
            await patiently(lambda: self._api.send_message(admin, html))
        except (Forbidden, BadRequest) as error:  # has never written to us, or blocks us
            logger.warning("Administrator %d cannot be told of a feed: %s", admin, error.message)
        except TelegramError as error:
            logger.warning("Administrator %d is told of a feed later: %s", admin, error.message)
            return False
        return True
