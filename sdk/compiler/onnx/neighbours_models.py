"""Nearest neighbours."""

import numpy as np
from sklearn import neighbors as ne

from rows import Data
from variants import classifier, regressor


def train(zoo):
    for weights in ("uniform", "distance"):
        classifier(zoo, lambda: ne.KNeighborsClassifier(n_neighbors=3, weights=weights), name=f"KNeighborsClassifier_{weights}", only=("binary", "classes", "labels", "double"))
        regressor(zoo, lambda: ne.KNeighborsRegressor(n_neighbors=3, weights=weights), name=f"KNeighborsRegressor_{weights}", kinds=("float", "double"), targets=True)
        regressor(zoo, lambda: ne.RadiusNeighborsRegressor(radius=6.0, weights=weights), name=f"RadiusNeighborsRegressor_{weights}", kinds=("float", "double"), odd=False)
        classifier(zoo, lambda: ne.RadiusNeighborsClassifier(radius=6.0, weights=weights, outlier_label="most_frequent"), name=f"RadiusNeighborsClassifier_{weights}", only=("binary", "classes"), odd=False)
    for metric, more in (("manhattan", {}), ("chebyshev", {}), ("minkowski", {"p": 3}), ("cosine", {})):
        regressor(zoo, lambda: ne.KNeighborsRegressor(n_neighbors=2, metric=metric, algorithm="brute", **more), name=f"KNeighborsRegressor_{metric}", kinds=("float",))
    data = Data(71)
    few = data.x[:40]
    zoo.sklearn("KNeighborsClassifier.optim", ne.KNeighborsClassifier(3).fit(few, data.classes[:40]), few, variant="option optim cdist", options={"optim": "cdist", "zipmap": False})
    several = ne.KNeighborsClassifier(3).fit(few, data.many[:40])
    zoo.sklearn("KNeighborsClassifier.many", several, few, variant="three labels at once", options={"zipmap": False}, native=["predict", None])
    zoo.sklearn("KNeighborsTransformer.distance", ne.KNeighborsTransformer(n_neighbors=3, mode="distance").fit(few), few, variant="mode distance", native=[])
    nearest = ne.NearestNeighbors(n_neighbors=3, radius=None).fit(few)
    zoo.sklearn("NearestNeighbors.float", nearest, few, variant="indices and distances", native=[("kneighbors, indices", lambda rows: nearest.kneighbors(rows)[1]), ("kneighbors, distances", lambda rows: nearest.kneighbors(rows)[0])])
    outliers = ne.LocalOutlierFactor(n_neighbors=5, novelty=True).fit(few)
    zoo.sklearn("LocalOutlierFactor.float", outliers, few, variant="novelty", native=["predict", "decision_function"])
    zoo.sklearn("LocalOutlierFactor.score_samples", outliers, few, variant="option score_samples", options={"score_samples": True}, native=["predict", "decision_function", "score_samples"])
    wide = Data(71, kind=np.float64)
    zoo.sklearn("LocalOutlierFactor.double", ne.LocalOutlierFactor(n_neighbors=4, novelty=True).fit(wide.x[:40]), wide.x[:40], variant="double inputs", native=["predict", "decision_function"])
    components = ne.NeighborhoodComponentsAnalysis(n_components=2, random_state=0).fit(few, data.classes[:40])
    zoo.sklearn("NeighborhoodComponentsAnalysis.float", components, few, variant="two components")
