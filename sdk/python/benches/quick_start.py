"""Times the way from `pip install` of the wheel to an answered `curl`, in an environment made for it, for each kind of model.

`python benches/quick_start.py WHEEL`, with Python 3.11 or later and curl; it fetches the libraries from PyPI. The four steps are those of the README.
The libraries are there before the clock runs, since whoever has a fitted model has them. Ports 8080 and 8090 must be free.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

REQUIREMENTS = Path(__file__).parents[1] / "tests" / "requirements.txt"
#: What the user has: a classifier, and the data frame that it was fitted with.
FITTED = """
import numpy as np, pandas as pd
random = np.random.default_rng(1)
X = pd.DataFrame({"amount": random.gamma(2.0, 40.0, 5000), "hour": random.integers(0, 24, 5000), "country": random.choice(["AT", "CH", "DE"], 5000)})
y = (X.amount / 80 + (X.country == "CH") + random.random(5000) > 2).astype(int)
"""
MODELS = {
    "XGBoost": """
import xgboost
X = X[["amount", "hour"]]
classifier = xgboost.XGBClassifier(n_estimators=100, max_depth=5).fit(X, y)
""",
    "LightGBM": """
import lightgbm
X = X.astype({"country": "category"})
classifier = lightgbm.LGBMClassifier(n_estimators=100, verbose=-1).fit(X, y)
""",
    "scikit-learn pipeline with texts": """
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
columns = make_column_transformer((OneHotEncoder(), ["country"]), (StandardScaler(), ["amount", "hour"]))
classifier = make_pipeline(columns, LogisticRegression()).fit(X, y)
""",
}
#: The user's cells, each timed; the last one is the shell's.
CELLS = """
import json, subprocess, time
begun = time.perf_counter()
import scoregate
pipeline = scoregate.compile(classifier, X).pipeline("fraud", sample=X)
written = time.perf_counter()
gateway = scoregate.serve(pipeline)
ready = time.perf_counter()
answer = subprocess.run(["curl", "-s", "-d", "@fraud/event.json", "http://127.0.0.1:8080/pipelines/fraud/score"], capture_output=True, check=True)
answered = time.perf_counter()
gateway.stop()
expected = float(classifier.predict_proba(X[:1])[0, 1])
assert abs(json.loads(answer.stdout)["score"] - expected) < 1e-5, answer.stdout
print(json.dumps([written - begun, ready - written, answered - ready]))
"""


def main() -> None:
    [wheel] = sys.argv[1:]
    with tempfile.TemporaryDirectory() as made:
        environment = Path(made, "venv")
        venv.create(environment, with_pip=True)
        python = environment / "bin" / "python"
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--requirement", REQUIREMENTS], check=True)
        begun = time.perf_counter()
        subprocess.run([*pip, wheel], check=True)
        installed = time.perf_counter() - begun
        print("| model | 1 `pip install` of the wheel | 2 `compile` and `pipeline` | 3 `serve` | 4 `curl` | together |\n| --- | --- | --- | --- | --- | --- |")
        for name, code in MODELS.items():
            folder = tempfile.mkdtemp(dir=made)
            ran = subprocess.run(
                [python, "-W", "ignore", "-c", FITTED + code + CELLS], cwd=folder, stdout=subprocess.PIPE, check=True, env={**os.environ}
            )
            steps = [installed, *json.loads(ran.stdout.splitlines()[-1])]
            print(f"| {name} | " + " | ".join(f"{step:.2f} s" for step in [*steps, sum(steps)]) + " |")


if __name__ == "__main__":
    main()
