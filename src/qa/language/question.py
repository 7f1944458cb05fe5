"""What a question asks for, read once: its words, phrases, names, kind of answer, and time."""

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from enum import Enum

from qa.language.language import ENGLISH, Language


class Kind(Enum):
    """The kind of words that would answer."""

    NUMBER = "number"
    TIME = "time"
    NAME = "name"
    PLACE = "place"
    REASON = "reason"


_NAMES = re.compile(r"(?<!^)\b[A-Z]\w+|\b\d[\d,.]*\d|\b\d\b")


@dataclass(frozen=True, slots=True)
class Question:
    """A question as retrieval reads it; stems are those of its language."""

    text: str
    rarity: Mapping[str, float]
    """The weight of each telling stem: the rarer in the index, the heavier; sum 1."""
    stems: Set[str]
    phrases: frozenset[str]
    """Two stems that stand side by side, at least one of them telling, each between spaces."""
    names: frozenset[str]
    """Stems of capitalised words and of numbers, each between spaces."""
    kind: Kind | None
    negates: bool
    """Whether it asks for what is not so."""
    language: Language


def read_question(text: str, rarity: Mapping[str, float], language: Language = ENGLISH) -> Question:
    """Read ``text``, whose content stems weigh as ``rarity`` says."""
    found = language.words(text)
    stems = [language.stem(word) for word in found]
    pairs = zip(found, found[1:], stems, stems[1:], strict=False)
    return Question(
        text=text,
        rarity=rarity,
        stems=frozenset(stems).union(found),
        phrases=frozenset(f" {c} {d} " for a, b, c, d in pairs if {a, b} - language.stop_words),
        names=frozenset(
            f" {language.stem(word)} "
            for name in _NAMES.findall(text)
            for word in language.words(name)
        ),
        kind=next((kind for kind in Kind if language.asks[kind.value].search(text)), None),
        negates=language.negates(text),
        language=language,
    )


def share_of(wanted: Set[str], stemmed: str) -> float:
    """Share (0..1) of ``wanted``, names or phrases, in a stemmed text; 1 if it is empty."""
    return sum(each in stemmed for each in wanted) / len(wanted) if wanted else 1.0


def answers_kind(question: Question, sentence: str) -> bool:
    """Whether ``sentence`` has what ``question`` asks for and does not say itself."""
    if question.kind is None:
        return False
    language = question.language
    for match in language.answers[question.kind.value].finditer(sentence):
        found = language.words(match.group())
        is_new = found and language.stem(found[-1]) not in question.stems
        if found and (question.kind is Kind.REASON or is_new):
            return True
    return False
