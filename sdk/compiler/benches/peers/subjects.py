"""The models that are timed: A, B and C by both libraries, trained anew, and the samples of the repository that either library trained."""

import hashlib
import pathlib

import lightgbm
import numpy as np
import xgboost

PLUGINS = pathlib.Path(__file__).resolve().parents[4] / "plugins"
SAMPLES = ("fraud", "anomaly", "bots", "conversion")
TRAIN_ROWS = 20_000
# Trees, leaves of each, features of a row.
SHAPES = {"A": (100, 31, 30), "B": (500, 63, 50), "C": (300, 255, 82)}


class Subject:
    def __init__(self, name, library, file, features, sample=None):
        self.name, self.library, self.file, self.features, self.sample = name, library, file, features, sample
        # What was compiled from another model of this name is not this one's.
        self.digest = hashlib.sha256(file.read_bytes()).hexdigest()[:12]

    def rows(self, random, count):
        """Fresh rows; those of A, B and C are f32, so that an f64 peer gets the same numbers."""
        if self.sample is not None:
            return np.ascontiguousarray(self.sample[random.integers(0, len(self.sample), count)])
        return random.uniform(-2.2, 2.2, (count, self.features)).astype("<f4")

    def training_rows(self, folder):
        """A file of rows like those of the training; of a sample those that were held out, which is to the peer's advantage."""
        file = folder / f"{self.file.stem}.{self.digest}.npy"
        if not file.exists():
            np.save(file, data(self.features)[0] if self.sample is None else self.sample)
        return file


def subjects(folder, only):
    """Those named, or all."""
    wanted = lambda name: not only or name in only
    for name, shape in SHAPES.items():
        if not wanted(name):
            continue
        for library, train in (("LightGBM", train_lightgbm), ("XGBoost", train_xgboost)):
            file = folder / f"{name}.{library}.{'txt' if library == 'LightGBM' else 'json'}"
            if not file.exists():
                train(shape, file)
            yield Subject(f"{name}, {library}", library, file, shape[2])
    for name in filter(wanted, SAMPLES):
        yield from sample(name)


def sample(name):
    """A sample by the library whose file it has; pipelines in ONNX have a benchmark of their own."""
    folder = PLUGINS / name
    xgboosts, lightgbms = folder / f"{name}.json", folder / f"{name}.txt"
    if xgboosts.exists():
        file, library, features = xgboosts, "XGBoost", xgboost.Booster(model_file=xgboosts).num_features()
    elif lightgbms.exists():
        file, library, features = lightgbms, "LightGBM", lightgbm.Booster(model_file=lightgbms).num_feature()
    else:
        return
    numbers = (folder / "heldout.features.bin").read_bytes()
    # Of f32, unless these would be more rows than were scored.
    scored = len((folder / "heldout.scores.csv").read_text().splitlines()) - 1
    rows = np.frombuffer(numbers, "<f4" if len(numbers) // 4 // features <= scored else "<f8").reshape(-1, features)
    yield Subject(f"{name}, {library}", library, file, features, rows)


def data(features):
    random = np.random.default_rng(7)
    rows = random.uniform(-2.2, 2.2, (TRAIN_ROWS, features)).astype("<f4")
    weights = random.normal(size=features)
    target = np.sin(rows * 2) @ weights + rows[:, 0] * rows[:, 1] + random.normal(size=TRAIN_ROWS)
    return rows, target


def train_lightgbm(shape, file):
    trees, leaves, features = shape
    parameters = {"objective": "regression", "num_leaves": leaves, "learning_rate": 0.1, "min_data_in_leaf": 5,
                  "num_threads": 1, "verbose": -1, "seed": 7, "deterministic": True}
    lightgbm.train(parameters, lightgbm.Dataset(*data(features)), trees).save_model(file)


def train_xgboost(shape, file):
    trees, leaves, features = shape
    # 63 leaves are what a depth of 6 makes; the others grow as LightGBM's do.
    growth = {"max_depth": 6} if leaves == 63 else {"max_depth": 0, "max_leaves": leaves, "grow_policy": "lossguide"}
    parameters = {"objective": "reg:squarederror", "eta": 0.1, "tree_method": "hist", "nthread": 1, "seed": 7, **growth}
    rows, target = data(features)
    xgboost.train(parameters, xgboost.DMatrix(rows, target, nthread=1), trees).save_model(file)
