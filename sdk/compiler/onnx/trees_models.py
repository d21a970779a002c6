"""scikit-learn's trees and forests."""

import numpy as np
from sklearn import ensemble as en
from sklearn import tree
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rows import Data
from variants import classifier, regressor

SMALL = {"random_state": 0, "max_depth": 4}
FOREST = {"n_estimators": 6, "random_state": 0, "max_depth": 3}


def train(zoo):
    for kind in (tree.DecisionTreeClassifier, tree.ExtraTreeClassifier):
        classifier(zoo, lambda: kind(**SMALL))
    for kind in (tree.DecisionTreeRegressor, tree.ExtraTreeRegressor):
        regressor(zoo, lambda: kind(**SMALL), targets=True)
    for kind in (en.RandomForestClassifier, en.ExtraTreesClassifier):
        classifier(zoo, lambda: kind(**FOREST))
    for kind in (en.RandomForestRegressor, en.ExtraTreesRegressor):
        regressor(zoo, lambda: kind(**FOREST), targets=True)
    missing(zoo)
    boosting(zoo)
    outputs(zoo)
    paths(zoo)
    many_trees(zoo)


def missing(zoo):
    data, wide = Data(31, missing=0.15), Data(31, kind=np.float64, missing=0.15)
    for name, make in (("DecisionTreeClassifier", lambda: tree.DecisionTreeClassifier(**SMALL)), ("RandomForestClassifier", lambda: en.RandomForestClassifier(**FOREST))):
        zoo.sklearn(f"{name}.missing", make().fit(data.x, data.classes), data.x, variant="missing values, no zipmap", options={"zipmap": False}, missing=True)
    for name, make in (("DecisionTreeRegressor", lambda: tree.DecisionTreeRegressor(**SMALL)), ("RandomForestRegressor", lambda: en.RandomForestRegressor(**FOREST))):
        zoo.sklearn(f"{name}.missing", make().fit(data.x, data.y), data.x, variant="missing values", missing=True)
    for loss in ("squared_error", "absolute_error", "gamma", "poisson", "quantile"):
        more = {"quantile": 0.7} if loss == "quantile" else {}
        model = en.HistGradientBoostingRegressor(loss=loss, max_iter=5, max_leaf_nodes=7, random_state=0, min_samples_leaf=5, **more)
        zoo.sklearn(f"HistGradientBoostingRegressor.{loss}", model.fit(data.x, data.positive), data.x, variant=f"loss {loss}, missing values", missing=True)
    make = lambda **more: en.HistGradientBoostingClassifier(max_iter=4, max_leaf_nodes=6, random_state=0, min_samples_leaf=5, **more)
    for kind, x, y, options in (("binary", data.x, data.binary, None), ("classes", data.x, data.classes, {"zipmap": False}), ("labels", data.x, data.labels, None), ("double", wide.x, wide.labels, {"zipmap": False}), ("nocl", data.x, data.binary, {"nocl": True, "zipmap": False}), ("raw", data.x, data.binary, {"raw_scores": True, "zipmap": False}), ("raw_classes", data.x, data.classes, {"raw_scores": True, "zipmap": False})):
        zoo.sklearn(f"HistGradientBoostingClassifier.{kind}", make().fit(x, y), x, variant=f"{kind}, missing values", options=options, missing=True)
    zoo.sklearn("HistGradientBoostingRegressor.double", en.HistGradientBoostingRegressor(max_iter=4, max_leaf_nodes=6, random_state=0).fit(wide.x, wide.y), wide.x, variant="double inputs, missing values", missing=True)
    codes = data.x.copy()
    codes[:, 1] = np.abs(np.round(np.nan_to_num(codes[:, 1]) * 3))
    zoo.sklearn("HistGradientBoostingClassifier.categories", make(categorical_features=[1]).fit(codes, data.binary), codes, variant="a categorical feature, missing values", options={"zipmap": False}, missing=True)


def boosting(zoo):
    make = lambda **more: en.GradientBoostingClassifier(n_estimators=5, max_depth=2, random_state=0, **more)
    classifier(zoo, make, raw=True)
    classifier(zoo, lambda: make(loss="exponential"), name="GradientBoostingClassifier_exponential", only=("binary",))
    classifier(zoo, lambda: make(init="zero"), name="GradientBoostingClassifier_zero", only=("binary", "classes"))
    for loss in ("squared_error", "absolute_error", "huber", "quantile"):
        regressor(zoo, lambda: en.GradientBoostingRegressor(loss=loss, n_estimators=5, max_depth=2, random_state=0), name=f"GradientBoostingRegressor_{loss}", kinds=("float", "double"))
    classifier(zoo, lambda: en.AdaBoostClassifier(n_estimators=4, random_state=0), raw=True)
    for loss in ("linear", "square", "exponential"):
        regressor(zoo, lambda: en.AdaBoostRegressor(n_estimators=4, loss=loss, random_state=0), name=f"AdaBoostRegressor_{loss}", kinds=("float", "double"))


