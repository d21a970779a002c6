"""XGBoost and LightGBM, by onnxmltools."""

import zlib

import lightgbm as lgb
import numpy as np
import xgboost as xgb
from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType

from rows import Data, hard_rows

XGB = {"n_estimators": 5, "max_depth": 3, "random_state": 0, "n_jobs": 1}
LGB = {"n_estimators": 5, "num_leaves": 7, "min_child_samples": 5, "random_state": 0, "n_jobs": 1, "verbosity": -1, "deterministic": True, "force_row_wise": True}
OPSET = 15


def add(zoo, name, model, base, variant, natives, convert, missing=True, opset=OPSET, **more):
    library = f"XGBoost {xgb.__version__}" if convert is convert_xgboost else f"LightGBM {lgb.__version__}"
    estimator = type(model).__name__
    try:
        onx = convert(model, initial_types=[("input", FloatTensorType([None, base.shape[1]]))], target_opset=opset, **more)
    except Exception as error:
        zoo.fail(name, estimator, variant, "onnxmltools", error)
        return
    rows, corners = hard_rows(zlib.crc32(f"boosters.{name}".encode()), base, onx, True, missing, (), 24)
    answered = [(what, place, np.asarray(call(rows[:corners]))) for what, place, call in natives]
    zoo.add(name, onx, {"input": rows}, estimator=estimator, library=library, variant=variant, natives=answered, rows=len(rows), corners=corners)


def classified(model):
    return [("predict", 0, model.predict), ("predict_proba", 1, model.predict_proba)]


def train(zoo):
    data = Data(121, missing=0.12)
    xgboost(zoo, data)
    xgboost_others(zoo, data)
    lightgbm(zoo, data)
    lightgbm_others(zoo, data)


def xgboost(zoo, data):
    put = lambda name, model, variant, natives, **more: add(zoo, f"xgboost_{name}", model, data.x, variant, natives, convert_xgboost, **more)
    labels = {"binary": data.binary, "classes": data.classes}
    for kind, y in labels.items():
        for booster in ("gbtree", "dart"):
            more = {"rate_drop": 0.3} if booster == "dart" else {}
            model = xgb.XGBClassifier(booster=booster, **XGB, **more).fit(data.x, y)
            put(f"classifier.{kind}_{booster}", model, f"{kind}, {booster}", classified(model))
    model = xgb.XGBClassifier(base_score=0.3, **XGB).fit(data.x, data.binary)
    put("classifier.base", model, "base_score 0.3", classified(model))
    model = xgb.XGBClassifier(objective="binary:logitraw", **XGB).fit(data.x, data.binary)
    put("classifier.logitraw", model, "objective binary:logitraw", [("predict", 0, model.predict)])
    model = xgb.XGBClassifier(objective="multi:softmax", **XGB).fit(data.x, data.classes)
    put("classifier.softmax", model, "objective multi:softmax", [("predict", 0, model.predict)])
    for objective in ("reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror", "reg:squaredlogerror", "reg:logistic", "reg:gamma", "reg:tweedie", "count:poisson", "reg:quantileerror"):
        y = 1 / (1 + np.exp(-data.y)) if objective == "reg:logistic" else data.positive
        more = {"quantile_alpha": 0.7} if objective == "reg:quantileerror" else {}
        model = xgb.XGBRegressor(objective=objective, **XGB, **more).fit(data.x, y)
        put(f"regressor.{objective.replace(':', '_')}", model, f"objective {objective}", [("predict", 0, model.predict)])
    for base in (0.0, 1.5):
        model = xgb.XGBRegressor(base_score=base, **XGB).fit(data.x, data.y)
        put(f"regressor.base_{base}".replace("_0.0", "_0").replace("1.5", "1_5"), model, f"base_score {base}", [("predict", 0, model.predict)])
    model = xgb.XGBRegressor(**XGB).fit(data.x, data.targets)
    put("regressor.targets", model, "two targets", [("predict", 0, model.predict)])
    for policy, more in (("lossguide", {"grow_policy": "lossguide", "max_leaves": 6}), ("depth_7", {"max_depth": 7}), ("stump", {"max_depth": 1})):
        model = xgb.XGBRegressor(**{**XGB, **more}).fit(data.x, data.y)
        put(f"regressor.{policy}", model, policy, [("predict", 0, model.predict)])


