"""Makes everything in this folder that is made: see README.md.

    python3 train.py
"""

import sys
from pathlib import Path

import numpy as np
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "training"))

import training
from features import NUMBERS, TEXTS, features

THRESHOLDS = (0.2, 0.6)


def main():
    known, unseen = training.known("clicks"), training.unseen("clicks")
    columns = ColumnTransformer([
        # A source that is new tells nothing, and is no mistake.
        ("texts", OneHotEncoder(handle_unknown="ignore", sparse_output=False), TEXTS),
        ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS),
    ])
    model = make_pipeline(columns, LogisticRegression(max_iter=500))
    # On several threads sums come in another order each time.
    with threadpool_limits(1):
        model.fit(features(known.payloads), known.labels)
    takes = [(name, StringTensorType([None, 1])) for name in TEXTS] + [(name, FloatTensorType([None, 1])) for name in NUMBERS]
    converted = training.to_onnx(model, takes, options={"zipmap": False})
    (HERE / "conversion.onnx").write_bytes(converted)

    frame = features(unseen.payloads)
    own = model.predict_proba(frame)[:, 1]
    inputs = {name: frame[[name]].to_numpy(object if name in TEXTS else np.float32) for name in TEXTS + NUMBERS}
    onnx = training.run_onnx(converted, inputs)["probabilities"][:, 1]
    frame.to_csv(HERE / "heldout.features.csv", index=False)
    training.write_heldout(HERE, "ndjson", unseen, {"scikit_learn": own, "onnxruntime": onnx})

    training.report(f"{len(TEXTS)} texts and {len(NUMBERS)} numbers", known, unseen, own, THRESHOLDS)
    training.difference(onnx, own)
    weights = dict(zip(columns.get_feature_names_out(), model[-1].coef_[0]))
    print("by weight      " + ", ".join(f"{name} {weights[name]:.2f}" for name in sorted(weights, key=lambda n: -abs(weights[n]))[:8]))


if __name__ == "__main__":
    main()
