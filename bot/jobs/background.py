"""Work that goes on beside the handlers for as long as the bot runs."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence

from bot.idle import Idle
from qa import PullquoteError

logger = logging.getLogger(__name__)

ERROR_SECONDS = 5.0
STOP_SECONDS = 10.0

Step = Callable[[], Awaitable[float]]
"""Does a bit of work, and returns the seconds until it should be called again."""


class Background:
    """Repeats each of its steps; an error in a step does not end it."""

    def __init__(self) -> None:
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._news: Counter[str] = Counter()
        self._waiting: dict[asyncio.Event, frozenset[str]] = {}

    def is_stopping(self) -> bool:
        """Whether long work should be left for the next start; may be called in any thread."""
        return self._stopping.is_set()

    def start(self, steps: Sequence[Step]) -> None:
        """Start in the running event loop."""
        self._task = asyncio.create_task(self._run(steps), name="background")

    async def stop(self) -> None:
        """Stop once the running steps have ended; may be called twice."""
        self._stopping.set()
        for woken in self._waiting:
            woken.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=STOP_SECONDS)
            self._task.cancel()

    async def _run(self, steps: Sequence[Step]) -> None:
        await asyncio.gather(*map(self._repeat, steps))

    def wake(self, tables: Collection[str]) -> None:
        """Let the steps that wait for one of these tables run now: it has new rows."""
        self._news.update(tables)
        for woken, wanted in list(self._waiting.items()):
            if not wanted.isdisjoint(tables):
                woken.set()

    async def _repeat(self, step: Step) -> None:
        while not self._stopping.is_set():
            before = self._news.copy()
            try:
                pause = await step()
            except PullquoteError as error:  # a busy database, an index of another model
                logger.warning("Work in the background waits: %s", error)
                pause = ERROR_SECONDS
            except Exception:
                logger.exception("Work in the background met an unexpected error and goes on")
                pause = ERROR_SECONDS
            wanted = pause.tables if isinstance(pause, Idle) else frozenset()
            if all(self._news[table] == before[table] for table in wanted):
                await self._sleep(pause, wanted)

    async def _sleep(self, seconds: float, wanted: frozenset[str]) -> None:
        woken = asyncio.Event()
        self._waiting[woken] = wanted
        if self._stopping.is_set():
            woken.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(woken.wait(), seconds)
        del self._waiting[woken]
