"""What the bot remembers of people: only in memory, until it restarts."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from cachetools import LRUCache, TTLCache
from telegram import User

DAY = 24 * 3600.0
MOST = 10_000
"""Most people, and chats, that are remembered; then the longest silent ones are forgotten."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How many questions a person may ask in ``seconds``; ``text`` is the id of the refusal.

    A reader asks a few a minute and a few dozen a day. The limits are far above that, and far below
    what one person would need to keep the bot from answering others.
    """

    text: str
    count: int
    seconds: float


LIMITS = (Limit("limit.day", 500, DAY), Limit("limit.minute", 20, 60.0))


@dataclass(frozen=True, slots=True)
class Excess:
    """A question too many: the limit, and the seconds until the next one is answered.

    ``is_first`` since the last answer: only that one gets a refusal, since a sentence for each
    would be as much work as an answer.
    """

    limit: Limit
    wait: float
    is_first: bool


@dataclass(slots=True)
class _Questions:
    """When a person asked, oldest first, and whether they have had a refusal since."""

    times: deque[float] = field(default_factory=lambda: deque(maxlen=LIMITS[0].count))
    is_told: bool = False


class People:
    """Only for the event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` returns seconds."""
        self._clock = clock
        self._ids: LRUCache[str, int] = LRUCache(MOST)
        self._told: TTLCache[int, bool] = TTLCache(MOST, DAY, clock)
        self._asked: TTLCache[int, _Questions] = TTLCache(MOST, DAY, clock)

    def see(self, user: User) -> None:
        """Remember who has this @name."""
        if user.username:
            self._ids[user.username.lower()] = user.id

    def id_of(self, name: str) -> int | None:
        """Return the id of a person by their name, without the @; ``None`` if not seen."""
        return self._ids.get(name.lower())

    def may_tell(self, chat_id: int) -> bool:
        """Whether a chat was not told today that the bot does not serve it; now it counts as told.

        Once a day, or people could make the bot write as much as they like.
        """
        is_new = chat_id not in self._told
        if is_new:
            self._told[chat_id] = True
        return is_new

    def ask(self, person: int) -> Excess | None:
        """Count a question of a person, or return why it is too many."""
        now, asked = self._clock(), self._asked.get(person) or _Questions()
        for limit in LIMITS:
            if len(asked.times) < limit.count:
                continue
            wait = asked.times[-limit.count] + limit.seconds - now
            if wait > 0:
                is_first, asked.is_told = not asked.is_told, True
                return Excess(limit, wait, is_first)
        asked.times.append(now)
        asked.is_told = False
        self._asked[person] = asked
        return None
