"""Question in, ranked passages out.

Scores are added, not ranks: each signal says how sure it is, and a rank forgets that. In turn:

1. dense: cosine of the question with passage and context (FAISS proposes, SQLite has the vectors);
2. words: BM25 of passage and context, and of the whole article (tantivy);
3. the best of these are read closer: the share of the question's rare words that the passage
   covers, and how well its best sentence answers (``highlight``). Sentence vectors were stored
   with the passage, so nothing but the question is embedded while a person waits;
4. what the question says of the article itself counts: its source, its title, its date, and how
   new it is when news is asked for (``qa.language.hints``);
5. a cross-encoder, where one is set, has the last word on the order of the first few.

The weights are round numbers set by hand; ``scripts/fit_ranking.py`` fits them on all data sets but
one and tries them on that one, to see that fitting would bring nothing.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from qa.article import Article, Passage
from qa.language import ENGLISH, Language
from qa.language.hints import Hints, read_hints, without_sources
from qa.language.question import Question, read_question, share_of
from qa.language.when import without_periods
from qa.model.encoder import Encoder
from qa.model.reranker import Reranker
from qa.search.candidate import Candidate
from qa.search.highlight import covered, mark
from qa.search.sync import Indexes
from qa.store.articles import Store
from qa.store.passages import Sentences, StoredPassage
from qa.vectors import Vectors

CANDIDATES = 60
"""Passages that each search may propose."""
QUESTION_LENGTH = 1_000
"""Characters of a question that are read; the packaged model takes in no more."""
READ_CLOSER = 30
"""Passages whose words and sentences are compared with the question."""
RERANKED = 20
"""Passages that a cross-encoder reads."""
RERANK_WEIGHT = 3.0
"""Weight of the cross-encoder's estimate (0..1); all other signals add up to about 2."""
SHOWN, LED_IN = 6, 3
"""Passages of which what stands before is fetched if they cannot be read alone; how much of it."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each signal (0..1 within a question) counts in a passage's score."""

    dense: float = 0.40
    words: float = 0.25
    article: float = 0.20
    coverage: float = 0.20
    sentence: float = 0.30
    answer: float = 0.20
    lead: float = 0.20
    hint: float = 0.20


