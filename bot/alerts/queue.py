"""Destinations with waiting messages, in the order in which they became ready."""

import heapq
import itertools

from bot.subscriptions.model import Destination

LOOK_AGAIN_SECONDS = 60.0
"""How soon a destination that must wait is checked again: its quiet hours may have been switched
off, or another process may have sent what was waiting."""


class Queue:
    """Holds a few hundred bytes for each destination, and none of its messages."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Destination]] = []
        self._turns: dict[Destination, float] = {}
        self._count = itertools.count()

    def put(self, destination: Destination, at: float, now: float) -> None:
        """Give ``destination`` a turn at ``at`` or soon after, unless it has an earlier one."""
        at = min(at, now + LOOK_AGAIN_SECONDS)
        if at < self._turns.get(destination, at + 1):
            self._turns[destination] = at
            heapq.heappush(self._heap, (at, next(self._count), destination))

    def pop(self, now: float) -> Destination | None:
        """The destination that has waited longest for its turn; ``None`` if all must wait."""
        while self._heap and self._heap[0][0] <= now:
            at, _, destination = heapq.heappop(self._heap)
            if self._turns.get(destination) == at:  # otherwise it was given an earlier turn
                del self._turns[destination]
                return destination
        return None

    def pause(self, now: float, longest: float) -> float:
        """Seconds until the next turn, at most ``longest``."""
        return min(max(self._heap[0][0] - now, 0.0), longest) if self._heap else longest
