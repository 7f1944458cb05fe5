"""Late interaction: how near each token of a question is to one of a passage.

Across languages no words compare, and one vector for a whole passage says too little. Its tokens
say more: for each token of the question the nearest one counts (ColBERT, Khattab and Zaharia 2020,
arXiv:2004.12832). The model need not be trained for that if what all tokens in a language have in
common, their mean, is subtracted first. An earlier layer counts, too, if the model hands it out: it
knows more of the words, and less of what is around them. Rare tokens count more, if the model knows
which are rare: that a passage comes near to "who" or "the" says nothing.

What is left of a question that is unlike most comes nearer to any passage, so its level is read
against how ordinary it is. docs/benchmarks.md has what each of these brings.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qa.language import ENGLISH, Language
from qa.language.question import Wording
from qa.model.encoder import Encoder
from qa.search.background import LEAST_GAP, Usual
from qa.store.passages import Tokens
from qa.vectors import Vectors, from_codes, to_codes, turned, unit

WEIGHTS = np.array([[0.7], [0.3]], np.float32)
"""How much the last layer and the earlier one count."""
ORDINARY = 1.5
"""How much it counts how ordinary a question is."""


@dataclass(frozen=True, slots=True)
class _General:
    """The token vectors of general texts in a language: queries or passages."""

    mean: Vectors
    """Shape (layers, d)."""
    likeness: float
    """Mean cosine of a text to the others, in the last layer."""


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

    def codes(self, tokens: Vectors, language: Language) -> bytes:
        """Return the stored form of a passage's tokens, (t, layers, d): two bits a number."""
        apart = unit(turned(tokens - self._general(language, are_passages=True).mean))
        return to_codes(_joined(apart))

    def stand_out(self, asked: Wording, passages: Mapping[int, Tokens]) -> dict[int, Levels]:
        """Return how far each passage and its sentences stand out, by the keys of ``passages``."""
        if not passages:  # as of a model without token vectors
            return {}
        usual = self._general(asked.language, are_passages=False)
        (found,) = self._encoder.encode_tokens([asked.text], are_passages=False) or []
        ordinary = 0.0
        if len(found):
            likeness = _cosine(found[:, 0].mean(axis=0), usual.mean[0])
            ordinary = ORDINARY * (likeness - usual.likeness)
        query = self._query(asked.text, found - usual.mean)
        return {
            key: self._levels(query @ from_codes(each.codes, query.shape[1]).T, each, ordinary)
            for key, each in passages.items()
        }

    def _levels(self, products: Vectors, passage: Tokens, ordinary: float) -> Levels:
        """Read the products (q, t) of the tokens of a question and of a passage."""

        def level(some: Vectors) -> float:
            return self._scale().stands_out(_highest(some) + ordinary)

        whole = level(products)
        parts = (level(products[:, a:b]) if a < b else whole for a, b in passage.sentences)
        return Levels(whole, list(parts))

    def _query(self, text: str, tokens: Vectors) -> Vectors:
        """Return what is compared with codes, (t, layers × d), of the tokens (t, layers, d).

        Its products are means of cosines: of tokens by how rare they are, of layers by ``WEIGHTS``.
        """
        rarities = self._encoder.rarities(text)
        if rarities is None or not rarities.any():
            rarities = np.ones(len(tokens), np.float32)
        counts = (rarities / rarities.sum())[:, None, None]
        layers = WEIGHTS[: tokens.shape[1]]
        # A code stands for vectors of length 1 in which each layer has the same share.
        layers = layers / layers.sum() * math.sqrt(len(layers))
        return _joined(unit(turned(tokens)) * counts * layers)

    def _general(self, language: Language, *, are_passages: bool) -> _General:
        key = language.code, are_passages
        if key not in self._known:
            known = language if language.general else ENGLISH
            texts = [*known.general, *(known.general_answers if are_passages else ())]
            found = self._encoder.encode_tokens(texts, are_passages=are_passages) or []
            likeness = _likeness([each[:, 0] for each in found])
            self._known[key] = _General(np.concatenate(found).mean(axis=0), likeness)
        return self._known[key]

    def _scale(self) -> Usual:
        """Return what the interaction of general questions with their answers and others is."""
        if self._usual is None:
            mean = self._general(ENGLISH, are_passages=False).mean
            encode = self._encoder.encode_tokens
            asked = encode(ENGLISH.general, are_passages=False) or []
            read = encode(ENGLISH.general_answers, are_passages=True) or []
            pairs = zip(ENGLISH.general, asked, strict=True)
            questions = [self._query(text, each - mean) for text, each in pairs]
            codes = [self.codes(each, ENGLISH) for each in read]
            answers = [from_codes(each, questions[0].shape[1]) for each in codes]
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


def _joined(tokens: Vectors) -> Vectors:
    """Put the layers (t, layers, d) side by side, (t, layers × d)."""
    return tokens.reshape(len(tokens), -1)


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
