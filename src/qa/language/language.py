"""Everything that depends on the language of articles and questions, read from a data file."""

import functools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from qa.language.sentences import Rules, cut
from qa.language.words import folded, snowball, split

RELATED = "+"
"""In the stem of a derived word (import+important), between the stem of its family and the word."""

_DATA = resources.files("qa.language") / "data"


@dataclass(frozen=True, slots=True)
class TimeWords:
    """How dates and periods are written; the data file says which groups the patterns have."""

    months: Mapping[str, int]
    """Full and short names, in lower case, to 1..12."""
    weekdays: Mapping[str, int]
    """Names, in lower case, to 0 (Monday) .. 6."""
    month_verbs: frozenset[str]
    """Names of months that are also verbs."""
    names: re.Pattern[str]
    """Names that only look like a time."""
    recent: re.Pattern[str]
    """What asks for news."""
    dates: re.Pattern[str]
    periods: re.Pattern[str]


@dataclass(frozen=True, eq=False)
class Language:
    """One language. Patterns match nothing, and sets are empty, where its file says nothing."""

    code: str
    """ISO 639."""
    stemmer: str | None
    """Algorithm of snowballstemmer; without one a word is its own stem."""
    stop_words: frozenset[str]
    """Words that say nothing about what a text is about."""
    stop_names: frozenset[str]
    """Stop words that are also names."""
    forms: Mapping[str, str]
    """Irregular forms, and peoples, to the word whose stem they share."""
    own: frozenset[str]
    """Words that have a stem of their own although they look like a form of another."""
    inflections: tuple[tuple[str, str], ...]
    """Endings of inflected words, and what the word ends in without them."""
    derivations: tuple[str, ...]
    """Endings that make another word, which the stemmer also removes."""
    ending: re.Pattern[str]
    """An apostrophe and what follows it in a word."""
    sentence_rules: tuple[Rules, ...]
    """Its own and, after them, those for lines in other scripts."""
    leaning: re.Pattern[str]
    negation: re.Pattern[str]
    heading_start: re.Pattern[str]
    """The start of a line that can be a heading even with a verb."""
    statement: re.Pattern[str]
    """A word that makes a line a sentence, not a heading."""
    asks: Mapping[str, re.Pattern[str]]
    """Kind of answer (number, time, name, place, reason) to how a question asks for it."""
    answers: Mapping[str, re.Pattern[str]]
    """Kind of answer to what gives it in a sentence."""
    source_article: str
    """The article (the) that may precede a source's name, in lower case."""
    source_tells: re.Pattern[str]
    """What follows a source's name that starts a sentence."""
    source_from: re.Pattern[str]
    """What precedes a source's name at the end of a topic."""
    time: TimeWords
    boilerplate: tuple[str, ...]
    """Alternatives of a pattern for whole lines that are not part of an article."""
    credits: tuple[str, ...]
    """The same, for lines that may be longer."""
    subjects: tuple[str, ...]
    """What articles are about in general: names, a colon, and what belongs to the subject."""
    subject_separator: re.Pattern[str]
    """What stands between two names of a subject."""
    short_subjects: Mapping[str, str]
    """Subject names that people cut short, to the full name."""

    # Words

    def words(self, text: str) -> list[str]:
        """Folded words of ``text`` in order; ``Zelenskyy's`` gives ``zelenskyy``."""
        return split(self.ending.sub("", folded(text)))

    def stem(self, word: str) -> str:
        """Return what a folded word and its inflections have in common: two words match if equal.

        A word derived from another, such as "important", keeps a stem of its own that says which
        family it belongs to: ``import+important``.
        """
        return _stem(self, word)

    def index_terms(self, text: str) -> str:
        """Stems of ``text`` for a word index, followed by the families of derived words."""
        stemmed = self.stemmed(text)
        families = [
            f"{each.partition(RELATED)[0]}{RELATED}" for each in stemmed.split() if RELATED in each
        ]
        return " ".join([stemmed, *families])

    def stemmed(self, text: str) -> str:
        """Stems of ``text`` in order, each between spaces: ``" the tunnel is long "``.

        Looking for a stem, a phrase or a prefix is then looking for a string, which is fast.
        """
        found = self.words(text)
        return f" {' '.join(map(self.stem, found))} " if found else " "

    def stemmed_cached(self, text: str) -> str:
        """``stemmed``, cached: many questions come near the same passages."""
        return _stemmed(self, text)

    def stems(self, text: str) -> frozenset[str]:
        """All stems of ``text``."""
        return frozenset(self.stemmed_cached(text).split())

    def content_stems(self, text: str) -> list[str]:
        """Stems of the content words of ``text``, each once, in order; of all words if none is."""
        found = self.words(text)
        content = [w for w in found if w not in self.stop_words and (len(w) > 1 or w.isdigit())]
        return list(dict.fromkeys(map(self.stem, content or found)))

    def is_content(self, text: str) -> bool:
        """Whether ``text`` has a word that is not a stop word."""
        return not self.stop_words.issuperset(self.words(text))

    def can_be_topic(self, text: str) -> bool:
        """Whether ``text`` has a content word, or a stop word that is also a name, such as WHO."""
        return not (self.stop_words - self.stop_names).issuperset(self.words(text))

    # Sentences

    def sentences(self, text: str) -> list[tuple[int, int]]:
        """Return the ``(start, end)`` of each sentence of ``text``: see ``sentences.cut``."""
        return cut(text, self.sentence_rules)

    def leans_back(self, sentence: str) -> bool:
        """Whether ``sentence`` is hard to understand without the one before it."""
        return self.leaning.match(sentence) is not None

    def negates(self, text: str) -> bool:
        """Whether ``text`` says that something is not so."""
        return self.negation.search(text) is not None


