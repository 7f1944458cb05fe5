"""Late interaction: how near each token of a question is to one of a passage.

Across languages no words compare, and one vector for a whole passage says too little. Its tokens
say more: for each token of the question the nearest one counts (ColBERT, Khattab and Zaharia 2020,
arXiv:2004.12832). The model need not be trained for that if what all tokens in a language have in
common, their mean, is subtracted first. docs/benchmarks.md has what it brings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qa.language import ENGLISH, Language
from qa.language.question import Wording
from qa.model.encoder import Encoder
from qa.search.background import LEAST_GAP, Usual
from qa.store.passages import Tokens
from qa.vectors import Vectors, from_signs, to_signs, unit


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
        self._means: dict[tuple[str, bool], Vectors] = {}
        self._usual: Usual | None = None

    def signs(self, tokens: Vectors, language: Language) -> bytes:
        """Return the stored form of a passage's tokens, (t, d): a bit a number."""
        return to_signs(tokens - self._mean(language, are_passages=True))

    def stand_out(self, asked: Wording, passages: Mapping[int, Tokens]) -> dict[int, Levels]:
        """Return how far each passage and its sentences stand out, by the keys of ``passages``."""
        if not passages:  # as of a model without token vectors
            return {}
        (query,) = self._tokens([asked.text], asked.language, are_passages=False)
        return {key: self._levels(query, each) for key, each in passages.items()}

    def _levels(self, query: Vectors, passage: Tokens) -> Levels:
        vectors, scale = from_signs(passage.signs, self._encoder.dimension), self._scale()
        whole = scale.stands_out(interaction(query, vectors))
        parts = (
            scale.stands_out(interaction(query, vectors[a:b])) if a < b else whole
            for a, b in passage.sentences
        )
        return Levels(whole, list(parts))

    def _tokens(
        self, texts: Sequence[str], language: Language, *, are_passages: bool
    ) -> list[Vectors]:
        """Return the vectors of each text's tokens, (t, d), without the mean of the language."""
        mean = self._mean(language, are_passages=are_passages)
        found = self._encoder.encode_tokens(texts, are_passages=are_passages) or []
        return [unit(vectors - mean) for vectors in found]

    def _mean(self, language: Language, *, are_passages: bool) -> Vectors:
        key = language.code, are_passages
        if key not in self._means:
            general = language.general or ENGLISH.general
            found = self._encoder.encode_tokens(general, are_passages=are_passages) or []
            self._means[key] = np.concatenate(found).mean(axis=0)
        return self._means[key]

    def _scale(self) -> Usual:
        """Return what the interaction of general questions with their answers and others is."""
        if self._usual is None:
            questions = self._tokens(ENGLISH.general, ENGLISH, are_passages=False)
            answers = self._tokens(ENGLISH.general_answers, ENGLISH, are_passages=True)
            signs = [from_signs(to_signs(each), self._encoder.dimension) for each in answers]
            found = np.array([[interaction(q, a) for a in signs] for q in questions])
            median = float(np.median(found[~np.eye(len(found), dtype=bool)]))
            self._usual = Usual(median, max(float(found.diagonal().mean()) - median, LEAST_GAP))
        return self._usual


def interaction(query: Vectors, passage: Vectors) -> float:
    """Return the mean, over the tokens of ``query`` (q, d), of the highest cosine in a passage's.

    ``passage`` has shape (t, d); 0 if either has no tokens.
    """
    cosines = query @ passage.T
    return float(cosines.max(axis=1).mean()) if cosines.size else 0.0
