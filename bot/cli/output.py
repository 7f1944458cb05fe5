"""How answers and figures look in a terminal, and as JSON."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from bot.feedback.model import Feedback, Vote
from index.feeds.model import Feed, Health
from qa import Answer, Article, Fidelity, Quote, Receipt, Verdict

if TYPE_CHECKING:
    from qa.evaluate import Report

FEEDS_SHOWN = 20

REFUSALS = {
    Verdict.NOTHING_INDEXED: "There are no articles yet. Add some with `pullquote add`.",
    Verdict.NOTHING_NEAR: "None of the articles is about this.",
    Verdict.NOT_ANSWERING: "None of the articles answers this. Closest matches:",
    Verdict.UNREADABLE: "The English model cannot read the language of this question: "
    "set PULLQUOTE_MODEL=multilingual and run `pullquote rebuild`.",
}

FIDELITIES = {
    Fidelity.VERBATIM: "Word for word in this article:",
    Fidelity.REORDERED: "Word for word, but in a different order than in this article:",
    Fidelity.DIFFERENT: "Not word for word. The nearest words are in this article:",
    Fidelity.NOT_FOUND: "No article has these words, or any close to them.",
    Fidelity.NO_WORDS: "There are no words in this to check.",
    Fidelity.TOO_LONG: "This is too long to check: a quote can have at most 4,096 characters.",
}


@contextlib.contextmanager
def progress(title: str, unit: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show a bar on stderr if it is a terminal; yields ``advance(done, total)``."""
    console = Console(stderr=True)
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TextColumn(unit))
    hidden = not console.is_terminal
    with Progress(*columns, TimeElapsedColumn(), console=console, disable=hidden) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def print_answer(answer: Answer) -> None:
    """Print the quotes with the answering sentence in bold, or a refusal."""
    console = Console(highlight=False)
    if not answer.answered:
        console.print(Text(REFUSALS[answer.verdict]))
    if answer.verdict is Verdict.NOTHING_NEAR:
        return
    for quote in answer.quotes:
        console.print()
        _print_quote(console, quote)


def _print_quote(console: Console, quote: Quote) -> None:
    text = Text(quote.text)
    if quote.highlight:
        text.stylize("bold", *quote.highlight)
    console.print(Padding(text, (0, 2, 0, 2)))
    _print_origin(console, quote.article, quote.page, quote.also_in)


def _print_origin(
    console: Console, article: Article, page: int | None, also_in: Sequence[Article]
) -> None:
    day = f"{article.published_at:%Y-%m-%d}" if article.published_at else None
    parts = (article.title, article.source, day, f"page {page}" if page else None)
    line = Text(" · ".join(part for part in parts if part), "italic")
    console.print(Text("— ").append(line).append(f"  [{article.id}]", "dim"))
    if article.url:
        console.print(Text(f"  {article.url}", "dim"), soft_wrap=True)
    for other in also_in:
        console.print(Text(f"  also in {other.source or other.title}", "dim"))


def print_receipt(receipt: Receipt) -> None:
    """Print whether a quote is word for word, the nearest sentences, and what differs in bold."""
    console = Console(highlight=False)
    console.print(Text(FIDELITIES[receipt.fidelity]))
    if receipt.article is None:
        return
    if receipt.end:
        text = Text(receipt.article.text)
        for span in receipt.differing:
            text.stylize("bold", *span)
        console.print(Padding(text[receipt.start : receipt.end], (0, 2, 0, 2)))
    for each in receipt.differences:
        console.print(Text(f"  quoted: {each.quoted or '–'}  |  stored: {each.stored or '–'}"))
    page = receipt.article.page(receipt.start)
    _print_origin(console, receipt.article, page, receipt.also_in)
    for name, value in _origin_of(receipt).items():
        console.print(Text(f"  {name} {value}", "dim"), soft_wrap=True)


def _origin_of(receipt: Receipt) -> dict[str, str | None]:
    moments = {"stored": _iso(receipt.added_at), "changed": _iso(receipt.changed_at)}
    found = {name: moment for name, moment in moments.items() if moment}
    return {**found, "sha256": receipt.sha256}


def receipt_json(receipt: Receipt) -> dict[str, Any]:
    """A receipt in the form that ``pullquote verify --json`` prints."""
    article = receipt.article
    made: dict[str, Any] = {"quoted": receipt.quoted, "verdict": receipt.fidelity.value}
    if article is None:
        return made
    return made | {
        "start": receipt.start,
        "end": receipt.end,
        "stored": article.text[receipt.start : receipt.end],
        "differences": [
            {"quoted": each.quoted, "stored": each.stored} for each in receipt.differences
        ],
        "article": _article_json(article),
        "also_in": [each.id for each in receipt.also_in],
        "added_at": _iso(receipt.added_at),
        "changed_at": _iso(receipt.changed_at),
        "sha256": receipt.sha256,
    }


