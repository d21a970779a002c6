"""Transformers of numbers: scaling, filling, encoding, selecting and projecting."""

import numpy as np
from sklearn import decomposition, feature_selection as fs, impute, kernel_approximation, preprocessing as pp, random_projection
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import LinearRegression

from rows import Data

WORDS = np.array(["a", "b", "été", "雪", ""], dtype=object)


def both(zoo, name, make, *, kinds=("float", "double"), what="", missing=False, **more):
    for kind, dtype in (("float", np.float32), ("double", np.float64), ("int64", np.int64)):
        if kind in kinds:
            data = Data(91, kind=dtype, missing=0.15 if missing and kind != "int64" else 0)
            zoo.sklearn(f"{name}.{kind}", make().fit(data.x, data.binary), data.x, variant=", ".join(filter(None, [what, f"{kind} inputs"])), missing=missing and kind != "int64", **more)


def train(zoo):
    scaling(zoo)
    filling(zoo)
    making(zoo)
    selecting(zoo)
    projecting(zoo)
    bins(zoo)
    encoding(zoo)
    labels(zoo)


def scaling(zoo):
    every = ("float", "double", "int64")
    both(zoo, "StandardScaler", pp.StandardScaler, kinds=every)
    both(zoo, "StandardScaler_mean", lambda: pp.StandardScaler(with_std=False), what="with_std False")
    both(zoo, "StandardScaler_scale", lambda: pp.StandardScaler(with_mean=False), what="with_mean False")
    both(zoo, "StandardScaler_missing", pp.StandardScaler, what="missing values", missing=True)
    both(zoo, "MinMaxScaler", pp.MinMaxScaler, kinds=every)
    both(zoo, "MinMaxScaler_clip", lambda: pp.MinMaxScaler((-1, 1), clip=True), what="clip")
    both(zoo, "MaxAbsScaler", pp.MaxAbsScaler, kinds=every)
    both(zoo, "RobustScaler", pp.RobustScaler, kinds=every)
    both(zoo, "RobustScaler_centre", lambda: pp.RobustScaler(with_scaling=False), what="with_scaling False")
    for norm in ("l1", "l2", "max"):
        both(zoo, f"Normalizer_{norm}", lambda: pp.Normalizer(norm), what=f"norm {norm}", kinds=every)
    both(zoo, "Binarizer", lambda: pp.Binarizer(threshold=0.25), kinds=every)
    for method in ("yeo-johnson", "box-cox"):
        for standard in (True, False):
            data = Data(92, positive=method == "box-cox")
            x = data.x + (0.1 if method == "box-cox" else 0)
            x = x.astype(np.float32)
            zoo.sklearn(f"PowerTransformer.{method}_{standard}".lower(), pp.PowerTransformer(method, standardize=standard).fit(x), x, variant=f"{method}, standardize {standard}", odd=False, unseen={0: []})
    for distribution in ("uniform", "normal"):
        both(zoo, f"QuantileTransformer_{distribution}", lambda: pp.QuantileTransformer(n_quantiles=12, output_distribution=distribution), what=distribution, kinds=("float",))


def filling(zoo):
    for strategy in ("mean", "median", "most_frequent", "constant"):
        both(zoo, f"SimpleImputer_{strategy}", lambda: impute.SimpleImputer(strategy=strategy), what=strategy, missing=True)
    both(zoo, "SimpleImputer_indicator", lambda: impute.SimpleImputer(add_indicator=True), what="add_indicator", missing=True, kinds=("float",))
    whole = Data(93, kind=np.int64)
    x = np.abs(whole.x)
    zoo.sklearn("SimpleImputer.int64", impute.SimpleImputer(missing_values=0, strategy="most_frequent").fit(x), x, variant="int64 inputs, 0 is missing")
    words = np.array(WORDS[np.random.default_rng(93).integers(0, 5, (60, 2))], dtype=object)
    for strategy, more in (("most_frequent", {}), ("constant", {"fill_value": "¿?"})):
        zoo.sklearn(f"SimpleImputer.strings_{strategy}", impute.SimpleImputer(missing_values="", strategy=strategy, **more).fit(words), words, variant=f"strings, {strategy}, empty is missing")
    for weights in ("uniform", "distance"):
        both(zoo, f"KNNImputer_{weights}", lambda: impute.KNNImputer(n_neighbors=3, weights=weights), what=weights, missing=True)


