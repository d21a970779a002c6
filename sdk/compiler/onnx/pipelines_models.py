"""Whole pipelines, with columns of strings and numbers as a data frame has them."""

import numpy as np
import pandas as pd
from sklearn import ensemble as en, linear_model as lm
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, MinMaxScaler, OneHotEncoder, OrdinalEncoder, PolynomialFeatures, StandardScaler, TargetEncoder
from sklearn.svm import SVC, SVR

from rows import Data

COUNTRIES = np.array(["de", "fr", "日本", ""], dtype=object)
DEVICES = np.array(["phone", "desk top", "Phone"], dtype=object)
STRANGE = {"country": ["DE", "xx", "été"], "device": ["", "unknown", "phone "]}
NUMBERS, WORDS = ["amount", "age", "visits"], ["country", "device"]


def frame(seed, missing=0.0, rows=160):
    """Columns of strings, real and whole numbers, and what depends on them."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({
        "amount": np.exp(rng.normal(3, 1, rows)).astype(np.float32), "age": np.round(rng.uniform(18, 90, rows)).astype(np.float32), "visits": rng.poisson(3, rows).astype(np.float32),
        "country": pd.Series(COUNTRIES[rng.integers(0, 4, rows)], dtype=object), "device": pd.Series(DEVICES[rng.integers(0, 3, rows)], dtype=object),
    })
    signal = np.log(table.amount) - table.age / 40 + (table.country == "fr") - (table.device == "phone") + 0.3 * rng.normal(size=rows)
    if missing:
        for column in NUMBERS:
            table.loc[rng.random(rows) < missing, column] = np.nan
    return table, signal.to_numpy()


def columns(numbers, words=None):
    return ColumnTransformer([("numbers", numbers, NUMBERS), ("words", words or OneHotEncoder(handle_unknown="ignore"), WORDS)])


def train(zoo):
    table, signal = frame(101)
    holes, signal_of_holes = frame(102, missing=0.2)
    filled = lambda: columns(make_pipeline(SimpleImputer(strategy="median"), StandardScaler()))
    scaled = lambda: columns(StandardScaler())
    classifiers = {
        "logistic": lm.LogisticRegression(), "forest": en.RandomForestClassifier(6, max_depth=4, random_state=0), "boosted": en.GradientBoostingClassifier(n_estimators=6, max_depth=2, random_state=0),
        "net": MLPClassifier((12,), max_iter=80, random_state=0), "svc": SVC(probability=True, random_state=0), "histogram": en.HistGradientBoostingClassifier(max_iter=4, max_leaf_nodes=6, random_state=0),
        "sgd": lm.SGDClassifier(loss="log_loss", random_state=0),
    }
    kinds = {"binary": lambda y: (y > 2).astype(int), "labels": lambda y: np.array(["low", "mittel", "très haut"])[np.digitize(y, [1.5, 2.5])]}
    for name, last in classifiers.items():
        for kind, labelled in kinds.items():
            for title, prepare, rows, y in (("scaled", scaled, table, signal), ("filled", filled, holes, signal_of_holes)):
                dense = ColumnTransformer(prepare().transformers, sparse_threshold=0)
                model = make_pipeline(dense, last).fit(rows, labelled(y))
                zipmap = {} if kind == "binary" and title == "scaled" else {"options": {"zipmap": False}}
                zoo.sklearn(f"{name}.{kind}_{title}", model, rows, what="Pipeline", variant=f"columns of strings and numbers, {title}, to {type(last).__name__}, {kind}", unseen=STRANGE, **zipmap)
    regressors = {"ridge": lm.Ridge(), "forest": en.RandomForestRegressor(6, max_depth=4, random_state=0), "svr": SVR(), "poisson": lm.PoissonRegressor(), "histogram": en.HistGradientBoostingRegressor(max_iter=4, max_leaf_nodes=6, random_state=0)}
    for name, last in regressors.items():
        model = make_pipeline(ColumnTransformer(filled().transformers, sparse_threshold=0), last).fit(holes, np.abs(signal_of_holes))
        zoo.sklearn(f"{name}.regressor", model, holes, what="Pipeline", variant=f"columns of strings and numbers, filled, to {type(last).__name__}", unseen=STRANGE)
    encoded(zoo, table, signal)
    shapes(zoo, table, signal)
    plain(zoo)


def encoded(zoo, table, signal):
    words = {
        "ordinal": OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), "target": TargetEncoder(random_state=0), "first": OneHotEncoder(drop="first"),
        "dense": OneHotEncoder(sparse_output=False, handle_unknown="ignore"), "filled": make_pipeline(SimpleImputer(missing_values="", strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")),
    }
    for name, encoder in words.items():
        for title, last in (("trees", en.RandomForestClassifier(5, max_depth=3, random_state=0)), ("linear", lm.LogisticRegression())):
            model = make_pipeline(columns("passthrough", encoder), last).fit(table, (signal > 2).astype(int))
            unseen = {} if name == "first" else STRANGE
            zoo.sklearn(f"{name}.{title}", model, table, what="Pipeline", variant=f"{name} encoder of strings, {title}", options={"zipmap": False}, unseen=unseen)


def shapes(zoo, table, signal):
    y = (signal > 2).astype(int)
    tests = {
        "transform": columns(StandardScaler()), "dropped": ColumnTransformer([("amount", MinMaxScaler(), ["amount"]), ("country", OneHotEncoder(handle_unknown="ignore"), ["country"])], remainder="drop"),
        "bins": columns(KBinsDiscretizer(4, encode="onehot-dense", quantile_method="averaged_inverted_cdf")), "powers": columns(PolynomialFeatures(2)),
        "union": columns(FeatureUnion([("scaled", StandardScaler()), ("components", PCA(2))])),
    }
    for name, model in tests.items():
        zoo.sklearn(f"columns.{name}", model.fit(table), table, variant=name, unseen=STRANGE, native=["transform"])
    rest = ColumnTransformer([("words", OneHotEncoder(handle_unknown="ignore"), WORDS)], remainder="passthrough", sparse_threshold=0)
    zoo.sklearn("columns.remainder", rest.fit(table), table, variant="remainder passes through", unseen=STRANGE, native=["transform"])
    svd = make_pipeline(columns(StandardScaler()), TruncatedSVD(3, random_state=0), lm.LogisticRegression()).fit(table, y)
    zoo.sklearn("svd.logistic", svd, table, what="Pipeline", variant="TruncatedSVD to LogisticRegression", unseen=STRANGE)
    best = make_pipeline(columns(StandardScaler()), SelectKBest(f_classif, k=4), lm.LogisticRegression()).fit(table, y)
    zoo.sklearn("best.logistic", best, table, what="Pipeline", variant="SelectKBest to LogisticRegression", unseen=STRANGE, options={"zipmap": False})
    texts = table.assign(note=np.resize(np.array(["red car", "blue bike and car", "", "green", "car car bike"], dtype=object), len(table)))
    model = make_pipeline(ColumnTransformer([("note", TfidfVectorizer(), "note"), ("numbers", StandardScaler(), NUMBERS), ("words", OneHotEncoder(handle_unknown="ignore"), WORDS)]), lm.LogisticRegression()).fit(texts, y)
    zoo.sklearn("text.logistic", model, texts, what="Pipeline", variant="a text, strings and numbers to LogisticRegression", unseen={**STRANGE, "note": ["purple", "CAR"]}, options={"zipmap": False})
    zoo.sklearn("whole.logistic", make_pipeline(columns(StandardScaler()), lm.LogisticRegression()).fit(table.astype({"visits": np.int64}), y), table.astype({"visits": np.int64, "age": np.float64}), what="Pipeline", variant="float, double, int64 and string columns", unseen=STRANGE, options={"zipmap": False})


def plain(zoo):
    """One matrix of numbers through several steps."""
    data, holes = Data(103), Data(104, missing=0.15)
    steps = {
        "scaler_logistic": (StandardScaler(), lm.LogisticRegression()), "pca_svc": (StandardScaler(), PCA(3), SVC(probability=True, random_state=0)), "poly_sgd": (PolynomialFeatures(2), StandardScaler(), lm.SGDClassifier(loss="log_loss", random_state=0)),
        "bins_forest": (KBinsDiscretizer(4, encode="ordinal", quantile_method="averaged_inverted_cdf"), en.RandomForestClassifier(5, max_depth=3, random_state=0)), "best_net": (SelectKBest(k=3), MinMaxScaler(), MLPClassifier((8,), max_iter=80, random_state=0)),
    }
    for name, made in steps.items():
        zoo.sklearn(f"plain.{name}", make_pipeline(*made).fit(data.x, data.classes), data.x, what="Pipeline", variant=name.replace("_", " to "), options={"zipmap": False})
    model = make_pipeline(SimpleImputer(), StandardScaler(), lm.LogisticRegression()).fit(holes.x, holes.labels)
    zoo.sklearn("plain.imputer_scaler_logistic", model, holes.x, what="Pipeline", variant="imputer to scaler to logistic", missing=True)
