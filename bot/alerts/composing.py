"""Turns a row of the outbox into a message, from the article as it is now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from telegram import InlineKeyboardMarkup

from bot.alerts.model import OutboxRow, RowKind, StoredQuote
from bot.alerts.split import fits
from bot.alerts.store import AlertStore
from bot.keyboards import alerts as keyboards
from bot.subscriptions.model import Subscription
from bot.texts import alerts as alert_messages
from index.documents.marks import without_marks
from qa import Article, Library, Quote
from qa.article import elsewhere
from qa.language import language_of
from qa.language.corrections import Correction
from qa.library import EDITED


@dataclass(frozen=True, slots=True)
class CurrentAlert:
    """An alert as it should read now: its quote and the subscriptions that are still active."""

    quote: Quote
    subscriptions: tuple[Subscription, ...]
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message that is ready to send, or the new content of an older one."""

    row: OutboxRow
    html: str
    buttons: InlineKeyboardMarkup | None = None


class Composer:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, library: Library, store: AlertStore) -> None:
        self._library = library
        self._store = store

    def compose(self, row: OutboxRow) -> OutgoingMessage | None:
        """The message for ``row``; ``None`` if there is no longer anything to send."""
        if row.kind is RowKind.NOTICE:
            return OutgoingMessage(row, row.html or "")
        if row.kind is RowKind.EDIT and row.message_id is None:
            return None
        if row.shows is RowKind.DIGEST:
            return OutgoingMessage(row, self._digest(row))
        alert = self.current(row)
        if alert is None:
            return None
        interests = [each.interest for each in alert.subscriptions]
        texts = self._store.languages.texts(row.destination.chat_id)
        html = row.html or alert_messages.alert(texts, alert.quote, interests, alert.corrections)
        # The buttons of an edit also carry the number of the alert itself.
        buttons = keyboards.below_alert(texts, row.alert_id, alert.subscriptions)
        return OutgoingMessage(row, html, None if row.is_bare else buttons)

    def _digest(self, row: OutboxRow) -> str:
        """A digest with its items as they should read now, unless the message would be too long."""
        texts = self._store.languages.texts(row.destination.chat_id)
        html = row.html or ""
        for item in self._store.outbox.items(row.alert_id):
            if item.html and (alert := self.current(item)):
                item_now = alert_messages.digest_item(texts, alert.quote, alert.corrections)
                now = html.replace(item.html, item_now, 1)
                html = now if fits([now]) else html
        return html

    def current(self, row: OutboxRow) -> CurrentAlert | None:
        """``None`` if all of its articles were removed, or all of its subscriptions have ended.

        An article that the destination may no longer see counts as removed.
        """
        subscriptions = self._store.subscriptions.active(row.reasons)
        if row.quote is None or not subscriptions:
            return None
        library = self._library.seen_by(row.destination.chat_id)
        quote = _Current(library).quote(row.quote, row.also)
        return CurrentAlert(quote, tuple(subscriptions), row.corrections) if quote else None


class _Current:
    """Quotes as they should read now, of the articles in ``library``."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def quote(self, stored: StoredQuote, also: Sequence[str]) -> Quote | None:
        """If the article was removed, the opening of the next one with the same story."""
        others = [article for id_ in also if (article := self._library.article(id_))]
        quote = self._relocated(stored)
        if quote is None and others:
            quote = self._library.opening(others.pop(0))
        return replace(quote, also_in=elsewhere(quote.article, others)) if quote else None

    def _relocated(self, stored: StoredQuote) -> Quote | None:
        """The passage where it is now; the opening if the article no longer contains it."""
        article = self._library.article(stored.article_id)
        if article is None or article.number != stored.article_number:
            return None
        if article.text[stored.start : stored.end] == stored.text != "":
            return _quote_at(stored.start, stored, article)
        # A rebuild removes the marks that older versions kept in the text.
        for now in (stored, _without_marks(stored, article)):
            start = article.text.find(now.text) if now.text else -1
            if start >= 0:
                return _quote_at(start, now, article)
        return self._edited(stored, article) or self._library.opening(article)

    def _edited(self, stored: StoredQuote, article: Article) -> Quote | None:
        """The passage after a small edit, with the edited sentence highlighted."""
        quote = self._library.passage_like(article, stored.text) if stored.text else None
        if quote is None or stored.highlight is None:
            return quote
        sentences = language_of(article.language).sentences(quote.text)
        before = stored.text[slice(*stored.highlight)]
        now = get_close_matches(before, [quote.text[a:b] for a, b in sentences], 1, EDITED)
        spans = ((a, b) for a, b in sentences if quote.text[a:b] in now)
        return replace(quote, highlight=next(spans, None))


def _without_marks(stored: StoredQuote, article: Article) -> StoredQuote:
    bare = without_marks(replace(article, text=stored.text))
    text = bare.article.text
    begin, end = map(bare.moved, stored.highlight or (0, 0))
    begin = end - len(text[begin:end].lstrip())  # not in the white space before what was marked
    return replace(stored, text=text, highlight=(begin, end) if stored.highlight else None)


def _quote_at(start: int, stored: StoredQuote, article: Article) -> Quote:
    place = stored.text, start, start + len(stored.text), stored.paragraph
    return Quote(article, *place, score=1.0, highlight=stored.highlight)
