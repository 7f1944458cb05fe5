"""Ranked passages become an answer: what to quote, how confident to be, when to refuse."""

import unicodedata
from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace

from qa.answer import Answer, Quote, Verdict
from qa.article import Article, Passage, Span, elsewhere
from qa.language import ENGLISH, Language
from qa.language.detect import FEWEST_WORDS, language_of_question
from qa.language.question import Wording
from qa.language.words import differ_in_numbers, share_in_common
from qa.search.candidate import Candidate, coverage_of
from qa.search.confidence import confidence, confidence_of
from qa.search.retrieval import SAYS_SOMETHING, Ranking

SAME_STORY = 0.7
"""Passages of different articles that share this much of their words are one story."""
CLOSE = 0.85
"""Quotes after the first must score this much of its score: others would only distract."""
LOOKED_AT = 4
"""Candidates, for each quote, that are checked for the same story."""
NEAR, NEAREST = 0.1, 3
"""If none of the first NEAREST candidates reaches the confidence NEAR or has all content words of
the question, the verdict is NOTHING_NEAR."""
LIKELY = 0.5
"""Confidence from which on a passage comes before nearer ones that are about another name."""
ALL = 0.99
"""Of the question's idf weight, which may not add up to 1 exactly."""

ADDS = 0.25
"""A quote that covers this much of the idf weight which the quotes before it do not is wanted
beside them, since the question needs two articles ..."""
ADDS_CLOSE = 0.6
"""... if it scores this much of the first one's score."""
LONG = 900
"""Characters of a quote beyond which only the last sentence of the passage before is added."""


def compose(ranking: Ranking, top_k: int, min_confidence: float, reads_all_scripts: bool) -> Answer:
    """Answer with at most ``top_k`` quotes; below ``min_confidence`` they are only the nearest."""
    question, known = ranking.question, _right_name_first(ranking.candidates)
    if not known:
        return Answer(question.text, Verdict.NOTHING_INDEXED, 0.0, ())
    if question.hints.wants_newest:
        openings = tuple(_quote_story([c], ranking) for c in known[:top_k])
        return Answer(question.text, Verdict.ANSWERED, 1.0, openings)
    named = named_sources(ranking)
    sure = confidence(ranking, known, named)
    # A model that reads one language cannot tell what a text in another has to do with it.
    is_readable = reads_all_scripts or not known[0].is_across
    answered = is_readable and sure >= min_confidence
    # If the question names a single source, its passages come first anyway.
    relevant = [c for c in named if coverage_of([c], question.asked) >= SAYS_SOMETHING]
    wanted = relevant[:top_k] if len(named) > 1 else []
    ordered = [*wanted, *(c for c in known if c not in wanted)]
    choice = _Choice(question.asked, ordered[0], wanted, min_confidence if answered else None)
    # Reports of one story score alike, so they are near the top together.
    stories = _stories(ordered[: LOOKED_AT * top_k], top_k, choice)
    quotes = tuple(_quote_story(story, ranking) for story in stories)
    verdict = Verdict.ANSWERED if answered else _refusal(ranking, reads_all_scripts)
    return Answer(question.text, verdict, sure, quotes)


def certainty(ranking: Ranking) -> float:
    """Estimate the probability (0..1) that the passages of a ranking answer."""
    known = _right_name_first(ranking.candidates)
    return confidence(ranking, known, named_sources(ranking)) if known else 0.0


def _right_name_first(known: Sequence[Candidate]) -> Sequence[Candidate]:
    """Put a passage that answers before those that come nearer but are about another name."""
    right = (c for c in known if not c.is_of_other_name and confidence_of(c) >= LIKELY)
    if known and known[0].is_of_other_name and (first := next(right, None)):
        return [first, *(c for c in known if c is not first)]
    return known


def _refusal(ranking: Ranking, reads_all_scripts: bool) -> Verdict:
    question = ranking.question
    if not reads_all_scripts and _is_unreadable(ranking):
        return Verdict.UNREADABLE
    nearest = ranking.candidates[:NEAREST]
    near = any(_nearness(c) >= NEAR or _says_all(c, question.asked) for c in nearest)
    return Verdict.NOT_ANSWERING if near else Verdict.NOTHING_NEAR


def _is_unreadable(ranking: Ranking) -> bool:
    """Whether the packaged English model can only have read names in the question."""
    text = ranking.question.text
    if is_foreign(text) or len(text.split()) < FEWEST_WORDS:
        return is_foreign(text)
    known = {ENGLISH.code, *(c.language.code for c in ranking.candidates)}
    return language_of_question(text) not in known


