"""Nobody is quoted, listed or alerted an article that is not theirs."""

import contextlib
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts.composing import Composer
from bot.alerts.matcher import AlertMatcher
from bot.alerts.store import AlertStore
from bot.own_feeds import own_feeds
from bot.settings import OpenFeedsFor, Settings
from bot.subscriptions.model import Destination, Interest
from index.feeds.store import FeedStore
from index.indexer import Indexer
from index.outcome import Outcome
from qa import Article, Fidelity, Library
from qa.search.vectors import FEWEST
from tests.conftest import url_of
from tests.counting import Counting

WORDS = ("rain", "bridge", "mayor", "bus")
READERS = (1, 2, 3)
FEEDS = 3
PERSONAL, ALL = 12, 18


def article(n, **how):
    word = WORDS[n % len(WORDS)]
    text = f"In street number {n} the {word} was seen. Person {n * 7} told so of the {word}."
    how = {"source": f"Paper {n % 5}", "is_personal": n < PERSONAL} | how
    return Article(f"a{n}", f"The {word} in street {n}", text, f"https://e.org/{n}", **how)


class Shelf:
    """A library whose feeds each example draws anew."""

    def __init__(self, folder, **how):
        self.settings = Settings(data_dir=folder, open_feeds=True, **how)
        self.library = Library(self.settings, Counting(*WORDS))
        self.feeds = FeedStore(self.library.database)
        self.alerts = AlertStore(self.library)
        self.indexer = Indexer(self.library)
        self.added = list(map(article, range(ALL)))
        list(self.indexer.add_all(self.added))
        own_feeds(self.feeds, self.alerts.blocks, self.library, self.settings)
        self.matcher = AlertMatcher(self.library, self.alerts)
        for reader in READERS:
            for interest in (Interest(), Interest("rain"), Interest(source="Paper 1")):
                place = Destination(reader)
                self.alerts.subscriptions.subscribe(place, interest, reader, 0.0)
        self.catch_up()

    def catch_up(self):
        while not self.matcher._match_next():
            pass

    def draw(self, followers, brought):
        """Follow the feeds anew; each is everybody's, or has some followers."""
        for feed in self.feeds.all():
            self.feeds.remove(feed.url)
        for number, who in enumerate(followers):
            url = f"https://feeds.org/{number}"
            for each in [None] if who is None else who:
                feed = self.feeds.follow(url, f"Feed {number}", timedelta(), each)
            for id_ in brought.get(number, ()) if who is None or who else ():
                self.feeds.bring(feed, id_)

    def alerted(self, number):
        sql = "SELECT chat_id FROM outbox WHERE article_number = ?"
        with self.library.database.read() as db:
            return {row[0] for row in db.execute(sql, (number,))}


@contextlib.contextmanager
def opened(folder, engine, **how):
    with url_of(engine) as url:
        made = Shelf(folder, database_url=url, **how)
        with contextlib.closing(made.library):
            yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory, engine):
    with opened(tmp_path_factory.mktemp("shelf"), engine) as made:
        yield made


@pytest.fixture
def shelf(tmp_path, engine):
    with opened(tmp_path, engine) as made:
        yield made


def quoted(quotes):
    return {each.id for quote in quotes for each in (quote.article, *quote.also_in)}


def shown(view, question, verified):
    """Return the ids of all articles that a library shows to a reader, one way or the other."""
    stored = [f"a{n}" for n in range(ALL)]
    numbers = range(1, ALL + 1)
    found = quoted(view.ask(question, 20).quotes)
    found |= {each.id for each in view.rank(question).articles.values()}
    found |= quoted(q for each in view.look_up([verified.text], "en") for q in each.quotes)
    receipt = view.verify(verified.text)
    found |= {each.id for each in (receipt.article, *receipt.also_in) if each}
    found |= {each.id for story in view.latest_stories(99) for each in story}
    found |= {each.id for each in view.newest(99, view.sources(), stored)}
    found |= {each.id for each in view.articles(numbers).values()}
    found |= {each.id for id_ in stored if (each := view.article(id_))}
    found |= {each.id for n in range(ALL) if (each := view.article(f"https://e.org/{n}"))}
    found |= {each.id for n in range(ALL) if (each := view.titled(article(n).title))}
    found |= quoted(view.story_so_far(question))
    known = view.store.article(verified.id) or replace(verified, number=1 + int(verified.id[1:]))
    found |= quoted(view.story_of(known)) | {each.id for each in view.story(known)}
    near = (view.opening(known), view.passage_like(known, verified.text))
    return found | quoted(filter(None, near))


