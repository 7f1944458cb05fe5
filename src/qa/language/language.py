"""Everything that depends on the language of articles and questions (read in ``files``)."""

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from qa.language.sentences import Rules, cut
from qa.language.words import Folding, folded, in_pairs, lemma, snowball, split

RELATED = "+"
"""In the stem of a derived word (import+important), between the stem of its family and the word."""

A_SOURCE = "§"
"""Stands for the name of a source in patterns."""
SHORT = 3
"""Characters of a letter with what may follow it: E?)."""

_COMPOUND = re.compile(r"[^\W_]+(?:[-‐‑'][^\W_]+)+")
"""Parts that some writers join: Anne-Marie, O'Leary, PX-9087."""
_NUMBERED = re.compile(r"([^\W\d_]{2,})(\d+)")
"""What others write in two parts: PX9087."""
_PUNCTUATION = '.,;:!?…()[]"“”„«»‘'
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_NAME = re.compile(r"(?<!^)(?<!^[¿¡])\b[^\W\d_]\w+|\b\d[\d,.]*\d|\b\d\b")


@dataclass(frozen=True, slots=True)
class TimeWords:
    """How dates and periods are written; the data file says which groups the patterns have."""

    months: Mapping[str, int]
    """Full and short names, folded, to 1..12."""
    seasons: Mapping[str, int]
    """Names, folded, to 0 (spring) .. 3."""
    weekdays: Mapping[str, int]
    """Names, folded, to 0 (Monday) .. 6."""
    month_verbs: frozenset[str]
    """Names of months that are also verbs."""
    names: re.Pattern[str]
    """Names that only look like a time."""
    recent: re.Pattern[str]
    """What asks for news."""
    dates: re.Pattern[str]
    periods: Mapping[str, re.Pattern[str]]
    """Kind of period (``qa.language.when``) to how it is named, the first to be tried first."""
    counts: Mapping[str, int]
    """Numbers in words, folded."""
    since: re.Pattern[str]
    """What says, at an end of the words before or after a period, that it is where to begin."""
    lasting: re.Pattern[str]
    """How long something has lasted: ``count``, if given, and one of days, weeks, months, years."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that is measured, such as length."""

    asks: re.Pattern[str]
    """How a question asks for it; the last word is the one that such a measure stands for."""
    units: re.Pattern[str]
    """A number with a unit."""


