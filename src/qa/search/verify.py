"""Check a quote against the stored articles: word for word, or where it differs.

The word index proposes passages for each sentence of the quote; their articles are then compared
token by token.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from qa.language import language_of, load
from qa.receipt import Fidelity, Receipt
from qa.search.differences import Nearest, compare, nearest
from qa.search.pieces import Match, Part, Piece, match, parts_of
from qa.search.sync import Indexes
from qa.store.articles import Store
from qa.store.passages import StoredPassage

LONGEST = 4096
"""Characters of a quote: what a Telegram message has at most."""
SEARCHED = 8
"""Sentences of a quote that passages are searched for, the longest ones."""
RAREST = 12
"""Stems of a sentence that are searched for: the rarest ones tell where it is."""
LEAST, MOST = 100, 1000
"""Passages that are compared. More than ``LEAST`` only if even the rarest stem is frequent."""
NEAR, NEARER = 50, 8
"""Passages that may be like a sentence, and those whose articles may have words around them."""
ARTICLES = 20
"""Articles that are compared with the whole quote."""

Passages = Mapping[Piece, Sequence[StoredPassage]]
"""Passages that share the rarest stems of each sentence, best first."""


class Verifier:
    """Checks quotes in one view of the database."""

    def __init__(self, store: Store, indexes: Indexes, languages: Collection[str]) -> None:
        """``languages`` are the codes that a quote may be in, the likeliest first."""
        self._store = store
        self._indexes = indexes
        self._languages = [language_of(code) for code in languages]

    def check(self, quoted: str) -> Receipt:
        """Return what the articles have of ``quoted``."""
        if len(quoted) > LONGEST:
            return Receipt(quoted, Fidelity.TOO_LONG)
        parts = parts_of(quoted, self._languages[0])
        if not parts:
            return Receipt(quoted, Fidelity.NO_WORDS)
        near = self._near(parts)
        matches = self._matches(parts, near)
        receipt = _whole(quoted, matches) or self._title(quoted, parts, near)
        return self._dated(receipt or self._different(quoted, matches, near))

    def _near(self, parts: Iterable[Part]) -> Passages:
        pieces = sorted({each for part in parts for each in part.sentences}, key=_length)
        found = {piece: self._search(piece) for piece in pieces[-SEARCHED:]}
        stored = self._store.passages({id_ for ids in found.values() for id_ in ids})
        return {
            piece: [stored[id_] for id_ in ids if id_ in stored] for piece, ids in found.items()
        }

    def _search(self, piece: Piece) -> list[int]:
        stems = {stem for each in self._languages for stem in each.stems(piece.text)}
        known = {stem: n for stem, n in self._indexes.words.frequencies(stems).items() if n}
        rarest = sorted(known, key=lambda stem: known[stem])[:RAREST]
        if not rarest:
            return []
        count = min(max(LEAST, known[rarest[0]]), MOST)
        return list(self._indexes.search(rarest, count, self._store))

    def _matches(self, parts: Sequence[Part], near: Passages) -> list[Match]:
        """Match the likeliest articles: those whose passages have whole sentences come first."""
        having = Counter(
            stored.article
            for piece, passages in near.items()
            for stored in passages
            if piece.place(stored.passage.text)
        )
        likely = [stored.article for passages in near.values() for stored in passages[:NEARER]]
        ordered = dict.fromkeys([*(number for number, _ in having.most_common()), *likely])
        articles = self._store.articles(list(ordered)[:ARTICLES])
        return [match(articles[number], parts) for number in sorted(articles)]

    def _title(self, quoted: str, parts: Sequence[Part], near: Passages) -> Receipt | None:
        """The quote is a title, which the text of its article need not have."""
        numbers = {each.article for passages in near.values() for each in passages[:NEAR]}
        known = self._store.articles(numbers if len(parts) == 1 else ())
        having = [known[each] for each in sorted(known) if parts[0].place(known[each].title)]
        if not having:
            return None
        return Receipt(quoted, Fidelity.VERBATIM, having[0], also_in=tuple(having[1:]))

    def _different(self, quoted: str, matches: Sequence[Match], near: Passages) -> Receipt:
        best = max(matches, key=lambda each: each.found, default=None)
        if best is None or not best.found:
            best = self._nearest_match(matches, near)
        if best is None:
            return Receipt(quoted, Fidelity.NOT_FOUND)
        number, lacking = best.article.number, [piece for piece, span in best.pieces if not span]
        own = {piece: [p for p in near.get(piece, ()) if p.article == number] for piece in lacking}
        return compare(quoted, best, {each: self._nearest(each, own[each]) for each in lacking})

    def _nearest_match(self, matches: Sequence[Match], near: Passages) -> Match | None:
        """Return the match of the article that is nearest to any of the sentences."""
        found = [self._nearest(piece, passages) for piece, passages in near.items()]
        best = max(filter(None, found), key=lambda each: each.likeness, default=None)
        return next((each for each in matches if best and each.article == best.article), None)

    def _nearest(self, piece: Piece, passages: Sequence[StoredPassage]) -> Nearest | None:
        articles = self._store.articles({each.article for each in passages[:NEAR]})
        return nearest(piece, passages[:NEAR], articles)

    def _dated(self, receipt: Receipt) -> Receipt:
        if receipt.article is None:
            return receipt
        added_at, changed_at = self._store.dates(receipt.article.number)
        return replace(receipt, added_at=added_at, changed_at=changed_at)


def languages_of(guess: str, stored: Iterable[str]) -> list[str]:
    """Return ``guess`` and those of the ``stored`` languages that are written as it is."""
    written = load(guess).scripts
    return list(dict.fromkeys([guess, *(each for each in stored if load(each).scripts & written)]))


def _length(piece: Piece) -> int:
    return len(piece.text)


def _whole(quoted: str, matches: Sequence[Match]) -> Receipt | None:
    """Return the receipt of a quote that is word for word in an article."""
    whole = [each for each in matches if each.is_whole]
    ordered = [each for each in whole if each.is_ordered]
    if not whole:
        return None
    fidelity = Fidelity.VERBATIM if ordered else Fidelity.REORDERED
    first, *others = ordered or whole
    place = min(first.spans)[0], max(end for _, end in first.spans)
    also_in = tuple(each.article for each in others)
    return Receipt(quoted, fidelity, first.article, *place, also_in=also_in)
