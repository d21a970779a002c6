"""The variants in which an estimator is converted: types of input, kinds of label and the converter's options."""

import numpy as np

from rows import Data


def regressor(zoo, make, *, name=None, targets=False, positive=False, kinds=("float", "double", "int64"), inputs=False, options=None, **more):
    name = name or type(make()).__name__
    for kind, dtype in (("float", np.float32), ("double", np.float64), ("int64", np.int64)):
        if kind in kinds:
            data = Data(21, kind=dtype, positive=inputs)
            zoo.sklearn(f"{name}.{kind}", make().fit(data.x, data.positive if positive else data.y), data.x, variant=f"one target, {kind} inputs", options=options, **more)
    if targets:
        data = Data(22, positive=inputs)
        zoo.sklearn(f"{name}.targets", make().fit(data.x, data.targets), data.x, variant="two targets, float inputs", options=options, **more)


def classifier(zoo, make, *, name=None, raw=False, nocl=True, kinds=("binary", "classes", "labels", "double", "int64", "nocl", "raw", "columns", "class_labels"), positive=False, only=None, **more):
    """`only` leaves out the others; `raw` says that the converter has the option raw_scores."""
    name = name or type(make()).__name__
    data, wide, whole = (Data(23, kind=kind, positive=positive) for kind in (np.float32, np.float64, np.int64))
    every = {
        "binary": ("binary, whole labels, zipmap", data.x, data.binary, None),
        "classes": ("three classes, whole labels, no zipmap", data.x, data.classes - 1, {"zipmap": False}),
        "labels": ("three classes, string labels, zipmap", data.x, data.labels, None),
        "double": ("binary, string labels, double inputs, no zipmap", wide.x, np.array(["nein", "ja"])[wide.binary], {"zipmap": False}),
        "int64": ("binary, labels -1 and 1, int64 inputs, no zipmap", whole.x, whole.binary * 2 - 1, {"zipmap": False}),
        "nocl": ("three classes, string labels, option nocl", data.x, data.labels, {"nocl": True, "zipmap": False}),
        "raw": ("binary, option raw_scores, no zipmap", data.x, data.binary, {"raw_scores": True, "zipmap": False}),
        "raw_classes": ("three classes, option raw_scores, no zipmap", data.x, data.classes, {"raw_scores": True, "zipmap": False}),
        "columns": ("three classes, zipmap by columns", data.x, data.labels, {"zipmap": "columns"}),
        "class_labels": ("three classes, option output_class_labels", data.x, data.labels, {"output_class_labels": True, "zipmap": False}),
    }
    for kind, (variant, x, y, options) in every.items():
        if kind not in (only or kinds) and not (kind == "raw_classes" and raw):
            continue
        if kind == "raw" and not raw or kind == "nocl" and not nocl:
            continue
        model = make().fit(x, y)
        asked = dict(more)
        if kind == "nocl":
            # onnxruntime then gives a class's place.
            asked["native"] = [("predict", lambda rows, model=model: np.searchsorted(model.classes_, model.predict(rows))), *(more.get("native") or zoo.asks(model, {}))[1:]]
        elif kind == "columns":
            ask = "predict_proba" if hasattr(model, "predict_proba") else "decision_function"
            asked["native"] = ["predict", *((f"{ask}, column {column}", lambda rows, model=model, column=column: getattr(model, ask)(rows)[:, column]) for column in range(3))]
        elif kind == "class_labels":
            asked["native"] = [*(more.get("native") or zoo.asks(model, {}))]
        zoo.sklearn(f"{name}.{kind}", model, x, variant=variant, options=options, **asked)
