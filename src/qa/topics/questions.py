"""Which of the questions that people have saved an article answers.

A person who asks looks at the answer; one who has saved a question is interrupted by it, and
thousands of passages that answer nothing come in before one does. So the confidence of a passage
(``qa.search.confidence``) is not enough; there are four more signals. How *unusual* is the passage:
questions differ in how near any text is to them. Is it a *record*: does it answer better than all
that the library already has, which left the question open? How many *rivals* has it: where passages
of one article seem to answer about equally, none may, or another one. And how much does the article
have on the *subject*? The more, the more rivals it has anyway.

All questions are compared with an article at once, as one matrix, and only those that stand out are
read closely. ``scripts/saved_questions.py`` fits and measures all this.
"""

import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from qa.answer import Quote
from qa.article import Article
from qa.language import Language, language_of
from qa.language.question import Wording
from qa.model.encoder import Encoder
from qa.search.background import Background
from qa.search.candidate import Candidate, read_closely
from qa.search.compose import LIKELY, quote_of, with_passages_before
from qa.search.confidence import confidence_of
from qa.search.retrieval import Retriever
from qa.store.articles import Store
from qa.store.passages import Sentences, StoredPassage
from qa.topics.subjects import language_of_topic
from qa.topics.vectors import QUESTIONS, TopicVectors, batched, vectors_of
from qa.vectors import GrowingRows

FLOOR = 0.35
"""How far a passage stands out at least that is read closely: 3 in 1,000 do."""
FIRST, READ_CLOSELY = 4, 12
"""Passages of an article that are read closely for one question at most; unless one of the first
few is more likely an answer than not, the others are not read."""
RIVALS = 1.5
"""Log odds that a passage may fall short of the best one and be its rival."""
ON_SUBJECT = 0.15
"""How far a passage stands out at least that is on the subject of a question: a quarter of what an
answer does. Of a library, 5 in 100 do."""
MUCH = 20
"""Other passages on the subject that are half of what an article could have."""
NOTHING = -4.0
"""Confidence, as log odds, that the library has for a question to which it has nothing."""
NEARLY, SURELY = 1.0, 4.0
"""A passage is as good as the best so far if its log odds are so much lower at most, or so high:
once there is an answer, another one is news, and need not be better."""
BELOW = 0.16
"""Share of a normal distribution that is more than a standard deviation below its middle. Passages
on the subject of the question are above it, however many there are."""
SPREAD, WEIGHT = 0.10, 100
"""Standard deviation of how far passages stand out before a library is known; it and a middle of 0
count as much as so many passages."""
NARROWEST = 0.05
"""Standard deviation at least: a library may hold the same passage many times."""
SURPLUS = 5.0
"""Log odds above ``LEAST`` that are a surplus of 1."""


class Signals(NamedTuple):
    """What speaks for an alert about a passage."""

    confidence: float
    """That it answers, as log odds."""
    unusual: float
    """Standard deviations by which it is nearer than most passages of the library."""
    record: float
    """By how much its confidence exceeds that of all earlier articles; beside one that is as good,
    by how much it exceeds even odds."""
    rivals: float
    """How many other passages of the article are about as sure."""
    subject: float
    """How much more the article has on the subject, 0..1: half with ``MUCH`` other passages."""


BIAS, WEIGHTS = -3.2, Signals(confidence=0.35, unusual=0.35, record=0.35, rivals=-0.6, subject=3.0)
"""The first three say nearly the same: weights fitted to each suit only the data at hand.

With that of the subject one threshold does for long articles and for short ones. It is set by hand:
an article is one alert, however long it is, so a long one may be told with a little more doubt."""
LEAST = 2.0
"""Log odds from which on a passage is worth an alert."""


@dataclass(frozen=True, slots=True)
class AnswerMatch:
    """A passage that answers a saved question.

    ``surplus`` is how far it exceeds what was needed, 0 to about 1.
    """

    quote: Quote
    surplus: float


class _Near(NamedTuple):
    """What an article has for a question."""

    candidates: Sequence[Candidate]
    """Its nearest passages, nearest first."""
    on_subject: int
    """How many of its passages are on the subject."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The best passage of an article for a question."""

    question: str
    candidate: Candidate
    signals: Signals

    @property
    def score(self) -> float:
        """Log odds that an alert is right."""
        return BIAS + sum(w * s for w, s in zip(WEIGHTS, self.signals, strict=True))


