"""``pullquote backup``, ``restore`` and ``move``: everything that is stored, somewhere else."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import counted, read_settings

if TYPE_CHECKING:
    from bot.settings import Settings
    from qa import Library
    from qa.store.database import Database

_file = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command()
@_file
def backup(file: Path) -> None:
    """Copy everything that is stored to FILE; the bot may run meanwhile."""
    from bot.cli.output import progress
    from qa.store.backup import back_up

    settings = read_settings()
    if settings.database_url is not None:
        _fill(file, settings)
        click.echo(f"Backed up PostgreSQL to {file}, {file.stat().st_size:,} bytes.")
        return
    with progress("Copying", "pages") as advance:
        back_up(settings.database, file, advance)
    click.echo(f"Backed up {settings.database} to {file}, {file.stat().st_size:,} bytes.")


def _fill(file: Path, settings: "Settings") -> None:
    from bot.cli.common import open_library
    from qa.store.backup import filled

    with filled(file) as folder:
        own = _as_a_file(settings, folder)
        with open_library(settings) as source, open_library(own) as copied:
            _make_tables(settings, source)
            _copy(source.database, own, copied)


@click.command()
@_file
def restore(file: Path) -> None:
    """Replace everything that is stored with a backup; stop the bot first."""
    from bot.cli.output import progress
    from qa.store.backup import take_place, unpack

    settings = read_settings()
    own = _as_a_file(settings, settings.data_dir / "restoring")
    try:
        with progress("Copying", "pages") as advance:
            copy = unpack(file, own.data_dir, advance)
        stored = _opened(own, file)
        if settings.database_url is None:
            kept: Path | str | None = take_place(copy, settings.database)
        else:
            kept = _put_into(settings.database_url.get_secret_value(), settings, own)
    finally:
        shutil.rmtree(own.data_dir, ignore_errors=True)
    click.echo(f"Restored {stored} from {file}.")
    if kept is not None:
        click.echo(
            f"What was there before is kept as {kept}; delete it when you no longer need it."
        )


def _put_into(url: str, settings: "Settings", own: "Settings") -> str | None:
    """Copy a restored file beside the library in PostgreSQL, then let it take its place."""
    from bot.cli.common import open_library
    from qa import Library
    from qa.store.postgres import replacement

    with replacement(url) as database, open_library(own) as source:
        _copy(source.database, settings, Library(settings, database=database))
        kept = database.take_place()
    return kept and f"the schema {kept}"


def _copy(source: "Database", settings: "Settings", target: "Library") -> int:
    from bot.cli.output import progress
    from qa.store.move import move

    _make_tables(settings, target)
    with progress("Copying", "rows") as advance:
        return move(source, target.database, advance)


def _as_a_file(settings: "Settings", folder: Path) -> "Settings":
    return settings.model_copy(update={"database_url": None, "data_dir": folder})


@click.command()
@click.argument("target", metavar="DATABASE_URL|sqlite")
def move(target: str) -> None:
    """Copy everything to a PostgreSQL, or from there to the file; stop the bot first.

    The source stays as it is. A copy that was interrupted continues where it stopped.
    """
    from bot.cli.common import open_library

    settings = read_settings()
    other = _at(settings, target)
    with open_library(settings) as source, open_library(other) as copied:
        _make_tables(settings, source)
        rows = _copy(source.database, other, copied)
    click.echo(f"Copied {counted(rows, 'row')}, and compared them all.")
    to_set = "Remove" if target == "sqlite" else "Now set"
    click.echo(f"{to_set} PULLQUOTE_DATABASE_URL, and start the bot.")


def _at(settings: "Settings", target: str) -> "Settings":
    from pydantic import ValidationError

    is_file = target == "sqlite"
    if is_file == (settings.database_url is None):
        raise click.UsageError("The library is there already; name where it is to go.")
    url = None if is_file else target
    try:
        return type(settings).model_validate(settings.model_dump() | {"database_url": url})
    except ValidationError:
        raise click.UsageError("Name a postgresql://… address, or sqlite.") from None


def _make_tables(settings: "Settings", library: "Library") -> None:
    from bot.app import open_stores

    open_stores(settings, library)


def _opened(settings: "Settings", file: Path) -> str:
    """Bring the copy up to this version, as the bot would, and count what it holds."""
    from bot.cli.common import open_library
    from qa.errors import NewerDatabaseError, StoreError

    try:
        with open_library(settings) as library:
            _make_tables(settings, library)
            return counted(library.status().articles, "article")
    except NewerDatabaseError:
        raise StoreError(f"{file} was made by a newer Pullquote; update this one first.") from None
