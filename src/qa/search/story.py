"""What happened so far: quotes of several articles in order of time, each adding something.

A sentence adds something if none of an earlier article is near it; or if one is and a figure
differs, since it has moved, or two sources disagree. An article begins with its news and goes on
with what was known, in other words each time. So below its first news a sentence has to be farther
from all that went before, the farther the lower it stands; and one that names a time of which an
earlier article told ("in April", "for two weeks"), or is in the past perfect, adds nothing.

What would be quoted is read again, each sentence alone and token by token: the vector of a sentence
in its passage is also of the others there. That takes too long for all sentences.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise, product

import numpy as np

from qa.article import Article, Passage, Span
from qa.language import language_of
from qa.language.corrections import figures
from qa.language.when import named_periods
from qa.search.late import interaction
from qa.vectors import Vectors, unit

MOST = 7
"""Quotes of one story."""
TOLD = 0.6
"""Mean of the likeness of two sentences (0: unrelated, 1: equal) and of the share of their words
that one repeats from which on they tell of the same thing."""
TOLD_BELOW, LOWER = 0.4, 0.03
"""The same right below the first news of an article, and how much less it is each sentence on."""
AGAIN = 0.4
"""The same of tokens: the mean of the cosines to the nearest ones in one sentence quoted before,
without what the tokens of all quotes have in common."""
BEFORE = timedelta(days=7)
"""How long before the first article something may have happened of which it tells."""
LENGTH = 200
"""Characters of a quote beyond which no sentence is added to it."""
FRESH = 0.3
"""Weight of what a sentence adds beside how near it is to the other articles."""
AT_ONCE = timedelta(days=2)
"""Two figures so near in time disagree; later ones have moved."""
LATER = 0.1
"""What each sentence above costs one: articles begin with their news."""
EncodeTokens = Callable[[Sequence[str]], Sequence[Vectors] | None]
"""Returns the vectors of each text's tokens, (t, d); ``None`` if the model has none."""


@dataclass(frozen=True, slots=True)
class Read:
    """A passage of an article with its sentences: where they are in it, and vectors (n, d)."""

    article: Article
    at: datetime
    """When the article was published, or came in."""
    passage: Passage
    spans: Sequence[Span]
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Told:
    """A part of an article that belongs to the story: ``article.text[start:end]``."""

    article: Article
    span: Span
    paragraph: int


@dataclass(frozen=True, slots=True)
class _Sentence:
    article: Article
    at: datetime
    span: Span
    """In its article."""
    paragraph: int
    place: int
    """In its article, from 0."""
    figures: frozenset[str]
    stems: frozenset[str]
    """Of its content words."""
    leans_back: bool

    @property
    def text(self) -> str:
        return self.article.text[slice(*self.span)]


def story_so_far(
    passages: Iterable[Read],
    unrelated: float,
    encode_tokens: EncodeTokens,
    since: datetime | None = None,
) -> list[Told]:
    """Return up to ``MOST`` quotes that tell the story of ``passages``, oldest first.

    With ``since`` (aware), only what is new from then on. ``unrelated`` is the usual cosine of two
    texts that have nothing to do with each other.
    """
    ordered = sorted(passages, key=lambda each: (each.at, each.article.number, each.passage.start))
    sentences = _sentences(ordered)
    if not sentences:
        return []
    vectors = np.concatenate([each.vectors for each in ordered])
    likeness = (vectors @ vectors.T - unrelated) / max(1 - unrelated, 1e-3)
    return _Story(sentences, likeness, encode_tokens).told(since)


def _sentences(passages: Sequence[Read]) -> list[_Sentence]:
    found: list[_Sentence] = []
    places: dict[int, int] = {}
    for read in passages:
        language = language_of(read.article.language)
        begins = read.passage.start
        for start, end in read.spans:
            place = places.get(read.article.number, 0)
            places[read.article.number] = place + 1
            text = read.passage.text[start:end]
            leans = place > 0 and language.leans_back(text)
            span, said = (begins + start, begins + end), figures(text, language)
            where = read.article, read.at, span, read.passage.paragraph
            stems = frozenset(language.content_stems(text))
            found.append(_Sentence(*where, place, said, stems, leans))
    return found


