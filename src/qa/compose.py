"""Ranked passages become an answer: which to quote, how sure we are, and what to say if not."""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from qa.answer import Answer, Quote, Verdict
from qa.article import Article, Passage
from qa.marking import covered
from qa.question import share_of
from qa.retrieval import Candidate, Ranking
from qa.sentences import sentences
from qa.words import stems

SAME_STORY = 0.7
"""Two passages of different articles that share so much of their words tell the same."""
CLOSE = 0.85
"""A quote behind the first must score so much of the first one's: the rest only distracts."""
TWINS = 4
"""Candidates a quote that are looked at for the same story."""
NEAR, NEAREST = 0.1, 3
"""Nothing is near if none of so many passages has this confidence."""

ADDS = 0.25
"""A quote of another article that has so much of the question's words, which the quotes before it
lack, is wanted beside them: the question needs two articles."""
ADDS_CLOSE = 0.6
"""… if it scores so much of the first one's."""
ALONE = 900
"""Characters up to which the whole paragraph before is quoted too, else its last sentence."""

BIAS, SENTENCE, COVERAGE, MARKED, NAMES, CONTRADICTS = -7.7, 9.7, 1.7, 2.1, 1.3, -3.1
"""Logistic regression on the first passage: cosine of the marked sentence, coverage by the passage
and by that sentence, share of names, whether the sentence contradicts. ``make fit`` fitted them and
``MIN_CONFIDENCE`` on 5,590 questions asked of xquad/en, clapnq-dev and squad2-dev: 2,448
answerable ones, 1,800 of other sets (multihop-facts among them) and, at a third of the weight,
1,342 near misses."""

_LEANS_BACK = re.compile(
    r"[\"“”'‘’«(\s]*(?:He|She|They|It|This|That|These|Those|His|Her|Hers|Their|Theirs|Its|Such"
    r"|Both|Neither|But|And|However|Instead|There|The (?:latter|former|two|pair|move|decision"
    r"|announcement|statement|deal|plan|report|ruling|attack))\b"
)
"""How a sentence begins that can hardly be understood without the one before."""


def confidence(c: Candidate) -> float:
    """Estimated probability (0..1) that the passage answers; a logistic of five signals."""
    contradiction = CONTRADICTS * c.contradicts
    return _logistic(c.marked_cosine, c.coverage, c.marked_coverage, c.names, contradiction)


def _nearness(c: Candidate) -> float:
    """As confidence; a passage that contradicts the question is near it all the same."""
    return _logistic(c.marked_cosine, c.coverage, c.marked_coverage, c.names)


def _logistic(
    cosine: float, coverage: float, marked: float, names: float, contradiction: float = 0.0
) -> float:
    logit = BIAS + SENTENCE * cosine + COVERAGE * coverage + MARKED * marked + NAMES * names
    return 1 / (1 + math.exp(-logit - contradiction))


def compose(
    ranking: Ranking,
    articles: Mapping[int, Article],
    top_k: int,
    min_confidence: float,
    reads_all_scripts: bool,
) -> Answer:
    """Answer with at most ``top_k`` quotes; below ``min_confidence`` they are only the nearest.

    A quote behind the first must itself be sure enough, and nearly as good; or bring what the
    first lacks, or come from another source that the question names.
    """
    known = [c for c in ranking.candidates if c.stored.article in articles]
    if not known:
        return Answer(ranking.question, Verdict.NOTHING_INDEXED, 0.0, ())
    wanted = _of_named_sources(ranking, known, articles)[:top_k]
    if len(wanted) < 2:  # one is found without being asked for
        wanted = []
    sure = _confidence_together(ranking, wanted) if wanted else confidence(known[0])
    answered = sure >= min_confidence
    ordered = [*wanted, *(c for c in known if c not in wanted)]
    first = ordered[0]
    seen: list[str] = []

    def is_good(c: Candidate) -> bool:
        before = covered("".join(seen), ranking.rarity)
        adds = covered("".join([*seen, c.present]), ranking.rarity) - before
        good = (
            c is first
            or c in wanted
            or (confidence(c) >= min_confidence and c.score >= CLOSE * first.score)
            or (adds >= ADDS and c.score >= ADDS_CLOSE * first.score)
            or not answered
        )
        if good:
            seen.append(c.present)
        return good

    # A story told twice scores alike, so its twins stand near the top.
    stories = _stories(ordered[: TWINS * top_k], top_k, is_good)
    quotes = tuple(_quote_story(story, articles) for story in stories)
    if answered:
        verdict = Verdict.ANSWERED
    elif not reads_all_scripts and _is_foreign(ranking.question):
        verdict = Verdict.UNREADABLE
    else:
        near = any(_nearness(c) >= NEAR for c in known[:NEAREST])
        verdict = Verdict.NOT_ANSWERING if near else Verdict.NOTHING_NEAR
    return Answer(ranking.question, verdict, sure, quotes)


def _of_named_sources(
    ranking: Ranking, known: Sequence[Candidate], articles: Mapping[int, Article]
) -> list[Candidate]:
    """Return the best passage of each source that the question names, best first."""
    best: dict[str | None, Candidate] = {}
    for c in known:
        article = articles[c.stored.article]
        if ranking.hints.names_source(article):
            best.setdefault(article.source, c)
    return list(best.values())


def _confidence_together(ranking: Ranking, candidates: Sequence[Candidate]) -> float:
    """How sure we are of several passages that answer together: each brings a part of the words."""
    present = "".join(c.present for c in candidates)
    coverage = covered(present, ranking.rarity)
    cosine = max(c.marked_cosine for c in candidates)
    return _logistic(cosine, coverage, coverage, share_of(ranking.names, present))


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
    quote = quote_of(
        articles[first.stored.article],
        first.stored.passage,
        first.score,
        first.highlight,
        tuple(articles[number] for number in others),
    )
    return _readable_alone(quote, first.before)


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


def _readable_alone(quote: Quote, before: Passage | None) -> Quote:
    """Begin the quote earlier if its marked sentence leans on the paragraph ``before``.

    The two must touch in the article: a heading or a share line between them is not quoted.
    """
    text = quote.article.text
    if before is None or quote.highlight is None or text[before.end : quote.start].strip():
        return quote
    if quote.text[: quote.highlight[0]].strip() or not _LEANS_BACK.match(quote.sentence):
        return quote
    start = before.start
    if quote.end - start > ALONE:
        start += sentences(before.text)[-1][0]
    moved = quote.start - start
    begin, end = quote.highlight
    return replace(
        quote, text=text[start : quote.end], start=start, highlight=(begin + moved, end + moved)
    )


def _same_story(one: Candidate, other: Candidate) -> bool:
    left, right = stems(one.stored.passage.text), stems(other.stored.passage.text)
    union = len(left | right)
    return union > 0 and len(left & right) / union >= SAME_STORY


def _is_foreign(text: str) -> bool:
    """Whether most letters are not Latin: the packaged model was taught English alone."""
    letters = [c for c in text if c.isalpha()]
    latin = sum("LATIN" in unicodedata.name(c, "") for c in letters)
    return len(letters) > 2 * latin
