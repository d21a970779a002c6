"""Shapes, places and strings; conditions and loops."""

import numpy as np
from onnx import TensorProto as T
from onnx import helper, numpy_helper

from operators_models import ROWS, values

N = {"float": "f", "double": "d", "int64": "i", "string": "s"}


def train(one):
    shapes(one)
    places(one)
    pieces(one)
    strings(one)
    constants(one)
    branches(one)


def shapes(one):
    for name, kind in N.items():
        one.add(f"Reshape.{name}", "Reshape", {"x": values(kind)}, [kind], known={"shape": np.array([-1, 2, 2])})
        one.add(f"Concat.{name}", "Concat", {"x": values(kind), "z": values(kind, 2, seed=4)}, [kind], axis=1)
        one.add(f"Transpose.{name}", "Transpose", {"x": values(kind, (2, 3))}, [kind], perm=[0, 2, 1])
    one.add("Reshape.zero", "Reshape", {"x": values("f")}, ["f"], known={"shape": np.array([0, 4, 1])})
    one.add("Reshape.flat", "Reshape", {"x": values("f", 1)}, ["f"], known={"shape": np.array([-1])})
    one.add("Reshape.opset_5", "Reshape", {"x": values("f")}, ["f"], known={"shape": np.array([-1, 2])}, opset=9, rows=None)
    one.add("Reshape.given", "Reshape", {"x": values("f", 4)}, ["f"], known={"shape": np.array([0, -1])}, allowzero=0)
    one.add("Concat.last", "Concat", {"x": values("f", (2, 2)), "z": values("f", (2, 3))}, ["f"], axis=-1)
    one.add("Concat.three", "Concat", {"x": values("f", 1), "z": values("f", 2), "w": values("f", 3)}, ["f"], axis=1)
    one.add("Concat.one", "Concat", {"x": values("f", 3)}, ["f"], axis=1)
    one.add("Transpose.plain", "Transpose", {"x": values("f", 3)}, ["f"], rows=None)
    for axis in (0, 1, 2):
        one.add(f"Flatten.axis_{axis}", "Flatten", {"x": values("f", (2, 3))}, ["f"], axis=axis, rows=None if axis != 1 else ROWS)
    for opset in (11, 13):
        known, axes = ({"axes": np.array([1])}, None) if opset == 13 else ({}, [1])
        one.add(f"Squeeze.opset_{opset}", "Squeeze", {"x": values("f", 1)}, ["f"], known=known, axes=axes, opset=opset)
        one.add(f"Unsqueeze.opset_{opset}", "Unsqueeze", {"x": values("f", 3)}, ["f"], known=known, axes=axes, opset=opset)
    one.add("Shape.plain", "Shape", {"x": values("f")}, ["i"], rows=None)
    one.add("Shape.part", "Shape", {"x": values("f", (2, 3))}, ["i"], start=1, rows=None)
    one.add("Size.plain", "Size", {"x": values("f")}, ["i"], rows=None)
    one.add("Expand.float", "Expand", {"x": values("f", 1)}, ["f"], known={"shape": np.array([1, 3])})
    one.add("Tile.float", "Tile", {"x": values("f", 2)}, ["f"], known={"repeats": np.array([1, 2])})
    one.add("Pad.float", "Pad", {"x": values("f", 2)}, ["f"], known={"pads": np.array([0, 1, 0, 2]), "value": np.float32(7)})


def places(one):
    for name, kind in N.items():
        one.add(f"Gather.{name}", "Gather", {"x": values(kind)}, [kind], known={"at": np.array([2, 0, -1])}, axis=1)
    one.add("Gather.scalar", "Gather", {"x": values("f")}, ["f"], known={"at": np.int64(1)}, axis=1)
    one.add("Gather.table", "Gather", {"x": np.abs(values("i", 2)) % 4}, ["f"], known={"table": np.arange(12, dtype=np.float32).reshape(4, 3)}, order=["table", "x"], axis=0)
    one.add("Gather.words", "Gather", {"x": np.abs(values("i", 1)) % 3}, ["s"], known={"table": np.array(["a", "été", ""], dtype=object)}, order=["table", "x"], axis=0)
    one.add("GatherElements.float", "GatherElements", {"x": values("f"), "at": np.abs(values("i", 2)) % 4}, ["f"], axis=1)
    one.add("GatherND.float", "GatherND", {"x": values("f"), "at": np.abs(values("i", 1)) % 4}, ["f"], batch_dims=1)
    one.add("ScatterElements.float", "ScatterElements", {"x": values("f"), "at": np.abs(values("i", 1)) % 4, "z": values("f", 1)}, ["f"], axis=1)
    for largest in (0, 1):
        ties = np.round(values("f", 6, special=False) * 2)
        for opset in (10, 11):
            more = {} if opset == 10 else {"largest": largest, "sorted": 1}
            if opset == 10 and not largest:
                continue
            one.add(f"TopK.largest_{largest}_opset_{opset}", "TopK", {"x": ties}, ["f", "i"], known={"k": np.array([3])}, axis=1, opset=opset, **more)
    one.add("TopK.double", "TopK", {"x": values("d", 6, special=False)}, ["d", "i"], known={"k": np.array([2])}, axis=-1, largest=0)
    one.add("TopK.all", "TopK", {"x": np.round(values("f", 6, special=False))}, ["f", "i"], known={"k": np.array([6])})
    one.add("OneHot.int64", "OneHot", {"x": values("i", 1)}, ["f"], known={"depth": np.array([4]), "values": np.array([0.5, 2], np.float32)}, axis=1)
    one.add("NonZero.float", "NonZero", {"x": np.round(values("f", special=False))}, ["i"], rows=None)
    one.add("Trilu.float", "Trilu", {"x": values("f", (3, 3))}, ["f"], upper=1)
    one.add("EyeLike.float", "EyeLike", {"x": values("f")}, ["f"], rows=None)


