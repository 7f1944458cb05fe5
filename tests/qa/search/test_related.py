"""Which articles a story is told from, with the packaged English model."""

import pytest

from index.indexer import Indexer
from index.samples import folder
from index.sources.registry import read
from qa import Article, Library, Settings
from qa.search.related import on_same_events, on_topic

WATER = Article(
    "water",
    "Water returns to Penly",
    "Taps in Penly run again after a pipe was mended on Friday. The town had been dry for a week.\n"
    "Hospitals used bottled water. A shop on Mill Lane gave it away.",
    language="en",
)
LEAK = Article(
    "leak",
    "A pipe bursts in Penly",
    "A pipe burst under Mill Lane, and Penly has no water. Schools in Penly sent children home.",
    language="en",
)
THEFT = Article(
    "theft",
    "Clock gone from museum",
    "Thieves took a clock from the museum on Mill Lane. Nobody heard them on Friday.",
    language="en",
)


@pytest.fixture(scope="module")
def library(tmp_path_factory, encoder):
    opened = Library(Settings(data_dir=tmp_path_factory.mktemp("related")), encoder)
    for _ in Indexer(opened).add_all([*read(str(folder()), allow_private=False)]):
        pass
    for _ in Indexer(opened).add_all([WATER, LEAK, THEFT]):
        pass
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("topic", "titles"),
    [
        ("tunnel", ["How the Channel Tunnel Was Dug"]),
        ("Channel Tunnel", ["How the Channel Tunnel Was Dug"]),
        ("rock", ["How the Channel Tunnel Was Dug"]),  # which mentions it, too, but most
        ("seed vault", ["The Vault That Keeps the World's Seeds"]),
        ("Penly water", ["Water returns to Penly", "A pipe bursts in Penly"]),
    ],
)
def test_article_that_only_mentions_a_topic_is_not_about_it(library, topic, titles):
    assert {each.title for each in on_topic(library.rank(topic))} == set(titles)


def test_articles_that_share_a_passing_mention_tell_of_different_events(library):
    article = library.article(LEAK.id)
    with library.view() as retriever:
        assert [each.id for each in on_same_events(article, retriever)] == ["leak", "water"]
