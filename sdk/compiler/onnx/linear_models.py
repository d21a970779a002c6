"""Linear models: regressions, classifiers, discriminants, and what is fitted by their like."""

from sklearn.cross_decomposition import PLSRegression
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn import linear_model as lm

from variants import classifier, regressor

PLAIN = ["ARDRegression", "BayesianRidge", "ElasticNetCV", "HuberRegressor", "LarsCV", "LassoCV", "LassoLarsCV", "LassoLarsIC", "OrthogonalMatchingPursuitCV", "QuantileRegressor"]
SEEDED = ["PassiveAggressiveRegressor", "RANSACRegressor", "SGDRegressor", "TheilSenRegressor"]
TARGETS = ["ElasticNet", "Lars", "Lasso", "LassoLars", "LinearRegression", "OrthogonalMatchingPursuit", "Ridge", "RidgeCV"]
TASKS = ["MultiTaskElasticNet", "MultiTaskElasticNetCV", "MultiTaskLasso", "MultiTaskLassoCV"]
POSITIVE = ["GammaRegressor", "PoissonRegressor", "TweedieRegressor"]


def train(zoo):
    for name in PLAIN:
        regressor(zoo, getattr(lm, name), kinds=("float", "double"))
    for name in SEEDED:
        regressor(zoo, lambda kind=getattr(lm, name): kind(random_state=0), kinds=("float", "int64"))
    for name in TARGETS:
        regressor(zoo, getattr(lm, name), targets=True)
    regressor(zoo, lambda: lm.LinearRegression(fit_intercept=False), name="LinearRegression_through_zero", kinds=("float",))
    for name in TASKS:
        regressor(zoo, getattr(lm, name), targets=True, kinds=())
    for name in POSITIVE:
        regressor(zoo, getattr(lm, name), positive=True, kinds=("float", "double"))
    for power in (0, 1, 1.5, 2, 3):
        regressor(zoo, lambda: lm.TweedieRegressor(power=power, link="log"), name=f"TweedieRegressor_{power}".replace(".", "_"), positive=True, kinds=("float",))
    regressor(zoo, lambda: PLSRegression(n_components=2), kinds=("float", "double"), targets=True)
    classifier(zoo, lambda: lm.LogisticRegression(C=2.0), raw=True)
    classifier(zoo, lambda: lm.LogisticRegressionCV(Cs=3, cv=3), raw=True, only=("binary", "labels"))
    classifier(zoo, lambda: lm.RidgeClassifier(), raw=True, only=("binary", "classes", "labels"), native=["predict", None])
    classifier(zoo, lambda: lm.RidgeClassifierCV(), raw=True, only=("binary", "classes"), native=["predict", None])
    for loss in ("hinge", "log_loss", "modified_huber", "squared_hinge", "perceptron"):
        scores = None if loss in ("log_loss", "modified_huber") else ["predict", None]
        classifier(zoo, lambda: lm.SGDClassifier(loss=loss, random_state=0), name=f"SGDClassifier_{loss}", raw=True, only=("binary", "classes", "double"), native=scores)
    classifier(zoo, lambda: lm.Perceptron(random_state=0), raw=True, only=("binary", "labels"), native=["predict", None])
    classifier(zoo, lambda: lm.PassiveAggressiveClassifier(random_state=0), raw=True, only=("binary", "labels"), native=["predict", None])
    classifier(zoo, LinearDiscriminantAnalysis, raw=True, only=("binary", "classes", "labels", "double"))
    classifier(zoo, QuadraticDiscriminantAnalysis, only=("binary", "classes", "labels", "double"))