@dataclass(frozen=True, eq=False)
class Language:
    """One language. Patterns match nothing, and sets are empty, where its file says nothing."""

    code: str
    """ISO 639."""
    general: tuple[str, ...]
    """Questions about anything."""
    general_answers: tuple[str, ...]
    """A passage that answers each of them."""
    scripts: frozenset[str]
    """Scripts that it is written in, as Unicode names them: LATIN, CYRILLIC."""
    letters: str
    """Letters that others of its script lack. They are not folded before words are stemmed."""
    stemmer: str | None
    """Algorithm of snowballstemmer; without one a word is its own stem."""
    lemmas: bool
    """Whether words are looked up in simplemma's dictionary before they are stemmed."""
    pairs: bool
    """Whether words are not separated: their pairs of characters stand in for them."""
    capital_nouns: bool
    """Whether all nouns have a capital, which is then not a sign of a name."""
    apostrophes: bool
    """Whether an apostrophe is a letter: м'яч."""
    folding: Folding
    stop_words: frozenset[str]
    """Words that say nothing about what a text is about."""
    stop_names: frozenset[str]
    """Stop words that are also names, when they are written in capitals."""
    forms: Mapping[str, str]
    """Irregular forms, and peoples, to the word whose stem they share."""
    own: frozenset[str]
    """Words that have a stem of their own although they look like a form of another."""
    plurals: tuple[tuple[str, str], ...]
    """Endings of plurals that the stemmer leaves, and what the singular ends in."""
    inflections: tuple[tuple[str, str], ...]
    """Endings of inflected words, and what the word ends in without them."""
    derivations: tuple[str, ...]
    """Endings that make another word, which the stemmer also removes."""
    ending: re.Pattern[str]
    """An apostrophe and what follows it in a word."""
    elision: re.Pattern[str]
    """What precedes an apostrophe and belongs to no word: l', dell'."""
    initial: re.Pattern[str]
    """The hyphen or apostrophe after a first letter that belongs to what follows: e-mail."""
    sentence_rules: tuple[Rules, ...]
    """Its own and, after them, those for lines in other scripts."""
    leaning: re.Pattern[str]
    negation: re.Pattern[str]
    past_perfect: re.Pattern[str]
    """A sentence of what was over before what is told: the bridge had been closed."""
    heading_start: re.Pattern[str]
    """The start of a line that can be a heading even with a verb."""
    statement: re.Pattern[str]
    """A word that makes a line a sentence, not a heading."""
    going_on: re.Pattern[str]
    """The start of a question that goes on with another one: and, what about."""
    referring: re.Pattern[str]
    """What refers to something that was named before: it, there."""
    asks: Mapping[str, re.Pattern[str]]
    """Kind of answer (number, time, name, place, reason) to how a question asks for it."""
    answers: Mapping[str, re.Pattern[str]]
    """Kind of answer to what gives it in a sentence."""
    measures: tuple[Measure, ...]
    source_article: re.Pattern[str]
    """The article (the) that may precede a source's name, with the space after it."""
    source_tells: re.Pattern[str]
    """What follows a source's name that starts a sentence."""
    source_from: re.Pattern[str]
    """What precedes a source's name at the end of a topic."""
    source_all: re.Pattern[str]
    """Words by which all articles of a source are asked for: its news, its articles."""
    source_newest: re.Pattern[str]
    """Whole questions for what is newest in a source, for whose name ``A_SOURCE`` stands."""
    source_called: re.Pattern[str]
    """A word that people write beside the name or address of a source: feed, channel, please."""
    invitation: re.Pattern[str]
    """A sentence that asks its readers to write, vote or comment."""
    time: TimeWords
    subjects: tuple[str, ...]
    """What articles are about in general: names, a colon, and what belongs to the subject."""
    subject_separator: re.Pattern[str]
    """What stands between two names of a subject."""
    short_subjects: Mapping[str, str]
    """Subject names that people cut short, to the full name."""

    # Words

    def words(self, text: str) -> list[str]:
        """Folded words of ``text`` in order; ``Zelenskyy's`` gives ``zelenskyy``.

        A stop word that is a name in capitals, such as WHO, keeps them.
        """
        return self._words(text, is_shouted=_is_shouted(text))

    def _words(self, text: str, *, is_shouted: bool) -> list[str]:
        names = [name for name in map(str.upper, self.stop_names) if name in text]
        if not names or is_shouted:
            return self._folded_words(text)
        pieces = re.split(rf"\b({'|'.join(names)})\b", text)
        return [
            word
            for n, piece in enumerate(pieces)
            for word in ([piece] if n % 2 else self._folded_words(piece))
        ]

    def _folded_words(self, text: str) -> list[str]:
        found = split(self._plain(text), apostrophes=self.apostrophes)
        return [pair for word in found for pair in in_pairs(word)] if self.pairs else found

    def _plain(self, text: str) -> str:
        return self.ending.sub("", self.elision.sub("", folded(text, self.folding)))

    def stem(self, word: str) -> str:
        """Return what a folded word and its inflections have in common: two words match if equal.

        A word derived from another, such as "important", keeps a stem of its own that says which
        family it belongs to: ``import+important``.
        """
        return _stem(self, word)

    def index_terms(self, text: str) -> str:
        """Stems of ``text`` for a word index, other spellings, and families of derived words."""
        stemmed = f"{self.stemmed(text)}{self._other_spellings(text)}"
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
        """``stemmed``, followed by other spellings of its words.

        Cached: many questions come near the same passages.
        """
        return _stemmed(self, text)

    def stems(self, text: str) -> frozenset[str]:
        """All stems of ``text``."""
        return frozenset(self.stemmed_cached(text).split())

    def content_stems(self, text: str) -> list[str]:
        """Stems of the content words of ``text``, each once, in order; of all words if none is."""
        found = self.words(self._joined(text))
        letters = {letter.lower(): letter for letter in self.letter_names(text)}
        content = [
            letters.get(word, word)
            for word in found
            if word in letters
            or (word not in self.stop_words and (len(word) > 1 or word.isdigit()))
        ]
        return list(dict.fromkeys(map(self.stem, content or found)))

    def name_stems(self, text: str, written_in: "Language | None" = None) -> frozenset[str]:
        """Stems of the numbers in ``text``, and of its capitalised words other than the first.

        If it is ``written_in`` a language whose nouns all have a capital, only words with another
        capital or a digit count: NATO, G20.
        """
        is_name = (written_in or self)._is_name
        names = [name for name in _NAME.findall(self._joined(text)) if is_name(name)]
        shouted = _is_shouted(text)
        words = [word for name in names for word in self._words(name, is_shouted=shouted)]
        return frozenset(map(self.stem, [*words, *self.letter_names(text)]))

    def _is_name(self, word: str) -> bool:
        is_noun = self.capital_nouns and word.isalpha() and word[1:].islower()
        return not (word[0].islower() or is_noun)

    def is_content(self, text: str) -> bool:
        """Whether ``text`` has a word that is not a stop word."""
        return not self.stop_words.issuperset(self.words(text))

    def can_be_topic(self, text: str) -> bool:
        """Whether ``text`` has a content word, or a stop word that is also a name, such as WHO."""
        return not (self.stop_words - self.stop_names).issuperset(self.words(text))

    def _joined(self, text: str) -> str:
        """Return ``text`` with single letters joined to their words: OLeary, email, US."""
        whole = _DOTTED.sub(
            lambda match: match[0].replace(".", "") if match[0].isupper() else match[0],
            self.elision.sub("", text),
        )
        return self.initial.sub(r"\1", whole)

    def letter_names(self, text: str) -> list[str]:
        """Letters that tell one name from another, in capitals: vitamin E, hepatitis C."""
        words = ["", *text.split(), ""]
        short = [n for n, word in enumerate(words) if 0 < len(word) <= SHORT and word[0].isupper()]
        return [
            words[n][0]
            for n in short
            if _is_letter_name(words[n - 1], words[n], words[n + 1])
            and (words[n][0].lower() not in self.stop_words or self.is_content(words[n - 1]))
        ]

    def _other_spellings(self, text: str) -> str:
        """Return the stems of words that ``text`` has in another spelling, each before a space.

        PX-9087 gives px9087, and PX9087 gives px and 9087.
        """
        unusual = " ".join(
            word
            for word in text.split()
            if not word.isalpha() and not word.strip(_PUNCTUATION).isalpha()
        )
        plain, shouted = self._plain(unusual), _is_shouted(text)
        if self.apostrophes:
            plain = plain.replace("'", "")
        compounds = [re.sub(r"\W", "", word) for word in _COMPOUND.findall(plain)]
        parts = [part for pair in _NUMBERED.findall(plain) for part in pair]
        joined = self._words(self._joined(unusual), is_shouted=shouted)
        known = {*self._words(unusual, is_shouted=shouted)}
        others = dict.fromkeys(word for word in [*compounds, *parts, *joined] if word not in known)
        others |= dict.fromkeys(self.letter_names(text))
        return "".join(f"{self.stem(word)} " for word in others)

    def without_article(self, source: str) -> str:
        """Return the name of a source without the article before it: ``Guardian``."""
        article = self.source_article.match(source)
        return source[article.end() :] if article else source

    # Sentences

    def sentences(self, text: str) -> list[tuple[int, int]]:
        """Return the ``(start, end)`` of each sentence of ``text``: see ``sentences.cut``."""
        return cut(text, self.sentence_rules)

    def leans_back(self, sentence: str) -> bool:
        """Whether ``sentence`` is hard to understand without the one before it."""
        return self.leaning.match(sentence) is not None

    def points_back(self, question: str) -> bool:
        """Whether ``question`` has a word that may refer to what was asked before it."""
        return bool(self.going_on.match(question) or self.referring.search(question))

    def negates(self, text: str) -> bool:
        """Whether ``text`` says that something is not so."""
        return self.negation.search(text) is not None


