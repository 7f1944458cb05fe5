"""From a new article to what each place is told of it."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.alerts.interest import fits_source, source_key, source_keys
from bot.alerts.model import Match, Place, Subscription
from bot.alerts.store import AlertStore
from bot.alerts.topics import Topics, Wanted
from qa import Article, Library, Quote

LOOK_SECONDS = 0.5
"""How soon a new article is noticed."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All subscriptions as of a revision, such that an article need not be held against each."""

    revision: int
    subscriptions: Mapping[int, Subscription]
    wanted: Sequence[Wanted]
    of_source: Mapping[str, Sequence[int]]
    """Those to all of a source, by its key."""
    of_everything: Sequence[int]


def snapshot(store: AlertStore) -> Snapshot:
    """Read the subscriptions; one view, if called inside of ``store.view()``."""
    less_liked = store.subscriptions.passages_less_liked()
    subscriptions, wanted = {}, []
    of_source, of_everything = defaultdict(list), []
    for each in store.subscriptions.all():
        subscriptions[each.id] = each
        topic, source = each.interest.topic, each.interest.source
        if topic:
            less_like = less_liked.get(each.id, ())
            wanted.append(Wanted(each.id, topic, each.strictness, less_like))
        elif source:
            of_source[source_key(source)].append(each.id)
        else:
            of_everything.append(each.id)
    return Snapshot(store.subscriptions.revision(), subscriptions, wanted, of_source, of_everything)


class Matcher:
    """Takes one article after another, in the order in which they came in."""

    def __init__(
        self,
        library: Library,
        store: AlertStore,
        topics: Topics,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``topics`` says which subscriptions to topics an article matches."""
        self._library = library
        self._store = store
        self._topics = topics
        self._clock = clock
        self._snapshot: Snapshot | None = None

    async def match_next(self) -> float:
        """Match one article; returns the seconds until the next look."""
        return await asyncio.to_thread(self._match_next)

    def _match_next(self) -> float:
        with self._store.view():
            article = self._store.cursor.next_article()
            if article is None:
                return LOOK_SECONDS
            current = self._current_snapshot()
        matches, story = [], [article]
        if not article.is_backlog:
            matches = self._matches(article, current)
            story = self._library.story(article) if matches else story
        self._store.cursor.record(article, matches, story, self._clock())
        return 0.0

    def _current_snapshot(self) -> Snapshot:
        revision = self._store.subscriptions.revision()
        if self._snapshot is None or self._snapshot.revision != revision:
            self._snapshot = snapshot(self._store)
        return self._snapshot

    def _matches(self, article: Article, current: Snapshot) -> list[Match]:
        keys = source_keys(article)
        quotes = self._topics.match(article, current.wanted)
        unasked = [*current.of_everything]
        for key in keys:
            unasked += current.of_source.get(key, ())
        opening = self._library.opening(article) if unasked else None
        if opening is not None:
            quotes = quotes | dict.fromkeys(unasked, opening)
        matching = [
            subscription
            for id_ in sorted(quotes)
            if (subscription := current.subscriptions[id_]).after_number < article.number
            and fits_source(subscription.interest, keys)
        ]
        return matches(matching, quotes)


def matches(subscriptions: Sequence[Subscription], quotes: Mapping[int, Quote]) -> list[Match]:
    """One match a place, from its subscriptions, oldest first, and what matched each.

    It quotes what matched the oldest topic; the opening only where no topic matched.
    """
    places: defaultdict[Place, list[Subscription]] = defaultdict(list)
    for each in subscriptions:
        places[each.place].append(each)
    return [
        Match(
            place,
            quotes[next((each for each in asking if each.interest.topic), asking[0]).id],
            tuple(each.id for each in asking),
        )
        for place, asking in places.items()
    ]
