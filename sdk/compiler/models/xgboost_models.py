"""Trains the models of one release of XGBoost; train.py calls it."""

import json
import sys
import tempfile

import numpy as np
import xgboost as xgb

from shared import CATEGORIES, EXPLAINED, FEATURES, Models, data, hard_rows

RELEASE = sys.argv[1]
assert RELEASE == f"xgboost-{xgb.__version__}", "the models are trained with pinned versions"
VERSION = tuple(int(part) for part in xgb.__version__.split("."))
MODELS = Models(RELEASE)
TYPES = ["c" if feature in CATEGORIES else "q" for feature in range(FEATURES)]
TINY = np.float32(1e-45)
CORNERS = np.array([np.nan, 0.0, -0.0, np.inf, -np.inf, TINY, -TINY, 1.1754942e-38, 3.4028235e38, -3.4028235e38], dtype=np.float32)
CODES = np.array([0, 1, 2, 3, 3.7, -0.0, 31, 32, 63, 64, 69, 70, 1000, 16777215, 16777216, np.nan], dtype=np.float32)
# Values that name no category, which some releases refuse to score.
ODD_CODES = np.array([-1, -0.5, -0.25, -0.999, 3e9], dtype=np.float32)
SMALL = {"nthread": 1, "seed": 7, "max_depth": 3}


def thresholds(model):
    found = {}
    model = model["learner"]["gradient_booster"]
    for tree in model.get("gbtree", model)["model"].get("trees", []):
        for left, feature, value in zip(tree["left_children"], tree["split_indices"], tree["split_conditions"]):
            if left != -1:
                found.setdefault(feature, set()).add(np.float32(value))
    return found


def matrix(rows, booster, categories):
    more = {"feature_types": TYPES, "enable_categorical": True} if categories else {}
    return xgb.DMatrix(rows, feature_names=booster.feature_names, nthread=1, **more)


def predict(booster, rows, categories, infinite, **more):
    """`predict` takes no infinities; `inplace_predict` does, and rounds DART otherwise."""
    finite = ~np.isinf(rows).any(axis=1)
    margins = booster.predict(matrix(rows[finite], booster, categories), output_margin=True, **more).reshape(finite.sum(), -1)
    values = booster.predict(matrix(rows[finite], booster, categories), **more).reshape(finite.sum(), -1)
    if not infinite:
        assert finite.all()
        return margins, values
    every = []
    for part, kind in ((margins, "margin"), (values, "value")):
        whole = booster.inplace_predict(rows, predict_type=kind, **more).reshape(len(rows), -1)
        assert whole[finite].tobytes() == part.tobytes(), "predict and inplace_predict agree"
        every.append(whole)
    return every


def add(name, what, booster, base, categories=False, infinite=True, ending="json", iterations=None, contributions=True):
    model = save(booster, ending)
    booster = xgb.Booster({"nthread": 1})
    booster.load_model(bytearray(model))
    text = save(booster, "json") if ending != "json" else model
    # Before 1.6 `inplace_predict` fails where there are no trees.
    infinite = infinite and not categories and VERSION >= (1, 6)
    corners = CORNERS if infinite else CORNERS[~np.isinf(CORNERS)]
    codes = np.concatenate([CODES, ODD_CODES]) if VERSION >= (2,) else CODES
    rows = hard_rows(len(name), base, thresholds(json.loads(text)), categories, corners, codes)
    more = {"iteration_range": iterations} if iterations else {}
    margins, values = predict(booster, rows, categories, infinite, **more)
    shown = f"{iterations[0]},{iterations[1]}" if iterations else "all"
    explained = explain(booster, rows, categories, iterations) if contributions else None
    MODELS.add(name, ending, model, rows, margins, values, what, shown, explained)


def explain(booster, rows, categories, iterations):
    """Contributions of some finite rows. `predict` knows no range of iterations for them, but a slice of the model."""
    finite = ~np.isinf(rows).any(axis=1)
    places = [at for at in range(0, len(rows), EXPLAINED) if finite[at]]
    part = booster[iterations[0] : iterations[1]] if iterations else booster
    found = part.predict(matrix(rows[places], booster, categories), pred_contribs=True)
    assert found.dtype == np.float32
    return places, found


def save(booster, ending):
    if VERSION < (1, 6):
        with tempfile.NamedTemporaryFile(suffix=f".{ending}") as file:
            booster.save_model(file.name)
            return file.read()
    return bytes(booster.save_raw({"json": "json", "ubj": "ubj"}[ending]))


