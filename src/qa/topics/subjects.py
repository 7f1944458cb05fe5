"""What articles are about in general: a topic must be nearer to an article than these are.

A subject of a ``Language`` is its names, a colon, and what belongs to it. All languages have the
same ones in the same order.
"""

import functools
from collections.abc import Collection, Iterable, Mapping

from qa.language import Language, codes, load
from qa.language.detect import asked_in, scripts
from qa.language.words import folded

LONGEST = 5
"""Words of a topic that may only name subjects."""


@functools.lru_cache(maxsize=10_000)
def language_of_topic(topic: str) -> Language:
    """Return the language that a topic is written in, as far as a few words tell."""
    return load(asked_in(topic, codes()))


def subjects_named(topic: str) -> tuple[int, ...]:
    """Return the rows of the subjects that ``topic`` names in any language, if that is all it says.

    "World news", "Спорт" and "Sci/Tech" do; "video", "tech in schools" and "bus" do not.
    """
    words = topic.split()
    if len(words) > LONGEST:
        return ()
    written = scripts(topic).keys()
    plain = [word for word in words if word.isascii() and word.isalpha() and len(word) > 1]
    others = (each for each in map(load, codes()) if written & each.scripts)
    possible = [each for each in others if _may_name(plain, each)]
    if not possible:
        return ()
    languages = dict.fromkeys([language_of_topic(topic), *possible])
    found = (_named(each.content_stems(topic), each) for each in languages if each.subjects)
    return next(filter(None, found), ())


def _may_name(words: Iterable[str], language: Language) -> bool:
    """Whether none of ``words``, letters alone, says anything but a subject.

    That is cheap: few topics name one, and each may be in any language.
    """
    known, stop_words = _words_of_names(language), language.stop_words
    folding = language.folding
    said = (folded(word, folding) for word in words)
    return all(word in stop_words or language.stem(word) in known for word in said)


@functools.cache
def _full(language: Language) -> Mapping[str, str]:
    stem = language.stem
    return {stem(word): stem(name) for word, name in language.short_subjects.items()}


@functools.cache
def _words_of_names(language: Language) -> frozenset[str]:
    """All stems that names of subjects have."""
    return frozenset(_full(language)).union(*(name for _, name in _names(language)))


def _named(stems: Collection[str], language: Language) -> tuple[int, ...]:
    full = _full(language)
    said = {full.get(each, each) for each in stems}
    named = [(row, name) for row, name in _names(language) if name <= said]
    says_no_more = said == frozenset().union(*(name for _, name in named))
    return tuple(sorted({row for row, _ in named})) if says_no_more else ()


@functools.cache
def _names(language: Language) -> list[tuple[int, frozenset[str]]]:
    """The names of each subject (its row) as stems: "Crime, courts and law" are three names."""
    return [
        (row, frozenset(language.content_stems(name)))
        for row, subject in enumerate(language.subjects)
        for name in language.subject_separator.split(subject.partition(":")[0])
    ]
