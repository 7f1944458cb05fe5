"""Ranked passages become an answer: which to quote, how sure we are, and what to say if not."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from qa.answer import Answer, Quote, Verdict
from qa.article import Article, Passage
from qa.language import ENGLISH
from qa.search.candidate import Candidate
from qa.search.confidence import confidence, confidence_of, signals_of
from qa.search.highlight import covered
from qa.search.retrieval import Ranking

SAME_STORY = 0.7
"""Two passages of different articles that share so much of their words tell the same."""
CLOSE = 0.85
"""A quote behind the first must score so much of the first one's: the rest only distracts."""
TWINS = 4
"""Candidates a quote that are looked at for the same story."""
NEAR, NEAREST = 0.1, 3
"""Nothing is near if none of so many passages has this confidence, or all words of the question."""
ALL = 0.99
"""Of the question's weight of words, which need not sum up to 1 to the last bit."""

ADDS = 0.25
"""A quote of another article that has so much of the question's words, which the quotes before it
lack, is wanted beside them: the question needs two articles."""
ADDS_CLOSE = 0.6
"""… if it scores so much of the first one's."""
TELLING = 0.1
"""So much of the question's words a named source's passage has at least, if it says anything."""
ALONE = 900
"""Characters up to which the whole paragraph before is quoted too, else its last sentence."""


def compose(
    ranking: Ranking,
    articles: Mapping[int, Article],
    top_k: int,
    min_confidence: float,
    reads_all_scripts: bool,
) -> Answer:
    """Answer with at most ``top_k`` quotes; below ``min_confidence`` they are only the nearest."""
    known = [c for c in ranking.candidates if c.stored.article in articles]
    if not known:
        return Answer(ranking.question, Verdict.NOTHING_INDEXED, 0.0, ())
    named = named_sources(ranking, known, articles)
    sure = confidence(signals_of(ranking, known, named))
    answered = sure >= min_confidence
    # One of a named source is found without being asked for.
    telling = [c for c in named if covered(c.present, ranking.rarity) >= TELLING]
    wanted = telling[:top_k] if len(named) > 1 else []
    ordered = [*wanted, *(c for c in known if c not in wanted)]
    # A story told twice scores alike, so its twins stand near the top.
    choice = _Choice(ranking, ordered[0], wanted, min_confidence if answered else None)
    stories = _stories(ordered[: TWINS * top_k], top_k, choice)
    quotes = tuple(_quote_story(story, articles) for story in stories)
    verdict = Verdict.ANSWERED if answered else _refusal(ranking, known, reads_all_scripts)
    return Answer(ranking.question, verdict, sure, quotes)


def _refusal(ranking: Ranking, known: Sequence[Candidate], reads_all_scripts: bool) -> Verdict:
    if not reads_all_scripts and is_foreign(ranking.question):
        return Verdict.UNREADABLE
    near = any(_nearness(c) >= NEAR or _says_all(c, ranking) for c in known[:NEAREST])
    return Verdict.NOT_ANSWERING if near else Verdict.NOTHING_NEAR


def _nearness(c: Candidate) -> float:
    """As confidence; a passage that contradicts the question is near it all the same."""
    return confidence_of(replace(c, contradicts=False))


def _says_all(c: Candidate, ranking: Ranking) -> bool:
    """Whether the passage has all telling words of the question: it may but mention a name."""
    return ENGLISH.is_content(ranking.question) and covered(c.present, ranking.rarity) > ALL


@dataclass(slots=True)
class _Choice:
    """Which candidates to quote, asked from the best on.

    One behind the first must itself be sure enough, ``least``, and nearly as good; or bring what
    those before it lack; or be ``wanted``, from another source that the question names. All are
    taken where nothing answers: ``least`` is ``None``.
    """

    ranking: Ranking
    first: Candidate
    wanted: Sequence[Candidate]
    least: float | None
    present: str = ""

    def takes(self, c: Candidate) -> bool:
        """Whether to quote ``c`` beside those that were taken."""
        taken = (
            self.least is None
            or c is self.first
            or c in self.wanted
            or (confidence_of(c) >= self.least and c.score >= CLOSE * self.first.score)
            or self._adds(c)
        )
        if taken:
            self.present += c.present
        return taken

    def _adds(self, c: Candidate) -> bool:
        rarity = self.ranking.rarity
        more = covered(self.present + c.present, rarity) - covered(self.present, rarity)
        return more >= ADDS and c.score >= ADDS_CLOSE * self.first.score


def named_sources(
    ranking: Ranking, known: Sequence[Candidate], articles: Mapping[int, Article]
) -> list[Candidate]:
    """Return the best passage of each source that the question names, best first."""
    best: dict[str | None, Candidate] = {}
    for c in known:
        article = articles[c.stored.article]
        if ranking.hints.names_source(article):
            best.setdefault(article.source, c)
    return list(best.values())


def _stories(candidates: Sequence[Candidate], top_k: int, choice: _Choice) -> list[list[Candidate]]:
    """The first ``top_k`` candidates that are taken, each with all that tell the same."""
    stories: list[list[Candidate]] = []
    for c in candidates:
        same = next((story for story in stories if _same_story(story[0], c)), None)
        if same is not None:
            same.append(c)
        elif len(stories) < top_k and choice.takes(c):
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


def _readable_alone(quote: Quote, before: Sequence[Passage]) -> Quote:
    """Begin the quote with the paragraphs ``before``, nearest first, which it leans on.

    They must touch in the article: a heading or a share line between them is not quoted.
    """
    text, start = quote.article.text, quote.start
    for passage in before:
        if text[passage.end : start].strip():
            break
        is_long = quote.end - passage.start > ALONE
        start = passage.start + (ENGLISH.sentences(passage.text)[-1][0] if is_long else 0)
        if is_long:
            break
    if quote.highlight is None or start == quote.start:
        return quote
    moved = quote.start - start
    begin, end = quote.highlight
    return replace(
        quote, text=text[start : quote.end], start=start, highlight=(begin + moved, end + moved)
    )


def _same_story(one: Candidate, other: Candidate) -> bool:
    left = ENGLISH.stems(one.stored.passage.text)
    right = ENGLISH.stems(other.stored.passage.text)
    if any(map(str.isdecimal, left ^ right)):  # last month's prices, or another earthquake
        return False
    union = len(left | right)
    return union > 0 and len(left & right) / union >= SAME_STORY


def is_foreign(text: str) -> bool:
    """Whether most letters are not Latin: the packaged model was taught English alone."""
    letters = [c for c in text if c.isalpha()]
    latin = sum("LATIN" in unicodedata.name(c, "") for c in letters)
    return len(letters) > 2 * latin
