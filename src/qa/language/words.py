"""Text to words, and words to stems, for any language."""

import re
import threading
import unicodedata
from typing import Protocol

import snowballstemmer

_WORD = re.compile(r"[^\W_]+")
# Accents of Latin letters only: Russian й is not и.
_ACCENTED = re.compile(r"([A-Za-z])[\u0300-\u036f]+")


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...


class _Stemmers(threading.local):
    """One stemmer per thread and algorithm, since each holds the word that it works on.

    ``snowballstemmer`` calls PyStemmer, which is written in C and installed with us.
    """

    def __init__(self) -> None:
        self._by_algorithm: dict[str, _Stemmer] = {}

    def of(self, algorithm: str) -> _Stemmer:
        if algorithm not in self._by_algorithm:
            self._by_algorithm[algorithm] = snowballstemmer.stemmer(algorithm)
        return self._by_algorithm[algorithm]


_STEMMERS = _Stemmers()


def folded(text: str) -> str:
    """Return ``text`` in lower case and without the accents of Latin letters."""
    plain = text
    if not text.isascii():
        unaccented = _ACCENTED.sub(r"\1", unicodedata.normalize("NFKD", text))
        plain = unicodedata.normalize("NFC", unaccented)
    return plain.lower().replace("ς", "σ")


def split(text: str) -> list[str]:
    """Return the runs of letters and digits in ``text``, in order."""
    return _WORD.findall(text)


def has(stemmed: str, stem: str) -> bool:
    """Whether a stemmed text, its stems between spaces, contains ``stem``."""
    return f" {stem} " in stemmed


def snowball(algorithm: str, word: str) -> str:
    """Return the stem of a folded word. Safe to call from several threads."""
    return _STEMMERS.of(algorithm).stemWord(word)
