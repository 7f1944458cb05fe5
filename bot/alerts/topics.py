"""Which subscriptions to topics an article matches."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from qa import Article, Library, PullquoteError, Quote

logger = logging.getLogger(__name__)


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
        """The passage of ``article`` that matched, by the ids of those that want it.

        ``wanted`` is the same object for as long as no subscription changes.
        """


class LibraryTopics:
    """Asks the library once for each distinct topic."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def match(self, article: Article, wanted: Sequence[Wanted]) -> dict[int, Quote]:
        """As ``Topics.match``."""
        ids = defaultdict(list)
        for each in wanted:
            ids[each.topic].append(each.id)
        found: dict[int, Quote] = {}
        for topic in ids:
            quote = self._quote(topic, article)
            if quote is not None:
                found |= dict.fromkeys(ids[topic], quote)
        return found

    def _quote(self, topic: str, article: Article) -> Quote | None:
        try:
            return self._library.match(topic, article)
        except PullquoteError:
            raise
        except Exception:  # one topic must not hold up the alerts of all others
            logger.exception("Topic %r could not be matched with article %s", topic, article.id)
            return None
