"""Answers as Telegram's rich messages (pure): each quote a pull quotation above its passage.

These are written in HTML of their own and may be eight times as long as other messages.
"""

from bot.texts.answers import QUOTES, also_in, other_language, page, section, source_and_date, title
from bot.texts.catalogue import Texts
from bot.texts.markup import ELLIPSIS, Excerpt, escape, excerpt, link, sentence_url
from qa import Answer, Quote

PASSAGE_LENGTH = 4_000


def answer(texts: Texts, reply: Answer) -> str | None:
    """An answer with its quotes; ``None`` for what is no answer, which needs no pull quotation."""
    quotes = reply.quotes[:QUOTES] if reply.answered else ()
    if not quotes or not all(quote.sentence.strip() for quote in quotes):
        return None
    return "".join(_quotation(texts, quote) for quote in quotes)


def _quotation(texts: Texts, quote: Quote) -> str:
    begin, end = quote.highlight or (0, len(quote.text))
    piece = excerpt(quote.text, (begin, end), PASSAGE_LENGTH, PASSAGE_LENGTH)
    article = quote.article
    url = sentence_url(article, quote.start + begin, quote.start + end)
    place = [section(quote), page(texts, quote)]
    origin = [source_and_date(texts, article), *place, other_language(texts, article)]
    credit = " · ".join(filter(None, [link(title(texts, article), url), *origin]))
    cut = f" {ELLIPSIS}" * (piece.cut_after and not piece.after and quote.highlight is None)
    pulled = f"<aside>{_lines(piece.sentence)}{cut}<cite>{credit}</cite></aside>"
    others = also_in(texts, quote.also_in)
    return pulled + _passage(texts, piece) + (f"<p>{others}</p>" if others else "")


def _passage(texts: Texts, piece: Excerpt) -> str:
    """The words around the sentence, which a tap shows; empty if there are none."""
    if not (piece.before.strip() or piece.after.strip()):
        return ""
    before, after = f"{ELLIPSIS} " * piece.cut_before, f" {ELLIPSIS}" * piece.cut_after
    marked = f"<mark>{_lines(piece.sentence)}</mark>"
    words = f"{before}{_lines(piece.before)}{marked}{_lines(piece.after)}{after}"
    return f"<details><summary>{texts('answer.passage')}</summary><p>{words}</p></details>"


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")
