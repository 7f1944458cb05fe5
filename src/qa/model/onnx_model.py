"""The model as a graph for ONNX Runtime: ready in a third of a second, where torch takes six.

It is exported from the model once, in full precision, into the user's cache folder, and kept only
if its vectors agree with the model's own. ``quantize`` makes a quicker one of it for articles.
"""

import contextlib
import hashlib
import json
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import platformdirs
from numpy.typing import NDArray
from tokenizers import Tokenizer

from qa.model.batches import Reader, Tokens, cores

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

FORMAT = "1"
"""Changes when graphs that were exported before cannot be used any more."""
BATCH = 8
"""Texts that are read together: what a core computes stays in its cache, 1.15 × as quick as 32."""
PROBES = (
    "Who was first?",
    "The tunnel is 50 kilometres long, and about 38 of them lie under the sea.",
    "In 1815 the mountain threw some 150 cubic kilometres of rock and ash into the air, and the "
    "summer of the following year was so cold that harvests failed on two continents.",
)


def cache_folder(name: str, path: Path) -> Path:
    """Folder of the graph of the model ``name``, whose files lie in ``path`` if it is a folder."""
    files = sorted(path.rglob("*.*")) if path.is_dir() else []
    stats = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    key = hashlib.sha256(repr((FORMAT, name, stats)).encode()).hexdigest()[:16]
    return platformdirs.user_cache_path("pullquote", appauthor=False) / "graphs" / key


def load(folder: Path) -> tuple[Reader, int]:
    """Load what ``export`` left in ``folder``, and its dimension; any exception if it cannot be.

    A batch is run by one thread: a second one for one question only waits for its turn on a busy
    machine, and of many batches as many run side by side as there are cores.
    """
    import onnxruntime

    facts = json.loads((folder / "facts.json").read_text())
    if facts["checksums"] != _checksums(folder):  # nobody else would notice wrong weights
        raise OSError("a file is damaged")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
    )

    def run(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Tokens:
        (tokens,) = session.run(None, {"input_ids": ids, "attention_mask": mask})
        return np.asarray(tokens, np.float32)

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    reader = Reader(tokenizer, int(facts["length"]), run, BATCH, cores())
    return reader, int(facts["dimension"])


def export(model: "SentenceTransformer", folder: Path) -> None:
    """Write the graph of ``model``, in full precision, whole or not at all.

    The model must average its tokens (``qa.model.encoder``).
    """
    with _filled(folder) as made:
        _export_transformer(model, made / "model.onnx")
        model.tokenizer.backend_tokenizer.save(str(made / "tokenizer.json"))
        facts = {
            "dimension": model.get_embedding_dimension(),
            "length": model.max_seq_length or 512,
            "checksums": _checksums(made),
        }
        (made / "facts.json").write_text(json.dumps(facts))


def quantize(source: Path, folder: Path) -> None:
    """Write the graph that ``export`` left in ``source`` with numbers of eight bits, as it does.

    Those of the weights are chosen for each channel, those between the layers as they come.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic, shape_inference

    with _filled(folder) as made:
        prepared = made / "prepared.onnx"
        shape_inference.quant_pre_process(
            source / "model.onnx", prepared, skip_optimization=True, skip_symbolic_shape=True
        )
        quantize_dynamic(
            prepared,
            made / "model.onnx",
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            weight_type=QuantType.QInt8,
        )
        prepared.unlink()
        shutil.copy(source / "tokenizer.json", made)
        facts = json.loads((source / "facts.json").read_text()) | {"checksums": _checksums(made)}
        (made / "facts.json").write_text(json.dumps(facts))


@contextlib.contextmanager
def _filled(folder: Path) -> Iterator[Path]:
    """A folder to fill, which becomes ``folder`` in one step unless another process was quicker."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch) / "graph"
        made.mkdir()
        yield made
        if not is_whole(folder):
            shutil.rmtree(folder, ignore_errors=True)
            with contextlib.suppress(OSError):  # quicker still: ``load`` will tell
                made.rename(folder)


def is_whole(folder: Path) -> bool:
    """Whether ``folder`` holds a graph that can be loaded."""
    try:
        facts = json.loads((folder / "facts.json").read_text())
        return bool(facts["checksums"] == _checksums(folder))
    except (OSError, ValueError, KeyError):
        return False


def _checksums(folder: Path) -> list[int]:
    return [zlib.crc32((folder / name).read_bytes()) for name in ("model.onnx", "tokenizer.json")]


def _export_transformer(model: "SentenceTransformer", path: Path) -> None:
    import warnings

    import torch

    transformer: Any = model[0].auto_model

    class Tokens(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            read = self.transformer(input_ids=input_ids, attention_mask=attention_mask)
            tokens: torch.Tensor = read.last_hidden_state
            return tokens

    example = torch.ones(2, 9, dtype=torch.long)
    axes = {0: "texts", 1: "tokens"}
    with warnings.catch_warnings():
        # The newer exporter needs one package more and gives nothing for a model of this kind.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Tokens().eval(),
            (example, example),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["vectors"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "vectors": axes},
            opset_version=17,
            dynamo=False,
        )