def making(zoo):
    both(zoo, "PolynomialFeatures_2", lambda: pp.PolynomialFeatures(2), what="degree 2", kinds=("float", "double", "int64"))
    both(zoo, "PolynomialFeatures_3", lambda: pp.PolynomialFeatures(3, interaction_only=True, include_bias=False), what="degree 3, interaction_only, no bias")
    both(zoo, "FunctionTransformer", pp.FunctionTransformer, what="identity", kinds=("float", "int64"))
    from skl2onnx.sklapi import CastRegressor, CastTransformer, ReplaceTransformer

    both(zoo, "CastTransformer", lambda: CastTransformer(dtype=np.float64), what="to double", kinds=("float",))
    both(zoo, "CastTransformer_int64", lambda: CastTransformer(dtype=np.int64), what="to int64", kinds=("float", "double"), odd=False)
    both(zoo, "CastRegressor", lambda: CastRegressor(LinearRegression(), dtype=np.float64), kinds=("float",), native=["predict"])
    both(zoo, "ReplaceTransformer", lambda: ReplaceTransformer(0, np.nan), what="0 by NaN", kinds=("float",), odd=False)
    data = Data(94)
    centred = data.x[:20] @ data.x[:20].T
    zoo.sklearn("KernelCenterer.float", pp.KernelCenterer().fit(centred), centred.astype(np.float32), variant="a kernel of 20 rows", odd=False)


def selecting(zoo):
    makes = {
        "SelectKBest": lambda: fs.SelectKBest(fs.f_classif, k=3), "SelectPercentile": lambda: fs.SelectPercentile(fs.f_classif, percentile=50), "SelectFpr": lambda: fs.SelectFpr(fs.f_classif, alpha=0.5),
        "SelectFdr": lambda: fs.SelectFdr(fs.f_classif, alpha=0.5), "SelectFwe": lambda: fs.SelectFwe(fs.f_classif, alpha=0.5), "VarianceThreshold": lambda: fs.VarianceThreshold(0.3),
        "GenericUnivariateSelect": lambda: fs.GenericUnivariateSelect(fs.f_classif, mode="k_best", param=2), "RFE": lambda: fs.RFE(LinearRegression(), n_features_to_select=2),
        "RFECV": lambda: fs.RFECV(LinearRegression(), cv=3), "SelectFromModel": lambda: fs.SelectFromModel(ExtraTreesRegressor(5, random_state=0)),
    }
    for name, make in makes.items():
        both(zoo, name, make, kinds=("float", "int64") if name == "SelectKBest" else ("float",), native=["transform"])


def projecting(zoo):
    both(zoo, "PCA", lambda: decomposition.PCA(2), kinds=("float", "double", "int64"))
    both(zoo, "PCA_whiten", lambda: decomposition.PCA(3, whiten=True), what="whiten")
    both(zoo, "IncrementalPCA", lambda: decomposition.IncrementalPCA(2), kinds=("float",))
    both(zoo, "TruncatedSVD", lambda: decomposition.TruncatedSVD(2, random_state=0))
    for kernel in ("linear", "rbf", "poly", "sigmoid", "cosine"):
        both(zoo, f"KernelPCA_{kernel}", lambda: decomposition.KernelPCA(2, kernel=kernel, gamma=0.1 if kernel != "linear" else None, random_state=0, eigen_solver="dense"), what=f"kernel {kernel}", kinds=("float",))
    both(zoo, "GaussianRandomProjection", lambda: random_projection.GaussianRandomProjection(3, random_state=0), kinds=("float", "double"))


def bins(zoo):
    for encode in ("onehot-dense", "onehot", "ordinal"):
        for strategy in ("uniform", "quantile", "kmeans"):
            model = lambda: pp.KBinsDiscretizer(4, encode=encode, strategy=strategy, quantile_method="averaged_inverted_cdf", random_state=0)
            both(zoo, f"KBinsDiscretizer_{encode.replace('-', '_')}_{strategy}", model, what=f"{encode}, {strategy}", kinds=("float",))


