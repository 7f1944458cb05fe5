"""Which process is connected to which feed host: never two processes at once.

A process has a host for as long as a poll takes, by a lease in the database. The rows of a host are
a queue: the first has it, the others wait. A lease that is not renewed ends, and whoever takes the
host then deletes it; so a row that is still there proves that nobody else has had the host, and a
poll writes nothing without its row.

``qa.store.leases`` would not do: a lease there goes to whoever asks at the right moment, and only
saves work. A host must go to those who wait in their order, and to one at a time without exception.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from index.feeds.model import Feed
from index.web.fetch import StoppedError
from qa.errors import PullquoteError
from qa.store.database import Connection, Database
from qa.store.leases import repeated

LEASE_SECONDS = 30.0
"""How long to leave the hosts alone that a killed process was connected to."""
RENEW_SECONDS = 10.0
LOOK_SECONDS = 0.25
"""How often a thread that waits for a host looks whether it is free."""

FREE = "NOT IN (SELECT host FROM host_leases WHERE until > clock())"
_ANY_BEFORE = "SELECT 1 FROM host_leases WHERE host = ? AND number < ? AND until > clock()"
_DELETE_ENDED = "DELETE FROM host_leases WHERE host = ? AND number < ?"


class LostHostError(PullquoteError):
    """Another process has the host now: this one was stopped for too long."""


class Lease:
    """A host that this process has, or waits for; several of its threads may share one."""

    def __init__(self, number: int, host: str) -> None:
        self.number = number
        self.host = host
        self.users = 1
        self.renewed_at = time.monotonic()

    @property
    def is_fresh(self) -> bool:
        """Whether nobody else can have the host, even if this process stood still for a while."""
        return time.monotonic() - self.renewed_at < LEASE_SECONDS / 2


class HostLeases:
    """The hosts of one process. Thread-safe; all methods may block on the database.

    ``holder`` names the process, and the one that takes its place after a restart.
    """

    def __init__(self, database: Database, holder: str) -> None:
        self._database = database
        self._holder = holder
        self._guard = threading.RLock()
        self._held: dict[str, Lease] = {}
        self._local = threading.local()

    # Take a host

    def take_first(self, find: Callable[[], Feed | None]) -> tuple[Feed, Lease] | None:
        """Take the host of the feed that ``find`` returns: one of those that are ``FREE``."""
        if find() is None:  # nothing is written where nothing is due
            return None
        with self._guard:
            with self._database.write() as connection:
                feed = find()
                if feed is None:
                    return None
                lease = self._add(connection, feed.host)
                connection.execute(_DELETE_ENDED, (lease.host, lease.number))
            self._held[feed.host] = lease
        return feed, lease

    @contextlib.contextmanager
    def having(self, host: str, is_stopping: Callable[[], bool]) -> Iterator[None]:
        """Wait for ``host`` and keep it for the block, maybe shared with threads of this process.

        ``StoppedError`` if the process is stopping before the host is free.
        """
        lease = self._joined(host)
        try:
            with repeated(self.renew, RENEW_SECONDS):
                while not self._is_first(lease):
                    if is_stopping():
                        raise StoppedError(f"{host} was not asked: Pullquote is shutting down.")
                    time.sleep(LOOK_SECONDS)
                with self.fenced(lease):
                    yield
        finally:
            self.release(lease)

    def _joined(self, host: str) -> Lease:
        with self._guard:
            lease = self._held.get(host)
            if lease is None:
                with self._database.write() as connection:
                    lease = self._add(connection, host)
                self._held[host] = lease
            else:
                lease.users += 1
            return lease

    def _add(self, connection: Connection, host: str) -> Lease:
        sql = "INSERT INTO host_leases (host, holder, until) VALUES (?, ?, clock() + ?)"
        number = connection.execute(sql, (host, self._holder, LEASE_SECONDS)).lastrowid
        assert number is not None
        return Lease(number, host)

    def _is_first(self, lease: Lease) -> bool:
        """Whether the host is this process's; if so, delete the ended leases before its own."""
        with self._database.read() as connection:
            if connection.execute(_ANY_BEFORE, (lease.host, lease.number)).fetchone():
                return False
        with self._database.write() as connection:
            self._require_ours(connection, lease)
            connection.execute(_DELETE_ENDED, (lease.host, lease.number))
        return True

    # Keep it

    @contextlib.contextmanager
    def fenced(self, lease: Lease) -> Iterator[None]:
        """Refuse all writes of this thread inside the block once the lease is another's."""
        self._local.lease = lease
        try:
            with self._database.fenced(lambda connection: self._require_ours(connection, lease)):
                yield
        finally:
            self._local.lease = None

    def verify(self) -> None:
        """Check that this thread may still ask the host; ``LostHostError`` if it may not."""
        lease: Lease | None = getattr(self._local, "lease", None)
        if lease is not None and not lease.is_fresh:
            self.renew()
            with self._database.read() as connection:
                self._require_ours(connection, lease)

    @staticmethod
    def _require_ours(connection: Connection, lease: Lease) -> None:
        sql = "SELECT 1 FROM host_leases WHERE number = ?"
        if connection.execute(sql, (lease.number,)).fetchone() is None:
            raise LostHostError(f"Another process polls {lease.host} now.")

    def renew(self) -> None:
        """Renew the leases of this process; to be called every ``RENEW_SECONDS``."""
        with self._guard:
            held = [*self._held.values()]
        if not held:
            return
        now, kept = time.monotonic(), set()
        sql = "UPDATE host_leases SET until = clock() + ? WHERE number = ?"
        with self._database.write() as connection:
            for lease in held:
                if connection.execute(sql, (LEASE_SECONDS, lease.number)).rowcount:
                    kept.add(lease)
        for lease in kept:
            lease.renewed_at = now
        for lease in {*held} - kept:
            self._forget(lease)

    # Give it back

    def release(self, lease: Lease) -> None:
        """Give a host back, if no other thread of this process has it."""
        with self._guard:
            lease.users -= 1
            if lease.users:
                return
        self._forget(lease)
        with self._database.write() as connection:
            connection.execute("DELETE FROM host_leases WHERE number = ?", (lease.number,))

    def _forget(self, lease: Lease) -> None:
        with self._guard:
            if self._held.get(lease.host) is lease:
                del self._held[lease.host]

    def tidy(self) -> None:
        """Drop the leases that this process left when it was killed, and those long ended."""
        with self._guard, self._database.write() as connection:
            own = {lease.number for lease in self._held.values()}
            sql = "SELECT number FROM host_leases WHERE holder = ? OR until <= clock()"
            found = connection.execute(sql, (self._holder,)).fetchall()
            gone = [(number,) for (number,) in found if number not in own]
            connection.executemany("DELETE FROM host_leases WHERE number = ?", gone)
