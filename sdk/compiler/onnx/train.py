"""Trains every ONNX model of this folder and writes what onnxruntime and the models' own libraries make of hard rows.

    python train.py [FOLDER]

The pinned releases of requirements.txt are installed into an environment below FOLDER (by default a temporary one, Python 3.11) and
families.py trains there. Then `UPDATE_PIPELINES_MD=1 cargo test --release --workspace --test onnx` writes docs/PIPELINES.md.
"""

import pathlib
import subprocess
import sys
import tempfile
import venv

HERE = pathlib.Path(__file__).parent


def main():
    with tempfile.TemporaryDirectory() as temporary:
        place = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else temporary) / "onnx"
        python = place / "bin" / "python"
        if not python.exists():
            venv.create(place, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt"], check=True)
        subprocess.run([python, HERE / "families.py"], check=True)


main()
