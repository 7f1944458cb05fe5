"""A floor under stories so far: what a reader would list is in the quotes, and nothing twice.

Each file is one made-up story: its articles, a topic that names it, and ``facts``, words of the
sentence that tells each fact, which a reader would list. All stories are in one library, so that
their articles have to be told apart. Facts are never dropped because of how they are told.
"""

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from index.indexer import Indexer
from qa import Article, Library, Quote, Settings
from qa.search.story import MOST

HERE = Path(__file__).parent
STORIES = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in HERE.glob("*.toml")}
DEVELOPED_ON = {"en-ferry", "en-dam", "uk-metro", "uk-bear", "de-brewery"}
HELD_OUT = {"en-lighthouse", "uk-tram", "es-acueducto"}
"""Written later, with background that repeats the words of facts; no threshold has seen them."""
TOLD = 0.9
"""Share of the facts."""
TWICE, TWICE_HELD_OUT, STRANGERS = 1, 3, 1
"""Measured: facts told twice; and quotes of other stories among those of an article."""


@dataclass(frozen=True)
class Told:
    """A story and its quotes."""

    name: str
    quotes: list[Quote]

    @property
    def counts(self) -> list[int]:
        """In how many quotes each fact is."""
        texts = [quote.text for quote in self.quotes]
        return [sum(fact in text for text in texts) for fact in STORIES[self.name]["facts"]]


def articles(name: str) -> list[Article]:
    story = STORIES[name]
    return [
        Article(
            f"{name}-{number}",
            each["title"],
            each["text"].strip(),
            url=f"https://{name}.example/{number}",
            source=each["source"],
            published_at=datetime.combine(each["date"], time(9), UTC),
            language=story["language"],
        )
        for number, each in enumerate(story["articles"])
    ]


@pytest.fixture(scope="module")
def library(tmp_path_factory, multilingual):
    opened = Library(Settings(data_dir=tmp_path_factory.mktemp("stories")), multilingual)
    for _ in Indexer(opened).add_all(each for name in STORIES for each in articles(name)):
        pass
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def of_topics(library):
    return [Told(name, library.story_so_far(story["topic"])) for name, story in STORIES.items()]


@pytest.fixture(scope="module")
def of_articles(library):
    last = {name: library.article(articles(name)[-1].id) for name in STORIES}
    return [Told(name, library.story_of(article)) for name, article in last.items()]


def share(told: list[Told]) -> float:
    counts = [count for each in told for count in each.counts]
    return sum(map(bool, counts)) / len(counts)


def test_stories_of_topics_have_what_a_reader_would_list(of_topics):
    developed = [each for each in of_topics if each.name in DEVELOPED_ON]
    others = [each for each in of_topics if each.name not in DEVELOPED_ON | HELD_OUT]
    held_out = [each for each in of_topics if each.name in HELD_OUT]
    shares = list(map(share, (developed, others, held_out)))
    missing = {each.name: each.counts for each in of_topics if 0 in each.counts}
    assert min(shares) >= TOLD, (shares, missing)


def test_stories_of_an_article_find_most_of_it(of_articles):
    assert share(of_articles) >= TOLD, [(each.name, each.counts) for each in of_articles]


def test_hardly_a_fact_is_told_twice(of_topics):
    twice = {each.name: sum(count > 1 for count in each.counts) for each in of_topics}
    held_out = sum(twice.pop(name) for name in HELD_OUT)
    assert sum(twice.values()) <= TWICE
    assert held_out <= TWICE_HELD_OUT


def test_quotes_are_verbatim_and_in_order(of_topics, of_articles):
    for told in (*of_topics, *of_articles):
        assert 0 < len(told.quotes) <= MOST
        assert all(q.article.text[q.start : q.end] == q.text for q in told.quotes)
        days = [q.article.published_at for q in told.quotes]
        assert days == sorted(days)


def test_other_stories_stay_out(of_topics, of_articles):
    assert strangers(of_topics) == 0
    assert strangers(of_articles) <= STRANGERS


def strangers(stories: list[Told]) -> int:
    return sum(not q.article.id.startswith(each.name) for each in stories for q in each.quotes)


def test_most_of_the_texts_is_left_out(of_topics):
    quoted = sum(len(quote.text) for told in of_topics for quote in told.quotes)
    whole = sum(len(each.text) for name in STORIES for each in articles(name))
    assert quoted < 0.7 * whole


def test_figures_of_two_sources_stand_beside_each_other(of_topics):
    texts = {told.name: [quote.text for quote in told.quotes] for told in of_topics}
    for name, figures in (
        ("en-dam", ("40 homes", "55 homes")),
        ("de-bridge", ("12.000", "15.000")),
    ):
        places = [n for n, text in enumerate(texts[name]) if any(each in text for each in figures)]
        assert places[1:] == [places[0] + 1], texts[name]


def test_since_a_day_only_what_is_new_from_then_on(library):
    since = datetime(2026, 1, 17, tzinfo=UTC)
    quotes = library.story_so_far(STORIES["en-dam"]["topic"], since)
    titles = dict.fromkeys(quote.article.title for quote in quotes)
    assert list(titles) == ["Pumps lower the lake at Torrin", "Torrin comes home"]
    assert library.story_so_far("Torrin dam", datetime(2027, 1, 1, tzinfo=UTC)) == []
    assert library.story_so_far("Mozzarella recipes of Calabria") == []
