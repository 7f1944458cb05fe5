"""What articles are about in general: a topic must be nearer to an article than these are.

A subject of a ``Language`` is its names, a colon, and what belongs to it.
"""

import functools
from collections.abc import Collection

from qa.language import ENGLISH, Language


def subjects_named(stems: Collection[str], language: Language = ENGLISH) -> list[int]:
    """Rows of the subjects that a topic with these stems names, if it says nothing else.

    "World news", "business" and "Sci/Tech" do; "video", "tech in schools" and "bus" do not.
    """
    stem, short = language.stem, language.short_subjects
    full = {stem(word): stem(name) for word, name in short.items()}
    said = {full.get(each, each) for each in stems}
    named = [(row, name) for row, name in _names(language) if name <= said]
    says_no_more = said == frozenset().union(*(name for _, name in named))
    return sorted({row for row, _ in named}) if says_no_more else []


@functools.cache
def _names(language: Language) -> list[tuple[int, frozenset[str]]]:
    """The names of each subject (its row) as stems: "Crime, courts and law" are three names."""
    return [
        (row, frozenset(language.content_stems(name)))
        for row, subject in enumerate(language.subjects)
        for name in language.subject_separator.split(subject.partition(":")[0])
    ]
