"""What a poll does with the entries of a feed: which it reads, and what it remembers (pure)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile

from index.feeds.formats import plausible
from index.feeds.model import UNREAD, Attempt, Entry, EntryState, Feed
from qa.article import Article
from qa.errors import SourceError

TRIES = 5
"""How often the page of an entry is fetched before the entry's own text, or nothing, must do."""
EDITS = 3
"""How many changes of an entry are read at once; later ones at most once per ``EDIT_PAUSE``."""
EDIT_PAUSE = timedelta(hours=1)
NEWS = timedelta(days=3)
"""An entry that is older than this, and than its feed's last success, is backlog below others."""
REPUBLISHED = timedelta(hours=12)
"""An entry that replaces another one with the same text is the same article if their dates are less
than this apart."""
SKEW = timedelta(days=1)
"""How far a site's clock may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a poll does with a document.

    ``to_save`` is stored before anything is read. ``to_read`` holds the entries to read, oldest
    first, with what is known about them; those whose pages were down come last. ``on_top`` are the
    GUIDs of those that stand above all that was there before. ``is_complete`` is false when an
    entry that has changed is left for a later poll.
    """

    to_save: tuple[EntryState, ...]
    to_read: tuple[tuple[Entry, EntryState | None], ...]
    on_top: frozenset[str]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of an entry after an attempt to read it, and what is remembered about it.

    ``is_new_article``: the entry has become an article for the first time.
    """

    outcome: Article | SourceError
    state: EntryState
    is_new_article: bool


def plan(
    feed: Feed, entries: Sequence[Entry], stored: Mapping[str, EntryState], now: datetime
) -> Plan:
    """Decide which of a document's ``entries``, newest first, to read.

    ``stored`` maps GUIDs and links to what is known. All that a feed's first document lists is
    backlog, however late it will be read, so it is remembered before any of it is.
    """
    known = _known(entries, stored)
    to_save = [state for state in known.values() if stored.get(state.guid) != state]
    if feed.last_success_at is None:
        listed = [
            EntryState(entry.guid, None, UNREAD, now, is_backlog=True)
            for entry in entries
            if entry.guid not in known
        ]
        known |= {state.guid: state for state in listed}
        to_save += listed
    pairs = [(entry, known.get(entry.guid)) for entry in reversed(entries)]
    to_read = sorted((pair for pair in pairs if should_read(*pair, now)), key=_tries)
    is_complete = all(should_read(*pair, now) or _is_as_read(*pair) for pair in pairs)
    return Plan(tuple(to_save), tuple(to_read), _on_top(entries, known), is_complete)


def _tries(pair: tuple[Entry, EntryState | None]) -> int:
    _, before = pair
    return before.tries if before else 0


def _on_top(entries: Sequence[Entry], known: Mapping[str, EntryState]) -> frozenset[str]:
    """Return the GUIDs of the entries that are above all known ones.

    Where none is known, that is the first alone: a site that was moved has new GUIDs for all.
    """
    above = [entry.guid for entry in takewhile(lambda each: _is_new(known.get(each.guid)), entries)]
    return frozenset(above if len(above) < len(entries) else above[:1])


def _is_new(before: EntryState | None) -> bool:
    """Whether an entry was not there before, or its page never was."""
    return before is None or not (before.article or before.is_backlog or not before.tries)


def _known(entries: Sequence[Entry], stored: Mapping[str, EntryState]) -> dict[str, EntryState]:
    """Map the GUIDs of entries to what is known about them.

    An early version stored no fingerprints: its entries count as read in their present form. It
    also knew an entry without a GUID by its link as written. An entry of which all but the GUID is
    that of an entry which the document no longer lists is that entry.
    """
    listed = {entry.guid for entry in entries}
    gone = {state.fingerprint: state for state in stored.values() if state.guid not in listed}
    known = {}
    for entry in entries:
        state = stored.get(entry.guid) or _of_early_version(stored.get(entry.link))
        if state is None and (same := gone.pop(entry.fingerprint, None)):
            state = replace(same, guid=entry.guid)
        if state is not None and state.fingerprint is None:
            state = replace(state, fingerprint=entry.fingerprint)
        if state is not None:
            known[entry.guid] = state
    return known


def _of_early_version(state: EntryState | None) -> EntryState | None:
    return state if state and state.fingerprint is None else None


def _is_as_read(entry: Entry, state: EntryState | None) -> bool:
    return state is not None and state.fingerprint == entry.fingerprint


def should_read(entry: Entry, before: EntryState | None, now: datetime) -> bool:
    """Whether an entry is new, has changed, or has not been read completely yet.

    Some feeds change an entry at each poll, such as its count of comments; not all of these changes
    are read.
    """
    if before is None:
        return True
    if before.fingerprint != entry.fingerprint:
        return before.edits < EDITS or now >= before.read_at + EDIT_PAUSE
    return should_retry(before)


def should_retry(state: EntryState) -> bool:
    """Whether the page of an entry that has not changed is fetched again."""
    return 0 < state.tries < TRIES


def is_last_try(before: EntryState | None) -> bool:
    """Whether an entry's page is fetched for the last time unless the entry changes."""
    return before is not None and before.tries >= TRIES - 1


