"""The command line: each command is composed here from the rooms that do the work.

Imports stand inside the commands, so that ``--help`` does not wait for what it does not need.
"""

import contextlib
import json
import logging
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

import click
from click.exceptions import NoArgsIsHelpError

if TYPE_CHECKING:
    from bot.playground import Server
    from bot.settings import Settings
    from index.feeds.follow import Feeds
    from index.outcome import Outcome
    from qa import Article, Library, SourceError

TRY_PORT = 8800


class _Commands(click.Group):
    """Whatever goes wrong is one line on stderr: exit code 2 for wrong use or settings, else 1."""

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:  # noqa: ANN401 - handed on as they come
        from qa.errors import PullquoteError, SettingsError

        try:
            code = super().main(*args, **kwargs | {"standalone_mode": False})
        except NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "pullquote"
            _fail(f"{error.format_message()} See `{command} --help`.", 2)
        except SettingsError as error:
            _fail(str(error), 2)
        except PullquoteError as error:
            _fail(str(error), 1)
        except click.ClickException as error:  # whose text alone does not name the file
            _fail(error.format_message(), 1)
        except BrokenPipeError:  # whoever read our output has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except OSError as error:  # a full disk, a folder that we may not write
            _fail(": ".join(filter(None, [error.strerror or str(error), error.filename])), 1)
        except (click.Abort, KeyboardInterrupt):
            _fail("stopped; what was done by then is kept.", 130)
        sys.exit(code or 0)


def _fail(sentence: str, code: int) -> NoReturn:
    click.echo(f"pullquote: {sentence}", err=True)
    sys.exit(code)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pullquote")
def main() -> None:
    """Ask articles; they answer in their own words.

    Settings are PULLQUOTE_… variables or a .env file; see .env.example.
    """


@contextlib.contextmanager
def _library(settings: "Settings") -> "Iterator[Library]":
    from qa import open_library

    library = open_library(settings)
    try:
        yield library
    finally:
        library.close()


def _settings() -> "Settings":
    from bot.settings import read_settings

    return read_settings()


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class _Add(click.Command):
    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from index.documents.registry import suffixes  # takes too long for other commands

        self.help = f"Add articles: files ({' '.join(suffixes())}), folders, URLs."
        super().format_help_text(ctx, formatter)


@main.command(cls=_Add, short_help="Add articles: files, folders, URLs.")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE…")
def add(sources: tuple[str, ...]) -> None:
    """See ``_Add``."""
    settings = _settings()
    with _library(settings) as library:
        failed = _add(library, _read(sources, settings.allow_private_hosts))
    sys.exit(1 if failed else 0)


def _read(sources: Iterable[str], allow_private: bool) -> "Iterator[Article | SourceError]":
    from index.sources.registry import read

    for source in sources:
        yield from read(source, allow_private=allow_private)


def _add(library: "Library", items: "Iterable[Article | SourceError]") -> int:
    """Index ``items``, print what became of each, and count the failures."""
    from bot.terminal import progress
    from index.indexer import Indexer
    from index.outcome import Outcome
    from qa import SourceError

    failures: list[SourceError] = []
    counts = dict.fromkeys(Outcome, 0)

    def articles() -> "Iterator[Article]":
        for item in items:
            if isinstance(item, SourceError):
                failures.append(item)
                click.echo(f"failed     {item}", err=True)
            else:
                yield item

    with progress("Indexing", "articles") as advance:
        for done, (article, outcome) in enumerate(Indexer(library).add_all(articles()), 1):
            counts[outcome] += 1
            click.echo(f"{outcome.value:<10} {article.id}  {article.title}")
            advance(done, None)
    click.echo(_summary(counts, len(failures)))
    return len(failures)


def _summary(counts: "dict[Outcome, int]", failed: int) -> str:
    parts = [f"{count} {outcome.value}" for outcome, count in counts.items()]
    return ", ".join([*parts, f"{failed} failed"]) + "."


@main.command()
@click.argument("articles", nargs=-1, metavar="ID|URL…")
@click.option(
    "--older-than", type=click.IntRange(1), metavar="DAYS", help="Take out what came in earlier."
)
def remove(articles: tuple[str, ...], older_than: int | None) -> None:
    """Take articles out of the index."""
    if bool(articles) == (older_than is not None):
        raise click.UsageError("Name articles to remove, or say --older-than how many days.")
    if older_than is None:
        _remove(articles)
    else:
        _remove_older_than(older_than)


def _remove_older_than(days: int) -> None:
    from bot.jobs.retention import days_ago
    from bot.terminal import progress
    from index.indexer import Indexer

    moment, removed = days_ago(days, time.time()), 0
    with _library(_settings()) as library, progress("Removing", "articles") as advance:
        while bite := Indexer(library).remove_before(moment):
            removed += bite
            advance(removed, None)
    older = "older than one day" if days == 1 else f"older than {days} days"
    click.echo(f"{removed} {'article' if removed == 1 else 'articles'} {older} removed.")


