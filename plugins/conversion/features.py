"""The features of a click, as the mapping in examples/clicks/scoregate.toml computes them, bit for bit.

Both compute in f64 and round to f32 once at the end.
"""

import json
from datetime import datetime

import numpy as np
import pandas as pd

TEXTS = ["event", "device", "source"]
NUMBERS = [
    "local_hour", "weekday", "price_eur", "age_s", "clicks", "products", "searches", "removed",
    "cart_items", "cart_eur", "visits_before", "scroll_percent", "since_last_s", "clicks_per_min", "cart_per_product",
]
COUNTERS = ["age_s", "clicks", "products", "searches", "removed", "cart_items", "cart_eur", "visits_before", "scroll_percent", "since_last_s"]
DAY_MIN = 24 * 60
EPOCH_WEEKDAY = 3  # 1 January 1970 was a Thursday; Monday is 0


def features(payloads: list[bytes]) -> pd.DataFrame:
    """One row an event: texts, and f32s that are NaN where the event does not say."""
    events = [json.loads(payload) for payload in payloads]
    minute = column(events, local_minute)
    counted = {name: column(events, lambda e, name=name: e["session"].get(name)) for name in COUNTERS}
    numbers = {
        "local_hour": minute % DAY_MIN / 60.0,
        "weekday": (minute // DAY_MIN + EPOCH_WEEKDAY) % 7.0,
        "price_eur": column(events, lambda e: (e.get("product") or {}).get("price_eur")),
        **counted,
        "clicks_per_min": ratio(counted["clicks"] * 60.0, counted["age_s"]),
        "cart_per_product": ratio(counted["cart_items"], counted["products"]),
    }
    texts = {name: [event[name] for event in events] for name in TEXTS}
    return pd.DataFrame({**texts, **{name: numbers[name].astype(np.float32) for name in NUMBERS}})


def column(events, value):
    return np.array([value(event) for event in events], dtype=np.float64)  # None becomes NaN


def ratio(value, by):
    return np.divide(value, by, out=np.full_like(value, np.nan), where=by > 0.0)


def local_minute(event):
    """Minutes since 1970 on the shopper's wall clock."""
    return int(datetime.fromisoformat(event["timestamp"]).timestamp()) // 60 + event["utc_offset_min"]
