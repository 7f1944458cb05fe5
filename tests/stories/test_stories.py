"""A floor under stories so far: what a reader would list is in the quotes, and nothing twice.

Each file is one made-up story: its articles, a topic that names it, and ``facts``, which a reader
would list: words of the sentence that first tells each, and the other words in which articles tell
it again. All stories are in one library, so that their articles have to be told apart. Facts are
never dropped because of how they are told.
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
HELD_OUT = {"es-tren", "uk-kartyna"}
"""Written after the present rule; no threshold has seen them."""
TOLD = 0.92
"""Share of the facts."""
TWICE, TWICE_HELD_OUT = 1, 2
"""Measured: facts told again in other words."""
STRANGERS, STRANGERS_OF_ARTICLES = 1, 1
"""Measured: quotes of other stories among those of topics, and of articles."""


@dataclass(frozen=True)
class Told:
    """A story and its quotes."""

    name: str
    quotes: list[Quote]

    @property
    def counts(self) -> list[int]:
        """In how many quotes each fact is, in any of its words."""
        return [self._quotes_with(wordings) for wordings in STORIES[self.name]["facts"]]

    @property
    def same_words(self) -> list[int]:
        """In how many quotes the words are that first told each fact."""
        return [self._quotes_with(wordings[:1]) for wordings in STORIES[self.name]["facts"]]

    def _quotes_with(self, wordings: list[str]) -> int:
        return sum(any(each in quote.text for each in wordings) for quote in self.quotes)


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
    held_out = [each for each in of_topics if each.name in HELD_OUT]
    others = [each for each in of_topics if each.name not in HELD_OUT]
    missing = {each.name: each.counts for each in of_topics if 0 in each.counts}
    assert min(share(others), share(held_out)) >= TOLD, missing


def test_stories_of_an_article_find_most_of_it(of_articles):
    assert share(of_articles) >= 0.9, [(each.name, each.counts) for each in of_articles]


def test_no_fact_is_told_twice_in_the_same_words(of_topics, of_articles):
    told = (*of_topics, *of_articles)
    assert [each.name for each in told if max(each.same_words) > 1] == []


def test_hardly_a_fact_is_told_again_in_other_words(of_topics):
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
    assert strangers(of_topics) <= STRANGERS
    assert strangers(of_articles) <= STRANGERS_OF_ARTICLES


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
