"""The pause of a step that waits for something to come."""

from typing import Self


class Idle(float):
    """Seconds until the next look, unless something comes into one of the tables before that."""

    tables: frozenset[str]

    def __new__(cls, seconds: float, *tables: str) -> Self:
        """Wait so long at most for ``tables``."""
        made = super().__new__(cls, seconds)
        made.tables = frozenset(tables)
        return made
