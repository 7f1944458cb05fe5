"""Whose turn it is: places with something waiting, in the order in which they became ready."""

import heapq
import itertools

from bot.alerts.model import Place

LOOK_AGAIN_SECONDS = 60.0
"""A place that may not be written to is looked at again after so long at the latest: its quiet
hours may have been ended, or another process may have sent what waited."""


class Queue:
    """Holds a few hundred bytes a place that waits, and nothing of what waits."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Place]] = []
        self._turns: dict[Place, float] = {}
        self._count = itertools.count()

    def put(self, place: Place, at: float, now: float) -> None:
        """Let ``place`` have its turn at ``at`` or soon after; an earlier turn of its stays."""
        at = min(at, now + LOOK_AGAIN_SECONDS)
        if at < self._turns.get(place, at + 1):
            self._turns[place] = at
            heapq.heappush(self._heap, (at, next(self._count), place))

    def pop(self, now: float) -> Place | None:
        """The place that has waited longest for its turn; ``None`` when it is nobody's yet."""
        while self._heap and self._heap[0][0] <= now:
            at, _, place = heapq.heappop(self._heap)
            if self._turns.get(place) == at:  # else it was put earlier since
                del self._turns[place]
                return place
        return None

    def pause(self, now: float, longest: float) -> float:
        """Seconds until somebody's turn, at most ``longest``."""
        return min(max(self._heap[0][0] - now, 0.0), longest) if self._heap else longest
