"""Arithmetic, comparison, casts and reductions."""

import numpy as np
from onnx import TensorProto as T

from operators_models import values

UNARY = ["Abs", "Neg", "Exp", "Log", "Sqrt", "Reciprocal", "Sigmoid", "Tanh", "Relu", "Softplus", "Softsign", "Erf", "Floor", "Ceil", "Round", "Sign", "Sin", "Cos", "Tan", "Atan", "Asin", "Acos", "Sinh", "Cosh", "Identity", "Not", "IsNaN", "IsInf"]
ALSO_DOUBLE = ["Abs", "Neg", "Exp", "Log", "Sqrt", "Reciprocal", "Sigmoid", "Tanh", "Relu", "Floor", "Ceil", "Sign", "Identity", "IsNaN", "Round", "Sin", "Cos"]
WHOLE = ["Abs", "Neg", "Sign", "Identity"]
SHAPED = {
    "LeakyRelu": {"alpha": 0.1}, "Elu": {"alpha": 0.7}, "Selu": {}, "HardSigmoid": {}, "ThresholdedRelu": {"alpha": 0.4}, "Celu": {"alpha": 0.8}, "HardSwish": {}, "Mish": {}, "Gelu": {}, "Softmax": {}, "LogSoftmax": {}, "Hardmax": {},
}
REDUCE = ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp"]


def train(one):
    unary(one)
    binary(one)
    casts(one)
    reductions(one)
    matrices(one)


def unary(one):
    boolean = {"Not": "b", "IsNaN": "f", "IsInf": "f"}
    for name in UNARY:
        x = values(boolean.get(name, "f"))
        one.add(f"{name}.float" if name != "Not" else "Not.bool", name, {"x": x}, ["b" if name in boolean else "f"])
    for name in ALSO_DOUBLE:
        one.add(f"{name}.double", name, {"x": values("d")}, ["b" if name == "IsNaN" else "d"])
    for name in WHOLE:
        one.add(f"{name}.int64", name, {"x": values("i")}, ["i"])
    one.add("Identity.string", "Identity", {"x": values("s")}, ["s"])
    for name, attributes in SHAPED.items():
        opset = 22 if name in ("Gelu", "Mish", "HardSwish") else 21
        one.add(f"{name}.float", name, {"x": values("f", special=name not in ("Softmax", "LogSoftmax"))}, ["f"], opset=opset, **attributes)
    x = values("f", special=False)
    x[3] = [np.inf, 0, 1, 2]
    x[4] = -np.inf
    x[5] = [np.nan, 0, 1, 2]
    x[6] = [3e38, -3e38, 0, 3e38]
    one.add("Softmax.special", "Softmax", {"x": x}, ["f"])
    for opset in (9, 11, 13):
        deep = values("f", (2, 3), special=False)
        one.add(f"Softmax.deep_opset_{opset}", "Softmax", {"x": deep}, ["f"], opset=opset)
        one.add(f"Softmax.axis_1_opset_{opset}", "Softmax", {"x": deep}, ["f"], opset=opset, axis=1)
    one.add("Softmax.double", "Softmax", {"x": values("d", special=False)}, ["d"])
    one.add("IsInf.positive", "IsInf", {"x": values("f")}, ["b"], detect_negative=0)
    one.add("Gelu.tanh", "Gelu", {"x": values("f")}, ["f"], opset=22, approximate="tanh")
    for opset in (9, 11, 13):
        bounds = {"min": -0.5, "max": 1.25} if opset == 9 else {}
        known = {} if opset == 9 else {"min": np.float32(-0.5), "max": np.float32(1.25)}
        one.add(f"Clip.opset_{opset}", "Clip", {"x": values("f")}, ["f"], opset=opset, known=known, **bounds)
    one.add("Clip.low", "Clip", {"x": values("f")}, ["f"], known={"min": np.float32(0)})
    one.add("Clip.double", "Clip", {"x": values("d")}, ["d"], known={"min": np.float64(-1), "max": np.float64(1)})
    one.add("Clip.int64", "Clip", {"x": values("i")}, ["i"], known={"min": np.int64(-1), "max": np.int64(3)})