def pieces(one):
    for opset in (9, 11, 13):
        known = {"starts": np.array([1]), "ends": np.array([3]), "axes": np.array([1])} if opset > 9 else {}
        more = {"starts": [1], "ends": [3], "axes": [1]} if opset == 9 else {}
        one.add(f"Slice.opset_{opset}", "Slice", {"x": values("f", 5)}, ["f"], known=known, opset=opset, **more)
    one.add("Slice.back", "Slice", {"x": values("f", 5)}, ["f"], known={"starts": np.array([-1]), "ends": np.array([-(2**31)]), "axes": np.array([1]), "steps": np.array([-2])})
    one.add("Slice.string", "Slice", {"x": values("s", 5)}, ["s"], known={"starts": np.array([0]), "ends": np.array([2]), "axes": np.array([1])})
    for opset in (11, 13, 18):
        more = {"split": [1, 3]} if opset == 11 else {}
        known = {} if opset == 11 else {"split": np.array([1, 3])}
        one.add(f"Split.opset_{opset}", "Split", {"x": values("f")}, ["f", "f"], known=known, axis=1, opset=opset, **more)
    one.add("Split.even", "Split", {"x": values("f")}, ["f", "f"], axis=1, num_outputs=2)
    one.add("Compress.columns", "Compress", {"x": values("f")}, ["f"], known={"c": np.array([True, False, True, False])}, axis=1)


def strings(one):
    words = np.resize(np.array(["Red", "BLUE", "été", "ÉTÉ", "", "Straße", "ΑΒΓ", "red"], dtype=object), (ROWS, 1))
    for change in ("LOWER", "UPPER"):
        one.add(f"StringNormalizer.{change.lower()}", "StringNormalizer", {"x": words[:, 0]}, ["s"], case_change_action=change, is_case_sensitive=1, locale="en_US.UTF-8", rows=None)
    one.add("StringNormalizer.none", "StringNormalizer", {"x": words[:, 0]}, ["s"], case_change_action="NONE", rows=None)
    one.add("StringNormalizer.stop", "StringNormalizer", {"x": words[:, 0]}, ["s"], case_change_action="LOWER", is_case_sensitive=0, stopwords=["red", "blue"], locale="en_US.UTF-8", rows=None)
    one.add("StringConcat.words", "StringConcat", {"x": values("s"), "z": np.flip(values("s"), axis=0).copy()}, ["s"])
    one.add("StringConcat.known", "StringConcat", {"x": values("s")}, ["s"], known={"z": np.array(["-", "é", "", " "], dtype=object)})
    one.add("StringSplit.words", "StringSplit", {"x": np.resize(np.array(["a b c", "", "été  x", " lead"], dtype=object), (ROWS,))}, ["s", "i"], delimiter=" ", rows=None)
    one.add("RegexFullMatch.digits", "RegexFullMatch", {"x": values("s")}, ["b"], pattern="[0-9]+")
    for mode in ("TF", "IDF", "TFIDF"):
        one.add(f"TfIdfVectorizer.{mode.lower()}", "TfIdfVectorizer", {"x": values("s", 6)}, ["f"], mode=mode, min_gram_length=1, max_gram_length=2, max_skip_count=1, ngram_counts=[0, 3], ngram_indexes=[0, 1, 2, 3, 4], pool_strings=["a", "été", "", "a", "été", "日本", "A"], weights=[0.5, 1.5, 2.0, 0.25, 3.0])
    one.add("TfIdfVectorizer.int64", "TfIdfVectorizer", {"x": np.abs(values("i", 6))}, ["f"], mode="TF", min_gram_length=1, max_gram_length=1, max_skip_count=0, ngram_counts=[0], ngram_indexes=[0, 1, 2], pool_int64s=[1, 2, 5])
    one.add("LabelHash.murmur", "MurmurHash3", {"x": values("s")}, ["j"], domain="com.microsoft", positive=0, seed=0)
    texts = np.resize(np.array(["the cat", "", "été x1", "a,b c", "日本 語"], dtype=object), (ROWS, 1))
    one.add("Tokenizer.words", "Tokenizer", {"x": texts}, ["s"], domain="com.microsoft", mark=0, pad_value="#", mincharnum=1, tokenexp="[a-zA-Z0-9_]+", rows=None)
    one.add("Tokenizer.chars", "Tokenizer", {"x": texts}, ["s"], domain="com.microsoft", mark=1, pad_value="#", mincharnum=1, separators=[""], rows=None)


