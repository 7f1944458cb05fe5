"""Lines that stand on a page and are not the article: share links, photo credits, cookie notes."""

import re
from collections.abc import Iterable

from qa.language import codes, load
from qa.language.language import SEVERAL

LONGEST, LONGEST_CREDITS = 120, 300
"""Characters: a longer line is prose, whatever it starts with. Credits may name many people."""


def _whole_line(alternatives: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"[\[(»→•|]?\s*(?:{'|'.join(alternatives)})[\])|.!»→ ]*", re.IGNORECASE)


# A page may have the lines of any language, whatever its article is written in.
_LANGUAGES = [load(code) for code in (SEVERAL, *codes())]
_BOILERPLATE = _whole_line(each for language in _LANGUAGES for each in language.boilerplate)
_CREDITS = _whole_line(each for language in _LANGUAGES for each in language.credits)


def is_boilerplate(line: str) -> bool:
    """Whether a whole line (stripped) belongs to the page and not to the article."""
    if len(line) <= LONGEST and _BOILERPLATE.fullmatch(line):
        return True
    return len(line) <= LONGEST_CREDITS and _CREDITS.fullmatch(line) is not None
