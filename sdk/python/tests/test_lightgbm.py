"""What LightGBM's objects answer, their components answer."""

import lightgbm
import numpy as np
import pandas as pd
import pytest

import scoregate

#: The last place of an exponential function.
ULP = 1e-15


def test_a_classifier_answers_as_the_library_does_and_with_its_own_classes(grown, payments):
    model = scoregate.compile(grown)
    report = model.check(grown, payments, tolerance=ULP)
    assert report.largest <= ULP and report.methods["predict"].largest == 0
    assert set(model.predict(payments)) == {"fine", "stolen"}


def test_categories_have_the_numbers_of_the_training(grown, payments):
    model = scoregate.compile(grown)
    few = payments[:40].assign(country=pd.Categorical(["FR", "DE", None, "XX"] * 10))
    model.check(grown, few, tolerance=ULP)


def test_regressors_rankers_and_boosters_answer_as_the_library_does(numbers, fraud):
    groups = np.full(len(numbers) // 20, 20)
    quiet = {"verbose": -1, "n_estimators": 10}
    objects = [
        lightgbm.LGBMRegressor(**quiet).fit(numbers, fraud),
        lightgbm.LGBMClassifier(**quiet, objective="multiclassova").fit(numbers, fraud + (numbers.hour > 12)),
        lightgbm.LGBMRanker(**quiet).fit(numbers, fraud, group=groups),
        lightgbm.train({"objective": "binary", "verbose": -1}, lightgbm.Dataset(numbers, fraud), 5),
    ]
    for fitted in objects:
        scoregate.compile(fitted).check(fitted, numbers, tolerance=ULP)


def test_names_that_lightgbm_spells_otherwise_are_found(payments, fraud):
    spaced = payments.rename(columns={"amount": "amount in EUR", "country": "home country"})
    fitted = lightgbm.LGBMClassifier(verbose=-1, n_estimators=10).fit(spaced, fraud)
    scoregate.compile(fitted).check(fitted, spaced, tolerance=ULP)


def test_the_rounds_are_those_that_predict_uses(numbers, fraud):
    fitted = lightgbm.LGBMClassifier(n_estimators=200, learning_rate=1.0, verbose=-1)
    stop = lightgbm.early_stopping(3, verbose=False)
    fitted.fit(numbers[:300], fraud[:300], eval_set=[(numbers[300:], fraud[300:])], callbacks=[stop])
    model = scoregate.compile(fitted)
    assert model.report["trees"] == fitted.best_iteration_ < fitted.n_estimators
    model.check(fitted, numbers, tolerance=ULP)


def test_another_number_of_columns_of_categories_is_refused(grown, payments):
    model = scoregate.compile(grown)
    twice = payments.assign(hour=payments.hour.astype("category"))
    with pytest.raises(scoregate.ScoreError, match="2 columns of categories where the model was trained with 1"):
        model.predict(twice)
