"""The whole database in one SQLite file: copied while others read and write, and put back."""

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from qa.errors import StoreError

Progress = Callable[[int, int], None]
"""Called with the number of pages copied so far, and of all."""

_STEP = 2048
"""Pages copied between two calls of ``Progress``: 8 MB."""
_LOG_FILES = ("-wal", "-shm")


def back_up(database: Path, file: Path, progress: Progress | None = None) -> None:
    """Write a consistent copy of ``database`` to ``file``, which is replaced only when it is whole.

    ``StoreError`` if there is no database, or the copy cannot be written or is damaged.
    """
    if not database.is_file():
        raise StoreError(f"There is no database at {database}.")
    if file.exists() and file.samefile(database):
        raise StoreError(f"{file} is the database itself; name another file.")
    partial = file.with_name(f"{file.name}.partial")
    with _removed_on_error(partial):
        _copy(database, partial, progress)
        partial.replace(file)


@contextlib.contextmanager
def filled(file: Path) -> Iterator[Path]:
    """A new folder; the ``pullquote.db`` that is put there becomes ``file`` when it is whole."""
    folder = file.with_name(f"{file.name}.partial")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)  # it has what people subscribed to
    with _removed_on_error(folder):
        yield folder
        made = folder / "pullquote.db"
        _close_log(made)
        _flush(made)
        made.chmod(0o600)
        made.replace(file)
        folder.rmdir()


def unpack(file: Path, folder: Path, progress: Progress | None = None) -> Path:
    """Copy a backup into a new ``folder``, and return the path of the copy, a checked database.

    ``StoreError`` if the file is not a backup, is damaged, or cannot be copied.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    copy = folder / "pullquote.db"
    with _removed_on_error(folder):
        _copy(file, copy, progress)
    return copy


def take_place(copy: Path, database: Path) -> Path | None:
    """Put ``copy`` where ``database`` is, and return where that one is kept, if there was one.

    If it is interrupted, one of the two is there, whole. ``StoreError`` if another process
    uses ``database``.
    """
    _close_log(copy)
    if not database.exists():
        copy.replace(database)
        return None
    _close_log(database)
    kept = database.with_name("before-restore.db")
    kept.unlink(missing_ok=True)
    try:
        kept.hardlink_to(database)
    except OSError:  # a file system without links
        shutil.copy2(database, kept)
    for suffix in _LOG_FILES:  # what a damaged database could not close
        with contextlib.suppress(FileNotFoundError):
            Path(f"{database}{suffix}").replace(f"{kept}{suffix}")
    copy.replace(database)
    return kept


def _copy(source: Path, target: Path, progress: Progress | None) -> None:
    target.unlink(missing_ok=True)
    target.touch(mode=0o600)  # it has what people subscribed to
    try:
        with (
            contextlib.closing(_read_only(source)) as reader,
            contextlib.closing(sqlite3.connect(target, isolation_level=None)) as writer,
        ):
            # One view for all pages: without it each write of others would start the copy again.
            reader.execute("BEGIN")
            if reader.execute("SELECT 1 FROM sqlite_master WHERE name = 'versions'").fetchone():
                reader.backup(writer, pages=_STEP, progress=_counting(progress))
                writer.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
                found = writer.execute("PRAGMA quick_check(1)").fetchone()[0]
            else:
                found = "not one of ours"
    except sqlite3.Error as error:
        raise StoreError(f"{source} could not be copied to {target}: {error}.") from error
    if found != "ok":
        raise StoreError(f"{source} is not a database of Pullquote, or it is damaged ({found}).")
    _flush(target)


def _read_only(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise StoreError(f"There is no file {path}.")
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)


def _counting(progress: Progress | None) -> Callable[[int, int, int], object] | None:
    if progress is None:
        return None
    return lambda _status, remaining, total: progress(total - remaining, total)


def _flush(path: Path) -> None:
    with path.open("rb") as written:
        os.fsync(written.fileno())


def _close_log(database: Path) -> None:
    """Fold the log of changes into the file, which only works while no other process has it open.

    A damaged database has nothing to fold.
    """
    with contextlib.closing(sqlite3.connect(database, timeout=1.0)) as connection:
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            raise StoreError(
                f"The database {database} is in use: stop the bot and all other commands first."
            ) from error
        except sqlite3.DatabaseError:
            return


@contextlib.contextmanager
def _removed_on_error(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        raise
