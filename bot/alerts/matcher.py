"""From a new article to the destinations that get an alert about it."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.alerts.model import DestinationMatch
from bot.alerts.store import AlertStore
from bot.alerts.topics import (
    TopicSubscription,
    TopicSubscriptions,
    answering_quotes,
    matching_quotes,
)
from bot.subscriptions.interest import fits_source, source_key, source_keys
from bot.subscriptions.model import Destination, Subscription, foremost
from index.feeds.store import FeedStore
from qa import Article, Library, Quote
from qa.store.articles import Published

LOOK_SECONDS = 0.5
"""How soon a new article is noticed."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All subscriptions as of a revision, grouped so that an article is not checked against each.

    ``to_source`` are ids of those to a whole source by its key, ``to_everything`` ids of those to
    every article.
    """

    revision: int
    subscriptions: Mapping[int, Subscription]
    to_topics: TopicSubscriptions
    to_questions: TopicSubscriptions
    to_source: Mapping[str, Sequence[int]]
    to_everything: Sequence[int]


def snapshot(store: AlertStore) -> Snapshot:
    """Read all subscriptions; inside ``store.view()`` they are from one consistent view."""
    disliked = store.subscriptions.disliked_passages()
    subscriptions = {each.id: each for each in store.subscriptions.all()}
    of_topic: defaultdict[str, list[TopicSubscription]] = defaultdict(list)
    of_question: defaultdict[str, list[TopicSubscription]] = defaultdict(list)
    to_source: defaultdict[str, list[int]] = defaultdict(list)
    to_everything = []
    for each in subscriptions.values():
        interest = each.interest
        matched = TopicSubscription(
            each.id, each.after_number, each.strictness, disliked.get(each.id, ())
        )
        if interest.question:
            of_question[interest.question].append(matched)
        elif interest.topic:
            of_topic[interest.topic].append(matched)
        elif interest.source:
            to_source[source_key(interest.source)].append(each.id)
        else:
            to_everything.append(each.id)
    to_topics = TopicSubscriptions(tuple(of_topic), of_topic)
    to_questions = TopicSubscriptions(tuple(of_question), of_question)
    revision = store.subscriptions.revision()
    return Snapshot(revision, subscriptions, to_topics, to_questions, to_source, to_everything)


class AlertMatcher:
    """Matches new articles with subscriptions, one by one in the order they were added."""

    def __init__(
        self, library: Library, store: AlertStore, clock: Callable[[], float] = time.time
    ) -> None:
        """``clock`` returns seconds since the epoch."""
        self._library = library
        self._store = store
        self._feeds = FeedStore(library.database)
        self._clock = clock
        self._snapshot: Snapshot | None = None

    async def match_next(self) -> float:
        """Match one article; returns the seconds until the next look."""
        return await asyncio.to_thread(self._match_next)

    def _match_next(self) -> float:
        with self._store.view():
            article = self._store.cursor.next_article()
            published = self._store.cursor.next_published() if article is None else None
            if article is None and published is None:
                return LOOK_SECONDS
            current = self._current_snapshot()
        if published is not None:
            self._match(published.article, current, published)
        elif article is not None:
            self._match(article, current)
        return 0.0

    def _match(self, article: Article, current: Snapshot, again: Published | None = None) -> None:
        matches, story = [], [article]
        if again or not article.is_backlog:
            matches = self._matches(article, current, again.last if again else article.number - 1)
            story = self._library.story(article) if matches else story
        self._store.cursor.record(article, matches, story, self._clock(), again)

    def _current_snapshot(self) -> Snapshot:
        revision = self._store.subscriptions.revision()
        if self._snapshot is None or self._snapshot.revision != revision:
            self._snapshot = snapshot(self._store)
        return self._snapshot

    def _matches(self, article: Article, current: Snapshot, last: int) -> list[DestinationMatch]:
        """The matches of the destinations that may see ``article``.

        ``last`` is the number of the last article before it came.
        """
        keys = source_keys(article, self._feeds.names_for(article.id))
        quotes = matching_quotes(self._library, article, current.to_topics)
        quotes |= answering_quotes(
            self._library, self._store.subscriptions, article, current.to_questions
        )
        topicless = [*current.to_everything]
        for key in keys:
            topicless += current.to_source.get(key, ())
        opening = self._library.opening(article) if topicless else None
        if opening is not None:
            quotes |= dict.fromkeys(topicless, opening)
        matching = [
            subscription
            for id_ in sorted(quotes)
            if (subscription := current.subscriptions[id_]).after_number <= last
            and fits_source(subscription.interest, keys)
            and self._library.shows(article, subscription.destination.chat_id)
        ]
        return by_destination(matching, quotes)


def by_destination(
    subscriptions: Sequence[Subscription], quotes: Mapping[int, Quote]
) -> list[DestinationMatch]:
    """One match for each destination, from its subscriptions, oldest first, and their quotes.

    It has the quote that answers the oldest question, or else matched the oldest topic; the opening
    only if neither did.
    """
    grouped: defaultdict[Destination, list[Subscription]] = defaultdict(list)
    for each in subscriptions:
        grouped[each.destination].append(each)
    return [
        DestinationMatch(
            destination,
            quotes[foremost(matching).id],
            tuple(each.id for each in matching),
        )
        for destination, matching in grouped.items()
    ]
