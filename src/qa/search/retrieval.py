"""Question in, ranked passages out.

Scores are added, not ranks: a signal says how strong it is, and a rank forgets that. In turn:

1. dense: cosine of the question and the passage with its context (FAISS proposes candidates, SQLite
   has the vectors);
2. words: BM25 of the passage with its context (tantivy);
3. hints: what the question says about the article itself: its source, its title, its date, and how
   new it is if news is asked for (``qa.language.hints``);
4. the best candidates are read closely: the share of the question's idf weight that the passage
   covers, and how well its best sentence answers (``highlight``). Sentence vectors are stored with
   the passage, so that only the question is encoded while someone waits. Those in another language
   are compared token by token (``late``);
5. a cross-encoder, if one is set, has the last word on the order of the first few.

The weights are round numbers set by hand; ``scripts/fit_ranking.py`` fits them on all data sets but
one and tests them on that one, which shows that fitting would gain nothing.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from qa.answer import Turn
from qa.article import Article, Passage
from qa.language import Language, codes, language_of, load
from qa.language.detect import asked_in
from qa.language.question import (
    Question,
    Wording,
    read_question,
    read_statements,
    read_wording,
)
from qa.model.encoder import Encoder
from qa.model.reranker import Reranker
from qa.search.background import Background
from qa.search.candidate import Candidate, coverage_of, leans_back, read_closely
from qa.search.late import LateInteraction, Levels
from qa.search.sync import Indexes
from qa.search.vectors import read_nearest
from qa.store.articles import Store
from qa.store.passages import StoredPassage
from qa.vectors import Vectors

CANDIDATES = 60
"""Passages that each search may propose."""
READ_CLOSELY = 20
"""Candidates whose words and sentences are compared with the question. 30 answer no better."""
RERANKED = 20
"""Candidates that a cross-encoder reads."""
RERANK_WEIGHT = 3.0
"""Weight of the cross-encoder's estimate (0..1); all other signals add up to about 2."""
SAYS_SOMETHING = 0.1
"""Coverage from which on a passage says anything about a question."""
SHOWN, LED_IN = 6, 3
"""Candidates that may be quoted with the passages before them; how many of these."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each signal of a candidate counts in its score."""

    dense: float = 0.50
    words: float = 0.20
    coverage: float = 0.20
    sentence: float = 0.30
    answer: float = 0.20
    hint: float = 0.20
    late: float = 0.0
    constant: float = 0.0

    def score(self, c: Candidate) -> float:
        """Return the weighted sum of the signals."""
        return (
            self.dense * c.dense
            + self.words * c.words
            + self.coverage * c.coverage
            + self.sentence * c.sentence
            + self.answer * c.answer
            + self.hint * c.hint
            + self.late * c.late
            + self.constant
        )