@settings(max_examples=12)
@given(
    followers=st.lists(
        st.none() | st.sets(st.sampled_from(READERS)), min_size=FEEDS, max_size=FEEDS
    ),
    brought=st.dictionaries(
        st.integers(0, FEEDS - 1), st.sets(st.integers(0, PERSONAL - 1)), max_size=FEEDS
    ),
    word=st.sampled_from(WORDS),
    verified=st.integers(0, ALL - 1),
    comes_by=st.sets(st.integers(0, FEEDS - 1)),
)
def test_nobody_is_quoted_listed_or_alerted_an_article_that_is_not_theirs(
    shared, followers, brought, word, verified, comes_by
):
    new = article(len(shared.added), is_personal=True)
    shared.added.append(new)
    by_feed = {
        n: [f"a{each}" for each in brought.get(n, ())] + [new.id] * (n in comes_by)
        for n in range(FEEDS)
    }
    shared.draw(followers, by_feed)
    ((_, outcome),) = shared.indexer.add_all([new])
    assert outcome is Outcome.ADDED
    shared.catch_up()

    def is_theirs(reader, feed):
        return followers[feed] is None or reader in followers[feed]

    def sees(reader):
        own = {id_ for n, ids in by_feed.items() if is_theirs(reader, n) for id_ in ids}
        return own | {f"a{n}" for n in range(PERSONAL, ALL)}

    for reader in (None, *READERS):
        theirs, view = sees(reader) - {new.id}, shared.library.seen_by(reader)
        question = f"Where was the {word} seen?"
        assert shown(view, question, article(verified)) - {new.id} == theirs
        sources = {article(int(id_[1:])).source for id_ in sees(reader)}
        assert {*view.sources()} == sources
        is_verbatim = view.verify(article(verified).text).fidelity is Fidelity.VERBATIM
        assert is_verbatim == (f"a{verified}" in theirs)
        assert (view.article(new.id) is not None) == (new.id in sees(reader))
    number = shared.library.article(new.id).number
    assert shared.alerted(number) == {reader for reader in READERS if new.id in sees(reader)}
    shared.indexer.remove(new.id)


def test_answers_are_filled_with_what_may_be_seen_however_much_is_hidden(shelf):
    hidden = [
        replace(article(n), id=f"h{n}", title="Rain", text="Rain, rain.", is_personal=True)
        for n in range(ALL, ALL + FEWEST + 50)
    ]
    list(shelf.indexer.add_all(hidden))
    whole, view = shelf.library, shelf.library.seen_by(None)
    assert quoted(whole.ask("rain?", 1).quotes) < {each.id for each in hidden}
    assert quoted(view.ask("rain?", 20).quotes) == {"a12", "a16"}
    assert view.verify(article(16).text).fidelity is Fidelity.VERBATIM


def test_everyone_is_answered_from_all_feeds_if_the_owner_says_so(tmp_path):
    with opened(tmp_path, "sqlite", open_feeds_for=OpenFeedsFor.EVERYONE) as shelf:
        assert shelf.library.seen_by(None) is shelf.library


def test_article_that_comes_to_be_everybodys_is_alerted_to_the_others_once(shelf):
    new = article(40, is_personal=True)
    shelf.draw([{1}], {0: [new.id]})
    shelf.indexer.add(new)
    shelf.catch_up()
    number = shelf.library.article(new.id).number
    assert shelf.alerted(number) == {1}
    assert shelf.indexer.add(replace(new, is_personal=True)) is Outcome.UNCHANGED
    assert shelf.indexer.add(replace(new, is_personal=False)) is Outcome.UPDATED
    shelf.catch_up()
    assert shelf.alerted(number) == {*READERS}
    assert shelf.library.seen_by(None).article(new.id).text == new.text
    assert shelf.indexer.add(replace(new, is_personal=True, stream="feed 9")) is Outcome.UNCHANGED
    assert shelf.library.seen_by(None).article(new.id) is not None


def test_backlog_of_a_feed_of_everybodys_alerts_nobody_to_what_was_personal(shelf):
    other = article(41, is_personal=True)
    shelf.draw([{1}], {0: [other.id]})
    shelf.indexer.add(other)
    shelf.catch_up()
    shelf.indexer.add(replace(other, is_personal=False, is_backlog=True))
    shelf.catch_up()
    assert shelf.alerted(shelf.library.article(other.id).number) == {1}


def test_what_waits_is_dropped_when_its_chat_leaves_the_feed(shelf):
    new = article(40, is_personal=True)
    shelf.draw([{1, 2}], {0: [new.id]})
    shelf.indexer.add(new)
    shelf.catch_up()
    shelf.feeds.leave(1, *shelf.feeds.of(1))
    rows = [shelf.alerts.outbox.claim(Destination(reader), 0.0) for reader in (1, 2)]
    composed = [Composer(shelf.library, shelf.alerts).compose(row) for row in rows]
    assert [new.title in message.html if message else None for message in composed] == [None, True]


def test_story_that_was_told_by_an_own_feed_is_told_to_the_others_only(shelf):
    new = article(40, is_personal=True, stream="feed 1")
    shelf.draw([{1}], {0: [new.id]})
    shelf.indexer.add(new)
    copy = replace(new, id="copy", url=None, stream=None, is_personal=False)
    shelf.indexer.add(copy)
    shelf.catch_up()
    assert shelf.alerted(shelf.library.article(new.id).number) == {1}
    assert shelf.alerted(shelf.library.article("copy").number) == {2, 3}


def test_feed_of_somebody_changes_no_article_of_others(shelf):
    for stored in (article(PERSONAL), article(0)):  # everybody's, and another feed's
        forged = replace(stored, text="Nobody saw it.", is_personal=True, stream="feed 9")
        assert shelf.indexer.add(forged) is Outcome.UNCHANGED
        assert shelf.library.article(stored.id).text == stored.text
    copy = replace(article(PERSONAL), id="forged", is_personal=True, stream="feed 9")
    assert shelf.indexer.add(replace(copy, text=f"{copy.text} Not so.")) is Outcome.ADDED
    assert shelf.library.article(f"a{PERSONAL}").text == copy.text
