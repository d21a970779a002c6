"""From a notebook to production: a fitted model becomes a sandboxed component that a scoregate gateway serves.

>>> import scoregate
>>> model = scoregate.compile(classifier, X)
>>> model.check(classifier, X)
>>> pipeline = model.pipeline("fraud", sample=X)
>>> gateway = scoregate.serve(pipeline)
"""

from ._check import CheckReport, Difference
from ._compile import compile, load
from ._deploy import Deployment
from ._errors import CheckError, CompileError, DeployError, Error, PipelineError, ScoreError
from ._gateway import Gateway, serve
from ._model import Model
from ._native import VERSION as __version__
from ._pipeline import Pipeline
from ._table import Tensor

__all__ = [
    "CheckError",
    "CheckReport",
    "CompileError",
    "DeployError",
    "Deployment",
    "Difference",
    "Error",
    "Gateway",
    "Model",
    "Pipeline",
    "PipelineError",
    "ScoreError",
    "Tensor",
    "__version__",
    "compile",
    "load",
    "serve",
]