def _is_shouted(text: str) -> bool:
    """Whether all of ``text`` is in capitals, which then do not mark names."""
    return text.isupper() and text.count(" ") > 1


def _is_letter_name(before: str, word: str, after: str) -> bool:
    if not before or len(word.rstrip(_PUNCTUATION)) != 1 or word[0] == "I":
        return False
    is_initial = word[1:] == "." and before[0].isupper() and after[:1].isupper()
    return before[-1] not in ".?!:" and not is_initial


def related_terms(stem: str) -> list[str]:
    """Index terms of the words that belong to the family of ``stem``, other than its own."""
    family, derived, _ = stem.partition(RELATED)
    return [family, f"{family}{RELATED}"] if derived else [f"{family}{RELATED}"]


@functools.lru_cache(maxsize=200_000)
def _stem(language: Language, word: str) -> str:
    singular = word.removesuffix("s")
    known = language.forms.get(word) or language.forms.get(singular) or word
    if language.lemmas:
        known = lemma(language.code, known)
    plural = next((each for each in language.plurals if known.endswith(each[0])), ("", ""))
    if len(known) > len(plural[0]) + 1:
        known = known.removesuffix(plural[0]) + plural[1]
    if not language.stemmer or known.isupper():
        return known
    stem = snowball(language.stemmer, known)
    if language.letters:
        stem = folded(stem).replace("'", "")
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
    return f"{language.stemmed(text)}{language._other_spellings(text)}"
