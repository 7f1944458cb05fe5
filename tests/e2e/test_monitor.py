"""The bot as it is watched and kept: health, metrics, log lines as JSON, backup and restore."""

import itertools
import json
import re
import socket
import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from qa import Verdict
from tests.e2e.conftest import open_house
from tests.test_rooms import ROOT

FLOOD = """---
title: Old bridge closed after flood
url: https://example.org/bridge
---

The old bridge at Mill Lane was closed because the flood had damaged two of its pillars.
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """A bot with a monitor, started as systemd does, and asked two questions."""
    folder = tmp_path_factory.mktemp("house")
    with (
        open_house(folder) as house,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as house.systemd,
        pytest.MonkeyPatch.context() as patch,
    ):
        house.systemd.bind(str(folder / "notify"))
        patch.setenv("NOTIFY_SOCKET", str(folder / "notify"))
        (house.folder / "flood.md").write_text(FLOOD)
        assert house.run("add", "flood.md").returncode == 0
        ada = house.world.user("Ada")
        chat = house.world.private_chat(ada)
        house.monitor = f"127.0.0.1:{free_port()}"
        house.bot = house.start(monitor=house.monitor, log_format="json")
        for question in ("Why was the old bridge closed?", "Who painted the Mona Lisa?"):
            house.world.wait_for_reply(house.world.say(chat, ada, question), timeout=30)
        yield house


def get(house, path):
    try:
        with urllib.request.urlopen(f"http://{house.monitor}{path}", timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_bot_is_alive_and_ready(watched):
    assert get(watched, "/healthz") == (200, "alive\n")
    assert get(watched, "/readyz") == (200, "ready\n")
    assert get(watched, "/")[0] == 404


def test_systemd_hears_that_it_is_ready(watched):
    watched.systemd.setblocking(False)
    assert watched.systemd.recv(100) == b"READY=1"


def test_prometheus_reads_what_was_asked_and_what_is_stored(watched):
    status, text = get(watched, "/metrics")
    assert status == 200
    families = {family.name: family for family in text_string_to_metric_families(text)}
    asked = {
        (sample.labels["where"], sample.labels["verdict"]): sample.value
        for sample in families["pullquote_questions"].samples
        if sample.name.endswith("_total")
    }
    told = {labels: value for labels, value in asked.items() if value}
    assert told == {("chat", "answered"): 1, ("chat", "nothing near"): 1}
    assert set(asked) == set(
        itertools.product(("chat", "inline"), (each.value for each in Verdict))
    )
    messages = families["pullquote_messages"].samples
    counted = {s.labels["result"]: s.value for s in messages if s.name.endswith("_total")}
    assert counted == {"sent": 2, "told to wait": 0}
    stored = {name: family.samples[0].value for name, family in families.items() if family.samples}
    assert (stored["pullquote_articles"], stored["pullquote_passages"]) == (1, 1)
    assert stored["pullquote_outbox_oldest_seconds"] == 0
    assert stored["process_resident_memory_bytes"] > 0


def test_log_lines_are_json(watched):
    lines = [json.loads(line) for line in watched.bot.log.splitlines()]
    ready = next(line for line in lines if line["message"].endswith("is ready"))
    assert (ready["level"], ready["logger"]) == ("INFO", "bot.app")
    assert ready["time"]


def test_address_in_use_is_one_sentence(watched):
    bot = watched.start(ready=False, monitor=watched.monitor)
    assert bot.process.wait(60) == 2
    assert f"PULLQUOTE_MONITOR is wrong: cannot listen on {watched.monitor}" in bot.log
    assert "Traceback" not in bot.log


def queries():
    board = json.loads((ROOT / "docs" / "grafana.json").read_text())
    return [target["expr"] for panel in board["panels"] for target in panel["targets"]]


def test_board_of_grafana_asks_for_figures_that_there_are(watched):
    _, text = get(watched, "/metrics")
    described = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    for name in re.findall(r"\b(?:pullquote|process)_\w+", " ".join(queries())):
        assert {name, name.removesuffix("_bucket")} & described, name


def test_board_of_grafana_shows_once_what_each_of_several_hosts_reads_from_the_database():
    stored = r"pullquote_(?:articles|passages|subscriptions|outbox_\w+|paused_places|feeds)\b"
    asked = [query for query in queries() if re.search(stored, query)]
    assert len(asked) == 8
    assert all(re.match(rf"max(?: by \(\w+\) )?\({stored}", query) for query in asked)


def test_backup_of_a_running_bot_is_restored_when_it_is_stopped(tmp_path):
    with open_house(tmp_path) as house:
        house.add("flood.md", FLOOD)
        bot = house.start()
        backup = house.run("backup", "kept.db")
        assert (backup.returncode, backup.stderr) == (0, "")
        assert house.run("remove", "https://example.org/bridge").returncode == 0
        refused = house.run("restore", "kept.db")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "is in use: stop the bot and all other commands first." in refused.stderr
        assert bot.stop() == 0
        restored = house.run("restore", "kept.db")
        assert restored.stderr == ""
        kept = house.folder / "data" / "before-restore.db"
        assert restored.stdout.splitlines() == [
            "Restored 1 article from kept.db.",
            f"What was there before is kept as {kept}; delete it when you no longer need it.",
        ]
        answer = json.loads(house.run("ask", "Why was the old bridge closed?", "--json").stdout)
        assert answer["answered"]
        assert not (house.folder / "data" / "restoring").exists()
