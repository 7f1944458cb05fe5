"""Turns an edit of an article into edits of the alerts about it."""

import asyncio
import time
from collections.abc import Callable

from bot.alerts.store import AlertStore
from bot.idle import Idle
from qa import Library
from qa.language import language_of
from qa.language.corrections import Correction, corrections
from qa.store.versions import Version

LOOK_SECONDS = 2.0
"""How soon an edit is noticed."""


class Corrector:
    """Checks edits of articles one by one, in the order in which they were made."""

    def __init__(
        self, library: Library, store: AlertStore, clock: Callable[[], float] = time.time
    ) -> None:
        """``clock`` returns seconds since the epoch."""
        self._library = library
        self._store = store.corrections
        self._clock = clock

    async def look_next(self) -> float:
        """Check one edit; returns the seconds until the next look."""
        return await asyncio.to_thread(self._look_next)

    def _look_next(self) -> float:
        edit, now = self._store.next_edit(), self._clock()
        if edit is None:
            return Idle(LOOK_SECONDS, "earlier_versions")
        replaced, current = edit
        found = self._found(replaced, current) if self._store.is_seen(replaced, now) else []
        self._store.record(replaced, found, now)
        return 0.0

    def _found(self, replaced: Version, current: Version) -> list[Correction]:
        article = self._library.articles([replaced.number]).get(replaced.number)
        # The text first: it has more words around a figure than the title.
        before, after = (f"{each.text}\n{each.title}" for each in (replaced, current))
        return corrections(before, after, language_of(article.language)) if article else []
