"""Whether an article matches a topic that somebody follows."""

from qa.answer import Quote
from qa.article import Article
from qa.compose import quote_of
from qa.question import read_question
from qa.retrieval import Candidate, Retriever, read_closer

TOPIC_COSINE = 0.40
"""A passage so near to a topic is about it."""
WHOLE = 1 - 1e-9
"""Coverage by all words: their shares may add up to a little less than 1."""


def best_match(topic: str, article: Article, retriever: Retriever) -> Quote | None:
    """Return the passage of ``article`` about ``topic``, its nearest sentence marked.

    A passage matches by meaning (cosine) or by words (with its context it holds every telling
    word of the topic); ``None`` when none does.
    """
    stored = retriever.store.passages_of(article.number, retriever.generation)
    ids, vectors = retriever.store.vectors(
        (s.id for s in stored), retriever.indexes.vectors.dimension
    )
    if not ids:
        return None
    topic_vector = retriever.encoder.encode([topic])[0]
    cosines = dict(zip(ids, (vectors @ topic_vector).tolist(), strict=True))
    question = read_question(topic, retriever.rarity(topic))
    read = retriever.store.sentences(ids, retriever.indexes.vectors.dimension)
    candidates = [Candidate(s, cosines[s.id], 0.0, 0.0) for s in stored]
    for c in candidates:
        read_closer(c, read[c.stored.id], topic_vector, question)
    matching = [c for c in candidates if c.dense >= TOPIC_COSINE or c.coverage >= WHOLE]
    if not matching:
        return None
    best = max(matching, key=lambda c: c.dense + c.coverage)
    return quote_of(article, best.stored.passage, best.dense, best.highlight)
