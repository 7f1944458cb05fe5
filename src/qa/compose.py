"""Ranked passages become an answer: which to quote, how sure we are, and what to say if not."""

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence

from qa.answer import Answer, Quote, Verdict
from qa.article import Article, Passage
from qa.retrieval import Candidate, Ranking
from qa.words import stems

SAME_STORY = 0.7
"""Two passages of different articles that share so much of their words tell the same."""
CLOSE = 0.85
"""A quote behind the first must score so much of the first one's: the rest only distracts."""
TWINS = 4
"""Candidates a quote that are looked at for the same story."""
NEAR = 0.1
"""Below this confidence a passage is not even near."""

BIAS, DENSE, SENTENCE, COVERAGE = -8.8, 1.9, 11.4, 4.8
"""Logistic regression on the first passage for 2,900 questions asked of xquad/en, clapnq-dev and
squad2-dev: 1,314 answerable ones against 900 of other sets and, at a tenth of the weight, 686 near
misses. ``scripts/fit_confidence.py`` (``make fit``) fits them and ``MIN_CONFIDENCE``. Fitted when
the sentence was the marked one; with the nearest one, as now, the script gives -9.0, -0.1, 13.7,
4.7 and the same threshold: the sentence says what the passage's own cosine said."""


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
    enough = CLOSE * known[0].score

    def is_good(c: Candidate) -> bool:
        good = c is known[0] or (confidence(c) >= min_confidence and c.score >= enough)
        return good or not answered

    # A story told twice scores alike, so its twins stand near the top.
    stories = _stories(known[: TWINS * top_k], top_k, is_good)
    quotes = tuple(_quote_story(story, articles) for story in stories)
    if answered:
        verdict = Verdict.ANSWERED
    elif not reads_all_scripts and _is_foreign(ranking.question):
        verdict = Verdict.UNREADABLE
    else:
        verdict = Verdict.NOT_ANSWERING if sure >= NEAR else Verdict.NOTHING_NEAR
    return Answer(ranking.question, verdict, sure, quotes)


def _stories(
    candidates: Sequence[Candidate], top_k: int, is_good: Callable[[Candidate], bool]
) -> list[list[Candidate]]:
    """The first ``top_k`` good candidates, each with all that tell the same."""
    stories: list[list[Candidate]] = []
    for c in candidates:
        same = next((story for story in stories if _same_story(story[0], c)), None)
        if same is not None:
            same.append(c)
        elif len(stories) < top_k and is_good(c):
            stories.append([c])
    return stories


def _quote_story(story: Sequence[Candidate], articles: Mapping[int, Article]) -> Quote:
    first, *rest = story
    others = dict.fromkeys(c.stored.article for c in rest)
    others.pop(first.stored.article, None)
    return quote_of(
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
