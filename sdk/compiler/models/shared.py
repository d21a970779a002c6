"""Data, hard rows and files, for both libraries.

NAME.rows is little endian: u32 bytes a number, rows, features, margins a row, predictions a row; then in those numbers the rows, the library's raw
margins and its predictions. NAME.contributions, where the library computes them: u32 rows and numbers a row, then which rows of NAME.rows they are,
and in the same numbers what `predict` gives by `pred_contribs` or `pred_contrib`. RELEASE.tsv lists the models of one release: name, file, range of iterations or `all`, and what is special of it.
"""

import pathlib
import struct

import numpy as np

HERE = pathlib.Path(__file__).parent
ROWS = 72
# Every so many rows are explained.
EXPLAINED = 3
FEATURES = 6
# The last two features are categories, where a model is told so.
CATEGORIES = (4, 5)
CODES = (4, 70)


def data(seed, rows=400, missing=0.1, categories=False, zeros=0.0):
    """Rows and a signal in all features."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(rows, FEATURES)).astype(np.float32)
    values[:, 3] = np.round(values[:, 3] * 2) / 2
    if categories:
        for feature, codes in zip(CATEGORIES, CODES):
            values[:, feature] = rng.integers(0, codes, rows)
    signal = values[:, 0] + 0.5 * values[:, 1] ** 2 - values[:, 2] * values[:, 3]
    signal = signal + sum(np.sin(values[:, feature] * 7) for feature in CATEGORIES) + 0.3 * rng.normal(size=rows)
    values[rng.random(values.shape) < zeros] = 0
    values[rng.random(values.shape) < missing] = np.nan
    return rng, values, signal.astype(np.float64)


def hard_rows(seed, base, thresholds, categories, corners, codes):
    """Ordinary rows with thresholds, their neighbours, odd categories and IEEE 754's corners planted among them."""
    rng = np.random.default_rng(seed)
    kind_of = base.dtype.type
    rows = base[rng.integers(0, len(base), ROWS)].copy()
    for row in rows[ROWS // 6 :]:
        for feature in range(rows.shape[1]):
            kind = rng.integers(0, 6)
            if categories and feature in CATEGORIES:
                if kind <= 2:
                    row[feature] = rng.choice(codes)
            elif kind == 0:
                row[feature] = rng.choice(corners)
            elif kind <= 3 and thresholds.get(feature):
                known = sorted(thresholds[feature])
                value = kind_of(known[rng.integers(0, len(known))])
                toward = [None, kind_of(-np.inf), kind_of(np.inf)][kind - 1]
                row[feature] = value if toward is None else np.nextafter(value, toward)
    rows[0] = np.nan
    rows[1] = 0
    return rows


class Models:
    """What one release trained; the file that lists it is written at the end."""

    def __init__(self, release):
        self.release = release
        self.lines = []
        for old in HERE.glob(f"{release}.*"):
            old.unlink()

    def add(self, name, ending, model, rows, margins, predictions, what, iterations="all", explained=None):
        """`iterations` is a range as the command line takes it; `explained` are places of rows and their contributions."""
        assert "\t" not in what and len(margins) == len(predictions) == len(rows)
        name = f"{self.release}.{name}"
        (HERE / f"{name}.{ending}").write_bytes(model)
        kind = rows.dtype
        parts = [rows, margins.reshape(len(rows), -1), predictions.reshape(len(rows), -1)]
        head = struct.pack("<5I", kind.itemsize, len(rows), *(part.shape[1] for part in parts))
        numbers = b"".join(part.astype(kind.newbyteorder("<")).tobytes() for part in parts)
        (HERE / f"{name}.rows").write_bytes(head + numbers)
        if explained:
            places, contributions = explained
            head = struct.pack(f"<{2 + len(places)}I", len(places), contributions.size // len(places), *places)
            (HERE / f"{name}.contributions").write_bytes(head + contributions.astype(kind.newbyteorder("<")).tobytes())
        self.lines.append(f"{name}\t{name}.{ending}\t{iterations}\t{what}\n")

    def finish(self):
        (HERE / f"{self.release}.tsv").write_text("".join(self.lines))
