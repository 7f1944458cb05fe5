"""Words as full-text search sees them: folded, stemmed, the empty ones left out."""

import functools
import re
import threading
import unicodedata

import snowballstemmer

from qa.language.verbs import PRESENT

_WORD = re.compile(r"[^\W_]+")
# Of "Zelenskyy's" and "didn't" what follows the apostrophe says nothing; of "O'Brien" it does.
_ENDING = re.compile(r"['’](?:s|t|d|m|ll|re|ve)\b")
# Accents of Latin letters only: Russian й is another letter than и.
_ACCENTED = re.compile(r"([A-Za-z])[\u0300-\u036f]+")


class _Stemmer(threading.local):
    """One a thread: a stemmer holds the word that it is at.

    ``snowballstemmer`` hands the work to PyStemmer, which is in C and part of the installation.
    """

    def __init__(self) -> None:
        self.stem = snowballstemmer.stemmer("english").stemWord


_STEMMER = _Stemmer()

EMPTY = frozenset(
    """
    a about above after again against all also am an and any are as at be because been before
    being below between both but by can could did do does doing done down during each else ever
    few for from further get gets give given gives got had has hasn have haven having he her here
    hers him his how i if in into is isn it its itself just kind let like made make makes many may
    me might mine more most much must my no nor not of off on once one only or other our ours out
    over own please said same say says shall she should shouldn so some such tell than that the
    their theirs them then there these they this those through to too under until up upon us used
    using very was we were what when where which while who whom whose why will with would yet you
    your yours
    article articles story stories news
    latest newest recent recently currently happen happens happened happening
    """.split()  # noqa: SIM905 - a wall of quotes and commas would hide the words
)
"""Words that say nothing of what a question is about."""


RELATED = 5
"""A stem of so many letters also stands for longer ones that start with it: Russia, Russian."""


def words(text: str) -> list[str]:
    """Lower-case words without accents, in order; ``Zelenskyy's`` gives ``zelenskyy``."""
    plain = text
    if not text.isascii():
        unaccented = _ACCENTED.sub(r"\1", unicodedata.normalize("NFKD", text))
        plain = unicodedata.normalize("NFC", unaccented)
    plain = plain.lower().replace("ς", "σ")
    return _WORD.findall(_ENDING.sub("", plain))


@functools.lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Return what ``word`` and its inflections have in common."""
    return str(_STEMMER.stem(PRESENT.get(word, word)))


def stemmed_once(text: str) -> str:
    """Stems of ``text`` in order, each between spaces: ``" the tunnel is long "``.

    To look for a stem, a phrase or a beginning is then to look for a string, which is quick.
    """
    found = words(text)
    return f" {' '.join(map(stem, found))} " if found else " "


@functools.lru_cache(maxsize=10_000)
def stemmed(text: str) -> str:
    """As ``stemmed_once``, remembered: many questions come near the same passages."""
    return stemmed_once(text)


def has(stemmed_text: str, wanted: str) -> bool:
    """Whether the text holds the stem ``wanted``, or a longer form of it: Russia, Russian."""
    return (f" {wanted}" if len(wanted) >= RELATED else f" {wanted} ") in stemmed_text


def stems(text: str) -> frozenset[str]:
    """All stems of ``text``."""
    return frozenset(stemmed(text).split())


def is_telling(text: str) -> bool:
    """Whether ``text`` has a word that says what it is about."""
    return not EMPTY.issuperset(words(text))


def content_stems(text: str) -> list[str]:
    """Stems that tell what ``text`` is about, each once, in order; all of them if none does."""
    found = words(text)
    telling = [word for word in found if word not in EMPTY and (len(word) > 1 or word.isdigit())]
    return list(dict.fromkeys(stem(word) for word in telling or found))
