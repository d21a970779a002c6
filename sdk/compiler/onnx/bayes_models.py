"""Naive Bayes."""

import numpy as np
from sklearn import naive_bayes as nb

from rows import Data
from variants import classifier


def train(zoo):
    classifier(zoo, nb.GaussianNB, only=("binary", "classes", "labels", "double", "int64", "nocl"))
    classifier(zoo, nb.BernoulliNB, only=("binary", "classes", "labels", "double", "int64"))
    classifier(zoo, lambda: nb.BernoulliNB(binarize=None), name="BernoulliNB_as_given", only=("binary",), positive=True)
    classifier(zoo, nb.MultinomialNB, positive=True, only=("binary", "classes", "labels", "int64"))
    classifier(zoo, nb.ComplementNB, positive=True, only=("binary", "classes", "int64"))
    classifier(zoo, lambda: nb.ComplementNB(norm=True), name="ComplementNB_norm", positive=True, only=("classes",))
    data = Data(51, kind=np.int64, positive=True)
    codes = np.minimum(data.x, 3)
    zoo.sklearn("CategoricalNB.int64", nb.CategoricalNB(min_categories=4).fit(codes, data.classes), codes, variant="int64 inputs", options={"zipmap": False})
    real = codes.astype(np.float32)
    zoo.sklearn("CategoricalNB.float", nb.CategoricalNB(min_categories=4).fit(real, data.binary), real, variant="float inputs", odd=False)
