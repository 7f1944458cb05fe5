"""Commands that run the bot: on Telegram, or in a chat page on this machine."""

import contextlib
import ctypes
import logging
import time
from typing import TYPE_CHECKING

import click

from bot.cli.articles import add_sources
from bot.cli.common import fail, open_library, read_settings

if TYPE_CHECKING:
    from bot.playground import Server
    from bot.settings import Settings
    from qa import Library

TRY_PORT = 8800
OUTDATED = 3
"""Exit code; docs/pullquote.service names it."""
TRIM_THRESHOLD, ARENA_MAX = -1, -8
"""Parameters of glibc's ``mallopt``."""


@click.command()
def run() -> None:
    """Run the bot: by polling, or by webhook if PULLQUOTE_WEBHOOK_URL is set.

    Exit code 3 if a newer version uses the database, so that service managers do not restart it.
    """
    from qa.errors import NewerDatabaseError

    try:
        _run(read_settings())
    except NewerDatabaseError as error:
        fail(str(error), OUTDATED)


def _run(settings: "Settings") -> None:
    from bot.service import run

    _log(settings)
    _return_memory()
    # Their failures are logged by our own code, in one sentence.
    logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    with open_library(settings) as library:
        run(settings, library)


def _return_memory() -> None:
    """Make glibc return freed memory to the system.

    By default it keeps up to 64 MB in each of eight arenas per core, and our threads use them all.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):  # another C library
        libc = ctypes.CDLL(None)
        libc.mallopt(ARENA_MAX, 2)
        libc.mallopt(TRIM_THRESHOLD, 128 * 1024)  # the default, which it would raise by itself


def _log(settings: "Settings") -> None:
    handler = logging.StreamHandler()
    if settings.log_format == "json":
        from pythonjsonlogger.json import JsonFormatter

        handler.setFormatter(
            JsonFormatter(
                "%(asctime)s %(levelname)s %(name)s %(message)s",
                rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
                json_ensure_ascii=False,
            )
        )
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=settings.log_level, handlers=[handler])


@click.command(name="try")
@click.option(
    "--port",
    default=TRY_PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Where the page is; 0 for any free port.",
)
def try_(port: int) -> None:
    """Run the same bot in a chat page on this machine; needs no token.

    It keeps articles of its own in the folder "try" of the data folder. Other commands work on
    those with PULLQUOTE_DATA_DIR=data/try.
    """
    from bot.playground import Server, World
    from bot.texts.languages import Languages
    from index.samples import EXAMPLES

    settings = read_settings()
    world = World(token="1:playground")  # noqa: S106 - opens only the page on this machine
    # Messages from the last run can be delivered, and their edits change no message of this one.
    world.private_chat(world.user("You")).last_id = int(time.time())
    world.rich_messages = True
    try:
        languages = Languages(settings.language)
        server = Server(world, port, examples=EXAMPLES, languages=languages)
        with server:
            _run_in_page(settings, server)
    except OSError as error:
        if server.port != port or port == 0:
            raise
        reason = f"Port {port} is not available ({error.strerror}); try --port."
        raise click.UsageError(reason) from None


def _run_in_page(settings: "Settings", server: "Server") -> None:
    from bot.settings import Settings

    own = Settings.model_validate(
        settings.model_dump()
        | {
            "token": server.world.token,
            "api_url": server.url,
            "admins": {1},  # the person who uses the page
            "data_dir": settings.data_dir / "try",
            "inline": "everyone",
            "webhook_url": None,
        }
    )
    with open_library(own) as library:
        if library.last_number() == 0:
            _add_samples(library)
    click.echo(
        f"Chat with the bot at {server.url} (Ctrl-C stops it). To use it on Telegram, send /newbot "
        "to @BotFather, put the token you get into .env as PULLQUOTE_TOKEN=…, and start again."
    )
    _run(own)


def _add_samples(library: "Library") -> None:
    from index.samples import folder

    click.echo("First start: adding the sample articles.")
    add_sources(library, [str(folder())], allow_private=False)
