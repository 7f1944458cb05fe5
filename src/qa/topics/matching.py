"""Which of the topics that people follow an article is about.

A topic is a few words, and its cosine to an article says little: that of a broad one, such as
"Sports", is low for all. So each is compared with what else the article may be about
(``subjects``). An article may say little, too: one that names but players and clubs. So the
passages nearest to it, which other articles have, speak along. All topics are compared at once, as
one matrix. An article that holds all words of a topic in one passage needs much less of that.

A topic such as "World" is but the name of a subject: what belongs to the subject is meant, too, and
the word in passing says nothing. ``scripts/bench/topics.py`` measures it.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qa.answer import Quote
from qa.article import Article
from qa.language.language import ENGLISH, LONG_STEM, Language
from qa.language.question import read_question
from qa.model.encoder import Encoder
from qa.search.candidate import Candidate
from qa.search.compose import quote_of
from qa.search.retrieval import Retriever, present_in, read_closer
from qa.store.articles import Store
from qa.store.passages import StoredPassage
from qa.topics.subjects import subjects_named
from qa.topics.vectors import TopicVectors
from qa.vectors import Vectors, unit

ABOUT, MENTIONS = 0.55, 0.20
"""Score that an article about a topic has; of one that holds all its words in one passage."""
TEMPERATURE = 0.06
"""The less, the more the nearest subject counts among all."""
SAME = 0.4
"""A subject with this cosine to a topic does not speak against it."""
TITLE = 0.7
"""Weight of an article's title beside the mean of its passages, which were read with the title."""
NEIGHBOURS, CONTEXT = 20, 0.3
"""Passages of other articles that speak along, and the weight of one that is equal to the article.

One that is less near weighs less, and so do few: what is nearest among ten articles may be far.
"""
SAYS = 0.2
"""Weight of the share of a topic's words that a passage itself has, beside its cosine, when one is
chosen to be quoted: all were read below the title, so that their cosines are much alike."""
PROPOSED = 200
"""Passages among which the nearest ones are looked for."""


@dataclass(frozen=True, slots=True)
class Match:
    """Why an article matches a topic.

    ``score`` is about the share (0..1) of the article that the topic is; ``surplus`` how far it is
    above what was needed.
    """

    quote: Quote
    score: float
    surplus: float


class Topics:
    """Topics, ready to be compared with articles; ``topics[n]`` has row n of ``vectors``."""

    def __init__(
        self,
        topics: Sequence[str],
        vectors: Vectors,
        subjects: Vectors,
        language: Language = ENGLISH,
    ) -> None:
        """``vectors`` (t, d) of the topics and ``subjects`` (s, d) have rows of length 1.

        The vectors of topics that only name a subject are moved towards it, in place.
        """
        self.topics = topics
        self.vectors = vectors
        self._subjects = subjects
        self._language = language
        self._words = [language.content_stems(topic) for topic in topics]
        named = ((n, subjects_named(stems, language)) for n, stems in enumerate(self._words))
        self.general = {n: rows for n, rows in named if rows}
        for n, rows in self.general.items():
            vectors[n] = unit(vectors[n] + unit(subjects[rows].mean(0, keepdims=True)))[0]
        self._speak_against = (vectors @ subjects.T < SAME).astype(np.float32)
        self._by_word = self._by_rarest_word()

    def _by_rarest_word(self) -> dict[str, list[int]]:
        """Only topics whose rarest word an article has need a closer look."""
        counts = Counter(stem for stems in self._words for stem in stems)
        found: dict[str, list[int]] = {}
        for n, stems in enumerate(self._words):
            if stems and n not in self.general:
                found.setdefault(min(stems, key=counts.__getitem__), []).append(n)
        return found

    def scores(self, article: Vectors) -> Vectors:
        """How much the article with this vector (d,) is about each topic, 0..1, shape (t,)."""
        own = np.exp(self.vectors @ article / TEMPERATURE)
        others = self._speak_against @ np.exp(self._subjects @ article / TEMPERATURE)
        scores: Vectors = own / (own + others)
        return scores

    def share_in(self, n: int, passage: str) -> float:
        """Share (0..1) of the words of topic ``n`` that ``passage`` (stemmed) has."""
        stems = self._words[n]
        return sum(self._language.has(passage, each) for each in stems) / max(len(stems), 1)

    def named_in(self, passages: Sequence[str]) -> dict[int, list[int]]:
        """Topics all of whose words stand in one of ``passages`` (stemmed), and in which.

        Those that only name a subject are left out.
        """
        begins = {
            word[:end]
            for passage in passages
            for word in passage.split()
            for end in {len(word), *range(LONG_STEM, len(word))}
        }
        looked_at = (n for begin in begins for n in self._by_word.get(begin, ()))
        named = {
            n: [p for p, text in enumerate(passages) if self.share_in(n, text) == 1]
            for n in looked_at
        }
        return {n: where for n, where in named.items() if where}


