"""From a fitted model to an answered request in four steps, without code of one's own."""

import json

import numpy as np
import pytest
from conftest import on_free_ports, post
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import scoregate


@pytest.fixture(params=["xgboost", "lightgbm", "sklearn"])
def fitted(request, payments, numbers, fraud):
    """A classifier and the data of its training."""
    if request.param == "xgboost":
        return request.getfixturevalue("booked"), numbers
    if request.param == "lightgbm":
        return request.getfixturevalue("grown"), payments
    texts = payments.fillna({"amount": 0}).assign(country=payments.country.astype(str))
    columns = make_column_transformer(
        (OneHotEncoder(), ["country"]), (StandardScaler(), ["amount", "hour"]), ("passthrough", ["is_online"])
    )
    return make_pipeline(columns, LogisticRegression()).fit(texts, fraud), texts


def test_four_steps_lead_from_a_fitted_model_to_an_answer(fitted, tmp_path, serve):
    classifier, X = fitted
    model = scoregate.compile(classifier, X)
    pipeline = model.pipeline(tmp_path / "fraud", sample=X)
    gateway = serve(pipeline)
    answer = post(f"{gateway.http}/pipelines/{pipeline.name}/score", pipeline.event.read_bytes())

    expected = classifier.predict_proba(X)
    assert answer["score"] == pytest.approx(expected[0, 1], rel=1e-5)
    assert answer["release"]["model"].endswith(model.digest)


def test_every_event_is_scored_as_its_row_is(fitted, tmp_path, serve):
    classifier, X = fitted
    model = scoregate.compile(classifier, X)
    pipeline = model.pipeline(tmp_path / "fraud", sample=X[:1])
    gateway = serve(pipeline)
    rows = X[:40]
    expected = classifier.predict_proba(rows)[:, 1]
    url = f"{gateway.http}/pipelines/{pipeline.name}/score"
    for event, score in zip(scoregate._pipeline.events(model, rows), expected):
        body = json.dumps(event).encode()
        # A small probability is one minus a great one in FP32, with a converted model.
        assert post(url, body)["score"] == pytest.approx(score, rel=1e-5, abs=1e-7)


def test_an_array_without_names_makes_events_too(booked, numbers, fraud, tmp_path, serve):
    import xgboost

    values = numbers.to_numpy(dtype=np.float32)
    classifier = xgboost.XGBClassifier(n_estimators=3).fit(values, fraud)
    pipeline = scoregate.compile(classifier).pipeline(tmp_path / "fraud", sample=values)
    gateway = serve(pipeline)
    answer = post(f"{gateway.http}/pipelines/fraud/score", pipeline.event.read_bytes())
    assert answer["score"] == pytest.approx(classifier.predict_proba(values)[0, 1], rel=1e-5)


def test_the_command_serves_what_the_notebook_wrote(model, numbers, tmp_path):
    pipeline = model.pipeline(tmp_path / "fraud", sample=numbers)
    assert pipeline.config.name == "scoregate.toml"
    assert f"scoregate serve {pipeline.config}" in repr(pipeline)
    on_free_ports(pipeline.config)
    with scoregate.serve(str(pipeline.config)) as gateway:
        assert gateway.running
    assert not gateway.running
