"""The sender: empties the outbox, one message at a time.

Sending one at a time keeps the promise of at most one repeat after a crash: with eight messages in
flight, nobody could tell which of the eight had arrived.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable

from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.alerts.composing import Composer, OutgoingMessage
from bot.alerts.model import OutboxRow, RowKind
from bot.alerts.outbox import LEASE_SECONDS
from bot.alerts.pace import Pace
from bot.alerts.queue import Queue
from bot.alerts.store import AlertStore
from bot.idle import Idle
from bot.metrics import ALERTS
from bot.sending import REQUEST_SECONDS, seconds
from bot.subscriptions.model import Destination
from bot.subscriptions.timetable import quiet_until
from qa import Library, StoreError

logger = logging.getLogger(__name__)

IDLE_SECONDS = 0.25
RESCAN_SECONDS = 60.0
"""How often all waiting rows are looked at, not only new ones: rows may have moved."""
RECORD_SECONDS = 1.0
"""How soon a failed record of what was sent is retried."""
LONGEST_BACKOFF = 300.0
LONGEST_PAUSE = 30.0
CHAT_IS_GONE = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "group chat was deactivated",
)
"""Refusals that mean nobody can be reached there any more."""
TOPIC_IS_GONE = ("message thread not found", "topic_deleted", "topic_id_invalid")
PASSES = (
    "topic_closed",
    "restricted",
    "rights",
    "write access",
    "_forbidden",
    "admin_required",
    "payment_required",
    "banned_in",
)
"""Refusals of all messages to a place, which its administrators may lift."""


class Sender:
    """Keeps the order within each destination, and never lets one destination wait for another."""

    def __init__(
        self,
        bot_api: Bot,
        library: Library,
        store: AlertStore,
        pace: Pace,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """``clock`` returns seconds since the epoch, and times leases, too.

        Without one, leases are by the clock of the database, which all hosts share.
        """
        self._api = bot_api
        self._store = store
        self._outbox = store.outbox
        self._composer = Composer(library, store)
        self._pace = pace
        self._clock = clock or time.time
        self._is_clock_given = clock is not None
        self._claimed_at = 0.0
        """By a clock that also runs while the process is stopped."""
        self.sends_within = LEASE_SECONDS - REQUEST_SECONDS
        """Seconds after its claim in which a message is sent; then another host may send it."""
        self._queue = Queue()
        self._last_seen_row = 0
        self._rescan_at = 0.0
        self._failures = 0

    async def send_next(self) -> float:
        """Send one message; returns the seconds until the next may be sent."""
        pause = self._pace.pause()
        if pause:
            return min(pause, IDLE_SECONDS)
        message = await asyncio.to_thread(self.next_message)
        if message is None:
            return Idle(self._queue.pause(self._clock(), IDLE_SECONDS), "outbox")
        if time.monotonic() - self._claimed_at > self.sends_within:  # this host stood still
            await asyncio.to_thread(self._outbox.postpone, message.row, self._clock())
            return 0.0
        self._pace.begin_alert(message.row.destination.chat_id)
        return await self._deliver(message)

    # Whose turn it is

    def next_message(self) -> OutgoingMessage | None:
        """Claim and compose the first message whose destination may be written to now."""
        self._find_destinations()
        now = self._clock()
        while (destination := self._queue.pop(now)) is not None:
            row = self._claim(destination, now)
            if row is None:
                continue
            message = self._composer.compose(row)
            if message is not None:
                return message
            self._outbox.give_up(row, now)
            self._queue.put(destination, now, now)
        return None

    def _find_destinations(self) -> None:
        now = self._clock()
        found, self._last_seen_row = self._outbox.destinations_after(self._last_seen_row)
        if now >= self._rescan_at or now < self._rescan_at - RESCAN_SECONDS:
            found, self._rescan_at = self._outbox.destinations(), now + RESCAN_SECONDS
        for destination in found:
            self._queue.put(destination, now, now)

    def _claim(self, destination: Destination, now: float) -> OutboxRow | None:
        """Claim the destination's first row; if it must wait, give it a later turn."""
        ready_at = self._outbox.ready_at(destination)
        if ready_at is None:
            return None
        chat_ready_at = now + self._pace.chat_pause(destination.chat_id)
        turn = max(ready_at, chat_ready_at, self._quiet_until(destination, now))
        if turn <= now:
            self._claimed_at = time.monotonic()
            row = self._outbox.claim(destination, now if self._is_clock_given else None)
            if row is not None:
                return row
            turn = now + IDLE_SECONDS  # another process was faster
        self._queue.put(destination, turn, now)
        return None

    def _quiet_until(self, destination: Destination, now: float) -> float:
        timetable = self._store.timetables.of(destination)
        if timetable.quiet is None:
            return now
        return quiet_until(timetable.quiet, timetable.zone, now) or now

    # Sending and its results

    async def _deliver(self, message: OutgoingMessage) -> float:
        """Send, and record the result; returns the pause before the next message."""
        row = message.row
        destination, pause = row.destination, 0.0
        failures, self._failures = self._failures, 0
        try:
            message_id = await self._send(message)
        except Forbidden as error:
            if _says(error, PASSES):
                await self._pause(row, error)
            else:
                await self._end_chat(destination.chat_id, error)
        except ChatMigrated as error:
            await asyncio.to_thread(self._store.move, destination.chat_id, error.new_chat_id)
            destination = Destination(error.new_chat_id, destination.thread_id)
        except RetryAfter as error:
            await self._postpone(row, seconds(error))
        except BadRequest as error:
            await self._refused(row, error)
        except TelegramError as error:
            self._failures = failures + 1
            pause = await self._unreachable(row, error)
        else:
            await self._mark_sent(row, message_id)
            ALERTS.labels("sent" if message_id else "edited").inc()
        now = self._clock()
        self._queue.put(destination, now + self._pace.chat_pause(destination.chat_id), now)
        return pause

    async def _send(self, message: OutgoingMessage) -> int | None:
        """Send or edit; returns the id of a new message."""
        row, destination = message.row, message.row.destination
        if row.kind is RowKind.EDIT:
            await self._api.edit_message_text(
                message.html,
                destination.chat_id,
                row.message_id,
                reply_markup=message.buttons,
            )
            return None
        sent = await self._api.send_message(
            destination.chat_id,
            message.html,
            message_thread_id=destination.thread_id or None,
            reply_markup=message.buttons,
        )
        return sent.message_id

    async def _mark_sent(self, row: OutboxRow, message_id: int | None) -> None:
        """Record that a row was sent, however long the database is away; else it is sent twice."""
        sent_at = self._clock()
        while True:
            try:
                await asyncio.to_thread(self._outbox.mark_sent, row.id, sent_at, message_id)
            except StoreError as error:
                logger.warning("What was sent is recorded later: %s", error)
                await asyncio.sleep(RECORD_SECONDS)
            else:
                return

    async def _refused(self, row: OutboxRow, error: BadRequest) -> None:
        destination = row.destination
        if _says(error, TOPIC_IS_GONE):
            logger.info("Topic %d of chat %d is gone", destination.thread_id, destination.chat_id)
            await asyncio.to_thread(self._store.end_destination, destination)
        elif _says(error, CHAT_IS_GONE):
            await self._end_chat(destination.chat_id, error)
        elif _says(error, PASSES):
            await self._pause(row, error)
        elif row.kind is RowKind.EDIT:  # the text is the same, or the message was deleted
            logger.info("Alert in chat %d not edited: %s", destination.chat_id, error.message)
            await self._give_up(row)
        else:
            await self._give_up(row, error)

    async def _pause(self, row: OutboxRow, error: TelegramError) -> None:
        """Keep what waits for a place, in order, until it accepts messages again."""
        now, put = self._clock(), self._store.pauses.put
        pause = await asyncio.to_thread(put, row.destination, error.message, now)
        again = pause.next_try(row.attempts, now)
        if again is None:
            await self._give_up(row, error)
        else:
            logger.info("Chat %d is paused: %s", row.destination.chat_id, error.message)
            await self._postpone(row, again - now, "paused")

    async def _end_chat(self, chat_id: int, error: TelegramError) -> None:
        logger.info("Ended the subscriptions of chat %d: %s", chat_id, error.message)
        await asyncio.to_thread(self._store.end_chat, chat_id)

    async def _unreachable(self, row: OutboxRow, error: TelegramError) -> float:
        """Temporary trouble: this message waits longer each time.

        All others wait only if the message before also failed: then the chat is not the cause.
        """
        logger.warning("Message to chat %d postponed: %s", row.destination.chat_id, error.message)
        await self._postpone(row, min(2.0 ** min(row.attempts - 1, 16), LONGEST_BACKOFF))
        return 0.0 if self._failures == 1 else min(2.0 ** (self._failures - 2), LONGEST_PAUSE)

    async def _postpone(self, row: OutboxRow, pause: float, result: str = "postponed") -> None:
        ALERTS.labels(result).inc()
        await asyncio.to_thread(self._outbox.postpone, row, self._clock() + pause)

    async def _give_up(self, row: OutboxRow, refusal: TelegramError | None = None) -> None:
        reason = None
        if refusal is not None:
            reason = refusal.message
            logger.error("Gave up a message to chat %d: %s", row.destination.chat_id, reason)
            ALERTS.labels("given up").inc()
        await asyncio.to_thread(self._outbox.give_up, row, self._clock(), reason)


def _says(error: TelegramError, phrases: Iterable[str]) -> bool:
    return any(phrase in error.message.lower() for phrase in phrases)