def outputs(zoo):
    """Several labels at once."""
    data = Data(32)
    for make in (lambda: tree.DecisionTreeClassifier(**SMALL), lambda: en.RandomForestClassifier(**FOREST)):
        model = make().fit(data.x, data.many)
        zoo.sklearn(f"{type(model).__name__}.many", model, data.x, variant="three labels at once", options={"zipmap": False}, native=["predict", ("predict_proba", lambda rows: np.stack(model.predict_proba(rows)))])
    for contamination in ("auto", 0.1):
        model = en.IsolationForest(n_estimators=6, max_samples=40, contamination=contamination, random_state=0).fit(data.x)
        zoo.sklearn(f"IsolationForest.{contamination}".replace("0.1", "share"), model, data.x, variant=f"contamination {contamination}")
    zoo.sklearn("IsolationForest.score_samples", model, data.x, variant="option score_samples", options={"score_samples": True}, native=["predict", "decision_function", "score_samples"])
    for name, options in (("trees_60", {"n_estimators": 60, "max_samples": 1.0}), ("few_samples", {"n_estimators": 8, "max_samples": 2}), ("bootstrap", {"n_estimators": 6, "max_samples": 0.5, "bootstrap": True})):
        model = en.IsolationForest(**options, random_state=0).fit(data.x)
        zoo.sklearn(f"IsolationForest.{name}", model, data.x, variant=", ".join(f"{key} {value}" for key, value in options.items()))
    scaled = make_pipeline(StandardScaler(), en.IsolationForest(n_estimators=6, max_samples=40, random_state=0)).fit(data.x)
    zoo.sklearn("IsolationForest.scaled", scaled, data.x, variant="of scaled columns", what="IsolationForest", native=["predict", "decision_function"])
    some = en.IsolationForest(n_estimators=6, max_samples=40, max_features=3, random_state=0).fit(data.x)
    zoo.sklearn("IsolationForest.features", some, data.x, variant="trees of three features")
    wide = Data(32, kind=np.float64)
    zoo.sklearn("IsolationForest.double", en.IsolationForest(n_estimators=5, max_samples=30, random_state=0).fit(wide.x), wide.x, variant="double inputs")
    for sparse in (True, False):
        model = en.RandomTreesEmbedding(n_estimators=3, max_depth=2, random_state=0, sparse_output=sparse).fit(data.x)
        zoo.sklearn(f"RandomTreesEmbedding.{'sparse' if sparse else 'dense'}", model, data.x, variant=f"sparse_output {sparse}")


def paths(zoo):
    data = Data(33)
    for option in ("decision_path", "decision_leaf"):
        single = tree.DecisionTreeClassifier(**SMALL).fit(data.x, data.binary)
        zoo.sklearn(f"DecisionTreeClassifier.{option}", single, data.x, variant=f"option {option}", options={option: True, "zipmap": False}, native=["predict", "predict_proba"])
        several = en.RandomForestRegressor(n_estimators=3, max_depth=2, random_state=0).fit(data.x, data.y)
        zoo.sklearn(f"RandomForestRegressor.{option}", several, data.x, variant=f"option {option}", options={option: True})


def many_trees(zoo):
    """More trees than onnxruntime adds in one go for a row, and one that is a leaf."""
    data = Data(34)
    zoo.sklearn("RandomForestRegressor.trees_60", en.RandomForestRegressor(n_estimators=60, max_depth=2, random_state=0).fit(data.x, data.y), data.x, variant="60 trees")
    zoo.sklearn("RandomForestClassifier.trees_60", en.RandomForestClassifier(n_estimators=60, max_depth=2, random_state=0).fit(data.x, data.classes), data.x, variant="60 trees", options={"zipmap": False})
    zoo.sklearn("DecisionTreeRegressor.leaf", tree.DecisionTreeRegressor().fit(data.x, np.full(len(data.x), 2.5)), data.x, variant="one leaf")
    zoo.sklearn("DecisionTreeClassifier.one_class", tree.DecisionTreeClassifier().fit(data.x, np.full(len(data.x), 3)), data.x, variant="one class", options={"zipmap": False})
    deep = tree.DecisionTreeRegressor(random_state=0).fit(data.x, data.y)
    zoo.sklearn("DecisionTreeRegressor.deep", deep, data.x, variant="as deep as it grows", count=32)
