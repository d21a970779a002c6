"""The wheel's build backend: maturin's, after the executable that the wheel carries was built and put beside the native module."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import maturin

HERE = Path(__file__).parent
CARRIED = HERE / "python" / "scoregate" / "bin" / "scoregate"

get_requires_for_build_wheel = maturin.get_requires_for_build_wheel
get_requires_for_build_editable = maturin.get_requires_for_build_editable
prepare_metadata_for_build_wheel = maturin.prepare_metadata_for_build_wheel
prepare_metadata_for_build_editable = maturin.prepare_metadata_for_build_editable


def build_wheel(
    wheel_directory: str, config_settings: dict[str, Any] | None = None, metadata_directory: str | None = None
) -> str:
    carry()
    return maturin.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(
    wheel_directory: str, config_settings: dict[str, Any] | None = None, metadata_directory: str | None = None
) -> str:
    carry()
    return maturin.build_editable(wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory: str, config_settings: dict[str, Any] | None = None) -> str:
    raise RuntimeError("there is no source distribution of scoregate: build the wheel from a checkout, `python -m pip wheel sdk/python`")


def carry() -> None:
    """Builds the executable with the workspace's own settings and puts it into the package, without its symbols."""
    cargo = os.environ.get("CARGO", "cargo")
    # Together with the native module, so that both have the same features and the gateway is compiled once.
    packages = ["--package", "scoregate", "--bin", "scoregate", "--package", "scoregate-python", "--lib"]
    build = [cargo, "build", "--release", "--locked", *packages]
    built = subprocess.run(
        [*build, "--message-format", "json-render-diagnostics"], cwd=HERE, check=True, stdout=subprocess.PIPE, text=True
    )
    messages = (json.loads(line) for line in built.stdout.splitlines() if line.startswith("{"))
    [executable] = [
        message["executable"]
        for message in messages
        if message.get("executable") and message["target"]["name"] == "scoregate"
    ]
    CARRIED.parent.mkdir(exist_ok=True)
    CARRIED.unlink(missing_ok=True)
    shutil.copy2(executable, CARRIED)
    strip = shutil.which("strip")
    if strip is not None:
        subprocess.run([strip, CARRIED], check=True)
