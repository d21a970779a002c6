"""Support vector machines."""

import numpy as np
from sklearn import svm
from sklearn.linear_model import SGDOneClassSVM

from rows import Data
from variants import classifier, regressor

KERNELS = {"linear": {}, "rbf": {"gamma": 0.3}, "poly": {"degree": 2, "coef0": 0.5}, "sigmoid": {"gamma": 0.05, "coef0": 0.1}}


def train(zoo):
    for kernel, more in KERNELS.items():
        classifier(zoo, lambda: svm.SVC(kernel=kernel, **more), name=f"SVC_{kernel}", only=("binary", "classes"), native=["predict", None])
        classifier(zoo, lambda: svm.SVC(kernel=kernel, probability=True, random_state=0, **more), name=f"SVC_{kernel}_proba", only=("binary", "labels", "double"))
        regressor(zoo, lambda: svm.SVR(kernel=kernel, **more), name=f"SVR_{kernel}", kinds=("float", "double"))
        data = Data(41)
        model = svm.OneClassSVM(kernel=kernel, nu=0.3, **more).fit(data.x)
        zoo.sklearn(f"OneClassSVM.{kernel}", model, data.x, variant=f"kernel {kernel}", native=["predict", "decision_function"])
    classifier(zoo, lambda: svm.SVC(kernel="rbf"), name="SVC_raw", raw=True, only=("raw", "raw_classes"))
    classifier(zoo, lambda: svm.SVC(kernel="rbf", decision_function_shape="ovo"), name="SVC_ovo", raw=True, only=("raw", "raw_classes"))
    classifier(zoo, lambda: svm.SVC(kernel="rbf", break_ties=True), name="SVC_ties", only=("classes",), native=["predict", None])
    classifier(zoo, lambda: svm.NuSVC(nu=0.3, probability=True, random_state=0), name="NuSVC", only=("binary", "classes", "labels", "int64"))
    regressor(zoo, svm.NuSVR)
    classifier(zoo, lambda: svm.LinearSVC(random_state=0), raw=True, native=["predict", None], only=("binary", "classes", "labels", "int64", "raw"))
    regressor(zoo, lambda: svm.LinearSVR(random_state=0))
    data = Data(42)
    zoo.sklearn("SGDOneClassSVM.float", SGDOneClassSVM(random_state=0).fit(data.x), data.x, variant="float inputs", native=["predict", "decision_function"])
    wide = Data(42, kind=np.float64)
    zoo.sklearn("OneClassSVM.double", svm.OneClassSVM().fit(wide.x), wide.x, variant="double inputs", native=["predict", "decision_function"])
