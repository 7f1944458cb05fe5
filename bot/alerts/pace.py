"""How fast we may send: all messages are counted; alerts wait, replies to people do not."""

import math
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bot.metrics import MESSAGES
from bot.sending import seconds

Result = bool | dict[str, Any] | list[dict[str, Any]]

YIELD_SECONDS = 1.0
"""How long an alert lets replies in flight go first before it takes its turn."""
STORM_SECONDS = 10.0
"""If two chats get a 429 within this time and nothing is sent in between, all chats must wait."""
GROUP_MESSAGES = 20
"""Messages a minute that Telegram allows in a group, including replies."""
KEPT_CHATS = 5_000
WHOLE = 1 - 1e-6
"""One token, allowing for rounding errors in sums of times."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Telegram allows 30 messages a second, 1 a second in a chat, and 20 a minute in a group.

    ``a_second`` messages in the long run plus ``burst`` at once are at most 30 in any second.
    ``chat`` is the seconds between two messages to a chat, ``group`` between two alerts to a group.
    """

    a_second: float = 25.0
    burst: float = 5.0
    chat: float = 1.0
    group: float = 3.0


@dataclass(slots=True)
class _Chat:
    """When a chat got its last messages, and until when it refuses more."""

    sent: deque[float]
    alert_at: float = -math.inf
    refused_until: float = -math.inf

    @property
    def last(self) -> float:
        return self.sent[-1] if self.sent else -math.inf

    def free_at(self, rates: Rates) -> float:
        free = max(self.last + rates.chat, self.alert_at + rates.group, self.refused_until)
        if len(self.sent) == GROUP_MESSAGES:
            free = max(free, self.sent[0] + GROUP_MESSAGES * rates.group)
        return free


class Pace(BaseRateLimiter[None]):
    """Counts every request of the bot, delays none, and tells the sender when it may send.

    A token bucket: it gains ``Rates.a_second`` tokens a second and each message takes one. Replies
    may run it into debt; alerts then wait longer.
    """

    def __init__(
        self,
        rates: Rates = Rates(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rates = rates
        self._clock = clock
        self._tokens = rates.burst
        self.sent = 0
        """Messages of this host; ``count`` adds those of others."""
        self._counted_at = clock()
        self._chats: dict[int, _Chat] = {}
        self._paused_until = 0.0
        self._flood: tuple[int, float] | None = None
        self._in_flight = 0
        self._asked_at: float | None = None

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to release."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Result]],
        args: Any,  # noqa: ANN401 the library's own
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: None,  # noqa: ARG002 the library's own
    ) -> Result:
        """Make the request at once, and count it if it is a message."""
        chat = data.get("chat_id")
        if not _is_message(endpoint) or not isinstance(chat, int):
            return await callback(*args, **kwargs)
        self.sent += 1
        self.count(1)
        self._in_flight += 1
        try:
            result = await callback(*args, **kwargs)
        except RetryAfter as error:
            MESSAGES.labels("told to wait").inc()
            self._note_flood(chat, seconds(error))
            raise
        else:
            MESSAGES.labels("sent").inc()
            self._flood = None
            return result
        finally:
            self._in_flight -= 1
            self._chat(chat).sent.append(self._clock())

    def count(self, messages: int) -> None:
        """Count messages that are sent by this host or another."""
        self._refill(self._clock())
        # At most a second's worth of debt: Telegram looks no further back.
        self._tokens = max(self._tokens - messages, -self._rates.a_second)

    def pause(self) -> float:
        """Seconds until the next alert may be sent to any chat; 0 if it may be sent now."""
        now = self._clock()
        self._refill(now)
        lacking = 0.0 if self._tokens > WHOLE else (1.0 - self._tokens) / self._rates.a_second
        pause = max(lacking, self._paused_until - now, 0.0)
        if self._asked_at is None:
            self._asked_at = now
        if not pause and self._in_flight and now - self._asked_at < YIELD_SECONDS:
            pause = 1 / self._rates.a_second
        return pause

    def chat_pause(self, chat_id: int) -> float:
        """Seconds until the next alert may be sent to this chat."""
        chat = self._chats.get(chat_id)
        return max(chat.free_at(self._rates) - self._clock(), 0.0) if chat else 0.0

    def begin_alert(self, chat_id: int) -> None:
        """An alert to this chat takes its turn; the next one lets replies go first again."""
        self._asked_at = None
        if chat_id < 0:
            self._chat(chat_id).alert_at = self._clock()

    def _refill(self, now: float) -> None:
        grown = self._tokens + (now - self._counted_at) * self._rates.a_second
        self._tokens, self._counted_at = min(grown, self._rates.burst), now

    def _chat(self, chat_id: int) -> _Chat:
        if len(self._chats) > KEPT_CHATS:
            now, counted = self._clock(), GROUP_MESSAGES * self._rates.group
            self._chats = {
                id_: chat
                for id_, chat in self._chats.items()
                if max(chat.free_at(self._rates), chat.last + counted) > now
            }
        if chat_id not in self._chats:
            counted_messages = GROUP_MESSAGES if chat_id < 0 else 1
            self._chats[chat_id] = _Chat(deque(maxlen=counted_messages))
        return self._chats[chat_id]

    def _note_flood(self, chat_id: int, wait: float) -> None:
        now = self._clock()
        self._chat(chat_id).refused_until = now + wait
        if self._flood is not None:
            other, at = self._flood
            if other != chat_id and now - at < STORM_SECONDS:
                self._paused_until = max(self._paused_until, now + wait)
        self._flood = (chat_id, now)


def _is_message(endpoint: str) -> bool:
    return endpoint.startswith(("send", "edit", "copy", "forward")) and endpoint != "sendChatAction"
