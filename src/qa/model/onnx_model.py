"""The model as an ONNX graph: loads in a third of a second, where torch takes six.

The graph is exported from the model once, into the user's cache folder, in full precision and with
weights in eight bits for questions, and kept only if its vectors agree with the model's own.
``quantize`` makes a faster one for passages.
"""

import hashlib
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from qa.model.cache import cache_path, filled, read_facts, write_facts
from qa.model.pooling import encode_whole
from qa.model.prompts import Prompts
from qa.model.tokens import Run, TokenEncoder, TokenVectors, cores, tokenize_by
from qa.model.torch_model import TorchModel
from qa.vectors import Vectors

# Else ONNX Runtime reports to its makers which models run here; read once, when it is imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
FORMAT = "3"
"""Bump it when graphs exported before can no longer be used."""
EXACT, QUICK = "model.onnx", "quick.onnx"
"""The graph in full precision, and the one whose weights take eight bits."""
AGREEMENT = 0.999
"""Least cosine of a vector in full precision, or with weights in eight bits, to the model's own."""
BATCH_SIZE = 8
"""What one core computes then stays in its cache: 1.15 times as fast as 32."""
PROBES = (
    "Who was first?",
    "The tunnel is 50 kilometres long, and about 38 of them lie under the sea.",
    "In 1815 the mountain threw some 150 cubic kilometres of rock and ash into the air, and the "
    "summer of the following year was so cold that harvests failed on two continents.",
)


@dataclass(frozen=True, slots=True)
class Graph:
    """A loaded graph and what else must be known about its model."""

    tokens: TokenEncoder
    dimension: int
    prompts: Prompts


def cache_folder(name: str, path: Path, *, is_packaged: bool) -> Path:
    """Return the folder for the graph of the model ``name`` with files in ``path``, if local.

    A packaged model's files are always the same, but an image that is pushed rounds their times.
    """
    files = sorted(path.rglob("*.*")) if path.is_dir() else []
    stats = [
        (file.name, file.stat().st_size, 0 if is_packaged else file.stat().st_mtime_ns)
        for file in files
    ]
    key = hashlib.sha256(repr((FORMAT, name, stats)).encode()).hexdigest()[:16]
    return cache_path(key)


def load(folder: Path, name: str = EXACT) -> Graph:
    """Load what ``export`` left in ``folder``; raises any exception if it is damaged."""
    facts = read_facts(folder)
    tokens = _tokens(folder, name, int(facts["length"]))
    return Graph(tokens, int(facts["dimension"]), Prompts(**facts["prompts"]))


def _tokens(folder: Path, name: str, length: int) -> TokenEncoder:
    tokenize = tokenize_by(Tokenizer.from_file(str(folder / "tokenizer.json")), length)
    return TokenEncoder(tokenize, runner(folder / name), BATCH_SIZE, cores())


def agreement(tokens: TokenEncoder, expected: Vectors) -> float:
    """Return the least cosine of a graph's vectors of ``PROBES`` to those ``expected``, (3, d)."""
    return float((encode_whole(tokens, PROBES) * expected).sum(axis=1).min())


def runner(path: Path) -> Run:
    """Load the graph in the file ``path``.

    Each batch runs on one thread: a second one for a single query would only wait for its turn on
    a busy machine, and many batches run in parallel, one a core.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> TokenVectors:
        layers = session.run(None, {"input_ids": ids, "attention_mask": mask})
        return np.stack(layers, axis=2)

    return run


def export(source: TorchModel, folder: Path) -> None:
    """Write the graphs of ``source``, ``EXACT`` and ``QUICK``, completely or not at all.

    The model must use mean pooling (``qa.model.torch_model``). If it loses too much in eight bits,
    both graphs are the same.
    """
    from qa.model import short_weights  # onnx is loaded for this alone

    with filled(folder) as made:
        exported = made / "exported.onnx"
        _export_transformer(source, exported)
        short_weights.write_both(exported, made / EXACT, made / QUICK)
        exported.unlink()
        source.model.tokenizer.backend_tokenizer.save(str(made / "tokenizer.json"))
        exact, quick = (_tokens(made, name, source.length) for name in (EXACT, QUICK))
        if agreement(quick, encode_whole(exact, PROBES)) < AGREEMENT:
            shutil.copy(made / EXACT, made / QUICK)
        facts = {
            "dimension": source.dimension,
            "length": source.length,
            "prompts": asdict(source.prompts),
        }
        write_facts(made, facts)


def quantize(source: Path, folder: Path) -> None:
    """Write the graph in ``source`` again with eight-bit numbers, completely or not at all.

    Weights are scaled for each channel, activations as they are computed.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic, shape_inference

    with filled(folder) as made:
        prepared = made / "prepared.onnx"
        shape_inference.quant_pre_process(
            source / EXACT, prepared, skip_optimization=True, skip_symbolic_shape=True
        )
        quantize_dynamic(
            prepared,
            made / EXACT,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            weight_type=QuantType.QInt8,
        )
        prepared.unlink()
        shutil.copy(source / "tokenizer.json", made)
        write_facts(made, read_facts(source))


def _export_transformer(source: TorchModel, path: Path) -> None:
    import warnings

    import torch

    transformer: Any = source.model[0].auto_model

    class LastHiddenState(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            output = self.transformer(input_ids=input_ids, attention_mask=attention_mask)
            state: torch.Tensor = output.last_hidden_state
            return state

    example = torch.ones(2, 9, dtype=torch.long)
    axes = {0: "texts", 1: "tokens"}
    with warnings.catch_warnings():
        # The newer exporter needs one more package and gains nothing for this kind of model.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            LastHiddenState().eval(),
            (example, example),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["vectors"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "vectors": axes},
            opset_version=17,
            dynamo=False,
        )