def encoding(zoo):
    rng = np.random.default_rng(95)
    words = np.array(WORDS[rng.integers(0, 5, (80, 2))], dtype=object)
    codes = rng.integers(-1, 4, (80, 2))
    reals = codes.astype(np.float32)
    strange = {0: ["unknown", "A", "a ", "É"], 1: ["", "ünknown"]}
    numbers = {0: [99, -7], 1: [12345678]}
    inputs = {"strings": (words, strange), "int64": (codes, numbers), "float": (reals, numbers)}
    for kind, (x, unseen) in inputs.items():
        zoo.sklearn(f"OneHotEncoder.{kind}", pp.OneHotEncoder(handle_unknown="ignore").fit(x), x, variant=f"{kind}, handle_unknown ignore", unseen=unseen)
        zoo.sklearn(f"OneHotEncoder.{kind}_known", pp.OneHotEncoder().fit(x), x, variant=f"{kind}, handle_unknown error", unseen={0: []})
        zoo.sklearn(f"OneHotEncoder.{kind}_dense", pp.OneHotEncoder(sparse_output=False, handle_unknown="ignore").fit(x), x, variant=f"{kind}, dense", unseen=unseen)
        for drop in ("first", "if_binary"):
            zoo.sklearn(f"OneHotEncoder.{kind}_{drop}", pp.OneHotEncoder(drop=drop).fit(x), x, variant=f"{kind}, drop {drop}", unseen={0: []})
        zoo.sklearn(f"OneHotEncoder.{kind}_infrequent", pp.OneHotEncoder(min_frequency=16, handle_unknown="infrequent_if_exist").fit(x), x, variant=f"{kind}, infrequent", unseen=unseen)
        zoo.sklearn(f"OrdinalEncoder.{kind}", pp.OrdinalEncoder().fit(x), x, variant=kind, unseen={0: []})
        zoo.sklearn(f"OrdinalEncoder.{kind}_unknown", pp.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(x), x, variant=f"{kind}, unknown is -1", unseen=unseen)
        zoo.sklearn(f"OrdinalEncoder.{kind}_int64", pp.OrdinalEncoder(dtype=np.int64).fit(x), x, variant=f"{kind}, to int64", unseen={0: []})
        zoo.sklearn(f"OrdinalEncoder.{kind}_infrequent", pp.OrdinalEncoder(min_frequency=16, handle_unknown="use_encoded_value", unknown_value=-1).fit(x), x, variant=f"{kind}, infrequent", unseen=unseen)
        y = (rng.random(80) + (codes[:, 0] > 1)).astype(np.float32)
        zoo.sklearn(f"TargetEncoder.{kind}", pp.TargetEncoder(target_type="continuous", random_state=0).fit(x, y), x, variant=f"{kind}, continuous", unseen=unseen)
        zoo.sklearn(f"TargetEncoder.{kind}_binary", pp.TargetEncoder(random_state=0).fit(x, y > 0.8), x, variant=f"{kind}, binary", unseen=unseen)
        zoo.sklearn(f"TargetEncoder.{kind}_classes", pp.TargetEncoder(random_state=0).fit(x, np.digitize(y, [0.5, 1.0])), x, variant=f"{kind}, three classes", unseen=unseen)
    holes = reals.copy()
    holes[::7, 0] = np.nan
    zoo.sklearn("OrdinalEncoder.missing", pp.OrdinalEncoder(encoded_missing_value=-2).fit(holes), holes, variant="float, missing is -2", unseen={0: []})
    zoo.sklearn("OneHotEncoder.missing", pp.OneHotEncoder(handle_unknown="ignore").fit(holes), holes, variant="float, missing values", unseen={0: []})


def labels(zoo):
    rng = np.random.default_rng(96)
    words = WORDS[rng.integers(0, 5, 40)]
    codes = rng.integers(0, 4, 40) * 3 - 1
    for kind, x in (("strings", words.reshape(-1, 1)), ("int64", codes.reshape(-1, 1))):
        one = ("transform", None)
        encoder = pp.LabelEncoder().fit(x.ravel())
        zoo.sklearn(f"LabelEncoder.{kind}", encoder, x, variant=kind, native=[("transform", lambda rows: encoder.transform(rows.ravel()).reshape(-1, 1))], unseen={0: []})
        binarizer = pp.LabelBinarizer(neg_label=-1 if kind == "int64" else 0, pos_label=2 if kind == "int64" else 1).fit(x.ravel())
        zoo.sklearn(f"LabelBinarizer.{kind}", binarizer, x, variant=kind, native=[("transform", lambda rows: binarizer.transform(rows.ravel()))], unseen={0: []})
