"""Estimators made of others."""

import numpy as np
from sklearn import calibration, ensemble as en, linear_model as lm, model_selection as ms, multiclass as mc, multioutput as mo, naive_bayes as nb, svm, tree
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from rows import Data
from variants import classifier, regressor

TREE = {"max_depth": 3, "random_state": 0}


def train(zoo):
    voting(zoo)
    bagging(zoo)
    several(zoo)
    wrapped(zoo)


def voting(zoo):
    some = lambda: [("linear", lm.LogisticRegression()), ("tree", tree.DecisionTreeClassifier(**TREE)), ("bayes", nb.GaussianNB())]
    for vote in ("hard", "soft"):
        scores = ["predict", None] if vote == "hard" else None
        classifier(zoo, lambda: en.VotingClassifier(some(), voting=vote, weights=np.array([2, 1, 1.5]), flatten_transform=False), name=f"VotingClassifier_{vote}", only=("binary", "classes", "labels"), native=scores)
    classifier(zoo, lambda: en.VotingClassifier(some(), voting="soft"), name="VotingClassifier_flat", only=("binary",))
    numbers = lambda: [("linear", lm.LinearRegression()), ("tree", tree.DecisionTreeRegressor(**TREE)), ("ridge", lm.Ridge())]
    regressor(zoo, lambda: en.VotingRegressor(numbers()), kinds=("float", "double"))
    regressor(zoo, lambda: en.VotingRegressor(numbers(), weights=np.array([1, 2, 3])), name="VotingRegressor_weights", kinds=("float",))
    for through in (False, True):
        name = "_through" if through else ""
        classifier(zoo, lambda: en.StackingClassifier(some(), lm.LogisticRegression(), cv=3, passthrough=through), name=f"StackingClassifier{name}", only=("binary", "classes", "labels"))
        regressor(zoo, lambda: en.StackingRegressor(numbers(), lm.Ridge(), cv=3, passthrough=through), name=f"StackingRegressor{name}", kinds=("float", "double"))
    forest = lambda: [("forest", en.RandomForestClassifier(4, max_depth=3, random_state=0)), ("vector", svm.SVC(probability=True, random_state=0))]
    classifier(zoo, lambda: en.StackingClassifier(forest(), en.GradientBoostingClassifier(n_estimators=3, max_depth=2, random_state=0), cv=3), name="StackingClassifier_trees", only=("binary", "classes"))


def bagging(zoo):
    for name, one in (("tree", tree.DecisionTreeClassifier(**TREE)), ("linear", lm.LogisticRegression())):
        classifier(zoo, lambda: en.BaggingClassifier(one, n_estimators=4, random_state=0), name=f"BaggingClassifier_{name}", only=("binary", "classes", "labels", "double"))
    classifier(zoo, lambda: en.BaggingClassifier(lm.LogisticRegression(), n_estimators=4, max_features=0.6, random_state=0), name="BaggingClassifier_features", only=("classes",))
    classifier(zoo, lambda: en.BaggingClassifier(svm.LinearSVC(random_state=0), n_estimators=3, random_state=0), name="BaggingClassifier_votes", only=("binary", "classes"))
    regressor(zoo, lambda: en.BaggingRegressor(tree.DecisionTreeRegressor(**TREE), n_estimators=4, random_state=0), kinds=("float", "int64"), targets=True)
    regressor(zoo, lambda: en.BaggingRegressor(lm.Ridge(), n_estimators=4, max_features=3, random_state=0), name="BaggingRegressor_features", kinds=("float", "double"))
    for method in ("sigmoid", "isotonic", "temperature"):
        for name, one in (("logistic", lm.LogisticRegression()), ("svc", svm.LinearSVC(random_state=0)), ("forest", en.RandomForestClassifier(4, max_depth=3, random_state=0))):
            classifier(zoo, lambda: calibration.CalibratedClassifierCV(one, method=method, cv=2), name=f"CalibratedClassifierCV_{method}_{name}", only=("binary", "classes"))
    classifier(zoo, lambda: calibration.CalibratedClassifierCV(lm.LogisticRegression(), cv=2, ensemble=False), name="CalibratedClassifierCV_one", only=("binary", "labels"))


