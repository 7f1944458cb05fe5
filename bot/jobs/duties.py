"""Duties: work that only one host does at a time, by a lease on each."""

import asyncio
import logging

from bot.idle import Idle
from bot.jobs.background import Step
from qa import PullquoteError
from qa.store.leases import Leases

logger = logging.getLogger(__name__)

UPDATES = "updates"
"""The duty to poll Telegram, or to set the webhook."""
WAIT_SECONDS = 2.0
"""Seconds until a host takes over a free duty."""


class Duties:
    """The duties of one host; the only host of a library in a file always has all of them."""

    def __init__(self, leases: Leases | None) -> None:
        """``leases`` is ``None`` for a library that no other host uses."""
        self.leases = leases
        self._had: set[str] = set()

    @property
    def are_shared(self) -> bool:
        """Whether there may be other hosts."""
        return self.leases is not None

    def held(self) -> list[str]:
        """Return the duties of this host, if there may be other hosts. Blocks."""
        return [] if self.leases is None else self.leases.held()

    def holders(self) -> dict[str, list[str]]:
        """Return which host has which duties, if there are several hosts. Blocks."""
        holders = {} if self.leases is None else self.leases.holders()
        return holders if len(holders) > 1 else {}

    async def has(self, duty: str) -> bool:
        """Whether this host has a duty; it takes one that is free."""
        if self.leases is None:
            return True
        has = await asyncio.to_thread(self.leases.hold, duty)
        if has and duty not in self._had:
            logger.info("This host has the duty %r now", duty)
            self._had.add(duty)
        elif not has and duty in self._had:
            logger.info("Another host has the duty %r now", duty)
            self._had.discard(duty)
        return has

    def alone(self, duty: str, step: Step) -> Step:
        """Return a step that is taken only while this host has ``duty``."""

        async def take() -> float:
            return await step() if await self.has(duty) else Idle(WAIT_SECONDS, "leases")

        return take if self.are_shared else step

    async def renew(self) -> float:
        """Renew the leases while long steps run; returns the seconds until the next renewal."""
        assert self.leases is not None
        await asyncio.to_thread(self.leases.renew)
        return self.leases.seconds / 3

    async def release(self, *duties: str) -> None:
        """Give up ``duties``, or all of them at the end, so that other hosts need not wait."""
        if self.leases is None:
            return
        try:
            for duty in duties:
                await asyncio.to_thread(self.leases.release, duty)
            if not duties:
                await asyncio.to_thread(self.leases.release_all)
        except PullquoteError as error:
            logger.warning("Other hosts take over a little later: %s", error)