def related_terms(stem: str) -> list[str]:
    """Index terms of the words that belong to the family of ``stem``, other than its own."""
    family, derived, _ = stem.partition(RELATED)
    return [family, f"{family}{RELATED}"] if derived else [f"{family}{RELATED}"]


@functools.lru_cache(maxsize=200_000)
def _stem(language: Language, word: str) -> str:
    if not language.stemmer:
        return word
    singular = word.removesuffix("s")
    known = language.forms.get(word) or language.forms.get(singular) or word
    stem = snowball(language.stemmer, known)
    own = next((each for each in (word, singular) if each in language.own), None)
    derived = own or _derived(language, known, stem)
    return f"{stem}{RELATED}{derived}" if derived else stem


def _derived(language: Language, word: str, stem: str) -> str | None:
    """Return the uninflected ``word`` if its stem lacks an ending that makes another word."""
    for form in _uninflected(language, word, stem):
        ending = next((each for each in language.derivations if form.endswith(each)), None)
        if ending and len(stem) <= len(form) - len(ending) + 1:
            return form
    return None


def _uninflected(language: Language, word: str, stem: str) -> Iterator[str]:
    yield word
    for ending, instead in language.inflections:
        form = word.removesuffix(ending) + instead
        if word.endswith(ending) and snowball(language.stemmer or "", form) == stem:
            yield form


@functools.lru_cache(maxsize=10_000)
def _stemmed(language: Language, text: str) -> str:
    return language.stemmed(text)


# Reading data files


def codes() -> list[str]:
    """Codes of all languages that have a data file, in order."""
    found = (file.name for file in _DATA.iterdir())
    return sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml"))


@functools.cache
def load(code: str) -> Language:
    """Read the data file of a language; ``FileNotFoundError`` if it has none."""
    return _Reader(tomllib.loads((_DATA / f"{code}.toml").read_text("utf-8"))).language()


