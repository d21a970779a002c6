"""Pipelines: ``scoregate new pipeline`` by the command that the package carries."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator

import numpy as np

from . import _command
from ._errors import PipelineError
from ._table import Categories, columns_of, is_missing

if TYPE_CHECKING:
    from ._model import Model

#: Rows of a sample that become events: the command looks at no more.
EVENTS_MAX = 1000


@dataclass(frozen=True)
class Pipeline:
    """A pipeline in a folder.

    Attributes:
        name: of the pipeline, as ``/pipelines/NAME/score`` has it.
        folder: where it is.
        config: the configuration that ``scoregate serve`` takes.
        event: a file with an event.
        told: what the command said.
    """

    name: str
    folder: Path
    config: Path
    event: Path
    told: str

    def __repr__(self) -> str:
        return self.told


def write(model: Model, folder: str | os.PathLike[str], sample: Any, categories: Categories | None) -> Pipeline:
    folder = Path(folder)
    with tempfile.TemporaryDirectory(prefix="scoregate-") as made:
        # The command names the pipeline for the model's file.
        file = Path(made, (folder.resolve().name or "pipeline") + ".wasm")
        file.write_bytes(model.component)
        options: dict[str, Any] = {"model": file, "out": folder}
        if sample is not None:
            options["sample"] = Path(made, "events.ndjson")
            with options["sample"].open("w", encoding="utf-8") as lines:
                for event in events(model, sample):
                    lines.write(json.dumps(event, ensure_ascii=False, allow_nan=False) + "\n")
        known = labels(model, sample, categories)
        if known:
            options["labels"] = Path(made, "labels.json")
            options["labels"].write_text(json.dumps(known, ensure_ascii=False), encoding="utf-8")
        done = _command.run("new", "pipeline", *_command.options(**options))
    if done.returncode != 0:
        raise PipelineError(_command.sentence(done).replace(str(file), "the model"))
    told = done.stdout.strip()
    name = told.split("pipeline `", 1)[-1].split("`", 1)[0]
    return Pipeline(name, folder, folder / "scoregate.toml", folder / "event.json", told)


def labels(model: Model, sample: Any, categories: Categories | None) -> dict[str, list[str]]:
    """The texts of features that are categories, in the order of their numbers."""
    if categories is None or (categories.columns is None and columns_of(sample) is None):
        return {}
    features = set(model.feature_names or [])
    known = {}
    for name, texts in categories.of(sample).items():
        # Spelled as the model has it.
        name = name if name in features else name.replace(" ", "_")
        if name in features and all(isinstance(text, str) for text in texts):
            known[name] = list(texts)
    return known


def events(model: Model, sample: Any) -> Iterator[dict[str, Any]]:
    """A row as an event: its fields have the names of the columns, and what is missing is null."""
    names = columns_of(sample)
    if names is not None:
        columns = [np.asarray(cells, dtype=object) for cells in heads(sample)]
    else:
        values = np.asarray(sample)
        if values.ndim != 2:
            raise PipelineError(f"the sample has {values.ndim} dimensions where it must have 2, rows and columns")
        names = model.feature_names or [f"f{column}" for column in range(values.shape[1])]
        columns = list(values[:EVENTS_MAX].astype(object).T)
    for row in zip(*columns):
        yield {name: plain(value) for name, value in zip(names, row)}


def heads(table: Any) -> Iterator[Any]:
    for column in table.columns:
        yield table[column][:EVENTS_MAX]


def plain(value: Any) -> Any:
    """As JSON has it."""
    if is_missing(value):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if isinstance(value, (bool, int, float, str)):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
