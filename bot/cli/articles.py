"""Commands that change the articles: add, remove, rebuild."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from bot.cli.common import counted, open_library, read_settings, report, summary

if TYPE_CHECKING:
    from qa import Article, Library, SourceError


class _Add(click.Command):
    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Name the file formats, which take too long to load for other commands."""
        from index.documents.registry import suffixes

        self.help = f"Add articles: files ({' '.join(suffixes())}), folders, URLs."
        super().format_help_text(ctx, formatter)


@click.command(cls=_Add, short_help="Add articles: files, folders, URLs.")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE…")
def add(sources: tuple[str, ...]) -> None:
    """See ``_Add``."""
    settings = read_settings()
    with open_library(settings) as library:
        failed = add_sources(library, sources, settings.allow_private_hosts)
    sys.exit(1 if failed else 0)


def add_sources(library: "Library", sources: Iterable[str], allow_private: bool) -> int:
    """Add ``sources``, print what became of each, and count the failures."""
    from bot.cli.output import progress
    from index.indexer import Indexer
    from index.outcome import Outcome
    from qa import SourceError

    failures: list[SourceError] = []
    counts = dict.fromkeys(Outcome, 0)

    def articles() -> "Iterator[Article]":
        for item in _read(sources, allow_private):
            if isinstance(item, SourceError):
                failures.append(item)
                report("failed", item)
            else:
                yield item

    with progress("Indexing", "articles") as advance:
        for done, (article, outcome) in enumerate(Indexer(library).add_all(articles()), 1):
            counts[outcome] += 1
            report(outcome.value, f"{article.id}  {article.title}")
            advance(done, None)
    click.echo(summary(counts, len(failures)))
    return len(failures)


def _read(sources: Iterable[str], allow_private: bool) -> "Iterator[Article | SourceError]":
    from index.sources.registry import read

    for source in sources:
        yield from read(source, allow_private=allow_private)


@click.command()
@click.argument("articles", nargs=-1, metavar="ID|URL…")
@click.option(
    "--older-than", type=click.IntRange(1), metavar="DAYS", help="Remove those added before that."
)
def remove(articles: tuple[str, ...], older_than: int | None) -> None:
    """Remove articles from the index."""
    if bool(articles) == (older_than is not None):
        raise click.UsageError("Give either the articles to remove or --older-than DAYS.")
    if older_than is None:
        _remove(articles)
    else:
        _remove_older_than(older_than)


def _remove(articles: tuple[str, ...]) -> None:
    from index.indexer import Indexer

    missing = 0
    with open_library(read_settings()) as library:
        for name in articles:
            removed = Indexer(library).remove(name)
            if removed is None:
                missing += 1
                report("failed", f"{name}: no article has this id or URL.")
            else:
                report("removed", f"{removed.id}  {removed.title}")
    sys.exit(1 if missing else 0)


def _remove_older_than(days: int) -> None:
    from bot.cli.output import progress
    from bot.jobs.retention import days_ago
    from index.indexer import Indexer

    moment, removed = days_ago(days, time.time()), 0
    with open_library(read_settings()) as library, progress("Removing", "articles") as advance:
        while batch := Indexer(library).remove_before(moment):
            removed += batch
            advance(removed, None)
    older = "older than one day" if days == 1 else f"older than {days} days"
    click.echo(f"{counted(removed, 'article')} {older} removed.")


@click.command()
def rebuild() -> None:
    """Split and embed all articles again, then switch to the new index."""
    from bot.cli.output import progress
    from index.indexer import Indexer

    with open_library(read_settings()) as library, progress("Rebuilding", "articles") as advance:
        done = Indexer(library).rebuild(advance)
    click.echo(
        f"Rebuilt {counted(done.articles, 'article')}, {counted(done.passages, 'passage')} "
        f"in {done.seconds:.1f} s; generation {done.generation} is current."
    )
