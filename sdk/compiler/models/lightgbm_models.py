"""Trains the models of one release of LightGBM; train.py calls it."""

import sys
import tempfile

import lightgbm as lgb
import numpy as np

from shared import CATEGORIES, EXPLAINED, Models, data, hard_rows

RELEASE = sys.argv[1]
assert RELEASE == f"lightgbm-{lgb.__version__}", "the models are trained with pinned versions"
VERSION = tuple(int(part) for part in lgb.__version__.split("."))
MODELS = Models(RELEASE)
TINY = 5e-324
ZERO = float(np.float32(1e-35))
NEAR_ZERO = [ZERO, -ZERO, np.nextafter(ZERO, 1), np.nextafter(-ZERO, -1), 1e-35, 1e-36, -1e-36, 1.1e-35, -1.1e-35]
CORNERS = np.array([np.nan, 0.0, -0.0, np.inf, -np.inf, TINY, -TINY, 2.2250738585072014e-308, 1.7e308, -1.7e308, *NEAR_ZERO])
CODES = np.array([0, 1, 2, 3, 3.7, -0.0, -0.5, -0.25, -0.999, -0.5, -1, -7, 31, 32, 63, 64, 69, 70, 1000, 2147483647, 2147483648, -2147483649, 1e18, np.inf, np.nan])
SMALL = {"num_threads": 1, "seed": 7, "verbosity": -1, "num_leaves": 7, "min_data_in_leaf": 5, "deterministic": True, "force_row_wise": True}


def thresholds(text):
    found = {}
    for tree in text.split("\nTree=")[1:]:
        fields = dict(line.split("=", 1) for line in tree.splitlines() if "=" in line)
        if "split_feature" not in fields:
            continue
        for feature, value, kind in zip(*(fields[key].split() for key in ("split_feature", "threshold", "decision_type"))):
            if not int(kind) & 1:
                found.setdefault(int(feature), set()).add(float(value))
    return found


def add(name, what, booster, base, categories=False, iterations=None, finite=False):
    text = booster.model_to_string(num_iteration=-1)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        booster = lgb.Booster(model_file=file.name)
    corners = CORNERS[~np.isinf(CORNERS) & (np.abs(CORNERS) < 1e300)] if finite else CORNERS
    rows = hard_rows(len(name), base.astype(np.float64), thresholds(text), categories, corners, CODES)
    more, shown = {"num_threads": 1}, "all"
    if iterations:
        begin, end = iterations
        more.update(start_iteration=begin, num_iteration=end - begin)
        shown = f"{begin},{end}"
    margins = booster.predict(rows, raw_score=True, **more)
    values = booster.predict(rows, **more)
    explained = None
    # LightGBM computes no contributions of linear leaves.
    if "is_linear=1" not in text:
        places = list(range(0, len(rows), EXPLAINED))
        explained = places, booster.predict(rows[places], pred_contrib=True, **more)
    MODELS.add(name, "txt", text.encode(), rows, margins, values, what, shown, explained)


def train(parameters, values, labels, rounds=4, dataset=None, **more):
    given = dataset or {}
    return lgb.train({**SMALL, **parameters}, lgb.Dataset(values.astype(np.float64), labels, free_raw_data=False, **given), rounds, **more)


