"""Words as full-text search sees them: folded, stemmed, the empty ones left out."""

import functools
import re
import unicodedata

import snowballstemmer

_WORD = re.compile(r"[^\W_]+")
# Of "Zelenskyy's" and "didn't" what follows the apostrophe says nothing; of "O'Brien" it does.
_ENDING = re.compile(r"['’](?:s|t|d|m|ll|re|ve)\b")
# Stems are looked up in SQLite's index. Its tokenizer folds the accents of a to z alone (Russian
# й stays), and its "porter" is this algorithm, over bytes, with two later rules of its author.
_ACCENTED = re.compile(r"([A-Za-z])[\u0300-\u036f]+")
_STEMMER = snowballstemmer.stemmer("porter")
_LATER_RULES = re.compile(
    r"(.*(?:[aeiou]|(?<=[^aeiou])y)[^aeiou].*)(?:(bl)(?:y|ies)|(log)(?:y|ies))"
)

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
    """Return the stem under which full-text search files ``word``."""
    if not 3 <= len(word.encode()) <= 64:
        return word
    later = _LATER_RULES.fullmatch(word)
    if later:
        start, bly, logy = later.groups()
        word = f"{start}{logy or bly + 'e'}"
    as_bytes = word.encode().decode("latin-1")
    return str(_STEMMER.stemWord(as_bytes)).encode("latin-1").decode()


def stems(text: str) -> frozenset[str]:
    """All stems of ``text``."""
    return frozenset(map(stem, words(text)))


@functools.lru_cache(maxsize=4_000)
def forms(text: str) -> frozenset[str]:
    """All stems that ``text`` answers to: its own, and those that they are longer forms of.

    Remembered, about 20 kB a passage, since many questions come near the same passages.
    """
    return frozenset(form for word in words(text) for form in _forms(word))


@functools.lru_cache(maxsize=200_000)
def _forms(word: str) -> tuple[str, ...]:
    own = stem(word)
    return own, *(own[:length] for length in range(RELATED, len(own)))


def content_stems(text: str) -> list[str]:
    """Stems that tell what ``text`` is about, each once, in order; all of them if none does."""
    found = words(text)
    telling = [word for word in found if word not in EMPTY and (len(word) > 1 or word.isdigit())]
    return list(dict.fromkeys(stem(word) for word in telling or found))


def any_of(text: str) -> str:
    """FTS5 query for passages with any telling word of ``text``; empty when it has no words."""
    return " OR ".join(_quoted(text))


def all_of(text: str) -> str:
    """FTS5 query for texts with all telling words of ``text``; empty when it has no words."""
    return " AND ".join(_quoted(text))


def _quoted(text: str) -> list[str]:
    found = words(text)
    telling = [word for word in found if word not in EMPTY]
    # In double quotes a word is never taken for an operator of the query language.
    return [
        f'"{word}"*' if len(stem(word)) >= RELATED else f'"{word}"'
        for word in dict.fromkeys(telling or found)
    ]
