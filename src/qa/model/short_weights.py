"""A graph whose weights take eight bits: a question reads all of them, and from memory at that."""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from qa.model.packed_graph import EIGHT_BITS, RUNTIME, WEIGHTS

BLOCK = 32
"""Weights of a column that share a scale: cosines to full precision are .9994 at least. With 64
they are .9990, for a tenth less time; with 16 .9996, for a twentieth more."""
LARGEST, ZERO = 127, 128


def write_both(exported: Path, exact: Path, quick: Path) -> None:
    """Write the graph in ``exported`` twice: as it is, and with weights in eight bits.

    Both are in one folder and share what stays in fp32, such as the embeddings of words, which ONNX
    Runtime maps into memory.
    """
    model = onnx.load(exported)
    arrays = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    onnx.save(model, exact, save_as_external_data=True, location=WEIGHTS)
    for node in model.graph.node:
        weights = arrays.get(node.input[1]) if node.op_type == "MatMul" else None
        if weights is not None and weights.ndim == 2 and len(weights) % BLOCK == 0:
            _shorten(model.graph, node, weights)
    used = {name for node in model.graph.node for name in node.input}
    kept = [each for each in model.graph.initializer if each.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    model.opset_import.append(helper.make_opsetid(RUNTIME, 1))
    onnx.save(model, quick)


def _shorten(graph: onnx.GraphProto, node: onnx.NodeProto, weights: NDArray[np.float32]) -> None:
    """Turn a product with ``weights`` (k, n) into one of eight-bit numbers, its input rounded, too.

    Without VNNI or the like that is slow.
    """
    rows, columns = weights.shape
    blocks = weights.T.reshape(columns, rows // BLOCK, BLOCK)
    scales = np.maximum(np.abs(blocks).max(axis=2), np.finfo(np.float32).tiny) / LARGEST
    numbers = (np.rint(blocks / scales[:, :, None]) + ZERO).astype(np.uint8)
    names = [f"{node.name}.{part}" for part in ("numbers", "scales")]
    graph.initializer.extend(map(numpy_helper.from_array, (numbers, scales), names))
    node.op_type, node.domain = "MatMulNBits", RUNTIME
    node.input[1:] = names
    sizes = {"K": rows, "N": columns, "bits": 8, "block_size": BLOCK}
    for name, value in {**sizes, "accuracy_level": EIGHT_BITS}.items():
        node.attribute.append(helper.make_attribute(name, value))
