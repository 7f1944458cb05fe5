"""Finds the destinations that get an alert about a new article."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from bot.alerts.model import DestinationMatch
from bot.alerts.store import AlertStore
from bot.alerts.subscription_store import Subscriptions
from bot.alerts.topics import Matching, answering_questions, matching_topics
from bot.idle import Idle
from bot.subscriptions.interest import fits_source, source_key, source_keys
from bot.subscriptions.model import Destination, Interest, Subscription, foremost
from index.feeds.store import FeedStore
from qa import Article, Library, Quote
from qa.store.articles import Published

LOOK_SECONDS = 0.5
"""How soon a new article is noticed."""
BREATH_SECONDS = 0.1
"""A pause between the batches of an article, in which others can write."""
FEW = 1_000
"""Fewest new interests after which all are read again."""


class Followed:
    """What people have subscribed to, each once: of 100,000 topics the matcher reads only new ones.

    Some may no longer have a subscription. All are read again once their number has doubled.
    """

    topics: tuple[str, ...]
    questions: tuple[str, ...]

    def __init__(self, store: Subscriptions) -> None:
        """Start empty: ``look`` reads ``store``."""
        self._store = store
        self._begin()

    def _begin(self) -> None:
        self.topics, self.questions = (), ()
        self._topics: dict[str, None] = {}
        self._questions: dict[str, None] = {}
        self._sources: defaultdict[str, set[str]] = defaultdict(set)
        self._last = self._room = 0

    def look(self) -> None:
        """Read what is new."""
        new, last = self._store.interests_after(self._last)
        self._room -= len(new)
        if self._room < 0:
            self._begin()
            new, last = self._store.interests_after(0)
            self._room = len(new) + FEW
        self._last = last
        self._add(new)

    def _add(self, new: Sequence[Interest]) -> None:
        for each in new:
            if each.question:
                self._questions[each.question] = None
            elif each.topic:
                self._topics[each.topic] = None
            elif each.source:
                self._sources[source_key(each.source)].add(each.source)
        if new:
            self.topics, self.questions = tuple(self._topics), tuple(self._questions)

    def sources(self, keys: Iterable[str]) -> list[str]:
        """Return the sources, as people wrote them, that have one of these keys."""
        return [source for key in keys for source in self._sources.get(key, ())]


class AlertMatcher:
    """Matches new articles with subscriptions, one by one in the order in which they came in."""

    def __init__(
        self, library: Library, store: AlertStore, clock: Callable[[], float] = time.time
    ) -> None:
        """``clock`` returns seconds since the epoch."""
        self._library = library
        self._store = store
        self._feeds = FeedStore(library.database)
        self._clock = clock
        self._followed = Followed(store.subscriptions)

    async def match_next(self) -> float:
        """Match one article; returns the seconds until the next look."""
        return await asyncio.to_thread(self._match_next)

    def _match_next(self) -> float:
        if self._store.cursor.record_rest(self._clock()):
            return BREATH_SECONDS
        with self._store.view():
            article = self._store.cursor.next_article()
            published = self._store.cursor.next_published() if article is None else None
            article = published.article if published else article
            if article is None:
                return Idle(LOOK_SECONDS, "articles", "published")
            self._followed.look()
        self._match(article, published)
        return 0.0

    def _match(self, article: Article, published: Published | None) -> None:
        """Match an article that is new, or that everybody may see since it was ``published``."""
        matches, story = [], [article]
        if published or not article.is_backlog:
            last = published.last if published else article.number - 1
            matches = self._matches(article, last)
            story = self._library.story(article) if matches else story
        self._store.cursor.record(article, matches, story, self._clock(), published)

    def _matches(self, article: Article, last: int) -> list[DestinationMatch]:
        """The matches of the destinations that may see ``article``.

        ``last`` is the number of the last article before it came.
        """
        keys = source_keys(article, self._feeds.names_for(article.id))
        library, store, followed = self._library, self._store.subscriptions, self._followed
        matching = [
            *matching_topics(library, store, article, followed.topics, last),
            *answering_questions(library, store, article, followed.questions, last),
            *self._to_all_of_it(article, keys, last),
        ]
        return by_destination(
            [
                (each, quote)
                for each, quote in matching
                if fits_source(each.interest, keys)
                and library.shows(article, each.destination.chat_id)
            ]
        )

    def _to_all_of_it(self, article: Article, keys: Iterable[str], last: int) -> Matching:
        """Match the subscriptions to its source, or to every article."""
        sources = ["", *self._followed.sources(keys)]
        found = self._store.subscriptions.following(last, sources=sources)
        opening = self._library.opening(article) if found else None
        return [(each, opening) for each in found] if opening else []


def by_destination(matching: Matching) -> list[DestinationMatch]:
    """One match for each destination, with its subscriptions, oldest first.

    Its quote is the one that answers the oldest question, else the one that matched the oldest
    topic, else the opening.
    """
    grouped: defaultdict[Destination, dict[Subscription, Quote]] = defaultdict(dict)
    for each, quote in sorted(matching, key=lambda match: match[0].id):
        grouped[each.destination][each] = quote
    return [
        DestinationMatch(
            destination,
            quotes[foremost(list(quotes))],
            tuple(each.id for each in quotes),
        )
        for destination, quotes in grouped.items()
    ]
