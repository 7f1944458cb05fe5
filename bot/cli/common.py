"""What several commands share: settings, the library, feeds, and how results are reported."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from bot.settings import Settings
    from index.feeds.follow import Feeds
    from index.outcome import Outcome
    from qa import Library

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def fail(sentence: str, code: int) -> NoReturn:
    """End with an error: one line on stderr, and an exit code."""
    click.echo(f"pullquote: {sentence}", err=True)
    sys.exit(code)


def read_settings() -> "Settings":
    """The settings from the environment and ``.env``."""
    from bot.settings import read_settings

    return read_settings()


@contextlib.contextmanager
def open_library(settings: "Settings") -> "Iterator[Library]":
    """The library, which is closed after the block."""
    from qa import open_library

    library = open_library(settings)
    try:
        yield library
    finally:
        library.close()


@contextlib.contextmanager
def open_feeds() -> "Iterator[Feeds]":
    """The feeds of the library that the environment says."""
    settings = read_settings()
    with open_library(settings) as library:
        yield feeds_of(library, settings)


def feeds_of(library: "Library", settings: "Settings") -> "Feeds":
    """The feeds of ``library``, for a command that may run beside the bot."""
    from bot.feeds import feeds_of
    from qa.store.leases import this_host

    return feeds_of(library, settings, f"{this_host(settings.data_dir)}:{os.getpid()}")


def report(word: str, what: object) -> None:
    """Print what became of one thing, such as ``added      5f1c…  Title``; failures on stderr."""
    click.echo(f"{word:<10} {what}", err=word == "failed")


def counted(number: int, name: str) -> str:
    """A number with what it counts: ``1 article``, ``2 articles``."""
    return f"{number} {name}{'' if number == 1 else 's'}"


def summary(counts: "dict[Outcome, int]", failed: int) -> str:
    """One line, such as ``2 added, 0 updated, 1 unchanged, 0 failed.``."""
    parts = [f"{count} {outcome.value}" for outcome, count in counts.items()]
    return ", ".join([*parts, f"{failed} failed"]) + "."
