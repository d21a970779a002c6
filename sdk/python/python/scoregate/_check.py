"""The component held against the library's own methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ._errors import CheckError, CompileError
from ._source import library_of

if TYPE_CHECKING:
    from ._model import Model


@dataclass(frozen=True)
class Difference:
    """How far a method's answers are apart.

    Attributes:
        largest: the largest difference of two numbers; of labels that differ 1.
        row: the first row where it is that large; None where nothing differs.
        expected: what the library has there.
        got: what the component has there.
        rows_over: rows that differ by more than is allowed.
    """

    largest: float
    row: int | None
    expected: Any
    got: Any
    rows_over: int

    def __str__(self) -> str:
        if self.row is None:
            return "equal"
        over = f", {self.rows_over} rows by more than allowed" if self.rows_over else ""
        return f"largest difference {self.largest:.3g} in row {self.row}, expected {self.expected}, got {self.got}{over}"


@dataclass(frozen=True)
class CheckReport:
    """What :meth:`Model.check <scoregate.Model.check>` found.

    Attributes:
        rows: rows that were compared.
        tolerance: how far a number may be off.
        rows_over_max: rows that may differ by more.
        methods: the difference of each method.
    """

    rows: int
    tolerance: float
    rows_over_max: int
    methods: dict[str, Difference]

    @property
    def largest(self) -> float:
        """The largest difference of all."""
        return max(difference.largest for difference in self.methods.values())

    @property
    def agrees(self) -> bool:
        return all(difference.rows_over <= self.rows_over_max for difference in self.methods.values())

    def __str__(self) -> str:
        lines = [f"{name}: {difference}" for name, difference in self.methods.items()]
        return "\n".join([f"{self.rows} rows compared", *lines])


def check(model: Model, original: Any, X: Any, tolerance: float, rows_over_max: int) -> CheckReport:
    expected = expected_of(original, X)
    outputs = model.score(X)
    compared = {}
    for method, wanted in expected.items():
        got = model._probabilities(outputs) if method == "predict_proba" else model._predicted(outputs)
        wanted = np.asarray(wanted)
        if wanted.ndim == 2 and wanted.shape[1] == 1:
            wanted = wanted[:, 0]
        if got.ndim == wanted.ndim + 1:
            # A booster of several classes may answer with labels where the component gives their probabilities.
            got = got.argmax(axis=1)
        compared[method] = difference(wanted, got, tolerance)
    report = CheckReport(len(X), tolerance, rows_over_max, compared)
    if not report.agrees:
        told = "; ".join(str(report).splitlines())
        raise CheckError(f"the component and the {type(original).__name__} do not agree: {told}", report)
    return report


def expected_of(original: Any, X: Any) -> dict[str, Any]:
    library = library_of(original)
    if library == "xgboost":
        from . import _xgboost

        return _xgboost.expected(original, X)
    if library == "lightgbm":
        from . import _lightgbm

        return _lightgbm.expected(original, X)
    if library == "sklearn":
        from . import _sklearn

        return _sklearn.expected(original, X)
    raise CompileError(f"{type(original).__name__} is no model of XGBoost, LightGBM or scikit-learn")


def difference(expected: np.ndarray, got: np.ndarray, tolerance: float) -> Difference:
    if expected.shape != got.shape:
        raise CheckError(f"the library answers with the shape {expected.shape} and the component with {got.shape}")
    numbers = expected.dtype.kind in "biuf" and got.dtype.kind in "biuf"
    if numbers:
        wide = expected.astype(float), got.astype(float)
        with np.errstate(invalid="ignore"):
            apart = np.abs(wide[0] - wide[1])
        same = (wide[0] == wide[1]) | (np.isnan(wide[0]) & np.isnan(wide[1]))
        apart = np.where(same, 0.0, np.where(np.isnan(apart), np.inf, apart))
        scale = np.where(np.isfinite(wide[0]), np.maximum(1.0, np.abs(wide[0])), 1.0)
        over = apart > tolerance * scale
    else:
        apart = (expected != got).astype(float)
        over = apart > 0
    if not apart.any():
        return Difference(0.0, None, None, None, 0)
    place = np.unravel_index(np.argmax(apart), apart.shape)
    rows_over = int(over.reshape(len(over), -1).any(axis=1).sum())
    return Difference(float(apart[place]), int(place[0]), expected[place], got[place], rows_over)
