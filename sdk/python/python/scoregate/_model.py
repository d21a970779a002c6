"""A model: its component, and all that a notebook does with it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Sequence

import numpy as np

from . import _check, _command, _deploy, _native, _pipeline
from ._errors import ScoreError
from ._table import DTYPES, Categories, Table, Tensor

if TYPE_CHECKING:
    from ._check import CheckReport
    from ._deploy import Deployment
    from ._pipeline import Pipeline

#: Outputs by what they are, as this compiler and skl2onnx name them; the first that is there counts.
LABELS = ("label", "output_label")
PROBABILITIES = ("probability", "probabilities", "output_probability")
VALUES = ("prediction", "variable", *PROBABILITIES)


class Model:
    """A compiled model in the sandbox of this process.

    Threads may share it, and it can be pickled. Make one by :func:`scoregate.compile` or :func:`scoregate.load`.

    Attributes:
        component: the bytes that :meth:`save` writes.
        report: what ``scoregate compile`` said of it, or None where it was loaded.
    """

    component: bytes
    report: dict[str, Any] | None

    def __init__(
        self,
        component: bytes,
        *,
        classes: np.ndarray | None = None,
        categories: Categories | None = None,
        report: dict[str, Any] | None = None,
    ) -> None:
        self.component = component
        self.report = report
        self._classes = classes
        self._categories = categories
        self._loaded: tuple[int, _native.Component] | None = None
        self._native()

    def _native(self) -> _native.Component:
        """A fork has the memory of its parent, but not the threads of the sandbox."""
        if self._loaded is None or self._loaded[0] != os.getpid():
            self._loaded = os.getpid(), _native.Component(self.component, _command.EXECUTABLE)
        return self._loaded[1]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_loaded": None}

    @property
    def digest(self) -> str:
        """``sha256:…``: the release as a gateway names it."""
        return self._native().digest

    @property
    def name(self) -> str:
        return self._native().info[0]

    @property
    def version(self) -> str:
        return self._native().info[1]

    @property
    def inputs(self) -> list[Tensor]:
        """What it takes, in order."""
        return tensors(self._native().inputs)

    @property
    def outputs(self) -> list[Tensor]:
        """What it gives, in order."""
        return tensors(self._native().outputs)

    @property
    def feature_names(self) -> list[str] | None:
        """Names of the columns of its inputs, where it knows them."""
        return self._native().feature_names

    def __repr__(self) -> str:
        inputs = ", ".join(map(str, self.inputs))
        outputs = ", ".join(map(str, self.outputs))
        return f"<scoregate.Model {self.name} {self.version}: {inputs} -> {outputs}>"

    def score(self, X: Any) -> dict[str, np.ndarray]:
        """Scores rows and gives all outputs by their names.

        Args:
            X: a data frame whose columns have the names of the model's features, in any order and among others, or an array of shape
                ``(rows, columns)``. NaN is a missing number; a missing text is the empty one.

        Returns:
            Arrays whose first dimension counts the rows, of the shapes that :attr:`outputs` tells; texts are objects.

        Raises:
            ScoreError: X is not what the model takes, or the model's call failed.
        """
        component = self._native()
        table = Table(X, self.inputs, self.feature_names, self._categories)
        parts = [component.infer(batch) for batch in table.batches()]
        outputs = {}
        for at, tensor in enumerate(self.outputs):
            arrays = [array(shape, elements, tensor) for shape, elements in (part[at] for part in parts)]
            outputs[tensor.name] = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
        return outputs

    def predict(self, X: Any) -> np.ndarray:
        """What the object's own ``predict`` gives: labels of a classifier's wrapper, values of a regressor, probabilities of a booster.

        Args:
            X: as :meth:`score` takes it.

        Returns:
            An array of shape ``(rows,)``, or ``(rows, columns)`` where a row has several values.

        Raises:
            ScoreError: as of :meth:`score`.
        """
        return self._predicted(self.score(X))

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probabilities of a classifier's classes.

        Args:
            X: as :meth:`score` takes it.

        Returns:
            An array of shape ``(rows, classes)``.

        Raises:
            ScoreError: the model gives no probabilities, or as of :meth:`score`.
        """
        return self._probabilities(self.score(X))

    def _predicted(self, outputs: dict[str, np.ndarray]) -> np.ndarray:
        name = first(outputs, LABELS)
        if name is not None:
            labels = flat(outputs[name])
            return labels if self._classes is None else self._classes[labels]
        name = first(outputs, VALUES) or next(iter(outputs))
        return flat(outputs[name])

    def _probabilities(self, outputs: dict[str, np.ndarray]) -> np.ndarray:
        name = first(outputs, PROBABILITIES)
        if name is None:
            raise ScoreError(f"the model gives no probabilities, only {', '.join(outputs)}")
        values = flat(outputs[name])
        # Of two classes the second one's is given.
        return np.column_stack((1 - values, values)) if values.ndim == 1 else values

    def check(self, model: Any, X: Any, *, tolerance: float = 1e-5, rows_over_max: int = 0) -> CheckReport:
        """Holds the component against the object that it was compiled from, row by row.

        Args:
            model: the fitted object.
            X: rows as both take them.
            tolerance: how far a number may be off: so much, or so much of the expected number where that is greater than 1.
            rows_over_max: how many rows may differ by more, labels included: skl2onnx converts to FP32, where a number that lies on a tree's
                threshold after scaling may fall to its other side.

        Returns:
            What was compared, with the largest difference of each.

        Raises:
            CheckError: more rows differ by more; its ``report`` tells where.
            ScoreError: as of :meth:`score`.
        """
        return _check.check(self, model, X, tolerance, rows_over_max)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the component, as gateways and ``scoregate`` take it.

        Raises:
            OSError: the file cannot be written.
        """
        path = Path(path)
        path.write_bytes(self.component)
        return path

    def pipeline(self, folder: str | os.PathLike[str], sample: Any = None) -> Pipeline:
        """Writes a pipeline around the model that can be served at once: ``scoregate new pipeline``.

        Args:
            folder: new or empty; its name becomes the pipeline's.
            sample: rows that become sample events, a JSON object each: a data frame, or an array of shape ``(rows, columns)``.

        Raises:
            PipelineError: the folder is not empty, or no pipeline can be made of the model; the sentence says why.
        """
        return _pipeline.write(self, folder, sample, self._categories)

    def deploy(
        self,
        url: str | None = None,
        *,
        plugin: str,
        canary: float | Sequence[tuple[float, int | None]] | None = None,
        shadow: float | None = None,
        dry_run: bool = False,
        wait: bool = False,
        token: str | None = None,
        token_file: str | os.PathLike[str] | None = None,
        ca_file: str | os.PathLike[str] | None = None,
    ) -> Deployment:
        """Uploads the component to a running gateway and rolls it out; without ``canary`` and ``shadow`` it replaces at once what serves.

        Args:
            url: the gateway's operators' listener; by default ``SCOREGATE_ADMIN``, else ``http://127.0.0.1:8090``.
            plugin: the model's slot, as the gateway's configuration names it.
            canary: the percentage of events that it answers at first, or stages ``[(percent, seconds), …]``; a stage of None seconds lasts
                until it is promoted.
            shadow: the percentage of events that it scores beside what serves, and answers none.
            dry_run: whether to say only what would happen.
            wait: whether to wait until a canary or shadow was promoted or aborted.
            token: the operator's token; by default ``SCOREGATE_TOKEN``.
            token_file: a file that holds it instead.
            ca_file: a PEM file with who signed the gateway's certificate, for https:// where the system does not know them.

        Raises:
            DeployError: the gateway refuses, is away, or the rollout was aborted; the sentence says why.
        """
        return _deploy.deploy(
            self,
            plugin,
            canary,
            admin=url,
            shadow=shadow,
            dry_run=dry_run,
            wait=wait,
            token=token,
            token_file=token_file,
            ca_file=ca_file,
        )


def tensors(specs: list[tuple[str, str, list[int]]]) -> list[Tensor]:
    return [Tensor(name, datatype, tuple(shape)) for name, datatype, shape in specs]


def array(shape: list[int], elements: bytearray | list[str], tensor: Tensor) -> np.ndarray:
    if isinstance(elements, list):
        return np.array(elements, dtype=object).reshape(shape)
    return np.frombuffer(elements, DTYPES[tensor.datatype]).reshape(shape)


def first(outputs: dict[str, np.ndarray], names: Sequence[str]) -> str | None:
    return next((name for name in names if name in outputs), None)


def flat(values: np.ndarray) -> np.ndarray:
    """A column as a list."""
    return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
