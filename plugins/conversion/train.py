"""Makes everything in this folder that is made: see README.md.

    python3 train.py
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "training"))

import training
from features import NAMES, features

if __name__ == "__main__":
    training.make("clicks", "conversion", "ndjson", NAMES, features, HERE, thresholds=(0.2, 0.6))
