"""Rows to train on, and rows that are hard to answer."""

import numpy as np
import onnx

CORNERS = [np.nan, np.inf, -np.inf, 3.4028234663852886e38, -3.4028234663852886e38, 1e-45, -0.0]
LABELS = np.array(["été", "no", "ja"])


class Data:
    """Rows with a signal in every feature: `x`, and what is to be learned of it."""

    def __init__(self, seed, rows=120, features=5, kind=np.float32, missing=0.0, positive=False):
        rng = np.random.default_rng(seed)
        values = rng.normal(size=(rows, features))
        values[:, -1] = np.round(values[:, -1] * 2) / 2
        signal = values[:, 0] - 0.7 * values[:, 1] + values[:, 2] * values[:, -1] + 0.2 * rng.normal(size=rows)
        if np.issubdtype(kind, np.integer):
            values = np.round(values * 3)
        if positive:
            values = np.abs(values)
        self.x = values.astype(kind)
        self.y = signal
        self.positive = np.abs(signal) + 0.1
        self.targets = np.column_stack([signal, values[:, 1] - values[:, 2]])
        self.binary = (signal > 0).astype(np.int64)
        self.classes = np.digitize(signal, [-0.6, 0.6])
        self.labels = LABELS[self.classes]
        self.many = np.column_stack([signal > 0, values[:, 1] > 0.3, values[:, 2] > -0.5]).astype(np.int64)
        if missing:
            self.x[rng.random(values.shape) < missing] = np.nan


def thresholds(model):
    """What trees compare, by the place of the feature in their input."""
    found = {}
    for node in model.graph.node:
        attributes = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
        features = attributes.get("nodes_featureids")
        values = attributes.get("nodes_values", attributes.get("nodes_values_as_tensor", attributes.get("nodes_splits")))
        if features is None or values is None:
            continue
        if isinstance(values, onnx.TensorProto):
            values = onnx.numpy_helper.to_array(values)
        for feature, value in zip(features, values):
            if value != 0 and np.isfinite(value):
                found.setdefault(int(feature), set()).add(float(value))
    return {feature: sorted(values) for feature, values in found.items()}


def planted(rng, rows, known, missing):
    """Thresholds, their neighbours, zeros and missing values among ordinary numbers, in the second half of the rows."""
    kind = rows.dtype.type
    half = len(rows) // 2
    for row in rows[half:]:
        for feature in range(len(row)):
            chosen = rng.integers(0, 8)
            if chosen == 0:
                row[feature] = 0
            elif chosen == 1 and missing:
                row[feature] = np.nan
            elif chosen <= 4 and feature in known:
                value = kind(known[feature][rng.integers(0, len(known[feature]))])
                toward = [None, kind(-np.inf), kind(np.inf)][chosen - 2]
                row[feature] = value if toward is None else np.nextafter(value, toward)
    rows[half] = 0
    if missing:
        rows[half + 1] = np.nan
    return rows


def hard_rows(seed, base, model, odd, missing, unseen, count):
    """Rows for one model, and how many of them its library takes. `unseen` are values put into columns of strings or whole numbers, by column;
    `odd` adds rows that only onnxruntime answers."""
    rng = np.random.default_rng(seed)
    places = rng.integers(0, len(base), count)
    if hasattr(base, "columns"):
        table = base.iloc[places].reset_index(drop=True)
        for column, values in dict(unseen).items():
            for place, value in enumerate(values):
                table.loc[count // 2 + (2 * place + 1) % (count // 2), column] = value
        return table, count
    rows = np.array(base)[places]
    for column, values in dict(unseen).items():
        for place, value in enumerate(values):
            rows[count // 2 + (2 * place + 1) % (count // 2), column] = value
    if rows.dtype.kind != "f":
        return rows, count
    if not unseen:
        rows = planted(rng, rows, thresholds(model), missing)
    if not odd:
        return rows, count
    corners = rows[rng.integers(0, count, 4)].copy()
    greatest = np.finfo(rows.dtype).max
    corners[0] = np.nan
    corners[1, rng.integers(0, corners.shape[1])] = np.inf
    corners[2, rng.integers(0, corners.shape[1])] = -np.inf
    corners[3] = np.resize([greatest, -greatest, np.finfo(rows.dtype).smallest_subnormal, -0.0], corners.shape[1])
    return np.concatenate([rows, corners]), count