def _remove(articles: tuple[str, ...]) -> None:
    from index.indexer import Indexer

    missing = 0
    with _library(_settings()) as library:
        for name in articles:
            removed = Indexer(library).remove(name)
            if removed is None:
                missing += 1
                click.echo(f"failed     {name}: there is no article of this id or URL.", err=True)
            else:
                click.echo(f"removed    {removed.id}  {removed.title}")
    sys.exit(1 if missing else 0)


@main.command()
@click.argument("words", nargs=-1, required=True, metavar="QUESTION")
@click.option("-n", "top_k", default=3, show_default=True, type=click.IntRange(1, 50))
@as_json
def ask(words: tuple[str, ...], top_k: int, as_json: bool) -> None:
    """Answer QUESTION, in one word or several, with at most N quotes."""
    from bot.terminal import answer_json, print_answer

    question = " ".join(words)
    if not question.strip():
        raise click.UsageError("The question is empty.")
    with _library(_settings()) as library:
        answer = library.ask(question, top_k)
    if as_json:
        click.echo(json.dumps(answer_json(answer), ensure_ascii=False))
    else:
        print_answer(answer)


@main.command()
def rebuild() -> None:
    """Split and embed all articles again, then swap."""
    from bot.terminal import progress
    from index.indexer import Indexer

    with _library(_settings()) as library, progress("Rebuilding", "articles") as advance:
        done = Indexer(library).rebuild(advance)
    click.echo(
        f"Rebuilt {done.articles} articles, {done.passages} passages "
        f"in {done.seconds:.1f} s; generation {done.generation} is current."
    )


@main.command()
def run() -> None:
    """Run the bot: polling, or a webhook when PULLQUOTE_WEBHOOK_URL is set."""
    _run(_settings())


def _run(settings: "Settings") -> None:
    from bot.service import run

    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # Where these fail, the person gets our own sentence.
    logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    with _library(settings) as library:
        run(settings, library)


@main.command(name="try")
@click.option("--port", default=TRY_PORT, show_default=True, type=click.IntRange(0, 65535))
def try_(port: int) -> None:
    """Run the same bot in a chat page on this machine; no token needed.

    It keeps its own articles, in the folder "try" of the data folder: with
    PULLQUOTE_DATA_DIR=data/try the other commands work on those.
    """
    from bot.playground import Server, World
    from index.samples import EXAMPLES

    settings = _settings()
    world = World(token="1:playground")  # noqa: S106 - opens nothing but the page on this machine
    # What waits from before has somebody to go to, and no edit of before meets a new message.
    world.private_chat(world.user("You")).last_id = int(time.time())
    try:
        server = Server(world, port, examples=EXAMPLES)
        with server:
            _run_in_page(settings, server)
    except OSError as error:
        if server.port != port or port == 0:
            raise
        raise click.UsageError(f"Port {port} is taken ({error.strerror}); try --port.") from None


def _run_in_page(settings: "Settings", server: "Server") -> None:
    from bot.settings import Settings

    own = Settings.model_validate(
        settings.model_dump()
        | {
            "token": server.world.token,
            "api_url": server.url,
            "admins": {1},  # the page's one person
            "data_dir": settings.data_dir / "try",
            "webhook_url": None,
        }
    )
    with _library(own) as library:
        if library.last_number() == 0:
            _add_samples(library)
    click.echo(
        f"Chat with the bot at {server.url} (Ctrl-C ends it). For Telegram itself: send /newbot "
        "to @BotFather, put the token it gives you into .env as PULLQUOTE_TOKEN=…, "
        "and start again."
    )
    _run(own)


def _add_samples(library: "Library") -> None:
    from index.samples import folder

    click.echo("The first time: adding the sample articles.")
    _add(library, _read([str(folder())], allow_private=False))


@main.group()
def feeds() -> None:
    """Follow feeds: their new entries become articles."""


@feeds.command(name="add")
@click.argument("url")
def feeds_add(url: str) -> None:
    """Follow the feed at URL, or the one that the page there names."""
    with _followed() as followed:
        feed = followed.add(url)
    click.echo(f"following  {feed.url}  {feed.title}")


@feeds.command(name="list")
@as_json
def feeds_list(as_json: bool) -> None:
    """List the followed feeds with their health."""
    from bot.terminal import feed_json, print_feeds

    with _followed() as followed:
        feeds = followed.store.all()
    if as_json:
        click.echo(json.dumps([feed_json(feed) for feed in feeds], ensure_ascii=False))
    else:
        print_feeds(feeds)