class QuestionMatcher:
    """Keeps saved questions ready from one article to the next. Not thread-safe."""

    def __init__(self, encoder: Encoder, store: Store) -> None:
        """``encoder`` is the one that encoded the articles."""
        self._encoder = encoder
        self._store = store
        self._stored = TopicVectors(store.database, QUESTIONS)
        self._is_first = True
        self._followed: tuple[str, ...] = ()
        self._forget_all()
        self._read: dict[str, Wording] = {}
        self._background: Background | None = None
        self._records = _Records()

    def follow(self, saved: Iterable[str]) -> None:
        """Match these questions from now on; costs little if they are the same as before."""
        if (now := tuple(saved)) == self._followed and not self._is_first:
            return
        questions = list(dict.fromkeys(now))
        if self._is_first:
            self._stored.keep_only(questions)
            self._is_first = False
        known = len(self._saved)
        if questions[:known] != self._saved:
            self._forget_all()
            known = 0
        for some in batched(questions[known:]):
            self._add(some)
        self._followed = now

    def _forget_all(self) -> None:
        self._saved: list[str] = []
        self._rows = GrowingRows(self._encoder.dimension)
        self._by_language: dict[Language, array[int]] = {}

    def _add(self, questions: Sequence[str]) -> None:
        for n, question in enumerate(questions, len(self._saved)):
            self._by_language.setdefault(language_of_topic(question), array("l")).append(n)
        self._rows.add(self._stored.of(questions, self._encoder))
        self._saved += questions

    def match(self, article: Article, retriever: Retriever) -> dict[str, AnswerMatch]:
        """Return the questions that ``article`` answers, and with which passage."""
        found = [each for each in self.judge(article, retriever) if each.score >= LEAST]
        retriever.add_passages_before([each.candidate for each in found])
        return {
            each.question: AnswerMatch(
                _quote(article, each.candidate), (each.score - LEAST) / SURPLUS
            )
            for each in found
        }

    def judge(
        self, article: Article, retriever: Retriever, least: float = LEAST
    ) -> Iterator[Judged]:
        """Yield the best passage for each question whose score may be ``least``."""
        self._renew(retriever)
        stored = self._store.passages_of(article.number, retriever.generation)
        if not stored or not self._saved:
            return
        near = self._near(stored, language_of(article.language), retriever)
        ids = {c.stored.id for each in near.values() for c in each.candidates}
        sentences = self._store.sentences(ids, self._encoder.dimension)
        for n, (candidates, on_subject) in near.items():
            read = self._read_closely(n, candidates, sentences, retriever)
            judged = self._judged(n, read, on_subject - 1, article, least, retriever)
            if judged is not None:
                yield judged

    def _renew(self, retriever: Retriever) -> None:
        """Forget what was read in a library that is another one by now."""
        if self._background is not retriever.background:
            self._background = retriever.background
            self._read.clear()
        self._records.renew(retriever.generation)

    def _near(
        self, stored: Sequence[StoredPassage], language: Language, retriever: Retriever
    ) -> dict[int, _Near]:
        """Map questions to what is near them, where any passage stands out."""
        passages = vectors_of(stored, self._store, self._encoder.dimension)
        near: dict[int, _Near] = {}
        for asked, rows in self._by_language.items():
            is_across = asked is not language
            if is_across and retriever.late is None:  # the model reads one language
                continue
            usual, _ = retriever.background.usual(asked, language)
            cosines = self._rows.products(passages, np.array(rows))
            stand_out = usual.stands_out(cosines)
            for n in np.flatnonzero(stand_out.max(1) >= FLOOR).tolist():
                candidates = [
                    Candidate(
                        stored[p],
                        float(cosines[n, p]),
                        dense := float(stand_out[n, p]),
                        language=language,
                        is_across=is_across,
                        is_of_other_model=retriever.late is not None,
                        late=dense if is_across else 0.0,
                    )
                    for p in np.argsort(-cosines[n])[:READ_CLOSELY].tolist()
                    if stand_out[n, p] >= FLOOR
                ]
                near[rows[n]] = _Near(candidates, int((stand_out[n] >= ON_SUBJECT).sum()))
        return near

    def _read_closely(
        self,
        n: int,
        candidates: Sequence[Candidate],
        sentences: Mapping[int, Sentences],
        retriever: Retriever,
    ) -> list[Candidate]:
        """Read the passages nearest to question ``n``: more of them if one may answer."""
        asked = self._wording(n, retriever)
        _, usual = retriever.background.usual(asked.language, candidates[0].language)
        found: list[Candidate] = []
        for some in (candidates[:FIRST], candidates[FIRST:]):
            levels = retriever.levels(some, asked)
            for c in some:
                of_tokens = levels.get(c.stored.id)
                read = read_closely(c, asked, sentences[c.stored.id], usual, of_tokens)
                read.score = retriever.score(read)
                found.append(read)
            if max(map(confidence_of, found)) < LIKELY:
                break
        return found

    def _wording(self, n: int, retriever: Retriever) -> Wording:
        question = self._saved[n]
        if question not in self._read:
            self._read[question] = retriever.read_topic(question, self._rows[n])
        return self._read[question]

    def _judged(
        self,
        n: int,
        read: Sequence[Candidate],
        others: int,
        article: Article,
        least: float,
        retriever: Retriever,
    ) -> Judged | None:
        """Judge the best passage for question ``n``; ``None`` if its score cannot be ``least``."""
        # As questions rank them: the surest one need not be the best of an article.
        best = max(read, key=lambda c: (not c.is_of_other_name, c.score))
        sure, unusual = _log_odds(confidence_of(best)), self._unusual(n, best, retriever)
        rivals = sum(_log_odds(confidence_of(c)) >= sure - RIVALS for c in read) - 1
        record, subject = max(sure - NOTHING, 0.0), others / (others + MUCH)
        signals = Signals(sure, unusual, record, rivals, subject)
        possible = Judged(self._saved[n], best, signals)
        before = self._records.before(possible, article.number, least, retriever)
        if before is None:
            return None
        is_as_good = sure >= min(before - NEARLY, SURELY)
        bar = min(before, 0.0) if is_as_good else before
        return replace(possible, signals=signals._replace(record=sure - bar))

    def _unusual(self, n: int, best: Candidate, retriever: Retriever) -> float:
        asked, background = self._wording(n, retriever), retriever.background
        usual, _ = background.usual(asked.language, best.language)
        others = usual.stands_out(background.sample(best.language) @ self._rows[n])
        low, median = np.quantile(others, (BELOW, 0.5)).tolist()
        known = len(others) / (len(others) + WEIGHT)
        spread = known * (median - low) + (1 - known) * SPREAD
        return float((best.dense - known * median) / max(spread, NARROWEST))


