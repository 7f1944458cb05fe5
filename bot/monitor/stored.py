"""Figures that are read from the database whenever Prometheus asks."""

import time
from collections import Counter
from collections.abc import Callable, Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bot.context import Services


class StoredFigures(Collector):
    """Articles, subscriptions, waiting messages, feeds by their health. Blocks on the disk."""

    def __init__(self, services: Services, clock: Callable[[], float] = time.time) -> None:
        """``clock`` returns seconds since the epoch."""
        self._services = services
        self._clock = clock

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Say nothing: a registry would read the database to learn the names."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield all figures as they are now."""
        library, alerts = self._services.library, self._services.alert_store
        with library.database.read():
            articles, passages = library.store.counts()
            yield _gauge("articles", "Stored articles.", articles)
            yield _gauge("passages", "Passages that are searched.", passages)
            generation = library.store.state().generation
            yield _gauge("index_generation", "Rises with each rebuild.", generation)
            yield from self._feeds()
            subscriptions, waiting = alerts.counts()
            yield _gauge("subscriptions", "Active subscriptions.", subscriptions)
            yield _gauge("outbox_waiting", "Messages to subscribers that wait.", waiting)
            yield _gauge(
                "outbox_oldest_seconds",
                "Since the article of the oldest waiting alert was added.",
                self._oldest(),
            )
            paused, _ = alerts.undelivered()
            yield _gauge("paused_places", "Places that take no messages for now.", paused)
            yield self._leases()

    def _leases(self) -> GaugeMetricFamily:
        what = "What this host does for all that share its database."
        leases = GaugeMetricFamily("pullquote_leases", what, labels=["duty"])
        for duty in self._services.duties.held():
            leases.add_metric([duty], 1)
        return leases

    def _oldest(self) -> float:
        number = self._services.alert_store.outbox.oldest_article()
        added_at = self._services.library.store.dates(number)[0] if number else None
        return max(0.0, self._clock() - added_at.timestamp()) if added_at else 0.0

    def _feeds(self) -> Iterator[GaugeMetricFamily]:
        feeds = GaugeMetricFamily("pullquote_feeds", "Followed feeds.", labels=["health"])
        found = Counter(feed.health.value for feed in self._services.feeds.store.all())
        for health, count in sorted(found.items()):
            feeds.add_metric([health], count)
        yield feeds


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"pullquote_{name}", what, value)
