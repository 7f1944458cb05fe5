"""The packaged model that reads about a hundred languages: multilingual-e5-small in four bits."""

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from qa.article import Span
from qa.errors import ModelError, first_line
from qa.model import unigram
from qa.model.cache import cache_path, filled, read_facts, write_facts
from qa.model.onnx_model import runner
from qa.model.packaged import MULTILINGUAL_MODEL, multilingual_model
from qa.model.packed import PackedModel
from qa.model.pooling import (
    TakeTokens,
    encode_own_tokens,
    encode_prompted,
    encode_whole,
    own_tokens,
    prompted,
)
from qa.model.precision import Precision, best_precision
from qa.model.prompts import E5_PROMPTS
from qa.model.tokens import TokenEncoder, cores
from qa.vectors import Vectors

log = logging.getLogger(__name__)

FORMAT = "2"
"""Bump it when what was unpacked before can no longer be used."""
EXACT, QUICK = "exact.onnx", "quick.onnx"
"""The graph that computes in fp32, and the one that multiplies eight-bit numbers."""
PIECES = "pieces.json"
BATCH_SIZE = 4
"""What one core computes then stays in its cache: 1.05 times as fast as 8, 1.3 times as 16."""


class MultilingualEncoder:
    """Runs the packaged multilingual model in ONNX Runtime alone. Thread-safe.

    Products of eight-bit numbers have a cosine of .9999 to those in fp32. They are quicker for a
    question on every CPU, and for passages on those with VNNI.
    """

    name = MULTILINGUAL_MODEL

    def __init__(
        self,
        precision: Precision | None = None,
        query_prompt: str | None = None,
        passage_prompt: str | None = None,
    ) -> None:
        """Load it, after it has been unpacked at its first use; ``ModelError`` if that fails.

        ``precision`` is the format for passages, by default the fastest. The prompts are the
        model's own unless they are given.
        """
        self.precision: Precision = precision or best_precision()
        if self.precision == "bfloat16":
            self.precision = "int8"
        self.prompts = E5_PROMPTS.unless(query_prompt, passage_prompt)
        self._folder = cache_path(f"{MULTILINGUAL_MODEL}-{FORMAT}")
        facts = _facts(self._folder)
        self.dimension = int(facts["dimension"])
        self._unigram = unigram.load(self._folder / PIECES, int(facts["length"]))
        self._quick = self._load(QUICK)
        self._exact: TokenEncoder | None = None
        self._lock = threading.Lock()

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """As ``Encoder.encode_queries``."""
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        return encode_whole(self._quick, prompted(self.prompts.query, texts))

    def encode_passages(
        self,
        texts: Sequence[str],
        parts: Sequence[Sequence[Span]] = (),
        *,
        quick: bool = False,
        take_tokens: TakeTokens | None = None,
    ) -> list[Vectors]:
        """As ``Encoder.encode_passages``; each part is read in its context."""
        tokens = self._quick if quick or self.precision == "int8" else self._exact_tokens()
        return encode_prompted(tokens, self.prompts.passage, texts, parts, take_tokens)

    def encode_tokens(self, texts: Sequence[str], *, are_passages: bool) -> list[Vectors]:
        """As ``Encoder.encode_tokens``."""
        prompt = self.prompts.passage if are_passages else self.prompts.query
        return encode_own_tokens(self._quick, prompt, texts)

    def rarities(self, query: str) -> Vectors:
        """As ``Encoder.rarities``."""
        prompt = self.prompts.query
        (tokens,) = self._unigram.encode(prompted(prompt, [query]))
        own = own_tokens(np.asarray(tokens.offsets, np.int64), prompt)
        return self._unigram.rarities(tokens.ids)[own]

    def _exact_tokens(self) -> TokenEncoder:
        with self._lock:
            self._exact = self._exact or self._load(EXACT)
            return self._exact

    def _load(self, graph: str) -> TokenEncoder:
        return TokenEncoder(self._unigram.encode, runner(self._folder / graph), BATCH_SIZE, cores())


def _facts(folder: Path) -> dict[str, Any]:
    """Read the facts of the unpacked model; unpack it if that was not done or is damaged."""
    try:
        return read_facts(folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        if folder.exists():
            log.warning("The multilingual model in %s is unpacked again: %s", folder, error)
    try:
        _unpack(folder)
        return read_facts(folder)
    except OSError as error:
        reason = error.strerror or first_line(error)
        raise ModelError(f"The multilingual model cannot be kept in {folder}: {reason}.") from error


def _unpack(folder: Path) -> None:
    from qa.model import packed_graph  # onnx is loaded for this alone

    model = PackedModel(multilingual_model())
    with filled(folder) as made:
        packed_graph.write(model, made / EXACT, made / QUICK)
        unigram.save(model.vocabulary, made / PIECES)
        write_facts(made, {"dimension": model.sizes.width, "length": model.sizes.length})
