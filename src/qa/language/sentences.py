"""Where the sentences of a text start and end."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sentencex

from qa.article import Span, stripped

_LINE = re.compile(r"[^\n]+")
_NUMBER = re.compile(r"\d+\.")
_SPEAKER = re.compile(r"[—–-]\s+[^\W\d_]")  # «…!» — said he
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Rules:
    """What sentencex does not know about the sentences of a language."""

    code: str
    letters: re.Pattern[str]
    """One letter of the language's script."""
    maybe_last: re.Pattern[str]
    """At the end of a piece, what may not end the sentence: a time of day, an ordinal."""
    after_maybe: re.Pattern[str]
    """What follows it within the same sentence."""
    never_last: re.Pattern[str]
    """An abbreviation, at the end of a piece, that something always follows."""
    lower_case_goes_on: bool
    """Whether a lower-case word after a period continues the sentence."""


def cut(text: str, rules: Sequence[Rules]) -> list[Span]:
    """Return the ``(start, end)`` of each sentence in ``text``, in characters and in order.

    A line follows the rules whose letters it has most of, the first ones if in doubt. Spans are not
    empty, do not overlap, and neither start nor end with white space. A line break always ends a
    sentence.
    """
    return [span for line in _LINE.finditer(text) for span in _of_line(text, *line.span(), rules)]


def _of_line(text: str, start: int, end: int, rules: Sequence[Rules]) -> list[Span]:
    merged: list[Span] = []
    line = text[start:end]
    own = max(rules, key=lambda each: len(each.letters.findall(line)))
    for boundary in sentencex.get_sentence_boundaries(own.code, line):
        span = stripped(text, start + boundary["start_index"], start + boundary["end_index"])
        if span[0] == span[1]:
            continue
        if merged and _goes_on(text[slice(*merged[-1])], text[slice(*span)], own):
            merged[-1] = (merged[-1][0], span[1])
        else:
            merged.append(span)
    return merged


def _goes_on(before: str, after: str, rules: Rules) -> bool:
    """Whether ``before`` and ``after``, cut by sentencex, are one sentence."""
    if _NUMBER.fullmatch(before):  # of what follows
        return True
    if rules.maybe_last.search(before[-8:]):
        return rules.after_maybe.match(after) is not None
    if rules.never_last.search(before[-12:]):
        return True
    if _SPEAKER.match(after):
        return after.lstrip("—–- ")[:1].islower()
    word = _WORD.match(after) if rules.lower_case_goes_on and before.endswith(".") else None
    return word is not None and word.group().islower()