def binary(one):
    for name in ("Add", "Sub", "Mul", "Div", "Pow"):
        for kind in "fdi" if name != "Pow" else "fd":
            left, right = values(kind), np.flip(values(kind, seed=8), axis=0).copy()
            if kind == "i" and name == "Div":
                right[right == 0] = 3
            letter = {"f": "float", "d": "double", "i": "int64"}[kind]
            one.add(f"{name}.{letter}", name, {"x": left, "z": right}, [kind])
        one.add(f"{name}.row", name, {"x": values("f")}, ["f"], known={"z": np.array([[0.5, -1, 2, 3]], np.float32)})
        one.add(f"{name}.scalar", name, {"x": values("f")}, ["f"], known={"z": np.float32(2)})
        one.add(f"{name}.column", name, {"x": values("f"), "z": values("f", 1, seed=9)}, ["f"])
        one.add(f"{name}.reversed", name, {"x": values("f")}, ["f"], known={"z": np.array([2, 0.5, 3, 1.5], np.float32)}, order=["z", "x"])
    for exponent in (2.0, 3.0, 0.5, -1.0, 2.5):
        one.add(f"Pow.by_{exponent}".replace(".by_", "_by_").replace(".", "_").replace("Pow_by", "Pow.by"), "Pow", {"x": values("f")}, ["f"], known={"z": np.float32(exponent)})
    one.add("Pow.int64", "Pow", {"x": values("i")}, ["i"], known={"z": np.int64(2)})
    one.add("Pow.mixed", "Pow", {"x": values("f")}, ["f"], known={"z": np.int64(3)})
    for name in ("Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual"):
        for kind, letter in (("f", "float"), ("d", "double"), ("i", "int64")):
            left = values(kind)
            right = left.copy()
            right[::2] = values(kind, seed=9)[::2]
            one.add(f"{name}.{letter}", name, {"x": left, "z": right}, ["b"])
    one.add("Equal.string", "Equal", {"x": values("s")}, ["b"], known={"z": np.array(["été", "a", "A", ""], dtype=object)})
    one.add("Equal.bool", "Equal", {"x": values("b"), "z": values("b", seed=2)}, ["b"])
    for opset in (7, 9, 11):
        one.add(f"Equal.int64_opset_{opset}", "Equal", {"x": values("i")}, ["b"], known={"z": np.array([1, 2, 3, 0])}, opset=opset)
    for name in ("And", "Or", "Xor"):
        one.add(f"{name}.bool", name, {"x": values("b"), "z": values("b", seed=2)}, ["b"])
    for name in ("Max", "Min", "Sum", "Mean"):
        one.add(f"{name}.three", name, {"x": values("f"), "z": values("f", seed=5), "w": values("f", 1, seed=6)}, ["f"])
        one.add(f"{name}.one", name, {"x": values("f")}, ["f"])
    one.add("Max.int64", "Max", {"x": values("i")}, ["i"], known={"z": np.array([1, 2, 3, 0])})
    one.add("Sum.double", "Sum", {"x": values("d"), "z": values("d", seed=5)}, ["d"])
    for kind, letter in (("i", "int64"), ("f", "float")):
        z = np.array([3, -3, 5, 2], np.int64 if kind == "i" else np.float32)
        one.add(f"Mod.{letter}_fmod", "Mod", {"x": values(kind, special=False)}, [kind], known={"z": z}, fmod=1)
    one.add("Mod.int64", "Mod", {"x": values("i")}, ["i"], known={"z": np.array([3, -3, 5, 2])})
    where(one)


def where(one):
    for kind, letter in (("f", "float"), ("d", "double"), ("i", "int64"), ("s", "string")):
        one.add(f"Where.{letter}", "Where", {"c": values("b"), "x": values(kind), "z": np.flip(values(kind, seed=3), axis=0).copy()}, [kind])
    one.add("Where.row", "Where", {"c": values("b", 1), "x": values("f")}, ["f"], known={"z": np.array([1, 2, 3, 4], np.float32)})
    one.add("PRelu.float", "PRelu", {"x": values("f")}, ["f"], known={"slope": np.array([0.1, 0.2, 0.3, -1], np.float32)})


