"""What the training scripts of the generated samples share: events in, a model's own scores of other events out.

Events come from `target/release/generate` (`cargo build --release --bin generate`), or what GENERATE names.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score, precision_score, recall_score, roc_auc_score

REPOSITORY = Path(__file__).resolve().parents[2]
GENERATE = os.environ.get("GENERATE", str(REPOSITORY / "target/release/generate"))
TRAINED_EVENTS = 60_000
HELDOUT_EVENTS = 2_000
# The held-out world runs for a while before it is looked at, so that failures and sessions are under way in it.
WARM_UP_EVENTS = 30_000
# Several worlds: of one alone a model would learn its few devices by heart.
TRAINED_SEEDS, HELDOUT_SEED = (1, 3, 4, 5, 6), 2
SEED = 7
# What skl2onnx 1.20 converts every estimator of the samples to; left to itself it takes a newer `ai.onnx.ml` than its isolation forest knows.
OPSETS = {"": 18, "ai.onnx.ml": 3}


@dataclass
class Events:
    payloads: list[bytes]
    labels: np.ndarray
    patterns: np.ndarray


def generate(*arguments) -> bytes:
    return subprocess.run([GENERATE, *map(str, arguments)], check=True, stdout=subprocess.PIPE).stdout


def labelled(kind: str, seed: int, count: int) -> list[tuple[bytes, bytes, bytes]]:
    """Label, pattern and event of each."""
    lines = generate(kind, "--seed", seed, "--count", count, "--labels").splitlines()
    return [tuple(line.split(b"\t", 2)) for line in lines]


def of(rows) -> Events:
    labels, patterns, payloads = zip(*rows)
    return Events(list(payloads), np.array(labels).astype(int), np.array(patterns).astype(str))


def known(kind: str) -> Events:
    """What is trained on."""
    return of([row for seed in TRAINED_SEEDS for row in labelled(kind, seed, TRAINED_EVENTS)])


def unseen(kind: str) -> Events:
    """Events of another world: no device, visitor or shopper of it was trained on."""
    return of(labelled(kind, HELDOUT_SEED, WARM_UP_EVENTS + HELDOUT_EVENTS)[-HELDOUT_EVENTS:])


def to_onnx(model, takes, **options) -> bytes:
    """The file of the converted model, the same bytes each time."""
    import skl2onnx

    converted = skl2onnx.to_onnx(model, initial_types=takes, target_opset=OPSETS, **options)
    # skl2onnx writes them in the order of a set.
    opsets = sorted(converted.opset_import, key=lambda opset: opset.domain)
    del converted.opset_import[:]
    converted.opset_import.extend(opsets)
    return converted.SerializeToString(deterministic=True)


def run_onnx(model: bytes, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The outputs of a converted model as onnxruntime computes them, on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs)))


def write_heldout(folder: Path, suffix: str, events: Events, scores: dict[str, np.ndarray]):
    """The held-out events, and their scores under these names: the shortest decimals that read back as the same numbers."""
    (folder / f"heldout.{suffix}").write_bytes(b"".join(payload + b"\n" for payload in events.payloads))
    columns = [[str(value) for value in column] for column in scores.values()]
    rows = [",".join(row) for row in zip(*columns, map(str, events.labels))]
    (folder / "heldout.scores.csv").write_text("\n".join([",".join([*scores, "label"]), *rows]) + "\n")


def report(what: str, trained: Events, events: Events, score: np.ndarray, thresholds: tuple[float, ...]):
    """What the README tells of the model."""
    labels = events.labels
    print(f"trained on     {len(trained.labels)} events, {what}")
    print(f"held out       {len(labels)} events, {labels.sum()} of them positive")
    print(f"AUC            {roc_auc_score(labels, score):.4f}")
    print(f"avg. precision {average_precision_score(labels, score):.4f}")
    for threshold in thresholds:
        above = score > threshold
        print(f"above {threshold:<8} {above.sum()}, precision {precision_score(labels, above, zero_division=0):.3f}, "
              f"recall {recall_score(labels, above):.3f}")
    for pattern in sorted(set(events.patterns)):
        found = score[events.patterns == pattern]
        print(f"  {pattern:14} {len(found):5}, median {np.median(found):.3f}, above {thresholds[0]}: {(found > thresholds[0]).sum()}")


def difference(converted: np.ndarray, own: np.ndarray):
    """How far the converted model's scores lie from the library's own."""
    print(f"converted      differs by at most {np.abs(converted - own).max():.2g}")