def several(zoo):
    for name, one in (("logistic", lm.LogisticRegression()), ("tree", tree.DecisionTreeClassifier(**TREE))):
        classifier(zoo, lambda: mc.OneVsRestClassifier(one), name=f"OneVsRestClassifier_{name}", raw=name == "logistic", only=("binary", "classes", "labels"))
        classifier(zoo, lambda: mc.OneVsOneClassifier(one), name=f"OneVsOneClassifier_{name}", only=("binary", "classes", "labels"), native=["predict", None])
    data = Data(111)
    model = mc.OneVsRestClassifier(lm.LogisticRegression()).fit(data.x, data.many)
    zoo.sklearn("OneVsRestClassifier.many", model, data.x, variant="three labels at once", options={"zipmap": False}, native=["predict", "predict_proba"])
    for name, one in (("logistic", lm.LogisticRegression()), ("forest", en.RandomForestClassifier(3, max_depth=3, random_state=0))):
        model = mo.MultiOutputClassifier(one).fit(data.x, data.many)
        zoo.sklearn(f"MultiOutputClassifier.{name}", model, data.x, variant=f"three labels at once, {name}", options={"zipmap": False}, native=["predict", *((f"predict_proba, label {label}", lambda rows, label=label: model.predict_proba(rows)[label]) for label in range(3))])
    for name, one in (("ridge", lm.Ridge()), ("tree", tree.DecisionTreeRegressor(**TREE)), ("boosted", en.GradientBoostingRegressor(n_estimators=3, max_depth=2, random_state=0))):
        regressor(zoo, lambda: mo.MultiOutputRegressor(one), name=f"MultiOutputRegressor_{name}", targets=True, kinds=())


def wrapped(zoo):
    data = Data(112)
    classifier(zoo, lambda: ms.GridSearchCV(lm.LogisticRegression(), {"C": [0.1, 1.0]}, cv=3), name="GridSearchCV", only=("binary", "classes", "labels"), native=["predict", "predict_proba"])
    grid = ms.GridSearchCV(lm.Ridge(), {"alpha": [0.1, 1.0]}, cv=3).fit(data.x, data.y)
    zoo.sklearn("GridSearchCV.regressor", grid, data.x, variant="a regressor")
    grid = ms.GridSearchCV(PCA(), {"n_components": [1, 2]}, cv=3).fit(data.x)
    zoo.sklearn("GridSearchCV.transformer", grid, data.x, variant="a transformer", native=["transform"])
    classifier(zoo, lambda: ms.TunedThresholdClassifierCV(lm.LogisticRegression(), cv=3, random_state=0), name="TunedThresholdClassifierCV", only=("binary", "double"))
    union = FeatureUnion([("scaled", StandardScaler()), ("bounded", MinMaxScaler()), ("components", PCA(2))], transformer_weights={"scaled": 2.0, "components": 0.5}).fit(data.x)
    zoo.sklearn("FeatureUnion.weights", union, data.x, variant="weights", native=["transform"])
    zoo.sklearn("FeatureUnion.plain", FeatureUnion([("scaled", StandardScaler()), ("components", PCA(2))]).fit(data.x), data.x, variant="no weights", native=["transform"])
    zoo.sklearn("Pipeline.transformer", make_pipeline(StandardScaler(), PCA(2), MinMaxScaler()).fit(data.x), data.x, variant="three transformers", native=["transform"])
    zoo.sklearn("DummyClassifier.prior", DummyClassifier().fit(data.x, data.binary), data.x, variant="no converter")
    one = mc.OneVsRestClassifier(lm.LogisticRegression()).fit(data.x, np.column_stack([data.many, np.ones(len(data.x), np.int64)]))
    zoo.sklearn("_ConstantPredictor.many", one, data.x, what="OneVsRestClassifier", variant="a label that is always there", options={"zipmap": False}, native=["predict", "predict_proba"])
