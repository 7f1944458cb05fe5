"""A bot that is started on what an earlier version has stored, or that meets a newer one."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import ADMIN, environment
from tests.said import plain

DATABASES = Path(__file__).parent.parent / "databases"


@pytest.mark.parametrize("version", ["0.3.0", "0.4.0"])
def test_what_earlier_versions_stored_is_asked_sent_and_listed(house, version):
    (house.folder / "data").mkdir()
    stored = gzip.decompress((DATABASES / f"{version}.db.gz").read_bytes())
    (house.folder / "data" / "pullquote.db").write_bytes(stored)
    world = house.world
    admin = world.user("Root")
    chat = world.private_chat(admin)
    assert chat.id == ADMIN
    house.start()
    sent = world.wait_for(lambda: world.replies(chat), timeout=30)
    assert [plain(message.text) for message in sent] == ["Waiting since the old version."]
    answer = world.wait_for_reply(
        world.say(chat, admin, "Why was the old bridge closed?"), timeout=30
    )
    assert "closed because the flood had damaged two of its pillars" in answer.text
    listed = world.wait_for_reply(world.say(chat, admin, "/subscriptions"), timeout=30)
    assert "floods" in listed.text
    figures = json.loads(house.run("status", "--json").stdout)
    assert [feed["title"] for feed in figures["feeds"]] == ["Valley Post"]
    assert (figures["articles"], figures["subscriptions"], figures["outbox"]) == (1, 1, 0)


NEWER = """
import qa.store.schema as tables
tables.MIGRATIONS += ("ALTER TABLE articles ADD COLUMN mood TEXT;",)
from bot.cli import main
main()
"""


def test_bot_stops_when_another_host_has_a_newer_version(house, database_url):
    """As in a rolling upgrade; the newer one goes on, and the older is not started again."""
    changes = {"database_url": database_url} if database_url else {}
    bot = house.start(**changes)
    newer = subprocess.run(
        [sys.executable, "-c", NEWER, "status"],
        env=environment(**house.settings(**changes)),
        cwd=house.folder,
        capture_output=True,
        text=True,
    )
    assert (newer.returncode, newer.stderr) == (0, "")
    assert bot.process.wait(30) == 3
    sentence = "pullquote: A newer Pullquote has changed the database: update this one."
    assert bot.log.splitlines()[-1] == sentence
    assert "Traceback" not in bot.log
    again = house.start(ready=False, **changes)
    assert again.process.wait(30) == 3
    assert again.log.splitlines() == [sentence]
