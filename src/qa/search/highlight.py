"""How well each sentence of a passage answers, and so which one is highlighted."""

import operator
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass

from qa.language.language import Language
from qa.language.question import Kind, Wording, answers_kind, measures_in, share_of
from qa.language.words import has

WEIGHTS = (1.0, 0.50, 0.50, 0.25, 0.20)
"""How much each of ``signals`` counts. These are round numbers; ``scripts/fit_ranking.py`` fits
them on all data sets but one and tests them on that one, to see what fitting would gain."""


OTHER_NUMBER = 0.5
"""What a number without the unit that is asked for counts as the kind of words asked for."""
_ONLY_HERE = 2
"""Which of ``signals`` is the share that only this sentence covers."""


@dataclass(frozen=True, slots=True)
class Highlight:
    """The best sentence of a passage, by its number, and its signals (0..1).

    ``count`` sentences from it on are highlighted.
    """

    number: int
    score: float
    cosine: float
    coverage: float
    count: int = 1


def highlight(question: Wording, sentences: Sequence[str], cosines: Sequence[float]) -> Highlight:
    """Return the best of ``sentences``, of which there is at least one.

    If the best one is a question itself, its answer is highlighted: the next sentence. If it only
    introduces the others, what it introduces is. A question that is left to the readers answers
    nothing, unless it has the kind of words asked for.
    """
    found = signals(question, sentences, cosines)
    left_open = questions_left_open(question, sentences)
    scores = [sum(map(operator.mul, WEIGHTS, each)) for each in found]
    best = max(range(len(scores)), key=lambda n: (n not in left_open, scores[n]))
    if best in left_open:
        return Highlight(best, 0.0, 0.0, 0.0)
    answer = _answer_to(best, sentences, question.language)
    number, count = _introduced(best if answer is None else answer, sentences, found)
    coverage = found[best][1] if _is_about_it(sentences[best], question) else 0.0
    return Highlight(number, scores[best], found[best][0], coverage, count)


def _is_about_it(sentence: str, question: Wording) -> bool:
    """Whether it has more of the question than a measure, which may be of anything."""
    language = question.language
    words = _present(language.stemmed_cached(sentence), question)
    return bool(words) or language.leans_back(sentence)


def _introduced(
    n: int, sentences: Sequence[str], found: Sequence[tuple[float, ...]]
) -> tuple[int, int]:
    """Return the first and the number of the sentences that sentence ``n`` introduces.

    Of a list, a table or lines of code it is the one that alone has words of the question; or all
    of them. What introduces nothing stands for itself.
    """
    others = range(n + 1, len(sentences))
    if not others or not sentences[n].endswith(":"):
        return n, 1
    alone = [each for each in others if found[each][_ONLY_HERE] > 0]
    return (alone[0], 1) if len(alone) == 1 else (n + 1, len(others))


def questions_left_open(question: Wording, sentences: Sequence[str]) -> Set[int]:
    """Return the numbers of the sentences that ask readers, and tell them where to answer.

    A question that has the kind of words that is asked for says something all the same. The choices
    of a poll say nothing.
    """
    if not any(map(_is_question, sentences)):
        return frozenset()
    asked = {
        n
        for n, sentence in enumerate(sentences)
        if _answer_to(n, sentences, question.language) is None
        and not answers_kind(question, sentence)
    }
    return asked.union(*(_poll(n, sentences, question.language) for n in range(len(sentences))))


def _poll(n: int, sentences: Sequence[str], language: Language) -> range:
    """Return the poll that sentence ``n`` begins: its question, choices and invitation, if it does.

    Choices end in no mark: "Which boat? / The cutter / The gig / Vote now!".
    """
    end = n + 1
    while end < len(sentences) and sentences[end][-1:].isalnum():
        end += 1
    is_one = _is_question(sentences[n]) and n + 1 < end < len(sentences)
    return range(n, end + 1 if is_one and language.invitation.match(sentences[end]) else n)


def _answer_to(n: int, sentences: Sequence[str], language: Language) -> int | None:
    """Return the first sentence from ``n`` on that is not a question; ``None`` without an answer.

    That is so at the end, and where readers are invited to answer: "How do you …? Write to us."
    """
    rest = range(n, len(sentences))
    answer = next((each for each in rest if not _is_question(sentences[each])), None)
    if answer is None or not language.invitation.match(sentences[answer]):
        return answer
    return None if answer > 0 and _is_question(sentences[answer - 1]) else answer


def _is_question(sentence: str) -> bool:
    return sentence.endswith("?")


def signals(
    question: Wording, sentences: Sequence[str], cosines: Sequence[float]
) -> list[tuple[float, float, float, float, float]]:
    """Return the signals of each sentence, 0..1.

    Its cosine; the share of the question's idf weight that it covers, where 5,500 degrees cover
    "hot"; the share that only this sentence of the passage covers; the share of phrases; and
    whether it has the kind of words that is asked for.
    """
    stems = [question.language.stemmed_cached(sentence) for sentence in sentences]
    measures = [measures_in(sentence, question) for sentence in sentences]
    pairs = zip(stems, measures, strict=True)
    shares = [_present(each, question) | measured for each, measured in pairs]
    for n in range(1, len(sentences)):  # "Its surface has 5,500 degrees" is about the Sun
        if measures[n] and question.language.leans_back(sentences[n]):
            shares[n] = shares[n - 1] | shares[n]
    places = Counter(s for each in shares for s in each)
    return [
        (
            cosines[n],
            sum(shares[n].values()),
            sum(weight for s, weight in shares[n].items() if places[s] == 1),
            share_of(question.phrases, stems[n]) if question.phrases else 0.0,
            _kind(question, sentences[n], is_measured=bool(measures[n])),
        )
        for n in range(len(sentences))
    ]


def _kind(question: Wording, sentence: str, *, is_measured: bool) -> float:
    if not answers_kind(question, sentence):
        return 0.0
    is_other = question.kind is Kind.NUMBER and question.measured and not is_measured
    return OTHER_NUMBER if is_other else 1.0


def covered(stemmed: str, question: Wording) -> float:
    """Return the share (0..1) of the question's idf weight whose stems a stemmed text has."""
    return sum(_present(stemmed, question).values())


def _present(stemmed: str, question: Wording) -> dict[str, float]:
    return {stem: weight for stem, weight in question.idf.items() if has(stemmed, stem)}
