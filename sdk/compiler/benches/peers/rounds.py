"""The rounds of run.py, inside its environment: rounds.py FOLDER ROUNDS ONLY BUILD_SECONDS; without rounds, peers' compilers only."""

import itertools
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np

import peers
from subjects import subjects

BATCHES = (1, 16, 256, 4096)
ROWS = 4096
# A peer that takes a tenth of a millisecond for a row is timed with fewer of them.
SLOW_ROWS = 256
SLOW_NS = 20_000


def main(folder, rounds, only, build_seconds):
    folder, only = pathlib.Path(folder).resolve(), [name for name in only.split(",") if name]
    if int(rounds) == 0:
        return build(folder, only, int(build_seconds))
    program = scoregate()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    drive = peers.Drive(folder)
    for subject in subjects(folder, only):
        engines = start(subject, drive, program, folder, int(build_seconds))
        load = os.getloadavg()[0]
        print(f"\n## {subject.name} ({subject.features} features; load average {load:.1f})\n")
        ours = engines[0]
        print(f"scoregate: {ours.bytes / 1000:.0f} kB, made in {ours.compile_ms:.0f} ms, by the engine in {ours.engine_ms:.0f} ms, "
              f"configured in {ours.configure_ms:.1f} ms\n")
        agree(subject, engines)
        table(subject, engines, int(rounds))
        ours.close()


def build(folder, only, build_seconds):
    """Compiles each model by what its peers begin with, before what may take long."""
    kinds = [*peers.Lleaves.KINDS, *peers.Tl2cgen.KINDS]
    for kind, subject in itertools.product(kinds, list(subjects(folder, only))):
        if kind.startswith("lleaves") and subject.library != "LightGBM":
            continue
        try:
            _, seconds = peers.compiled(folder, kind, subject, build_seconds)
            print(f"{subject.name}: {kind} compiled in {seconds:.1f} s", flush=True)
        except Exception as error:
            print(f"{subject.name}: {error}", flush=True)


def scoregate():
    # Of the whole workspace, so that its crates are compiled with the features that the gateway has.
    command = ["cargo", "bench", "--workspace", "--bench", "peers", "--no-run", "--message-format", "json"]
    built = subprocess.run(command, cwd=peers.HERE, check=True, stdout=subprocess.PIPE, text=True).stdout
    artifacts = [json.loads(line) for line in built.splitlines()]
    [program] = [artifact["executable"] for artifact in artifacts
                 if artifact.get("target", {}).get("name") == "peers" and artifact.get("executable")]
    return program


def start(subject, drive, program, folder, build_seconds):
    makers = [lambda: peers.Scoregate(program, subject, folder)]
    if subject.library == "LightGBM":
        makers += [lambda: peers.LightGbm(drive, subject.file), lambda: peers.Lleaves(drive, subject, folder, build_seconds)]
    else:
        makers += [lambda: peers.XgboostInPlace(drive, subject.file), lambda: peers.XgboostMatrix(drive, subject.file)]
    makers += [lambda: peers.Onnx(subject, folder)]
    makers += [lambda kind=kind: peers.Tl2cgen(kind, drive, subject, folder, build_seconds) for kind in peers.Tl2cgen.KINDS]
    engines = []
    for make in makers:
        try:
            engines.append(make())
        except Exception as error:
            if not engines:
                raise
            print(f"left out for {subject.name}: {type(error).__name__}: {str(error).splitlines()[0][:200]}")
    return engines


def agree(subject, engines):
    """All engines give the same margins, within what their own arithmetic rounds."""
    rows = subject.rows(np.random.default_rng(1), ROWS)
    answers = {}
    for batch in BATCHES:
        engines[0].prepare(rows, batch)
        engines[0].score()
        answers[batch] = engines[0].answers()
    same = all(np.array_equal(answers[batch], answers[1]) for batch in BATCHES)
    expected, scale = answers[1], np.abs(answers[1]).max()
    print(f"margins, largest difference to scoregate as a share of the greatest: batches {'equal' if same else 'DIFFER'}", end="")
    for peer in engines[1:]:
        peer.prepare(rows, ROWS)
        given = peer.score().copy()
        if isinstance(peer, peers.Onnx) and subject.sample is not None:
            # The samples are classifiers, of which it gives probabilities.
            given = np.log(given / (1 - given))
        difference = np.abs(given - expected) / scale
        off = (difference > 1e-4).sum()
        print(f"; {peer.name} {difference.max():.1e}" + (f" ({off} of {ROWS} rows above 1e-4)" if off else ""), end="")
    print("\n")


def table(subject, engines, rounds):
    print("| ns a row, batches of | " + " | ".join(str(batch) for batch in BATCHES) + " | time to compile |")
    print("| --- |" + " --- |" * (len(BATCHES) + 1))
    figures = {batch: measure(subject, engines, batch, rounds) for batch in BATCHES}
    for peer in engines:
        cells = [f"{statistics.median(figures[batch][peer.name]):,.0f}" for batch in BATCHES]
        seconds = peer.compile_seconds
        print(f"| {peer.name} | " + " | ".join(cells) + f" | {'–' if seconds is None else f'{seconds:.2g} s'} |")
    cells = []
    for batch in BATCHES:
        of = figures[batch]
        fastest = min((peer.name for peer in engines[1:]), key=lambda name: statistics.median(of[name]))
        # By rounds: what disturbed one disturbed both.
        ratios = sorted(peer / ours for peer, ours in zip(of[fastest], of["scoregate"]))
        cells.append(f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} – {ratios[-1]:.2f}) {fastest}")
    print("| **the fastest peer to scoregate** | " + " | ".join(cells) + " | |", flush=True)


def measure(subject, engines, batch, rounds):
    random = np.random.default_rng(batch)
    rows = {peer.name: max(SLOW_ROWS, batch) for peer in engines}
    figures = {peer.name: [] for peer in engines}
    # The first round warms up and tells who is slow.
    for number in range(rounds + 1):
        fresh = subject.rows(random, ROWS)
        for peer in engines:
            count = rows[peer.name]
            peer.prepare(fresh[:count], batch)
            clock = peer.clock() if isinstance(peer, peers.Scoregate) else time.CLOCK_PROCESS_CPUTIME_ID
            begin = time.clock_gettime_ns(clock)
            peer.score()
            ns = (time.clock_gettime_ns(clock) - begin) / count
            if number == 0:
                rows[peer.name] = ROWS if ns < SLOW_NS else count
            else:
                figures[peer.name].append(ns)
    return figures


main(*sys.argv[1:])
