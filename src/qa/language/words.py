"""Text to words, and words to stems, for any language."""

import re
import threading
import unicodedata
from collections.abc import Set
from typing import Protocol

import snowballstemmer

_MARKS = "".join(
    chr(code)
    for start, end in ((0x0900, 0x1100), (0x1780, 0x1800))
    for code in range(start, end)
    if unicodedata.category(chr(code)).startswith("M")
)
"""Vowel signs of South and South-East Asian scripts: parts of a word, but not letters."""
_WORD = re.compile(rf"[^\W_]+(?:[{_MARKS}][^\W_]*)*")
_WORD_WITH_APOSTROPHES = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_ACCENTS = re.compile("[\u0300-\u036f]")
_ACCENTED = re.compile(
    "([A-Za-z\u00c0-\u024f\u1e00-\u1eff\u0400-\u04ff])[\u0300-\u036f]+"  # Latin, Cyrillic
)
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, Chinese and Japanese, for a class of characters in a pattern: these
have no spaces between words."""
_UNSPACED = re.compile(f"([{UNSPACED}]+)")
# Controls, lone surrogates, soft hyphens, zero-width spaces, direction marks, byte order marks.
UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\xad\u200b\u200e\u200f\u202a-\u202e\u2060"
    r"\u2066-\u2069\ufeff]"
)
"""Characters that nobody sees."""
QUESTION_MARKS = "?？؟"
_VOWEL_POINTS = "[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670]"
"""Marks of Hebrew and Arabic that few writers set."""
_PLAIN = {
    **dict(zip("øłđðıħŧŋ", "olddihtn", strict=True)),
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "ß": "ss",
    "ё": "е",
    "ʼ": "'",
    "’": "'",
}
"""Letters that Unicode does not take apart, and others that people write in two ways."""


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...


class _Stemmers(threading.local):
    """One stemmer per thread and algorithm: a stemmer is not thread-safe.

    ``snowballstemmer`` calls PyStemmer, which is written in C and installed with us.
    """

    def __init__(self) -> None:
        self._by_algorithm: dict[str, _Stemmer] = {}

    def of(self, algorithm: str) -> _Stemmer:
        if algorithm not in self._by_algorithm:
            self._by_algorithm[algorithm] = snowballstemmer.stemmer(algorithm)
        return self._by_algorithm[algorithm]


_STEMMERS = _Stemmers()


class Folding(dict[int, str]):
    """What each character is searched as, for ``str.translate``; filled when it is first met."""

    def __init__(self, letters: str = "", capitals: str = "") -> None:
        """Keep ``letters`` as they are. ``capitals`` are pairs whose lower case is unusual: Iı."""
        super().__init__(zip(map(ord, capitals[::2]), capitals[1::2], strict=True))
        self.is_ascii_plain = not any(capital.isascii() for capital in capitals[::2])
        self._letters = letters

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        self[code] = letter if letter.lower() in self._letters else _plain(letter)
        return self[code]


def _plain(letter: str) -> str:
    if re.match(_VOWEL_POINTS, letter):
        return ""
    known = _PLAIN.get(letter.lower())
    base = unicodedata.normalize("NFD", letter)[0]
    base = known or _PLAIN.get(base.lower(), base)
    # Accents of Latin letters only: Russian й is not и.
    return base if known or base.isascii() else letter


PLAIN = Folding()


def folded(text: str, folding: Folding = PLAIN) -> str:
    """Return ``text`` in lower case and without the accents of Latin letters."""
    if text.isascii() and folding.is_ascii_plain:
        return text.lower()
    composed = unicodedata.normalize("NFKC", text).translate(folding)
    if _ACCENTS.search(composed):
        composed = _ACCENTED.sub(r"\1", composed)
    return composed.lower().replace("ς", "σ")


def split(text: str, *, apostrophes: bool = False) -> list[str]:
    """Return the runs of letters and digits in ``text``, in order.

    With ``apostrophes``, one between letters belongs to the word.
    """
    return (_WORD_WITH_APOSTROPHES if apostrophes else _WORD).findall(text)


def in_pairs(word: str) -> list[str]:
    """Return the pairs of neighbouring characters in the runs of ``word`` that have no spaces."""
    runs = (run for run in _UNSPACED.split(word) if run)
    return [pair for run in runs for pair in (_pairs(run) if _UNSPACED.match(run) else [run])]


def _pairs(run: str) -> list[str]:
    return [run[n : n + 2] for n in range(max(len(run) - 1, 1))]


def has(stemmed: str, stem: str) -> bool:
    """Whether a stemmed text, its stems between spaces, contains ``stem``."""
    return f" {stem} " in stemmed


def share_in_common(left: Set[str], right: Set[str]) -> float:
    """Return the share (0..1) of their stems that two texts have in common."""
    union = left | right
    return len(left & right) / len(union) if union else 1.0


def differ_in_numbers(left: Set[str], right: Set[str]) -> bool:
    """Whether only one of two texts has a number: last month's prices, or another earthquake."""
    return any(any(map(str.isdecimal, stem)) for stem in left ^ right)


def snowball(algorithm: str, word: str) -> str:
    """Return the stem of a folded word. Safe to call from several threads."""
    return _STEMMERS.of(algorithm).stemWord(word)


def lemma(code: str, word: str) -> str:
    """Return the form of ``word`` that stands in a dictionary, or ``word``, in lower case.

    The first call for a language takes seconds and some 60 MB: its dictionary is read then.
    """
    from simplemma import lemmatize  # not before articles are in such a language

    return lemmatize(word, lang=code).lower()
