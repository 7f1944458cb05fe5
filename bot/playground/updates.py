"""The queue of updates between the world and the bot."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

MAX_PENDING = 5000
# Kinds that Telegram sends only to bots that name them.
ON_REQUEST = {"chat_member", "message_reaction", "message_reaction_count"}


@dataclass(slots=True)
class Updates:
    """Updates that the bot has not confirmed, oldest first; ``last_id`` only grows."""

    pending: deque[Json] = field(default_factory=lambda: deque(maxlen=MAX_PENDING))
    allowed: list[str] = field(default_factory=list)
    last_id: int = 0

    def push(self, kind: str, payload: Json) -> None:
        """Queue an update, unless the bot did not ask for its kind."""
        if kind not in self.allowed if self.allowed else kind in ON_REQUEST:
            return
        self.last_id += 1
        self.pending.append({"update_id": self.last_id, kind: payload})

    def take(self, offset: int, limit: int) -> list[Json]:
        """Confirm updates before ``offset`` and return at most ``limit`` of the rest.

        A negative offset forgets all but the last ``-offset`` updates.
        """
        if offset < 0:
            while len(self.pending) > -offset:
                self.pending.popleft()
        while self.pending and offset > 0 and self.pending[0]["update_id"] < offset:
            self.pending.popleft()
        return list(self.pending)[: min(max(limit, 1), 100)]

    def confirm(self, update_id: int) -> None:
        """Forget the update, which a webhook has accepted."""
        self.take(update_id + 1, 1)


@dataclass(slots=True)
class Webhook:
    """Where updates are posted, as set by the bot; nowhere if ``url`` is empty.

    Setting it again makes a new object, even with the same values.
    """

    url: str = ""
    secret: str | None = None
    max_connections: int = 40
    last_error: str | None = None
    last_error_date: int | None = None
