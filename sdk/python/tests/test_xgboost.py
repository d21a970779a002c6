"""What XGBoost's objects answer, their components answer."""

import numpy as np
import pandas as pd
import pytest
import xgboost

import scoregate


def test_a_classifier_answers_bit_for_bit(booked, model, numbers):
    report = model.check(booked, numbers, tolerance=0)
    assert set(report.methods) == {"predict", "predict_proba"}
    assert report.largest == 0 and report.rows == len(numbers)
    assert model.predict_proba(numbers).shape == (len(numbers), 2)
    assert model.predict(numbers).tolist() == booked.predict(numbers).tolist()


def test_arrays_are_taken_as_data_frames_are(booked, model, numbers):
    values = numbers.to_numpy(dtype=np.float64)
    expected = booked.predict_proba(values)
    for array in (values, values.astype(np.float32), np.asfortranarray(values), values.tolist()):
        assert np.array_equal(model.predict_proba(array), expected)


def test_columns_are_found_by_their_names(model, numbers):
    expected = model.predict_proba(numbers)
    shuffled = numbers[["is_online", "amount", "hour"]].assign(other="x")
    assert np.array_equal(model.predict_proba(shuffled), expected)


def test_more_rows_than_one_call_takes_are_scored(booked, model, numbers):
    many = pd.concat([numbers] * 20, ignore_index=True)
    assert len(many) > scoregate._native.BATCH_MAX_ROWS
    model.check(booked, many, tolerance=0)


def test_no_rows_give_no_answers(model, numbers):
    assert model.predict(numbers[:0]).shape == (0,)
    assert model.predict_proba(numbers[:0]).shape == (0, 2)


@pytest.mark.parametrize("classes", [2, 4])
def test_regressors_rankers_and_boosters_answer_bit_for_bit(numbers, classes):
    random = np.random.default_rng(3)
    target = random.integers(0, classes, len(numbers))
    groups = np.full(len(numbers) // 20, 20)
    objects = [
        xgboost.XGBRegressor(n_estimators=10).fit(numbers, target),
        xgboost.XGBRFClassifier(n_estimators=10).fit(numbers, target),
        xgboost.XGBRanker(n_estimators=10).fit(numbers, target, group=groups),
        xgboost.train({"objective": "multi:softprob", "num_class": classes}, xgboost.DMatrix(numbers, target), 5),
        xgboost.train({"objective": "multi:softmax", "num_class": classes}, xgboost.DMatrix(numbers, target), 5),
    ]
    for fitted in objects:
        scoregate.compile(fitted).check(fitted, numbers, tolerance=0)


def test_dart_is_rounded_as_a_booster_rounds_it(numbers, fraud):
    fitted = xgboost.XGBClassifier(n_estimators=10, booster="dart").fit(numbers, fraud)
    booster = fitted.get_booster()
    scoregate.compile(booster).check(booster, numbers, tolerance=0)
    # The wrapper sums another way.
    scoregate.compile(fitted).check(fitted, numbers, tolerance=1e-6)


def test_several_labels_are_probabilities_of_each(numbers, fraud):
    several = np.column_stack((fraud, numbers.is_online))
    fitted = xgboost.XGBClassifier(n_estimators=5).fit(numbers, several)
    model = scoregate.compile(fitted)
    assert np.array_equal(model.predict_proba(numbers), fitted.predict_proba(numbers))


def test_the_rounds_are_those_that_predict_uses(numbers, fraud):
    fitted = xgboost.XGBClassifier(n_estimators=200, early_stopping_rounds=3, learning_rate=1.0)
    fitted.fit(numbers[:300], fraud[:300], eval_set=[(numbers[300:], fraud[300:])], verbose=False)
    model = scoregate.compile(fitted)
    assert model.report["trees"] == fitted.best_iteration + 1 < fitted.get_booster().num_boosted_rounds()
    model.check(fitted, numbers, tolerance=0)


def test_categories_have_the_numbers_of_the_training(payments, fraud):
    fitted = xgboost.XGBClassifier(n_estimators=10, enable_categorical=True).fit(payments, fraud)
    model = scoregate.compile(fitted)
    model.check(fitted, payments, tolerance=0)
    # A frame that has other categories numbers them otherwise.
    few = payments[:40].assign(country=pd.Categorical(["FR", "DE", None, "FR"] * 10))
    model.check(fitted, few, tolerance=0)
    as_texts = few.assign(country=few.country.astype(object))
    assert np.array_equal(model.predict_proba(as_texts), model.predict_proba(few))


def test_explanations_are_the_librarys(booked, numbers):
    model = scoregate.compile(booked, explain=True)
    expected = booked.get_booster().predict(xgboost.DMatrix(numbers), pred_contribs=True)
    assert np.allclose(model.score(numbers)["contributions"], expected, atol=1e-6)


def test_outputs_are_those_asked_for(booked, numbers):
    model = scoregate.compile(booked, outputs=["margin", "leaf"])
    outputs = model.score(numbers)
    assert list(outputs) == ["margin", "leaf"]
    margin = booked.predict(numbers, output_margin=True)
    assert np.array_equal(outputs["margin"].reshape(-1), margin)
    assert np.array_equal(outputs["leaf"], booked.apply(numbers).astype(int))


def test_a_saved_model_is_compiled_by_its_path(booked, numbers, tmp_path):
    booked.save_model(tmp_path / "fraud.json")
    model = scoregate.compile(tmp_path / "fraud.json", outputs=["probability", "label"])
    model.check(booked, numbers, tolerance=0)