def train(parameters, values, labels, rounds=4, **more):
    given = {key: more.pop(key) for key in ("feature_names", "feature_types", "enable_categorical", "qid") if key in more}
    return xgb.train({**SMALL, **parameters}, xgb.DMatrix(values, labels, nthread=1, **given), rounds, **more)


def objectives():
    rng, x, y = data(1)
    positive = np.abs(y) + 0.1
    yes = (y > 0.3).astype(int)
    classes = np.digitize(y, [-0.5, 0.5])
    labels = {
        "binary:logistic": yes, "binary:logitraw": yes, "binary:hinge": yes, "reg:logistic": yes, "reg:squarederror": y,
        "reg:squaredlogerror": positive, "reg:pseudohubererror": y, "reg:absoluteerror": y, "count:poisson": np.floor(positive),
        "reg:gamma": positive, "reg:tweedie": positive, "survival:cox": y, "multi:softmax": classes, "multi:softprob": classes,
    }
    for objective, label in labels.items():
        if objective == "reg:absoluteerror" and VERSION < (1, 7):
            continue
        more = {"num_class": 3} if objective.startswith("multi") else {}
        # A ranking's and a hinge's own base is no secret; any other base must pass through the objective too.
        for given in ({}, {"base_score": 0.3}):
            name = objective.replace(":", "_") + ("_base" if given else "")
            what = f"objective `{objective}`" + (", `base_score` 0.3" if given else "")
            add(name, what, train({"objective": objective, **more, **given}, x, label, 3), x)
    for objective in ("rank:pairwise", "rank:ndcg", "rank:map"):
        qid = np.arange(len(x)) // 10
        matrix = xgb.DMatrix(x, yes, nthread=1)
        matrix.set_group(np.bincount(qid))
        booster = xgb.train({**SMALL, "objective": objective}, matrix, 3)
        add(objective.replace(":", "_"), f"objective `{objective}`", booster, x)
    matrix = xgb.DMatrix(x, nthread=1)
    matrix.set_float_info("label_lower_bound", positive)
    matrix.set_float_info("label_upper_bound", np.where(yes, positive, np.inf))
    add("survival_aft", "objective `survival:aft`", xgb.train({**SMALL, "objective": "survival:aft"}, matrix, 3), x)
    if VERSION >= (2,):
        quantile = {"objective": "reg:quantileerror", "quantile_alpha": 0.3}
        add("quantile", "objective `reg:quantileerror`", train(quantile, x, y), x)
        several = {**quantile, "quantile_alpha": [0.1, 0.5, 0.9]}
        add("quantiles", "objective `reg:quantileerror`, three quantiles", train(several, x, y, 2), x)


