"""The ONNX graph of a packed model: its matrices stay in the four bits in which they come.

ONNX Runtime multiplies such blocks by themselves (``MatMulNBits``), so nothing is lost, a graph
takes 74 MB in place of 470, and making it takes two seconds and no torch.
"""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from qa.model.packed import BLOCK, Blocks, PackedModel

OPSET, IR_VERSION = 21, 10
RUNTIME = "com.microsoft"
"""The domain of the operators that ONNX Runtime has and ONNX does not."""
WEIGHTS = "weights.bin"
EARLIER = 2
"""How many layers before the last one there is another whose vectors tell what the last one has
forgotten (``qa.search.late``)."""
EIGHT_BITS = 4
"""The level of accuracy at which ``MatMulNBits`` rounds its input to eight bits."""


def write(model: PackedModel, exact: Path, quick: Path) -> None:
    """Write two graphs of ``model``: ids and mask (n, t) in, token vectors (n, t, width) out.

    The second output is what an earlier layer computed (``EARLIER``).

    ``exact`` computes in fp32, ``quick`` multiplies eight-bit numbers. They are in one folder and
    share their weights there, which ONNX Runtime maps into memory.
    """
    graph = _Builder(model).build()
    onnx.save(graph, exact, save_as_external_data=True, location=WEIGHTS)
    for node in graph.graph.node:
        if node.op_type == "MatMulNBits":
            node.attribute.append(helper.make_attribute("accuracy_level", EIGHT_BITS))
    onnx.save(graph, quick)


class _Builder:
    """Collects the nodes of a graph; each method returns the name of what its nodes compute."""

    def __init__(self, model: PackedModel) -> None:
        self._model = model
        self._sizes = model.sizes
        self._nodes: list[onnx.NodeProto] = []
        self._tensors: list[onnx.TensorProto] = []

    def build(self) -> onnx.ModelProto:
        state = self._embeddings()
        mask = self._node("Cast", ["attention_mask"], to=TensorProto.INT32)
        states = []
        for layer in range(self._sizes.layers):
            state = self._layer(f"l{layer}", state, mask)
            states.append(state)
        outputs = {"vectors": states[-1], "earlier": states[-1 - EARLIER]}
        for name, state in outputs.items():
            self._nodes.append(helper.make_node("Identity", [state], [name]))
        ids, attention = (
            helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"])
            for name in ("input_ids", "attention_mask")
        )
        shape: list[str | int | None] = ["texts", "tokens", self._sizes.width]
        vectors = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in outputs
        ]
        graph = helper.make_graph(
            self._nodes, "transformer", [ids, attention], vectors, self._tensors
        )
        domains = [helper.make_opsetid("", OPSET), helper.make_opsetid(RUNTIME, 1)]
        return helper.make_model(graph, opset_imports=domains, ir_version=IR_VERSION)

    def _embeddings(self) -> str:
        words = self._rows("emb.word", "input_ids")
        # All tokens are of the first type.
        places = self._model.vector("emb.pos").reshape(-1, self._sizes.width)
        places = places + self._model.vector("emb.type")[: self._sizes.width]
        zero = self._tensor("zero", np.array([0]))
        count = self._node("Shape", ["input_ids"], start=1, end=2)
        place = self._node("Slice", [self._tensor("places", places), zero, count, zero])
        parts = [self._node("Add", [words, place]), *self._weights("emb.ln.w", "emb.ln.b")]
        return self._node("LayerNormalization", parts, epsilon=self._model.epsilon)

    def _layer(self, name: str, state: str, mask: str) -> str:
        seen = self._attention(name, state, mask)
        state = self._added(seen, state, f"{name}.aln", f"{name}.ao.b")
        inner = self._product(state, [f"{name}.fi.w"], self._sizes.width)
        inner = self._node("BiasGelu", [inner, *self._weights(f"{name}.fi.b")], RUNTIME)
        inner = self._product(inner, [f"{name}.fo.w"], self._sizes.inner)
        return self._added(inner, state, f"{name}.oln", f"{name}.fo.b")

    def _attention(self, name: str, state: str, mask: str) -> str:
        joined = self._product(state, [f"{name}.{part}.w" for part in "qkv"], self._sizes.width)
        parts = self._outputs(3, "Split", [joined], axis=-1, num_outputs=3)
        biases = np.concatenate([self._model.vector(f"{name}.{part}.b") for part in "qkv"])
        inputs = [*parts, self._tensor(f"{name}.qkv.b", biases), mask]
        seen = self._node("MultiHeadAttention", inputs, RUNTIME, num_heads=self._sizes.heads)
        return self._product(seen, [f"{name}.ao.w"], self._sizes.width)

    def _added(self, change: str, state: str, norm: str, bias: str) -> str:
        inputs = [change, state, *self._weights(f"{norm}.w", f"{norm}.b", bias)]
        epsilon = self._model.epsilon
        return self._node("SkipLayerNormalization", inputs, RUNTIME, epsilon=epsilon)

    def _rows(self, name: str, ids: str) -> str:
        matrix = self._model.matrix(name, self._sizes.width)
        # The operator counts from -8 to 7: the same four bits with the first one turned.
        table = TensorProto(
            name=name,
            data_type=TensorProto.INT4,
            dims=matrix.nibbles.shape,
            raw_data=_pairs(matrix.nibbles ^ np.uint8(8)).tobytes(),
        )
        self._tensors.append(table)
        inputs = [name, ids, self._tensor(f"{name}.scales", matrix.scales)]
        return self._node(
            "GatherBlockQuantized",
            inputs,
            RUNTIME,
            block_size=BLOCK,
            gather_axis=0,
            quantize_axis=1,
        )

    def _product(self, state: str, names: list[str], columns: int) -> str:
        """Multiply by matrices of this many columns, one below the other."""
        found = [self._model.matrix(name, columns) for name in names]
        matrix = Blocks(
            np.concatenate([each.nibbles for each in found]),
            np.concatenate([each.scales for each in found]),
        )
        rows = len(matrix.nibbles)
        packed = _pairs(matrix.nibbles).reshape(rows, columns // BLOCK, BLOCK // 2)
        inputs = [
            state,
            self._tensor(names[0], packed),
            self._tensor(f"{names[0]}.scales", matrix.scales),
        ]
        return self._node(
            "MatMulNBits", inputs, RUNTIME, K=columns, N=rows, bits=4, block_size=BLOCK
        )

    def _weights(self, *names: str) -> list[str]:
        return [self._tensor(name, self._model.vector(name)) for name in names]

    def _tensor(self, name: str, values: NDArray[Any]) -> str:
        self._tensors.append(numpy_helper.from_array(values, name))
        return name

    def _node(self, kind: str, inputs: list[str], domain: str = "", **options: float) -> str:
        return self._outputs(1, kind, inputs, domain, **options)[0]

    def _outputs(
        self, count: int, kind: str, inputs: list[str], domain: str = "", **options: float
    ) -> list[str]:
        outputs = [f"{kind}.{len(self._nodes)}.{n}" for n in range(count)]
        node = helper.make_node(kind, inputs, outputs, domain=domain)
        node.attribute.extend(itertools.starmap(helper.make_attribute, options.items()))
        self._nodes.append(node)
        return outputs


def _pairs(nibbles: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put two nibbles of a row into each byte, the first one low."""
    return nibbles[:, 0::2] | nibbles[:, 1::2] << np.uint8(4)
