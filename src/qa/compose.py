"""Ranked passages become an answer: which to quote, how sure we are, and what to say if not."""

import math
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from qa.answer import Answer, Quote, Verdict
from qa.article import Article, Passage
from qa.retrieval import Candidate, Ranking
from qa.words import stems

SAME_STORY = 0.7
"""Two passages of different articles that share so much of their words tell the same."""
CLOSE = 0.85
"""A quote behind the first must score so much of the first one's: the rest only distracts."""
NEAR = 0.1
"""Below this confidence a passage is not even near."""

BIAS, DENSE, SENTENCE, COVERAGE = -8.8, 6.7, 6.2, 5.4
"""Logistic regression on the first passage: answerable questions against questions of other data
sets and, at a tenth of the weight, near misses (``make fit``)."""


def confidence(c: Candidate) -> float:
    """Estimated probability (0..1) that the passage answers; a logistic of three signals."""
    logit = BIAS + DENSE * c.dense + SENTENCE * c.sentence + COVERAGE * c.coverage
    return 1 / (1 + math.exp(-logit))


def compose(
    ranking: Ranking,
    articles: Mapping[int, Article],
    top_k: int,
    min_confidence: float,
    reads_all_scripts: bool,
) -> Answer:
    """Answer with at most ``top_k`` quotes; below ``min_confidence`` they are only the nearest.

    A quote behind the first must itself be sure enough, and nearly as good.
    """
    known = [c for c in ranking.candidates if c.stored.article in articles]
    if not known:
        return Answer(ranking.question, Verdict.NOTHING_INDEXED, 0.0, ())
    sure = confidence(known[0])
    answered = sure >= min_confidence
    if answered:
        first, *rest = known
        enough = CLOSE * first.score
        known = [first]
        known += [c for c in rest if confidence(c) >= min_confidence and c.score >= enough]
    quotes = tuple(_quotes(known, articles, top_k))
    if answered:
        verdict = Verdict.ANSWERED
    elif not reads_all_scripts and _is_foreign(ranking.question):
        verdict = Verdict.UNREADABLE
    else:
        verdict = Verdict.NOT_ANSWERING if sure >= NEAR else Verdict.NOTHING_NEAR
    return Answer(ranking.question, verdict, sure, quotes)


def _quotes(
    candidates: Sequence[Candidate], articles: Mapping[int, Article], top_k: int
) -> Iterator[Quote]:
    groups: list[list[Candidate]] = []
    for c in candidates:
        twins = next((group for group in groups if _same_story(group[0], c)), None)
        if twins is not None:
            twins.append(c)
        elif len(groups) < top_k:
            groups.append([c])
    for first, *rest in groups:
        others = dict.fromkeys(c.stored.article for c in rest)
        others.pop(first.stored.article, None)
        yield quote_of(
            articles[first.stored.article],
            first.stored.passage,
            first.score,
            first.highlight,
            tuple(articles[number] for number in others),
        )


def quote_of(
    article: Article,
    passage: Passage,
    score: float = 1.0,
    highlight: tuple[int, int] | None = None,
    also_in: tuple[Article, ...] = (),
) -> Quote:
    """Quote ``passage`` of ``article``."""
    place = (passage.text, passage.start, passage.end, passage.paragraph)
    return Quote(article, *place, score=score, highlight=highlight, also_in=also_in)


def _same_story(one: Candidate, other: Candidate) -> bool:
    left, right = stems(one.stored.passage.text), stems(other.stored.passage.text)
    union = len(left | right)
    return union > 0 and len(left & right) / union >= SAME_STORY


def _is_foreign(text: str) -> bool:
    """Whether most letters are not Latin: the packaged model was taught English alone."""
    letters = [c for c in text if c.isalpha()]
    latin = sum("LATIN" in unicodedata.name(c, "") for c in letters)
    return len(letters) > 2 * latin
