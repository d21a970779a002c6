"""The operators of ai.onnx.ml but trees, with attributes that the converters seldom set."""

import numpy as np
from onnx import TensorProto as T
from onnx import helper, numpy_helper

from operators_models import ROWS, values

ML = "ai.onnx.ml"
POSTS = ("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT")
MIXED = {"int64": "i", "string": "s", "float": "f"}


def train(one):
    prepared(one)
    encoders(one)
    linear(one)
    vectors(one)
    maps(one)


def prepared(one):
    for kind, name in (("f", "float"), ("d", "double"), ("i", "int64"), ("j", "int32")):
        one.add(f"Scaler.{name}", "Scaler", {"x": values(kind)}, ["f"], domain=ML, offset=[0.5, -1.0, 2.0, 0.0], scale=[2.0, 0.1, -3.0, 1.0])
        for norm in ("MAX", "L1", "L2"):
            x = values(kind, special=False)
            x[:3] = 0
            one.add(f"Normalizer.{name}_{norm.lower()}", "Normalizer", {"x": x}, ["f"], domain=ML, norm=norm)
    one.add("Scaler.one", "Scaler", {"x": values("f")}, ["f"], domain=ML, offset=[0.5], scale=[2.0])
    for kind, name in (("f", "float"), ("i", "int64")):
        key, fill, old = ("imputed_value_floats", [1.0, 2.0, 3.0, 4.0], "replaced_value_float") if kind == "f" else ("imputed_value_int64s", [1, 2, 3, 4], "replaced_value_int64")
        for title, value in (("nan", float("nan")), ("zero", 0)) if kind == "f" else (("zero", 0),):
            one.add(f"Imputer.{name}_{title}", "Imputer", {"x": values(kind)}, [kind], domain=ML, **{key: fill, old: float(value) if kind == "f" else value})
            one.add(f"Imputer.{name}_{title}_one", "Imputer", {"x": values(kind)}, [kind], domain=ML, **{key: fill[:1], old: float(value) if kind == "f" else value})
    finite = np.nan_to_num(values("f"))
    for threshold in (0.0, 0.5):
        one.add(f"Binarizer.threshold_{threshold}".replace("0.", "0_"), "Binarizer", {"x": finite}, ["f"], domain=ML, threshold=threshold)
    for kind, name in (("f", "float"), ("d", "double"), ("i", "int64"), ("s", "string")):
        one.add(f"ArrayFeatureExtractor.{name}", "ArrayFeatureExtractor", {"x": values(kind)}, [kind], domain=ML, known={"at": np.array([2, 0, 2])})
        one.add(f"ArrayFeatureExtractor.{name}_one", "ArrayFeatureExtractor", {"x": values(kind)}, [kind], domain=ML, known={"at": np.array([1])})
    one.add("ArrayFeatureExtractor.table", "ArrayFeatureExtractor", {"at": np.abs(values("i", 1)) % 3}, ["s"], domain=ML, known={"table": np.array([["a", "été", ""]], dtype=object)}, order=["table", "at"], rows=None)
    one.add("FeatureVectorizer.mixed", "FeatureVectorizer", {"x": values("f", 2), "z": values("f", 3, seed=4)}, ["f"], domain=ML, inputdimensions=[2, 3])
    one.add("FeatureVectorizer.int64", "FeatureVectorizer", {"x": values("i", 2)}, ["f"], domain=ML, inputdimensions=[2])
    one.add("FeatureVectorizer.cut", "FeatureVectorizer", {"x": values("f", 4), "z": values("f", 2)}, ["f"], domain=ML, inputdimensions=[2, 3])


