"""From a fitted object or a saved file to a model: ``scoregate compile`` by the command that the package carries."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any, Sequence

from . import _command
from ._errors import CompileError
from ._model import Model
from ._source import Source, source_of


def compile(
    model: Any,
    X: Any = None,
    *,
    outputs: Sequence[str] | None = None,
    explain: bool = False,
    name: str = "model",
    version: str = "1",
    feature_names: Sequence[str] | None = None,
    iteration_range: tuple[int, int] | None = None,
    autotune: bool = False,
) -> Model:
    """Compiles a fitted model to a sandboxed component and loads it.

    The component is held against the model's file on rows made for it before this returns, as ``scoregate compile`` does.

    Args:
        model: a fitted object of XGBoost (``Booster``, ``XGBClassifier``, …), LightGBM (``Booster``, ``LGBMClassifier``, …) or scikit-learn
            (an estimator or a ``Pipeline``), or the path of a saved model as ``scoregate compile`` reads it.
        X: some rows as the model takes them, a data frame or an array of shape ``(rows, columns)``; of scikit-learn's objects the names and
            types of its columns become the model's inputs, and it is required.
        outputs: what the component gives, in this order, such as ``["margin", "probability"]``; by default what the object's ``predict`` and
            ``predict_proba`` need.
        explain: whether it also tells what each feature added to a score, as the output ``contributions``.
        name: the model's name.
        version: the model's version.
        feature_names: names of the columns instead of the model's own.
        iteration_range: boosting rounds ``(first, end)`` that are kept; by default those that the object's ``predict`` uses.
        autotune: whether to measure on this machine which way of scoring is the fastest.

    Raises:
        CompileError: the model is not read, is not fitted, or cannot be served; the sentence says why.
    """
    if isinstance(model, (str, os.PathLike)):
        source = saved(Path(model))
    else:
        source = source_of(model, X)
    listed = outputs if outputs is not None else source.outputs
    names = feature_names if feature_names is not None else source.feature_names
    rounds = iteration_range if iteration_range is not None else source.iterations
    with tempfile.TemporaryDirectory(prefix="scoregate-") as folder:
        file = "model" + source.suffix
        Path(folder, file).write_bytes(source.content)
        options = list(
            _command.options(
                output=None if listed is None else ",".join(listed),
                explain=explain,
                name=name,
                version=version,
                iteration_range=None if rounds is None else f"{rounds[0]},{rounds[1]}",
                autotune=autotune,
            )
        )
        if names is not None:
            # A list, not words: a name may hold a comma.
            Path(folder, "names.json").write_text(json.dumps([str(name) for name in names]), encoding="utf-8")
            options.append("--feature-names=names.json")
        done = _command.run(
            "compile", file, "--out=model.wasm", "--format=json", *options, folder=folder
        )
        if done.returncode != 0:
            # Its name is not the user's.
            raise CompileError(_command.sentence(done).removeprefix(file + ": "))
        component = Path(folder, "model.wasm").read_bytes()
    return Model(
        component,
        classes=source.classes,
        categories=source.categories,
        report=_command.answer(done),
    )


def saved(path: Path) -> Source:
    try:
        return Source(path.read_bytes(), path.suffix)
    except OSError as error:
        raise CompileError(f"{path}: {error.strerror or error}") from None


def load(path: str | os.PathLike[str]) -> Model:
    """Loads a component that :meth:`Model.save`, ``scoregate compile`` or ``scoregate build`` wrote.

    Its labels are the numbers 0, 1, …: the names of an object's classes are not part of a component.

    Raises:
        ScoreError: it is no model, or is damaged.
        OSError: the file cannot be read.
    """
    return Model(Path(path).read_bytes())
