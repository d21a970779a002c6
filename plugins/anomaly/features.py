"""The features of a sensor reading, as the adapter (plugins/iot/src/features.rs) computes them, bit for bit.

Both work in f64, in the same order, and round to f32 once at the end.
"""

import json

import numpy as np

NAMES = [
    "kind", "uptime_hours", "temperature_c", "vibration_mm_s", "pressure_kpa", "current_a", "rpm", "supply_v",
    "temperature_rise_k", "vibration_ratio", "pressure_ratio", "current_ratio", "heat_per_a", "missing", "readings", "unchanged",
]
# What the model looks at of them: it splits at features by chance, so those that seldom tell something would dilute the others.
LOOKED_AT = ["kind", "temperature_c", "vibration_mm_s", "pressure_kpa", "current_a", "rpm", "supply_v", "heat_per_a", "unchanged"]
KINDS = ["pump", "fan", "compressor"]
SENSORS = ["temperature_c", "vibration_mm_s", "pressure_kpa", "current_a", "rpm", "supply_v"]
# A quotient by less than the wire's smallest step would tell nothing.
LEAST = 0.01


def features(events: list[bytes]) -> np.ndarray:
    """One row an event, in the order of NAMES; NaN where a sensor gave nothing."""
    events = [json.loads(event) for event in events]
    hour = [event["last_hour"] for event in events]
    now = {name: column(events, name) for name in SENSORS}
    mean = {name: column(hour, name) for name in SENSORS[:4]}
    columns = [
        np.array([KINDS.index(event["kind"]) for event in events], dtype=np.float64),
        column(events, "uptime_s") / 3600.0,
        *(now[name] for name in SENSORS),
        now["temperature_c"] - mean["temperature_c"],
        ratio(now["vibration_mm_s"], mean["vibration_mm_s"]),
        ratio(now["pressure_kpa"], mean["pressure_kpa"]),
        ratio(now["current_a"], mean["current_a"]),
        ratio(now["temperature_c"], now["current_a"]),
        sum(np.isnan(now[name]).astype(np.float64) for name in SENSORS),
        column(hour, "readings"),
        column(hour, "unchanged"),
    ]
    return np.column_stack(columns).astype(np.float32)


def column(objects, name):
    return np.array([each.get(name) for each in objects], dtype=np.float64)  # None becomes NaN


def ratio(value, by):
    return np.divide(value, by, out=np.full_like(value, np.nan), where=by >= LEAST)