def answer_json(answer: Answer) -> dict[str, Any]:
    """An answer in the form that ``pullquote ask --json`` prints."""
    return {
        "question": answer.question,
        "answered": answer.answered,
        "confidence": round(answer.confidence, 4),
        "verdict": answer.verdict.value,
        "quotes": [_quote_json(quote) for quote in answer.quotes],
    }


def _quote_json(quote: Quote) -> dict[str, Any]:
    article = quote.article
    return {
        "text": quote.text,
        "highlight": list(quote.highlight) if quote.highlight else None,
        "start": quote.start,
        "end": quote.end,
        "paragraph": quote.paragraph,
        "section": quote.section,
        "page": quote.page,
        "score": round(quote.score, 4),
        "article": _article_json(article),
    }


def _article_json(article: Article) -> dict[str, Any]:
    return {
        "id": article.id,
        "title": article.title,
        "url": article.url,
        "source": article.source,
        "published_at": _iso(article.published_at),
    }


def feed_json(feed: Feed) -> dict[str, Any]:
    """A feed with its health, for ``--json``."""
    return {
        "url": feed.url,
        "title": feed.title,
        "health": feed.health.value,
        "last_success_at": _iso(feed.last_success_at),
        "last_error": feed.last_error,
        "failures": feed.failures,
        "next_poll_at": _iso(feed.next_poll_at),
        "articles": feed.articles,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def print_feeds(feeds: Sequence[Feed]) -> None:
    """Print a table of feeds."""
    if not feeds:
        Console().print("No feeds yet. Follow one with `pullquote feeds add URL`.")
        return
    columns = ("feed", "health", "last success", "last error", "next poll", "articles")
    table = Table(*columns, box=None)
    for feed in feeds:
        success, next_poll = map(_minute, (feed.last_success_at, feed.next_poll_at))
        name = Text(f"{feed.title}\n{feed.url}", overflow="fold")
        error, articles = Text(feed.last_error or ""), str(feed.articles)
        table.add_row(name, feed.health.value, success, error, next_poll, articles)
    Console().print(table)


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "never"


def print_feedback(votes: Sequence[Feedback]) -> None:
    """Print a table of votes."""
    if not votes:
        Console().print("No votes yet. Readers give them with the buttons below an answer.")
        return
    table = Table("when (UTC)", "vote", "question", "answer", box=None)
    for each in votes:
        answer, mark = each.answer, "👍" if each.vote is Vote.UP else "👎"
        quotes = [f"{quote.sentence} — {quote.title}" for quote in answer.quotes[:1]]
        said = "\n".join([f"{answer.verdict.value}, {answer.confidence:.2f}", *quotes])
        question = Text(answer.question, overflow="fold")
        table.add_row(_minute(each.at), mark, question, Text(said, overflow="fold"))
    Console().print(table)


def print_status(figures: Mapping[str, Any], feeds: Sequence[Feed]) -> None:
    """Print one figure a line, then the feeds; if there are many, only those with trouble."""
    healthy = sum(feed.health is Health.HEALTHY for feed in feeds)
    table = Table(box=None, show_header=False)
    languages = [f"{code} {count}" for code, count in figures["languages"].items()]
    shown = {
        "languages": ", ".join(languages) if len(languages) > 1 else None,
        "feeds": f"{len(feeds)}, {healthy} healthy",
    }
    for name, value in {**figures, **shown}.items():
        if value is not None:
            table.add_row(name, Text(str(value)))
    Console().print(table)
    others = [feed for feed in feeds if feed.health is not Health.HEALTHY]
    if feeds:
        print_feeds(feeds if len(feeds) <= FEEDS_SHOWN else others[:FEEDS_SHOWN])
    if len(feeds) > FEEDS_SHOWN:
        Console().print("`pullquote feeds list` lists all feeds.")


def print_report(report: "Report") -> None:
    """Print the figures of an evaluation."""
    table = Table(box=None, show_header=False, title=report.name, title_justify="left")
    for name, value in _figures(report):
        table.add_row(name, value)
    Console().print(table)
    for part in report.languages.values():
        print_report(part)


def _figures(report: "Report") -> Iterator[tuple[str, str]]:
    yield "articles / paragraphs", f"{report.articles} / {report.paragraphs}"
    yield "answerable / unanswerable", f"{report.answerable} / {report.unanswerable}"
    for k, share in report.hit.items():
        yield f"hit@{k}", f"{share:.3f}"
    yield "MRR@10", f"{report.mrr:.3f}"
    yield "all evidence @10", f"{report.all_evidence:.3f}"
    yield "first quote holds an answer", _share(report.quote_hit)
    yield "its highlighted sentence does", _share(report.highlight_hit)
    yield "… where the first passage is right", _share(report.marked_of_right)
    yield "refused of the answerable", _share(report.refused_answerable)
    yield "refused of the unanswerable", _share(report.refused_unanswerable)
    yield "AUROC of the confidence", _share(report.auroc)
    yield "Brier score", _share(report.brier)
    yield "questions per second", f"{report.questions_a_second:.1f}"
    yield "p50 / p95", f"{report.p50_ms:.1f} / {report.p95_ms:.1f} ms"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
