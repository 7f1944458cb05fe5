"""An encoder whose vectors can be computed by hand."""

import numpy as np

from qa.language import ENGLISH, codes, load
from qa.model.pooling import encode_apart
from qa.model.prompts import Prompts
from qa.search.background import QUARTILES, SCALE
from qa.vectors import unit

GENERAL = {question for code in codes() for question in load(code).general}
USUAL = QUARTILES / SCALE / 2
"""So that a passage or sentence of one word, if all are such, stands out by its cosine."""


class Counting:
    """Counts the words of its vocabulary and records the texts it encodes.

    General questions are about anything: every other one is a little like all passages, and the
    rest a little unlike them.
    """

    precision = "float32"

    def __init__(self, *vocabulary, name="counting", prompts=None):
        self.name = name
        self.prompts = prompts or Prompts()
        self.dimension = len(vocabulary)
        self.texts = []
        self._vocabulary = vocabulary

    def encode_queries(self, texts):
        if GENERAL.issuperset(texts):  # not recorded: their vectors may come from a cache
            signs = np.resize([USUAL, -USUAL], len(texts))
            return np.repeat(signs[:, None], self.dimension, axis=1).astype(np.float32)
        self.texts += texts
        return self._count(texts)

    def _count(self, texts):
        found = [ENGLISH.words(text) for text in texts]
        counts = [[each.count(word) for word in self._vocabulary] for each in found]
        return unit(np.array(counts, np.float32).reshape(len(texts), self.dimension))

    def encode_passages(self, texts, parts=(), *, quick=False):
        self.texts += texts
        return encode_apart(self._count, texts, parts)
