"""A question, read once, for search, highlighting and confidence."""

import functools
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum

from qa.answer import Turn
from qa.article import Article
from qa.language.detect import scripts
from qa.language.files import ENGLISH
from qa.language.follow_ups import is_elliptical, margin, subject_of
from qa.language.hints import Hints, read_hints
from qa.language.language import Language
from qa.language.sources import SourceNames
from qa.vectors import Vectors

MAX_LENGTH = 1_000
"""Characters of a question that are read; the packaged model takes no more."""

Weigh = Callable[[Sequence[str]], Mapping[str, float]]
"""Stems to their idf weights, which add up to 1."""
Encode = Callable[[Sequence[str]], Vectors]
"""Texts to their vectors, shape (n, d)."""


class Kind(Enum):
    """The kind of words that would answer."""

    NUMBER = "number"
    TIME = "time"
    NAME = "name"
    PLACE = "place"
    REASON = "reason"


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """One wording of a question, or a topic: what a passage is compared with."""

    text: str
    tokens: Sequence[str]
    stems: Set[str]
    """Of all words, and the words themselves."""
    content_stems: Sequence[str]
    idf: Mapping[str, float]
    """The weight of each content stem: the rarer in the index, the heavier; they add up to 1."""
    phrases: Set[str]
    """Pairs of neighbouring stems of which at least one is a content stem, between spaces."""
    names: Set[str]
    """Stems of capitalised words and of numbers, each between spaces."""
    kind: Kind | None
    measured: Mapping[str, Sequence[re.Pattern[str]]]
    """Stems that ask for a measure, such as "hot", to the numbers with a unit that stand for it."""
    negates: bool
    """Whether it asks what is not the case."""
    vector: Vectors
    """Shape (d,)."""
    language: Language
    others: dict[str, "Wording"] = field(default_factory=dict)
    """As it is read for other languages."""

    def read_in(self, language: Language) -> "Wording":
        """Return what passages in ``language`` are compared with.

        A word means the same only within its language; across, names and numbers do.
        """
        if language is self.language:
            return self
        if language.code not in self.others:
            self.others[language.code] = self._names_alone(language)
        return self.others[language.code]

    def _names_alone(self, language: Language) -> "Wording":
        found = sorted(language.name_stems(self.text, self.language))
        names = [stem for stem in found if scripts(stem).keys() <= language.scripts]
        return replace(
            self,
            tokens=(),
            stems=frozenset(names),
            content_stems=names,
            idf=dict.fromkeys(names, 1 / len(names)) if names else {},
            phrases=frozenset(),
            names=frozenset(),
            measured={},
            language=language,
            others={},
        )


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A question as it is searched and judged. Without hints all its wordings are one."""

    text: str
    """As it was asked, in full."""
    asked: Wording
    sought: Wording
    """What finds passages: with the title of the article that the question is about, or the
    subject of the turn that it follows."""
    bare: Wording
    """Without what names a source or a period."""
    hints: Hints
    follows: Turn | None = None
    """The context in which it is read."""
    margin: float = 0.0
    """By how much passages must score higher in this context than without."""

    def alone(self) -> "Question":
        """Return the same question without a context."""
        return replace(self, sought=self.asked, follows=None) if self.follows else self

    def _in_own_words(self) -> Wording:
        """What is sought, of which a passage must have the words of the question alone."""
        asked = self.asked
        if not asked.language.is_content(asked.text):  # "By whom?"
            return self.sought
        return replace(
            self.sought,
            content_stems=asked.content_stems,
            idf=asked.idf,
            phrases=asked.phrases,
            names=asked.names,
        )

    def wordings_for(self, article: Article) -> Sequence[Wording]:
        """Return the wordings with which to judge passages of ``article``; the best one counts.

        Few articles say where they were published, so those of a named source are judged by the
        rest of the question. Few say on which day, either, but a passage may be about that day.
        """
        if self.follows is not None:
            # The article that is talked about need not name what the question calls "it".
            is_known = article.id == self.follows.article_id
            return (self._in_own_words(),) if is_known else (self.sought,)
        if self.hints.names_source(article):
            return (self.bare,)
        if self.hints.names_day(article) and self.bare is not self.asked:
            return self.asked, self.bare
        return (self.asked,)


def read_question(
    text: str,
    sources: SourceNames,
    weigh: Weigh,
    encode: Encode,
    title: str = "",
    now: datetime | None = None,
    language: Language = ENGLISH,
    things: Collection[str] = (),
    follows: Turn | None = None,
) -> Question:
    """Read ``text``, which may be about the article with this ``title``, or follow another one.

    ``things`` are names of sources that mean something else here. ``encode`` is called once, with
    one text, and one more for each of a title, or a turn that it may follow, and hints.
    """
    asked = " ".join(text[:MAX_LENGTH].split())
    hints, bare = read_hints(asked, sources, title, now, language, things)
    more = margin(asked, follows, language, hints.now) if follows else None
    follows = follows if more is not None else None
    context = subject_of(asked, follows, language) if follows else f"“{title}”" if title else ""
    sought = f"{context}: {asked}"[:MAX_LENGTH] if context else asked
    texts = list(dict.fromkeys((sought, asked, bare or asked)))
    wordings = {
        each: read_wording(each, weigh, vector, language)
        for each, vector in zip(texts, encode(texts), strict=True)
    }
    own, found = wordings[asked], wordings[sought]
    found = _in_context(own, found, follows) if follows else found
    return Question(text, own, found, wordings[bare or asked], hints, follows, more or 0.0)


def _in_context(asked: Wording, sought: Wording, follows: Turn) -> Wording:
    """Return ``sought`` with what it asks for, and the names that a passage must have.

    "And Ukraine?" asks for what was asked before, of another name.
    """
    kind, language = asked.kind, asked.language
    said = {f" {stem} " for stem in language.name_stems(follows.question)}
    named = asked.names | said
    if is_elliptical(asked.text, language):
        kind = kind or _kind_asked(follows.question, language)
        named = asked.names or said
    return replace(sought, kind=kind, negates=asked.negates, names=named)


def read_statements(
    texts: Sequence[str], weigh: Weigh, encode: Encode, language: Language
) -> list[Question]:
    """Read sentences of which each says something; ``encode`` is called once, with all of them.

    They ask for no kind of words, and a source or a day that they name is part of what they say.
    """
    said = [" ".join(text[:MAX_LENGTH].split()) for text in texts]
    wordings = [
        replace(read_wording(text, weigh, vector, language), kind=None)
        for text, vector in zip(said, encode(said), strict=True)
    ]
    read = zip(texts, wordings, strict=True)
    return [Question(text, each, each, each, Hints(language=language)) for text, each in read]


def read_wording(text: str, weigh: Weigh, vector: Vectors, language: Language = ENGLISH) -> Wording:
    """Read ``text``, whose vector has shape (d,)."""
    tokens = language.words(text)
    stems = [language.stem(token) for token in tokens]
    content_stems = language.content_stems(text)
    pairs = zip(tokens, tokens[1:], stems, stems[1:], strict=False)
    return Wording(
        text=text,
        tokens=tokens,
        stems=frozenset(stems).union(tokens),
        content_stems=content_stems,
        idf=weigh(content_stems),
        phrases=frozenset(f" {c} {d} " for a, b, c, d in pairs if {a, b} - language.stop_words),
        names=frozenset(f" {stem} " for stem in language.name_stems(text)),
        kind=_kind_asked(text, language),
        measured=_measured(text, language),
        negates=language.negates(text),
        vector=vector,
        language=language,
    )


def _kind_asked(text: str, language: Language) -> Kind | None:
    asks = language.asks
    return next((k for k in Kind if k.value in asks and asks[k.value].search(text)), None)


def _measured(text: str, language: Language) -> Mapping[str, Sequence[re.Pattern[str]]]:
    found = defaultdict(list)
    for measure in language.measures:
        match = measure.asks.search(text)
        if match and (stem := _last_stem(language, match.group())):
            found[stem].append(measure.units)
    return found


def measures_in(sentence: str, wording: Wording) -> dict[str, float]:
    """Return the stems that ask for a measure which ``sentence`` gives, with their idf weights."""
    return {
        stem: wording.idf.get(stem, 0.0)
        for stem, units in wording.measured.items()
        if any(each.search(sentence) for each in units)
    }


def share_of(wanted: Set[str], stemmed: str) -> float:
    """Share (0..1) of ``wanted``, names or phrases, in a stemmed text; 1 if it is empty."""
    return sum(each in stemmed for each in wanted) / len(wanted) if wanted else 1.0


def answers_kind(wording: Wording, sentence: str) -> bool:
    """Whether ``sentence`` has the kind of words asked for, other than those of the question."""
    if wording.kind is None:
        return False
    language = wording.language
    answers = language.answers.get(wording.kind.value)
    for match in answers.finditer(sentence) if answers else ():
        stem = _last_stem(language, match.group())
        if stem and (wording.kind is Kind.REASON or stem not in wording.stems):
            return True
    return False


@functools.lru_cache(maxsize=50_000)
def _last_stem(language: Language, phrase: str) -> str | None:
    """Return the stem of the last word. Cached: passages share their numbers and names."""
    found = language.words(phrase)
    return language.stem(found[-1]) if found else None
