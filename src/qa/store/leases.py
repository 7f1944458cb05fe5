"""Leases: which host does what only one of them needs to do.

A lease only saves work. Whoever has lost one may still be at it, so what must not happen twice is
guarded where it is written, by conditions.
"""

import contextlib
import json
import logging
import math
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from qa.errors import PullquoteError
from qa.store.database import Database

log = logging.getLogger(__name__)

LEASE_SECONDS = 15.0
"""How long others wait for a host that was killed."""
RENEW_SECONDS = 5.0

MIGRATIONS = (
    """
    CREATE TABLE leases (
        name TEXT PRIMARY KEY,
        holder TEXT NOT NULL,
        until REAL NOT NULL  -- seconds since 1970, by the clock of the database
    ) WITHOUT ROWID;
    """,
)

_TAKE = """
    INSERT INTO leases (name, holder, until) VALUES (:name, :holder, clock() + :seconds)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE leases.holder = excluded.holder OR leases.until <= clock()
"""
_RENEW = """
    UPDATE leases SET until = clock() + ?
    WHERE holder = ? AND name IN (SELECT value FROM json_each(?)) RETURNING name
"""


def this_host(data_dir: Path) -> str:
    """Name the host that has this data folder: after a restart it goes on with what it held."""
    return f"{socket.gethostname()}:{data_dir.resolve()}"


@contextlib.contextmanager
def repeated(renew: Callable[[], object], seconds: float) -> Iterator[None]:
    """Call ``renew`` every so many ``seconds`` in its own thread until the block ends."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(seconds):
            try:
                renew()
            except PullquoteError as error:
                log.warning("A lease was not renewed: %s", error)

    thread = threading.Thread(target=repeat, name="renewal", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class Leases:
    """What one host holds. Thread-safe; all methods may block on the database."""

    def __init__(self, database: Database, holder: str, seconds: float = LEASE_SECONDS) -> None:
        """Create or migrate the table; ``holder`` names the host, see ``this_host``."""
        self.seconds = seconds
        self._database = database
        self._holder = holder
        self._guard = threading.Lock()
        self._renewed: dict[str, float] = {}
        """When what is held was renewed last, by a clock that goes on while the process stands."""
        database.migrate("leases", MIGRATIONS)

    def hold(self, name: str) -> bool:
        """Take a lease, or keep it; ``False`` while another host has it.

        Cheap: it answers from memory while there is a third of the lease left.
        """
        now = time.monotonic()
        with self._guard:
            if now - self._renewed.get(name, -math.inf) < self.seconds * 2 / 3:
                return True
        is_ours = self.take(name, self.seconds)
        with self._guard:
            if is_ours:
                self._renewed[name] = now
            else:
                self._renewed.pop(name, None)
        return is_ours

    def renew(self) -> None:
        """Extend all that is held, save what another host has taken meanwhile."""
        with self._guard:
            names = list(self._renewed)
        if not names:
            return
        now = time.monotonic()
        with self._database.write() as connection:
            rows = connection.execute(_RENEW, (self.seconds, self._holder, json.dumps(names)))
            kept = {row[0] for row in rows.fetchall()}
        with self._guard:
            for name in names:
                if name not in kept:
                    self._renewed.pop(name, None)
                elif name in self._renewed:  # not given back meanwhile
                    self._renewed[name] = now

    def take(self, name: str, seconds: float) -> bool:
        """Take or extend a lease for so many seconds; ``False`` if another host has it."""
        values = {"name": name, "holder": self._holder, "seconds": seconds}
        with self._database.write() as connection:
            return bool(connection.execute(_TAKE, values).rowcount)

    def release(self, name: str) -> None:
        """Give a lease back, if this host has it, so that others need not wait."""
        with self._guard:
            self._renewed.pop(name, None)
        with self._database.write() as connection:
            sql = "DELETE FROM leases WHERE name = ? AND holder = ?"
            connection.execute(sql, (name, self._holder))

    def release_all(self) -> None:
        """Give back all that this host has: it stops."""
        with self._guard:
            self._renewed.clear()
        with self._database.write() as connection:
            connection.execute("DELETE FROM leases WHERE holder = ?", (self._holder,))

    def is_held_by_another(self, name: str) -> bool:
        """Whether another host has a lease."""
        with self._database.read() as connection:
            sql = "SELECT 1 FROM leases WHERE name = ? AND holder != ? AND until > clock()"
            return connection.execute(sql, (name, self._holder)).fetchone() is not None

    def holders(self) -> dict[str, list[str]]:
        """Return which host has which leases, both in order."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        sql = "SELECT holder, name FROM leases WHERE until > clock() ORDER BY holder, name"
        with self._database.read() as connection:
            for holder, name in connection.execute(sql):
                found[holder].append(name)
        return found

    def held(self) -> list[str]:
        """Return the names of the leases that this host has, in order."""
        with self._database.read() as connection:
            sql = "SELECT name FROM leases WHERE holder = ? AND until > clock() ORDER BY name"
            return [row[0] for row in connection.execute(sql, (self._holder,))]