def boosters():
    rng, x, y = data(2, missing=0.2)
    yes = (y > 0.3).astype(int)
    logistic = {"objective": "binary:logistic"}
    dart = {**logistic, "booster": "dart", "rate_drop": 0.5, "seed": 3}
    add("dart", "DART: weights of dropped trees", train(dart, x, yes, 8), x, infinite=False)
    add("dart_forest", "DART, normalised as a forest", train({**dart, "normalize_type": "forest", "one_drop": 1}, x, yes, 6), x, infinite=False)
    classes = np.digitize(y, [-0.5, 0.5])
    many = {"objective": "multi:softprob", "num_class": 3, "booster": "dart", "rate_drop": 0.4, "max_depth": 2}
    # XGBoost 1.3 itself rounds these otherwise than later releases do with the same file, and than `scoregate` does.
    if VERSION >= (1, 6):
        add("dart_classes", "DART of three classes", train(many, x, classes, 5), x, infinite=False)
    forest = {**logistic, "num_parallel_tree": 5, "subsample": 0.5, "eta": 1}
    add("forest", "a random forest: `num_parallel_tree` 5", train(forest, x, yes, 1), x)
    add("boosted_forests", "boosted random forests", train({**forest, "eta": 0.3}, x, yes, 3), x)
    add("forest_of_classes", "random forests of three classes", train({**forest, "objective": "multi:softprob", "num_class": 3}, x, classes, 2), x)
    linear = {"booster": "gblinear", "nthread": 1, "seed": 7, "updater": "coord_descent"}
    filled = np.nan_to_num(x)
    for name, objective, label in (("linear", "reg:squarederror", y), ("linear_logistic", "binary:logistic", yes)):
        if VERSION < (1, 6) and name == "linear_logistic":
            continue  # Far below zero XGBoost 1.3 gives 0, where later releases, and `scoregate`, give the least that they distinguish.
        booster = xgb.train({**linear, "objective": objective}, xgb.DMatrix(filled, label), 5)
        add(name, f"`gblinear`, `{objective}`", booster, x, infinite=False)
    booster = xgb.train({**linear, "objective": "multi:softprob", "num_class": 3}, xgb.DMatrix(filled, classes), 5)
    add("linear_classes", "`gblinear` of three classes", booster, x, infinite=False)
    names = [f"field {at} é" for at in range(FEATURES)]
    add("names", "feature names", train(logistic, x, yes, feature_names=names), x)
    add("lossguide", "leaf-wise growth", train({**logistic, "grow_policy": "lossguide", "max_leaves": 9, "max_depth": 0, "tree_method": "hist"}, x, yes), x)
    add("exact", "thresholds of `exact` and pruned trees", train({**logistic, "tree_method": "exact", "max_depth": 5, "gamma": 2}, x, yes), x)
    add("no_trees", "no trees", train({**logistic, "base_score": 0.3}, x, yes, 0), x)
    add("stumps", "trees of one split and single leaves", train({**logistic, "max_depth": 1, "gamma": 6}, x, yes, 12), x)
    add("saturated", "margins beyond exp's range", train({**logistic, "eta": 60.0, "lambda": 0.01}, x, yes), x)
    if VERSION >= (1, 4):
        add("iterations", "iterations 1 to 3 of 6", train(logistic, x, yes, 6), x, iterations=(1, 3))
        add("iterations_of_forests", "iterations 1 to 3 of boosted forests of three classes", train({**forest, "objective": "multi:softprob", "num_class": 3}, x, classes, 4), x, iterations=(1, 3))
        held = [(xgb.DMatrix(x[300:], yes[300:]), "held")]
        booster = xgb.train({**SMALL, **logistic}, xgb.DMatrix(x[:300], yes[:300]), 60, evals=held, early_stopping_rounds=3, verbose_eval=False)
        add("best_iteration", "early stopping: `predict` takes all trees", booster, x)
    if VERSION >= (1, 6):
        add("ubjson", "UBJSON", train(logistic, x, yes), x, ending="ubj")
        add("ubjson_dart", "UBJSON, DART of three classes", train(many, x, classes, 5), x, infinite=False, ending="ubj")
        add("ubjson_linear", "UBJSON, `gblinear`", xgb.train({**linear, "objective": "reg:squarederror"}, xgb.DMatrix(filled, y), 5), x, infinite=False, ending="ubj")


def categories():
    rng, x, y = data(3, categories=True)
    both = {"feature_types": TYPES, "enable_categorical": True}
    onehot = {"tree_method": "approx" if VERSION < (1, 6) else "hist", "max_cat_to_onehot": 1000}
    add("onehot", "categorical splits, one-hot", train(onehot, x, y, 5, **both), x, categories=True)
    parts = {**onehot, "max_cat_to_onehot": 1, "objective": "binary:logistic", "max_depth": 4}
    add("partition", "categorical splits by sets", train(parts, x, (y > 0).astype(int), 5, **both), x, categories=True)
    add("partition_ubjson", "categorical splits by sets, UBJSON", train(parts, x, (y > 0).astype(int), 3, **both), x, categories=True, ending="ubj")
    dart = {**parts, "booster": "dart", "rate_drop": 0.5}
    add("partition_dart", "categorical splits by sets, DART", train(dart, x, (y > 0).astype(int), 4, **both), x, categories=True)


def targets():
    rng, x, y = data(4)
    filled = np.nan_to_num(x)
    two = np.stack([y, y * 2 - filled[:, 1]], 1)
    add("targets", "two targets, a tree for each", train({"objective": "reg:squarederror"}, x, two), x)
    labels = np.stack([y > 0, filled[:, 0] > 0, filled[:, 1] > 0.5], 1).astype(int)
    add("labels", "three labels, a tree for each", train({"objective": "binary:logistic"}, x, labels, 3), x)
    if VERSION >= (3, 1):
        vector = {"multi_strategy": "multi_output_tree", "tree_method": "hist"}
        # XGBoost computes no contributions of them.
        add("vectors", "two targets, leaves of vectors", train({"objective": "reg:squarederror", **vector}, x, two), x, contributions=False)
        booster = train({"objective": "binary:logistic", **vector}, x, labels, 3)
        add("vectors_labels", "three labels, leaves of vectors, UBJSON", booster, x, ending="ubj", contributions=False)
        classes = np.digitize(y, [-0.5, 0.5])
        add("vectors_classes", "three classes, leaves of vectors", train({"objective": "multi:softprob", "num_class": 3, **vector}, x, classes, 3), x, contributions=False)




if VERSION >= (3,):
    objectives()
boosters()
if VERSION >= (1, 6):
    categories()
    targets()
MODELS.finish()
