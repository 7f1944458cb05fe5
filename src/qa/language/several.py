"""Several questions in one message."""

import re

from qa.language.detect import language_of_question
from qa.language.files import language_of
from qa.language.words import QUESTION_MARKS

_ENDS = re.compile(rf"[{QUESTION_MARKS}][^\w]*$")


def questions_in(text: str) -> list[str]:
    """Return the questions in ``text``, each once, or ``text`` itself if it has fewer than two.

    What is said before a question belongs to it, and what is said at the end to the last one.
    """
    if sum(map(text.count, QUESTION_MARKS)) < 2:
        return [text]
    language = language_of(language_of_question(text))
    found, said = [], ""
    for line in text.splitlines():
        for start, end in language.sentences(line):
            said = f"{said} {line[start:end]}".strip()
            if _ENDS.search(said):
                found.append(said)
                said = ""
    if said and found:
        found[-1] += f" {said}"
    several = list(dict.fromkeys(found))
    return several if len(several) > 1 else [text]
