"""Texts, dictionaries and hashes."""

import numpy as np
from sklearn import feature_extraction as fe
from sklearn.feature_extraction import text as ft
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

TEXTS = np.array([
    "the cat sat on the mat", "The dog, the log.", "", " ", "été à la mer", "snow 雪 falls", "a b c", "cat cat cat dog", "don't stop", "numbers 12 and 345", "ÉTÉ Straße", "one\ttab two", "mat on sat", "under_score x1 y2",
    "fish and chips and fish", "no words of these",
], dtype=object).reshape(-1, 1)


def train(zoo):
    lists = TEXTS.ravel()
    settings = {
        "words": {}, "binary": {"binary": True}, "cased": {"lowercase": False}, "stop": {"stop_words": ["the", "and"]}, "pairs": {"ngram_range": (1, 2)}, "few": {"max_features": 6}, "pattern": {"token_pattern": "[a-zA-Z]+"},
        "chars": {"analyzer": "char", "max_features": 15}, "bounded": {"analyzer": "char_wb", "ngram_range": (2, 2), "max_features": 15}, "spaces": {"tokenizer": str.split, "token_pattern": None},
    }
    for name, more in settings.items():
        for kind in (ft.CountVectorizer, ft.TfidfVectorizer):
            model = kind(**more).fit(lists)
            zoo.sklearn(f"{kind.__name__}.{name}", model, TEXTS, variant=name, prepared=np.ravel, count=len(TEXTS), unseen={0: ["unknown words", "CAT cat", "the-dog", "x"]})
    for name, more in {"l1": {"norm": "l1"}, "raw": {"norm": None}, "sublinear": {"sublinear_tf": True}, "plain": {"use_idf": False}, "unsmoothed": {"smooth_idf": False}}.items():
        zoo.sklearn(f"TfidfVectorizer.{name}", ft.TfidfVectorizer(**more).fit(lists), TEXTS, variant=name, prepared=np.ravel, count=len(TEXTS), unseen={0: ["unknown words"]})
    counts = np.random.default_rng(7).poisson(0.7, (40, 6)).astype(np.float32)
    for name, more in {"l2": {}, "l1": {"norm": "l1"}, "raw": {"norm": None}, "sublinear": {"sublinear_tf": True}, "plain": {"use_idf": False}}.items():
        zoo.sklearn(f"TfidfTransformer.{name}", ft.TfidfTransformer(**more).fit(counts), counts, variant=name, unseen={0: []}, odd=False)
    pipe = make_pipeline(ft.TfidfVectorizer(), LogisticRegression()).fit(lists, np.arange(len(lists)) % 2)
    zoo.sklearn("TfidfVectorizer.pipeline", pipe, TEXTS, variant="to a logistic regression", prepared=np.ravel, options=None, count=len(TEXTS), unseen={0: ["unknown"]}, what="Pipeline")
    words = np.array(["cat", "dog", "été", "", "mat"], dtype=object)[np.random.default_rng(8).integers(0, 5, (30, 2))]
    for name, more in {"signed": {}, "unsigned": {"alternate_sign": False}}.items():
        model = fe.FeatureHasher(n_features=8, input_type="string", **more).fit(words)
        zoo.sklearn(f"FeatureHasher.{name}", model, words, variant=name, unseen={0: ["unknown", "雪"]})
    dictionaries(zoo)


def dictionaries(zoo):
    """Maps are no tensors: neither the protocol nor the compiler takes them; that they are refused is to be told."""
    from skl2onnx.common.data_types import DictionaryType, FloatTensorType, StringTensorType

    model = fe.DictVectorizer(sparse=False).fit([{"a": 1.0, "b": 2.0}, {"a": 3.0, "c": 4.0}])
    try:
        from skl2onnx import convert_sklearn

        onx = convert_sklearn(model, initial_types=[("input", DictionaryType(StringTensorType([1]), FloatTensorType([1])))])
    except Exception as error:
        zoo.fail("DictVectorizer.map", "DictVectorizer", "a map of strings to floats", "skl2onnx", error)
        return
    zoo.refused("DictVectorizer.map", onx, "DictVectorizer", "a map of strings to floats")
