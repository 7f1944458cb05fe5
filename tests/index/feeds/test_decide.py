"""What a poll reads and stores, decided from values alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from index.feeds.decide import EDIT_PAUSE, EDITS, NEWS, SKEW, TRIES, decide, plan
from index.feeds.model import UNREAD, Attempt, Entry, EntryState, Feed
from qa.article import Article
from qa.errors import SourceError

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
BEFORE = NOW - timedelta(minutes=10)
NEW = Feed(
    1, "https://oak.example/feed", "Oak", "on", *[None] * 3, timedelta(), NOW, None, None, 0, 0, NOW
)
KNOWN = replace(NEW, last_success_at=BEFORE)
ENTRY = Entry("g", "https://oak.example/1", "One", "", None, "f1")
READ = EntryState("g", "a", "f1", BEFORE)
ARTICLE = Article("x", "One", "Text.")
DOWN = SourceError("https://oak.example/1", "the server has an error (HTTP status 503)")


def read(feed, entries, *states, now=NOW):
    """Return the GUIDs to read."""
    planned = plan(feed, entries, {state.guid: state for state in states}, now)
    return [entry.guid for entry, _ in planned.to_read]


def test_new_entries_are_read_oldest_first_and_known_ones_are_not():
    entries = [replace(ENTRY, guid=guid) for guid in ("c", "b", "a")]
    planned = plan(KNOWN, entries, {"b": replace(READ, guid="b")}, NOW)
    assert planned.to_read == ((entries[2], None), (entries[0], None))
    assert (planned.to_save, planned.is_complete) == ((), True)


def test_everything_in_the_first_document_is_stored_as_backlog_before_it_is_read():
    planned = plan(NEW, [ENTRY], {}, NOW)
    listed = EntryState("g", None, UNREAD, NOW, is_backlog=True)
    assert planned.to_save == (listed,)
    assert planned.to_read == ((ENTRY, listed),)


def test_entry_read_by_an_early_version_gets_a_current_fingerprint():
    old = EntryState(ENTRY.link, "a", None, BEFORE)
    planned = plan(KNOWN, [ENTRY], {ENTRY.link: old}, NOW)
    assert planned.to_save == (replace(old, fingerprint="f1"),)
    assert planned.to_read == ()


def test_changes_are_read_up_to_an_hourly_limit():
    changed = replace(ENTRY, fingerprint="f2")
    often = replace(READ, edits=EDITS)
    assert read(KNOWN, [changed], replace(READ, edits=EDITS - 1)) == ["g"]
    assert read(KNOWN, [changed], often) == []
    assert not plan(KNOWN, [changed], {"g": often}, NOW).is_complete
    assert read(KNOWN, [changed], often, now=BEFORE + EDIT_PAUSE) == ["g"]


@pytest.mark.parametrize(("tries", "again"), [(0, []), (1, ["g"]), (TRIES - 1, ["g"]), (TRIES, [])])
def test_page_that_was_down_is_retried_a_few_times(tries, again):
    assert read(KNOWN, [ENTRY], replace(READ, tries=tries)) == again


def test_article_keeps_the_id_of_its_entry():
    decision = decide(ENTRY, READ, KNOWN, Attempt(ARTICLE, should_retry=False), NOW)
    assert decision.outcome == replace(ARTICLE, id="a", is_backlog=True)
    assert decision.state == replace(READ, read_at=NOW)
    assert not decision.is_new_article


@pytest.mark.parametrize(
    ("feed", "before", "published_at", "is_backlog"),
    [
        (KNOWN, None, None, False),
        (NEW, None, None, True),
        (KNOWN, EntryState("g", None, UNREAD, BEFORE, is_backlog=True), None, True),
        (KNOWN, EntryState("g", None, "f1", BEFORE, tries=1), None, False),
        (KNOWN, EntryState("g", "a", "f1", BEFORE, tries=1), None, True),
        (KNOWN, None, NOW - NEWS, False),
        (KNOWN, None, NOW - NEWS - timedelta(seconds=1), True),
        (replace(KNOWN, last_success_at=NOW - 9 * NEWS), None, NOW - 8 * NEWS, False),
    ],
)
def test_entries_are_news_or_backlog(feed, before, published_at, is_backlog):
    attempt = Attempt(replace(ARTICLE, published_at=published_at), should_retry=False)
    assert decide(ENTRY, before, feed, attempt, NOW).outcome.is_backlog is is_backlog


@pytest.mark.parametrize(
    ("published_at", "kept"),
    [
        (NOW + SKEW, NOW + SKEW),
        (NOW + 2 * SKEW, None),
        (None, None),
        (datetime(1970, 1, 1, tzinfo=UTC), None),
        (datetime(1, 1, 1, tzinfo=UTC), None),
        (datetime(1995, 1, 1, tzinfo=UTC), datetime(1995, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_date_that_cannot_be_is_dropped(published_at, kept):
    attempt = Attempt(replace(ARTICLE, published_at=published_at), should_retry=False)
    assert decide(ENTRY, None, KNOWN, attempt, NOW).outcome.published_at == kept


def test_failures_are_counted_and_a_later_success_is_a_new_article():
    down = Attempt(DOWN, should_retry=True)
    first = decide(ENTRY, None, KNOWN, down, NOW)
    assert (first.outcome, first.state.tries, first.is_new_article) == (DOWN, 1, False)
    second = decide(ENTRY, first.state, KNOWN, down, NOW)
    assert second.state == EntryState("g", None, "f1", NOW, tries=2)
    third = decide(ENTRY, second.state, KNOWN, Attempt(ARTICLE, should_retry=False), NOW)
    assert third.state == EntryState("g", "x", "f1", NOW)
    assert third.is_new_article
