"""Times scoregate beside other engines, one thread, in turns:

    python run.py [--folder FOLDER] [--rounds 7] [--only A,fraud] [--build-seconds 300] [--build-only]

Python 3.11, a C compiler and cargo. An environment with requirements.txt, the models and what compilers make of them are kept in FOLDER, a
temporary one by default. Nothing else is written: the tables go to the terminal. Some peers take long to compile a large model:
`--build-only --build-seconds 7200` does nothing else, and a run with the same FOLDER takes what is there, and what did not end as missing.

Each figure is CPU time of the engine's own process: other work on the machine then costs caches, not time slices. Peers with a C interface
are called from drive.c, so no interpreter is timed; ONNX Runtime is called from Python.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import venv

HERE = pathlib.Path(__file__).parent


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="")
    parser.add_argument("--build-seconds", type=int, default=300)
    parser.add_argument("--build-only", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        python = folder / "venv" / "bin" / "python"
        if not python.exists():
            venv.create(folder / "venv", with_pip=True)
            subprocess.run([python, "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt"], check=True)
        threads = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
        rounds = 0 if arguments.build_only else max(arguments.rounds, 1)
        command = [python, HERE / "rounds.py", folder, str(rounds), arguments.only, str(arguments.build_seconds)]
        sys.exit(subprocess.run(command, env={**os.environ, **threads}).returncode)


main()
