"""Splits text into the pieces of a unigram vocabulary, as SentencePiece does.

For the 250,002 pieces of multilingual-e5-small the library that could do it, ``tokenizers``, needs
1.3 s and 280 MB before the first question, more than the model itself. This needs .4 s and 60 MB;
reading with it takes a fiftieth of the time that the model takes.
"""

import functools
import itertools
import json
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.article import Span
from qa.model.packed import Vocabulary

SPACE = "▁"
"""Stands for the space before a word in the vocabulary."""
UNKNOWN_PENALTY = 10.0
"""How much less likely an unknown character is than the rarest piece."""
SPECIAL = ("<s>", "</s>", "<pad>", "<unk>", "<mask>")
REMEMBERED, SHORT = 20_000, 24
"""How many words of at most so many characters are remembered with their pieces."""
COMMON = 4.0
"""What is one piece in e⁴, as a comma is, is not rare at all."""
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class UnigramTokens:
    """The tokens of a text."""

    ids: list[int]
    offsets: list[Span]


class Unigram:
    """Reads text piece by piece. Thread-safe."""

    def __init__(self, vocabulary: Vocabulary, length: int) -> None:
        """Texts are cut to ``length`` tokens."""
        self._ends = vocabulary.begin, vocabulary.end
        self._unknown = vocabulary.unknown
        self._scores = vocabulary.scores
        self._ids = {piece: n for n, piece in enumerate(vocabulary.pieces)}
        for piece in SPECIAL:
            self._ids.pop(piece, None)
        self._characters = str.maketrans(vocabulary.characters)
        self._length = length
        self._longest = max(map(len, self._ids))
        self._least = min(self._scores) - UNKNOWN_PENALTY
        self._remembered = functools.lru_cache(REMEMBERED)(self._best)

    def encode(self, texts: Sequence[str]) -> list[UnigramTokens]:
        """Return the tokens of each text, with those that mark its ends."""
        return [self._tokens(text) for text in texts]

    def rarities(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """Return how rare the pieces with these numbers are, shape (len(ids),): 0 or more."""
        rare = [max(-self._scores[each] - COMMON, 0.0) for each in ids]
        return np.array(rare, np.float32)

    def _tokens(self, text: str) -> UnigramTokens:
        read, origins = _read(text, self._characters)
        begin, end = self._ends
        ids, offsets = [begin], [(0, 0)]
        for number, a, b in itertools.islice(self._pieces(read), self._length - 2):
            ids.append(number)
            offsets.append(_origin(origins, a, b) if origins else (a, b))
        return UnigramTokens([*ids, end], [*offsets, (0, 0)])

    def _pieces(self, text: str) -> Iterator[tuple[int, int, int]]:
        """Yield each piece's number, begin and end in ``text``, without the space before a word."""
        longest = self._length * self._longest  # a word beyond that is cut in any case
        for match in _WORD.finditer(text):
            word = SPACE + match[0][:longest]
            split = self._remembered if len(word) <= SHORT else self._best
            at = match.start() - len(SPACE)
            for number, length in split(word):
                yield number, max(at, match.start()), at + length
                at += length

    def _best(self, word: str) -> list[tuple[int, int]]:
        """Return the number and the length of each piece of the likeliest split (Viterbi)."""
        best: list[tuple[float, int, int]] = [(0.0, 0, 0)]
        best += [(-math.inf, 0, 0)] * len(word)  # score up to here, last piece, its length
        for a in range(len(word)):
            score = best[a][0]
            for b in range(a + 1, min(a + self._longest, len(word)) + 1):
                number = self._ids.get(word[a:b])
                if number is not None:
                    best[b] = max(best[b], (score + self._scores[number], number, b - a))
            if word[a] not in self._ids:
                best[a + 1] = max(best[a + 1], (score + self._least, self._unknown, 1))
        return self._joined(best)

    def _joined(self, best: Sequence[tuple[float, int, int]]) -> list[tuple[int, int]]:
        """Go back from the end; neighbouring unknown characters become one token."""
        pieces: list[tuple[int, int]] = []
        end = len(best) - 1
        while end > 0:
            _, number, length = best[end]
            end -= length
            if pieces and number == pieces[-1][0] == self._unknown:
                length += pieces.pop()[1]
            pieces.append((number, length))
        return pieces[::-1]


def _read(text: str, characters: Mapping[int, str]) -> tuple[str, list[Span]]:
    """Return ``text`` in the form that the model was trained on, and where each character is from.

    Without the second if nothing had to be changed.
    """
    if unicodedata.is_normalized("NFKC", text) and text.translate(characters) == text:
        return text, []
    read, origins = [], []
    for a, b in _clusters(text):
        form = unicodedata.normalize("NFKC", text[a:b]).translate(characters)
        read.append(form)
        origins += [(a, b)] * len(form)
    return "".join(read), origins


def _origin(origins: Sequence[Span], a: int, b: int) -> Span:
    begin = origins[a][0]
    return begin, origins[b - 1][1] if a < b else begin


def _clusters(text: str) -> Iterator[Span]:
    """Yield each character with the marks that belong to it."""
    begin = 0
    for n, character in enumerate(text[1:], 1):
        if not unicodedata.combining(character):
            yield begin, n
            begin = n
    if text:
        yield begin, len(text)


def save(vocabulary: Vocabulary, path: Path) -> None:
    """Write what ``load`` reads; of the characters, those that NFKC does not change alike."""
    own = {
        character: form
        for character, form in vocabulary.characters.items()
        if unicodedata.normalize("NFKC", character) != form
    }
    path.write_text(json.dumps(asdict(replace(vocabulary, characters=own)), ensure_ascii=False))


def load(path: Path, length: int) -> Unigram:
    """Load what ``save`` wrote."""
    return Unigram(Vocabulary(**json.loads(path.read_text(encoding="utf-8"))), length)
