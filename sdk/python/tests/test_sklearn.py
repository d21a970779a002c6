"""Whole scikit-learn pipelines, with texts and preprocessing, answer as scikit-learn does within what its conversion gives."""

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import scoregate


@pytest.fixture(scope="session")
def texts(payments: pd.DataFrame) -> pd.DataFrame:
    """Its categories as texts, and numbers without an infinity of digits: FP32 is what the conversion scores."""
    return payments.assign(country=payments.country.astype(str), amount=payments.amount.astype(np.float32))


def prepared(estimator):
    # Trees need no scaling; with it, a number on a threshold may fall to its other side in FP32.
    scaling = StandardScaler() if isinstance(estimator, LogisticRegression) else "passthrough"
    columns = ColumnTransformer(
        [
            ("words", OneHotEncoder(handle_unknown="ignore"), ["country"]),
            ("numbers", make_pipeline(SimpleImputer(), scaling), ["amount", "hour"]),
            ("rest", "passthrough", ["is_online"]),
        ]
    )
    return make_pipeline(columns, estimator)


ESTIMATORS = [
    LogisticRegression(),
    RandomForestClassifier(n_estimators=10, max_depth=5, random_state=1),
    HistGradientBoostingClassifier(max_iter=10, max_leaf_nodes=8, random_state=1),
    xgboost.XGBClassifier(n_estimators=10, max_depth=3),
    lightgbm.LGBMClassifier(n_estimators=10, num_leaves=8, verbose=-1),
]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def test_a_pipeline_with_texts_answers_as_scikit_learn_does(texts, fraud, estimator):
    fitted = prepared(estimator).fit(texts, fraud)
    model = scoregate.compile(fitted, texts)
    report = model.check(fitted, texts)
    assert set(report.methods) == {"predict", "predict_proba"}
    unknown = texts[:5].assign(country="somewhere else")
    model.check(fitted, unknown)


def test_labels_may_be_texts(texts, fraud):
    words = np.array(["fine", "stolen"])[fraud]
    fitted = prepared(LogisticRegression()).fit(texts, words)
    model = scoregate.compile(fitted, texts)
    model.check(fitted, texts)
    assert set(model.predict(texts)) == {"fine", "stolen"}


def test_an_estimator_of_numbers_takes_arrays_and_frames(numbers, fraud):
    whole = numbers.fillna(0).astype(np.float32)
    fitted = make_pipeline(StandardScaler(), LinearRegression()).fit(whole, fraud)
    model = scoregate.compile(fitted, whole)
    model.check(fitted, whole)
    assert model.feature_names == list(whole.columns)
    assert np.array_equal(model.predict(whole.to_numpy()), model.predict(whole))


def test_an_outlier_detector_answers_with_its_labels(numbers):
    whole = numbers.fillna(0).astype(np.float32)
    fitted = IsolationForest(n_estimators=20, random_state=1).fit(whole)
    model = scoregate.compile(fitted, whole)
    model.check(fitted, whole)


def test_rows_are_needed_to_know_the_columns(texts, fraud):
    fitted = prepared(LogisticRegression()).fit(texts, fraud)
    with pytest.raises(scoregate.CompileError, match="give some rows as X"):
        scoregate.compile(fitted)


def test_what_is_not_fitted_is_not_compiled(texts):
    with pytest.raises(scoregate.CompileError, match="not fitted"):
        scoregate.compile(LogisticRegression(), texts)


def test_a_column_of_texts_takes_no_numbers(texts, fraud):
    fitted = prepared(LogisticRegression()).fit(texts, fraud)
    model = scoregate.compile(fitted, texts)
    with pytest.raises(scoregate.ScoreError, match="column `country` has in row 0 no text but 7"):
        model.predict(texts.assign(country=7))
