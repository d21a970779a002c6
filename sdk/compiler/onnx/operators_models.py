"""Models of one operator each, as the converters emit them and as they do not."""

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto as T
from onnx import helper, numpy_helper

TYPES = {"f": T.FLOAT, "d": T.DOUBLE, "i": T.INT64, "j": T.INT32, "s": T.STRING, "b": T.BOOL, "u": T.UINT8, "h": T.FLOAT16, "c": T.INT8}
KINDS = {"f": np.float32, "d": np.float64, "i": np.int64, "j": np.int32, "b": np.bool_, "u": np.uint8, "h": np.float16, "c": np.int8}
ROWS = 24
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 1e-7, 88.0, -88.0, 104.0, 710.0, -104.0, 1e20, 1e-20, 1e-45, 3.4e38, -3.4e38, np.nan, np.inf, -np.inf]
WORDS = ["", "a", "été", "日本", "A", "1", "-2.5", "12", "nan", "true", " 3", "1e3", "inf", "0x10"]


def values(kind, columns=4, seed=7, special=True):
    """ROWS rows of `columns` values of a type; real ones begin with special ones."""
    rng = np.random.default_rng(seed)
    shape = (ROWS, columns) if isinstance(columns, int) else (ROWS, *columns)
    if kind == "s":
        return np.resize(np.array(WORDS, dtype=object), shape)
    if kind == "b":
        return rng.random(shape) < 0.5
    if kind in "ij":
        whole = rng.integers(-6, 7, shape)
        return whole.astype(KINDS[kind])
    if kind in "uc":
        return rng.integers(0, 9, shape).astype(KINDS[kind])
    real = rng.normal(size=shape) * 2
    if special:
        real.ravel()[: len(SPECIAL)] = SPECIAL
    return real.astype(KINDS[kind])


class Single:
    """A graph of one node: inputs by name, then what is known as initializers."""

    def __init__(self, zoo):
        self.zoo = zoo

    def add(self, name, operator, inputs, outputs, *, known=None, opset=21, ml=3, domain="", shapes=None, rows=ROWS, variant="", nodes=None, order=None, sequence=False, **attributes):
        """`inputs` are arrays by name, `outputs` letters of types or pairs of a letter and a shape. Attributes that are None are left out."""
        known = known or {}
        attributes = {key: value for key, value in attributes.items() if value is not None}
        names = [f"y{place}" if place else "y" for place in range(len(outputs))]
        made = nodes or [helper.make_node(operator, order or [*inputs, *known], names, domain=domain, name=f"the_{operator}", **attributes)]

        def shape(key, value):
            fixed = list(value.shape)
            return ["N", *fixed[1:]] if rows and len(value.shape) else fixed

        letters = {key: next(letter for letter, kind in [*KINDS.items(), ("s", np.object_)] if value.dtype == kind) for key, value in inputs.items()}
        given = [helper.make_tensor_value_info(key, TYPES[letters[key]], (shapes or {}).get(key, shape(key, value))) for key, value in inputs.items()]
        wanted = [helper.make_tensor_value_info(key, TYPES[one[0]], one[1] if len(one) > 1 else None) for key, one in zip(names, outputs)]
        if sequence:
            wanted = [helper.make_value_info(names[0], helper.make_sequence_type_proto(helper.make_map_type_proto(sequence, helper.make_tensor_type_proto(T.FLOAT, []))))]
        kept = [numpy_helper.from_array(np.array(value, dtype=object if np.asarray(value).dtype.kind in "OU" else None), key) for key, value in known.items()]
        graph = helper.make_graph(made, name, given, wanted, kept)
        ir = 8 if opset < 19 else 10
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", ml)], producer_name="zoo", ir_version=ir)
        title = f"{domain or 'ai.onnx'} {operator}"
        self.zoo.add(name, model, inputs, estimator=title, library=f"onnxruntime {ort.__version__}", variant=variant or name.partition(".")[2].replace("_", " "), rows=rows, corners=rows)


def train(zoo):
    one = Single(zoo)
    import operator_plain
    import operator_shapes
    import operator_learned

    operator_plain.train(one)
    operator_shapes.train(one)
    operator_learned.train(one)
