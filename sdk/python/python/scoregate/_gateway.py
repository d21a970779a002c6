"""A gateway as a process of its own, for notebooks and tests."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from ._command import EXECUTABLE
from ._errors import PipelineError
from ._pipeline import Pipeline

#: A gateway answers what it accepted before it ends, and takes no longer for it.
END_MAX_S = 35.0


class Gateway:
    """A running gateway. It ends with :meth:`stop`, at the end of a ``with``, and with this process.

    Attributes:
        http: the address of the scoring listener, such as ``http://127.0.0.1:8080``.
        admin: the address of the operators' listener.
        log: the file of its log.
    """

    http: str
    admin: str
    log: Path

    def __init__(self, config: Path, start_max_s: float) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="scoregate-")
        self.log = Path(self._folder.name, "log.ndjson")
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [EXECUTABLE, "serve", config, "--log-format", "json"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        try:
            ready = self._wait(start_max_s)
        except BaseException:
            self.stop()
            raise
        self.http, self.admin = (address(ready[listener]) for listener in ("http", "admin"))

    def _wait(self, start_max_s: float) -> dict[str, Any]:
        deadline = time.monotonic() + start_max_s
        while True:
            ended = self._process.poll() is not None
            lines = self.log.read_text("utf-8", "replace").splitlines()
            for line in lines:
                fields = fields_of(line)
                if fields.get("message") == "ready":
                    return fields
            if ended:
                told = [line.removeprefix("error: ") for line in lines if not line.startswith("{")]
                raise PipelineError("the gateway did not start: " + " ".join(told or lines[-1:]))
            if time.monotonic() > deadline:
                raise PipelineError(f"the gateway was not ready after {start_max_s:g} s")
            time.sleep(0.02)

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """Ends it: what it accepted is answered first."""
        self._process.terminate()
        try:
            self._process.wait(END_MAX_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def __enter__(self) -> Gateway:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = f"at {self.http}, operators at {self.admin}" if self.running else "ended"
        return f"<scoregate.Gateway {state}>"


def serve(config: Pipeline | str | os.PathLike[str], *, start_max_s: float = 120.0) -> Gateway:
    """Starts ``scoregate serve`` and waits until it answers.

    Args:
        config: a pipeline that :meth:`Model.pipeline` wrote, or the path of a configuration.
        start_max_s: how long it may take to be ready, in seconds.

    Raises:
        PipelineError: the configuration has a mistake, or a port is taken; the sentence says which.
    """
    path = config.config if isinstance(config, Pipeline) else Path(config)
    return Gateway(path, start_max_s)


def fields_of(line: str) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    fields = told.get("fields") if isinstance(told, dict) else None
    return fields if isinstance(fields, dict) else {}


def address(name: str) -> str:
    return name if "://" in name else f"http://{name}"
