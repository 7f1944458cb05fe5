"""Which subscriptions to topics an article matches."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from qa import Article, Library, Quote
from qa.topics.matching import TopicMatch

STEP = 0.1
"""What each "less like this" asks for above what a match needs."""
ALIKE = 0.7
"""A passage with this cosine to one that was liked less is more of the same."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A topic that a subscription (``id``) wants, how strictly, and what it wants less like."""

    id: int
    topic: str
    strictness: int = 0
    less_like: tuple[str, ...] = ()


class Topics(Protocol):
    """Matches articles with topics; called in a thread."""

    def match(self, article: Article, wanted: Sequence[Wanted]) -> dict[int, Quote]:
        """The passage of ``article`` that matched, by the ids of those that want it."""


class LibraryTopics:
    """Asks the library for all topics at once."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._wanted: Sequence[Wanted] = ()
        self._of_topic: dict[str, list[Wanted]] = {}
        self._topics: tuple[str, ...] = ()

    def match(self, article: Article, wanted: Sequence[Wanted]) -> dict[int, Quote]:
        """As ``Topics.match``."""
        if wanted != self._wanted:
            self._group(wanted)
        found = self._library.match(self._topics, article) if self._topics else {}
        return {
            each.id: match.quote
            for topic, match in found.items()
            for each in self._of_topic[topic]
            if self._suits(each, match)
        }

    def _group(self, wanted: Sequence[Wanted]) -> None:
        of_topic: defaultdict[str, list[Wanted]] = defaultdict(list)
        for each in wanted:
            of_topic[each.topic].append(each)
        self._wanted, self._of_topic, self._topics = wanted, of_topic, tuple(of_topic)

    def _suits(self, wanted: Wanted, match: TopicMatch) -> bool:
        if match.surplus < wanted.strictness * STEP:
            return False
        less_like = wanted.less_like
        return not less_like or self._library.likeness(match.quote.text, less_like) < ALIKE