class _Records:
    """The highest confidence, as log odds, that the articles so far have for each question.

    The library tells it when it is first needed; from then on each article adds to it. Beside an
    article of everybody's only such ones count: an answer that few may see leaves the question open
    to the others.
    """

    def __init__(self) -> None:
        self._generation = 0
        self._known: dict[tuple[str, bool], tuple[int, float, float]] = {}
        """For articles of everybody's, or for all."""

    def renew(self, generation: int) -> None:
        """Forget everything if the index is another one."""
        if generation != self._generation:
            self._known.clear()
            self._generation = generation

    def before(
        self, possible: Judged, number: int, least: float, retriever: Retriever
    ) -> float | None:
        """Return the record before the article with this ``number``, and note its own.

        ``None`` if it is not known and not needed, as the score cannot be ``least`` anyway.
        Articles come in their order, but the last one may come twice.
        """
        question, sure = possible.question, possible.signals.confidence
        of_all, key = (question, False), (question, retriever.store.is_restricted)
        if of_all != key and of_all in self._known:
            self._note(of_all, number, sure)
        if key not in self._known:
            if possible.score < least:
                return None
            before = _best_before(question, number, retriever)
            self._known[key] = number, before, before
        return self._note(key, number, sure)

    def _note(self, key: tuple[str, bool], number: int, sure: float) -> float:
        last, before, since = self._known[key]
        before = before if last == number else since
        self._known[key] = number, before, max(before, sure)
        return before


def _best_before(question: str, number: int, retriever: Retriever) -> float:
    candidates = retriever.rank(question).candidates
    earlier = [_log_odds(confidence_of(c)) for c in candidates if c.stored.article < number]
    return max([NOTHING, *earlier])


def _log_odds(chance: float) -> float:
    return math.log(max(chance, 1e-9) / max(1 - chance, 1e-9))


def _quote(article: Article, c: Candidate) -> Quote:
    quote = quote_of(article, c.stored.passage, c.score, c.highlight)
    return with_passages_before(quote, c.before, c.language)