def constants(one):
    tensor = numpy_helper.from_array(np.array([1, 2, 3, 4], np.float32))
    nodes = [helper.make_node("Constant", [], ["c"], value=tensor), helper.make_node("Add", ["x", "c"], ["y"])]
    one.add("Constant.tensor", "Constant", {"x": values("f")}, ["f"], nodes=nodes)
    for name, attributes in (("float", {"value_float": 2.5}), ("floats", {"value_floats": [1.0, 2.0, 3.0, 4.0]})):
        nodes = [helper.make_node("Constant", [], ["c"], **attributes), helper.make_node("Mul", ["x", "c"], ["y"])]
        one.add(f"Constant.{name}", "Constant", {"x": values("f")}, ["f"], nodes=nodes)
    nodes = [helper.make_node("Constant", [], ["c"], value_strings=["a", "b", "été", ""]), helper.make_node("Equal", ["x", "c"], ["y"])]
    one.add("Constant.strings", "Constant", {"x": values("s")}, ["b"], nodes=nodes)
    nodes = [helper.make_node("Shape", ["x"], ["s"]), helper.make_node("ConstantOfShape", ["s"], ["c"], value=numpy_helper.from_array(np.array([1.5], np.float32))), helper.make_node("Add", ["x", "c"], ["y"])]
    one.add("ConstantOfShape.float", "ConstantOfShape", {"x": values("f")}, ["f"], nodes=nodes)
    nodes = [helper.make_node("Shape", ["x"], ["s"], start=1), helper.make_node("Squeeze", ["s"], ["n"]), helper.make_node("Range", ["zero", "n", "one"], ["r"]), helper.make_node("Cast", ["r"], ["f"], to=T.FLOAT), helper.make_node("Add", ["x", "f"], ["y"])]
    one.add("Range.columns", "Range", {"x": values("f")}, ["f"], nodes=nodes, known={"zero": np.int64(0), "one": np.int64(1)})
    nodes = [helper.make_node("Shape", ["x"], ["s"], start=0, end=1), helper.make_node("Concat", ["s", "two"], ["t"], axis=0), helper.make_node("Reshape", ["x", "t"], ["y"])]
    one.add("Reshape.computed", "Reshape", {"x": values("f", (2, 2))}, ["f"], nodes=nodes, known={"two": np.array([4])})


def branches(one):
    info = lambda name: helper.make_tensor_value_info(name, T.FLOAT, None)
    yes = helper.make_graph([helper.make_node("Mul", ["x", "two"], ["a"])], "yes", [], [info("a")])
    no = helper.make_graph([helper.make_node("Neg", ["x"], ["b"])], "no", [], [info("b")])
    nodes = [helper.make_node("ReduceMax", ["x"], ["m"], keepdims=0), helper.make_node("Greater", ["m", "two"], ["c"]), helper.make_node("If", ["c"], ["y"], then_branch=yes, else_branch=no, name="the_If")]
    one.add("If.rows", "If", {"x": values("f", special=False)}, ["f"], nodes=nodes, known={"two": np.float32(2)}, rows=None)
    known = [helper.make_node("If", ["c"], ["y"], then_branch=yes, else_branch=no, name="the_If")]
    one.add("If.known", "If", {"x": values("f", special=False)}, ["f"], nodes=known, known={"two": np.float32(2), "c": np.array(True)})
    body = helper.make_graph([helper.make_node("Sub", ["row", "w"], ["d"]), helper.make_node("ReduceSumSquare", ["d", "axes"], ["s"], keepdims=0)], "body", [helper.make_tensor_value_info("row", T.FLOAT, [4])], [info("s")])
    nodes = [helper.make_node("Scan", ["x"], ["y"], body=body, num_scan_inputs=1, name="the_Scan")]
    one.add("Scan.distances", "Scan", {"x": values("f", special=False)}, ["f"], nodes=nodes, known={"w": np.random.default_rng(1).normal(size=(5, 4)).astype(np.float32), "axes": np.array([1])})
