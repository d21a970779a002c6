"""Makes everything in this folder that is made: see README.md.

    python3 train.py
"""

import sys
from pathlib import Path

from skl2onnx.common.data_types import FloatTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import IsolationForest
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "training"))

import training
from features import LOOKED_AT, NAMES, features

TREES, READINGS_PER_TREE = 100, 512
FRAME_BYTES = 38


def main():
    known, unseen = training.known("iot"), training.unseen("iot")
    columns = [NAMES.index(name) for name in LOOKED_AT]
    # Converted, a forest would forget where missing values go: they are filled in before it.
    filled = ColumnTransformer([("median", SimpleImputer(strategy="median"), columns)])
    forest = IsolationForest(n_estimators=TREES, max_samples=READINGS_PER_TREE, random_state=training.SEED)
    model = make_pipeline(filled, forest).fit(features(known.payloads))
    takes = [("features", FloatTensorType([None, len(NAMES)]))]
    converted = training.to_onnx(model, takes)
    (HERE / "anomaly.onnx").write_bytes(converted)

    matrix = features(unseen.payloads)
    own = model.decision_function(matrix)
    onnx = training.run_onnx(converted, {"features": matrix})["scores"].ravel()
    (HERE / "heldout.features.bin").write_bytes(matrix.astype("<f4").tobytes())
    training.write_heldout(HERE, "ndjson", unseen, {"scikit_learn": own, "onnxruntime": onnx})
    # The same readings as frames.
    count = training.WARM_UP_EVENTS + training.HELDOUT_EVENTS
    frames = training.generate("iot", "--seed", training.HELDOUT_SEED, "--count", count, "--form", "binary")
    (HERE / "heldout.bin").write_bytes(frames[-training.HELDOUT_EVENTS * FRAME_BYTES:])

    # As the adapter tells it.
    score = 0.5 - own
    training.report(f"{TREES} trees of {READINGS_PER_TREE} readings", known, unseen, score, (0.5, 0.6))
    training.difference(onnx, own)


if __name__ == "__main__":
    main()
