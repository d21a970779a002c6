"""The command that the package carries: compiling, writing pipelines, deploying and serving are its work."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Mapping, Sequence

#: The executable, of the same build as the native module.
EXECUTABLE = Path(__file__).parent / "bin" / "scoregate"


def run(
    *words: str | os.PathLike[str],
    folder: str | os.PathLike[str] | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end; an interrupt ends it too."""
    return subprocess.run(
        [EXECUTABLE, *words],
        cwd=folder,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    """Why it failed: what follows ``error:``, without the command line's help."""
    told = done.stderr.strip()
    _, _, told = ("\n" + told).rpartition("\nerror: ")
    told = told.split("\n\n")[0].strip()
    if told:
        return told
    if done.returncode < 0:
        return f"`scoregate` was ended by signal {-done.returncode}"
    return f"`scoregate` ended with {done.returncode}"


def answer(done: subprocess.CompletedProcess[str]) -> Any:
    """What it printed, where that is JSON."""
    try:
        return json.loads(done.stdout)
    except ValueError:
        return None


def options(**given: Any) -> Sequence[str]:
    """Options of a command line: what is None or False is left out, True is a flag."""
    words: list[str] = []
    for name, value in given.items():
        option = "--" + name.replace("_", "-")
        if value is None or value is False:
            continue
        words += [option] if value is True else [f"{option}={value}"]
    return words
