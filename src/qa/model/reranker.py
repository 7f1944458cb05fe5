"""A cross-encoder reads question and passage together. It is slow, so it is off by default."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from qa.errors import ModelError, first_line


class Reranker(Protocol):
    """Anything that can tell how likely a passage answers a question."""

    def chances(self, question: str, passages: Sequence[str]) -> list[float]:
        """Estimate, for each passage, the probability (0..1) that it answers ``question``."""


class CrossEncoderReranker:
    """A model for ``sentence_transformers.CrossEncoder``. Thread-safe."""

    def __init__(self, model: str) -> None:
        """Load ``model``, a path or a hub name; ``ModelError`` if that fails."""
        from sentence_transformers import CrossEncoder
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # theirs has no types
        folder = Path(model).expanduser()
        try:
            self._model = CrossEncoder(
                str(folder) if folder.is_dir() else model,
                device="cpu",
                local_files_only=folder.is_dir(),
            )
        except Exception as error:  # a broken folder or a dead network may raise anything
            raise ModelError(
                f"The cross-encoder {model} (PULLQUOTE_RERANKER) cannot be loaded: "
                f"{first_line(error)}"
            ) from error
        if self._model.num_labels != 1:
            raise ModelError(
                f"The model {model} (PULLQUOTE_RERANKER) is not a cross-encoder for ranking: "
                f"it returns {self._model.num_labels} scores for each pair instead of one."
            )

    def chances(self, question: str, passages: Sequence[str]) -> list[float]:
        """Estimate, for each passage, the probability (0..1) that it answers ``question``."""
        import torch

        if not passages:
            return []
        scores = self._model.predict(
            [(question, passage) for passage in passages],
            show_progress_bar=False,
            activation_fn=torch.nn.Identity(),
        )
        return [_logistic(float(score)) for score in scores]


def _logistic(score: float) -> float:
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, score))))
