"""How fast we may write: what goes out is counted, alerts wait, replies to people do not."""

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bot.sending import seconds

Result = bool | dict[str, Any] | list[dict[str, Any]]

YIELD_SECONDS = 1.0
"""An alert lets replies that are under way go first for so long, and then has its turn."""
STORM_SECONDS = 10.0
"""Two chats that are told to wait within so long, and nothing sent between: all must wait."""
KEPT_CHATS = 1_000


@dataclass(frozen=True, slots=True)
class Rates:
    """What Telegram allows is 30 messages a second, 1 a second in a chat, 20 a minute in a group.

    ``a_second`` messages in the long run and ``burst`` at once are together at most 30 in any
    second; ``chat`` and ``group`` are seconds between two messages.
    """

    a_second: float = 25.0
    burst: float = 5.0
    chat: float = 1.0
    group: float = 3.0
    most_in_debt: float = 20.0
    """Messages to one chat that are counted although nobody waited for their turn."""


class Pace(BaseRateLimiter[None]):
    """Sees every request of the bot, holds none back, and tells the sender when to go on.

    A token bucket: ``Rates.a_second`` tokens come in, each message takes one, and replies may take
    what is not there; alerts then wait for longer.
    """

    def __init__(
        self,
        rates: Rates = Rates(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rates = rates
        self._clock = clock
        self._tokens = rates.burst
        self._counted_at = clock()
        self._free_at: dict[int, float] = {}
        self._paused_until = 0.0
        self._flood: tuple[int, float] | None = None
        self._under_way = 0
        self._asked_at: float | None = None

    async def initialize(self) -> None:
        """Nothing is to be made ready."""

    async def shutdown(self) -> None:
        """Nothing is to be ended."""

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
        self._take()
        self._under_way += 1
        try:
            result = await callback(*args, **kwargs)
        except RetryAfter as error:
            self._note_flood(chat, seconds(error))
            raise
        else:
            self._flood = None
            return result
        finally:
            self._under_way -= 1
            self._note_sent(chat)

    def pause(self) -> float:
        """Seconds until the next alert may be sent to anybody; 0 when it may be sent now."""
        now = self._clock()
        self._refill(now)
        lacking = max(1.0 - self._tokens, 0.0) / self._rates.a_second
        pause = max(lacking, self._paused_until - now, 0.0)
        if self._asked_at is None:
            self._asked_at = now
        if not pause and self._under_way and now - self._asked_at < YIELD_SECONDS:
            pause = 1 / self._rates.a_second
        return pause

    def chat_pause(self, chat_id: int) -> float:
        """Seconds until the next alert may be sent to this chat."""
        return max(self._free_at.get(chat_id, 0.0) - self._clock(), 0.0)

    def begin_alert(self) -> None:
        """An alert has its turn; the next one lets replies go first again."""
        self._asked_at = None

    def _refill(self, now: float) -> None:
        grown = self._tokens + (now - self._counted_at) * self._rates.a_second
        self._tokens, self._counted_at = min(grown, self._rates.burst), now

    def _take(self) -> None:
        self._refill(self._clock())
        # No deeper in debt than a second's worth: Telegram looks no further back.
        self._tokens = max(self._tokens - 1.0, -self._rates.a_second)

    def _note_sent(self, chat: int) -> None:
        now = self._clock()
        gap = self._rates.group if chat < 0 else self._rates.chat
        free_at = max(self._free_at.get(chat, 0.0), now) + gap
        self._free_at[chat] = min(free_at, now + self._rates.most_in_debt * gap)
        if len(self._free_at) > KEPT_CHATS:
            self._free_at = {chat: at for chat, at in self._free_at.items() if at > now}

    def _note_flood(self, chat: int, wait: float) -> None:
        now = self._clock()
        self._free_at[chat] = max(self._free_at.get(chat, 0.0), now + wait)
        if self._flood is not None:
            other, at = self._flood
            if other != chat and now - at < STORM_SECONDS:
                self._paused_until = max(self._paused_until, now + wait)
        self._flood = (chat, now)


def _is_message(endpoint: str) -> bool:
    return endpoint.startswith(("send", "edit", "copy", "forward")) and endpoint != "sendChatAction"