WEIGHTS = Weights()
ACROSS = Weights(dense=0.5, words=0.0, sentence=0.5, late=2.0, constant=-0.46)
"""For passages in another language than the question, of which tokens say most. The constant makes
right passages, wrong ones and those off the topic score as they do in the question's language."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """A question with its candidates, best first, and the articles that they are from."""

    question: Question
    candidates: Sequence[Candidate]
    articles: Mapping[int, Article] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retriever:
    """Ranks passages of one generation of the index."""

    store: Store
    indexes: Indexes
    encoder: Encoder
    generation: int
    background: Background
    late: LateInteraction | None = None
    """None if the model reads one language, so that it answers across none."""
    reranker: Reranker | None = None
    weights: Weights = WEIGHTS
    across: Weights = ACROSS

    def rank(
        self,
        text: str,
        about: Article | None = None,
        things: Collection[str] = (),
        follows: Turn | None = None,
    ) -> Ranking:
        """Return candidates for the question ``text``, best first; none if the index is empty.

        An article that it is ``about`` helps to find them, not to judge them: that a passage is
        below this title is no answer. ``things`` are names of sources that mean something else.
        The turn that it may follow is its context only if passages then answer better.
        """
        question = self.read(text, about, things, follows)
        if question.hints.wants_newest and (newest := self._newest(question.alone())):
            return newest
        ranking = self._rank(question)
        if question.follows is None:
            return ranking
        alone = self._rank(question.alone())
        return ranking if _is_better(ranking, alone) else alone

    def rank_statements(self, texts: Sequence[str], language: Language) -> Iterator[Ranking]:
        """Return candidates for each of ``texts``, at least one, encoded in one batch."""
        encode = self.encoder.encode_queries
        return map(self._rank, read_statements(texts, self.idf_weights, encode, language))

    def _rank(self, question: Question) -> Ranking:
        candidates = self._find(question.sought)
        articles = self.store.articles({c.stored.article for c in candidates})
        self._add_article_facts(candidates, question, articles)
        self._read_closely(candidates, question, articles)
        if self.reranker is not None:
            rerank(self.reranker, question.sought.text, candidates)
        self.add_passages_before(candidates)
        return Ranking(question, candidates, articles)

    def _newest(self, question: Question) -> Ranking | None:
        """The openings of the newest articles of the sources that ``question`` names."""
        hints = question.hints
        newest = self.store.newest(SHOWN, hints.sources, streams=hints.streams)
        articles = {each.number: each for each in newest}
        openings = (self.store.passages_of(each, self.generation)[:1] for each in articles)
        found = [Candidate(stored, score=1.0) for some in openings for stored in some]
        return Ranking(question, found, articles) if found else None

    def read(
        self,
        text: str,
        about: Article | None = None,
        things: Collection[str] = (),
        follows: Turn | None = None,
    ) -> Question:
        """Read the question ``text`` once; all that it needs is encoded in one batch."""
        return read_question(
            text,
            self.indexes.sources,
            self.idf_weights,
            self.encoder.encode_queries,
            title=about.title if about else "",
            language=self._language_of(text),
            things=things,
            follows=follows,
        )

    def read_topic(self, topic: str, vector: Vectors) -> Wording:
        """Read a topic with this vector (d,)."""
        return read_wording(topic, self.idf_weights, vector, self._language_of(topic))

    def score(self, c: Candidate) -> float:
        """Return how well a passage that was read closely answers, about 0 to 2."""
        return (self.across if c.is_across else self.weights).score(c)

    def _language_of(self, question: str) -> Language:
        stored = self.background.languages
        return load(asked_in(question, {*codes(), *stored}, stored))

    def idf_weights(self, stems: Sequence[str]) -> dict[str, float]:
        """Weigh stems: the rarer in the index, the heavier; they add up to 1."""
        frequencies = self.indexes.words.frequencies(stems)
        total = max(len(self.indexes.vectors), 1)
        weights = {stem: math.log(1 + total / (1 + frequencies[stem])) for stem in stems}
        whole = sum(weights.values())
        return {stem: weight / whole for stem, weight in weights.items()}

    def _find(self, question: Wording) -> list[Candidate]:
        stems, vector = self._stems(question), question.vector
        by_words = self.indexes.search(stems, CANDIDATES, self.store) if stems else {}
        cosines = self.cosines(vector, by_words)
        nearest = sorted(cosines, key=lambda id_: -cosines[id_])[:CANDIDATES]
        found = self.store.passages({*nearest, *by_words} & cosines.keys())
        words = _scaled(by_words)
        return [
            Candidate(stored, cosine=cosines[id_], words=words.get(id_, 0.0))
            for id_, stored in found.items()
        ]

    def _stems(self, question: Wording) -> list[str]:
        """Return the content stems, and those of names in the other languages of the library."""
        others = (question.read_in(load(code)) for code in self.background.languages)
        return list(dict.fromkeys(s for each in (question, *others) for s in each.content_stems))

    def cosines(self, vector: Vectors, others: Iterable[int] = ()) -> dict[int, float]:
        """Map the passages nearest to ``vector`` (d,), and ``others``, to their cosines."""
        proposed = self.indexes.propose(vector, self.store)
        return read_nearest(proposed, partial(self._cosines, vector), len(vector), others)

    def _cosines(self, vector: Vectors, ids: Iterable[int]) -> dict[int, float]:
        known, vectors = self.store.vectors(ids, len(vector))
        return dict(zip(known, (vectors @ vector).tolist(), strict=True))

    def _add_article_facts(
        self, candidates: list[Candidate], question: Question, articles: Mapping[int, Article]
    ) -> None:
        for c in candidates:
            article = articles[c.stored.article]
            c.language = language_of(article.language)
            c.is_across = c.language is not question.sought.language
            c.is_of_other_model = self.late is not None
            if c.is_across:
                c.words = 0.0
            usual, _ = self.background.usual(question.sought.language, c.language)
            c.dense = usual.stands_out(c.cosine)
            if c.is_across and self.late is not None:
                c.late = c.dense
            c.hint = question.hints.fit(article)
            c.score = self.score(c)
        candidates.sort(key=_by_score)

    def _read_closely(
        self, candidates: list[Candidate], question: Question, articles: Mapping[int, Article]
    ) -> None:
        """Read the first candidates with each wording that suits them; the best reading counts."""
        first = candidates[:READ_CLOSELY]
        stored = self.store.sentences((c.stored.id for c in first), len(question.asked.vector))
        levels = self.levels(first, question.asked)
        for n, c in enumerate(first):
            wordings = question.wordings_for(articles[c.stored.article])
            _, usual = self.background.usual(question.asked.language, c.language)
            of_tokens = levels.get(c.stored.id)
            readings = [
                read_closely(c, each, stored[c.stored.id], usual, of_tokens) for each in wordings
            ]
            for each in readings:
                each.score = self.score(each)
            candidates[n] = max(readings, key=lambda each: each.score)
        candidates.sort(key=_by_score)

    def levels(self, candidates: Sequence[Candidate], asked: Wording) -> Mapping[int, Levels]:
        """Compare the tokens of those in another language; older passages have none stored."""
        across = [c.stored.id for c in candidates if c.is_across]
        return self.late.stand_out(asked, self.store.tokens(across)) if self.late and across else {}

    def add_passages_before(self, candidates: Sequence[Candidate]) -> None:
        """Add to the first candidates the passages without which they are unclear."""
        for c in candidates[:SHOWN]:
            if leans_back(c):
                c.before = list(self._passages_before(c.stored, c.language))

    def _passages_before(self, stored: StoredPassage, language: Language) -> Iterator[Passage]:
        """Go up the article until a passage can stand alone: "He denies it" needs one more."""
        for _ in range(LED_IN):
            above = self.store.passage_before(stored, self.generation)
            if above is None:
                return
            yield above.passage
            if not language.leans_back(above.passage.text):
                return
            stored = above


def _is_better(in_context: Ranking, alone: Ranking) -> bool:
    """Whether passages answer better in a context than without.

    A question that may stand alone is about something else if the best one has none of its words,
    or fewer than the best one without the context.
    """
    margin = in_context.question.margin
    if not alone.candidates or not in_context.candidates:
        return False
    best, without = in_context.candidates[0], alone.candidates[0]
    said, more = (coverage_of([c], in_context.question.asked) for c in (best, without))
    has_words = not margin or said >= max(more, SAYS_SOMETHING)
    return has_words and best.score > without.score + margin


def rerank(reranker: Reranker, question: str, candidates: list[Candidate]) -> None:
    """Order the first ``RERANKED`` by the cross-encoder's estimates, in place."""
    first = candidates[:RERANKED]
    passages = [f"{c.stored.passage.context}\n{c.stored.passage.text}" for c in first]
    for c, chance in zip(first, reranker.chances(question, passages), strict=True):
        c.score += RERANK_WEIGHT * chance
    candidates[:RERANKED] = sorted(first, key=_by_score)


def _by_score(c: Candidate) -> tuple[float, int]:
    return -c.score, c.stored.id


def _scaled(scores: Mapping[int, float]) -> dict[int, float]:
    top = max(scores.values(), default=0.0)
    return {key: score / top for key, score in scores.items()} if top > 0 else {}
