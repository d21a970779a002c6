"""Tree ensembles in every version and mode, by random trees."""

import numpy as np
from onnx import TensorProto as T
from onnx import helper, numpy_helper

from operators_models import Single, values

ML = "ai.onnx.ml"
OLD_MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]
NEW_MODES = {mode: place for place, mode in enumerate([*OLD_MODES, "BRANCH_MEMBER"])}
POSTS = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"]
AGGREGATES = ["AVERAGE", "SUM", "MIN", "MAX"]
FEATURES = 3


class Trees:
    """Random trees: inner nodes (feature, value, mode, true, false, missing) and leaves (target, weight)."""

    def __init__(self, seed, trees=3, depth=2, modes=("BRANCH_LEQ",), targets=1, whole=False, missing=False, several=False):
        self.rng, self.modes, self.targets, self.whole, self.missing, self.several = np.random.default_rng(seed), modes, targets, whole, missing, several
        self.trees = [self.grown(depth, True) for _ in range(trees)]

    def grown(self, depth, root=False):
        if depth == 0 or (not root and self.rng.random() < 0.2):
            picked = range(self.targets) if self.several else [int(self.rng.integers(0, self.targets))]
            return {"weights": [(target, float(np.float32(self.rng.normal()))) for target in picked]}
        value = float(self.rng.integers(-3, 4)) if self.whole else float(np.float32(self.rng.normal()))
        return {
            "feature": int(self.rng.integers(0, FEATURES)), "value": value, "mode": self.modes[self.rng.integers(0, len(self.modes))], "missing": int(self.missing and self.rng.random() < 0.5),
            "members": sorted({float(one) for one in self.rng.integers(-3, 5, 3)}), "true": self.grown(depth - 1), "false": self.grown(depth - 1),
        }

    def flat(self, prefix):
        """Attributes as versions 1 and 3 have them."""
        nodes = {key: [] for key in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids", "missing_value_tracks_true", "hitrates")}
        leaves = {key: [] for key in ("treeids", "nodeids", "ids", "weights")}
        for place, tree in enumerate(self.trees):
            queue = [tree]
            for number, node in enumerate(queue):
                inner = "mode" in node
                if inner:
                    true = len(queue)
                    queue += [node["true"], node["false"]]
                else:
                    for target, weight in node["weights"]:
                        for key, value in (("treeids", place), ("nodeids", number), ("ids", target), ("weights", weight)):
                            leaves[key].append(value)
                for key, value in (("treeids", place), ("nodeids", number), ("featureids", node.get("feature", 0)), ("values", node.get("value", 0.0)), ("modes", node.get("mode", "LEAF")), ("truenodeids", true if inner else 0), ("falsenodeids", true + 1 if inner else 0), ("missing_value_tracks_true", node.get("missing", 0)), ("hitrates", 1.0)):
                    nodes[key].append(value)
        return {**{f"nodes_{key}": value for key, value in nodes.items()}, **{f"{prefix}_{key}": value for key, value in leaves.items()}}

    def new(self, dtype=np.float32):
        """Attributes as version 5 has them."""
        kept = {key: [] for key in ("featureids", "splits", "modes", "truenodeids", "falsenodeids", "trueleafs", "falseleafs", "missing_value_tracks_true")}
        leaves, members, roots = ([], []), [], []

        def leaf(node):
            (target, weight), = node["weights"]
            leaves[0].append(target)
            leaves[1].append(weight)
            return len(leaves[0]) - 1

        def put(node):
            place = len(kept["splits"])
            for key, value in (("featureids", node["feature"]), ("splits", node["value"]), ("modes", NEW_MODES[node["mode"]]), ("truenodeids", 0), ("falsenodeids", 0), ("trueleafs", 0), ("falseleafs", 0), ("missing_value_tracks_true", node["missing"])):
                kept[key].append(value)
            if node["mode"] == "BRANCH_MEMBER":
                kept["splits"][place] = 0.0
                members.extend([*node["members"], np.nan])
            for side in ("true", "false"):
                child = node[side]
                kept[f"{side}leafs"][place] = int("weights" in child)
                kept[f"{side}nodeids"][place] = leaf(child) if "weights" in child else put(child)
            return place

        for tree in self.trees:
            roots.append(put(tree))
        tensor = lambda numbers: numpy_helper.from_array(np.array(numbers, dtype))
        made = {f"nodes_{key}": value for key, value in kept.items() if key not in ("splits", "modes")}
        made |= {"nodes_splits": tensor(kept["splits"]), "nodes_modes": numpy_helper.from_array(np.array(kept["modes"], np.uint8)), "tree_roots": roots, "leaf_targetids": leaves[0], "leaf_weights": tensor(leaves[1]), "n_targets": self.targets}
        if members:
            made["membership_values"] = tensor(members)
        return made


def rows(trees, kind="f", whole=False):
    """Values, thresholds, their neighbours and what is missing."""
    x = values("i" if whole else kind, FEATURES).astype({"f": np.float32, "d": np.float64, "i": np.int64, "j": np.int32}[kind])
    if kind in "fd":
        known = []

        def walk(node):
            if "mode" in node:
                known.append((node["feature"], node["value"]))
                walk(node["true"])
                walk(node["false"])

        for tree in trees.trees:
            walk(tree)
        for place, (feature, value) in enumerate(known):
            value = x.dtype.type(value)
            x[(place * 3) % 20 + 2, feature] = [value, np.nextafter(value, x.dtype.type(np.inf)), np.nextafter(value, x.dtype.type(-np.inf))][place % 3]
        if whole:
            x[0] = np.nan
            x[1, 0], x[1, 1] = 0.5, np.inf
    return x


def train(zoo):
    one = Single(zoo)
    old_regressors(one)
    old_classifiers(one)
    doubles(one)
    newest(one)


def put(one, operator, name, trees, kind="f", whole=False, ml=1, outputs=("f",), **attributes):
    prefix = "class" if operator.endswith("Classifier") else "target"
    one.add(f"{operator}.{name}", operator, {"x": rows(trees, kind, whole)}, outputs, domain=ML, ml=ml, **{**trees.flat(prefix), **attributes})


def old_regressors(one):
    for place, mode in enumerate(OLD_MODES):
        whole = mode in ("BRANCH_EQ", "BRANCH_NEQ")
        put(one, "TreeEnsembleRegressor", mode.lower(), Trees(place, modes=(mode,), whole=whole, missing=True), whole=whole, n_targets=1)
    put(one, "TreeEnsembleRegressor", "mixed", Trees(7, modes=OLD_MODES, whole=True, depth=3, missing=True), whole=True, n_targets=1)
    for aggregate in AGGREGATES:
        put(one, "TreeEnsembleRegressor", f"{aggregate.lower()}", Trees(8, trees=5), n_targets=1, aggregate_function=aggregate)
        put(one, "TreeEnsembleRegressor", f"{aggregate.lower()}_targets", Trees(9, trees=5, targets=3), n_targets=3, aggregate_function=aggregate, base_values=[0.5, -0.25, 2.0])
        put(one, "TreeEnsembleRegressor", f"{aggregate.lower()}_one_tree", Trees(10, trees=1, depth=3), n_targets=1, aggregate_function=aggregate, base_values=[0.75])
    for post in POSTS:
        put(one, "TreeEnsembleRegressor", f"post_{post.lower()}", Trees(11, trees=4, targets=3, several=True), n_targets=3, post_transform=post)
        put(one, "TreeEnsembleRegressor", f"post_{post.lower()}_one", Trees(12, trees=4), n_targets=1, post_transform=post)
    put(one, "TreeEnsembleRegressor", "several", Trees(13, trees=4, targets=2, several=True), n_targets=2)
    put(one, "TreeEnsembleRegressor", "int64", Trees(14, trees=4, whole=True), kind="i", n_targets=1)
    put(one, "TreeEnsembleRegressor", "int32", Trees(14, trees=4, whole=True), kind="j", n_targets=1)
    put(one, "TreeEnsembleRegressor", "double_input", Trees(15, trees=4), kind="d", n_targets=1)
    put(one, "TreeEnsembleRegressor", "base", Trees(16, trees=4), n_targets=1, base_values=[1.25])
    put(one, "TreeEnsembleRegressor", "trees_40", Trees(17, trees=40), n_targets=1)
    put(one, "TreeEnsembleRegressor", "trees_40_targets", Trees(18, trees=40, targets=2), n_targets=2)
    put(one, "TreeEnsembleRegressor", "deep", Trees(19, trees=2, depth=6, missing=True), n_targets=1)
    stump = Trees(20, trees=2, depth=1)
    stump.trees.append({"weights": [(0, 1.5)]})
    put(one, "TreeEnsembleRegressor", "leaf_only", stump, n_targets=1)
    bare = {key: value for key, value in Trees(21).flat("target").items() if key not in ("nodes_hitrates", "nodes_missing_value_tracks_true")}
    one.add("TreeEnsembleRegressor.bare", "TreeEnsembleRegressor", {"x": rows(Trees(21))}, ["f"], domain=ML, ml=1, n_targets=1, **bare)


def old_classifiers(one):
    three, two = {"classlabels_int64s": [4, 7, 9]}, {"classlabels_strings": ["no", "été"]}
    for post in POSTS:
        low = post.lower()
        put(one, "TreeEnsembleClassifier", f"three_{low}", Trees(31, trees=4, targets=3, several=True), outputs=("i", "f"), post_transform=post, **three)
        put(one, "TreeEnsembleClassifier", f"three_{low}_base", Trees(32, trees=4, targets=3), outputs=("i", "f"), post_transform=post, base_values=[0.1, -0.2, 0.3], **three)
        put(one, "TreeEnsembleClassifier", f"two_{low}", Trees(33, trees=4, targets=2, several=True), outputs=("s", "f"), post_transform=post, **two)
        if post == "PROBIT":
            # Of one weight, onnxruntime then gives memory that it has not written.
            continue
        one_weight = Trees(34, trees=4, targets=1)
        put(one, "TreeEnsembleClassifier", f"one_{low}", one_weight, outputs=("i", "f"), post_transform=post, classlabels_int64s=[0, 1])
        put(one, "TreeEnsembleClassifier", f"one_{low}_base", one_weight, outputs=("s", "f"), post_transform=post, base_values=[0.2], **two)
        shifted = Trees(35, trees=4, targets=1)
        second = {**shifted.flat("class")}
        second["class_ids"] = [1] * len(second["class_ids"])
        one.add(f"TreeEnsembleClassifier.second_{low}", "TreeEnsembleClassifier", {"x": rows(shifted)}, ["i", "f"], domain=ML, ml=1, post_transform=post, classlabels_int64s=[0, 1], **second)
    positive = Trees(36, trees=4, targets=1)
    weights = positive.flat("class")
    weights["class_weights"] = [abs(weight) for weight in weights["class_weights"]]
    one.add("TreeEnsembleClassifier.one_positive", "TreeEnsembleClassifier", {"x": rows(positive)}, ["i", "f"], domain=ML, ml=1, classlabels_int64s=[0, 1], **weights)
    two_positive = Trees(37, trees=4, targets=2, several=True).flat("class")
    two_positive["class_weights"] = [abs(weight) for weight in two_positive["class_weights"]]
    one.add("TreeEnsembleClassifier.two_positive", "TreeEnsembleClassifier", {"x": rows(positive)}, ["i", "f"], domain=ML, ml=1, classlabels_int64s=[0, 1], **two_positive)
    put(one, "TreeEnsembleClassifier", "modes", Trees(38, modes=OLD_MODES, whole=True, depth=3, targets=3, missing=True), whole=True, outputs=("i", "f"), **three)
    for kind, name in (("d", "double_input"), ("i", "int64"), ("j", "int32")):
        put(one, "TreeEnsembleClassifier", name, Trees(39, trees=4, targets=3, whole=True), kind=kind, whole=True, outputs=("i", "f"), **three)
    put(one, "TreeEnsembleClassifier", "one_label", Trees(40, trees=2, targets=1), outputs=("i", "f"), classlabels_int64s=[5])


def doubles(one):
    """Version 3: values and weights as tensors of doubles."""
    for operator, prefix, outputs, more in (("TreeEnsembleRegressor", "target", ["f"], {"n_targets": 2}), ("TreeEnsembleClassifier", "class", ["i", "f"], {"classlabels_int64s": [0, 1]})):
        for post in ("NONE", "LOGISTIC", "SOFTMAX"):
            trees = Trees(51, trees=5, targets=2, several=True)
            flat = trees.flat(prefix)
            for old, new in (("nodes_values", "nodes_values_as_tensor"), ("nodes_hitrates", "nodes_hitrates_as_tensor"), (f"{prefix}_weights", f"{prefix}_weights_as_tensor")):
                flat[new] = numpy_helper.from_array(np.array(flat.pop(old), np.float64) * (1 if old == "nodes_hitrates" else 1.0000001))
            one.add(f"{operator}.v3_{post.lower()}", operator, {"x": rows(trees, "d")}, outputs, domain=ML, ml=3, post_transform=post, base_values_as_tensor=numpy_helper.from_array(np.array([0.1, 0.2])), **flat, **more)
        put(one, operator, "v3_float", Trees(52, targets=2), ml=3, outputs=outputs, **more)


def newest(one):
    for aggregate, name in ((0, "average"), (1, "sum"), (2, "min"), (3, "max")):
        for targets in (1, 3):
            trees = Trees(61 + targets, trees=4, targets=targets)
            new(one, f"{name}_{targets}", trees, aggregate_function=aggregate)
    for place, post in enumerate(["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"]):
        new(one, f"post_{post.lower()}", Trees(65, trees=4, targets=3), post_transform=place)
    for mode in NEW_MODES:
        whole = mode in ("BRANCH_EQ", "BRANCH_NEQ", "BRANCH_MEMBER")
        new(one, mode.lower(), Trees(66, trees=3, depth=3, modes=(mode,), whole=whole, missing=mode != "BRANCH_MEMBER"), whole=whole)
    new(one, "member_missing", Trees(67, trees=3, depth=3, modes=("BRANCH_MEMBER",), whole=True, missing=True), whole=True)
    new(one, "modes", Trees(68, trees=4, depth=3, modes=tuple(NEW_MODES), whole=True, targets=2), whole=True)
    new(one, "double", Trees(69, trees=4, targets=2), kind="d")
    new(one, "double_sets", Trees(70, trees=3, modes=("BRANCH_MEMBER", "BRANCH_LEQ"), whole=True), kind="d", whole=True)
    large = Trees(71, trees=2, depth=2, modes=("BRANCH_MEMBER",), whole=True)
    for tree in large.trees:
        tree["members"] = [0.0, 1.0, 31.0, 32.0, 33.0, 100.0, 2.5, -1.0]
    new(one, "member_wide", large, whole=True)


def new(one, name, trees, kind="f", whole=False, **attributes):
    more = {"aggregate_function": 1, "post_transform": 0, **attributes}
    one.add(f"TreeEnsemble.{name}", "TreeEnsemble", {"x": rows(trees, kind, whole)}, [kind], domain=ML, ml=5, opset=22, **trees.new(np.float64 if kind == "d" else np.float32), **more)