def decide(
    entry: Entry,
    before: EntryState | None,
    feed: Feed,
    attempt: Attempt,
    now: datetime,
    *,
    earlier: str | None = None,
    is_on_top: bool = False,
    news: timedelta | None = None,
) -> Decision:
    """Decide what an attempt to read an entry leads to.

    An article keeps the id that the entry's article has, whatever changed, or that of the
    ``earlier`` form under another GUID. A date in the future, or of long before the web, is
    dropped. An entry that is new on top of its feed is news whatever its date, unless ``news`` says
    how long an entry is.
    """
    outcome = attempt.outcome
    if isinstance(outcome, Article):
        id_ = (before and before.article) or earlier or outcome.id
        article = replace(outcome, id=id_, published_at=_plausible(outcome.published_at, now))
        age = timedelta.max if is_on_top else NEWS
        is_backlog = _is_backlog(article, before, feed, now, news or age)
        outcome = replace(article, is_backlog=is_backlog)
    state = _state_after(entry, before, replace(attempt, outcome=outcome), now)
    is_known = bool((before and before.article) or earlier)
    return Decision(outcome, state, bool(state.article) and not is_known)


def earlier_form(article: Article, forms: Iterable[Article], listed: Collection[str]) -> str | None:
    """Return the id of the article that became this one when a paper changed its address.

    ``forms`` tell the same. An article that the feed still has (its id is ``listed``), or one of
    another day, is not an earlier form: bulletins may be repeated word for word.
    """
    return next((f.id for f in forms if f.id not in listed and _is_same_day(f, article)), None)


def _is_same_day(one: Article, other: Article) -> bool:
    if one.published_at is None or other.published_at is None:
        return True
    return abs(one.published_at - other.published_at) < REPUBLISHED


def _plausible(moment: datetime | None, now: datetime) -> datetime | None:
    if moment is None or moment > now + SKEW or plausible(moment.timestamp()) is None:
        return None
    return moment


def _is_backlog(
    article: Article, before: EntryState | None, feed: Feed, now: datetime, news: timedelta
) -> bool:
    """Whether an article is not news: in the feed's first document, read before, or old."""
    if feed.last_success_at is None or (before and before.is_backlog):
        return True
    if before and (before.article or not before.tries):
        return True
    moment = article.published_at
    return moment is not None and now - moment > news and moment < feed.last_success_at


def _state_after(
    entry: Entry, before: EntryState | None, attempt: Attempt, now: datetime
) -> EntryState:
    became = attempt.outcome.id if isinstance(attempt.outcome, Article) else None
    retry = attempt.should_retry
    if before is None:
        return EntryState(entry.guid, became, entry.fingerprint, now, tries=int(retry))
    return EntryState(
        before.guid,
        became or before.article,
        entry.fingerprint,
        now,
        tries=before.tries + 1 if retry else 0,
        edits=before.edits + (before.fingerprint not in (UNREAD, entry.fingerprint)),
        is_backlog=before.is_backlog,
    )
