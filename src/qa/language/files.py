"""Languages, each read from its data file.

A language without one has what needs none: words, stems if there is a stemmer, sentences.
"""

import functools
import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

from qa.language.language import Language, Measure, TimeWords
from qa.language.sentences import Rules
from qa.language.words import Folding, folded

SEVERAL = "mul"
"""Code of the file with what several languages share."""
_GENERAL = "general"
"""Name of the file with general questions and answers in languages without a file."""
NUMBER_AND_UNIT = r"(?:\d|\b{count}\b)(?:[\s-]+\w+[\s-]+|[\s-]*)(?:{unit})(?!\w)"
"""Such as ``2 km``, ``150 million kilometres``, ``five-hour``."""
_DATA = resources.files("qa.language") / "data"


def codes() -> list[str]:
    """Codes of all languages that have a data file, in order."""
    return list(_codes())


@functools.cache
def _codes() -> tuple[str, ...]:
    found = (file.name for file in _DATA.iterdir())
    names = (name.removesuffix(".toml") for name in found if name.endswith(".toml"))
    return tuple(sorted(set(names) - {SEVERAL, _GENERAL}))


def iso_codes() -> frozenset[str]:
    """All codes of ISO 639-1."""
    return _set(_data(SEVERAL)["all"])


@functools.lru_cache(maxsize=1_000)
def load(code: str) -> Language:
    """Return the language of an ISO 639-1 code, such as ``uk``, ``pt-BR`` or ``en_GB``.

    Without a data file it is a generic one. ``FileNotFoundError`` if the code has another form.
    """
    own = re.split("[-_]", code)[0].lower()
    return _load(next(iter(_listed("same", own)), own))


def language_of(code: str | None) -> Language:
    """Return the language that an article is stored with; older ones, without one, are English."""
    return load(code) if code else ENGLISH


def page_lines(code: str, kind: str) -> tuple[str, ...]:
    """Return alternatives of a pattern for whole lines that are not part of an article.

    ``kind`` is ``lines``, or ``credits`` for those that may be longer. ``load`` would compile all
    other patterns of the language, too.
    """
    return _Reader(_data(code)).page_lines(kind)


def talk_words(code: str) -> Mapping[str, list[str]]:
    """Return phrases that are not questions (``qa.language.talk``), by what they mean.

    ``extra`` are words that may stand beside them.
    """
    found: Mapping[str, list[str]] = _data(code)["talk"]
    return found


def month_names(code: str) -> Mapping[str, int]:
    """Return the numbers of the months by their names, folded; none without a data file."""
    return _numbered(_data(code).get("time", {}).get("months", ()), 1)


@functools.cache
def _load(code: str) -> Language:
    return _Reader(_data(code)).language()


@functools.cache
def _data(code: str) -> Mapping[str, Any]:
    if code in {*codes(), SEVERAL}:
        return _read(code)
    if not re.fullmatch("[a-z]{2}", code):
        raise FileNotFoundError(f"{code!r} is not an ISO 639-1 code.")
    stemmer = next(iter(_listed("stemmers", code)), None)
    is_in_pairs = code in _data(SEVERAL)["pairs"].split()
    general = _read(_GENERAL).get(code, {})
    return {"code": code, "stemmer": stemmer, "pairs": is_in_pairs, **general}


@functools.cache
def _read(name: str) -> Mapping[str, Any]:
    return tomllib.loads((_DATA / f"{name}.toml").read_text("utf-8"))


def _listed(table: str, code: str) -> list[str]:
    """Return what ``mul.toml`` lists ``code`` under."""
    listed: Mapping[str, str] = _data(SEVERAL)[table]
    return [name for name, of in listed.items() if code in of.split()]


def _at_an_end(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?i)(?:^|(?<=\s))(?:{words})\s*$|^\s*(?:{words})(?=\s|$)")


