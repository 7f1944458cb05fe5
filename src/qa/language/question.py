"""What a question asks for, read once: its words, phrases, names, kind of answer, and time."""

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from enum import Enum

from qa.language.words import EMPTY, stem, words

_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_COUNT = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|"
    "hundreds?|thousands?|millions?|billions?|dozens?|half|third|quarter|twice|several|few"
)
_NOUN = r"(?:[\w-]+ ){0,2}"  # "which French city", "what average annual rate"
_CAPITAL = r"[A-Z][\w’'-]+"


class Kind(Enum):
    """The kind of words that would answer, by the pattern of a question that asks for it."""

    NUMBER = re.compile(
        r"\bhow (?:many|much|long|far|old|tall|large|big|high|deep|wide|fast|often|heavy|hot|cold)"
        r"\b|\bwhat (?:percent|percentage|proportion|fraction|size|age)\b"
        rf"|\b(?:what|which) (?:is |was |were |are )?(?:the )?{_NOUN}"
        r"(?:number|population|percentage|amount|cost|price|rate|total)\b",
        re.IGNORECASE,
    )
    TIME = re.compile(
        rf"\bwhen\b|\b(?:what|which) {_NOUN}(?:year|date|day|month|decade|century|time|period|era)"
        r"\b",
        re.IGNORECASE,
    )
    NAME = re.compile(
        rf"\bwho(?:m|se)?\b|\bname of\b|\b(?:what|which) {_NOUN}(?:person|man|woman|president|king"
        r"|queen|author|company|team|country|city|state|organi[sz]ation|group|people|scientist"
        r"|leader|player|university|school|river|language|religion)\b",
        re.IGNORECASE,
    )
    PLACE = re.compile(
        rf"\bwhere\b|\b(?:what|which) {_NOUN}(?:place|location|region|continent|area|town|island)"
        r"\b",
        re.IGNORECASE,
    )
    REASON = re.compile(r"\bwhy\b|\bhow come\b|\bwhat caused\b", re.IGNORECASE)


_ANSWERS = {
    Kind.NUMBER: re.compile(rf"[\d.,]*\d|\b(?:{_COUNT})\b", re.IGNORECASE),
    Kind.TIME: re.compile(
        rf"\b(?:1\d|20)\d\ds?\b|\b(?:{_MONTH})\b|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b"
        r"|\bcentur(?:y|ies)\b|\b\d{1,4}\s?(?:BCE?|AD|CE)\b|\byears? (?:ago|later|earlier)\b"
        r"|\b(?:today|yesterday|tomorrow|tonight)\b|\b\d{1,2}(?::\d\d)?\s?[ap]\.?m\b"
        r"|\b(?:last|next|this) (?:week|month|year|night|spring|summer|autumn|winter|fall)\b",
        re.IGNORECASE,
    ),
    # A capital at the begin of a sentence says nothing.
    Kind.NAME: re.compile(rf"(?<!^)(?<![.!?“\"] )\b{_CAPITAL}"),
    Kind.PLACE: re.compile(
        r"\b(?:in|at|near|from|to|of|on|outside|inside|around|across|between|through|over|into)"
        rf"\s+(?:the\s+)?(?:[a-z]\w*\s)?{_CAPITAL}"
    ),
    Kind.REASON: re.compile(
        r"\b(?:because|since|due to|owing to|so that|in order to|as a result|therefore|thus"
        r"|hence|reason|caused?|led to|leads? to|result(?:ed|s)? (?:in|from)|to \w+|for \w+ing"
        r"|by \w+ing)\b",
        re.IGNORECASE,
    ),
}
_NEGATION = re.compile(
    r"\b(?:not|never|no|none|nor|neither|without|except|unable|fail(?:s|ed)?|lacks?|lacked|least)\b"
    r"|n[’']t\b",
    re.IGNORECASE,
)
_NAMES = re.compile(r"(?<!^)\b[A-Z]\w+|\b\d[\d,.]*\d|\b\d\b")


@dataclass(frozen=True, slots=True)
class Question:
    """A question as retrieval reads it; stems are those of ``qa.language.words``."""

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


def read_question(text: str, rarity: Mapping[str, float]) -> Question:
    """Read ``text``, whose telling stems weigh as ``rarity`` says."""
    found = words(text)
    stems = [stem(word) for word in found]
    pairs = zip(found, found[1:], stems, stems[1:], strict=False)
    return Question(
        text=text,
        rarity=rarity,
        stems=frozenset(stems).union(found),
        phrases=frozenset(f" {c} {d} " for a, b, c, d in pairs if {a, b} - EMPTY),
        names=frozenset(f" {stem(word)} " for name in _NAMES.findall(text) for word in words(name)),
        kind=next((kind for kind in Kind if kind.value.search(text)), None),
        negates=negates(text),
    )


def negates(text: str) -> bool:
    """Whether ``text`` says that something is not so."""
    return _NEGATION.search(text) is not None


def share_of(wanted: Set[str], stemmed: str) -> float:
    """Share (0..1) of ``wanted``, names or phrases, in a stemmed text; 1 if it is empty."""
    return sum(each in stemmed for each in wanted) / len(wanted) if wanted else 1.0


def answers_kind(question: Question, sentence: str) -> bool:
    """Whether ``sentence`` has what ``question`` asks for and does not say itself."""
    if question.kind is None:
        return False
    for match in _ANSWERS[question.kind].finditer(sentence):
        found = words(match.group())
        if found and (question.kind is Kind.REASON or stem(found[-1]) not in question.stems):
            return True
    return False
