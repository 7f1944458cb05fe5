"""A PostgreSQL server for the tests, on loopback, with a new database for each test.

``PULLQUOTE_TEST_DATABASE_URL`` names another server; its databases ``test_…`` are made and dropped.
"""

import contextlib
import os
import shutil
import subprocess
import uuid
from pathlib import Path

import psycopg
import pytest
from filelock import FileLock

from bot.alerts.blocks import MIGRATIONS as BLOCKS
from bot.alerts.schema import MIGRATIONS as ALERTS
from bot.channels.store import MIGRATIONS as CHANNELS
from bot.feedback.store import MIGRATIONS as FEEDBACK
from bot.jobs.notices import MIGRATIONS as NOTICES
from bot.memory import MIGRATIONS as MEMORY
from bot.received import MIGRATIONS as RECEIVED
from bot.shares.store import MIGRATIONS as SHARES
from index.feeds.schema import MIGRATIONS as FEEDS
from qa.store.leases import MIGRATIONS as LEASES
from qa.store.postgres import PostgresDatabase
from qa.store.schema import MIGRATIONS as ARTICLES

ROOMS = {
    "qa": ARTICLES,
    "index": FEEDS,
    "bot": ALERTS,
    "blocks": BLOCKS,
    "channels": CHANNELS,
    "feedback": FEEDBACK,
    "leases": LEASES,
    "memory": MEMORY,
    "notices": NOTICES,
    "received": RECEIVED,
    "shares": SHARES,
}
TEMPLATE = "test_template"
FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def program(name):
    """Return the path of one of PostgreSQL's programs, which Debian keeps out of PATH."""
    found = shutil.which(name, path=os.pathsep.join([*map(str, FOLDERS), os.environ["PATH"]]))
    return found or pytest.skip("PostgreSQL is not installed: apt-get install postgresql")


def server(folder):
    """Return the address of the server of all workers, started by the first that asks."""
    if address := os.environ.get("PULLQUOTE_TEST_DATABASE_URL"):
        return address.rstrip("/")
    with FileLock(f"{folder}/postgresql.lock"):
        found = folder / "postgresql.url"
        if not found.exists():
            found.write_text(start(folder / "postgresql"))
    return found.read_text()


def start(folder):
    """Start a server in a new folder; returns its address, with a place for a database's name."""
    folder.mkdir()
    for parent in (folder, *folder.parents):  # its user must be able to get there
        with contextlib.suppress(PermissionError):
            parent.chmod(parent.stat().st_mode | 0o011)
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    options = ["--auth=trust", "--username=test", "--encoding=UTF8", "--locale=C.UTF-8"]
    _run("initdb", "--no-sync", *options, folder / "data")
    settings = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    _control(folder, "start", "-o", f"{settings} -c max_connections=400")
    return f"postgresql://test@/{{}}?host={folder}"


def _run(name, *arguments):
    """Run one of its programs, which refuse to be root."""
    user = "postgres" if os.geteuid() == 0 else None
    nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    subprocess.run([program(name), *arguments], check=True, user=user, group=user, **nowhere)


def stop(folder):
    """Stop the server of all workers, if one was started."""
    if (folder / "postgresql.url").exists():
        pull_the_plug(folder / "postgresql", "stop")


def pull_the_plug(folder, action="restart"):
    """Break off everything that the server in ``folder`` does, as when its machine loses power."""
    _control(folder, action, "-m", "immediate")


def _control(folder, action, *options):
    _run("pg_ctl", action, "-w", "-D", folder / "data", "-l", folder / "log", *options)


@contextlib.contextmanager
def new_database(folder):
    """Make a database with all tables, and drop it afterwards; yields its address."""
    address = server(folder)
    with FileLock(f"{folder}/template.lock"):
        made = folder / "template.made"
        if not made.exists():
            _make_template(address)
            made.touch()
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(_of(address, "postgres"), autocommit=True) as connection:
        # Files are copied in half the time of the WAL's records; before 15 there is no other way.
        how = "STRATEGY FILE_COPY" if connection.info.server_version >= 150_000 else ""
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} {how}")
        try:
            yield _of(address, name)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def break_connections(url):
    """End all connections to a database, as a restart of the server does."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid != pg_backend_pid()"
        )


def _of(address, name):
    return address.format(name) if "{}" in address else f"{address}/{name}"


def _make_template(address):
    with psycopg.connect(_of(address, "postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {TEMPLATE}")
    database = PostgresDatabase(_of(address, TEMPLATE))
    for room, migrations in ROOMS.items():
        database.migrate(room, migrations)
    database.close()
