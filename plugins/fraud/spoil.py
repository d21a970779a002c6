"""Payments that the adapter must reject: each way to spoil a good one, and the field that the rejection must name."""

import copy
import json


def to_line(event: dict) -> str:
    return json.dumps(event, separators=(",", ":"))


def put(path, value):
    """Spoils by another value at `path`; a value of `...` removes the field."""
    def spoil(event):
        event = copy.deepcopy(event)
        *parents, last = path.split(".")
        place = event
        for name in parents:
            place = place[name]
        if value is ...:
            del place[last]
        else:
            place[last] = value
        return to_line(event)
    return path, spoil


def text(field, change):
    """Spoils the JSON text itself."""
    return field, lambda event: change(event, to_line(event))


def raw_amount(literal):
    return lambda event, line: line.replace(f'"amount":{json.dumps(event["amount"])}', f'"amount":{literal}', 1)


WAYS = [
    put("amount", ...), put("amount", -3.2), put("amount", 0), put("amount", "12,50"), put("amount", None),
    put("amount", 1e12), put("currency", "XYZ"), put("currency", "eur"), put("currency", ...), put("currency", 978),
    put("timestamp", "2026-03-29 10:15:00"), put("timestamp", "2026-03-29T10:15:00"), put("timestamp", "2026-13-01T00:00:00Z"),
    put("timestamp", "2026-02-29T10:15:00Z"), put("timestamp", "2026-03-29T24:15:00Z"), put("timestamp", 1774779300),
    put("timestamp", ""), put("utc_offset_min", 2000), put("utc_offset_min", 60.5), put("merchant", ...), put("merchant", "m_0001"),
    put("merchant.mcc", ...), put("merchant.mcc", "5411"), put("merchant.mcc", -1), put("merchant.mcc", 54110),
    put("merchant.lat", 91.5), put("merchant.country", "Germany"), put("home.lon", -200.25), put("home.country", None),
    put("entry_mode", "telepathy"), put("velocity", ...), put("velocity.count_1h", -2), put("velocity.sum_24h", -80.0),
    put("velocity.count_24h", 1.5), put("payment_id", ""), put("card_id", None), put("device", {"known": "yes"}),
    text("amount", raw_amount("NaN")), text("amount", raw_amount("1e400")), text("amount", raw_amount('1.0,"amount":2.0')),
    text("payload", lambda event, line: "[]"), text("payload", lambda event, line: line + "}"),
    text("payload", lambda event, line: line[:-1]), text("payload", lambda event, line: line.replace('"', "'")),
]
# Where the spoilt value sits inside an object of its own.
WAYS = [("device.known" if field == "device" else field, spoil) for field, spoil in WAYS]
