"""This host's part in a rebuild that another host leads."""

import asyncio
from functools import partial

from index.indexer import Indexer

LOOK_SECONDS = 5.0
"""How soon a rebuild is noticed, and how soon this host indexes what the rebuild has made."""


class RebuildHelper:
    """Embeds articles for a rebuild, and indexes the new generation before it is current."""

    def __init__(self, indexer: Indexer, *, embeds: bool) -> None:
        """A host that does not embed only indexes what others have embedded."""
        self._help = partial(indexer.help, embeds=embeds)

    async def help_next(self) -> float:
        """Do some of the work if a rebuild is under way; a background step."""
        return 0.0 if await asyncio.to_thread(self._help) else LOOK_SECONDS
