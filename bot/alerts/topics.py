"""Which subscriptions to topics and questions an article matches."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.alerts.subscription_store import Subscriptions
from qa import Article, Library, Quote
from qa.language import language_of
from qa.language.words import differ_in_numbers, share_in_common
from qa.topics.matching import TopicMatch
from qa.topics.questions import AnswerMatch

STEP = 0.1
"""How far above the threshold each "Less like this" lifts what a match needs."""
ALIKE = 0.7
"""A passage with this cosine to a disliked one counts as more of the same."""
SAME = 0.7
"""Texts that share this much of their words say nearly the same."""


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
    stems = language_of(match.quote.article.language).stems
    said = stems(match.quote.text)
    return all(share_in_common(said, stems(each)) < SAME for each in subscription.disliked)


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
    """Whether two texts in the language of ``article`` say the same, with the same numbers.

    A name in the place of another makes another answer; a name more, such as a source, does not.
    """
    language = language_of(article.language)
    left, right = map(language.stems, (one, other))
    if differ_in_numbers(left, right):
        return False
    is_replaced = language.name_stems(one) - right and language.name_stems(other) - left
    return not is_replaced and share_in_common(left, right) >= SAME