class _Reader:
    """Turns the tables of a data file into a ``Language``."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data
        self._time = data.get("time", {})
        self._months = _numbered(self._time.get("months", ()), 1)
        self._weekdays = _numbered(self._time.get("weekdays", ()), 0)
        self._parts: dict[str, str] = {
            **data.get("parts", {}),
            "months": "|".join(sorted(self._months, key=len, reverse=True)),
            "weekdays": "|".join(self._weekdays),
        }

    def language(self) -> Language:
        table = self._table
        words, sentences, headings = table("words"), table("sentences"), table("headings")
        sources, boilerplate, subjects = table("sources"), table("boilerplate"), table("subjects")
        return Language(
            code=self._data["code"],
            stemmer=self._data.get("stemmer"),
            stop_words=_set(words.get("stop")),
            stop_names=_set(words.get("names")),
            forms={
                form: word
                for kind in ("verbs", "nouns", "peoples")
                for word, forms in words.get(kind, {}).items()
                for form in forms.split()
            },
            own=_set(words.get("own")),
            inflections=tuple(map(tuple, words.get("inflections", ()))),
            derivations=tuple(sorted(words.get("derivations", "").split(), key=len, reverse=True)),
            ending=self._ending(words.get("endings", "")),
            sentence_rules=(self._rules(sentences), *self._rules_of_others()),
            leaning=self._pattern(sentences, "leans_back"),
            negation=self._pattern(sentences, "negation"),
            heading_start=self._pattern(headings, "start"),
            statement=self._pattern(headings, "statement"),
            asks={kind: self._pattern(table("asks"), kind) for kind in table("asks")},
            answers={kind: self._pattern(table("answers"), kind) for kind in table("answers")},
            source_article=sources.get("article", ""),
            source_tells=self._pattern(sources, "tells"),
            source_from=self._pattern(sources, "from"),
            time=self._time_words(),
            boilerplate=self._alternatives(boilerplate, "lines"),
            credits=self._alternatives(boilerplate, "credits"),
            subjects=tuple(subjects.get("all", ())),
            subject_separator=self._pattern(subjects, "separators"),
            short_subjects=subjects.get("short", {}),
        )

    def _table(self, name: str) -> Mapping[str, Any]:
        table: Mapping[str, Any] = self._data.get(name, {})
        return table

    def _rules(self, sentences: Mapping[str, Any]) -> Rules:
        return Rules(
            code=self._data["code"],
            letters=self._pattern(sentences, "letters"),
            clock=self._pattern(sentences, "clock"),
            after_clock=self._pattern(sentences, "after_clock"),
            never_last=self._pattern(sentences, "never_last"),
            lower_case_goes_on=sentences.get("lower_case_goes_on", False),
        )

    def _rules_of_others(self) -> Iterable[Rules]:
        return (load(code).sentence_rules[0] for code in self._data.get("others", ()))

    def _time_words(self) -> TimeWords:
        return TimeWords(
            months=self._months,
            weekdays=self._weekdays,
            month_verbs=_set(self._time.get("month_verbs")),
            names=self._pattern(self._time, "names"),
            recent=self._pattern(self._time, "recent"),
            dates=self._pattern(self._time, "dates"),
            periods=self._pattern(self._time, "periods"),
        )

    def _pattern(self, table: Mapping[str, Any], key: str) -> re.Pattern[str]:
        return re.compile("|".join(self._alternatives(table, key)) or "(?!)")

    def _alternatives(self, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
        found = table.get(key, ())
        return tuple(map(self._filled, [found] if isinstance(found, str) else found))

    def _filled(self, pattern: str) -> str:
        """Put the parts in, and join the lines; counts such as ``{1,40}`` are no parts."""
        joined = "".join(map(str.strip, pattern.splitlines())) if "\n" in pattern else pattern
        return re.sub(r"\{([a-z]+)\}", lambda m: f"(?:{self._filled(self._parts[m[1]])})", joined)

    @staticmethod
    def _ending(endings: str) -> re.Pattern[str]:
        return re.compile(rf"['’](?:{'|'.join(endings.split())})\b" if endings else "(?!)")


def _set(words: str | None) -> frozenset[str]:
    return frozenset((words or "").split())


def _numbered(names: Iterable[str], start: int) -> dict[str, int]:
    return {name: n for n, some in enumerate(names, start) for name in some.split()}


ENGLISH = load("en")
