"""The sender: empties the outbox, one message at a time.

One at a time is what makes "at most one repeat a crash" true: were eight in flight when the
process is killed, nobody could tell which of the eight have arrived.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.alerts.composing import Composer, Outgoing
from bot.alerts.model import Kind, Pending, Place
from bot.alerts.pace import Pace
from bot.alerts.queue import Queue
from bot.alerts.schedule import quiet_until
from bot.alerts.store import AlertStore
from bot.sending import seconds
from qa import Library

logger = logging.getLogger(__name__)

IDLE_SECONDS = 0.25
RESCAN_SECONDS = 60.0
"""Between two looks at all that waits, not only at what is new: rows may have moved."""
LONGEST_BACKOFF = 300.0
LONGEST_PAUSE = 30.0
GONE = ("chat not found", "user not found", "peer_id_invalid", "group chat was deactivated")
"""In the words of a refusal: there is nobody left to tell."""


class Sender:
    """Keeps the order within each place, and lets no place wait for another."""

    def __init__(
        self,
        bot_api: Bot,
        library: Library,
        store: AlertStore,
        pace: Pace,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``clock`` gives seconds since the epoch."""
        self._api = bot_api
        self._store = store
        self._outbox = store.outbox
        self._composer = Composer(library, store)
        self._pace = pace
        self._clock = clock
        self._queue = Queue()
        self._known_up_to = 0
        self._rescan_at = 0.0
        self._failures = 0

    async def send_next(self) -> float:
        """Send one message; returns the seconds until the next may be sent."""
        pause = self._pace.pause()
        if pause:
            return min(pause, IDLE_SECONDS)
        outgoing = await asyncio.to_thread(self._next_outgoing)
        if outgoing is None:
            return self._queue.pause(self._clock(), IDLE_SECONDS)
        self._pace.begin_alert(outgoing.pending.place.chat_id)
        return await self._deliver(outgoing)

    # Whose turn it is

    def _next_outgoing(self) -> Outgoing | None:
        """Lease and compose the first message whose place may be written to now."""
        self._look_for_places()
        now = self._clock()
        while (place := self._queue.pop(now)) is not None:
            pending = self._claim(place, now)
            if pending is None:
                continue
            outgoing = self._composer.compose(pending)
            if outgoing is not None:
                return outgoing
            self._outbox.settle(pending.id, sent=False, now=now)
            self._queue.put(place, now, now)
        return None

    def _look_for_places(self) -> None:
        now = self._clock()
        places, self._known_up_to = self._outbox.places_after(self._known_up_to)
        if now >= self._rescan_at or now < self._rescan_at - RESCAN_SECONDS:
            places, self._rescan_at = self._outbox.places(), now + RESCAN_SECONDS
        for place in places:
            self._queue.put(place, now, now)

    def _claim(self, place: Place, now: float) -> Pending | None:
        """The place's first row; else let the place have a later turn, if anything waits."""
        ready_at = self._outbox.ready_at(place)
        if ready_at is None:
            return None
        resting = now + self._pace.chat_pause(place.chat_id)
        turn = max(ready_at, resting, self._quiet_until(place, now))
        if turn <= now:
            pending = self._outbox.claim(place, now)
            if pending is not None:
                return pending
            turn = now + IDLE_SECONDS  # another process was quicker
        self._queue.put(place, turn, now)
        return None

    def _quiet_until(self, place: Place, now: float) -> float:
        timetable = self._store.places.timetable(place)
        if timetable.quiet is None:
            return now
        return quiet_until(timetable.quiet, timetable.zone, now) or now

    # What comes of it

    async def _deliver(self, outgoing: Outgoing) -> float:
        """Send, and write down what came of it; returns the pause before the next message."""
        pending = outgoing.pending
        place, pause = pending.place, 0.0
        failures, self._failures = self._failures, 0
        try:
            message_id = await self._send(outgoing)
        except Forbidden as error:
            await self._end_chat(place.chat_id, error)
        except ChatMigrated as error:
            await asyncio.to_thread(self._store.move, place.chat_id, error.new_chat_id)
            place = Place(error.new_chat_id, place.thread_id)
        except RetryAfter as error:
            await self._postpone(pending, seconds(error))
        except BadRequest as error:
            await self._refused(pending, error)
        except TelegramError as error:
            self._failures = failures + 1
            pause = await self._unreachable(pending, error)
        else:
            await self._settle(pending, sent=True, message_id=message_id)
        now = self._clock()
        self._queue.put(place, now + self._pace.chat_pause(place.chat_id), now)
        return pause

    async def _send(self, outgoing: Outgoing) -> int | None:
        """The number that the message has in its chat."""
        pending, place = outgoing.pending, outgoing.pending.place
        if pending.kind is Kind.EDIT:
            await self._api.edit_message_text(
                outgoing.html,
                place.chat_id,
                pending.message_id,
                reply_markup=outgoing.buttons,
            )
            return None
        message = await self._api.send_message(
            place.chat_id,
            outgoing.html,
            message_thread_id=place.thread_id or None,
            reply_markup=outgoing.buttons,
        )
        return message.message_id

    async def _refused(self, pending: Pending, error: BadRequest) -> None:
        words, place = error.message.lower(), pending.place
        if "message thread not found" in words:
            logger.info("Topic %d of chat %d is gone", place.thread_id, place.chat_id)
            await asyncio.to_thread(self._store.end_place, place)
        elif any(gone in words for gone in GONE):
            await self._end_chat(place.chat_id, error)
        elif pending.kind is Kind.EDIT:  # it says so already, or is gone
            logger.info("An alert in chat %d is not edited: %s", place.chat_id, error.message)
            await self._settle(pending, sent=False)
        else:
            logger.error("A message to chat %d is given up: %s", place.chat_id, error.message)
            await self._settle(pending, sent=False)

    async def _end_chat(self, chat_id: int, error: TelegramError) -> None:
        logger.info("Chat %d ends its subscriptions: %s", chat_id, error.message)
        await asyncio.to_thread(self._store.end_chat, chat_id)

    async def _unreachable(self, pending: Pending, error: TelegramError) -> float:
        """Trouble that passes: this message waits longer each time.

        All others wait only when the one before met trouble, too: then it is not the chat's.
        """
        logger.warning("A message to chat %d waits: %s", pending.place.chat_id, error.message)
        await self._postpone(pending, min(2.0 ** min(pending.attempts - 1, 16), LONGEST_BACKOFF))
        return 0.0 if self._failures == 1 else min(2.0 ** (self._failures - 2), LONGEST_PAUSE)

    async def _postpone(self, pending: Pending, pause: float) -> None:
        await asyncio.to_thread(self._outbox.postpone, pending.id, self._clock() + pause)

    async def _settle(self, pending: Pending, *, sent: bool, message_id: int | None = None) -> None:
        await asyncio.to_thread(
            self._outbox.settle, pending.id, sent=sent, now=self._clock(), message_id=message_id
        )
