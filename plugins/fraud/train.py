"""Makes everything in this folder that is made: see README.md.

    python3 train.py
"""

from pathlib import Path

import numpy as np
import xgboost
from sklearn.metrics import average_precision_score, precision_score, recall_score, roc_auc_score

from features import NAMES, features
from generate import payments
from spoil import WAYS, to_line

HERE = Path(__file__).parent
HELDOUT_EVENTS = 4000
SPOILT_EVERY = HELDOUT_EVENTS // len(WAYS)
DECLINE_ABOVE = 0.8
PARAMETERS = {
    "objective": "binary:logistic", "max_depth": 5, "eta": 0.12, "min_child_weight": 4, "subsample": 0.9,
    "colsample_bytree": 0.8, "tree_method": "hist", "nthread": 1, "seed": 7,
}
TREES = 100


def main():
    rows = payments()
    # The last days of the month: a model is asked of the future, never of the past.
    known, heldout = rows[:-HELDOUT_EVENTS], rows[-HELDOUT_EVENTS:]
    model = train(known)
    events, labels, patterns = zip(*heldout)
    lines, rejected = spoil(events)
    good = np.array([field is None for field in rejected])
    matrix = features([event for event, ok in zip(events, good) if ok])
    margin, probability = score(model, matrix)

    model.save_model(HERE / "fraud.json")
    (HERE / "heldout.ndjson").write_text("".join(line + "\n" for line in lines))
    (HERE / "heldout.features.bin").write_bytes(matrix.astype("<f4").tobytes())
    (HERE / "heldout.scores.csv").write_text(scores_csv(margin, probability, labels, rejected))
    report(probability, np.array(labels)[good], np.array(patterns)[good], len(known), int((~good).sum()))


def train(rows):
    events, labels, _ = zip(*rows)
    data = xgboost.DMatrix(features(list(events)), label=np.array(labels), feature_names=NAMES)
    return xgboost.train(PARAMETERS, data, num_boost_round=TREES)


def spoil(events):
    """The events as lines, now and then one spoilt, and the field that its rejection must name (None: accepted)."""
    lines, rejected, ways = [], [], iter(WAYS)
    for index, event in enumerate(events):
        field, way = next(ways, (None, to_line)) if index % SPOILT_EVERY == SPOILT_EVERY // 2 else (None, to_line)
        lines.append(way(event))
        rejected.append(field)
    return lines, rejected


def score(model, matrix):
    data = xgboost.DMatrix(matrix, feature_names=NAMES, nthread=1)
    return model.predict(data, output_margin=True), model.predict(data)


def scores_csv(margin, probability, labels, rejected):
    """The shortest decimals that read back as the same f32."""
    scored = iter(zip(margin, probability))
    lines = ["margin,probability,label,rejected"]
    for label, field in zip(labels, rejected):
        if field is None:
            raw, share = next(scored)
            lines.append(f"{np.float32(raw)!s},{np.float32(share)!s},{label},")
        else:
            lines.append(f",,,{field}")
    return "\n".join(lines) + "\n"


def report(probability, labels, patterns, trained_on, spoilt):
    declined = probability > DECLINE_ABOVE
    print(f"trained on     {trained_on} payments, {TREES} trees of depth {PARAMETERS['max_depth']}, {len(NAMES)} features")
    print(f"held out       {len(labels)} payments, {labels.sum()} of them fraud, and {spoilt} that must be rejected")
    print(f"AUC            {roc_auc_score(labels, probability):.4f}")
    print(f"avg. precision {average_precision_score(labels, probability):.4f}")
    for threshold in (0.5, DECLINE_ABOVE):
        declined = probability > threshold
        print(f"above {threshold}      {declined.sum()} declined, precision {precision_score(labels, declined):.3f}, "
              f"recall {recall_score(labels, declined):.3f}")
    for pattern in sorted({p for p in patterns if p}):
        found = probability[patterns == pattern]
        print(f"  {pattern:22} {(found > DECLINE_ABOVE).sum():3} of {len(found):3} declined, median probability {np.median(found):.3f}")


if __name__ == "__main__":
    main()