def _nearness(c: Candidate) -> float:
    """Return the confidence; what contradicts the question, or has another name, is near it."""
    return confidence_of(replace(c, contradicts=False, is_of_other_name=False))


def _says_all(c: Candidate, question: Wording) -> bool:
    """Whether the passage has all content words of the question: it may only mention a name."""
    return question.language.is_content(question.text) and coverage_of([c], question) > ALL


@dataclass(slots=True)
class _Choice:
    """Decides which candidates to quote; they are offered from the best on.

    After the first, a candidate must itself reach the confidence ``least`` and score nearly as
    high; or add what the quotes before it lack; or be ``wanted``, as it is from another source
    that the question names. If nothing answers, ``least`` is ``None`` and all are taken.
    """

    question: Wording
    first: Candidate
    wanted: Sequence[Candidate]
    least: float | None
    taken: list[Candidate] = field(default_factory=list)

    def takes(self, c: Candidate) -> bool:
        """Whether to quote ``c`` beside those taken so far."""
        is_taken = (
            self.least is None
            or c is self.first
            or c in self.wanted
            or (confidence_of(c) >= self.least and c.score >= CLOSE * self.first.score)
            or self._adds(c)
        )
        if is_taken:
            self.taken.append(c)
        return is_taken

    def _adds(self, c: Candidate) -> bool:
        before = coverage_of(self.taken, self.question)
        more = coverage_of([*self.taken, c], self.question) - before
        return more >= ADDS and c.score >= ADDS_CLOSE * self.first.score


def named_sources(ranking: Ranking) -> list[Candidate]:
    """Return the best passage of each source that the question names, best first."""
    best: dict[str, Candidate] = {}
    for c in ranking.candidates:
        source = ranking.question.hints.source_of(ranking.articles[c.stored.article])
        if source is not None:
            best.setdefault(source, c)
    return list(best.values())


def _stories(candidates: Sequence[Candidate], top_k: int, choice: _Choice) -> list[list[Candidate]]:
    """Return the first ``top_k`` candidates that are taken, each with all of the same story."""
    stories: list[tuple[Set[str], list[Candidate]]] = []
    for c in candidates:
        stems = c.language.stems(c.stored.passage.text)
        same = next((story for said, story in stories if _same_story(said, stems)), None)
        if same is not None:
            same.append(c)
        elif len(stories) < top_k and choice.takes(c):
            stories.append((stems, [c]))
    return [story for _, story in stories]


def _quote_story(story: Sequence[Candidate], ranking: Ranking) -> Quote:
    first, *rest = story
    others = dict.fromkeys(c.stored.article for c in rest)
    others.pop(first.stored.article, None)
    article = ranking.articles[first.stored.article]
    also_in = elsewhere(article, (ranking.articles[number] for number in others))
    quote = quote_of(article, first.stored.passage, first.score, first.highlight, also_in)
    return with_passages_before(quote, first.before, first.language)


def quote_of(
    article: Article,
    passage: Passage,
    score: float = 1.0,
    highlight: Span | None = None,
    also_in: tuple[Article, ...] = (),
) -> Quote:
    """Quote ``passage`` of ``article``."""
    place = (passage.text, passage.start, passage.end, passage.paragraph)
    return Quote(article, *place, score=score, highlight=highlight, also_in=also_in)


def with_passages_before(quote: Quote, before: Sequence[Passage], language: Language) -> Quote:
    """Start the quote with the passages ``before``, nearest first, without which it is unclear.

    They must be adjacent in the article: a heading or a share line between them is not quoted.
    """
    text, start = quote.article.text, quote.start
    for passage in before:
        if text[passage.end : start].strip():
            break
        is_long = quote.end - passage.start > LONG
        start = passage.start + (language.sentences(passage.text)[-1][0] if is_long else 0)
        if is_long:
            break
    if quote.highlight is None or start == quote.start:
        return quote
    added = quote.start - start
    moved = (quote.highlight[0] + added, quote.highlight[1] + added)
    return replace(quote, text=text[start : quote.end], start=start, highlight=moved)


def _same_story(one: Set[str], other: Set[str]) -> bool:
    """Whether passages with these stems are one story."""
    is_same = share_in_common(one, other) >= SAME_STORY and not differ_in_numbers(one, other)
    return bool(one) and is_same


def is_foreign(text: str) -> bool:
    """Whether most letters are not Latin, which the packaged English model cannot read."""
    letters = [c for c in text if c.isalpha()]
    latin = sum("LATIN" in unicodedata.name(c, "") for c in letters)
    return len(letters) > 2 * latin
