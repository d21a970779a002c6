"""Clusters, mixtures and Gaussian processes."""

import numpy as np
from sklearn import cluster, mixture
from sklearn import gaussian_process as gp
from sklearn.gaussian_process import kernels as ke

from rows import Data
from variants import classifier, regressor

KERNELS = {
    "rbf": ke.ConstantKernel(1.5) * ke.RBF(0.8), "white": ke.RBF(1.2) + ke.WhiteKernel(0.1), "dot": ke.DotProduct(0.5), "sine": ke.ExpSineSquared(1.1, 2.0) + ke.WhiteKernel(5.0),
    "rational": ke.RationalQuadratic(1.0, 0.5), "matern": ke.Matern(length_scale=1.0, nu=1.5), "scales": ke.RBF([0.5, 1.0, 1.5, 2.0, 1.0]),
}


def train(zoo):
    data, wide = Data(81), Data(81, kind=np.float64)
    for make in (lambda: cluster.KMeans(3, n_init=1, random_state=0), lambda: cluster.MiniBatchKMeans(3, n_init=1, random_state=0)):
        for kind, of in (("float", data), ("double", wide)):
            model = make().fit(of.x)
            zoo.sklearn(f"{type(model).__name__}.{kind}", model, of.x, variant=f"{kind} inputs")
    for covariance in ("full", "tied", "diag", "spherical"):
        for make in (mixture.GaussianMixture, mixture.BayesianGaussianMixture):
            model = make(n_components=2, covariance_type=covariance, random_state=0).fit(data.x)
            zoo.sklearn(f"{make.__name__}.{covariance}", model, data.x, variant=f"covariance {covariance}", native=["predict", "predict_proba"])
    model = mixture.GaussianMixture(n_components=3, random_state=0).fit(data.x)
    zoo.sklearn("GaussianMixture.score_samples", model, data.x, variant="option score_samples", options={"score_samples": True}, native=["predict", "predict_proba", "score_samples"])
    for name, kernel in KERNELS.items():
        model = gp.GaussianProcessRegressor(kernel, optimizer=None, alpha=0.1).fit(wide.x[:30], wide.y[:30])
        zoo.sklearn(f"GaussianProcessRegressor.{name}", model, wide.x[:30], variant=f"kernel {name}, double inputs")
    model = gp.GaussianProcessRegressor(KERNELS["rbf"], optimizer=None, alpha=0.1, normalize_y=True).fit(data.x[:30], data.y[:30])
    zoo.sklearn("GaussianProcessRegressor.float", model, data.x[:30], variant="float inputs, targets normalised")
    model = gp.GaussianProcessRegressor(KERNELS["rbf"], optimizer=None, alpha=0.1).fit(wide.x[:30], wide.y[:30])
    for option in ("return_std", "return_cov"):
        native = ["predict", (f"predict, {option}", lambda rows: model.predict(rows, **{option: True})[1])]
        zoo.sklearn(f"GaussianProcessRegressor.{option}", model, wide.x[:30], variant=f"option {option}", options={option: True}, native=native, odd=False)
    for kind, y in (("binary", data.binary), ("classes", data.classes)):
        model = gp.GaussianProcessClassifier(KERNELS["rbf"], optimizer=None, random_state=0).fit(data.x[:30], y[:30])
        zoo.sklearn(f"GaussianProcessClassifier.{kind}", model, data.x[:30], variant=f"{kind}, no zipmap", options={"zipmap": False}, odd=False)
