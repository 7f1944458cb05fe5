"""A bot whose library is in PostgreSQL, as a person starts it and while commands run beside it."""

import json
import resource
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests import postgres
from tests.conftest import CACHE
from tests.e2e.conftest import PULLQUOTE, environment
from tests.said import is_alert

FLOOD = """---
title: Old bridge closed after flood
url: https://example.org/bridge
---

The old bridge at Mill Lane was closed because the flood had damaged two of its pillars.
"""


@pytest.fixture
def url():
    with postgres.new_database(CACHE) as url:
        yield url


def test_bot_answers_and_alerts_from_postgresql(house, url):
    world = house.world
    root = world.user("Root")
    chat = world.private_chat(root)
    bot = house.start(database_url=url)
    world.wait_for_reply(world.say(chat, root, "/subscribe bridges"), timeout=30)
    (house.folder / "flood.md").write_text(FLOOD)
    added = house.run("add", "flood.md", database_url=url)
    assert (added.returncode, added.stderr) == (0, "")
    alert = world.wait_for(
        lambda: [each for each in world.replies(chat) if is_alert(each)], timeout=30
    )
    assert "Old bridge closed after flood" in alert[0].text
    question = "Why was the old bridge closed?"
    answer = world.wait_for_reply(world.say(chat, root, question), timeout=30)
    assert "closed because the flood had damaged two of its pillars" in answer.text
    postgres.break_connections(url)
    answer = world.wait_for_reply(world.say(chat, root, question), timeout=30)
    assert "closed because the flood had damaged two of its pillars" in answer.text
    rebuilt = world.wait_for_reply(world.say(chat, root, "/rebuild"), timeout=30)
    world.wait_for(lambda: "generation 2" in rebuilt.text, timeout=60)
    bot.kill()
    again = house.start(database_url=url)
    answer = world.wait_for_reply(world.say(chat, root, question), timeout=30)
    assert "closed because the flood had damaged two of its pillars" in answer.text
    assert again.stop() == 0
    figures = json.loads(house.run("status", "--json", database_url=url).stdout)
    assert (figures["articles"], figures["subscriptions"], figures["outbox"]) == (1, 1, 0)
    assert not (house.folder / "data" / "pullquote.db").exists()


def test_questions_are_answered_while_connections_break(house, url):
    (house.folder / "flood.md").write_text(FLOOD)
    house.run("add", "flood.md", database_url=url)
    world = house.world
    root = world.user("Root")
    chat = world.private_chat(root)
    house.start(database_url=url)
    ended = threading.Event()

    def break_often():
        while not ended.wait(0.3):
            postgres.break_connections(url)

    with ThreadPoolExecutor(1) as pool:
        breaking = pool.submit(break_often)
        try:
            for n in range(20):
                question = f"{n}. Why was the old bridge closed?"
                answer = world.wait_for_reply(world.say(chat, root, question), timeout=30)
                assert "closed because the flood had damaged two of its pillars" in answer.text
        finally:
            ended.set()
        breaking.result()


def test_database_that_cannot_be_used_is_one_sentence(house):
    gone = house.command("status", database_url="postgresql://nobody@127.0.0.1:1/none")
    assert (gone.returncode, gone.stdout) == (1, "")
    assert gone.stderr == (
        "pullquote: The PostgreSQL of PULLQUOTE_DATABASE_URL cannot be reached.\n"
    )
    wrong = house.run("status", database_url="mysql://host/name")
    assert wrong.returncode == 2
    assert wrong.stderr == (
        "pullquote: PULLQUOTE_DATABASE_URL is wrong: should start with postgresql://.\n"
    )


