"""Text to unit vectors: queries and passages."""

import logging
import shutil
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from qa.article import Span
from qa.errors import ModelError
from qa.model import onnx_model
from qa.model.cache import is_complete
from qa.model.multilingual import MultilingualEncoder
from qa.model.onnx_model import Graph
from qa.model.packaged import ENGLISH_MODEL, MULTILINGUAL_MODEL, english_model, model_name
from qa.model.pooling import (
    TakeTokens,
    encode_apart,
    encode_own_tokens,
    encode_prompted,
    encode_whole,
    prompted,
)
from qa.model.precision import Precision, best_precision
from qa.model.prompts import Prompts, known_prompts
from qa.model.tokens import TokenEncoder, cores
from qa.model.torch_model import TorchModel
from qa.vectors import Vectors

log = logging.getLogger(__name__)

AGREEMENT_INT8 = 0.98
"""Least cosine of a vector of a passage in eight bits to that of the graph for questions."""
FEW, SINGLE = 500, 100
"""Passages that the graph encodes in about the time in which torch would load. Fewer at
once than ``SINGLE`` do not count: a bot that reads one article at a time needs no torch, whose 400
MB would stay."""


class Encoder(Protocol):
    """Anything that turns queries and passages into comparable vectors."""

    @property
    def name(self) -> str:
        """What the index remembers, to refuse questions by another model."""

    @property
    def prompts(self) -> Prompts:
        """What is put before each query and passage; the index remembers the passage's."""

    @property
    def dimension(self) -> int:
        """Length of each vector."""

    @property
    def precision(self) -> str:
        """Number format in which passages are encoded, for ``status``."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode what is asked: shape (len(texts), dimension), rows of length 1.

        Always quick to answer, however large the model that encodes passages.
        """

    def encode_passages(
        self,
        texts: Sequence[str],
        parts: Sequence[Sequence[Span]] = (),
        *,
        quick: bool = False,
        take_tokens: TakeTokens | None = None,
    ) -> list[Vectors]:
        """Encode what is searched, each text with its ``parts`` (its sentences, say), if any.

        Returns an array of shape (1 + parts, dimension) for each text: the whole first, rows of
        length 1. ``quick`` is for a few texts that someone waits for: it loads nothing that only
        pays off in bulk. ``take_tokens`` is handed the vectors of each text's tokens, too, if the
        model has vectors of tokens that make up those of texts.
        """

    def encode_tokens(self, texts: Sequence[str], *, are_passages: bool) -> list[Vectors] | None:
        """Encode each token of a few queries or passages that someone waits for.

        Returns an array of shape (tokens, layers, dimension) for each text, rows of any length, the
        last layer first; ``None`` if the model has no vectors of tokens that make up those of
        texts.
        """

    def rarities(self, query: str) -> Vectors | None:
        """Return how rare each token of a query is, shape (tokens,): 0 or more.

        ``None`` if the model does not know.
        """


def load_encoder(
    setting: str | None, query_prompt: str | None = None, passage_prompt: str | None = None
) -> Encoder:
    """Load the model that the setting names; ``ModelError`` if that fails.

    It is a packaged one's word, a path, a hub name, or empty for the default. The prompts are the
    model's own unless they are given.
    """
    name = model_name(setting)
    if name == MULTILINGUAL_MODEL:
        return MultilingualEncoder(query_prompt=query_prompt, passage_prompt=passage_prompt)
    other = None if name == ENGLISH_MODEL else setting
    return SentenceEncoder(other, query_prompt=query_prompt, passage_prompt=passage_prompt)


