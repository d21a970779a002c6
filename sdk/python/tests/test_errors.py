"""What is wrong is told in one sentence, of the kind that it is."""

import numpy as np
import pandas as pd
import pytest
import xgboost
from scipy import sparse

import scoregate


def told(kind, call, *args, **options):
    with pytest.raises(kind) as caught:
        call(*args, **options)
    assert isinstance(caught.value, scoregate.Error)
    text = str(caught.value)
    assert text and "\n" not in text
    return text


def test_what_is_no_model_is_not_compiled(tmp_path):
    compile_fails = lambda *args, **options: told(scoregate.CompileError, scoregate.compile, *args, **options)
    assert "dict is no model that is read" in compile_fails({})
    assert "not fitted" in compile_fails(xgboost.XGBClassifier())
    assert "No such file" in compile_fails(tmp_path / "none.json")
    (tmp_path / "x.json").write_text("{}")
    sentence = compile_fails(tmp_path / "x.json")
    assert str(tmp_path) not in sentence and not sentence.startswith("model.json")


def test_options_that_do_not_fit_are_refused_with_the_commands_sentence(booked):
    with_outputs = told(scoregate.CompileError, scoregate.compile, booked, outputs=["prediction"])
    assert "is a classifier and has no `prediction`" in with_outputs
    with_rounds = told(scoregate.CompileError, scoregate.compile, booked, iteration_range=(5, 5))
    assert "give two numbers, the first less than the second" in with_rounds
    with_names = told(scoregate.CompileError, scoregate.compile, booked, feature_names=["a"])
    assert "gives 1 names where the model has 3 features" in with_names


def test_a_marker_of_missing_values_that_the_file_does_not_tell_is_refused(numbers, fraud):
    fitted = xgboost.XGBClassifier(n_estimators=2, missing=-1).fit(numbers, fraud)
    assert "takes -1 for a missing value" in told(scoregate.CompileError, scoregate.compile, fitted)


def test_tables_that_do_not_fit_are_refused(model, numbers):
    score_fails = lambda X: told(scoregate.ScoreError, model.predict, X)
    assert "X has no column `hour`, which the model takes" in score_fails(numbers.drop(columns="hour"))
    assert "X has 2 columns where the model takes 3" in score_fails(np.zeros((5, 2)))
    assert "X has 1 dimensions where it must have 2" in score_fails(np.zeros(3))
    assert "is a sparse matrix" in score_fails(sparse.csr_matrix((5, 3)))
    assert "column `hour` holds the text 'noon'" in score_fails(numbers.assign(hour="noon"))
    assert "column `hour` holds the text '3'" in score_fails(numbers.assign(hour="3"))
    assert "column `hour` is of datetime64" in score_fails(numbers.assign(hour=pd.Timestamp("2026-01-01")))
    assert "X is of complex128" in score_fails(np.zeros((2, 3), complex))
    assert "column `hour` holds what is no number" in score_fails(numbers.assign(hour=pd.Series([[1, 2]] * len(numbers))))
    assert "more than one column `hour`" in score_fails(pd.concat([numbers, numbers[["hour"]]], axis=1))
    unknown = numbers.assign(hour=pd.Categorical(numbers.hour))
    assert "column `hour` is of categories" in score_fails(unknown)


def test_missing_values_of_every_spelling_are_missing(model, numbers):
    expected = model.predict_proba(numbers.assign(hour=np.nan))
    for missing in (None, pd.NA, float("nan")):
        column = pd.Series([missing] * len(numbers), index=numbers.index, dtype=object)
        assert np.array_equal(model.predict_proba(numbers.assign(hour=column)), expected)
    nullable = pd.array([None] * len(numbers), dtype="Int64")
    assert np.array_equal(model.predict_proba(numbers.assign(hour=nullable)), expected)


def test_what_is_no_component_is_not_loaded(tmp_path):
    path = tmp_path / "x.wasm"
    for content in (b"", b"\0asm\x0d\0\x01\0", b"something else"):
        path.write_bytes(content)
        told(scoregate.ScoreError, scoregate.load, path)
    with pytest.raises(FileNotFoundError):
        scoregate.load(tmp_path / "none.wasm")


def test_a_regressor_has_no_probabilities(numbers, fraud):
    fitted = xgboost.XGBRegressor(n_estimators=2).fit(numbers, fraud)
    model = scoregate.compile(fitted)
    assert "gives no probabilities, only prediction" in told(scoregate.ScoreError, model.predict_proba, numbers)


def test_a_model_that_is_another_does_not_pass_the_check(model, numbers, fraud):
    other = xgboost.XGBClassifier(n_estimators=3).fit(numbers, fraud)
    with pytest.raises(scoregate.CheckError, match="do not agree") as caught:
        model.check(other, numbers)
    difference = caught.value.report.methods["predict_proba"]
    expected = other.predict_proba(numbers)
    got = model.predict_proba(numbers)
    assert difference.largest == pytest.approx(np.abs(expected - got).max(), abs=1e-7)
    assert difference.expected in expected[difference.row]
    assert 0 < difference.rows_over <= len(numbers)


def test_a_folder_that_is_not_empty_is_no_pipelines(model, tmp_path):
    (tmp_path / "x").write_text("")
    assert "not empty" in told(scoregate.PipelineError, model.pipeline, tmp_path)


def test_a_configuration_with_a_mistake_is_not_served(tmp_path):
    path = tmp_path / "scoregate.toml"
    path.write_text('[server]\nhttpp = "127.0.0.1:0"\n')
    assert "httpp" in told(scoregate.PipelineError, scoregate.serve, path)
