"""Alerts of new articles: the matcher fills the outbox, the sender empties it."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable

from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot import messages
from bot.alert_store import Alert, AlertStore, Matched, Subscription
from bot.background import Step
from bot.sending import seconds
from qa import Article, Library, Quote

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""How soon a new article is noticed."""
IDLE_SECONDS = 0.25
SEND_SECONDS = 0.04
"""Between two alerts: 25 a second, which leaves room for answers below Telegram's 30."""
CHAT_SECONDS, GROUP_SECONDS = 1.0, 3.0
"""Between two alerts to one chat: Telegram allows 1 a second, and 20 a minute in a group."""
LONGEST_BACKOFF = 300.0
LONGEST_PAUSE = 30.0
SWEEP_SECONDS = 3600.0


class Alerts:
    """The matcher and the sender; an alert is never lost, and repeated only after a crash."""

    def __init__(
        self,
        bot_api: Bot,
        library: Library,
        store: AlertStore,
        is_stopping: Callable[[], bool],
    ) -> None:
        """``is_stopping`` is asked, in a thread, whether to leave an article for the next start."""
        self._api = bot_api
        self._library = library
        self._store = store
        self._is_stopping = is_stopping
        self._resting: dict[int, float] = {}
        self._failures = 0

    @property
    def steps(self) -> tuple[Step, ...]:
        """What goes on in the background."""
        return self._match_next, self._send_next, self._sweep

    async def _sweep(self) -> float:
        await asyncio.to_thread(self._store.sweep, time.time())
        return SWEEP_SECONDS

    # The matcher

    async def _match_next(self) -> float:
        found = await asyncio.to_thread(self._store.unmatched)
        if found is None:
            return LOOK_SECONDS
        await asyncio.to_thread(self._match, *found)
        return 0.0

    def _match(self, article: Article, subscriptions: list[Subscription]) -> None:
        topics = {each.topic for each in subscriptions}
        found = self._library.match(topics - {""}, article)
        quotes = {topic: match.quote for topic, match in found.items()}
        opening = self._library.opening(article)
        if "" in topics and opening is not None:
            quotes[""] = opening
        self._store.record(article, matches(subscriptions, quotes))

    # The sender

    async def _send_next(self) -> float:
        now = time.time()
        self._resting = {chat: until for chat, until in self._resting.items() if until > now}
        alert = await asyncio.to_thread(self._store.claim, now, self._resting)
        if alert is None:
            return IDLE_SECONDS
        if await asyncio.to_thread(self._library.article, alert.article_id) is None:
            await self._settle(alert, sent=False)  # removed meanwhile: nothing to tell of
            return 0.0
        return await self._deliver(alert)

    async def _deliver(self, alert: Alert) -> float:
        """Send, and write down what came of it; returns the pause before the next alert."""
        try:
            await self._api.send_message(
                alert.chat_id, alert.html, message_thread_id=alert.thread_id or None
            )
        except Forbidden as error:
            logger.info("Chat %d ends its subscriptions: %s", alert.chat_id, error.message)
            await asyncio.to_thread(self._store.end_chat, alert.chat_id)
        except ChatMigrated as error:
            await asyncio.to_thread(self._store.move, alert.chat_id, error.new_chat_id)
        except RetryAfter as error:
            await self._postpone(alert, seconds(error))
        except BadRequest as error:
            await self._refused(alert, error)
        except TelegramError as error:
            return await self._unreachable(alert, error)
        else:
            await self._settle(alert, sent=True)
            self._rest(alert.chat_id, GROUP_SECONDS if alert.chat_id < 0 else CHAT_SECONDS)
        self._failures = 0
        return SEND_SECONDS

    async def _refused(self, alert: Alert, error: BadRequest) -> None:
        if "message thread not found" in error.message.lower():
            logger.info("Topic %d of chat %d is gone", alert.thread_id, alert.chat_id)
            await asyncio.to_thread(self._store.end_thread, alert.chat_id, alert.thread_id)
        else:
            logger.error("An alert to chat %d is given up: %s", alert.chat_id, error.message)
            await self._settle(alert, sent=False)

    async def _unreachable(self, alert: Alert, error: TelegramError) -> float:
        """Trouble that passes: this alert waits longer each time, all others a moment."""
        self._failures += 1
        logger.warning("An alert to chat %d waits: %s", alert.chat_id, error.message)
        await self._postpone(alert, min(2.0 ** min(alert.attempts - 1, 16), LONGEST_BACKOFF))
        return min(2.0 ** min(self._failures - 1, 16), LONGEST_PAUSE)

    def _rest(self, chat_id: int, pause: float) -> None:
        self._resting[chat_id] = time.time() + pause

    async def _postpone(self, alert: Alert, pause: float) -> None:
        await asyncio.to_thread(self._store.postpone, alert, time.time() + pause)

    async def _settle(self, alert: Alert, *, sent: bool) -> None:
        await asyncio.to_thread(self._store.settle, alert, sent=sent, now=time.time())


def matches(subscriptions: Iterable[Subscription], quotes: dict[str, Quote]) -> list[Matched]:
    """One alert a place that has a subscription among ``quotes`` (topic to what matched it).

    It quotes what matched the oldest topic, and names all that match; the opening is quoted only
    where nothing but "every article" is subscribed.
    """
    places: dict[tuple[int, int], list[Subscription]] = {}
    for each in subscriptions:
        if each.topic in quotes:
            places.setdefault((each.chat_id, each.thread_id), []).append(each)
    found = []
    for wanted in places.values():
        topics = [each.topic for each in wanted]
        quote = quotes[next(filter(None, topics), "")]
        found.append(Matched(tuple(wanted), messages.alert(quote, topics)))
    return found
