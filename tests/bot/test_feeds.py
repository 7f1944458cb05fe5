"""What feeds are called in questions."""

from datetime import timedelta

from bot.feeds import FeedNames
from index.feeds.store import FeedStore

OAK, ELM = "https://oak.test/feed", "https://elm.test/feed"


def test_names_of_streams_are_read_again_only_when_one_has_changed(database):
    feeds = FeedStore(database)
    oak = feeds.follow(OAK, "Daily Oak", timedelta())
    names = FeedNames(feeds)
    found = names.read()
    assert {stream: {*called} for stream, called in found.items()} == {
        "feed 1": {OAK, "oak.test", "Daily Oak"}
    }
    feeds.pause(oak.id)
    assert names.read() is found
    feeds.follow(ELM, "Elm", timedelta())
    assert {*names.read()} == {"feed 1", "feed 2"}
    assert {*names.read()["feed 2"]} == {ELM, "elm.test", "Elm"}