def encoders(one):
    words, codes = ["été", "a", ""], [1, -2, 4]
    one.add("CategoryMapper.to_int64", "CategoryMapper", {"x": values("s")}, ["i"], domain=ML, cats_strings=words, cats_int64s=codes, default_int64=-7)
    one.add("CategoryMapper.to_string", "CategoryMapper", {"x": values("i")}, ["s"], domain=ML, cats_strings=words, cats_int64s=codes, default_string="no")
    one.add("LabelEncoder.v1_to_int64", "LabelEncoder", {"x": values("s")}, ["i"], domain=ML, ml=1, classes_strings=words, default_int64=-7)
    one.add("LabelEncoder.v1_to_string", "LabelEncoder", {"x": values("i")}, ["s"], domain=ML, ml=1, classes_strings=words, default_string="no")
    keys = {"int64": [1, -2, 4], "string": words, "float": [0.5, float("nan"), -0.0]}
    worth = {"int64": [10, 20, 30], "string": ["ja", "", "日本"], "float": [0.25, -1.5, float("nan")]}
    defaults = {"int64": ("default_int64", -7), "string": ("default_string", "no"), "float": ("default_float", -0.5)}
    for source, kind in MIXED.items():
        for target, to in MIXED.items():
            attributes = {f"keys_{source}s": keys[source], f"values_{target}s": worth[target]}
            one.add(f"LabelEncoder.{source}_{target}", "LabelEncoder", {"x": values(kind)}, [to], domain=ML, ml=2, **attributes, **dict([defaults[target]]))
            one.add(f"LabelEncoder.{source}_{target}_plain", "LabelEncoder", {"x": values(kind)}, [to], domain=ML, ml=2, **attributes)
    types = {"double": ("d", np.float64), "int16": None}
    one.add("LabelEncoder.v4_double", "LabelEncoder", {"x": values("d")}, ["d"], domain=ML, ml=4, keys_tensor=numpy_helper.from_array(np.array([0.5, np.nan, 1.5])), values_tensor=numpy_helper.from_array(np.array([1.25, 2.5, 5.0])), default_tensor=numpy_helper.from_array(np.array([-1.0])))
    one.add("LabelEncoder.v4_string_int64", "LabelEncoder", {"x": values("s")}, ["i"], domain=ML, ml=4, keys_strings=words, values_int64s=codes, default_int64=9)
    one.add("LabelEncoder.v4_double_string", "LabelEncoder", {"x": values("d")}, ["s"], domain=ML, ml=4, keys_tensor=numpy_helper.from_array(np.array([0.5, -1.0])), values_tensor=numpy_helper.from_array(np.array(["half", "été"], dtype=object)), default_tensor=numpy_helper.from_array(np.array(["none"], dtype=object)))
    one.add("LabelEncoder.repeated", "LabelEncoder", {"x": values("i")}, ["i"], domain=ML, ml=2, keys_int64s=[1, 2, 1], values_int64s=[10, 20, 30], default_int64=-1)
    for kind, name in (("i", "int64"), ("f", "float"), ("d", "double"), ("j", "int32")):
        x = np.nan_to_num(values(kind, 2, special=False)) if kind in "fd" else values(kind, 2)
        one.add(f"OneHotEncoder.{name}", "OneHotEncoder", {"x": x}, ["f"], domain=ML, cats_int64s=[0, 1, -2, 3], zeros=1)
    one.add("OneHotEncoder.string", "OneHotEncoder", {"x": values("s", 2)}, ["f"], domain=ML, cats_strings=words, zeros=1)
    one.add("OneHotEncoder.strict", "OneHotEncoder", {"x": np.resize(np.array(words, dtype=object), (ROWS, 1))}, ["f"], domain=ML, cats_strings=words, zeros=0)


def linear(one):
    weights = [0.5, -1.0, 0.25, 2.0, 1.5, 0.5, -0.75, 0.1, -0.3, 0.7, 0.9, -1.1]
    x = values("f", special=False) * 0.6
    tame = {"f": x.astype(np.float32), "d": x.astype(np.float64), "i": values("i"), "j": values("j")}
    for post in POSTS:
        low = post.lower()
        one.add(f"LinearRegressor.{low}", "LinearRegressor", {"x": tame["f"]}, ["f"], domain=ML, coefficients=weights, intercepts=[0.1, -0.2, 0.3], targets=3, post_transform=post)
        one.add(f"LinearRegressor.one_{low}", "LinearRegressor", {"x": tame["f"]}, ["f"], domain=ML, coefficients=weights[:4], intercepts=[0.1], targets=1, post_transform=post)
        one.add(f"LinearClassifier.classes_{low}", "LinearClassifier", {"x": tame["f"]}, ["i", "f"], domain=ML, coefficients=weights, intercepts=[0.1, -0.2, 0.3], classlabels_ints=[3, 5, 9], multi_class=1, post_transform=post)
        one.add(f"LinearClassifier.two_{low}", "LinearClassifier", {"x": tame["f"]}, ["s", "f"], domain=ML, coefficients=weights[:8], intercepts=[0.1, -0.2], classlabels_strings=["no", "été"], multi_class=1, post_transform=post)
        if post != "PROBIT":
            # onnxruntime then gives memory that it has not written.
            one.add(f"LinearClassifier.one_{low}", "LinearClassifier", {"x": tame["f"]}, ["i", "f"], domain=ML, coefficients=weights[:4], intercepts=[0.1], classlabels_ints=[-1, 1], multi_class=0, post_transform=post)
    one.add("LinearRegressor.no_intercept", "LinearRegressor", {"x": tame["f"]}, ["f"], domain=ML, coefficients=weights[:4], targets=1)
    for kind, name in (("d", "double"), ("i", "int64"), ("j", "int32")):
        one.add(f"LinearClassifier.{name}", "LinearClassifier", {"x": tame[kind]}, ["i", "f"], domain=ML, coefficients=weights, intercepts=[0.1, -0.2, 0.3], classlabels_ints=[0, 1, 2])


