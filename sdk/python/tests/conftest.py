"""Data, models and gateways that tests share."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from pathlib import Path
from typing import Any, Callable, Iterator

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost

import scoregate

# The command of the environment that the tests run in.
os.environ["PATH"] = str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"]

COUNTRIES = ["AT", "CH", "DE", "FR"]


@pytest.fixture(scope="session")
def payments() -> pd.DataFrame:
    """Numbers, some of them missing, and a column of categories."""
    random = np.random.default_rng(7)
    rows = 600
    return pd.DataFrame(
        {
            "amount": np.where(random.random(rows) < 0.05, np.nan, random.gamma(2, 40, rows)),
            "hour": random.integers(0, 24, rows),
            "is_online": random.random(rows) < 0.4,
            "country": pd.Categorical(random.choice(COUNTRIES, rows)),
        }
    )


@pytest.fixture(scope="session")
def numbers(payments: pd.DataFrame) -> pd.DataFrame:
    return payments.drop(columns="country")


@pytest.fixture(scope="session")
def fraud(payments: pd.DataFrame) -> np.ndarray:
    risk = payments.amount.fillna(200) / 100 + 2 * payments.is_online + (payments.country == "FR")
    return (risk > 3).astype(int).to_numpy()


@pytest.fixture(scope="session")
def booked(numbers: pd.DataFrame, fraud: np.ndarray) -> xgboost.XGBClassifier:
    """XGBoost's classifier of numbers."""
    return xgboost.XGBClassifier(n_estimators=20, max_depth=4).fit(numbers, fraud)


@pytest.fixture(scope="session")
def grown(payments: pd.DataFrame, fraud: np.ndarray) -> lightgbm.LGBMClassifier:
    """LightGBM's classifier of numbers and categories, whose classes are texts."""
    words = np.array(["fine", "stolen"])[fraud]
    return lightgbm.LGBMClassifier(n_estimators=20, num_leaves=8, verbose=-1).fit(payments, words)


@pytest.fixture(scope="session")
def model(booked: xgboost.XGBClassifier) -> scoregate.Model:
    return scoregate.compile(booked)


@pytest.fixture
def serve() -> Iterator[Callable[[scoregate.Pipeline], scoregate.Gateway]]:
    """Serves a pipeline on ports that are free, until the test's end."""
    running = []

    def start(pipeline: scoregate.Pipeline) -> scoregate.Gateway:
        # A copy of one that was served has free ports already.
        if ":8080" in pipeline.config.read_text():
            on_free_ports(pipeline.config)
        running.append(scoregate.serve(pipeline, start_max_s=600))
        return running[-1]

    yield start
    for gateway in running:
        gateway.stop()


def on_free_ports(config: Path) -> None:
    text = config.read_text()
    assert ":8080" in text and ":8090" in text
    # The machine of a test may be busy with others.
    text = text.replace('path = "store"', 'path = "store"\ncompile_max_seconds = 600')
    config.write_text(text.replace(":8080", ":0").replace(":8090", ":0"))


def post(url: str, body: bytes) -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, body), timeout=60) as answer:
        return json.load(answer)
