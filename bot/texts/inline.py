"""Results of inline queries (pure)."""

from telegram import InlineQueryResultArticle, InputTextMessageContent

from bot.texts.answers import quotation, title
from bot.texts.catalogue import Texts
from bot.texts.markup import isolate, one_line
from qa import Answer, Quote

SENTENCE_LENGTH, SOURCE_LENGTH = 200, 60


def results(texts: Texts, found: Answer) -> list[InlineQueryResultArticle]:
    """A result for each quote, which is posted as answers show it."""
    return [_result(texts, quote, number) for number, quote in enumerate(found.quotes)]


def _result(texts: Texts, quote: Quote, number: int) -> InlineQueryResultArticle:
    article = quote.article
    source = isolate(one_line(article.source or "", SOURCE_LENGTH))
    day = texts.date(article.published_at) if article.published_at else ""
    origin = " · ".join(filter(None, [source, day]))
    shown = [isolate(one_line(quote.sentence, SENTENCE_LENGTH)), origin]
    description = "\n".join(filter(None, shown))
    id_ = f"{number}-{article.number}-{quote.start}"
    return result(id_, title(texts, article), quotation(texts, quote), description)


def result(id_: str, name: str, html: str, description: str = "") -> InlineQueryResultArticle:
    """A result that is shown as ``name``; choosing it posts ``html``."""
    content = InputTextMessageContent(html)
    return InlineQueryResultArticle(id_, name, content, description=description or None)
