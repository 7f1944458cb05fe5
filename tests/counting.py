"""An encoder whose vectors can be computed by hand."""

import numpy as np

from qa.language import ENGLISH
from qa.model.pooling import encode_apart
from qa.model.prompts import Prompts
from qa.vectors import unit


class Counting:
    """Counts the words of its vocabulary and records the texts it encodes."""

    precision = "float32"

    def __init__(self, *vocabulary, name="counting", prompts=None):
        self.name = name
        self.prompts = prompts or Prompts()
        self.dimension = len(vocabulary)
        self.texts = []
        self._vocabulary = vocabulary

    def encode_queries(self, texts):
        self.texts += texts
        return self._count(texts)

    def _count(self, texts):
        found = [ENGLISH.words(text) for text in texts]
        counts = [[each.count(word) for word in self._vocabulary] for each in found]
        return unit(np.array(counts, np.float32).reshape(len(texts), self.dimension))

    def encode_passages(self, texts, parts=(), *, quick=False):
        self.texts += texts
        return encode_apart(self._count, texts, parts)
