"""Which topic subscriptions an article matches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa import Article, Library, Quote
from qa.topics.matching import TopicMatch

STEP = 0.1
"""How far above the threshold each "Less like this" lifts what a match needs."""
ALIKE = 0.7
"""A passage with this cosine to a disliked one counts as more of the same."""


@dataclass(frozen=True, slots=True)
class TopicSubscription:
    """A subscription (``id``) to a topic, how strict it is, and the passages it disliked."""

    id: int
    strictness: int = 0
    disliked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicSubscriptions:
    """All topics with their subscriptions."""

    topics: tuple[str, ...]
    of_topic: Mapping[str, Sequence[TopicSubscription]]


def matching_quotes(
    library: Library, article: Article, subscriptions: TopicSubscriptions
) -> dict[int, Quote]:
    """The passage of ``article`` that matched, by subscription id; call it in a thread."""
    if not subscriptions.topics:
        return {}
    return {
        each.id: match.quote
        for topic, match in library.match(subscriptions.topics, article).items()
        for each in subscriptions.of_topic[topic]
        if _suits(library, each, match)
    }


def _suits(library: Library, subscription: TopicSubscription, match: TopicMatch) -> bool:
    if match.surplus < subscription.strictness * STEP:
        return False
    disliked = subscription.disliked
    return not disliked or library.similarity(match.quote.text, disliked) < ALIKE
