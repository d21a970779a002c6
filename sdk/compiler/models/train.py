"""Trains every model of this folder with the real libraries and writes what they themselves make of hard rows.

    python train.py [FOLDER]

Each file in requirements/ names a release of a library; it is installed into an environment of its own below FOLDER (by default a temporary
one, Python 3.11) and trains its models there. Then `UPDATE_MODELS_MD=1 cargo test --release --workspace --test models` writes docs/MODELS.md.
"""

import pathlib
import subprocess
import sys
import tempfile
import venv

HERE = pathlib.Path(__file__).parent


def train(requirements, folder):
    name = requirements.stem
    place = folder / name
    python = place / "bin" / "python"
    if not python.exists():
        venv.create(place, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "-q", "-r", requirements], check=True)
    library = name.partition("-")[0]
    subprocess.run([python, HERE / f"{library}_models.py", name], check=True)


def main():
    every = sorted((HERE / "requirements").glob("*.txt"))
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
        for requirements in every:
            print(requirements.stem, flush=True)
            train(requirements, folder)


main()
