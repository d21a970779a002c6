"""The features of a click, as the adapter (plugins/clicks/src/features.rs) computes them, bit for bit.

Both work in f64, in the same order, and round to f32 once at the end.
"""

import json
from datetime import datetime, timezone

import numpy as np

NAMES = [
    "event", "device", "source", "local_hour", "weekday", "price_eur", "age_s", "clicks", "products", "searches", "removed",
    "cart_items", "cart_eur", "visits_before", "scroll_percent", "since_last_s", "clicks_per_min", "cart_per_product",
]
EVENTS = ["view", "search", "cart", "remove", "checkout", "leave"]
DEVICES = ["desktop", "mobile", "tablet"]
SOURCES = ["direct", "search", "ad", "mail", "social"]
COUNTERS = ["age_s", "clicks", "products", "searches", "removed", "cart_items", "cart_eur", "visits_before", "scroll_percent", "since_last_s"]
DAY_MIN = 24 * 60
EPOCH_WEEKDAY = 3  # 1 January 1970 was a Thursday; Monday is 0
# A page's clock tells no less.
LEAST_S = 0.1


def features(events: list[bytes]) -> np.ndarray:
    """One row an event, in the order of NAMES; NaN where the event does not say."""
    events = [json.loads(event) for event in events]
    minute = column(events, local_minute)
    counted = {name: column(events, lambda e, name=name: e["session"].get(name)) for name in COUNTERS}
    columns = [
        column(events, lambda e: EVENTS.index(e["event"])),
        column(events, lambda e: DEVICES.index(e["device"])),
        column(events, lambda e: SOURCES.index(e["source"])),
        minute % DAY_MIN / 60.0,
        (minute // DAY_MIN + EPOCH_WEEKDAY) % 7.0,
        column(events, lambda e: (e.get("product") or {}).get("price_eur")),
        *(counted[name] for name in COUNTERS),
        ratio(counted["clicks"] * 60.0, counted["age_s"], LEAST_S),
        ratio(counted["cart_items"], counted["products"], 1.0),
    ]
    return np.column_stack(columns).astype(np.float32)


def column(events, value):
    return np.array([value(event) for event in events], dtype=np.float64)  # None becomes NaN


def ratio(value, by, least):
    return np.divide(value, by, out=np.full_like(value, np.nan), where=by >= least)


def local_minute(event):
    """Minutes since 1970 on the shopper's wall clock."""
    when = datetime.strptime(event["timestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return int(when.timestamp()) // 60 + event["utc_offset_min"]
