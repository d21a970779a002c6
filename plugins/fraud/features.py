"""The features of a payment, as the adapter (plugins/payments/src/features.rs) computes them, bit for bit.

Both work in f64, in the same order, with nothing but + - * / and square root, which IEEE 754 rounds alike on every
machine, and round to f32 once at the end. A library's sine is not the same everywhere, so `sine` is written out.
"""

from datetime import datetime, timezone

import numpy as np

from world import EUR_PER_UNIT

NAMES = [
    "amount_eur", "amount_to_mean", "local_hour", "weekday", "mcc", "entry_mode", "cross_border", "distance_km",
    "device_known", "chargeback_pct", "count_1h", "sum_1h_eur", "count_24h", "sum_24h_eur", "minutes_since_last",
]
ENTRY_MODES = ["chip", "contactless", "magstripe", "ecommerce", "moto"]
DAY_MIN = 24 * 60
EPOCH_WEEKDAY = 3  # 1 January 1970 was a Thursday; Monday is 0
EARTH_DIAMETER_KM = 2.0 * 6371.0
RADIANS = np.pi / 180.0


def features(events: list[dict]) -> np.ndarray:
    """One row an event, in the order of NAMES; NaN where the event does not say."""
    rate = column(events, lambda e: EUR_PER_UNIT[e["currency"]])
    amount = column(events, lambda e: e["amount"])
    minute = column(events, local_minute)
    columns = [
        amount * rate,
        amount / column(events, lambda e: e["velocity"].get("mean_amount")),
        minute % DAY_MIN / 60.0,
        (minute // DAY_MIN + EPOCH_WEEKDAY) % 7.0,
        column(events, lambda e: e["merchant"]["mcc"]),
        column(events, lambda e: ENTRY_MODES.index(e["entry_mode"])),
        column(events, lambda e: e["merchant"]["country"] != e["home"]["country"]),
        distance_km(events),
        column(events, lambda e: (e.get("device") or {}).get("known")),
        column(events, lambda e: e["merchant"].get("chargeback_pct")),
        column(events, lambda e: e["velocity"]["count_1h"]),
        column(events, lambda e: e["velocity"]["sum_1h"]) * rate,
        column(events, lambda e: e["velocity"]["count_24h"]),
        column(events, lambda e: e["velocity"]["sum_24h"]) * rate,
        column(events, lambda e: e["velocity"].get("minutes_since_last")),
    ]
    return np.column_stack(columns).astype(np.float32)


def column(events, value):
    return np.array([value(event) for event in events], dtype=np.float64)  # None becomes NaN


def local_minute(event):
    """Minutes since 1970 on the wall clock where the payment was made."""
    when = datetime.strptime(event["timestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return int(when.timestamp()) // 60 + event["utc_offset_min"]


def distance_km(events):
    """From the cardholder's home to the merchant: the haversine formula's chord, straight through the globe.

    A tree only compares, so the chord tells it as much as the arc above it, and needs no arc sine.
    """
    lat1, lon1 = (column(events, lambda e: e["home"].get(axis)) for axis in ("lat", "lon"))
    lat2, lon2 = (column(events, lambda e: e["merchant"].get(axis)) for axis in ("lat", "lon"))
    lon_gap = np.abs(lon2 - lon1)
    lon_gap = np.where(lon_gap > 180.0, 360.0 - lon_gap, lon_gap)
    lat_half = sine(np.abs(lat2 - lat1) / 2.0)
    lon_half = sine(lon_gap / 2.0)
    cosines = sine(90.0 - np.abs(lat1)) * sine(90.0 - np.abs(lat2))
    return EARTH_DIAMETER_KM * np.sqrt(lat_half * lat_half + cosines * (lon_half * lon_half))


def sine(degrees):
    """Of 0 to 90 degrees, to eleven digits: the Taylor series up to x^15."""
    x = degrees * RADIANS
    xx = x * x
    result = np.ones_like(x)
    for n in (14.0, 12.0, 10.0, 8.0, 6.0, 4.0, 2.0):
        result = 1.0 - xx / (n * (n + 1.0)) * result
    return x * result
