"""What articles are about in general: a topic must be nearer to an article than these are.

A subject of a ``Language`` is its names, a colon, and what belongs to it. All languages have the
same ones in the same order.
"""

import functools
from collections.abc import Collection

from qa.language import Language, codes, load
from qa.language.detect import asked_in, scripts

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
    if len(topic.split()) > LONGEST:
        return ()
    written = scripts(topic).keys()
    likely = language_of_topic(topic)
    others = (load(code) for code in codes())
    languages = dict.fromkeys([likely, *(each for each in others if written & each.scripts)])
    found = (_named(each.content_stems(topic), each) for each in languages if each.subjects)
    return next(filter(None, found), ())


def _named(stems: Collection[str], language: Language) -> tuple[int, ...]:
    stem, short = language.stem, language.short_subjects
    full = {stem(word): stem(name) for word, name in short.items()}
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
