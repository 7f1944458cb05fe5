"""Which message shows which answer: only in memory, since no question is stored without a vote."""

from cachetools import LRUCache

from bot.feedback.model import ShownAnswer
from bot.feedback.store import FeedbackStore

MOST = 2_000
"""Answers that are remembered, a few kilobytes each."""


class Votes:
    """The answers that may be voted on, and the votes. Only ``store`` is for threads."""

    def __init__(self, store: FeedbackStore) -> None:
        self.store = store
        self._shown: LRUCache[tuple[int, int], ShownAnswer] = LRUCache(MOST)

    def remember(self, chat_id: int, message_id: int, answer: ShownAnswer) -> None:
        """Note that a message of ours shows ``answer``."""
        self._shown[chat_id, message_id] = answer

    def shown(self, chat_id: int, message_id: int) -> ShownAnswer | None:
        """Return what a message shows; ``None`` if that was long ago, or before a restart."""
        return self._shown.get((chat_id, message_id))
