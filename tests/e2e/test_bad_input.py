"""Mistakes at the command line give one clear line and the right exit code."""

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from qa.article import article_id


def lines(done):
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()


def test_wrong_token_is_one_line(house):
    done = house.command("run", token="8:wrong")
    assert done.returncode == 2
    assert lines(done) == [
        "pullquote: PULLQUOTE_TOKEN is wrong: "
        f"the Bot API at {house.server.url} does not accept it."
    ]


def test_wrong_setting_is_named(house):
    done = house.command("status", admins="root")
    assert done.returncode == 2
    (only,) = lines(done)
    assert only.startswith("pullquote: PULLQUOTE_ADMINS is wrong: ")


def test_bad_sources_are_reported_one_by_one_and_the_good_one_is_kept(house):
    (house.folder / "empty.txt").write_text("")
    (house.folder / "binary.txt").write_bytes(b"\x00\x01\x02PNG\x00")
    (house.folder / "nothing").mkdir()
    good = house.folder / "good.txt"
    good.write_text(
        "A good one\n\nThis article stays although all of the others could not be read.\n"
    )
    sources = ["empty.txt", "binary.txt", "nothing", "gone.txt", "good.txt", "http://127.0.0.1:9/x"]
    done = house.run("add", *sources)
    assert done.returncode == 1
    failures = [line.removeprefix("failed     ") for line in lines(done)]
    assert [line.split(":")[0] for line in failures[:4]] == [
        "empty.txt",
        "binary.txt",
        "nothing",
        "gone.txt",
    ]
    assert failures[4].startswith("http://127.0.0.1:9/x: ")
    assert len(failures) == 5
    assert done.stdout.splitlines()[-1] == "1 added, 0 updated, 0 unchanged, 5 failed."
    number = article_id(good.resolve().as_uri())
    assert house.run("remove", number).stdout == f"removed    {number}  A good one\n"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["ask", "   "], "pullquote: The question is empty. See `pullquote ask --help`."),
        (["add"], "pullquote: Missing argument 'SOURCE…'. See `pullquote add --help`."),
        (["dance"], "pullquote: No such command 'dance'. See `pullquote --help`."),
        (
            ["eval", "nowhere"],
            "pullquote: Invalid value for 'FOLDER': Directory 'nowhere' does not exist. "
            "See `pullquote eval --help`.",
        ),
    ],
)
def test_wrong_usage_is_one_line(house, arguments, line):
    done = house.run(*arguments)
    assert done.returncode == 2
    assert lines(done) == [line]


def test_empty_name_does_not_mean_the_current_folder(house):
    (house.folder / "stray.txt").write_text("Stray\n\nNobody asked for this file to be added.\n")
    done = house.run("add", "")
    assert done.returncode == 1
    assert lines(done) == ["failed     (nothing): an empty name was given"]


def test_file_name_that_is_not_utf8_does_not_block_the_others(house):
    folder = house.folder / "odd"
    folder.mkdir()
    text = "Odd\n\nAn article in a file whose name is not made of characters.\n"
    Path(os.fsdecode(bytes(folder) + b"/bad\xffname.txt")).write_text(text)
    (folder / "good.txt").write_text(text.replace("Odd", "Even"))
    done = house.run("add", "odd")
    assert (done.returncode, lines(done)) == (0, [])
    assert done.stdout.endswith("2 added, 0 updated, 0 unchanged, 0 failed.\n")


def test_server_that_is_not_a_bot_api_is_named_in_one_line(house):
    class Page(BaseHTTPRequestHandler):
        def do_POST(self):
            body = b"<!DOCTYPE html>\n<p>Not here</p>\n" * 50
            self.send_response(501)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever).start()
        url = f"http://127.0.0.1:{server.server_port}"
        done = house.command("run", api_url=url)
        server.shutdown()
    assert done.returncode == 1
    assert lines(done)[-1].startswith(f"pullquote: The Bot API at {url} cannot be reached: ")
    assert len(lines(done)[-1]) < 250


def test_damaged_database_is_reported_and_left_alone(house):
    damaged = house.folder / "data" / "pullquote.db"
    damaged.parent.mkdir()
    damaged.write_bytes(b"this is not a database at all " * 100)
    done = house.run("status")
    assert done.returncode == 1
    (only,) = lines(done)
    assert only.startswith(f"pullquote: The database {damaged} is damaged or not one of ours")
    assert damaged.read_bytes().startswith(b"this is not a database")


def add_one(house):
    text = "One\n\nA short article about one thing and about nothing else at all.\n"
    (house.folder / "one.txt").write_text(text)
    assert house.run("add", "one.txt").returncode == 0


def test_missing_model_folder_is_reported(house):
    add_one(house)
    done = house.run("ask", "What is it about?", model="./no-such-model")
    assert done.returncode == 1
    (only,) = lines(done)
    assert "PULLQUOTE_MODEL" in only


def test_changed_model_is_detected_at_startup(house, tmp_path):
    add_one(house)
    (tmp_path / "other").mkdir()
    done = house.command("run", model=tmp_path / "other")
    assert done.returncode == 1
    assert lines(done)[-1].endswith(
        "run `pullquote rebuild` to embed all articles with the new one."
    )


def test_help_is_quick_and_needs_no_torch():
    code = "import sys, bot.cli; sys.exit('torch' in sys.modules or 'telegram' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
