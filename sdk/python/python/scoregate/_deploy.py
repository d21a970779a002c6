"""Deploying: ``scoregate deploy`` by the command that the package carries."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Sequence

from . import _command
from ._errors import DeployError

if TYPE_CHECKING:
    from ._model import Model

#: The command's exit code where the gateway said no.
REFUSED = 3


@dataclass(frozen=True)
class Deployment:
    """What a gateway did.

    Attributes:
        plugin: the slot.
        release: the digest of what was deployed.
        dry_run: whether nothing was changed.
        outcome: ``"promoted"`` where it was waited for, else None.
        answer: all that the command tells, as ``scoregate deploy --output json`` has it.
    """

    plugin: str
    release: str
    dry_run: bool
    outcome: str | None
    answer: dict[str, Any]


def deploy(
    model: Model,
    plugin: str,
    canary: float | Sequence[tuple[float, int | None]] | None,
    *,
    token: str | None,
    token_file: str | os.PathLike[str] | None,
    ca_file: str | os.PathLike[str] | None,
    **options: Any,
) -> Deployment:
    stages = None
    if canary is not None and not isinstance(canary, (int, float)):
        stages = ",".join(stage(percent, seconds) for percent, seconds in canary)
        canary = None
    with tempfile.TemporaryDirectory(prefix="scoregate-") as folder:
        file = Path(folder, "model.wasm")
        file.write_bytes(model.component)
        words = _command.options(
            plugin=plugin,
            canary=canary,
            canary_stages=stages,
            token_file=token_file,
            ca_file=ca_file,
            output="json",
            **options,
        )
        # Not on the command line, which others on the machine can read.
        env = {} if token is None else {"SCOREGATE_TOKEN": token}
        done = _command.run("deploy", file, *words, env=env)
    answer = _command.answer(done)
    if done.returncode != 0:
        told = _command.sentence(done).replace(str(file), "the component")
        if answer is not None and answer.get("outcome") == "aborted":
            reason = answer.get("reason")
            told = f"the rollout was aborted: {reason}" if reason else "the rollout was aborted"
        raise DeployError(with_reasons(told, answer), done.returncode == REFUSED, answer)
    return Deployment(plugin, model.digest, bool(answer["dry_run"]), answer.get("outcome"), answer)


def stage(percent: float, seconds: int | None) -> str:
    return f"{percent}" if seconds is None else f"{percent}:{seconds}"


def with_reasons(told: str, answer: Any) -> str:
    """Which pipelines it does not fit, and why: the command prints them as lines of their own."""
    report = answer.get("report") if isinstance(answer, dict) else None
    if not report:
        return told
    reasons = list(report.get("problems") or [])
    for pipeline in report.get("pipelines") or []:
        reasons += [f"pipeline {pipeline['pipeline']}: {reason}" for reason in pipeline["reasons"]]
    return "; ".join([told, *reasons])
