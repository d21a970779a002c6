"""scikit-learn's estimators and pipelines, converted by skl2onnx, those with XGBoost or LightGBM inside too."""

from __future__ import annotations

import contextlib
import copy
import importlib.util
from typing import Any, Iterator
from unittest import mock

import numpy as np

from ._errors import CompileError
from ._source import Source, not_fitted
from ._table import columns_of

#: The name of the input that holds all columns.
FEATURES = "features"
#: The operators that skl2onnx knows; XGBoost's and LightGBM's converters would take newer ones.
ML_OPSET = 3
#: Characters of a converter's reason.
REASON_MAX = 500


def source(model: Any, X: Any) -> Source:
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    for package in ("skl2onnx", "onnxmltools"):
        if importlib.util.find_spec(package) is None:
            raise CompileError(f"{package} is not installed, which converts scikit-learn's models: python -m pip install 'scoregate[sklearn]'")
    if X is None:
        raise CompileError(
            f"the {type(model).__name__} does not tell which columns it takes: give some rows as X, as in scoregate.compile(model, X)"
        )
    try:
        check_is_fitted(model)
    except NotFittedError:
        raise not_fitted(model) from None
    from skl2onnx import __max_supported_opset__, to_onnx

    register()
    model = passed_on(model)
    options = {id(model): {"zipmap": False}} if hasattr(model, "predict_proba") else None
    types, names = inputs(model, X)
    try:
        opset = {"": __max_supported_opset__, "ai.onnx.ml": ML_OPSET}
        with whole_numbers():
            converted = to_onnx(model, initial_types=types, options=options, target_opset=opset)
    except Exception as error:  # The converters raise what they like.
        raise CompileError(f"skl2onnx cannot convert the {type(model).__name__}: {reason(error)}") from error
    return Source(converted.SerializeToString(), ".onnx", feature_names=names)


def reason(error: BaseException) -> str:
    """What went wrong at first: whoever passes it on may add a model's every number."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    told = " ".join(str(error).split()) or type(error).__name__
    return told if len(told) <= REASON_MAX else told[:REASON_MAX] + "…"


@contextlib.contextmanager
def whole_numbers() -> Iterator[None]:
    """skl2onnx gives truth values for whole numbers, of the trees of HistGradientBoosting, which protobuf no longer takes."""
    import onnx

    made = onnx.helper.make_attribute

    def make(key: str, value: Any, *more: Any, **others: Any) -> Any:
        if isinstance(value, list) and any(isinstance(one, (bool, np.bool_)) for one in value):
            value = [int(one) for one in value]
        return made(key, value, *more, **others)

    with mock.patch.object(onnx.helper, "make_attribute", make):
        yield


def inputs(model: Any, X: Any) -> tuple[list[tuple[str, Any]], list[str] | None]:
    """The model's inputs, and the names of the columns where they are one input.

    Where a column transformer picks columns by their names, each is an input of its own; else there is one of all.
    """
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    names = columns_of(X)
    if names is None:
        values = np.asarray(X)
        if values.ndim != 2:
            raise CompileError(f"X has {values.ndim} dimensions where it must have 2, rows and columns")
        kind = FloatTensorType if is_number(values.reshape(-1)) else StringTensorType
        return [(FEATURES, kind([None, values.shape[1]]))], None
    # Numbers are FP32 for every converter alike: columns of several types could not be joined.
    kinds = [FloatTensorType if is_number(X[column]) else StringTensorType for column in X.columns]
    if len(set(kinds)) == 1 and not picks_columns(model):
        return [(FEATURES, kinds[0]([None, len(names)]))], names
    return [(name, kind([None, 1])) for name, kind in zip(names, kinds)], None


def passed_on(model: Any) -> Any:
    """The model with a transformer in place of each `"passthrough"` among a pipeline's steps, which skl2onnx takes among columns only."""
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    if isinstance(model, Pipeline):
        model = copy.copy(model)
        steps = ((name, FunctionTransformer() if step in ("passthrough", None) else step) for name, step in model.steps)
        model.steps = [(name, passed_on(step)) for name, step in steps]
    elif isinstance(model, ColumnTransformer):
        model = copy.copy(model)
        model.transformers_ = [(name, passed_on(part), columns) for name, part, columns in model.transformers_]
    return model


def picks_columns(model: Any) -> bool:
    from sklearn.compose import ColumnTransformer

    parts = model.get_params(deep=True).values()
    return any(isinstance(part, ColumnTransformer) for part in (model, *parts))


def is_number(column: Any) -> bool:
    kind = getattr(getattr(column, "dtype", None), "kind", None)
    if kind is None or kind == "O":
        values = np.asarray(column)
        if values.dtype == object:
            values = np.array([value for value in values if value is not None and value == value])
        kind = values.dtype.kind
    return kind in "biuf"


def register() -> None:
    """Tells skl2onnx how XGBoost and LightGBM inside of a pipeline are converted, of those that are there."""
    from skl2onnx import update_registered_converter
    from skl2onnx.common.shape_calculator import (
        calculate_linear_classifier_output_shapes,
        calculate_linear_regressor_output_shapes,
    )

    classifier = {"nocl": [True, False], "zipmap": [True, False, "columns"]}
    if importlib.util.find_spec("xgboost"):
        import xgboost
        from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost

        update_registered_converter(
            xgboost.XGBClassifier,
            "XGBoostXGBClassifier",
            calculate_linear_classifier_output_shapes,
            convert_xgboost,
            options=classifier,
        )
        update_registered_converter(
            xgboost.XGBRegressor,
            "XGBoostXGBRegressor",
            calculate_linear_regressor_output_shapes,
            convert_xgboost,
        )
    if importlib.util.find_spec("lightgbm"):
        import lightgbm
        from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm

        update_registered_converter(
            lightgbm.LGBMClassifier,
            "LightGbmLGBMClassifier",
            calculate_linear_classifier_output_shapes,
            convert_lightgbm,
            options=classifier,
        )
        update_registered_converter(
            lightgbm.LGBMRegressor,
            "LightGbmLGBMRegressor",
            calculate_linear_regressor_output_shapes,
            convert_lightgbm,
            options={"split": None},
        )


def expected(model: Any, X: Any) -> dict[str, np.ndarray]:
    """What the library's own methods answer."""
    answers = {}
    for method in ("predict", "predict_proba"):
        if hasattr(model, method):
            answers[method] = np.asarray(getattr(model, method)(X))
    if not answers and hasattr(model, "transform"):
        answers["transform"] = np.asarray(model.transform(X))
    return answers
