"""Folders of files that are made once, in the user's cache, and made again when damaged."""

import contextlib
import json
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import platformdirs

FACTS = "facts.json"
CHUNK = 1 << 20


def cache_path(key: str) -> Path:
    """Return the folder for ``key``; it may not exist yet."""
    return platformdirs.user_cache_path("pullquote", appauthor=False) / "graphs" / key


@contextlib.contextmanager
def filled(folder: Path) -> Iterator[Path]:
    """Yield a folder to fill, which then becomes ``folder`` unless another process was first.

    It must have facts (``write_facts``). Nothing is left of it after an error.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch) / "graph"
        made.mkdir()
        yield made
        if not is_complete(folder):
            shutil.rmtree(folder, ignore_errors=True)
            with contextlib.suppress(OSError):  # another process was first; the reader checks it
                made.rename(folder)


def write_facts(folder: Path, facts: Mapping[str, object]) -> None:
    """Write ``facts`` and the checksums of all files in ``folder``."""
    content = {**facts, "checksums": _checksums(folder)}
    (folder / FACTS).write_text(json.dumps(content))


def read_facts(folder: Path) -> dict[str, Any]:
    """Return the facts of ``folder``; ``OSError``, ``ValueError`` or ``KeyError`` if damaged."""
    facts: dict[str, Any] = json.loads((folder / FACTS).read_text())
    if facts["checksums"] != _checksums(folder):  # nothing else would notice wrong weights
        raise OSError("a file is damaged")
    return facts


def is_complete(folder: Path) -> bool:
    """Whether ``folder`` has its facts, and all files are as they were written."""
    try:
        read_facts(folder)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return True


def _checksums(folder: Path) -> list[int]:
    files = sorted(path for path in folder.iterdir() if path.name != FACTS)
    return [_checksum(path) for path in files]


def _checksum(path: Path) -> int:
    value = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            value = zlib.crc32(chunk, value)
    return value
