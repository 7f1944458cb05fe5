"""Texts of one form, such as bulletins: they share most of their words, but not what they tell.

A copy of a text drops, adds or moves whole sentences. Of two texts of one form, a sentence of one
returns in the other with another figure, date, place or name in the same place.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

from qa.article import Article
from qa.language import Language, language_of

ALIKE = 0.5
"""Share of the words of the shorter of two sentences that both have if they have one form."""
FIGURES, WORDS = 1.0, 0.5
"""Weight of another figure, or another word, in the same place. Papers reword what they copy."""
A_SENTENCE = 1 / 16
"""Articles differ if their differences count at least this much a sentence."""
MOST = 200
"""Sentences that are compared; what comes later is mostly not about the event."""

_GROUPED = re.compile(r"(?<=\d)[\u0020\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_FIGURE = re.compile(r"(\d+(?:[.,:/-]\d+)*)")

Sentence = tuple[str, ...]
"""Stems and figures in order; of figures only the digits, and days and months as ``#day 0``."""
Pair = tuple[frozenset[str], frozenset[str]]
"""Words that stand in the same place of two sentences: of the one, and of the other."""


@dataclass(frozen=True)
class Telling:
    """What an article says, for comparison with another."""

    article: Article

    @cached_property
    def title(self) -> Sentence:
        """The title as a sentence."""
        return self._tokens(self.article.title)

    @cached_property
    def sentences(self) -> dict[Sentence, None]:
        """The first sentences of the text, each once, in order."""
        text = self.article.text
        cut = [text[start:end] for start, end in self._language.sentences(text)[:MOST]]
        lines = (line for sentence in cut for line in sentence.splitlines())
        return dict.fromkeys(filter(None, map(self._tokens, lines)))

    @cached_property
    def said(self) -> frozenset[str]:
        """All that title and text say."""
        return frozenset({*self.title, *self._tokens(self.article.text)})

    @cached_property
    def names(self) -> frozenset[str]:
        """Figures, words in capitals, and all of the title."""
        return self._language.name_stems(self.article.text) | {*self.title}

    @cached_property
    def named(self) -> frozenset[str]:
        """Words of the title that are in capitals, except the first."""
        return self._language.name_stems(self.article.title)

    def telling(self, tokens: Iterable[str]) -> set[str]:
        """Return the figures and content words among ``tokens``."""
        stop_words = self._language.stop_words
        return {each for each in tokens if _is_figure(each) or each not in stop_words}

    @property
    def _language(self) -> Language:
        return language_of(self.article.language)

    def _tokens(self, text: str) -> Sentence:
        pieces = _FIGURE.split(_GROUPED.sub("", text))
        words = self._language.words
        return tuple(
            token
            for n, piece in enumerate(pieces)
            for token in ([_digits(piece)] if n % 2 else map(self._token, words(piece)))
        )

    def _token(self, word: str) -> str:
        language, time = self._language, self._language.time
        if word in time.weekdays:
            return f"#day {time.weekdays[word]}"
        if word in time.months:
            return f"#month {time.months[word]}"
        is_number = word in time.counts and word not in language.stop_words
        return str(time.counts[word]) if is_number else language.stem(word)


def _digits(figure: str) -> str:
    return re.sub(r"\D", "", figure).lstrip("0") or "0"


def differ(one: Article, other: Article) -> bool:
    """Whether two articles that share most of their text are about different events."""
    left, right = Telling(one), Telling(other)
    pairs = {pair for a, b in _counterparts(left, right) for pair in _replaced(a, b, left, right)}
    in_titles = _replaced_in_titles(left, right)
    if any(_weight(*pair, left, right) for pair in pairs.intersection(in_titles)):
        return True  # rain here, snow there, on top and below: however long the rest is
    counted = sum(_weight(mine, theirs, left, right) for mine, theirs in pairs)
    fewest = min(len(left.sentences), len(right.sentences))
    return counted + _between_titles(left, right, in_titles) >= max(FIGURES, A_SENTENCE * fewest)


def _between_titles(left: Telling, right: Telling, in_titles: Sequence[Pair]) -> float:
    """Return the weight of what each title says and the other article nowhere says.

    A copy may have another headline with some words of its own, but they do not replace words of
    the first headline, and most of the headline is in the text.
    """
    mine = left.telling(left.title) - right.said
    theirs = right.telling(right.title) - left.said
    if _has_figure(mine) and _has_figure(theirs):
        return FIGURES
    if _alike(left.title, right.title):
        name_another = any(a & left.named and b & right.named for a, b in in_titles)
        return FIGURES if name_another else WORDS * bool(in_titles)
    are_apart = 2 * len(mine) >= len(left.title) and 2 * len(theirs) >= len(right.title)
    return WORDS if mine and theirs and are_apart else 0.0


def _replaced_in_titles(left: Telling, right: Telling) -> list[Pair]:
    """Return what stands in the same place of titles of one form."""
    is_form = _alike(left.title, right.title)
    return _replaced(left.title, right.title, left, right) if is_form else []


def _counterparts(left: Telling, right: Telling) -> Iterator[tuple[Sentence, Sentence]]:
    """Yield the sentences that only one text has with those of the same form in the other."""
    others = [each for each in right.sentences if each not in left.sentences]
    for sentence in left.sentences:
        if sentence not in right.sentences:
            found = max(others, key=lambda each: _shared(sentence, each), default=())
            if _alike(sentence, found):
                yield sentence, found


def _shared(one: Sentence, other: Sentence) -> float:
    return len({*one} & {*other}) / (len({*one} | {*other}) or 1)


def _alike(one: Sentence, other: Sentence) -> bool:
    return len({*one} & {*other}) >= ALIKE * (min(len({*one}), len({*other})) or 1)


def _replaced(one: Sentence, other: Sentence, left: Telling, right: Telling) -> list[Pair]:
    """Return what stands in the same place, where each side is said in its own article only."""
    changes = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    pairs = [
        (
            frozenset(left.telling(one[a:b]) - right.said),
            frozenset(right.telling(other[c:d]) - left.said),
        )
        for kind, a, b, c, d in changes
        if kind == "replace"
    ]
    return [(mine, theirs) for mine, theirs in pairs if mine and theirs]


def _weight(mine: frozenset[str], theirs: frozenset[str], left: Telling, right: Telling) -> float:
    """Return what a replacement counts: nothing if it only spells a figure or rewords."""
    figures = _has_figure(mine), _has_figure(theirs)
    if any(figures):
        return FIGURES if all(figures) else 0.0
    return WORDS if mine & left.names and theirs & right.names else 0.0


def _has_figure(tokens: Iterable[str]) -> bool:
    return any(map(_is_figure, tokens))


def _is_figure(token: str) -> bool:
    return token.isdecimal() or token.startswith("#")
