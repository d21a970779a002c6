"""LightGBM's boosters and wrappers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._source import Source, not_fitted
from ._table import Categories


def source(model: Any) -> Source:
    import lightgbm

    if isinstance(model, lightgbm.Booster):
        return of(model)
    try:
        made = of(model.booster_)
    except lightgbm.basic.LightGBMError:
        raise not_fitted(model) from None
    # Of an objective that is a function the library knows no probabilities.
    if hasattr(model, "predict_proba") and isinstance(model.objective_, str):
        made.outputs = ["probability", "label"]
        made.classes = np.asarray(model.classes_)
    return made


def of(booster: Any) -> Source:
    """The best iterations where training stopped early, as the library's ``predict`` uses them."""
    lists = booster.pandas_categorical
    categories = Categories(lists) if lists else None
    return Source(booster.model_to_string().encode(), ".txt", categories=categories)


def expected(model: Any, X: Any) -> dict[str, np.ndarray]:
    """What the library's own methods answer."""
    answers = {"predict": model.predict(X)}
    if hasattr(model, "predict_proba"):
        answers["predict_proba"] = model.predict_proba(X)
    return answers
