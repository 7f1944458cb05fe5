"""Split a quote, and find where an article has its pieces.

Parts are separated by an ellipsis. White space and the shapes of quotation marks, apostrophes and
dashes do not count.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from qa.article import Article, Span
from qa.language import Language
from qa.language.words import UNSEEN, UNSPACED

_SAME = ('"“”„‟«»″', "'’‘‚‛ʼ‹›′`", "-‐‑‒–—―−")
_SHAPES = str.maketrans({each: group[0] for group in _SAME for each in group})
_CLASSES = {each: f"[{re.escape(group)}]" for group in _SAME for each in group}
_QUOTATION_MARKS = _SAME[0] + _SAME[1]
_CUT = re.compile(r"[\[(]\s*(?:…|\.{3,})\s*[\])]|…|\.{3,}")
_LETTER = rf"[^\W_{UNSPACED}]"
_TOKEN = re.compile(rf"[{UNSPACED}]|{_LETTER}+(?:[.,:'’ʼ‐‑‒–-]{_LETTER}+)*|\S")
_TORN = re.compile(rf"(?<={_LETTER})\0(?={_LETTER})|(?<=\d[.,])\0(?=\d)|(?<=\d)\0(?=[.,]\d)")
"""An edge, marked by NUL, inside a word or a number."""


@dataclass(frozen=True)
class Piece:
    """Words of a quote that must stand together."""

    text: str

    @cached_property
    def tokens(self) -> list[str]:
        """Words and signs, in one shape."""
        return tokens_of(self.text)[0]

    @cached_property
    def words(self) -> Counter[str]:
        """How often it has each word."""
        return Counter(filter(is_word, self.tokens))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches the same tokens with any white space around signs."""
        made = ""
        for before, token in zip([""] + self.tokens, self.tokens, strict=False):  # noqa: RUF005
            space = r"\s+" if _is_spaced(before) and _is_spaced(token) else r"\s*"
            made += (space if before else "") + "".join(map(_character, token))
        return re.compile(made)

    def place(self, text: str, since: int = 0) -> Span | None:
        """Where ``text`` first has these words from ``since`` on, but not inside other words."""
        found = (match.span() for match in self.pattern.finditer(text, since))
        return next((span for span in found if _is_whole(text, *span)), None)


@dataclass(frozen=True)
class Part(Piece):
    """What stands between two ellipses, with its sentences."""

    sentences: tuple[Piece, ...] = ()


def tokens_of(text: str) -> tuple[list[str], list[Span]]:
    """Return the words and signs of ``text``, in one shape, and where they are."""
    found = list(_TOKEN.finditer(text))
    return [each[0].translate(_SHAPES) for each in found], [each.span() for each in found]


def is_word(text: str) -> bool:
    """Whether ``text`` has a letter or a digit."""
    return any(map(str.isalnum, text))


def _is_spaced(token: str) -> bool:
    return re.match(_LETTER, token) is not None


def _character(character: str) -> str:
    return _CLASSES.get(character) or re.escape(character)


def _is_whole(text: str, start: int, end: int) -> bool:
    before, after = text[max(start - 2, 0) : start], text[end : end + 2]
    return not _TORN.search(f"{before}\0{text[start]} {text[end - 1]}\0{after}")


def parts_of(quoted: str, language: Language) -> list[Part]:
    """Return the parts of a quote that have words."""
    seen = unicodedata.normalize("NFC", UNSEEN.sub("", quoted)).strip(_QUOTATION_MARKS + " \n\t")
    texts = [each.strip() for each in _CUT.split(seen) if is_word(each)]
    return [Part(text, tuple(_sentences(text, language))) for text in texts]


def _sentences(text: str, language: Language) -> Iterator[Piece]:
    for start, end in language.sentences(text):
        if is_word(text[start:end]):
            yield Piece(text[start:end])


@dataclass(frozen=True, slots=True)
class Match:
    """What an article has of a quote: a place, or none, for each piece.

    The pieces of a part are its sentences, unless the article has the whole part.
    """

    article: Article
    parts: Sequence[Sequence[tuple[Piece, Span | None]]]

    @property
    def pieces(self) -> list[tuple[Piece, Span | None]]:
        """All pieces, in the order of the quote."""
        return [piece for part in self.parts for piece in part]

    @property
    def spans(self) -> list[Span]:
        """The places of those that are found."""
        return [span for _, span in self.pieces if span]

    @property
    def found(self) -> int:
        """How many tokens of the quote are found."""
        return sum(len(piece.tokens) for piece, span in self.pieces if span)

    @property
    def is_whole(self) -> bool:
        """Whether the article has every part of the quote."""
        return all(len(part) == 1 and part[0][1] for part in self.parts)

    @property
    def is_ordered(self) -> bool:
        """Whether what is found stands in the order of the quote."""
        return self.spans == sorted(self.spans)


def match(article: Article, parts: Iterable[Part]) -> Match:
    """Find ``parts`` in the text of ``article``: one after another if they stand so."""
    since, found = 0, list[list[tuple[Piece, Span | None]]]()
    for part in parts:
        pieces: list[tuple[Piece, Span | None]] = []
        span = _place(part, article.text, since)
        for piece in [part] if span else part.sentences:
            place = span or _place(piece, article.text, since)
            since = max(since, place[1]) if place else since
            pieces.append((piece, place))
        found.append(pieces)
    return Match(article, found)


def _place(piece: Piece, text: str, since: int) -> Span | None:
    return piece.place(text, since) or (piece.place(text) if since else None)
