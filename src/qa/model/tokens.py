"""Texts in, vectors for each token out, by whatever runs the transformer."""

import functools
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, normalizers

from qa.article import Span
from qa.language import ENGLISH

TokenVectors = NDArray[np.float32]
Offsets = NDArray[np.int64]
Run = Callable[[NDArray[np.int64], NDArray[np.int64]], TokenVectors]
"""Takes token ids (n, t) and an attention mask (n, t), returns vectors (n, t, layers, dimension).

The last layer comes first; most models hand out no other."""


FEW, RECENT = 3, 16
"""Texts that someone waits for, and how many of them are kept: a question in another language needs
both the vector of the whole and those of its tokens."""


class Tokens(Protocol):
    """The tokens of a text."""

    @property
    def ids(self) -> Sequence[int]:
        """Their numbers in the vocabulary."""

    @property
    def offsets(self) -> Sequence[Span]:
        """The characters that each covers, in order; none for those that mark the ends."""


Tokenize = Callable[[Sequence[str]], Sequence[Tokens]]


def tokenize_by(tokenizer: Tokenizer, length: int) -> Tokenize:
    """Use ``tokenizer``, cutting texts to ``length`` tokens.

    To one without capitals the WHO would be the pronoun, so it is handed the W.H.O.
    """
    if tokenizer.normalizer and tokenizer.normalizer.normalize_str("A") == "a":
        tokenizer.normalizer = normalizers.Sequence([*_dotted_names(), tokenizer.normalizer])
    tokenizer.no_padding()
    tokenizer.enable_truncation(length)
    return lambda texts: tokenizer.encode_batch(list(texts))


def _dotted_names() -> Iterator[normalizers.Replace]:
    """Put dots into names that are stop words in small letters, except amid capitals."""
    for name in sorted(map(str.upper, ENGLISH.stop_names)):
        pattern = Regex(rf"(?<![A-Z] )\b{name}\b(?! [A-Z]{{2}})")
        yield normalizers.Replace(pattern, f"{'.'.join(name)}.")


class TokenEncoder:
    """Encodes the tokens of texts with one model. Thread-safe if ``tokenize`` and ``run`` are."""

    def __init__(self, tokenize: Tokenize, run: Run, batch_size: int, workers: int = 1) -> None:
        """``workers`` batches run in parallel."""
        self._tokenize = tokenize
        self._run = run
        self._batch_size = batch_size
        self._workers = workers
        self._recent = functools.lru_cache(RECENT)(self._encode_one)

    def encode(self, texts: Sequence[str]) -> Iterator[tuple[int, TokenVectors, Offsets]]:
        """Yield each text's number, its token vectors (t, layers, dimension) and offsets (t, 2).

        Offsets are the characters of the text that a token covers. Texts of similar length share a
        batch, so they come out in another order.
        """
        if len(texts) <= FEW:
            yield from ((n, *self._recent(text)) for n, text in enumerate(texts))
            return
        encoded = self._tokenize(texts)
        order = sorted(range(len(texts)), key=lambda n: len(encoded[n].ids))
        size = self._batch_size
        batches = [order[n : n + size] for n in range(0, len(order), size)]
        for batch, vectors in self._run_all(encoded, batches):
            for row, n in enumerate(batch):
                offsets = np.asarray(encoded[n].offsets, np.int64)
                yield n, vectors[row, : len(offsets)], offsets

    def _encode_one(self, text: str) -> tuple[TokenVectors, Offsets]:
        (tokens,) = self._tokenize([text])
        vectors = self._run(*_padded([tokens.ids]))[0]
        return vectors, np.asarray(tokens.offsets, np.int64)

    def _run_all(
        self, encoded: Sequence[Tokens], batches: Sequence[Sequence[int]]
    ) -> Iterator[tuple[Sequence[int], TokenVectors]]:
        def run(batch: Sequence[int]) -> TokenVectors:
            return self._run(*_padded([encoded[n].ids for n in batch]))

        if self._workers == 1 or len(batches) == 1:
            yield from ((batch, run(batch)) for batch in batches)
            return
        with ThreadPoolExecutor(self._workers) as pool:
            # Keep few batches in flight: token vectors of a long article would fill the memory.
            pending: deque[tuple[Sequence[int], Future[TokenVectors]]] = deque()
            for batch in batches:
                pending.append((batch, pool.submit(run, batch)))
                if len(pending) > self._workers:
                    done, future = pending.popleft()
                    yield done, future.result()
            yield from ((batch, future.result()) for batch, future in pending)


def cores() -> int:
    """Count the CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _padded(ids: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    padded = np.zeros((len(ids), max(map(len, ids))), np.int64)
    mask = np.zeros_like(padded)
    for row, each in enumerate(ids):
        padded[row, : len(each)] = each
        mask[row, : len(each)] = 1
    return padded, mask
