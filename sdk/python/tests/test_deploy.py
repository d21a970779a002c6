"""A model is rolled out to a running gateway, as the command does it."""

import json
import shutil
import urllib.request
from dataclasses import replace

import pytest
import xgboost
from conftest import on_free_ports

import scoregate


@pytest.fixture(scope="module")
def warm(model, numbers, tmp_path_factory):
    """A pipeline whose store has the compiled plugins, so that a copy of it starts at once."""
    pipeline = model.pipeline(tmp_path_factory.mktemp("warm") / "fraud", sample=numbers)
    on_free_ports(pipeline.config)
    scoregate.serve(pipeline, start_max_s=600).stop()
    return pipeline


@pytest.fixture
def gateway(warm, serve, tmp_path):
    folder = tmp_path / "fraud"
    shutil.copytree(warm.folder, folder)
    return serve(replace(warm, folder=folder, config=folder / warm.config.name))


@pytest.fixture(scope="module")
def better(numbers, fraud):
    return scoregate.compile(xgboost.XGBClassifier(n_estimators=30).fit(numbers, fraud), version="2")


def plugin(gateway):
    with urllib.request.urlopen(f"{gateway.admin}/v1/plugins/model") as answer:
        return json.load(answer)


def test_a_release_replaces_what_serves(gateway, better):
    done = better.deploy(gateway.admin, plugin="model")
    assert done.release == better.digest and not done.dry_run
    assert plugin(gateway)["active"]["release"].endswith(better.digest)


def test_a_dry_run_changes_nothing(gateway, model, better):
    done = better.deploy(gateway.admin, plugin="model", canary=5, dry_run=True)
    assert done.dry_run
    assert plugin(gateway)["active"]["release"].endswith(model.digest)


def test_a_canary_begins_with_its_share(gateway, model, better):
    better.deploy(gateway.admin, plugin="model", canary=5)
    status = plugin(gateway)
    assert status["active"]["release"].endswith(model.digest)
    assert better.digest in json.dumps(status["rollout"])


def test_a_canary_in_stages_is_waited_for(gateway, better):
    done = better.deploy(gateway.admin, plugin="model", canary=[(50, 1), (100, 1)], wait=True)
    assert done.outcome == "promoted"
    assert plugin(gateway)["active"]["release"].endswith(better.digest)


def test_what_does_not_fit_is_refused_with_the_reason(gateway, booked):
    misfit = scoregate.compile(booked, outputs=["margin"])
    with pytest.raises(scoregate.DeployError, match="pipeline fraud: .*probability") as caught:
        misfit.deploy(gateway.admin, plugin="model")
    assert caught.value.refused and caught.value.answer["error"]


def test_a_plugin_that_is_not_there_is_refused(gateway, better):
    with pytest.raises(scoregate.DeployError, match="nothing") as caught:
        better.deploy(gateway.admin, plugin="nothing")
    assert caught.value.refused


def test_a_gateway_that_is_away_is_told(gateway, better):
    gateway.stop()
    with pytest.raises(scoregate.DeployError, match="no connection to") as caught:
        better.deploy(gateway.admin, plugin="model")
    assert not caught.value.refused


def test_a_wrong_share_is_told_with_the_commands_sentence(better):
    with pytest.raises(scoregate.DeployError, match="over 0 and at most 100"):
        better.deploy(plugin="model", canary=0)