class _Reader:
    """Turns the tables of a data file into a ``Language``."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data
        self._code: str = data["code"]
        self._time = data.get("time", {})
        months, weekdays = self._time.get("months", ()), self._time.get("weekdays", ())
        counts, seasons = self._time.get("counts", ()), self._time.get("seasons", ())
        self._parts: dict[str, str] = {
            **_data(SEVERAL)["parts"],
            **data.get("parts", {}),
            "months": _any_of(months),
            "weekdays": _any_of(weekdays),
            "seasons": _any_of(seasons),
            "counts": _any_of([*counts, "[0-9]{1,3}"]),
        }
        self._months, self._weekdays = _numbered(months, 1), _numbered(weekdays, 0)
        self._seasons, self._counts = _numbered(seasons, 0), _numbered(counts, 1)

    def language(self) -> Language:
        table = self._table
        words, sentences, headings = table("words"), table("sentences"), table("headings")
        sources, subjects = table("sources"), table("subjects")
        letters, endings = words.get("letters", ""), words.get("endings", "")
        return Language(
            code=self._code,
            general=tuple(self._data.get("general", ())),
            general_answers=tuple(self._data.get("general_answers", ())),
            scripts=frozenset(_listed("scripts", self._code) or ["LATIN"]),
            letters=letters,
            stemmer=self._data.get("stemmer"),
            lemmas=self._data.get("lemmas", False),
            pairs=self._data.get("pairs", False),
            capital_nouns=self._data.get("capital_nouns", False),
            apostrophes=words.get("apostrophes", False),
            folding=Folding(letters, words.get("capitals", "")),
            stop_words=_set(words.get("stop")) | _set(folded(words.get("stop", ""))),
            stop_names=_set(words.get("names")),
            forms={
                form: word
                for kind in ("verbs", "nouns", "peoples")
                for word, forms in words.get(kind, {}).items()
                for form in forms.split()
            },
            own=_set(words.get("own")),
            plurals=tuple(map(tuple, words.get("plurals", ()))),
            inflections=tuple(map(tuple, words.get("inflections", ()))),
            derivations=tuple(sorted(words.get("derivations", "").split(), key=len, reverse=True)),
            ending=re.compile(rf"['’](?:{_either(endings)})\b" if endings else "(?!)"),
            elision=self._pattern(words, "elisions"),
            initial=_initial(endings, "-‐‑" if words.get("apostrophes") else "-‐‑'’ʼ"),
            sentence_rules=tuple(
                _Reader(_data(code)).rules() for code in (self._code, *self._data.get("others", ()))
            ),
            leaning=self._pattern(sentences, "leans_back"),
            negation=self._pattern(sentences, "negation"),
            past_perfect=self._pattern(sentences, "past_perfect"),
            heading_start=self._pattern(headings, "start"),
            statement=self._pattern(headings, "statement"),
            going_on=self._pattern(table("follow_ups"), "start"),
            referring=self._pattern(table("follow_ups"), "refers"),
            asks={kind: self._pattern(table("asks"), kind) for kind in table("asks")},
            answers={kind: self._pattern(table("answers"), kind) for kind in table("answers")},
            measures=tuple(map(self._measure, table("measures"))),
            source_article=self._pattern(sources, "article"),
            source_tells=self._pattern(sources, "tells"),
            source_from=self._pattern(sources, "from"),
            source_all=self._pattern(sources, "all"),
            source_newest=re.compile(self._pattern(sources, "newest").pattern, re.IGNORECASE),
            source_called=self._pattern(sources, "called"),
            invitation=self._pattern(sentences, "invitation"),
            time=self._time_words(),
            subjects=tuple(subjects.get("all", ())),
            subject_separator=self._pattern(subjects, "separators"),
            short_subjects=subjects.get("short", {}),
        )

    def page_lines(self, kind: str) -> tuple[str, ...]:
        return self._alternatives(self._table("boilerplate"), kind)

    def _table(self, name: str) -> Mapping[str, Any]:
        table: Mapping[str, Any] = self._data.get(name, {})
        return table

    def rules(self) -> Rules:
        sentences = self._table("sentences")
        return Rules(
            code=self._code,
            letters=self._pattern(sentences, "letters"),
            maybe_last=self._pattern(sentences, "maybe_last"),
            after_maybe=self._pattern(sentences, "after_maybe"),
            never_last=self._pattern(sentences, "never_last"),
            lower_case_goes_on=sentences.get("lower_case_goes_on", False),
        )

    def _measure(self, name: str) -> Measure:
        shared, asks = _data(SEVERAL), self._alternatives(self._table("measures"), name)
        unit = f"{self._table('units')[name]}|{shared['units'][name]}"
        units = [NUMBER_AND_UNIT.replace("{unit}", unit), *shared["units_before"].get(name, ())]
        return Measure(
            asks=re.compile("|".join(asks), re.IGNORECASE),
            units=re.compile("|".join(map(self._filled, units)), re.IGNORECASE),
        )

    def _time_words(self) -> TimeWords:
        periods = self._time.get("periods", {})
        return TimeWords(
            months=self._months,
            weekdays=self._weekdays,
            seasons=self._seasons,
            month_verbs=_set(self._time.get("month_verbs")),
            names=self._pattern(self._time, "names"),
            recent=self._pattern(self._time, "recent"),
            dates=self._pattern(self._time, "dates"),
            periods={kind: self._pattern(periods, kind) for kind in periods},
            counts=self._counts,
            since=_at_an_end(self._time.get("since", "(?!)")),
            lasting=self._pattern(self._time, "lasting"),
        )

    def _pattern(self, table: Mapping[str, Any], key: str) -> re.Pattern[str]:
        return re.compile("|".join(self._alternatives(table, key)) or "(?!)")

    def _alternatives(self, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
        found = table.get(key, ())
        return tuple(map(self._filled, [found] if isinstance(found, str) else found))

    def _filled(self, pattern: str) -> str:
        """Put the parts in, and join the lines; counts such as ``{1,40}`` are not parts."""
        joined = "".join(map(str.strip, pattern.splitlines())) if "\n" in pattern else pattern
        return re.sub(r"\{([a-z]+)\}", lambda m: f"(?:{self._filled(self._parts[m[1]])})", joined)


def _either(words: str) -> str:
    return "|".join(words.split())


def _initial(endings: str, joins: str) -> re.Pattern[str]:
    no_ending = rf"(?!(?:{_either(endings)})\b)" if endings else ""
    return re.compile(rf"\b([^\W\d_])[{joins}]{no_ending}(?=[^\W_]{{2}}|\d)")


def _set(words: str | None) -> frozenset[str]:
    return frozenset((words or "").split())


def _numbered(names: Iterable[str], start: int) -> dict[str, int]:
    return {folded(name): n for n, some in enumerate(names, start) for name in some.split()}


def _any_of(names: Iterable[str]) -> str:
    """Return alternatives for names, the longest first, with and without their accents."""
    every = {spelt for some in names for name in some.split() for spelt in (name, folded(name))}
    return "|".join(sorted(every, key=len, reverse=True)).replace("'", "['’ʼ]")


ENGLISH = load("en")
