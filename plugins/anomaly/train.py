"""Makes everything in this folder that is made: see README.md.

    python3 train.py
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "training"))

import training
from features import NAMES, features

FRAME_BYTES = 38


def main():
    training.make("iot", "anomaly", "ndjson", NAMES, features, HERE, thresholds=(0.3, 0.8))
    # The same readings as frames.
    count = training.WARM_UP_EVENTS + training.HELDOUT_EVENTS
    frames = training.generate("iot", "--seed", training.HELDOUT_SEED, "--count", count, "--form", "binary")
    (HERE / "heldout.bin").write_bytes(frames[-training.HELDOUT_EVENTS * FRAME_BYTES:])


if __name__ == "__main__":
    main()
