"""XGBoost's boosters and wrappers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from ._errors import CompileError
from ._source import Source, not_fitted
from ._table import Categories, category_columns


def source(model: Any, X: Any) -> Source:
    import xgboost

    if isinstance(model, xgboost.Booster):
        return Source(bytes(model.save_raw("ubj")), ".ubj", categories=categories(model, X))
    from sklearn.exceptions import NotFittedError

    try:
        booster = model.get_booster()
    except NotFittedError:
        raise not_fitted(model) from None
    missing = getattr(model, "missing", np.nan)
    if missing is not None and not np.isnan(missing):
        raise CompileError(
            f"the {type(model).__name__} takes {missing} for a missing value, which its file does not tell: train it with "
            "missing=numpy.nan, or compile its get_booster() and leave out of events what is missing"
        )
    made = Source(bytes(booster.save_raw("ubj")), ".ubj", categories=categories(booster, X))
    if hasattr(model, "predict_proba"):
        made.outputs = ["probability", "label"] if targets(booster) == 1 else ["probability"]
    made.iterations = best_iterations(model, booster)
    return made


def targets(booster: Any) -> int:
    config = json.loads(booster.save_config())
    return int(config["learner"]["learner_model_param"].get("num_target", 1))


def best_iterations(model: Any, booster: Any) -> tuple[int, int] | None:
    """Those that the wrapper's ``predict`` uses: a booster by itself uses all."""
    best = booster.attr("best_iteration")
    if best is None or getattr(model, "booster", None) == "gblinear":
        return None
    return 0, int(best) + 1


def categories(booster: Any, X: Any) -> Categories | None:
    """From the model since XGBoost 3.1, else from the data of the training."""
    types = booster.feature_types or []
    if "c" not in types:
        return None
    names = booster.feature_names or [f"f{at}" for at in range(len(types))]
    kept = json.loads(bytes(booster.save_raw("json")))
    kept = kept["learner"]["gradient_booster"].get("model", {}).get("cats", {}).get("enc", [])
    lists = {name: list(listed(each)) for name, each in zip(names, kept)}
    lists = {name: values for name, values in lists.items() if values}
    if not lists:
        lists = {name: list(X[name].cat.categories) for name in category_columns(X)}
    return Categories(list(lists.values()), list(lists)) if lists else None


def listed(column: dict[str, Any]) -> list[Any]:
    """A column's categories: numbers, or texts one after the other with where each begins."""
    if "offsets" not in column:
        return list(column.get("values", []))
    content = bytes(value & 0xFF for value in column["values"])
    places = column["offsets"]
    return [content[begin:end].decode() for begin, end in zip(places, places[1:])]


def expected(model: Any, X: Any) -> dict[str, np.ndarray]:
    """What the library's own methods answer."""
    import xgboost

    if not isinstance(model, xgboost.Booster):
        answers = {"predict": model.predict(X)}
        if hasattr(model, "predict_proba"):
            answers["predict_proba"] = model.predict_proba(X)
        return answers
    named = hasattr(X, "columns")
    matrix = xgboost.DMatrix(X, feature_names=None if named else model.feature_names, enable_categorical=True)
    return {"predict": model.predict(matrix)}