def xgboost_others(zoo, data):
    put = lambda name, model, variant, natives, **more: add(zoo, f"xgboost_{name}", model, data.x, variant, natives, convert_xgboost, **more)
    forest = xgb.XGBRFClassifier(**XGB).fit(data.x, data.binary)
    put("forest.classifier", forest, "a random forest", classified(forest))
    forest = xgb.XGBRFRegressor(**XGB).fit(data.x, data.y)
    put("forest.regressor", forest, "a random forest", [("predict", 0, forest.predict)])
    for objective in ("rank:pairwise", "rank:ndcg", "rank:map"):
        y = data.binary if objective == "rank:map" else data.classes
        model = xgb.XGBRanker(objective=objective, **XGB).fit(data.x, y, group=[40, 40, 40])
        put(f"ranker.{objective.replace(':', '_')}", model, f"objective {objective}", [("predict", 0, model.predict)])
        put(f"booster.{objective.replace(':', '_')}", model.get_booster(), f"a Booster, {objective}", [("predict", 0, model.predict)])
    codes = np.abs(np.round(np.nan_to_num(data.x[:, :1]) * 3)).astype(np.float32)
    x = np.concatenate([codes, data.x[:, 1:]], axis=1)
    train = xgb.DMatrix(x, data.binary, feature_types=["c", "q", "q", "q", "q"], enable_categorical=True)
    booster = xgb.train({"objective": "binary:logistic", "max_depth": 3, "max_cat_to_onehot": 1, "nthread": 1}, train, 4)
    natives = [("predict", 1, lambda rows: booster.predict(xgb.DMatrix(rows, feature_types=["c", "q", "q", "q", "q"], enable_categorical=True)))]
    add(zoo, "xgboost_booster.categories", booster, x, "categorical splits", natives, convert_xgboost)
    booster = xgb.train({"objective": "binary:logistic", "max_depth": 3, "nthread": 1}, xgb.DMatrix(data.x, data.binary), 4)
    put("booster.binary", booster, "a Booster, binary:logistic", [("predict", 1, lambda rows: booster.predict(xgb.DMatrix(rows)))])
    best = xgb.XGBRegressor(**{**XGB, "n_estimators": 12}, early_stopping_rounds=1).fit(data.x[:80], data.y[:80], eval_set=[(data.x[80:], data.y[80:])], verbose=False)
    put("regressor.early", best, "stopped early", [("predict", 0, best.predict)])
    linear = xgb.XGBRegressor(booster="gblinear", n_estimators=5, random_state=0, n_jobs=1, updater="coord_descent").fit(data.x, data.y)
    put("regressor.gblinear", linear, "booster gblinear", [("predict", 0, linear.predict)])


def lightgbm(zoo, data):
    put = lambda name, model, variant, natives, x=data.x, **more: add(zoo, f"lightgbm_{name}", model, x, variant, natives, convert_lightgbm, **more)
    labels = {"binary": data.binary, "classes": data.classes, "labels": data.labels}
    for kind, y in labels.items():
        for booster in ("gbdt", "dart", "rf"):
            more = {"subsample": 0.7, "subsample_freq": 1} if booster == "rf" else {}
            model = lgb.LGBMClassifier(boosting_type=booster, **LGB, **more).fit(data.x, y)
            put(f"classifier.{kind}_{booster}", model, f"{kind}, {booster}", classified(model), zipmap=kind != "classes")
    for objective in ("multiclassova", "cross_entropy"):
        if objective == "cross_entropy":
            model = lgb.LGBMRegressor(objective=objective, **LGB).fit(data.x, 1 / (1 + np.exp(-data.y)))
            put(f"regressor.{objective}", model, f"objective {objective}", [("predict", 0, model.predict)])
        else:
            model = lgb.LGBMClassifier(objective=objective, **LGB).fit(data.x, data.classes)
            put(f"classifier.{objective}", model, f"objective {objective}", classified(model), zipmap=False)
    for objective in ("regression", "regression_l1", "huber", "fair", "poisson", "quantile", "mape", "gamma", "tweedie"):
        model = lgb.LGBMRegressor(objective=objective, **LGB).fit(data.x, data.positive)
        put(f"regressor.{objective}", model, f"objective {objective}", [("predict", 0, model.predict)])
    model = lgb.LGBMRegressor(boosting_type="rf", subsample=0.7, subsample_freq=1, **LGB).fit(data.x, data.y)
    put("regressor.rf", model, "boosting rf", [("predict", 0, model.predict)])
    model = lgb.LGBMRegressor(**LGB).fit(data.x, data.y)
    put("regressor.split", model, "option split", [("predict", 0, model.predict)], split=2)
    model = lgb.LGBMRegressor(linear_tree=True, **LGB).fit(data.x, data.y)
    put("regressor.linear_tree", model, "linear leaves", [("predict", 0, model.predict)])


def lightgbm_others(zoo, data):
    put = lambda name, model, variant, natives, x=data.x, **more: add(zoo, f"lightgbm_{name}", model, x, variant, natives, convert_lightgbm, **more)
    for option, settings in (("zero_as_missing", {"zero_as_missing": True}), ("no_missing", {"use_missing": False})):
        model = lgb.LGBMClassifier(**LGB, **settings).fit(data.x, data.binary)
        put(f"classifier.{option}", model, option, classified(model), zipmap=False)
    codes = np.abs(np.round(np.nan_to_num(data.x[:, :1]) * 3)).astype(np.float32)
    x = np.concatenate([codes, data.x[:, 1:]], axis=1)
    model = lgb.LGBMClassifier(**LGB).fit(x, data.binary, categorical_feature=[0])
    put("classifier.categories", model, "categorical splits", classified(model), x=x, zipmap=False)
    model = lgb.LGBMRegressor(max_cat_to_onehot=16, **LGB).fit(x, data.y, categorical_feature=[0])
    put("regressor.onehot", model, "categorical splits, one against the rest", [("predict", 0, model.predict)], x=x)
    for objective in ("lambdarank", "rank_xendcg"):
        model = lgb.LGBMRanker(objective=objective, **LGB).fit(data.x, data.classes, group=[40, 40, 40])
        put(f"ranker.{objective}", model, f"objective {objective}", [("predict", 0, model.predict)])
    parameters = {"objective": "binary", "num_leaves": 7, "verbosity": -1, "num_threads": 1, "seed": 0, "deterministic": True, "force_row_wise": True}
    booster = lgb.train(parameters, lgb.Dataset(data.x, data.binary), 4)
    put("booster.binary", booster, "a Booster, binary", [("predict", 1, booster.predict)], zipmap=False)
    whole = Data(122)
    model = lgb.LGBMRegressor(**LGB).fit(whole.x, whole.y)
    put("regressor.whole", model, "no missing values", [("predict", 0, model.predict)], x=whole.x, missing=False)
