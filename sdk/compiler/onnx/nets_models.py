"""Multilayer perceptrons."""

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from rows import Data
from variants import classifier, regressor


def train(zoo):
    for activation in ("identity", "logistic", "tanh", "relu"):
        settings = {"hidden_layer_sizes": (8, 6), "activation": activation, "random_state": 0, "max_iter": 60}
        classifier(zoo, lambda: MLPClassifier(**settings), name=f"MLPClassifier_{activation}", only=("binary", "classes"))
        regressor(zoo, lambda: MLPRegressor(**settings), name=f"MLPRegressor_{activation}", targets=True, kinds=("float", "double"))
    classifier(zoo, lambda: MLPClassifier(hidden_layer_sizes=(16,), random_state=0, max_iter=60), name="MLPClassifier", raw=True, only=("labels", "double", "int64", "nocl"))
    data = Data(61)
    many = MLPClassifier(hidden_layer_sizes=(8,), random_state=0, max_iter=60).fit(data.x, data.many)
    zoo.sklearn("MLPClassifier.many", many, data.x, variant="three labels at once", options={"zipmap": False})
    wider = Data(62, rows=300, features=20)
    zoo.sklearn("MLPRegressor.wide", MLPRegressor(hidden_layer_sizes=(48, 24), random_state=0, max_iter=30).fit(wider.x, wider.y), wider.x, variant="20 features, layers of 48 and 24")