def casts(one):
    names = {"f": "float", "d": "double", "i": "int64", "j": "int32", "b": "bool", "s": "string"}
    numbers = {"f": T.FLOAT, "d": T.DOUBLE, "i": T.INT64, "j": T.INT32, "b": T.BOOL, "s": T.STRING}
    tame = np.array([0.0, -0.0, 0.4, 0.5, 0.6, 1.5, 2.5, -1.5, -0.7, 1e6, 16777217, -3e9, 1e-3, 123456.789, 0.1, 1 / 3])
    for kind in "fdijb":
        for to in "fdijbs":
            if kind == to:
                continue
            x = values(kind)
            if kind in "fd" and to in "ij":
                x = np.resize(tame if to == "i" else np.clip(tame, -2e9, 2e9), x.shape).astype(x.dtype)
            if kind == "i" and to == "f":
                x[0] = [16777217, 2**53 + 1, -(2**60) - 1, 2**62 + 12345]
            one.add(f"Cast.{names[kind]}_{names[to]}", "Cast", {"x": x}, [to], to=numbers[to])
    for to in "fdi":
        texts = ["1", "-2.5", "12", " 3", "1e3", "+4", "0.1", "1e-46", "3.4e39"] if to != "i" else ["1", "-25", "12", " 3", "+4", "007"]
        one.add(f"Cast.string_{names[to]}", "Cast", {"x": np.resize(np.array(texts, dtype=object), (24, 2))}, [to], to=numbers[to])
    one.add("Cast.string_special", "Cast", {"x": np.resize(np.array(["NaN", "nan", "INF", "-INF", "inf", "-inf", "Infinity"], dtype=object), (24, 2))}, ["f"], to=T.FLOAT)
    shortest = [0.1, 1 / 3, 1e10, 1e16, 123456789, 1e-5, 1e-4, 3.4e38, 1e-45, 1, -0.0, 100000, 1000000, 16777216, 0.30000001, 2.5]
    for kind in "fd":
        one.add(f"Cast.{names[kind]}_string_shortest", "Cast", {"x": np.resize(np.array(shortest), (24, 2)).astype(np.float32 if kind == "f" else np.float64)}, ["s"], to=T.STRING)
    for opset in (9, 13, 19):
        one.add(f"Cast.float_int64_opset_{opset}", "Cast", {"x": np.resize(tame, (24, 4)).astype(np.float32)}, ["i"], to=T.INT64, opset=opset)
    one.add("Cast.float_half", "Cast", {"x": values("f", special=False)}, ["h"], to=T.FLOAT16)
    one.add("CastLike.int64_float", "CastLike", {"x": values("i")}, ["f"], known={"z": np.float32(1)})


def reductions(one):
    for name in REDUCE:
        for opset in (11, 13, 18):
            by_input = opset >= (13 if name == "ReduceSum" else 18)
            known, axes = ({"axes": np.array([1])}, None) if by_input else ({}, [1])
            x = values("f", 7, special=False)
            x = np.abs(x) if name in ("ReduceLogSum",) else x
            one.add(f"{name}.opset_{opset}", name, {"x": x}, ["f"], known=known, axes=axes, opset=opset, keepdims=0 if opset == 13 else 1)
        deep = values("f", (3, 5), special=False)
        one.add(f"{name}.deep", name, {"x": deep}, ["f"], known={"axes": np.array([-1])}, keepdims=0)
        one.add(f"{name}.middle", name, {"x": deep}, ["f"], known={"axes": np.array([1])})
        one.add(f"{name}.two", name, {"x": deep}, ["f"], known={"axes": np.array([1, 2])}, keepdims=0)
        one.add(f"{name}.all", name, {"x": deep}, ["f"], rows=None, keepdims=0)
        if name not in ("ReduceL1", "ReduceLogSum"):
            one.add(f"{name}.double", name, {"x": values("d", 6, special=False)}, ["d"], known={"axes": np.array([1])})
    for length in (17, 64, 100):
        one.add(f"ReduceSum.length_{length}", "ReduceSum", {"x": values("f", length, special=False)}, ["f"], known={"axes": np.array([1])})
        one.add(f"ReduceSumSquare.length_{length}", "ReduceSumSquare", {"x": values("f", length, special=False)}, ["f"], known={"axes": np.array([1])})
    one.add("ReduceSum.int64", "ReduceSum", {"x": values("i")}, ["i"], known={"axes": np.array([1])})
    one.add("ReduceMax.int64", "ReduceMax", {"x": values("i")}, ["i"], known={"axes": np.array([1])})
    one.add("ReduceMax.special", "ReduceMax", {"x": values("f")}, ["f"], known={"axes": np.array([1])})
    for name in ("ArgMax", "ArgMin"):
        ties = np.round(values("f", 5, special=False))
        for last in (0, 1):
            one.add(f"{name}.last_{last}", name, {"x": ties}, ["i"], axis=1, keepdims=0, select_last_index=last)
        one.add(f"{name}.special", name, {"x": values("f")}, ["i"], axis=1, keepdims=1)
        one.add(f"{name}.double", name, {"x": values("d", special=False)}, ["i"], axis=-1, keepdims=0)
        one.add(f"{name}.opset_11", name, {"x": ties}, ["i"], axis=1, opset=11)
        one.add(f"{name}.int32", name, {"x": values("j")}, ["i"], axis=1)
    for exclusive in (0, 1):
        one.add(f"CumSum.exclusive_{exclusive}", "CumSum", {"x": values("f", special=False)}, ["f"], known={"axis": np.int64(1)}, exclusive=exclusive, reverse=exclusive)


