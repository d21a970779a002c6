"""Makes everything in this folder that is made: see README.md.

    python3 train.py
"""

import sys
from pathlib import Path

import lightgbm

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "training"))

import training
from features import NAMES, features

PARAMETERS = {
    "objective": "binary", "num_leaves": 15, "learning_rate": 0.12, "min_data_in_leaf": 40, "bagging_fraction": 0.9,
    "bagging_freq": 1, "feature_fraction": 0.8, "num_threads": 1, "deterministic": True, "force_row_wise": True,
    "seed": training.SEED, "verbose": -1,
}
TREES = 80


def main():
    known, unseen = training.known("weblog"), training.unseen("weblog")
    data = lightgbm.Dataset(features(known.payloads), label=known.labels, feature_name=NAMES, params={"verbose": -1})
    model = lightgbm.train(PARAMETERS, data, num_boost_round=TREES)
    model.save_model(HERE / "bots.txt")

    matrix = features(unseen.payloads)
    margin, probability = model.predict(matrix, raw_score=True, num_threads=1), model.predict(matrix, num_threads=1)
    (HERE / "heldout.features.bin").write_bytes(matrix.astype("<f8").tobytes())
    training.write_heldout(HERE, "log", unseen, {"margin": margin, "probability": probability})

    gain = dict(zip(NAMES, model.feature_importance("gain")))
    leaves = PARAMETERS["num_leaves"]
    training.report(f"{TREES} trees of {leaves} leaves, {len(NAMES)} features", known, unseen, probability, (0.5, 0.9))
    print("by gain        " + ", ".join(sorted(gain, key=gain.get, reverse=True)[:6]))


if __name__ == "__main__":
    main()
