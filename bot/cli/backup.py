"""``pullquote backup`` and ``restore``: the whole database in one file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import counted, read_settings

if TYPE_CHECKING:
    from bot.settings import Settings

_file = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command()
@_file
def backup(file: Path) -> None:
    """Copy everything that is stored to FILE; the bot may run meanwhile."""
    from bot.cli.output import progress
    from qa.store.backup import back_up

    settings = read_settings()
    with progress("Copying", "pages") as advance:
        back_up(settings.database, file, advance)
    click.echo(f"Backed up {settings.database} to {file}, {file.stat().st_size:,} bytes.")


@click.command()
@_file
def restore(file: Path) -> None:
    """Put a backup in the place of what is stored; stop the bot first."""
    from bot.cli.output import progress
    from qa.store.backup import take_place, unpack

    settings = read_settings()
    own = settings.model_copy(update={"data_dir": settings.data_dir / "restoring"})
    with progress("Copying", "pages") as advance:
        copy = unpack(file, own.data_dir, advance)
    stored = _opened(own, file)
    kept = take_place(copy, settings.database)
    own.data_dir.rmdir()
    click.echo(f"Restored {stored} from {file}.")
    if kept is not None:
        click.echo(f"What was there before is kept as {kept}; delete it when you need it no more.")


def _opened(settings: "Settings", file: Path) -> str:
    """Bring the copy up to this version, as the bot would, and count what it holds."""
    from bot.app import open_stores
    from bot.cli.common import open_library
    from qa.errors import NewerDatabaseError, StoreError

    try:
        with open_library(settings) as library:
            open_stores(settings, library)
            return counted(library.status().articles, "article")
    except NewerDatabaseError:
        raise StoreError(f"{file} was made by a newer Pullquote; update this one first.") from None