def objectives():
    rng, x, y = data(11)
    positive = np.abs(y) + 0.1
    yes = (y > 0.3).astype(int)
    classes = np.digitize(y, [-0.5, 0.5])
    share = 1 / (1 + np.exp(-y))
    labels = {
        "regression": y, "regression_l1": y, "huber": y, "fair": y, "quantile": y, "mape": positive, "poisson": np.floor(positive),
        "gamma": positive, "tweedie": positive, "binary": yes, "multiclass": classes, "multiclassova": classes, "cross_entropy": share,
        "cross_entropy_lambda": share,
    }
    for objective, label in labels.items():
        more = {"num_class": 3} if objective.startswith("multiclass") else {}
        add(objective, f"objective `{objective}`", train({"objective": objective, **more}, x, label, 3), x)
    for objective in ("regression", "regression_l1", "huber", "fair", "quantile", "mape"):
        label = positive if objective == "mape" else y
        add(f"{objective}_sqrt", f"objective `{objective}`, `reg_sqrt`", train({"objective": objective, "reg_sqrt": True}, x, label, 3), x)
    for objective, label in (("binary", yes), ("multiclassova", classes)):
        more = {"num_class": 3} if objective == "multiclassova" else {}
        add(f"{objective}_sigmoid", f"objective `{objective}`, `sigmoid` 0.7", train({"objective": objective, "sigmoid": 0.7, **more}, x, label, 3), x)
    for objective in ("lambdarank", "rank_xendcg"):
        ranked = {"group": np.full(len(x) // 10, 10)}
        add(objective, f"objective `{objective}`", train({"objective": objective}, x, yes, 3, ranked), x)

    def own(predictions, dataset):
        return predictions - dataset.get_label(), np.ones(len(predictions))

    add("own", "an objective of the user's own", train({"objective": own}, x, y, 3), x)


def boosters():
    rng, x, y = data(12, missing=0.2)
    yes = (y > 0.3).astype(int)
    classes = np.digitize(y, [-0.5, 0.5])
    binary = {"objective": "binary"}
    add("binary_missing", "missing values", train(binary, x, yes, 5), x)
    add("dart", "DART", train({**binary, "boosting": "dart", "drop_rate": 0.5}, x, yes, 8), x)
    forest = {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}
    add("rf", "a random forest: `average_output`", train({**binary, **forest}, x, yes, 5), x)
    add("rf_regression", "a random forest of a regression", train({"objective": "regression", **forest}, x, y, 5), x)
    add("rf_classes", "a random forest of three classes", train({"objective": "multiclass", "num_class": 3, **forest}, x, classes, 3), x)
    add("goss", "GOSS", train({**binary, "boosting": "goss"}, x, yes, 3), x)
    add("stumps", "trees of two leaves and of one", train({**binary, "num_leaves": 2, "min_data_in_leaf": 150}, x, yes, 5), x)
    add("constant", "trees of a single leaf", train({"objective": "regression", "min_data_in_leaf": 1000}, x, y, 3), x)
    add("deep", "deep trees", train({**binary, "num_leaves": 60, "min_data_in_leaf": 1}, x, yes, 1), x)
    names = {"feature_name": [f"field_{at}" for at in range(x.shape[1])]}
    add("names", "feature names", train(binary, x, yes, 3, names), x)
    add("monotone", "monotone constraints", train({**binary, "monotone_constraints": [1, 0, -1, 0, 0, 0]}, x, yes, 3), x)
    add("saturated", "margins beyond exp's range", train({**binary, "learning_rate": 900.0}, x, yes, 3), x)
    add("huge", "huge margins", train({"objective": "poisson", "learning_rate": 40.0, "poisson_max_delta_step": 0.01}, x, np.abs(y), 3), x)
    if VERSION >= (3,):
        add("iterations", "iterations 1 to 3 of 6", train(binary, x, yes, 6), x, iterations=(1, 3))
        add("iterations_rf", "iterations 1 to 4 of a random forest", train({**binary, **forest}, x, yes, 5), x, iterations=(1, 4))
        many = {"objective": "multiclass", "num_class": 3}
        add("iterations_classes", "iterations 1 to 3 of three classes", train(many, x, classes, 4), x, iterations=(1, 3))
    else:
        add("classes", "three classes", train({"objective": "multiclass", "num_class": 3}, x, classes, 3), x)


def zeros():
    """The three meanings of a missing value, where many values are zero."""
    rng, x, y = data(13, missing=0.15, zeros=0.3)
    yes = (y > 0.3).astype(int)
    add("nan_missing", "NaN is missing", train({"objective": "binary"}, x, yes, 5), x)
    add("zero_missing", "zero and NaN are missing: `zero_as_missing`", train({"objective": "binary", "zero_as_missing": True}, x, yes, 5), x)
    add("never_missing", "nothing is missing: `use_missing` false", train({"objective": "binary", "use_missing": False}, x, yes, 5), x)
    add("no_missing", "no value was missing in training", train({"objective": "binary"}, np.nan_to_num(x), yes, 5), x)
    near = np.nan_to_num(x).astype(np.float64)
    # Both sides of the zero bin become thresholds, so that a row at its very edge shows whether it is zero before it is compared.
    near[:, 0] = rng.choice([0, 2e-35, -2e-35, 5e-36, 3e-35, -3e-35], len(x))
    label = y + 9 * (near[:, 0] < -ZERO) - 5 * (near[:, 0] > ZERO)
    booster = train({"objective": "regression", "min_data_in_bin": 1}, near, label, 4)
    add("near_zero", "thresholds beside zero", booster, near)


def categories():
    rng, x, y = data(14, categories=True)
    yes = (y > 0).astype(int)
    told = {"categorical_feature": list(CATEGORIES)}
    small = {"min_data_per_group": 5, "cat_smooth": 1.0, "max_cat_threshold": 64}
    add("onehot", "categorical splits, one against the rest", train({"objective": "regression", **small, "max_cat_to_onehot": 1000}, x, y, 5, told), x, True)
    add("sets", "categorical splits by sets", train({"objective": "binary", **small, "max_cat_to_onehot": 1}, x, yes, 5, told), x, True)
    zero = {"objective": "binary", **small, "zero_as_missing": True}
    add("sets_zero", "categorical splits, zero is missing", train(zero, x, yes, 5, told), x, True)
    never = {"objective": "binary", **small, "use_missing": False}
    add("sets_never", "categorical splits, nothing is missing", train(never, x, yes, 5, told), x, True)
    many = {"objective": "multiclass", "num_class": 3, **small}
    add("sets_classes", "categorical splits of three classes", train(many, x, np.digitize(y, [-0.5, 0.5]), 2, told), x, True)


def linear():
    rng, x, y = data(15, categories=True)
    add("linear", "linear leaves", train({"objective": "regression", "linear_tree": True}, x, y, 4), x, finite=True)
    told = {"categorical_feature": list(CATEGORIES)}
    parameters = {"objective": "binary", "linear_tree": True, "linear_lambda": 0.1}
    add("linear_sets", "linear leaves and categorical splits", train(parameters, x, (y > 0).astype(int), 4, told), x, True, finite=True)
    many = {"objective": "multiclass", "num_class": 3, "linear_tree": True}
    add("linear_classes", "linear leaves of three classes", train(many, x, np.digitize(y, [-0.5, 0.5]), 2), x, finite=True)


if VERSION >= (4,):
    objectives()
boosters()
zeros()
categories()
if VERSION >= (3, 3):
    linear()
MODELS.finish()
