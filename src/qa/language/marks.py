"""Letters, codes and numbers that tell one name from another: vitamin E, Q1, phase 3."""

import functools
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from qa.language.detect import scripts
from qa.language.language import Language
from qa.language.words import has

_CODE = re.compile(r"([^\W\d_]{1,3})[-‐‑]?(\d+)")
_NUMBER = re.compile(r"\d{1,3}")
_PUNCTUATION = '.,;:!?…()[]"“”„«»‘’'
_CYRILLIC = dict(zip("абвгдезікмнорстх", "abbgdezikmhopctx", strict=True))
"""Letters of names that people also write with the Latin letter."""


def is_of_other_name(question: str, asked: Language, stemmed: str, language: Language) -> bool:
    """Whether a passage lacks what makes the name in a question that name.

    ``asked`` is the language of the question; ``stemmed`` is the passage in its ``language``, stems
    between spaces. Plain numbers, and codes in small letters, may be written in another way there:
    only another number in their place tells, such as phase 2 for phase 3.
    """
    needed, pairs = _marks(question, asked, language)
    return any(not any(has(stemmed, each) for each in spellings) for spellings in needed) or any(
        _has_other_number(stemmed, before, number) for before, number in pairs
    )


@functools.lru_cache(maxsize=1_000)
def _marks(
    question: str, asked: Language, language: Language
) -> tuple[Sequence[Sequence[str]], Sequence[tuple[str, str]]]:
    """Return spellings of which each passage needs one, and numbers with what precedes them.

    Cached: a question is compared with many passages.
    """
    codes = [match.groups() for match in map(_CODE.fullmatch, _plain(question)) if match]
    numbers = _numbers(question, asked) if asked is language else ()
    capital = ((letters.lower(), number) for letters, number in codes if letters.isupper())
    spelt = ([letters + number, f"{letters} {number}"] for letters, number in capital)
    small = ((letters.lower(), number) for letters, number in codes if not letters.isupper())
    return [*_letters(question, asked, language), *spelt], [*small, *numbers]


def _has_other_number(stemmed: str, before: str, number: str) -> bool:
    is_there = has(stemmed, number) or has(stemmed, before + number)
    return not is_there and re.search(f" {re.escape(before)} ?\\d+ ", stemmed) is not None


def _plain(text: str) -> list[str]:
    return [word.strip(_PUNCTUATION) for word in text.split()]


def _letters(question: str, asked: Language, language: Language) -> Iterator[list[str]]:
    """Yield how passages in ``language`` may spell each letter that belongs to a name."""
    for before, letter, after in _asked_letters(question, asked):
        alike = _alike(letter)
        if any(scripts(each).keys() <= language.scripts for each in alike):
            stems = [[asked.stem(word) for word in asked.words(near)] for near in (before, after)]
            led_by = [f"{stem} {each}" for stem in stems[0][-1:] for each in alike]
            followed = [f"{each} {stem}" for stem in stems[1][:1] for each in alike]
            yield [*map(str.upper, alike), *led_by, *followed]


def _asked_letters(question: str, asked: Language) -> Iterator[tuple[str, str, str]]:
    """Yield each letter that belongs to a name, between the words before and after it."""
    capitals, words = set(asked.letter_names(question)), ["", *_plain(question), ""]
    for before, word, after in zip(words, words[1:], words[2:], strict=False):
        if len(word) != 1 or not word.isalpha():
            continue
        if word.lower() in asked.stop_words:
            is_title = question.isupper() or after[:1].isupper()  # FOUND A CAT, Wrote A Tale
            is_name = word in capitals and not is_title
        elif before:
            is_name = word in capitals or (word.islower() and _can_be_name(before, asked))
        else:
            is_name = word.isupper() and _can_be_name(after, asked)
        if is_name:
            yield before, word.lower(), after


def _alike(letter: str) -> list[str]:
    latin = _CYRILLIC.get(letter, letter)
    return [latin, *(each for each, other in _CYRILLIC.items() if other == latin)]


def _can_be_name(word: str, asked: Language) -> bool:
    return len(word) > 1 and word.isalpha() and asked.is_content(word)


def _numbers(question: str, asked: Language) -> Iterator[tuple[str, str]]:
    """Yield each number that follows a word of content with the stem of that word."""
    for before, word in pairwise(_plain(question)):
        is_date = before.lower() in asked.time.months
        if _NUMBER.fullmatch(word) and _can_be_name(before, asked) and not is_date:
            yield asked.stem(asked.words(before)[-1]), word
