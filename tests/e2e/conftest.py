"""The bot as a person starts it: in its own process, against the Bot API double over HTTP."""

import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.playground import Server, World

PULLQUOTE = Path(sys.executable).parent / "pullquote"
ADMIN = 1
"""The double's first user."""
READY = "is ready"
START_SECONDS = 90


def environment(**settings):
    """Return a clean environment, without the developer's own settings."""
    base = {k: v for k, v in os.environ.items() if not k.startswith("PULLQUOTE_")}
    own = {f"PULLQUOTE_{name.upper()}": str(value) for name, value in settings.items()}
    return base | {"HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1"} | own


@dataclass
class Bot:
    """One process of ``pullquote run`` and its log."""

    process: subprocess.Popen
    log_file: Path

    @property
    def log(self):
        return self.log_file.read_text()

    def wait_for_log(self, words, seconds=START_SECONDS):
        deadline = time.monotonic() + seconds
        while words not in self.log:
            assert self.process.poll() is None, f"the bot ended:\n{self.log}"
            assert time.monotonic() < deadline, f"no {words!r} in:\n{self.log}"
            time.sleep(0.05)
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Stop it as a service manager would; return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@dataclass
class House:
    """A data folder, a world of chats, and the bots started on them."""

    folder: Path
    world: World
    server: Server
    bots: list[Bot] = field(default_factory=list)

    def settings(self, **changes):
        return {
            "token": self.world.token,
            "api_url": self.server.url,
            "admins": ADMIN,
            "data_dir": self.folder / "data",
        } | changes

    def start(self, *, ready=True, **changes):
        log_file = self.folder / f"bot-{len(self.bots)}.log"
        with log_file.open("w") as log:
            process = subprocess.Popen(
                [PULLQUOTE, "run"],
                env=environment(**self.settings(**changes)),
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.bots.append(Bot(process, log_file))
        return self.bots[-1].wait_for_log(READY) if ready else self.bots[-1]

    def command(self, *arguments, **changes):
        """Run the command line on the same data folder in another process, and wait for it."""
        return subprocess.run(
            [PULLQUOTE, *arguments],
            env=environment(**self.settings(**changes)),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def run(self, *arguments, **changes):
        """Run the command line as ``command`` does, in this process: a start takes a second."""
        own = environment(**self.settings(**changes)) | {"COLUMNS": "80"}
        with patch.dict(os.environ, own, clear=True), contextlib.chdir(self.folder):
            done = CliRunner().invoke(main, list(map(str, arguments)), prog_name="pullquote")
        return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)

    def add(self, name, text, **changes):
        """Write a file and add it from another process."""
        path = self.folder / name
        path.write_text(text)
        done = self.command("add", str(path), **changes)
        assert done.returncode == 0, done.stderr
        return done


@contextlib.contextmanager
def open_house(folder):
    world = World(token="7:e2e")
    with Server(world) as server:
        house = House(folder, world, server)
        try:
            yield house
        finally:
            for bot in house.bots:
                if bot.process.poll() is None:
                    bot.kill()
    # No test may send a request that violates the Bot API contract.
    assert world.violations == []


@pytest.fixture(scope="session", autouse=True)
def exported(encoder):
    """Export the model's graph once, or each process that is started would export it."""


@pytest.fixture
def house(tmp_path):
    with open_house(tmp_path) as house:
        yield house


@pytest.fixture(scope="module")
def shared_house(tmp_path_factory):
    """One bot for a whole module, with two articles in it."""
    with open_house(tmp_path_factory.mktemp("house")) as house:
        (house.folder / "news").mkdir()
        for name, text in ARTICLES.items():
            (house.folder / "news" / name).write_text(text)
        assert house.command("add", "news").returncode == 0
        house.admin = house.world.user("Root")
        house.world.private_chat(house.admin)
        house.start(inline="everyone")
        yield house


@dataclass
class Playground:
    """Runs ``pullquote try`` on one data folder, one process after another."""

    folder: Path
    bots: list[Bot] = field(default_factory=list)

    def start(self):
        """Start a process and return the address of its page."""
        log_file = self.folder / f"try-{len(self.bots)}.log"
        with log_file.open("w") as log:
            process = subprocess.Popen(
                [PULLQUOTE, "try", "--port", "0"],
                env=environment(data_dir=self.folder / "data"),
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.bots.append(Bot(process, log_file))
        log = self.bots[-1].wait_for_log(READY).log
        return re.search(r"http://127\.0\.0\.1:\d+", log).group()

    def wait_for(self, sql):
        """Wait until ``sql`` counts something in the database of the running page."""
        path = self.folder / "data" / "try" / "pullquote.db"
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as database:
            while not database.execute(sql).fetchone()[0]:
                assert self.bots[-1].process.poll() is None, self.bots[-1].log
                time.sleep(0.05)

    def command(self, *arguments):
        """Return what another command prints about the page's articles."""
        own = environment(data_dir=self.folder / "data" / "try")
        done = subprocess.run([PULLQUOTE, *arguments], env=own, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def playground(tmp_path):
    playground = Playground(tmp_path)
    try:
        yield playground
    finally:
        for bot in playground.bots:
            bot.kill()


@pytest.fixture
def playground_url(playground):
    """The page of a process that must exit cleanly."""
    yield playground.start()
    (bot,) = playground.bots
    assert bot.stop() == 0
    assert "Traceback" not in bot.log


ARTICLES = {
    "bridge.md": """---
title: Old bridge closed after flood
url: https://example.org/bridge
source: Valley Post
date: 2024-05-03
---

Heavy rain fell on the valley on Monday & the river Lenn rose by two metres <within hours>.

The old bridge at Mill Lane was closed because the flood had damaged two of its pillars. Engineers \
from the county will inspect it next week.
""",
    "mayor.txt": """New mayor takes office

Ada Moreno became mayor of Lennfield on Tuesday after winning the election in March.

She promised cheaper buses and a new library for the northern quarter of the town 🚌.
""",
}
