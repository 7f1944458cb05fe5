"""Which subscriptions to topics and questions an article matches."""

from collections.abc import Collection, Iterable, Sequence

from bot.alerts.subscription_store import Subscriptions
from bot.subscriptions.model import Subscription
from qa import Article, Library, Quote
from qa.language import language_of
from qa.language.words import differ_in_numbers, share_in_common
from qa.topics.matching import TopicMatch
from qa.topics.questions import AnswerMatch

STEP = 0.1
"""How much each "Less like this" raises what a match needs."""
ALIKE = 0.7
"""A passage with this cosine to a disliked one counts as more of the same."""
SAME = 0.7
"""Texts that share this much of their words say nearly the same."""


Matching = Sequence[tuple[Subscription, Quote]]
"""Subscriptions that match, and the passage that did."""


def matching_topics(
    library: Library, store: Subscriptions, article: Article, topics: Sequence[str], last: int
) -> Matching:
    """Match ``article`` with all subscriptions to ``topics``; call it in a thread.

    ``last`` is the number of the last article before it came.
    """
    if not topics:
        return []
    matches = library.match(topics, article)
    found = store.following(last, topics=matches)
    disliked = _disliked(store, found)
    return [
        (each, match.quote)
        for each in found
        if _suits(library, each, match := matches[each.interest.topic], disliked.get(each.id, ()))
    ]


def _disliked(store: Subscriptions, found: Iterable[Subscription]) -> dict[int, tuple[str, ...]]:
    strict = [each.id for each in found if each.strictness]
    return store.disliked_passages(strict) if strict else {}


def _suits(
    library: Library, subscription: Subscription, match: TopicMatch, disliked: Sequence[str]
) -> bool:
    if match.surplus < subscription.strictness * STEP:
        return False
    return not disliked or library.similarity(match.quote.text, disliked) < ALIKE


def answering_questions(
    library: Library, store: Subscriptions, article: Article, questions: Sequence[str], last: int
) -> Matching:
    """Match ``article`` with all subscriptions to ``questions``, as ``matching_topics`` does.

    An answer is not news if its story was quoted when the question was saved, or if it says what
    has been quoted since. If its story was reported since, it becomes an "also in" there.
    """
    if not questions:
        return []
    answers = library.answers_in(article, questions)
    found = store.following(last, questions=answers)
    disliked = _disliked(store, found)
    wanted = [
        (each, match.quote)
        for each in found
        if _is_wanted(each, match := answers[each.interest.question], disliked.get(each.id, ()))
    ]
    known = store.quoted([each.id for each, _ in wanted]) if wanted else {}
    story = {each.number for each in library.story(article)} if known else set()
    return [
        (each, quote)
        for each, quote in wanted
        if _is_news(each, quote, known.get(each.id, ()), story)
    ]


def _is_wanted(subscription: Subscription, match: AnswerMatch, disliked: Sequence[str]) -> bool:
    """Whether it clears the bar and is unlike all that was disliked; numbers make no difference."""
    if match.surplus < subscription.strictness * STEP:
        return False
    stems = language_of(match.quote.article.language).stems
    said = stems(match.quote.text)
    return all(share_in_common(said, stems(each)) < SAME for each in disliked)


def _is_news(
    subscription: Subscription,
    quote: Quote,
    known: Sequence[tuple[int, str]],
    story: Collection[int],
) -> bool:
    if told := [number for number, _ in known if number in story]:
        return min(told) > subscription.after_number
    return not any(says_same(quote.article, quote.sentence, sentence) for _, sentence in known)


def says_same(article: Article, one: str, other: str) -> bool:
    """Whether two texts in the language of ``article`` say the same, with the same numbers.

    Another name in the same place makes another answer; an extra name, such as a source, does not.
    """
    language = language_of(article.language)
    left, right = map(language.stems, (one, other))
    if differ_in_numbers(left, right):
        return False
    is_replaced = language.name_stems(one) - right and language.name_stems(other) - left
    return not is_replaced and share_in_common(left, right) >= SAME
