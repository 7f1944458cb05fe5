"""A story so far, as Telegram HTML (pure). For the limits see ``bot.texts.answers``."""

from collections.abc import Sequence
from datetime import datetime

from bot.texts.answers import block_quote, source_and_date, title
from bot.texts.catalogue import Texts
from bot.texts.markup import excerpt, isolate, link, sentence_url, web_url
from qa import Quote

QUOTED = 300
"""Length of each quote: seven of them, with titles and sources, fit into a message."""
LINKED = 600
"""Longer links lead to the page, or nowhere: Telegram limits the HTML of a message, too."""


def story(texts: Texts, quotes: Sequence[Quote], since: datetime | None) -> str:
    """The quotes below each other, oldest first; ``since`` is from when on."""
    if not quotes:
        return texts("story.nothing_since", date=texts.date(since)) if since else nothing(texts)
    heading = texts("story.since", date=texts.date(since)) if since else texts("story.title")
    return "\n\n".join([heading, *(_entry(texts, each) for each in quotes)])


def nothing(texts: Texts) -> str:
    """No other article is part of the story."""
    return texts("story.nothing")


def _entry(texts: Texts, quote: Quote) -> str:
    article = quote.article
    addresses = sentence_url(article, quote.start, quote.end), web_url(article.url)
    url = next((each for each in addresses if each and len(each) <= LINKED), None)
    heading = link(isolate(title(texts, article)), url)
    origin = source_and_date(texts, article)
    passage = block_quote(excerpt(quote.text, None, QUOTED, 0))
    return "\n".join([f"{heading} – {origin}" if origin else heading, passage])