class SentenceEncoder:
    """A ``sentence-transformers`` model on the CPU. Thread-safe.

    Queries, and passages while they are few, are encoded by ONNX Runtime, which is ready long
    before torch would be; with weights in eight bits where the CPU has VNNI (cosine to fp32 .9997),
    as reading them is most of the work. Many passages are encoded in the number format that is
    fastest here: bfloat16, by torch, where the CPU has it (2.5 times as fast as fp32, .9999;
    elsewhere four times slower) and they are enough to load torch for; eight bits, by ONNX Runtime,
    where it has VNNI (1.9 times as fast, .994); else fp32, in which queries then are, too. A model
    that is not a plain transformer with mean pooling is left to torch.
    """

    def __init__(
        self,
        model: str | None = None,
        precision: Precision | None = None,
        query_prompt: str | None = None,
        passage_prompt: str | None = None,
    ) -> None:
        """Load ``model``, a path or a hub name, or the packaged English one.

        ``ModelError`` if that fails.

        ``precision`` is the format for passages, by default the fastest. The prompts are the
        model's own unless they are given.
        """
        self.name = ENGLISH_MODEL if model is None else model_name(model)
        self.precision = precision or best_precision()
        self._setting = model
        if model is not None and _looks_like_path(model) and not Path(model).expanduser().is_dir():
            raise ModelError(f"The model folder {model} (PULLQUOTE_MODEL) does not exist.")
        self._path = english_model() if model is None else Path(self.name)
        self._folder = onnx_model.cache_folder(self.name, self._path, is_packaged=model is None)
        # Every CPU with bfloat16 in AVX-512 has VNNI.
        is_exact = self.precision == "float32"
        self._name_of_graph = onnx_model.EXACT if is_exact else onnx_model.QUICK
        self._lock = threading.Lock()
        self._torch: TorchModel | None = None
        self._passages = 0
        self._quantized: TokenEncoder | None = None
        self._graph = self._load_graph() or self._export_graph()
        source = self._graph or self._full()
        self.dimension = source.dimension
        own = known_prompts(self.name) if source.prompts == Prompts() else source.prompts
        self.prompts = own.unless(query_prompt, passage_prompt)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """As ``Encoder.encode_queries``."""
        return self._encode(self._query_tokens(), texts, self.prompts.query, threads=1)

    def encode_passages(
        self,
        texts: Sequence[str],
        parts: Sequence[Sequence[Span]] = (),
        *,
        quick: bool = False,
        take_tokens: TakeTokens | None = None,
    ) -> list[Vectors]:
        """As ``Encoder.encode_passages``.

        A model with mean pooling reads each part in its context; others encode it by itself.
        """
        if not texts:
            return []
        prompt = self.prompts.passage
        tokens = self._query_tokens() if quick else self._passage_tokens(len(texts))
        if tokens is not None:
            return encode_prompted(tokens, prompt, texts, parts, take_tokens)
        threads = 1 if quick else cores()
        return encode_apart(
            partial(self._encode, None, prompt=prompt, threads=threads), texts, parts
        )

    def encode_tokens(self, texts: Sequence[str], *, are_passages: bool) -> list[Vectors] | None:
        """As ``Encoder.encode_tokens``."""
        prompt = self.prompts.passage if are_passages else self.prompts.query
        tokens = self._query_tokens()
        return encode_own_tokens(tokens, prompt, texts) if tokens else None

    def rarities(self, query: str) -> None:
        """As ``Encoder.rarities``: few vocabularies say how rare their pieces are."""

    def _encode(
        self, tokens: TokenEncoder | None, texts: Sequence[str], prompt: str, threads: int
    ) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        if tokens is None:
            return self._full().encode(prompted("", texts), prompt, threads)
        return encode_whole(tokens, prompted(prompt, texts))

    def _query_tokens(self) -> TokenEncoder | None:
        return self._graph.tokens if self._graph else self._full().tokens

    def _passage_tokens(self, count: int) -> TokenEncoder | None:
        if self._graph is None or (self.precision == "bfloat16" and self._is_torch_worth(count)):
            return self._full().tokens
        if self.precision != "int8":
            return self._graph.tokens
        with self._lock:
            self._quantized = self._quantized or self._quantize(self._graph)
            return self._quantized

    def _is_torch_worth(self, count: int) -> bool:
        """Whether torch is loaded, or should be for ``count`` passages more."""
        with self._lock:
            if count >= SINGLE:
                self._passages += count
            return self._torch is not None or self._passages > FEW

    def _load_graph(self) -> Graph | None:
        """Load the graph if it was exported before."""
        if not self._folder.is_dir():
            return None
        try:
            return onnx_model.load(self._folder, self._name_of_graph)
        except Exception as error:  # a damaged file may raise anything
            log.warning("The model's graph in %s is exported again: %s", self._folder, error)
            return None

    def _export_graph(self) -> Graph | None:
        """Export the graph; ``None`` if the model allows none or its vectors would differ."""
        full = TorchModel(self._setting, str(self._path))
        graph = None
        if full.tokens is not None:
            try:
                onnx_model.export(full, self._folder)
                own = full.encode(onnx_model.PROBES, "", threads=1)
                exact = onnx_model.load(self._folder).tokens
                _check_agreement(exact, own, onnx_model.AGREEMENT)
                graph = onnx_model.load(self._folder, self._name_of_graph)
            except Exception as error:  # a full disk, a model that the exporter does not know
                if isinstance(error, ModelError):
                    shutil.rmtree(self._folder, ignore_errors=True)
                log.warning("Questions are encoded by torch, as there is no graph: %s", error)
        full.use(self.precision)
        self._torch = full
        return graph

    def _quantize(self, graph: Graph) -> TokenEncoder:
        """Load or make the graph in eight bits, which agrees with ``graph``, or the exact one."""
        folder = self._folder.with_name(f"{self._folder.name}-int8")
        try:
            if not is_complete(folder):
                onnx_model.quantize(self._folder, folder)
            tokens = onnx_model.load(folder).tokens
            own = encode_whole(graph.tokens, onnx_model.PROBES)
            _check_agreement(tokens, own, AGREEMENT_INT8)
        except Exception as error:  # a full disk, a model that loses too much
            log.warning("Articles are encoded in full precision: %s", error)
            self.precision = "float32"
            return onnx_model.load(self._folder).tokens
        return tokens

    def _full(self) -> TorchModel:
        with self._lock:
            if self._torch is None:
                self._torch = TorchModel(self._setting, str(self._path))
                self._torch.use(self.precision)
            return self._torch


def _check_agreement(tokens: TokenEncoder, expected: Vectors, least: float) -> None:
    agreement = onnx_model.agreement(tokens, expected)
    if agreement < least:
        raise ModelError(f"its vectors have a cosine of {agreement:.4f} to the model's own.")


def _looks_like_path(model: str) -> bool:
    return model.startswith((".", "/", "~")) or model.count("/") > 1