def vectors(one):
    rng = np.random.default_rng(4)
    x = (values("f", 3, special=False) * 0.5).astype(np.float32)
    support = [float(value) for value in rng.normal(size=15).astype(np.float32)]
    kernels = {"LINEAR": [], "RBF": [0.4, 0.0, 3.0], "POLY": [0.5, 0.25, 2.0], "SIGMOID": [0.3, 0.1, 3.0]}
    for kernel, settings in kernels.items():
        settings = settings or [0.0, 0.0, 0.0]
        common = {"domain": ML, "kernel_type": kernel, "kernel_params": settings, "support_vectors": support}
        for post in POSTS if kernel == "RBF" else ("NONE",):
            one.add(f"SVMRegressor.{kernel.lower()}_{post.lower()}", "SVMRegressor", {"x": x}, ["f"], coefficients=[0.5, -1.0, 0.75, 1.0, -0.25], rho=[0.2], n_supports=5, post_transform=post, **common)
            if post != "PROBIT":
                one.add(f"SVMClassifier.two_{kernel.lower()}_{post.lower()}", "SVMClassifier", {"x": x}, ["i", "f"], coefficients=[0.5, -1.0, 0.75, 1.0, -0.25], rho=[0.2], vectors_per_class=[2, 3], classlabels_ints=[4, 7], post_transform=post, **common)
            three = [0.5, -1.0, 0.75, 1.0, -0.25, 0.3, 0.9, -0.6, 0.2, 0.1]
            one.add(f"SVMClassifier.three_{kernel.lower()}_{post.lower()}", "SVMClassifier", {"x": x}, ["s", "f"], coefficients=three, rho=[0.2, -0.1, 0.3], vectors_per_class=[2, 2, 1], classlabels_strings=["a", "été", "c"], post_transform=post, **common)
        one.add(f"SVMRegressor.one_class_{kernel.lower()}", "SVMRegressor", {"x": x}, ["f"], coefficients=[0.5, 1.0, 0.75, 1.0, 0.25], rho=[-2.0], n_supports=5, one_class=1, **common)
        three = [0.5, -1.0, 0.75, 1.0, -0.25, 0.3, 0.9, -0.6, 0.2, 0.1]
        one.add(f"SVMClassifier.probabilities_{kernel.lower()}", "SVMClassifier", {"x": x}, ["i", "f"], coefficients=three, rho=[0.2, -0.1, 0.3], prob_a=[-1.0, -0.5, -2.0], prob_b=[0.1, 0.0, -0.3], vectors_per_class=[2, 2, 1], classlabels_ints=[0, 1, 2], **common)
    one.add("SVMClassifier.linear_weights", "SVMClassifier", {"x": x}, ["i", "f"], domain=ML, coefficients=[0.5, -1.0, 0.25, 2.0, 1.5, 0.5, -0.75, 0.1, -0.3], rho=[0.2, -0.1, 0.3], classlabels_ints=[0, 1, 2], kernel_type="LINEAR")
    one.add("SVMRegressor.linear_weights", "SVMRegressor", {"x": x}, ["f"], domain=ML, coefficients=[0.5, -1.0, 0.25], rho=[0.2], kernel_type="LINEAR", kernel_params=[0.0, 0.0, 0.0])


def maps(one):
    x = values("f", 3)
    one.add("ZipMap.int64", "ZipMap", {"x": x}, ["f"], domain=ML, classlabels_int64s=[4, -1, 9], sequence=T.INT64)
    one.add("ZipMap.string", "ZipMap", {"x": x}, ["f"], domain=ML, classlabels_strings=["b", "été", "a"], sequence=T.STRING)
