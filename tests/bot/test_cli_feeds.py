"""`pullquote feeds …` and what `pullquote status` reports about feeds."""

import json

import pytest
from click.testing import CliRunner

from bot.channels.store import ChannelStore
from bot.cli import main
from bot.cli.common import open_library, read_settings
from index.feeds.formats.opml import read_opml
from tests.feedserver import FeedServer

RSS = b'<rss version="2.0"><channel><title>Lake News</title></channel></rss>'


@pytest.fixture
def server():
    made = FeedServer()
    made.pages["/feed"] = (200, {}, RSS)
    yield made
    made.close()


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run commands on a temporary data folder; return exit code and output."""
    monkeypatch.setenv("PULLQUOTE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PULLQUOTE_ALLOW_PRIVATE_HOSTS", "true")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def command(*words):
        done = CliRunner().invoke(main, words)
        return done.exit_code, done.stdout, done.stderr

    return command


def test_a_feed_is_added_listed_polled_and_removed(run, server):
    url = server.url("/feed")
    assert run("feeds", "add", url) == (0, f"following  {url}  Lake News\n", "")
    assert run("feeds", "refresh") == (
        0,
        f"Lake News ({url})\n0 added, 0 updated, 0 unchanged, 0 failed.\n",
        "",
    )
    code, listed, _ = run("feeds", "list", "--json")
    (feed,) = json.loads(listed)
    assert feed.pop("last_success_at").endswith("+00:00")
    assert feed.pop("next_poll_at").endswith("+00:00")
    assert (code, feed) == (
        0,
        {
            "url": url,
            "title": "Lake News",
            "health": "healthy",
            "last_error": None,
            "failures": 0,
            "articles": 0,
        },
    )
    assert run("feeds", "remove", url) == (0, f"removed    {url}\n", "")
    assert run("feeds", "remove", url) == (1, "", f"pullquote: {url}: this feed is not followed\n")
    assert run("feeds", "list")[1] == "No feeds yet. Follow one with `pullquote feeds add URL`.\n"


def test_failed_poll_is_reported_and_shown(run, server):
    url = server.url("/feed")
    run("feeds", "add", url)
    server.pages["/feed"] = (500, {}, b"")
    code, told, failed = run("feeds", "refresh")
    assert (code, failed) == (
        1,
        f"failed     {url}: the server has an error (HTTP status 500)\n",
    )
    assert told.endswith("0 added, 0 updated, 0 unchanged, 1 failed.\n")
    shown = run("status")[1]
    assert "1, 0 healthy" in shown
    assert "failing" in shown
    assert "the server has an error (HTTP status 500)" in shown
    (feed,) = json.loads(run("status", "--json")[1])["feeds"]
    assert (feed["health"], feed["failures"]) == ("failing", 1)


def test_status_counts_articles_by_language(run, tmp_path):
    def languages():
        lines = map(str.split, run("status")[1].splitlines())
        return [line[1:] for line in lines if line[:1] == ["languages"]]

    texts = {
        "rat.md": "Der Rat der Stadt tagt am Montag und berät über die neue Brücke.",
        "council.md": "The council of the town meets on Monday and talks about the new bridge.",
        "ferry.md": "The ferry goes when four people wait at the pier in the morning.",
    }
    assert json.loads(run("status", "--json")[1])["languages"] == {}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    assert run("add", "council.md", "ferry.md")[0] == 0
    assert languages() == []
    assert run("add", "rat.md")[0] == 0
    assert languages() == [["en", "2,", "de", "1"]]
    assert json.loads(run("status", "--json")[1])["languages"] == {"en": 2, "de": 1}


def test_ended_feeds_are_not_refreshed_until_added_again(run, server):
    url = server.url("/feed")
    run("feeds", "add", url)
    server.pages["/feed"] = (410, {}, b"")
    run("feeds", "refresh")
    assert run("feeds", "refresh")[:2] == (0, "0 added, 0 updated, 0 unchanged, 0 failed.\n")
    server.pages["/feed"] = (200, {}, RSS)
    run("feeds", "add", url)
    assert run("feeds", "refresh")[1].startswith(f"Lake News ({url})\n")


def test_a_list_is_imported_with_its_failures_and_exported(run, server, tmp_path):
    urls = [server.url("/feed"), server.url("/none")]
    outlines = "".join(f'<outline xmlUrl="{url}"/>' for url in urls)
    (tmp_path / "in.opml").write_text(f"<opml><body>{outlines}</body></opml>")
    assert run("feeds", "import", "in.opml") == (
        1,
        f"following  {urls[0]}  Lake News\n1 followed, 1 failed.\n",
        f"failed     {urls[1]}: there is no such page (HTTP status 404)\n",
    )
    assert run("feeds", "export", "out.opml") == (0, "", "")
    assert read_opml((tmp_path / "out.opml").read_bytes(), "x") == urls[:1]
    assert run("feeds", "export")[1] == (tmp_path / "out.opml").read_text()
    problem = "Could not open file 'none/out.opml': No such file or directory"
    assert run("feeds", "export", "none/out.opml") == (1, "", f"pullquote: {problem}\n")
    (tmp_path / "in.opml").write_text("<rss/>")
    assert run("feeds", "import", "in.opml")[::2] == (
        1,
        "pullquote: in.opml: this is not an OPML document\n",
    )


def test_channel_that_cannot_be_followed_gets_a_reason(run):
    assert run("feeds", "add", "t.me/+AbC1") == (
        1,
        "",
        "pullquote: t.me/+AbC1: only its members can read a private channel or group\n",
    )
    with open_library(read_settings()) as library:
        ChannelStore(library.database).join(-1001, 7, "LakeNews")
    assert run("feeds", "add", "@lakenews") == (
        1,
        "",
        "pullquote: @lakenews: the bot is in this channel and reads it already\n",
    )
    assert run("feeds", "remove", "@lakenews") == (
        1,
        "",
        "pullquote: https://t.me/s/lakenews: this feed is not followed\n",
    )
