"""Late interaction: how near each token of a question is to one of a passage.

Across languages no words compare, and one vector for a whole passage says too little. Its tokens
say more: for each token of the question the nearest one counts (ColBERT, Khattab and Zaharia 2020,
arXiv:2004.12832). The model need not be trained for that if what all tokens in a language have in
common, their mean, is subtracted first. docs/benchmarks.md has what it brings.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from qa.article import Passage
from qa.language import ENGLISH, Language
from qa.language.question import Wording
from qa.model.encoder import Encoder
from qa.search.background import LEAST_GAP, Usual
from qa.vectors import Vectors, unit

KEPT = 200
"""Passages whose tokens stay in memory, each about 160 KB."""


class LateInteraction:
    """Compares questions with passages token by token. Thread-safe."""

    def __init__(self, encoder: Encoder) -> None:
        """``encoder`` encodes passages again as they are asked for: no token vector is stored."""
        self._encoder = encoder
        self._lock = threading.Lock()
        self._means: dict[tuple[str, bool], Vectors] = {}
        self._kept: OrderedDict[tuple[str, Language], Vectors] = OrderedDict()
        self._usual: Usual | None = None

    def stand_out(
        self, asked: Wording, passages: Sequence[tuple[Passage, Language]]
    ) -> list[float] | None:
        """Return how far each passage stands out: about 0 for any, .6 for one that answers.

        ``None`` if the model has no token vectors.
        """
        query = self._tokens([asked.text], asked.language, are_passages=False)
        if query is None:
            return None
        texts = [(f"{passage.context}\n{passage.text}", language) for passage, language in passages]
        return [self._scale().stands_out(interaction(query[0], each)) for each in self._read(texts)]

    def _read(self, texts: Sequence[tuple[str, Language]]) -> list[Vectors]:
        with self._lock:
            known = {key: self._kept[key] for key in texts if key in self._kept}
        for language in {of for _, of in texts}:
            new = [text for text, of in texts if of is language and (text, of) not in known]
            vectors = self._tokens(new, language, are_passages=True) or []
            known |= {(text, language): each for text, each in zip(new, vectors, strict=True)}
        with self._lock:
            for key in known:
                self._kept.pop(key, None)
            self._kept |= known
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return [known[key] for key in texts]

    def _tokens(
        self, texts: Sequence[str], language: Language, *, are_passages: bool
    ) -> list[Vectors] | None:
        """Return the vectors of each text's tokens, (t, d), without the mean of the language."""
        found = self._encoder.encode_tokens(texts, are_passages=are_passages)
        if found is None or not texts:
            return found
        mean = self._mean(language, are_passages=are_passages)
        return [unit(vectors - mean) for vectors in found]

    def _mean(self, language: Language, *, are_passages: bool) -> Vectors:
        key = language.code, are_passages
        if key not in self._means:
            general = language.general or ENGLISH.general
            found = self._encoder.encode_tokens(general, are_passages=are_passages)
            self._means[key] = np.concatenate(found or []).mean(axis=0)
        return self._means[key]

    def _scale(self) -> Usual:
        """Return what the interaction of general questions with their answers and others is."""
        if self._usual is None:
            questions = self._tokens(ENGLISH.general, ENGLISH, are_passages=False) or []
            answers = self._tokens(ENGLISH.general_answers, ENGLISH, are_passages=True) or []
            found = np.array([[interaction(q, a) for a in answers] for q in questions])
            median = float(np.median(found[~np.eye(len(found), dtype=bool)]))
            self._usual = Usual(median, max(float(found.diagonal().mean()) - median, LEAST_GAP))
        return self._usual


def interaction(query: Vectors, passage: Vectors) -> float:
    """Return the mean, over the tokens of ``query`` (q, d), of the highest cosine in a passage's.

    ``passage`` has shape (t, d); 0 if either has no tokens.
    """
    cosines = query @ passage.T
    return float(cosines.max(axis=1).mean()) if cosines.size else 0.0
