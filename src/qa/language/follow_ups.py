"""What questions such as "When was it opened?" take from the one before."""

from collections.abc import Callable, Sequence
from datetime import datetime

from qa.answer import Turn
from qa.language.language import Language
from qa.language.when import without_periods

FEW = 2
"""Content words; a nameless question with no more than these may not say what it is about."""
MARGIN = 0.1
"""How much higher passages must score in the context if the question may stand alone."""
LONGEST = 300
"""Characters of an earlier question, or of a message replied to, that are read."""


def margin(question: str, turn: Turn, language: Language, now: datetime) -> float | None:
    """Return by how much passages must score higher in the context of ``turn`` than without.

    ``None`` for a question that stands alone anyway.
    """
    has_names = bool(language.name_stems(question))
    # "this week" does not point back
    if language.points_back(without_periods(question, now, language)):
        return MARGIN if has_names or _is_whole(question, language) else 0.0
    may_lack = (
        not has_names and _has_few(question, language) and not _same(question, turn, language)
    )
    return MARGIN if turn.is_replied_to or may_lack else None


def _is_whole(question: str, language: Language) -> bool:
    """Whether all that points back is how ``question`` begins: "And how deep is the vault?"."""
    begun = language.going_on.match(question)
    rest = question[begun.end() :].lstrip() if begun else ""
    says_enough = language.is_content(rest) and len(language.content_stems(rest)) >= FEW
    return says_enough and not language.points_back(rest)


def _same(question: str, turn: Turn, language: Language) -> bool:
    before, now = (set(language.content_stems(text)) for text in (turn.question, question))
    return before == now


def is_elliptical(question: str, language: Language) -> bool:
    """Whether ``question`` only names what differs from the one before: "And Ukraine?"."""
    return language.going_on.match(question) is not None and _has_few(question, language)


def _has_few(question: str, language: Language) -> bool:
    return len(language.content_stems(question)) <= FEW


def subject_of(question: str, turn: Turn, language: Language) -> str:
    """Return the title of the turn's article and what else of the turn ``question`` is about.

    That is names; but all content words of the last question if it is asked again, of something
    else, and of the first one, too, if nothing else is known.
    """
    said = [turn.start[:LONGEST], turn.question[:LONGEST]]
    if not language.is_content(question) or is_elliptical(question, language):
        words = _content(said[1:], language)
    else:
        words = _names(said, language) if turn.title else []
    title = f"“{turn.title}”" if turn.title else ""
    return ", ".join(filter(None, [title, " ".join(words or _content(said, language))]))


def _content(texts: Sequence[str], language: Language) -> list[str]:
    return _those(texts, language.is_content)


def _names(texts: Sequence[str], language: Language) -> list[str]:
    names = frozenset().union(*map(language.name_stems, texts))
    return _those(texts, lambda word: not names.isdisjoint(language.stems(word)))


def _those(texts: Sequence[str], wanted: Callable[[str], bool]) -> list[str]:
    return list(dict.fromkeys(word for text in texts for word in text.split() if wanted(word)))
