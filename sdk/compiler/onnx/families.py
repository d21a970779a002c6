"""Trains the models of the families named, or of all; train.py calls it within the pinned environment."""

import importlib
import os
import pathlib
import subprocess
import sys
import tempfile

FAMILIES = ["linear", "trees", "svm", "bayes", "neighbours", "nets", "mixtures", "preprocessing", "text", "meta", "pipelines", "boosters", "opsets", "operators", "ensembles"]
# One thread, so that sums are added in one order, and one order of sets.
ALONE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
# onnxruntime lowers letters by the locale en_US.UTF-8, which few machines have.
LOCALES = pathlib.Path(tempfile.gettempdir()) / "scoregate-locales"


def main():
    wanted = {**ALONE, "LOCPATH": str(LOCALES)}
    if any(os.environ.get(key) != value for key, value in wanted.items()):
        LOCALES.mkdir(exist_ok=True)
        subprocess.run(["localedef", "-i", "en_US", "-f", "UTF-8", LOCALES / "en_US.UTF-8"], check=True)
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **wanted})
    from shared import Zoo

    for family in sys.argv[1:] or FAMILIES:
        zoo = Zoo(family)
        importlib.import_module(f"{family}_models").train(zoo)
        zoo.finish()
        print(f"{family}: {len(zoo.names)} models, {len(zoo.failures)} not converted", flush=True)


main()
