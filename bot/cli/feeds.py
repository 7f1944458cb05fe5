"""The commands of ``pullquote feeds``."""

import json
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from bot.cli.common import (
    as_json,
    feeds_of,
    open_feeds,
    open_library,
    read_settings,
    report,
    summary,
)

if TYPE_CHECKING:
    from index.outcome import Outcome
    from qa import Article, SourceError


@click.group()
def feeds() -> None:
    """Follow feeds: their new entries become articles."""


@feeds.command()
@click.argument("url")
def add(url: str) -> None:
    """Follow the feed at URL, or the feed of the page there; URL may be a Telegram @channel."""
    with open_feeds() as followed:
        feed = followed.add(url)
    report("following", f"{feed.url}  {feed.title}")


@feeds.command(name="list")
@as_json
def list_(as_json: bool) -> None:
    """List the feeds with their health."""
    from bot.cli.output import feed_json, print_feeds

    with open_feeds() as followed:
        listed = followed.store.all()
    if as_json:
        click.echo(json.dumps([feed_json(feed) for feed in listed], ensure_ascii=False))
    else:
        print_feeds(listed)


@feeds.command()
@click.argument("url")
def remove(url: str) -> None:
    """Stop following the feed at URL; its articles stay."""
    with open_feeds() as followed:
        followed.remove(url)
    report("removed", url)


@feeds.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(file: Path) -> None:
    """Follow the feeds in the OPML file FILE."""
    from bot.cli.output import progress
    from index.feeds.formats.opml import read_opml
    from qa import SourceError

    urls, failed = read_opml(file.read_bytes(), str(file)), 0
    with open_feeds() as followed, progress("Checking", "feeds") as advance:
        for done, result in enumerate(followed.add_all(urls), 1):
            if isinstance(result, SourceError):
                failed += 1
                report("failed", result)
            else:
                report("following", f"{result.url}  {result.title}")
            advance(done, len(urls))
    click.echo(f"{len(urls) - failed} followed, {failed} failed.")
    sys.exit(1 if failed else 0)


@feeds.command()
@click.argument("file", default="-", type=click.File("wb"))
def export(file: BinaryIO) -> None:
    """Write the feeds as OPML to FILE, or to standard output."""
    from index.feeds.formats.opml import write_opml

    with open_feeds() as followed:
        file.write(write_opml(followed.store.all()))


@feeds.command()
def refresh() -> None:
    """Poll all feeds now, except those that are paused or have ended."""
    from bot.jobs.polling import FeedPoller
    from index.indexer import Indexer
    from index.outcome import Outcome

    settings = read_settings()
    counts, failed = dict.fromkeys(Outcome, 0), 0
    with open_library(settings) as library, ThreadPoolExecutor(settings.feeds_at_once) as pool:
        followed = feeds_of(library, settings)
        poller = FeedPoller(followed, Indexer(library), lambda: False)
        active = [feed for feed in followed.store.all() if feed.next_poll_at is not None]
        try:
            polled = pool.map(lambda feed: list(poller.poll(feed)), active)
            for feed, items in zip(active, polled, strict=True):
                click.echo(f"{feed.title} ({feed.url})")
                failed += _report(items, counts)
        finally:
            followed.stop()
            pool.shutdown(wait=False, cancel_futures=True)
    click.echo(summary(counts, failed))
    sys.exit(1 if failed else 0)


def _report(
    items: "Iterable[tuple[Article, Outcome] | SourceError]", counts: "dict[Outcome, int]"
) -> int:
    """Print what a poll brought, add it to ``counts``, and count the failures."""
    from qa import SourceError

    failed = 0
    for item in items:
        if isinstance(item, SourceError):
            failed += 1
            report("failed", item)
        else:
            article, outcome = item
            counts[outcome] += 1
            report(outcome.value, f"{article.id}  {article.title}")
    return failed
