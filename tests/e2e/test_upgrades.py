"""A bot that is started on what an earlier version has stored."""

import gzip
import json
from pathlib import Path

import pytest

from tests.e2e.conftest import ADMIN
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
