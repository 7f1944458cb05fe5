"""The result of checking a quote, as Telegram HTML (pure); for the limits see ``answers``."""

from collections.abc import Iterator

from bot.texts.answers import also_in, in_quotes, source_and_date, title
from bot.texts.catalogue import Texts
from bot.texts.markup import (
    ELLIPSIS,
    escape,
    excerpt,
    isolate,
    link,
    one_line,
    sentence_url,
)
from qa import Article, Difference, Fidelity, Receipt
from qa.article import Span

QUOTED_LENGTH = 80
"""Length of a quote's beginning, if several are checked, and of words that differ."""
SHOWN_LENGTH, LEAD_LENGTH = 500, 120
"""Length of the nearest sentences, and of their part before the first difference."""
DIFFERENCES, MARKED = 5, 20
"""Differences that are listed, and words that are marked in bold, at most."""

_VERDICTS = {
    Fidelity.VERBATIM: "verify.verbatim",
    Fidelity.REORDERED: "verify.reordered",
    Fidelity.DIFFERENT: "verify.different",
    Fidelity.NOT_FOUND: "verify.not_found",
    Fidelity.NO_WORDS: "verify.no_words",
}


def receipt(texts: Texts, checked: Receipt, longest: int, *, is_one_of_several: bool) -> str:
    """What an article has of a quote, where it differs, and the hash of the article's text.

    ``longest`` is how many characters a quote can have.
    """
    if checked.fidelity is Fidelity.TOO_LONG:
        return texts("verify.too_long", count=longest)
    lines = [texts(_VERDICTS[checked.fidelity])]
    if is_one_of_several:
        lines.insert(0, _words(texts, checked.quoted))
    if checked.article is not None:
        lines += [_headline(texts, checked, checked.article), also_in(texts, checked.also_in)]
        lines += [*_differences(texts, checked, checked.article), _dates(texts, checked)]
        lines.append(texts("verify.hash", hash=checked.sha256))
    return "\n".join(filter(None, lines))


def _headline(texts: Texts, checked: Receipt, article: Article) -> str:
    url = sentence_url(article, checked.start, checked.end)
    linked = link(isolate(title(texts, article)), url)
    return " – ".join(filter(None, [linked, source_and_date(texts, article)]))


def _differences(texts: Texts, checked: Receipt, article: Article) -> Iterator[str]:
    if not checked.differences:
        return
    yield nearest(article, (checked.start, checked.end), checked.differing)
    for each in checked.differences[:DIFFERENCES]:
        yield f"• {_difference(texts, each)}"
    if (more := len(checked.differences) - DIFFERENCES) > 0:
        yield f"• {texts('format.more', count=more)}"


def _difference(texts: Texts, each: Difference) -> str:
    quoted, stored = _words(texts, each.quoted), _words(texts, each.stored)
    if each.quoted and each.stored:
        return texts("verify.replaced", quoted=quoted, stored=stored)
    if each.quoted:
        return texts("verify.added", quoted=quoted)
    return texts("verify.left_out", stored=stored)


def _words(texts: Texts, words: str) -> str:
    return in_quotes(texts, one_line(words, QUOTED_LENGTH))


def _dates(texts: Texts, checked: Receipt) -> str:
    moments = {"verify.stored": checked.added_at, "verify.changed": checked.changed_at}
    said = [texts(id_, moment=texts.moment(each)) for id_, each in moments.items() if each]
    return " · ".join(said)


def nearest(article: Article, shown: Span, differing: tuple[Span, ...]) -> str:
    """The sentences that are shown as a block quote, what differs in bold."""
    start, end = shown
    first = next(iter(sorted(differing)), None)
    highlight = (first[0] - start, first[1] - start) if first else None
    piece = excerpt(article.text[start:end], highlight, SHOWN_LENGTH, LEAD_LENGTH)
    at = (first[0] - len(piece.before)) if first else article.text.index(piece.text, start)
    words = _marked(article.text, (at, at + len(piece.text)), differing)
    before, after = f"{ELLIPSIS} " * piece.cut_before, f" {ELLIPSIS}" * piece.cut_after
    return f"<blockquote>{before}{words}{after}</blockquote>"


def _marked(text: str, shown: Span, differing: tuple[Span, ...]) -> str:
    """A slice of ``text`` with what differs in bold."""
    at, end = shown
    marked = ""
    for first, last in sorted(differing)[:MARKED]:
        first, last = max(first, at), min(last, end)
        if first < last:
            marked += f"{escape(text[at:first])}<b>{escape(text[first:last])}</b>"
            at = last
    return marked + escape(text[at:end])
