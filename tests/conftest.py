"""Shared by all rooms: tests work offline, and packaged models are made ready once."""

import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from qa.model.encoder import SentenceEncoder
from qa.model.multilingual import MultilingualEncoder
from qa.model.tokens import cores
from qa.store.database import open_database
from tests import postgres

os.environ["HF_HUB_OFFLINE"] = "1"
# Or each worker, and each process that a test starts, would compile every module again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# Threads of OpenMP spin while they wait, and there are more workers than cores.
os.environ["OMP_NUM_THREADS"] = "1"
# How fast examples are generated and run depends on the machine more than on the code.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")
# One cache for all workers and the processes they start, and never the developer's own cache.
# Workers inherit the variable from the process that started them.
OWNS_CACHE = "PYTEST_XDIST_WORKER" not in os.environ
if OWNS_CACHE:
    os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="pullquote-tests-")
CACHE = Path(os.environ["XDG_CACHE_HOME"])
ENGINES = ("sqlite", "postgresql")
WORKERS_A_CORE = 2
"""Tests spend about half their time waiting for processes, leases and pages."""


def pytest_xdist_auto_num_workers(config):
    return WORKERS_A_CORE * cores()


class ByFile(LoadScopeScheduling):
    """A worker takes a whole file, whose tests share fixtures.

    It takes those of models as one, for they load torch. Not by marks and ``--dist=loadgroup``:
    xdist 3.8 ignores these with pytest 9.2.
    """

    def _split_scope(self, nodeid):
        return "models" if nodeid.startswith("tests/qa/model/") else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config, log):
    return ByFile(config, log)


def pytest_collection_modifyitems(items):
    """Files with the slowest come first, so that none is left to a single worker at the end."""
    items.sort(key=lambda item: (not item.get_closest_marker("slow"), "e2e" not in item.path.parts))


def pytest_generate_tests(metafunc):
    """Run tests that use a database on both engines, or on the one that they are marked with."""
    if "engine" in metafunc.fixturenames:
        marks = (mark.name for mark in metafunc.definition.iter_markers())  # the closest first
        marked = [name for name in marks if name in ENGINES]
        metafunc.parametrize("engine", marked[:1] or ENGINES, indirect=True)


def pytest_sessionfinish():
    if OWNS_CACHE:
        postgres.stop(CACHE)
        shutil.rmtree(CACHE, ignore_errors=True)


@pytest.fixture(scope="session")
def encoder():
    with FileLock(CACHE / "export.lock"):  # otherwise each worker would export the model's graph
        return SentenceEncoder()


@pytest.fixture(scope="session")
def multilingual():
    with FileLock(CACHE / "export.lock"):  # or each worker would unpack it
        return MultilingualEncoder()


@pytest.fixture(scope="module")
def engine(request):
    """``sqlite`` or ``postgresql``."""
    return request.param


@contextlib.contextmanager
def url_of(engine):
    """Yield the address of a new database, or ``None`` for the SQLite file."""
    if engine == "sqlite":
        yield None
    else:
        with postgres.new_database(CACHE) as url:
            yield url


@pytest.fixture
def database_url(engine):
    """``None`` for the SQLite file; the address of a new database on PostgreSQL."""
    with url_of(engine) as url:
        yield url


@pytest.fixture
def database(tmp_path, database_url):
    made = open_database(tmp_path / "test.db", database_url)
    yield made
    made.close()