@feeds.command(name="remove")
@click.argument("url")
def feeds_remove(url: str) -> None:
    """Stop following the feed at URL; its articles stay."""
    with _followed() as followed:
        followed.store.remove(url)
    click.echo(f"removed    {url}")


@feeds.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def feeds_import(file: Path) -> None:
    """Follow the feeds that the OPML file FILE lists."""
    from bot.terminal import progress
    from index.feeds.formats.opml import read_opml
    from qa import SourceError

    urls, failed = read_opml(file.read_bytes(), str(file)), 0
    with _followed() as followed, progress("Looking at", "feeds") as advance:
        for done, result in enumerate(followed.add_all(urls), 1):
            if isinstance(result, SourceError):
                failed += 1
                click.echo(f"failed     {result}", err=True)
            else:
                click.echo(f"following  {result.url}  {result.title}")
            advance(done, len(urls))
    click.echo(f"{len(urls) - failed} followed, {failed} failed.")
    sys.exit(1 if failed else 0)


@feeds.command(name="export")
@click.argument("file", default="-", type=click.File("wb"))
def feeds_export(file: BinaryIO) -> None:
    """Write the followed feeds as OPML to FILE, or to standard output."""
    from index.feeds.formats.opml import write_opml

    with _followed() as followed:
        file.write(write_opml(followed.store.all()))


@feeds.command(name="refresh")
def feeds_refresh() -> None:
    """Poll all feeds now, but for those that are paused or have come to an end."""
    from bot.jobs.polling import FeedPoller
    from index.feeds.follow import AT_ONCE
    from index.indexer import Indexer
    from index.outcome import Outcome

    counts, failed = dict.fromkeys(Outcome, 0), 0
    settings = _settings()
    with _library(settings) as library, ThreadPoolExecutor(AT_ONCE) as pool:
        followed = _feeds(library, settings)
        poller = FeedPoller(followed, Indexer(library), lambda: False)
        feeds = [feed for feed in followed.store.all() if feed.next_poll_at is not None]
        try:
            for feed, items in zip(
                feeds, pool.map(lambda feed: list(poller.poll(feed)), feeds), strict=True
            ):
                click.echo(f"{feed.title} ({feed.url})")
                failed += _tell_of_poll(items, counts)
        finally:
            followed.stop()
            pool.shutdown(wait=False, cancel_futures=True)
    click.echo(_summary(counts, failed))
    sys.exit(1 if failed else 0)


def _tell_of_poll(
    items: "Iterable[tuple[Article, Outcome] | SourceError]", counts: "dict[Outcome, int]"
) -> int:
    """Print what a poll brought, add to ``counts``, and count the failures."""
    from qa import SourceError

    failed = 0
    for item in items:
        if isinstance(item, SourceError):
            failed += 1
            click.echo(f"failed     {item}", err=True)
        else:
            article, outcome = item
            counts[outcome] += 1
            click.echo(f"{outcome.value:<10} {article.id}  {article.title}")
    return failed


@contextlib.contextmanager
def _followed() -> "Iterator[Feeds]":
    settings = _settings()
    with _library(settings) as library:
        yield _feeds(library, settings)


def _feeds(library: "Library", settings: "Settings") -> "Feeds":
    from index.feeds.follow import Feeds

    return Feeds(
        library.database,
        interval=timedelta(seconds=settings.feed_interval),
        allow_private=settings.allow_private_hosts,
    )


@main.command()
@as_json
def status(as_json: bool) -> None:
    """Print what there is: articles, model, feeds, subscriptions, outbox."""
    from bot.alerts.store import AlertStore
    from bot.terminal import feed_json, print_status

    settings = _settings()
    with _library(settings) as library:
        followed = _feeds(library, settings).store.all()
        subscriptions, outbox = AlertStore(library).counts()
        figures = asdict(library.status()) | {"subscriptions": subscriptions, "outbox": outbox}
    if as_json:
        figures["feeds"] = [feed_json(feed) for feed in followed]
        click.echo(json.dumps(figures, ensure_ascii=False))
    else:
        print_status(figures, followed)


@main.command(name="eval")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@as_json
@click.option(
    "--predictions",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write one JSON line a question here.",
)
def evaluate(folder: Path, as_json: bool, predictions: Path | None) -> None:
    """Print figures on the data set in FOLDER (corpus.jsonl, queries.jsonl)."""
    from bot.evaluation import evaluate as measure
    from bot.terminal import print_report

    report, predicted = measure(folder, _settings())
    if predictions is not None:
        lines = (json.dumps(asdict(each), ensure_ascii=False) + "\n" for each in predicted)
        predictions.write_text("".join(lines), encoding="utf-8")
    if as_json:
        click.echo(json.dumps(asdict(report), ensure_ascii=False))
    else:
        print_report(report)