class Matcher:
    """Keeps topics at hand from one article to the next. Not safe to use from several threads."""

    def __init__(self, encoder: Encoder, store: Store, language: Language = ENGLISH) -> None:
        """``encoder`` is the one that read the articles, which are in ``language``."""
        self._encoder = encoder
        self._language = language
        self._store = store
        self._at_rest = TopicVectors(store.database)
        # Topics are encoded as queries: another prompt makes other vectors.
        self._vectors_key = f"{encoder.prompts.query}{encoder.name}"
        self._subjects = encoder.encode_queries(language.subjects)
        self._followed: Collection[str] | None = None
        self._known = self._topics((), np.empty((0, encoder.dimension), np.float32))

    def follow(self, followed: Collection[str]) -> None:
        """Take these topics from now on; nothing is done when they are the same object as before.

        Their vectors are kept in the database, so that each is encoded once.
        """
        if followed is self._followed:
            return
        topics = list(dict.fromkeys(followed))
        if self._followed is None:
            self._at_rest.keep_only(topics)
        self._known = self._topics(topics, self._vectors(topics))
        self._followed = followed

    def _topics(self, topics: Sequence[str], vectors: Vectors) -> Topics:
        return Topics(topics, vectors, self._subjects, self._language)

    def _vectors(self, topics: Sequence[str]) -> Vectors:
        """Vectors (t, d), from the topics before, from the database, or new."""
        name, dimension = self._vectors_key, self._encoder.dimension
        before = zip(self._known.topics, self._known.vectors, strict=True)
        known = {topic: v for n, (topic, v) in enumerate(before) if n not in self._known.general}
        known |= self._at_rest.read((t for t in topics if t not in known), name, dimension)
        new = [topic for topic in topics if topic not in known]
        if new:
            encoded = self._encoder.encode_queries(new)
            self._at_rest.keep(new, encoded, name)
            known |= dict(zip(new, encoded, strict=True))
        rows = np.array([known[topic] for topic in topics], np.float32)
        return rows.reshape(len(topics), dimension)

    def scores(
        self, article: Article, ids: Collection[int], passages: Vectors, retriever: Retriever
    ) -> Vectors:
        """How much ``article`` is about each topic, 0..1, shape (t,).

        ``ids`` and ``passages`` (p, d) are those of the article.
        """
        (title,) = self._encoder.encode_passages([article.title], quick=True)
        own = unit(unit(passages.mean(0, keepdims=True)) + TITLE * title)[0]
        return self._known.scores(self._in_context(own, ids, retriever))

    def _in_context(self, own: Vectors, ids: Collection[int], retriever: Retriever) -> Vectors:
        """Move ``own`` (d,) towards the passages nearest to it, but for the article's: ``ids``."""
        proposed = [id_ for id_ in retriever.indexes.vectors.propose(own) if id_ not in ids]
        _, others = self._store.vectors(proposed[:PROPOSED], self._encoder.dimension)
        cosines = others @ own
        nearest = np.argsort(-cosines)[:NEIGHBOURS]
        weights = np.maximum(cosines[nearest], 0)
        moved: Vectors = unit((own + CONTEXT * weights @ others[nearest])[None])[0]
        return moved

    def match(self, article: Article, retriever: Retriever) -> dict[str, Match]:
        """Return the topics that ``article`` matches, with why."""
        stored = self._store.passages_of(article.number, retriever.generation)
        if not stored:
            return {}
        ids, unordered = self._store.vectors((s.id for s in stored), self._encoder.dimension)
        row = {id_: n for n, id_ in enumerate(ids)}
        vectors = unordered[[row[s.id] for s in stored]]
        scores = self.scores(article, row.keys(), vectors, retriever)
        named = self._known.named_in([present_in(each.passage, self._language) for each in stored])
        least = np.full(len(scores), ABOUT)
        least[list(named)] = MENTIONS
        chosen = np.flatnonzero(scores >= least).tolist()
        best = {n: self._telling(n, stored, vectors, named.get(n)) for n in chosen}
        quotes = self._quotes(article, {n: stored[p] for n, p in best.items()}, retriever)
        return {
            self._known.topics[n]: Match(quote, float(scores[n]), float(scores[n] - least[n]))
            for n, quote in quotes.items()
        }

    def _telling(
        self, n: int, stored: Sequence[StoredPassage], vectors: Vectors, named: Sequence[int] | None
    ) -> int:
        """Which of the passages, or of those that have its words, tells best of topic ``n``."""
        cosines = vectors @ self._known.vectors[n]

        def telling(p: int) -> float:
            share = self._known.share_in(n, self._language.stemmed_cached(stored[p].passage.text))
            return float(cosines[p]) + SAYS * share

        return max(named or range(len(stored)), key=telling)

    def _quotes(
        self, article: Article, best: Mapping[int, StoredPassage], retriever: Retriever
    ) -> dict[int, Quote]:
        """Quote the best passage of each topic, the sentence marked that is nearest to it."""
        sentences = self._store.sentences({s.id for s in best.values()}, self._encoder.dimension)
        quotes = {}
        for n, stored in best.items():
            topic, marked = self._known.topics[n], Candidate(stored, 0.0, 0.0, 0.0)
            question = read_question(
                topic, retriever.rarity(self._language.content_stems(topic)), self._language
            )
            read_closer(marked, sentences[stored.id], self._known.vectors[n], question)
            quotes[n] = quote_of(article, stored.passage, marked.sentence, marked.highlight)
        return quotes


def likeness(encoder: Encoder, text: str, others: Sequence[str]) -> float:
    """The highest cosine of ``text`` and one of ``others``, of which there is one at least."""
    first, *rest = encoder.encode_passages([text, *others], quick=True)
    return float(max(first[0] @ other[0] for other in rest))