def _repeated(sentences: Sequence[_Sentence]) -> Iterator[float]:
    """Yield for each sentence the share of its words that stand in others before it."""
    before: set[str] = set()
    for each in sentences:
        yield len(each.stems & before) / len(each.stems) if each.stems else 1.0
        before |= each.stems


class _Story:
    """All sentences of a story in order of time, and how alike they are, shape (n, n)."""

    def __init__(
        self, sentences: Sequence[_Sentence], likeness: Vectors, encode_tokens: EncodeTokens
    ) -> None:
        self._sentences = sentences
        self._likeness = likeness
        self._encode_tokens = encode_tokens
        self._tokens: dict[int, Vectors] = {}
        """Of the sentences that were to be quoted so far."""
        self._repeated = list(_repeated(sentences))
        self._adds: list[float] = []
        for n in range(len(sentences)):
            self._adds.append(self._added_by(n))

    def told(self, since: datetime | None) -> list[Told]:
        chosen = self._chosen(since)
        while again := self._told_again(chosen):
            for n in again:
                self._adds[n] = 0.0
            chosen = self._chosen(since)
        return [self._quote(n) for n in self._side_by_side(chosen)]

    def _told_again(self, chosen: Sequence[int]) -> list[int]:
        """Return what would be quoted below the news of an article, and tells what another does."""
        quoted = sorted({m for n in chosen for m in self._quoted(n)})
        if not quoted or not self._read(quoted):
            return []
        shared = np.concatenate([self._tokens[n] for n in quoted]).mean(axis=0)
        again: list[int] = []
        told: dict[int, Vectors] = {}
        news: set[int] = set()
        for n in quoted:
            article, own = self._sentences[n].article.number, unit(self._tokens[n] - shared)
            others = (told[m] for m in told if self._sentences[m].article.number != article)
            nearest = max((interaction(own, other) for other in others), default=0.0)
            is_told = nearest >= AGAIN * len(own) and not self._has_moved(n)
            if article in news and is_told:
                again.append(n)
            else:
                told[n] = own
            news.add(article)
        return again

    def _read(self, quoted: Sequence[int]) -> bool:
        """Encode the tokens of these sentences; whether the model can do that."""
        new = [n for n in quoted if n not in self._tokens]
        found = self._encode_tokens([self._sentences[n].text for n in new]) if new else ()
        if found is None:
            return False
        self._tokens.update(zip(new, found, strict=True))
        return True

    def _chosen(self, since: datetime | None) -> list[int]:
        """Choose the first news of each article, then what else is worth most, in order."""
        new = (n for n, adds in enumerate(self._adds) if adds)
        recent = (n for n in new if since is None or self._sentences[n].at >= since)
        worth = {n: self._worth(n) for n in recent}
        ranked = sorted(worth, key=lambda n: -worth[n])
        firsts: dict[int, int] = {}
        for n in ranked:
            firsts.setdefault(self._sentences[n].article.number, n)
        first = [n for n in ranked if n in firsts.values()]
        taken: list[int] = []
        quoted: set[int] = set()
        for n in dict.fromkeys((*first, *ranked)):
            if len(taken) < MOST and quoted.isdisjoint(self._quoted(n)):
                taken.append(n)
                quoted.update(self._quoted(n))
        return sorted(taken)

    def _added_by(self, n: int) -> float:
        """Return how much a sentence adds to all before it (0..1), of which that is known."""
        own = self._sentences[n]
        earlier = [m for m in range(n) if self._sentences[m].article.number != own.article.number]
        first = next((m for m in range(len(earlier), n) if self._adds[m]), n)
        is_below = bool(earlier) and first < n
        if is_below and (self._leans_on_told(n) or self._points_back(own, earlier)):
            return 0.0
        if self._has_moved(n):
            return 1.0
        known = self._repeated[n]
        if earlier:
            known = (float(self._likeness[n, earlier].max()) + known) / 2
        if is_below:
            is_new = known < TOLD_BELOW - LOWER * (n - first - 1)
        else:
            is_new = known < TOLD or bool(self._figures_beyond(n, range(n)))
        return 1.0 - known if is_new else 0.0

    def _has_moved(self, n: int) -> bool:
        """Whether a sentence gives another figure than an earlier one about the same thing."""
        is_told = bool(self._sentences[n].figures)
        return is_told and self._has_other_figures(n, [m for m in range(n) if self._alike(m, n)])

    def _leans_on_told(self, n: int) -> bool:
        """Whether a sentence cannot be quoted without the one before it, which adds nothing."""
        return self._sentences[n].leans_back and not self._adds[n - 1]

    def _points_back(self, own: _Sentence, earlier: Sequence[int]) -> bool:
        """Whether a sentence is of what was over, or names a time of which an article told."""
        first, last = self._sentences[earlier[0]].at, self._sentences[earlier[-1]].at
        text, language = own.text, language_of(own.article.language)
        periods = named_periods(text, own.at, language)
        is_told = any(first - BEFORE < end <= own.at and start <= last for start, end in periods)
        return is_told or language.past_perfect.search(text) is not None

    def _alike(self, one: int, other: int) -> bool:
        """Whether two sentences tell of the same thing."""
        left, right = self._sentences[one].stems, self._sentences[other].stems
        shared = len(left & right) / (min(len(left), len(right)) or 1)
        return (float(self._likeness[one, other]) + shared) / 2 >= TOLD

    def _figures_beyond(self, n: int, others: Iterable[int]) -> frozenset[str]:
        told = (self._sentences[m].figures for m in others)
        return self._sentences[n].figures.difference(*told)

    def _has_other_figures(self, n: int, alike: Sequence[int]) -> bool:
        """Whether a figure stands in this sentence where those ``alike`` have another."""
        has_new = bool(self._figures_beyond(n, alike))
        return has_new and any(self._figures_beyond(m, [n]) for m in alike)

    def _worth(self, n: int) -> float:
        """What other articles come back to is worth most, and what stands on top."""
        own = self._sentences[n].article.number
        others = [m for m, each in enumerate(self._sentences) if each.article.number != own]
        central = float(self._likeness[n, others].mean()) if others else 0.0
        return central + FRESH * self._adds[n] - LATER * self._sentences[n].place

    def _quoted(self, n: int) -> range:
        """Return the sentences to quote with ``n``: those beside it that add something, too."""
        begin, end = n, n + 1
        while begin and self._adds[begin - 1] and self._fit(begin - 1, end - 1):
            begin -= 1
        while end < len(self._sentences) and self._adds[end] and self._fit(begin, end):
            end += 1
        return range(begin, end)

    def _fit(self, first: int, last: int) -> bool:
        """Whether sentences can be one quote: in one article, with nothing else in between."""
        start, end = self._sentences[first].span[0], self._sentences[last].span[1]
        some = self._sentences[first : last + 1]
        article = some[0].article
        return (
            end - start <= LENGTH
            and all(each.article.number == article.number for each in some)
            and not any(
                article.text[one.span[1] : other.span[0]].strip() for one, other in pairwise(some)
            )
        )

    def _quote(self, n: int) -> Told:
        quoted = self._quoted(n)
        first = quoted[0]
        if self._sentences[first].leans_back and self._fit(first - 1, quoted[-1]):
            first -= 1
        some = self._sentences[first], self._sentences[quoted[-1]]
        return Told(some[0].article, (some[0].span[0], some[1].span[1]), some[0].paragraph)

    def _side_by_side(self, chosen: Sequence[int]) -> list[int]:
        """Put what two sources say differently at about the same time next to each other."""
        ordered: list[int] = []
        for n in chosen:
            rival = next((m for m in ordered if self._quotes_disagree(m, n)), None)
            ordered.insert(len(ordered) if rival is None else ordered.index(rival) + 1, n)
        return ordered

    def _quotes_disagree(self, one: int, other: int) -> bool:
        pairs = product(self._quoted(one), self._quoted(other))
        return any(self._disagree(before, now) for before, now in pairs)

    def _disagree(self, before: int, now: int) -> bool:
        one, other = self._sentences[before], self._sentences[now]
        return (
            one.article.source != other.article.source
            and other.at - one.at <= AT_ONCE
            and self._alike(before, now)
            and self._has_other_figures(now, [before])
        )
