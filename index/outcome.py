"""What indexing did: values that reports and messages show."""

from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """What became of an article that was handed in."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did."""

    articles: int
    passages: int
    seconds: float
    generation: int
