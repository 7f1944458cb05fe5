"""Which subscriptions to topics and questions an article matches."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.alerts.subscription_store import Subscriptions
from qa import Article, Library, Quote
from qa.language import language_of
from qa.topics.matching import TopicMatch
from qa.topics.questions import AnswerMatch

STEP = 0.1
"""How far above the threshold each "Less like this" lifts what a match needs."""
ALIKE = 0.7
"""A passage with this cosine to a disliked one counts as more of the same."""
SAME = 0.7
"""Sentences that share this much of their words say the same if their numbers are the same."""


@dataclass(frozen=True, slots=True)
class TopicSubscription:
    """A subscription (``id``), how strict it is, and the passages it disliked.

    It is to articles with a number above ``after_number``.
    """

    id: int
    after_number: int
    strictness: int = 0
    disliked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicSubscriptions:
    """All topics, or all questions, with their subscriptions."""

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


def answering_quotes(
    library: Library, store: Subscriptions, article: Article, subscriptions: TopicSubscriptions
) -> dict[int, Quote]:
    """The passage of ``article`` that answers, by subscription id; call it in a thread.

    It is no news if its story was quoted when the question was saved, or if it says what has been
    quoted since. Of a story that has been told since, it becomes an "also in".
    """
    if not subscriptions.topics:
        return {}
    answers = library.answers_in(article, subscriptions.topics)
    wanted = [
        (each, match.quote)
        for question, match in answers.items()
        for each in subscriptions.of_topic[question]
        if _is_wanted(each, match)
    ]
    known = store.quoted([each.id for each, _ in wanted]) if wanted else {}
    story = {each.number for each in library.story(article)} if known else set()
    return {
        each.id: quote
        for each, quote in wanted
        if _is_news(each, quote, known.get(each.id, ()), story)
    }


def _is_wanted(subscription: TopicSubscription, match: AnswerMatch) -> bool:
    """Whether it is no passage like one that was no answer: these may differ in their numbers."""
    if match.surplus < subscription.strictness * STEP:
        return False
    return all(
        shared(match.quote.article, match.quote.text, each)[0] < SAME
        for each in subscription.disliked
    )


def _is_news(
    subscription: TopicSubscription,
    quote: Quote,
    known: Sequence[tuple[int, str]],
    story: Collection[int],
) -> bool:
    if told := [number for number, _ in known if number in story]:
        return min(told) > subscription.after_number
    return not any(says_same(quote.article, quote.sentence, sentence) for _, sentence in known)


def says_same(article: Article, one: str, other: str) -> bool:
    """Whether two texts in the language of ``article`` say the same, figures included."""
    share, has_same_numbers = shared(article, one, other)
    return share >= SAME and has_same_numbers


def shared(article: Article, one: str, other: str) -> tuple[float, bool]:
    """Return the share (0..1) of their words that texts share, and whether all numbers are."""
    left, right = map(language_of(article.language).stems, (one, other))
    union, differ = left | right, left ^ right
    share = len(left & right) / len(union) if union else 1.0
    return share, not any(any(map(str.isdecimal, stem)) for stem in differ)
