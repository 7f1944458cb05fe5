"""A row of the outbox becomes the message that is sent, from the article as it is now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from telegram import InlineKeyboardMarkup

from bot.alerts.model import KeptQuote, Kind, Pending, Subscription
from bot.alerts.store import AlertStore
from bot.buttons import keyboards
from bot.texts import alerts as alert_messages
from bot.texts.catalogue import ENGLISH
from qa import Library, Quote


@dataclass(frozen=True, slots=True)
class Told:
    """An alert as it is now: its quote, and the subscriptions that still ask for it."""

    quote: Quote
    subscriptions: tuple[Subscription, ...]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that is ready to be sent, or to take the place of another."""

    pending: Pending
    html: str
    buttons: InlineKeyboardMarkup | None = None


class Composer:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, library: Library, store: AlertStore) -> None:
        self._library = library
        self._store = store

    def compose(self, pending: Pending) -> Outgoing | None:
        """The message; ``None`` when there is nothing to tell any more."""
        if pending.kind in {Kind.DIGEST, Kind.NOTICE}:
            return Outgoing(pending, pending.html or "")
        told = self.told(pending)
        if told is None or (pending.kind is Kind.EDIT and pending.message_id is None):
            return None
        interests = [each.interest for each in told.subscriptions]
        html = pending.html or alert_messages.alert(ENGLISH, told.quote, interests)
        # The alert's own number stands in the buttons of an edit, too.
        buttons = keyboards.alert(ENGLISH, pending.alert_id, told.subscriptions)
        return Outgoing(pending, html, buttons)

    def told(self, pending: Pending) -> Told | None:
        """``None`` when all articles of it were removed, or all subscriptions that asked ended."""
        subscriptions = self._store.subscriptions.lasting(pending.reasons)
        if pending.quote is None or not subscriptions:
            return None
        quote = self._quote(pending.quote, pending.also)
        return Told(quote, tuple(subscriptions)) if quote else None

    def _quote(self, kept: KeptQuote, also: Sequence[str]) -> Quote | None:
        """Of an article that was removed, the opening of the next that tells the same."""
        others = [article for id_ in also if (article := self._library.article(id_))]
        quote = self._current(kept)
        if quote is None and others:
            quote = self._library.opening(others.pop(0))
        return replace(quote, also_in=tuple(others)) if quote else None

    def _current(self, kept: KeptQuote) -> Quote | None:
        """The passage where it stands now; the opening of an article that has it no more."""
        article = self._library.article(kept.article_id)
        if article is None or article.number != kept.article_number:
            return None
        if article.text[kept.start : kept.end] == kept.text:
            start = kept.start
        else:
            start = article.text.find(kept.text)
        if not kept.text or start < 0:
            return self._library.opening(article)
        return Quote(
            article,
            kept.text,
            start,
            start + len(kept.text),
            kept.paragraph,
            score=1.0,
            highlight=kept.highlight,
        )
