"""A cross-encoder reads question and passage together; slower than all else, so a setting."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from qa.errors import ModelError
from qa.model.encoder import first_line

if TYPE_CHECKING:
    from qa.search.retrieval import Candidate


WEIGHT = 3.0
"""How much the estimate (0..1) counts; the other signals of a passage sum up to about 2."""


class Reranker(Protocol):
    """Anything that puts the first candidates into another order."""

    def reorder(self, question: str, candidates: "list[Candidate]", count: int) -> None:
        """Put the first ``count`` candidates into the order of their answers, in place."""


class CrossEncoderReranker:
    """A model for ``sentence_transformers.CrossEncoder``. Safe to use from several threads."""

    def __init__(self, model: str) -> None:
        """Load ``model``, a path or a name; ``ModelError`` when that cannot be done."""
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
        except Exception as error:  # whatever a broken folder or a dead network makes it raise
            raise ModelError(
                f"The cross-encoder {model} (PULLQUOTE_RERANKER) cannot be loaded: "
                f"{first_line(error)}"
            ) from error
        if self._model.num_labels != 1:
            raise ModelError(
                f"The model {model} (PULLQUOTE_RERANKER) is no cross-encoder for ranking: "
                f"it gives {self._model.num_labels} figures for a pair, not one."
            )

    def reorder(self, question: str, candidates: "list[Candidate]", count: int) -> None:
        """Add the cross-encoder's estimate to the scores, more than all else together can weigh.

        What stands behind the first ``count`` stays behind them.
        """
        first = candidates[:count]
        for c, chance in zip(first, self._chances(question, first), strict=True):
            c.score += WEIGHT * chance
        candidates[:count] = sorted(first, key=lambda c: (-c.score, c.stored.id))

    def _chances(self, question: str, candidates: "Sequence[Candidate]") -> list[float]:
        import torch

        if not candidates:
            return []
        pairs = [
            (question, f"{c.stored.passage.context}\n{c.stored.passage.text}") for c in candidates
        ]
        scores = self._model.predict(
            pairs, show_progress_bar=False, activation_fn=torch.nn.Identity()
        )
        return [_logistic(float(score)) for score in scores]


def _logistic(score: float) -> float:
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, score))))