WEIGHTS = Weights()


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates, best first, the articles they stand in, and the question as it was read."""

    question: str
    candidates: Sequence[Candidate]
    articles: Mapping[int, Article] = field(default_factory=dict)
    rarity: Mapping[str, float] = field(default_factory=dict)
    hints: Hints = field(default_factory=Hints)


@dataclass(frozen=True, slots=True)
class Retriever:
    """Ranks passages of one generation of the index."""

    store: Store
    indexes: Indexes
    encoder: Encoder
    generation: int
    reranker: Reranker | None = None
    weights: Weights = WEIGHTS

    def rank(self, text: str, about: Article | None = None) -> Ranking:
        """Candidates for the question ``text``, best first; none when the index is empty.

        An article that it is asked ``about`` helps to find them. How well they answer is up to the
        question alone: that a passage stands below this title is no answer.
        """
        read = text[:QUESTION_LENGTH]
        sought = f"In “{about.title}”: {read}"[:QUESTION_LENGTH] if about else read
        vector, telling = self.encoder.encode_queries([sought])[0], ENGLISH.content_stems(read)
        candidates = self._candidates(ENGLISH.content_stems(sought) if about else telling, vector)
        articles = self.store.articles({c.stored.article for c in candidates})
        question = read_question(read, self.rarity(telling))
        hints = read_hints(read, about.title if about else "")
        for c in candidates:
            c.hint = hints.fit(articles[c.stored.article])
            c.score = self._score(c)
        candidates.sort(key=lambda c: -c.score)
        asked = self.encoder.encode_queries([read])[0] if about else vector
        named, others = _parted(candidates[:READ_CLOSER], articles, hints)
        self._read_closer(others, asked, question)
        bare = without_sources(read, (articles[c.stored.article] for c in named))
        self._ask(named, bare)
        if hints.time.windows:
            candidates[:READ_CLOSER] = [
                *self._asked_without_day(others, read, articles, hints),
                *self._asked_without_day(named, bare, articles, hints),
            ]
        candidates.sort(key=lambda c: (-c.score, c.stored.id))
        if self.reranker is not None:
            rerank(self.reranker, sought, candidates)
        self._look_before(candidates[:SHOWN])
        return Ranking(text, candidates, articles, question.rarity, hints)

    def _candidates(self, telling: Sequence[str], vector: Vectors) -> list[Candidate]:
        by_words = self.indexes.passages.search(telling, CANDIDATES) if telling else {}
        by_article = self.indexes.articles.search(telling, CANDIDATES) if telling else {}
        dense = self._cosines(vector, {*self.indexes.vectors.propose(vector), *by_words})
        nearest = sorted(dense, key=lambda id_: -dense[id_])[:CANDIDATES]
        found = self.store.passages({*nearest, *by_words} & dense.keys())
        words, articles = _scaled(by_words), _scaled(by_article)
        return [
            Candidate(stored, dense[id_], words.get(id_, 0.0), articles.get(stored.article, 0.0))
            for id_, stored in found.items()
        ]

    def _cosines(self, vector: Vectors, ids: Iterable[int]) -> dict[int, float]:
        known, vectors = self.store.vectors(ids, len(vector))
        return dict(zip(known, (vectors @ vector).tolist(), strict=True))

    def rarity(self, telling: Sequence[str]) -> dict[str, float]:
        """Weigh telling stems (``content_stems``): the rarer in the index, the heavier; sum 1."""
        seen = self.indexes.passages.frequencies(telling)
        total = max(len(self.indexes.vectors), 1)
        weights = {s: math.log(1 + total / (1 + seen[s])) for s in telling}
        whole = sum(weights.values())
        return {s: weight / whole for s, weight in weights.items()}

    def _read_closer(
        self, candidates: Sequence[Candidate], vector: Vectors, question: Question
    ) -> None:
        read = self.store.sentences((c.stored.id for c in candidates), len(vector))
        for c in candidates:
            read_closer(c, read[c.stored.id], vector, question)
            c.score = self._score(c)

    def _ask(self, candidates: Sequence[Candidate], text: str) -> None:
        """Read ``candidates`` closer with another question: no article says where it stands."""
        if candidates:
            question = read_question(text, self.rarity(ENGLISH.content_stems(text)))
            self._read_closer(candidates, self.encoder.encode_queries([text])[0], question)

    def _asked_without_day(
        self,
        candidates: Sequence[Candidate],
        text: str,
        articles: Mapping[int, Article],
        hints: Hints,
    ) -> Iterator[Candidate]:
        """Those of a day that ``text`` names are asked without it, too: few say their own day.

        The better reading counts, since a passage may tell of that day.
        """
        bare = without_periods(text, hints.now)
        of_day = [c for c in candidates if hints.names_day(articles[c.stored.article])]
        again = {c.stored.id: replace(c) for c in of_day if ENGLISH.is_content(bare)}
        self._ask(list(again.values()), bare)
        for c in candidates:
            yield max(c, again.get(c.stored.id, c), key=lambda each: each.score)

    def _look_before(self, candidates: Sequence[Candidate]) -> None:
        for c in candidates:
            if c.leans_back:
                c.before = list(self._lead_in(c.stored))

    def _lead_in(self, stored: StoredPassage) -> Iterator[Passage]:
        """Go up the article until a passage can be read alone: "He denies it" needs one more."""
        for _ in range(LED_IN):
            above = self.store.passage_before(stored, self.generation)
            if above is None:
                return
            yield above.passage
            if not ENGLISH.leans_back(above.passage.text):
                return
            stored = above

    def _score(self, c: Candidate) -> float:
        w = self.weights
        return (
            w.dense * c.dense
            + w.words * c.words
            + w.article * c.article
            + w.coverage * c.coverage
            + w.sentence * c.sentence
            + w.answer * c.answer
            + w.lead * c.lead
            + w.hint * c.hint
        )


def rerank(reranker: Reranker, question: str, candidates: list[Candidate]) -> None:
    """Order the first ``RERANKED`` by the cross-encoder's estimates, in place."""
    first = candidates[:RERANKED]
    passages = [f"{c.stored.passage.context}\n{c.stored.passage.text}" for c in first]
    for c, chance in zip(first, reranker.chances(question, passages), strict=True):
        c.score += RERANK_WEIGHT * chance
    candidates[:RERANKED] = sorted(first, key=lambda c: (-c.score, c.stored.id))


def _parted(
    candidates: Iterable[Candidate], articles: Mapping[int, Article], hints: Hints
) -> tuple[list[Candidate], list[Candidate]]:
    """Those of sources that the question names, and the others."""
    named: list[Candidate] = []
    others: list[Candidate] = []
    for c in candidates:
        (named if hints.names_source(articles[c.stored.article]) else others).append(c)
    return named, others


def read_closer(c: Candidate, read: Sentences, vector: Vectors, question: Question) -> None:
    """Compare the passage's words and sentences with the question, and mark its best sentence."""
    passage = c.stored.passage
    if read.spans:
        cosines = (read.vectors @ vector).tolist()
        best = mark(question, [passage.text[a:b] for a, b in read.spans], cosines)
        c.highlight = read.spans[best.number]
        marked = passage.text[slice(*c.highlight)]
        c.contradicts = question.negates and not question.language.negates(marked)
        c.sentence, c.answer = max(cosines), best.score
        c.marked_cosine, c.marked_coverage = best.cosine, best.coverage
    c.present = present_in(passage)
    c.coverage = covered(c.present, question.rarity)
    c.lead = (
        covered(ENGLISH.stemmed_cached(c.stored.section), question.rarity)
        if c.stored.leads
        else 0.0
    )
    c.names = share_of(question.names, c.present)


def present_in(passage: Passage, language: Language = ENGLISH) -> str:
    """Stems of a passage and its context."""
    return language.stemmed_cached(passage.context) + language.stemmed_cached(passage.text)


def _scaled(scores: Mapping[int, float]) -> dict[int, float]:
    top = max(scores.values(), default=0.0)
    return {key: score / top for key, score in scores.items()} if top > 0 else {}
