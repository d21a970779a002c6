"""Times whole pipelines in the sandbox beside onnxruntime and scikit-learn, one thread, in turns: `python benches/pipelines.py` with the package and
tests/requirements.txt installed, and onnxruntime.

Each engine is given what it takes, made before the clock runs: scoregate and onnxruntime arrays, one for each input, scikit-learn the data frame. Fresh rows
in each round; a figure is the median of the rounds' CPU time, and a ratio the median of the rounds' own with the least and the greatest.
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import statistics
import time
from typing import Any, Callable

import numpy as np
import onnxruntime
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import scoregate
from scoregate._sklearn import source
from scoregate._table import Table

ROWS = (1, 1_000)
ROUNDS = 15
#: CPU seconds of an engine in a round at least, so that the clock's ticks do not count.
ROUND_S = 0.05
NUMBERS = [f"number_{at}" for at in range(12)]
WORDS = {"country": 30, "device": 5, "plan": 4}


def rows(random: np.random.Generator, count: int) -> pd.DataFrame:
    numbers = {name: random.normal(size=count).astype("f4") for name in NUMBERS}
    words = {name: random.choice([f"{name} {at}" for at in range(many)], count) for name, many in WORDS.items()}
    return pd.DataFrame({**numbers, **words})


def subjects(X: pd.DataFrame, y: np.ndarray) -> dict[str, Any]:
    prepared = lambda: make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), list(WORDS)),
        (make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS),
    )
    estimators = {
        "texts, logistic regression": LogisticRegression(max_iter=300),
        "texts, random forest of 100": RandomForestClassifier(n_estimators=100, max_depth=8, random_state=1),
        "texts, network of 32 and 16": MLPClassifier((32, 16), max_iter=30, random_state=1),
    }
    made = {name: make_pipeline(prepared(), estimator).fit(X, y) for name, estimator in estimators.items()}
    made["numbers, boosted trees"] = HistGradientBoostingClassifier(max_iter=100, random_state=1).fit(X[NUMBERS], y)
    made["numbers, isolation forest of 100"] = IsolationForest(n_estimators=100, random_state=1).fit(X[NUMBERS])
    return made


def cpu(run: Callable[[], Any]) -> float:
    """Seconds of one call."""
    calls, start = 0, time.process_time()
    while (took := time.process_time() - start) < ROUND_S:
        run()
        calls += 1
    return took / calls


def main() -> None:
    random = np.random.default_rng(7)
    X = rows(random, 3_000)
    y = ((X.number_0 + X.number_1 * X.number_2 + (X.country == "country 3") * 2) > 0.3).to_numpy()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    print("| pipeline | rows | scoregate, µs a row | onnxruntime | scikit-learn | onnxruntime / scoregate | scikit-learn / scoregate |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, fitted in subjects(X, y).items():
        columns = NUMBERS if name.startswith("numbers") else list(X.columns)
        model = scoregate.compile(fitted, X[columns])
        session = onnxruntime.InferenceSession(source(fitted, X[columns]).content, options)
        for count in ROWS:
            figures = [measure(model, session, fitted, rows(random, count)[columns]) for _ in range(ROUNDS)]
            report(name, count, figures)


def measure(model: scoregate.Model, session: Any, fitted: Any, X: pd.DataFrame) -> tuple[float, float, float]:
    component = model._native()
    [batch] = Table(X, model.inputs, model.feature_names, None).batches()
    given = session.get_inputs()
    if len(given) == 1:
        feeds = {given[0].name: X.to_numpy(np.float32)}
    else:
        feeds = {port.name: X[[port.name]].to_numpy(object if "string" in port.type else np.float32) for port in given}
    asked = getattr(fitted, "predict_proba", None) or fitted.decision_function
    engines = (lambda: component.infer(batch), lambda: session.run(None, feeds), lambda: asked(X))
    for engine in engines:
        engine()
    ours, theirs, library = (cpu(engine) for engine in engines)
    return ours, theirs, library


def report(name: str, count: int, figures: list[tuple[float, float, float]]) -> None:
    micros = [statistics.median(figure[at] for figure in figures) / count * 1e6 for at in range(3)]
    ratios = []
    for at in (1, 2):
        each = sorted(figure[at] / figure[0] for figure in figures)
        ratios.append(f"{statistics.median(each):.2f} ({each[0]:.2f} – {each[-1]:.2f})")
    print(f"| {name} | {count:,} | " + " | ".join([*(f"{micro:,.2f}" for micro in micros), *ratios]) + " |", flush=True)


if __name__ == "__main__":
    main()
