"""A fitted object as the compiler takes it, and what its file does not tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._errors import CompileError
from ._table import Categories

if TYPE_CHECKING:
    import numpy as np


@dataclass
class Source:
    """A model's file.

    Attributes:
        content: the file's bytes.
        suffix: of the file's name.
        outputs: what the component gives unless told otherwise; none for the command's own choice.
        iterations: those that the library's ``predict`` uses; none for all.
        classes: what the labels 0, 1, … stand for, where they are not themselves.
        categories: of a data frame's columns.
        feature_names: those of its columns, where the file does not tell them.
    """

    content: bytes
    suffix: str
    outputs: list[str] | None = None
    iterations: tuple[int, int] | None = None
    classes: np.ndarray | None = None
    categories: Categories | None = None
    feature_names: list[str] | None = None


def library_of(model: Any) -> str | None:
    """Which library an object is of, told without importing any."""
    roots = [kind.__module__.split(".")[0] for kind in type(model).__mro__]
    # Wrappers of the first two inherit from scikit-learn's classes.
    return next((name for name in ("xgboost", "lightgbm", "sklearn") if name in roots), None)


def source_of(model: Any, X: Any) -> Source:
    """Saves or converts a fitted object.

    Raises:
        CompileError: it is of no library that is read, is not fitted, or its library cannot save it.
    """
    library = library_of(model)
    if library == "xgboost":
        from . import _xgboost

        return _xgboost.source(model, X)
    if library == "lightgbm":
        from . import _lightgbm

        return _lightgbm.source(model)
    if library == "sklearn":
        from . import _sklearn

        return _sklearn.source(model, X)
    kind = type(model)
    raise CompileError(
        f"{kind.__module__}.{kind.__qualname__} is no model that is read: give a fitted XGBoost, LightGBM or scikit-learn object, or a saved model's path"
    )


def not_fitted(model: Any) -> CompileError:
    return CompileError(f"the {type(model).__name__} is not fitted: call its `fit` first")
