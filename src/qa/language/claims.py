"""What a message asks, or what it says: its question, or the sentences to look up."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.language.detect import detect
from qa.language.files import language_of
from qa.language.language import Language
from qa.language.words import QUESTION_MARKS, in_pairs, split

PARAGRAPH = 40
"""A text of at least so many words without a question is a statement."""
CONTENT = 3
"""Content words of a sentence that can be looked up, at least."""
ALONE = 2
"""Content words of a question that can be understood without the sentence before it, at least."""

_QUESTION = re.compile(f"""[{QUESTION_MARKS}][^\\w"'”’»“‘「『]*$""")
"""The end of a question. One in quotation marks is somebody else's."""
_ADDRESS = re.compile(r"\bhttps?://\S+")


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as it is read: a ``question``, or ``claims``, sentences that say something.

    ``language`` is that of the claims, as an ISO 639-1 code, if it is known.
    """

    question: str = ""
    claims: Sequence[str] = ()
    language: str | None = None


def read_message(text: str, *, is_forward: bool = False) -> Reading:
    """Read what somebody sends: a question, unless it is a paragraph or a forward without one.

    A long forward was not written for us, and may ask its readers on the way: it is a question only
    if it ends in one. The first call for a long text may load the model of ``detect``.
    """
    is_long = _count_words(text) >= PARAGRAPH
    if not (is_long or is_forward):
        return Reading(text)
    code = detect(text)
    language = language_of(code)
    words = _ADDRESS.sub(" ", text)
    pieces = [words[start:end] for start, end in language.sentences(words)]
    sentences = [each for each in pieces if any(map(str.isalnum, each))]
    if _asks(sentences[-1:] if is_long and is_forward else sentences):
        return Reading(_questions(sentences, language) if is_long else text)
    claims = tuple(dict.fromkeys(each for each in sentences if _can_be_looked_up(each, language)))
    return Reading(claims=claims, language=code) if claims else Reading(text)


def _count_words(text: str) -> int:
    """Count words, or pairs of characters in scripts without spaces."""
    return sum(len(in_pairs(word)) for word in split(text))


def _is_question(sentence: str) -> bool:
    return _QUESTION.search(sentence) is not None


def _asks(sentences: Sequence[str]) -> bool:
    return any(map(_is_question, sentences))


def _questions(sentences: Sequence[str], language: Language) -> str:
    """Return the questions, each with the sentence before it if it is unclear alone."""
    wanted: dict[int, str] = {}
    for n, sentence in enumerate(sentences):
        if _is_question(sentence):
            first = n - 1 if n > 0 and _is_unclear(sentence, language) else n
            wanted |= {each: sentences[each] for each in range(first, n + 1)}
    return " ".join(wanted.values())


def _is_unclear(question: str, language: Language) -> bool:
    few = not language.is_content(question) or len(language.content_stems(question)) < ALONE
    return few or language.leans_back(question)


def _can_be_looked_up(sentence: str, language: Language) -> bool:
    is_said = language.is_content(sentence) and not _is_question(sentence)
    return is_said and len(language.content_stems(sentence)) >= CONTENT
