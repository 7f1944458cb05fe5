"""The pause of a background step that waits for new rows."""

from typing import Self


class Idle(float):
    """Seconds until the next look, cut short when a row comes into one of the ``tables``."""

    tables: frozenset[str]

    def __new__(cls, seconds: float, *tables: str) -> Self:
        """Wait at most ``seconds`` for ``tables``."""
        made = super().__new__(cls, seconds)
        made.tables = frozenset(tables)
        return made