def matrices(one):
    rng = np.random.default_rng(5)
    for kind, letter in (("f", "float"), ("d", "double"), ("i", "int64")):
        weights = rng.normal(size=(4, 3)) * 2
        weights = np.round(weights).astype(np.int64) if kind == "i" else weights.astype(np.float32 if kind == "f" else np.float64)
        one.add(f"MatMul.{letter}", "MatMul", {"x": values(kind, special=False)}, [kind], known={"w": weights})
        if kind != "i":
            one.add(f"Gemm.{letter}", "Gemm", {"x": values(kind, special=False)}, [kind], known={"w": weights, "c": weights[0]})
            one.add(f"Gemm.{letter}_turned", "Gemm", {"x": values(kind, special=False)}, [kind], known={"w": weights.T.copy(), "c": weights[:1]}, transB=1, alpha=0.5, beta=2.0)
            one.add(f"Gemm.{letter}_no_bias", "Gemm", {"x": values(kind, special=False)}, [kind], known={"w": weights})
    one.add("MatMul.special", "MatMul", {"x": values("f")}, ["f"], known={"w": rng.normal(size=(4, 3)).astype(np.float32)})
    for wide in (8, 16, 33, 100):
        one.add(f"MatMul.wide_{wide}", "MatMul", {"x": values("f", wide, special=False)}, ["f"], known={"w": rng.normal(size=(wide, 9)).astype(np.float32)})
        one.add(f"Gemm.wide_{wide}", "Gemm", {"x": values("f", wide, special=False)}, ["f"], known={"w": rng.normal(size=(wide, 17)).astype(np.float32), "c": rng.normal(size=17).astype(np.float32)})
        one.add(f"MatMul.vector_{wide}", "MatMul", {"x": values("f", wide, special=False)}, ["f"], known={"w": rng.normal(size=wide).astype(np.float32)})
    one.add("MatMul.deep", "MatMul", {"x": values("f", (2, 3), special=False)}, ["f"], known={"w": rng.normal(size=(3, 2)).astype(np.float32)})
    one.add("MatMul.pairs", "MatMul", {"x": values("f", (2, 3), special=False), "z": values("f", (3, 2), special=False, seed=2)}, ["f"])
    one.add("Einsum.rows", "Einsum", {"x": values("f", special=False)}, ["f"], known={"w": rng.normal(size=(4, 3)).astype(np.float32)}, equation="ij,jk->ik")
    normal = {key: np.abs(rng.normal(size=4)).astype(np.float32) + 0.1 for key in ("scale", "bias", "mean", "var")}
    one.add("BatchNormalization.float", "BatchNormalization", {"x": values("f", special=False)}, ["f"], known=normal)
    one.add("LayerNormalization.float", "LayerNormalization", {"x": values("f", special=False)}, ["f"], known={"scale": normal["scale"], "bias": normal["bias"]})
    one.add("CDist.sqeuclidean", "CDist", {"x": values("f", special=False)}, ["f"], known={"w": rng.normal(size=(6, 4)).astype(np.float32)}, domain="com.microsoft", metric="sqeuclidean")
