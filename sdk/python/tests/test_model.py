"""A model is saved, handed to other threads and processes, and typed."""

import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

import scoregate


def test_a_component_is_saved_and_loaded(model, numbers, tmp_path):
    path = model.save(tmp_path / "fraud.wasm")
    loaded = scoregate.load(path)
    assert loaded.digest == model.digest
    assert loaded.feature_names == list(numbers.columns)
    assert np.array_equal(loaded.predict_proba(numbers), model.predict_proba(numbers))


def test_the_same_model_gives_the_same_component(booked, model):
    assert scoregate.compile(booked).digest == model.digest


def test_a_model_tells_what_it_is(booked):
    model = scoregate.compile(booked, name="fraud", version="7")
    assert (model.name, model.version) == ("fraud", "7")
    assert [str(tensor) for tensor in model.inputs] == ["features FP32 [-1, 3]"]
    assert [tensor.name for tensor in model.outputs] == ["probability", "label"]
    assert "fraud 7" in repr(model)
    assert model.report["digest"] == model.digest


def test_threads_share_a_model(model, numbers):
    expected = model.predict_proba(numbers)
    with ThreadPoolExecutor(8) as threads:
        answers = threads.map(lambda _: model.predict_proba(numbers), range(64))
        assert all(np.array_equal(answer, expected) for answer in answers)


def test_a_model_is_pickled(grown, payments):
    model = scoregate.compile(grown)
    copy = pickle.loads(pickle.dumps(model))
    assert np.array_equal(copy.predict(payments), model.predict(payments))


@pytest.mark.parametrize("way", ["fork", "spawn"])
def test_other_processes_score_too(model, numbers, way):
    expected = model.predict_proba(numbers)
    with ProcessPoolExecutor(2, mp_context=get_context(way)) as processes:
        answers = [processes.submit(model.predict_proba, numbers) for _ in range(4)]
        assert all(np.array_equal(answer.result(timeout=120), expected) for answer in answers)


def test_answers_can_be_written_to(model, numbers):
    scores = model.score(numbers)["probability"]
    scores[0] = 7
    assert scores[0] == 7


def test_the_command_is_the_gateways_own():
    told = subprocess.run(["scoregate", "--version"], capture_output=True, text=True, check=True).stdout
    assert told.strip() == f"scoregate {scoregate.__version__}"
    as_module = [sys.executable, "-m", "scoregate", "inspect", "/nowhere.wasm"]
    failed = subprocess.run(as_module, capture_output=True, text=True)
    assert failed.returncode == 1 and failed.stderr.startswith("error: ")


def test_the_package_is_typed():
    settings = Path(__file__).parents[1] / "pyproject.toml"
    for checker in (["mypy", "--config-file", settings, "-p", "scoregate"], ["mypy.stubtest", "scoregate._native"]):
        checked = subprocess.run([sys.executable, "-m", *checker], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout + checked.stderr
