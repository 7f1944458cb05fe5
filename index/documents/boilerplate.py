"""Lines of a page that are not part of the article: share links, photo credits, cookie notes."""

import re
from functools import cache

from qa.language import codes
from qa.language.files import SEVERAL, page_lines

LONGEST, LONGEST_CREDITS = 120, 300
"""Characters: a longer line is prose, whatever it starts with. Credits may name many people."""


@cache
def _whole_line(kind: str) -> re.Pattern[str]:
    # The page's language may differ from the article's.
    alternatives = [each for code in (SEVERAL, *codes()) for each in page_lines(code, kind)]
    return re.compile(rf"[\[(»→•|]?\s*(?:{'|'.join(alternatives)})[\])|.!»→ ]*", re.IGNORECASE)


def is_boilerplate(line: str) -> bool:
    """Whether a whole line (stripped) belongs to the page and not to the article."""
    if len(line) <= LONGEST and _whole_line("lines").fullmatch(line):
        return True
    return len(line) <= LONGEST_CREDITS and _whole_line("credits").fullmatch(line) is not None