def test_backup_of_a_running_bot_is_restored_into_either_engine(house, url):
    house.add("flood.md", FLOOD, database_url=url)
    bot = house.start(database_url=url)
    backup = house.run("backup", "kept.db", database_url=url)
    size = (house.folder / "kept.db").stat().st_size
    assert (backup.returncode, backup.stderr) == (0, "")
    assert backup.stdout == f"Backed up PostgreSQL to kept.db, {size:,} bytes.\n"
    assert house.run("remove", "https://example.org/bridge", database_url=url).returncode == 0
    refused = house.run("restore", "kept.db", database_url=url)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        "pullquote: The library in PostgreSQL is in use: stop all hosts and other commands first.\n"
    )
    assert bot.stop() == 0
    schemas = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'pullquote%' ORDER BY 1"
    with psycopg.connect(url) as connection:
        assert connection.execute(schemas).fetchall() == [("pullquote",)]
    question = ("ask", "Why was the old bridge closed?", "--json")
    assert not json.loads(house.run(*question, database_url=url).stdout)["answered"]
    for _ in range(2):  # what was kept the first time gives way
        restored = house.run("restore", "kept.db", database_url=url)
        assert restored.stderr == ""
        assert restored.stdout.splitlines() == [
            "Restored 1 article from kept.db.",
            "What was there before is kept as the schema pullquote_before_restore; "
            "delete it when you no longer need it.",
        ]
    with psycopg.connect(url) as connection:
        kept = [("pullquote",), ("pullquote_before_restore",)]
        assert connection.execute(schemas).fetchall() == kept
    answer = json.loads(house.run(*question, database_url=url).stdout)
    assert answer["answered"]
    assert house.run("restore", "kept.db").stdout == "Restored 1 article from kept.db.\n"
    assert json.loads(house.run(*question).stdout) == answer
    assert [path.name for path in house.folder.glob("kept.db*")] == ["kept.db"]
    assert not (house.folder / "data" / "restoring").exists()


def test_backup_that_the_disk_cannot_hold_leaves_the_last_one(house, url):
    house.add("flood.md", FLOOD, database_url=url)
    house.run("backup", "kept.db", database_url=url)
    before = (house.folder / "kept.db").read_bytes()
    full = subprocess.run(
        [PULLQUOTE, "backup", "kept.db"],
        env=environment(**house.settings(database_url=url)),
        cwd=house.folder,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
    )
    assert (full.returncode, full.stdout) == (1, "")
    assert full.stderr.startswith("pullquote: The database kept.db.partial/pullquote.db ")
    assert full.stderr.count("\n") == 1
    assert [path.name for path in house.folder.glob("kept.db*")] == ["kept.db"]
    assert (house.folder / "kept.db").read_bytes() == before


def test_library_moves_to_postgresql_and_back(house, url):
    house.add("flood.md", FLOOD)
    moved = house.run("move", url)
    assert (moved.returncode, moved.stderr) == (0, "")
    rows, comparison = moved.stdout.splitlines()[0].removeprefix("Copied ").split(" ", 1)
    assert int(rows) > 10
    assert comparison == "rows, and compared them all."
    question = ("ask", "Why was the old bridge closed?", "--json")
    before = json.loads(house.run(*question).stdout)
    assert before["answered"]
    assert json.loads(house.run(*question, database_url=url).stdout) == before
    (house.folder / "mill.md").write_text(
        "# A mill\n\nThe mill at the bridge grinds flour again.\n"
    )
    assert house.run("add", "mill.md", database_url=url).returncode == 0
    there = house.run("move", "sqlite", database_url=url)
    assert there.stderr == "pullquote: The target holds a library already, so nothing was copied.\n"
    (house.folder / "data" / "pullquote.db").unlink()
    back = house.run("move", "sqlite", database_url=url)
    assert (back.returncode, back.stderr) == (0, "")
    assert json.loads(house.run("status", "--json").stdout)["articles"] == 2
    (house.folder / "bus.md").write_text("# A bus\n\nThe bus stops at the mill from Monday on.\n")
    assert house.run("add", "bus.md").stdout.startswith("added")
    assert house.run("move", "sqlite").stderr.startswith("pullquote: The library is there already")
