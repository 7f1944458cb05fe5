"""Where the sentences of a text begin and end."""

import re
from collections.abc import Iterator

import sentencex

_LINE = re.compile(r"[^\n]+")
_ITEM_MARK = re.compile(r"\s*(?:(?:[-*•]|\d{1,2}[.)])\s+)?")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_LATIN = re.compile(r"[A-Za-z]")

_CLOCK = re.compile(r"\b[ap]\.\s?m\.$", re.IGNORECASE)
_AFTER_CLOCK = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|[A-Z]{2,3}T\b|[ECMP]T\b|UTC\b|GMT\b|\("
)
_NEVER_LAST = re.compile(r"\b(?:Ft|Mt|им|ул|рис|стр|гл|см|св|ок|напр)\.$", re.IGNORECASE)
_SPEAKER = re.compile(r"[—–-]\s+[^\W\d_]")  # «…!» — said he
_LOWER_WORD = re.compile(r"[^\W\d_]+")

_LEANS_BACK = re.compile(
    r"[\"“”'‘’«(\s]*(?:He|She|They|It|This|That|These|Those|His|Her|Hers|Their|Theirs|Its|Such"
    r"|(?:None|All|Some|Most|Many|Few|Each|One|Two|Three) of (?:them|these|those|the (?:two|three))"
    r"|Both|Neither|But|And|However|Instead|There|The (?:latter|former|two|pair|move|decision"
    r"|announcement|statement|deal|plan|report|ruling|attack))\b"
)
# Behind what was said: “We left,” he said.
_SAID_BY = re.compile(r"[\"“][^\"“”]*[\"”],?\s(?:he|she|they)\s\w")


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the ``(start, end)`` of each sentence in ``text``, in characters and in order.

    Spans are not empty, do not overlap and have no white space at their ends. A line break always
    ends a sentence; the mark of a list item (``- ``, ``2. ``) belongs to none.
    """
    return [span for line in _LINE.finditer(text) for span in _of_line(text, *line.span())]


def _of_line(text: str, start: int, end: int) -> list[tuple[int, int]]:
    mark = _ITEM_MARK.match(text, start, end)
    begin = mark.end() if mark and text[mark.end() : end].strip() else start
    merged: list[tuple[int, int]] = []
    russian = _mostly_cyrillic(text[begin:end])
    for first, last in _library_spans(text[begin:end], "ru" if russian else "en"):
        span = _stripped(text, begin + first, begin + last)
        if span[0] == span[1]:
            continue
        if merged and _continues(text[merged[-1][0] : merged[-1][1]], text[slice(*span)], russian):
            merged[-1] = (merged[-1][0], span[1])
        else:
            merged.append(span)
    return merged


def _library_spans(line: str, language: str) -> Iterator[tuple[int, int]]:
    for boundary in sentencex.get_sentence_boundaries(language, line):
        yield boundary["start_index"], boundary["end_index"]


def _mostly_cyrillic(text: str) -> bool:
    return len(_CYRILLIC.findall(text)) > len(_LATIN.findall(text))


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return start, start + len(piece.strip())


def _continues(before: str, after: str, russian: bool) -> bool:
    """Whether the library cut between ``before`` and ``after`` inside a sentence."""
    if _CLOCK.search(before[-6:]):
        return _AFTER_CLOCK.match(after) is not None
    if _NEVER_LAST.search(before[-8:]):
        return True
    if _SPEAKER.match(after):
        return after.lstrip("—–- ")[:1].islower()
    word = _LOWER_WORD.match(after)
    return russian and before.endswith(".") and word is not None and word.group().islower()


def leans_back(sentence: str) -> bool:
    """Whether ``sentence`` can hardly be understood without the one before it."""
    return _LEANS_BACK.match(sentence) is not None or _SAID_BY.match(sentence) is not None
