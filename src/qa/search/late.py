"""Late interaction: how near each token of a question is to one of a passage.

Across languages no words compare, and one vector for a whole passage says too little. Its tokens
say more: for each token of the question the nearest one counts (ColBERT, Khattab and Zaharia 2020,
arXiv:2004.12832). The model need not be trained for that if what all tokens in a language have in
common, their mean, is subtracted first. Rare tokens count more, if the model knows which are rare:
that a passage comes near to "who" or "the" says nothing.

What is left of a question that is unlike most comes nearer to any passage, so its level is read
against how ordinary it is. docs/benchmarks.md has what each of these brings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qa.language import ENGLISH, Language
from qa.language.question import Wording
from qa.model.encoder import Encoder
from qa.search.background import LEAST_GAP, Usual
from qa.store.passages import Tokens
from qa.vectors import Vectors, from_signs, to_signs, turned, unit


@dataclass(frozen=True, slots=True)
class _General:
    """The token vectors of general texts in a language: queries or passages."""

    mean: Vectors
    likeness: float
    """Mean cosine of a text to the others."""


@dataclass(frozen=True, slots=True)
class Levels:
    """How far a passage stands out, and each of its sentences: about 0 for any, .6 for an answer.

    A sentence that is beyond what the model reads has the level of the passage.
    """

    passage: float
    sentences: Sequence[float]


class LateInteraction:
    """Compares questions with passages token by token. Thread-safe."""

    def __init__(self, encoder: Encoder) -> None:
        """``encoder`` is the one that encoded the passages."""
        self._encoder = encoder
        self._known: dict[tuple[str, bool], _General] = {}
        self._usual: Usual | None = None

    def signs(self, tokens: Vectors, language: Language) -> bytes:
        """Return the stored form of a passage's tokens, (t, d): a bit a number."""
        return to_signs(turned(tokens - self._general(language, are_passages=True).mean))

    def stand_out(self, asked: Wording, passages: Mapping[int, Tokens]) -> dict[int, Levels]:
        """Return how far each passage and its sentences stand out, by the keys of ``passages``."""
        if not passages:  # as of a model without token vectors
            return {}
        usual = self._general(asked.language, are_passages=False)
        (found,) = self._encoder.encode_tokens([asked.text], are_passages=False) or []
        ordinary = _cosine(found.mean(axis=0), usual.mean) - usual.likeness if len(found) else 0.0
        query = self._weighed(asked.text, found - usual.mean)
        as_stored = {True: turned(query), False: query}
        return {
            key: self._levels(
                as_stored[each.is_turned] @ self._stored(each.signs).T, each, ordinary
            )
            for key, each in passages.items()
        }

    def _levels(self, products: Vectors, passage: Tokens, ordinary: float) -> Levels:
        """Read the products (q, t) of the tokens of a question and of a passage."""

        def level(some: Vectors) -> float:
            return self._scale().stands_out(_highest(some) + ordinary)

        whole = level(products)
        parts = (level(products[:, a:b]) if a < b else whole for a, b in passage.sentences)
        return Levels(whole, list(parts))

    def _stored(self, signs: bytes) -> Vectors:
        return from_signs(signs, self._encoder.dimension)

    def _weighed(self, text: str, tokens: Vectors) -> Vectors:
        """Give the vector of each token the length that it counts; together they are 1."""
        rarities = self._encoder.rarities(text)
        if rarities is None or not rarities.any():
            rarities = np.ones(len(tokens), np.float32)
        weighed: Vectors = unit(tokens) * (rarities / rarities.sum())[:, None]
        return weighed

    def _tokens(
        self, texts: Sequence[str], language: Language, *, are_passages: bool
    ) -> list[Vectors]:
        """Return the vectors of each text's tokens, (t, d), without the mean of the language."""
        mean = self._general(language, are_passages=are_passages).mean
        found = self._encoder.encode_tokens(texts, are_passages=are_passages) or []
        return [vectors - mean for vectors in found]

    def _general(self, language: Language, *, are_passages: bool) -> _General:
        key = language.code, are_passages
        if key not in self._known:
            general = language.general or ENGLISH.general
            found = self._encoder.encode_tokens(general, are_passages=are_passages) or []
            self._known[key] = _General(np.concatenate(found).mean(axis=0), _likeness(found))
        return self._known[key]

    def _scale(self) -> Usual:
        """Return what the interaction of general questions with their answers and others is."""
        if self._usual is None:
            asked = self._tokens(ENGLISH.general, ENGLISH, are_passages=False)
            questions = map(turned, map(self._weighed, ENGLISH.general, asked))
            read = self._tokens(ENGLISH.general_answers, ENGLISH, are_passages=True)
            answers = [self._stored(to_signs(turned(each))) for each in read]
            found = np.array([[interaction(q, a) for a in answers] for q in questions])
            median = float(np.median(found[~np.eye(len(found), dtype=bool)]))
            self._usual = Usual(median, max(float(found.diagonal().mean()) - median, LEAST_GAP))
        return self._usual


def interaction(query: Vectors, passage: Vectors) -> float:
    """Return the sum, over the tokens of ``query`` (q, d), of the highest product in a passage's.

    ``passage`` has shape (t, d); 0 if either has no tokens. The rows of ``query`` are as long as
    they count, so that this is the mean of the highest cosines.
    """
    return _highest(query @ passage.T)


def _highest(products: Vectors) -> float:
    """Return the sum of the highest products (q, t) of each token of a question."""
    return float(products.max(axis=1).sum()) if products.size else 0.0


def _likeness(texts: Sequence[Vectors]) -> float:
    """Return the mean cosine of a text's tokens (t, d), taken together, to those of the others."""
    sums = np.array([each.sum(axis=0) for each in texts])
    others = sums.sum(axis=0) - sums
    return float(np.mean([_cosine(a, b) for a, b in zip(sums, others, strict=True)]))


def _cosine(one: Vectors, other: Vectors) -> float:
    return float(unit(one[None])[0] @ unit(other[None])[0])
