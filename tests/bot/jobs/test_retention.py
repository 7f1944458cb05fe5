"""Old articles are removed, in the background and by a command."""

import asyncio
import logging
import time

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.feedback.store import FeedbackStore
from bot.jobs.retention import DAY_SECONDS, LOOK_SECONDS, PAUSE_SECONDS, Retention
from index.indexer import REMOVED_AT_ONCE, Indexer
from qa import Article


def age(library, days, *ids):
    """Set how many days ago articles were added."""
    with library.database.write() as db:
        for each in ids:
            sql = "UPDATE articles SET added_at = added_at - ? WHERE id = ?"
            db.execute(sql, (days * DAY_SECONDS, each))


def ids(library):
    return sorted(each.id for each in library.articles_after(0, 999))


def test_article_is_removed_within_the_hour_it_becomes_too_old(room, bridge, mayor, cars, caplog):
    caplog.set_level(logging.INFO)
    room.add(bridge, mayor, cars)
    age(room.library, 30.1, "bridge")
    retention = Retention(Indexer(room.library), FeedbackStore(room.library.database), 30)
    assert asyncio.run(retention.remove_next()) == PAUSE_SECONDS
    assert asyncio.run(retention.remove_next()) == LOOK_SECONDS
    assert ids(room.library) == ["cars", "mayor"]
    assert "Articles removed that came in more than 30 days ago: 1" in caplog.text
    assert room.library.ask("Why was the old bridge closed?").quotes[0].article.id != "bridge"


def test_many_articles_are_removed_in_batches(room):
    many = [Article(f"a{n}", "T", "") for n in range(REMOVED_AT_ONCE + 1)]
    room.add(*many)
    age(room.library, 3, *(each.id for each in many))
    indexer = Indexer(room.library)
    moment = time.time() - 2 * DAY_SECONDS
    assert [indexer.remove_before(moment) for _ in range(3)] == [REMOVED_AT_ONCE, 1, 0]


def test_bot_with_a_retention_period_removes_older_articles(room, bridge, mayor):
    room.add(bridge, mayor)
    age(room.library, 2, "mayor")
    room.settings = room.settings.model_copy(update={"keep_days": 1})
    room.start()
    ends = time.monotonic() + 10
    while ids(room.library) != ["bridge"] and time.monotonic() < ends:
        time.sleep(0.01)
    assert ids(room.library) == ["bridge"]


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (["--older-than", "3"], "1 article older than 3 days removed.\n"),
        (["--older-than", "1"], "2 articles older than one day removed.\n"),
        (["--older-than", "9"], "0 articles older than 9 days removed.\n"),
    ],
)
def test_command_removes_articles_older_than_the_given_age(
    room, bridge, mayor, cars, arguments, output
):
    room.add(bridge, mayor, cars)
    age(room.library, 2, "mayor")
    age(room.library, 4, "cars")
    done = room.command("remove", *arguments)
    assert (done.exit_code, done.output) == (0, output)


@pytest.mark.parametrize("arguments", [[], ["bridge", "--older-than", "3"]])
def test_command_requires_articles_or_an_age(arguments):
    done = CliRunner().invoke(main, ["remove", *arguments], prog_name="pullquote")
    assert done.exit_code == 2
    assert done.output == (
        "pullquote: Give either the articles to remove or --older-than DAYS. "
        "See `pullquote remove --help`.\n"
    )
