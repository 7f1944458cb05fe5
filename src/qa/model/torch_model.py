"""The model in torch: takes seconds and hundreds of megabytes to load."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from qa.errors import ModelError, first_line
from qa.model.precision import Precision
from qa.model.prompts import prompts_of
from qa.model.tokens import TokenEncoder, TokenVectors, cores, tokenize_by
from qa.vectors import Vectors, unit

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH_SIZE = 32


class TorchModel:
    """A ``sentence-transformers`` model on the CPU. Thread-safe.

    ``tokens`` is ``None`` for a model that is not a plain transformer with mean pooling, such as
    one without layers (``StaticEmbedding``); only ``encode`` can run such a model.
    """

    def __init__(self, setting: str | None, path: str) -> None:
        """Load it in fp32; ``setting`` is what the user wrote, for errors."""
        import torch

        self._torch = torch
        self.model = _load(setting, path)
        self.dimension = int(self.model.get_embedding_dimension() or 0)
        self.length = 0
        self.prompts = prompts_of(self.model.prompts)
        self._transformer: Any = None
        self.tokens: TokenEncoder | None = None
        if has_mean_pooling(self.model):
            self.length = int(self.model.max_seq_length or 512)
            self._transformer = self.model[0].auto_model
            tokenizer = Tokenizer.from_str(self.model.tokenizer.backend_tokenizer.to_str())
            tokenize = tokenize_by(tokenizer, self.length)
            self.tokens = TokenEncoder(tokenize, self._run, BATCH_SIZE, cores())

    def use(self, precision: Precision) -> None:
        """Compute in this format from now on; torch has no eight bits here and stays in fp32."""
        if precision == "bfloat16":
            self.model.to(self._torch.bfloat16)

    def _run(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> TokenVectors:
        # Batches run in parallel. Two threads on one batch would wait for each other, and for
        # anything else that occupies a core, at each of its hundred steps.
        self._torch.set_num_threads(1)
        with self._torch.inference_mode():
            output = self._transformer(
                input_ids=self._torch.from_numpy(ids),
                attention_mask=None if mask.all() else self._torch.from_numpy(mask),
            )
            vectors: TokenVectors = output.last_hidden_state.float().numpy()
        return vectors[:, :, None]

    def encode(self, texts: Sequence[str], prompt: str, threads: int) -> Vectors:
        """Encode the model's own way: shape (len(texts), dimension), rows of length 1."""
        self._torch.set_num_threads(threads)
        vectors = self.model.encode(
            list(texts),
            prompt=prompt,
            batch_size=BATCH_SIZE,
            show_progress_bar=False,
            normalize_embeddings=False,
        )
        return unit(np.asarray(vectors, np.float32))


def has_mean_pooling(model: "SentenceTransformer") -> bool:
    """Whether its vector of a text is the mean of all token vectors, and nothing more."""
    kinds = {type(module).__name__ for module in model}
    pooling = next((m for m in model if type(m).__name__ == "Pooling"), None)
    return (
        kinds <= {"Transformer", "Pooling", "Normalize"}
        and getattr(pooling, "pooling_mode", None) == "mean"
        and bool(getattr(pooling, "include_prompt", True))
        and bool(model.tokenizer.is_fast)
    )


def _load(setting: str | None, path: str) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as their_logging

    their_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # theirs has no types
    is_local = Path(path).is_dir()
    try:
        return SentenceTransformer(path, device="cpu", local_files_only=is_local)
    except Exception as error:  # a broken folder or a dead network may raise anything
        which = "packaged model" if setting is None else f"model {setting} (PULLQUOTE_MODEL)"
        raise ModelError(f"The {which} cannot be loaded: {first_line(error)}") from error
