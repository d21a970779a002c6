"""What the training scripts of the generated samples share: events in, a model and its own scores of other events out.

Events come from `target/release/generate` (`cargo build --release --bin generate`), or what GENERATE names.
"""

import os
import subprocess
from pathlib import Path

import numpy as np
import xgboost
from sklearn.metrics import average_precision_score, precision_score, recall_score, roc_auc_score

REPOSITORY = Path(__file__).resolve().parents[2]
GENERATE = os.environ.get("GENERATE", str(REPOSITORY / "target/release/generate"))
TRAINED_EVENTS = 60_000
HELDOUT_EVENTS = 2_000
# The held-out world runs for a while before it is looked at, so that failures and sessions are under way in it.
WARM_UP_EVENTS = 30_000
# Several worlds: of one alone a model would learn its few devices by heart.
TRAINED_SEEDS, HELDOUT_SEED = (1, 3, 4, 5, 6), 2
PARAMETERS = {
    "objective": "binary:logistic", "max_depth": 5, "eta": 0.12, "min_child_weight": 8, "subsample": 0.9,
    "colsample_bytree": 0.8, "tree_method": "hist", "nthread": 1, "seed": 7,
}
TREES = 80


def generate(*arguments) -> bytes:
    return subprocess.run([GENERATE, *map(str, arguments)], check=True, stdout=subprocess.PIPE).stdout


def labelled(kind: str, seed: int, count: int) -> list[tuple[int, str, bytes]]:
    """Label, pattern and event of each."""
    lines = generate(kind, "--seed", seed, "--count", count, "--labels").splitlines()
    return [(int(label), pattern.decode(), event) for label, pattern, event in (line.split(b"\t", 2) for line in lines)]


def heldout(kind: str) -> list[tuple[int, str, bytes]]:
    """Events of another world: no device, visitor or shopper of it was trained on."""
    return labelled(kind, HELDOUT_SEED, WARM_UP_EVENTS + HELDOUT_EVENTS)[-HELDOUT_EVENTS:]


def make(kind: str, name: str, suffix: str, names: list[str], features, folder: Path, thresholds: tuple[float, ...]):
    """Trains, scores the held-out events with XGBoost itself, and writes the files that the README lists."""
    known = [each for seed in TRAINED_SEEDS for each in labelled(kind, seed, TRAINED_EVENTS)]
    unseen = heldout(kind)
    labels = np.array([label for label, _, _ in known])
    data = xgboost.DMatrix(features([event for _, _, event in known]), label=labels, feature_names=names)
    model = xgboost.train(PARAMETERS, data, num_boost_round=TREES)

    matrix = features([event for _, _, event in unseen])
    asked = xgboost.DMatrix(matrix, feature_names=names, nthread=1)
    margin, probability = model.predict(asked, output_margin=True), model.predict(asked)
    labels = np.array([label for label, _, _ in unseen])

    model.save_model(folder / f"{name}.json")
    (folder / f"heldout.{suffix}").write_bytes(b"".join(event + b"\n" for _, _, event in unseen))
    (folder / "heldout.features.bin").write_bytes(matrix.astype("<f4").tobytes())
    # The shortest decimals that read back as the same f32.
    rows = [f"{np.float32(m)!s},{np.float32(p)!s},{label}" for m, p, label in zip(margin, probability, labels)]
    (folder / "heldout.scores.csv").write_text("\n".join(["margin,probability,label", *rows]) + "\n")
    report(model, len(known), probability, labels, np.array([pattern for _, pattern, _ in unseen]), thresholds)


def report(model, known, probability, labels, patterns, thresholds):
    print(f"trained on     {known} events, {TREES} trees of depth {PARAMETERS['max_depth']}, {model.num_features()} features")
    print(f"held out       {len(labels)} events, {labels.sum()} of them positive")
    print(f"AUC            {roc_auc_score(labels, probability):.4f}")
    print(f"avg. precision {average_precision_score(labels, probability):.4f}")
    for threshold in thresholds:
        above = probability > threshold
        print(f"above {threshold:<8} {above.sum()}, precision {precision_score(labels, above, zero_division=0):.3f}, "
              f"recall {recall_score(labels, above):.3f}")
    for pattern in sorted(set(patterns)):
        found = probability[patterns == pattern]
        print(f"  {pattern:14} {len(found):5}, median {np.median(found):.3f}, above {thresholds[0]}: {(found > thresholds[0]).sum()}")
    gain = model.get_score(importance_type="total_gain")
    print("by gain        " + ", ".join(sorted(gain, key=gain.get, reverse=True)[:6]))
