"""Where a quote differs from an article: the sentences nearest to it, token by token."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain, pairwise

from qa.article import Article, Span
from qa.language import Language, language_of
from qa.receipt import Difference, Fidelity, Receipt
from qa.search.pieces import Match, Piece, is_word, tokens_of
from qa.store.passages import StoredPassage

NEAREST = 8
"""Passages whose sentences are compared one by one: those that share most words."""
CLOSE = 0.5
"""The nearest sentences have at least this share of the content words, in the same order."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """The sentences ``article.text[start:end]`` that are most like a piece of a quote.

    ``likeness`` is the share of the piece's content words that they have, in the same order, and
    how alike both are.
    """

    article: Article
    start: int
    end: int
    likeness: tuple[float, float]


def nearest(
    piece: Piece, passages: Sequence[StoredPassage], articles: Mapping[int, Article]
) -> Nearest | None:
    """Return the sentences of ``passages`` that are most like ``piece``; ``None`` if none is."""
    ranked = sorted(passages, key=lambda each: -_shared(piece, each))[:NEAREST]
    windows = (
        window for each in ranked for window in _windows(piece, each, articles[each.article])
    )
    close = [window for window in windows if window.likeness[0] >= CLOSE]
    return max(close, key=lambda each: each.likeness, default=None)


def _shared(piece: Piece, stored: StoredPassage) -> int:
    return (piece.words & Counter(tokens_of(stored.passage.text)[0])).total()


def _windows(piece: Piece, stored: StoredPassage, article: Article) -> Iterator[Nearest]:
    """Yield each sentence of a passage, and each two neighbours, with their likeness."""
    text, start, language = stored.passage.text, stored.passage.start, language_of(article.language)
    spans = language.sentences(text)
    pairs = [(a, b) for (a, _), (_, b) in pairwise(spans)]
    for a, b in [*spans, *pairs]:
        likeness = _likeness(piece, text[a:b], language)
        yield Nearest(article, start + a, start + b, likeness)


def _likeness(piece: Piece, text: str, language: Language) -> tuple[float, float]:
    mine, theirs = (tokens_of(each.lower())[0] for each in (piece.text, text))
    matcher = SequenceMatcher(None, mine, theirs, autojunk=False)
    same = [mine[at : at + size] for at, _, size in matcher.get_matching_blocks()]
    content, shared = (
        sum(is_word(each) and each not in language.stop_words for each in tokens)
        for tokens in (mine, chain(*same))
    )
    return shared / (content or 1), matcher.ratio()


@dataclass(frozen=True, slots=True)
class _Found:
    """A difference, the sentences of the article that it is in, and what differs there."""

    difference: Difference
    shown: Span | None
    differing: Span | None = None


def compare(quoted: str, best: Match, near: Mapping[Piece, Nearest | None]) -> Receipt:
    """Return how ``quoted`` differs from the article of its ``best`` match.

    ``near`` has the nearest sentences to each piece that the article lacks.
    """
    found = [each for part in best.parts for each in _differences(best, part, near)]
    if not found:
        place = min(best.spans)[0], max(end for _, end in best.spans)
        return Receipt(quoted, Fidelity.REORDERED, best.article, *place)
    shown = next((each.shown for each in found if each.shown), None) or best.spans[0]
    differing = (each.differing for each in found if each.shown == shown and each.differing)
    differences = tuple(each.difference for each in found)
    return Receipt(quoted, Fidelity.DIFFERENT, best.article, *shown, differences, tuple(differing))


def _differences(
    best: Match, part: Sequence[tuple[Piece, Span | None]], near: Mapping[Piece, Nearest | None]
) -> Iterator[_Found]:
    """Yield what a part has otherwise, in its order."""
    text, before = best.article.text, None
    for piece, span in part:
        close = near.get(piece)
        if span is None and close is None:
            yield _Found(Difference(piece.text, ""), None)
        elif span is None and close is not None:
            yield from _compared(piece, close)
        place = span or ((close.start, close.end) if close else None)
        if before and place and is_word(text[before[1] : place[0]]):
            left_out = text[before[1] : place[0]].strip()
            start = text.index(left_out, before[1])
            gap = start, start + len(left_out)
            yield _Found(Difference("", left_out), (before[0], place[1]), gap)
        before = place


def _compared(piece: Piece, close: Nearest) -> Iterator[_Found]:
    text = close.article.text[close.start : close.end]
    (mine, here), (theirs, there) = tokens_of(piece.text), tokens_of(text)
    for a, b, c, d in _changes(mine, theirs):
        quoted = piece.text[here[a][0] : here[b - 1][1]] if a < b else ""
        place = (there[c][0], there[d - 1][1]) if c < d else None
        stored = text[slice(*place)] if place else ""
        differing = (close.start + place[0], close.start + place[1]) if place else None
        yield _Found(Difference(quoted, stored), (close.start, close.end), differing)


def _changes(mine: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Yield ``a, b, c, d`` where ``mine[a:b]`` stands in the place of ``theirs[c:d]``."""
    one, other = ([token.lower() for token in tokens] for tokens in (mine, theirs))
    for kind, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind == "equal":
            places = zip(range(a, b), range(c, d), strict=True)
            yield from ((i, i + 1, j, j + 1) for i, j in places if mine[i] != theirs[j])
            continue
        # The quote need not start and end where the sentence does.
        first = max(c, d - (b - a)) if a == 0 else c
        last = min(d, first + (b - a)) if b == len(mine) else d
        if a < b or first < last:
            yield a, b, first, last
