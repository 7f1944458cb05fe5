"""Which language a text is in."""

import functools
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence, Set

from qa.language.files import ENGLISH, codes, iso_codes, load
from qa.language.language import Language
from qa.language.words import split

ENOUGH = 2_000
"""Characters of a text that are read."""
BY_CHANCE = 2
"""A text may have so many letters of another script or alphabet in names."""
SHORTEST = 60
"""Letters that a text needs for the model; a shorter one is English if in doubt."""
STOP_WORDS = 0.3
"""Least share of stop words among the words of a text in a language."""
SURE = 2
"""Signs of a language that a question in English hardly has by chance."""
FEWEST_WORDS = 4
"""Words that a question without signs needs for the model."""


def scripts(text: str) -> Counter[str]:
    """Count the letters of ``text`` in each script, named as Unicode does: LATIN, CYRILLIC."""
    return Counter(map(_script_of, filter(str.isalpha, text[:ENOUGH])))


def detect(text: str, hint: str | None = None) -> str | None:
    """Return the ISO 639-1 code of the language of an article, ``None`` if it has no letters.

    ``hint`` is what its page or feed says, such as ``pt-BR``; it is right unless the language has
    another script or alphabet. The first call without a hint loads a model of 100 MB.
    """
    found = scripts(text)
    if not found:
        return None
    written = {each for each, count in found.items() if count * 3 >= found.total()}
    hinted = _known(hint or "")
    if hinted and written <= hinted.scripts and not _is_of_other_alphabet(text, hinted):
        return hinted.code
    if "LATIN" in written and found.total() < SHORTEST:
        return asked_in(text, codes())
    likely = [code for code in _by_model(text) if written & load(code).scripts]
    best = next(filter(_is_known, likely), likely[0] if likely else None)
    return best if best in codes() else _by_stop_words(text, written) or best


def asked_in(question: str, among: Collection[str], likely: Collection[str] = ()) -> str:
    """Return which of the codes ``among`` a question of a few words is in.

    What tells is its script, then letters and common words, then the model of ``detect``. In doubt
    it is one of the ``likely`` ones, English above all.
    """
    letters = scripts(question)
    written = {each for each, count in letters.items() if count > BY_CHANCE or len(letters) == 1}
    found = [each for each in map(load, sorted(among)) if written & each.scripts]
    if len(found) < 2:
        return found[0].code if found else ENGLISH.code
    signs = _signs(question, found)
    most = max(signs.values())
    best = [code for code, count in signs.items() if count == most]
    best = [code for code in best if code in likely] or best
    unread = [each.code for each in found if not each.stop_words]
    if unread and most < SURE and len(question.split()) >= FEWEST_WORDS:
        return _likeliest(question, [*best, *unread])
    if most < SURE and ENGLISH.code in best:
        return ENGLISH.code
    return best[0] if len(best) == 1 else _likeliest(question, best)


def language_of_question(question: str) -> str | None:
    """Return the ISO 639-1 code of the language of a question or a topic, whatever it is.

    ``None`` if it is not known. It may load the model of ``detect``.
    """
    written = scripts(question)
    ours = {script for code in codes() for script in load(code).scripts}
    return asked_in(question, codes()) if ours & set(written) else detect(question)


def _by_stop_words(text: str, written: Collection[str]) -> str | None:
    """Return a language of ours that a good part of the words are of: the model errs, too."""
    words = split(text[:ENOUGH].lower())
    ours = [each for each in map(load, codes()) if each.scripts & set(written)]
    shares = {each.code: sum(word in each.stop_words for word in words) for each in ours}
    best = max(shares, key=lambda code: shares[code], default=None)
    return best if best and shares[best] >= STOP_WORDS * len(words) else None


def _is_known(code: str) -> bool:
    """Whether we have anything of the language: a short text is in no rare one."""
    language = load(code)
    return language.stemmer is not None or language.pairs or bool(language.general)


@functools.lru_cache(maxsize=10_000)
def _script_of(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _known(code: str) -> Language | None:
    try:
        known = load(code)
    except FileNotFoundError:
        return None
    return known if known.code in iso_codes() else None


def _is_of_other_alphabet(text: str, language: Language) -> bool:
    """Whether ``text`` has the letters of Russian, not of Ukrainian, say."""
    rivals = [each for each in map(load, _ALPHABETS) if each.scripts == language.scripts]
    if language not in rivals:
        return False
    read = text[:ENOUGH].lower()
    told = {code: _count(read, own) for code, own in _own_letters(tuple(rivals)).items()}
    return told[language.code] == 0 and max(told.values()) > BY_CHANCE


_LATIN_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
"""Words of one letter: many languages have the same ones, and names have initials."""
_ALPHABETS = ("ru", "uk")
"""Languages of one script that are told apart by their letters in any text."""


@functools.cache
def _own_letters(among: tuple[Language, ...]) -> dict[str, frozenset[str]]:
    """Return the letters that each language alone has, by its code."""
    return {
        each.code: frozenset(each.letters).difference(*(o.letters for o in among if o is not each))
        for each in among
    }


def _count(text: str, letters: Set[str]) -> int:
    return sum(letter in letters for letter in text) if letters else 0


@functools.cache
def _told_by(among: tuple[Language, ...]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the languages of each stop word, and the one of each letter that it alone has."""
    by_word: defaultdict[str, list[str]] = defaultdict(list)
    for each in among:
        for word in each.stop_words:
            by_word[word].append(each.code)
    own = _own_letters(among)
    return dict(by_word), {letter: code for code, letters in own.items() for letter in letters}


def _signs(question: str, among: Sequence[Language]) -> dict[str, float]:
    """Count the common words of each language, and its own letters other than in names twice."""
    by_word, by_letter = _told_by(tuple(among))
    found = {each.code: 0.0 for each in among}
    for word in split(question.lower()):
        for code in by_word.get(word, ()):
            found[code] += 0.5 if word in _LATIN_LETTERS else 1
    first, *others = question.split()
    no_names = " ".join([first, *(word for word in others if not word[0].isupper())]).lower()
    for letter in filter(by_letter.__contains__, no_names):
        found[by_letter[letter]] += 2
    return found


def _by_model(text: str) -> list[str]:
    """Return ISO 639-1 codes, the likeliest first."""
    from py3langid import rank  # takes seconds and 100 MB: not before it is needed

    return [code for code, _ in rank(text[:ENOUGH]) if len(code) == 2]


def _likeliest(question: str, codes: Sequence[str]) -> str:
    ranked = _by_model(question)
    known = [code for code in codes if code in ranked]
    return min(known, key=ranked.index) if known else codes[0]
