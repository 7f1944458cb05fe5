"""Exports votes as a data set that ``pullquote eval`` and ``scripts/fit_confidence.py`` read.

``corpus.jsonl`` holds all articles of the library, so that questions are asked of as many as the
readers asked; a quoted passage that is no longer in its article is an article of its own.
``queries.jsonl`` holds each question once for each answer that it got, with its votes counted.
"""

import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.feedback.model import Feedback, ShownAnswer, ShownQuote, Vote
from qa import Article, Library, PullquoteError, Verdict
from qa.article import BlockKind, Span

Row = Mapping[str, Any]
BATCH = 500
"""Articles in memory at once."""


def export(library: Library, votes: Iterable[Feedback], folder: Path) -> tuple[int, int]:
    """Write the data set into ``folder``; returns how many articles and questions it has.

    ``votes`` are newest first. ``PullquoteError`` if there are none that could be written.
    """
    counted = count(votes)
    if not counted:
        raise PullquoteError("There are no votes to export.")
    folder.mkdir(parents=True, exist_ok=True)
    gold = _Gold(library)
    queries = [_query(gold, number, *each) for number, each in enumerate(counted, 1)]
    articles = itertools.chain(_all(library), gold.gone.values())
    written = _write(folder / "corpus.jsonl", map(_article, articles))
    return written, _write(folder / "queries.jsonl", queries)


def count(votes: Iterable[Feedback]) -> list[tuple[ShownAnswer, Vote]]:
    """Return each answer with the vote of the majority; ties are left out."""
    answers: dict[object, ShownAnswer] = {}
    balance: Counter[object] = Counter()
    for each in votes:
        answer = each.answer
        first = answer.quotes[0].text if answer.quotes else ""
        key = (" ".join(answer.question.casefold().split()), answer.verdict, first)
        answers.setdefault(key, answer)
        balance[key] += 1 if each.vote is Vote.UP else -1
    return [
        (answer, Vote.UP if balance[key] > 0 else Vote.DOWN)
        for key, answer in answers.items()
        if balance[key]
    ]


@dataclass(frozen=True, slots=True)
class _Gold:
    """Finds the paragraphs that answer; ``gone`` holds passages that no article has any more."""

    library: Library
    gone: dict[str, Article] = field(default_factory=dict)

    def paragraph_ids(self, quote: ShownQuote) -> list[str]:
        """The paragraphs of the sentence in bold."""
        article = self.library.article(quote.article)
        if article is None or quote.text not in article.text:
            article = self._passage(quote)
        begin = article.text.index(quote.text) + quote.text.index(quote.sentence)
        end = begin + len(quote.sentence)
        places = enumerate(_paragraphs(article))
        return [f"{article.id}#{n}" for n, (b, e) in places if b < end and begin < e]

    def _passage(self, quote: ShownQuote) -> Article:
        id_ = f"{quote.article}-{hashlib.sha256(quote.text.encode()).hexdigest()[:12]}"
        made = Article(id_, quote.title, quote.text, quote.url, quote.source)
        return self.gone.setdefault(id_, made)


def _query(gold: _Gold, number: int, answer: ShownAnswer, vote: Vote) -> Row:
    """A question. It is answerable if its quote was right, or its refusal wrong.

    After a wrong refusal it is not known where the answer is.
    """
    is_right, is_answered = vote is Vote.UP, answer.verdict is Verdict.ANSWERED
    right = answer.quotes[:1] if is_right and is_answered else ()
    return {
        "id": f"vote-{number}",
        "question": answer.question,
        "paragraph_ids": [id_ for quote in right for id_ in gold.paragraph_ids(quote)],
        "answers": [quote.sentence for quote in right],
        "answerable": is_right == is_answered,
        "vote": vote.value,
        "verdict": answer.verdict.value,
        "confidence": round(answer.confidence, 4),
        "language": answer.language,
    }


def _article(article: Article) -> Row:
    published = article.published_at
    return {
        "id": article.id,
        "title": article.title,
        "url": article.url,
        "source": article.source,
        "published_at": published.isoformat() if published else None,
        "paragraphs": [article.text[begin:end] for begin, end in _paragraphs(article)],
    }


def _paragraphs(article: Article) -> Sequence[Span]:
    """Where each paragraph is: each block other than a heading, or without blocks each line."""
    blocks = article.blocks
    if blocks:
        places = [(each.start, each.end) for each in blocks if each.kind is not BlockKind.HEADING]
    else:
        ends = itertools.accumulate(map(len, article.text.splitlines(keepends=True)))
        places = list(itertools.pairwise([0, *ends]))
    return [place for place in places if article.text[slice(*place)].strip()]


def _all(library: Library) -> Iterator[Article]:
    last = 0
    while batch := library.articles_after(last, BATCH):
        yield from batch
        last = batch[-1].number


def _write(path: Path, rows: Iterable[Row]) -> int:
    """Write a line for each row, and count them; an earlier file is replaced at the end."""
    written, part = 0, path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as lines:
        for row in rows:
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            written += 1
    part.replace(path)
    return written
