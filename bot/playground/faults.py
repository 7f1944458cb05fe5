"""Scripted faults: which calls fail next and how, and Telegram's rate limits."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Literal

from bot.playground.errors import ApiError, BadRequestError, FloodError

Loses = Literal["request", "answer"]

REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
}


@dataclass(slots=True)
class Fault:
    """What happens to the next ``times`` calls of ``method`` (``*`` for any).

    ``loses="request"`` drops the connection before the call is carried out, ``"answer"`` after.
    """

    method: str
    status: int | None = None
    description: str | None = None
    retry_after: int | None = None
    chat: int | None = None
    loses: Loses | None = None
    delay: float = 0.0
    times: int = 1

    def matches(self, method: str, chat: object) -> bool:
        """Whether this fault applies to a call of ``method`` about ``chat``."""
        return self.method in {"*", method} and (self.chat is None or self.chat == chat)

    def error(self) -> ApiError | None:
        """Return the error to answer with, if the fault has one."""
        if self.retry_after is not None:
            return FloodError(self.retry_after)
        if self.status is None:
            return None
        if self.status == 400 and self.description:
            return BadRequestError(self.description.removeprefix("Bad Request: "))
        return ApiError(self.status, self.description or REASONS[self.status])


@dataclass(slots=True)
class Faults:
    """The pending faults; the first one that matches a call is used."""

    waiting: list[Fault] = field(default_factory=list)

    def take(self, method: str, chat: object) -> Fault | None:
        """Return the fault for this call, counting one use of it."""
        for fault in self.waiting:
            if fault.matches(method, chat):
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                return fault
        return None


@dataclass(slots=True)
class RateLimits:
    """Telegram's limits: 30 messages per second, 1 per second and chat, 20 per minute and group."""

    a_second: int = 30
    sent: defaultdict[int | None, deque[float]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=60))
    )

    def check(self, chat: int, now: float) -> None:
        """Count a message to ``chat`` at ``now``, in seconds; ``FloodError`` if it is too fast."""
        limits = [(None, self.a_second, 1.0), (chat, 1, 1.0)] + (
            [(chat, 20, 60.0)] if chat < 0 else []
        )
        for key, count, seconds in limits:
            recent = [at for at in self.sent[key] if now - at < seconds]
            if len(recent) >= count:
                raise FloodError(max(1, round(recent[-count] + seconds - now)))
        self.sent[None].append(now)
        self.sent[chat].append(now)
