"""Texts through a transformer: token vectors out, by whatever runs it."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

Tokens = NDArray[np.float32]
Places = NDArray[np.int64]
Run = Callable[[NDArray[np.int64], NDArray[np.int64]], Tokens]
"""Token ids (n, t) and mask (n, t) in, vectors (n, t, dimension) out."""


class Reader:
    """Reads texts with one model. Safe to use from several threads if ``run`` is."""

    def __init__(
        self, tokenizer: Tokenizer, length: int, run: Run, batch: int, workers: int = 1
    ) -> None:
        """``length`` is how many tokens the model reads, ``batch`` how many texts at once.

        ``workers`` batches run side by side.
        """
        tokenizer.no_padding()
        tokenizer.enable_truncation(length)
        self._tokenizer = tokenizer
        self._run = run
        self._batch = batch
        self._workers = workers

    def read(self, texts: Sequence[str]) -> Iterator[tuple[int, Tokens, Places]]:
        """Give number, token vectors (t, dimension) and their places (t, 2) of each text.

        Texts of like length are read together, so they come in another order.
        """
        encoded = self._tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda n: len(encoded[n].ids))
        batches = [order[n : n + self._batch] for n in range(0, len(order), self._batch)]
        for chosen, tokens in self._run_all(encoded, batches):
            for row, n in enumerate(chosen):
                places = np.asarray(encoded[n].offsets, np.int64)
                yield n, tokens[row, : len(places)], places

    def _run_all(
        self, encoded: Sequence[Encoding], batches: Sequence[Sequence[int]]
    ) -> Iterator[tuple[Sequence[int], Tokens]]:
        def run(chosen: Sequence[int]) -> Tokens:
            return self._run(*_padded([encoded[n].ids for n in chosen]))

        if self._workers == 1 or len(batches) == 1:
            yield from ((chosen, run(chosen)) for chosen in batches)
            return
        with ThreadPoolExecutor(self._workers) as pool:
            # Few at a time: the vectors of all tokens of a long article would fill the memory.
            ahead: deque[tuple[Sequence[int], Future[Tokens]]] = deque()
            for chosen in batches:
                ahead.append((chosen, pool.submit(run, chosen)))
                if len(ahead) > self._workers:
                    yield _done(*ahead.popleft())
            yield from (_done(*each) for each in ahead)


def _done(chosen: Sequence[int], future: "Future[Tokens]") -> tuple[Sequence[int], Tokens]:
    return chosen, future.result()


def cores() -> int:
    """Count the processor's cores, as far as we may use them."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _padded(ids: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    padded = np.zeros((len(ids), max(map(len, ids))), np.int64)
    mask = np.zeros_like(padded)
    for row, each in enumerate(ids):
        padded[row, : len(each)] = each
        mask[row, : len(each)] = 1
    return padded, mask
