"""The same estimators by older and newer operator sets."""

import numpy as np
from sklearn import ensemble as en, linear_model as lm, mixture, naive_bayes as nb, neighbors as ne, neural_network as nn, preprocessing as pp, svm
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.cluster import KMeans
from sklearn.pipeline import make_pipeline

from rows import Data
from pipelines_models import STRANGE, columns, frame

OPSETS = [{"": 9, "ai.onnx.ml": 1}, {"": 11, "ai.onnx.ml": 1}, {"": 13, "ai.onnx.ml": 2}, {"": 15, "ai.onnx.ml": 3}, {"": 18, "ai.onnx.ml": 3}, {"": 21, "ai.onnx.ml": 3}]


def train(zoo):
    data = Data(131)
    table, signal = frame(132)
    fitted = {
        "LogisticRegression": lm.LogisticRegression().fit(data.x, data.labels), "SGDClassifier": lm.SGDClassifier(loss="log_loss", random_state=0).fit(data.x, data.classes), "RandomForestClassifier": en.RandomForestClassifier(4, max_depth=3, random_state=0).fit(data.x, data.classes),
        "GradientBoostingRegressor": en.GradientBoostingRegressor(n_estimators=4, max_depth=2, random_state=0).fit(data.x, data.y), "HistGradientBoostingClassifier": en.HistGradientBoostingClassifier(max_iter=3, max_leaf_nodes=5, random_state=0).fit(data.x, data.binary),
        "SVC": svm.SVC(probability=True, random_state=0).fit(data.x, data.classes), "GaussianNB": nb.GaussianNB().fit(data.x, data.classes), "MLPClassifier": nn.MLPClassifier((8,), max_iter=50, random_state=0).fit(data.x, data.classes),
        "KNeighborsClassifier": ne.KNeighborsClassifier(3).fit(data.x[:30], data.classes[:30]), "KMeans": KMeans(3, n_init=1, random_state=0).fit(data.x), "GaussianMixture": mixture.GaussianMixture(n_components=2, random_state=0).fit(data.x),
        "AdaBoostClassifier": en.AdaBoostClassifier(n_estimators=3, random_state=0).fit(data.x, data.classes), "IsolationForest": en.IsolationForest(n_estimators=4, max_samples=30, random_state=0).fit(data.x), "Pipeline": make_pipeline(SimpleImputer(), pp.StandardScaler(), PCA(3), lm.Ridge()).fit(data.x, data.y),
    }
    for opset in OPSETS:
        number = opset[""]
        for name, model in fitted.items():
            zoo.sklearn(f"{name}.opset_{number}", model, data.x, variant=f"opset {number}", opset=opset, **({"options": {"zipmap": False}} if hasattr(model, "predict_proba") and number % 2 == 0 else {}))
        words = make_pipeline(columns(pp.StandardScaler()), lm.LogisticRegression()).fit(table, (signal > 2).astype(int))
        zoo.sklearn(f"columns.opset_{number}", words, table, what="Pipeline", variant=f"columns of strings, opset {number}", opset=opset, unseen=STRANGE, **({"options": {"zipmap": False}} if number > 13 else {}))
