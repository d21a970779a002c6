"""Card payments of one simulated month, as a payment gateway would send them, with the label that became known later.

`python3 generate.py` prints a few; train.py uses `payments()`.
"""

import hashlib
import json
from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import numpy as np

from world import CITIES, EUR_PER_UNIT, FAR_CITIES, HOME_CITIES, TEMPTING, Card, Merchant, World

SEED = 20260301
START = datetime(2026, 3, 1, tzinfo=timezone.utc)
DAYS = 30
CARDS = 2000
MERCHANTS = 700
DAY_MIN = 24 * 60


@dataclass
class Draft:
    """A payment before the sender adds what it knows of the card's last hours. `minute` counts from START, UTC."""

    minute: float
    card: Card
    merchant: Merchant
    utc_offset_min: int
    eur: float
    entry_mode: str
    device_known: bool | None
    fraud: str | None = None


def payments(seed: int = SEED) -> list[tuple[dict, int, str | None]]:
    """Every payment in the order of time: the event, its label (1: fraud, with noise) and the pattern planted, if any."""
    rng = np.random.default_rng(seed)
    world = World(rng, MERCHANTS, CARDS)
    drafts = [draft for card in world.cards for draft in honest(rng, world, card)]
    drafts += [draft for pattern in PATTERNS for draft in pattern(rng, world)]
    skim(rng, world, drafts)
    drafts = [draft for draft in drafts if 0 <= draft.minute < DAYS * DAY_MIN]
    drafts.sort(key=lambda draft: (draft.minute, draft.card.id))
    return [(event, label(rng, draft), draft.fraud) for event, draft in zip(send(drafts), drafts)]


def honest(rng, world, card):
    """What the cardholder does: mostly favourites by day, some evenings out, now and then a journey."""
    trip = rng.random() < 0.12
    trip_day, trip_days, trip_city = rng.integers(DAYS), rng.integers(2, 8), CITIES[rng.integers(len(CITIES))]
    for _ in range(rng.poisson(card.per_day * DAYS)):
        day = rng.integers(DAYS)
        away = trip and trip_day <= day < trip_day + trip_days
        here = trip_city if away else CITIES[card.city]
        local = rng.normal(14, 4) if rng.random() < 0.85 else rng.uniform(0, 24)
        minute = day * DAY_MIN + (local % 24) * 60 - here.utc_offset_min
        if rng.random() < 0.22:
            merchant = pick(rng, world.online)
        elif away or rng.random() < 0.3:
            merchant = pick(rng, world.in_city[here])
        else:
            merchant = pick(rng, card.favourites)
        first = pay(rng, card, merchant, minute, here, spread=0.55)
        yield first
        # Shopping streets and market stalls: an honest burst looks a little like card testing.
        for _ in range(rng.integers(1, 5) if rng.random() < 0.03 else 0):
            minute += rng.exponential(9)
            merchant = pick(rng, world.online if first.merchant.online else world.in_city[here])
            yield pay(rng, card, merchant, minute, here, spread=0.8)


def pay(rng, card, merchant, minute, here, spread):
    """An honest payment of that card at that merchant."""
    eur = merchant.category.typical_eur * card.spend * rng.lognormal(0, spread)
    if merchant.online:
        return Draft(minute, card, merchant, CITIES[card.city].utc_offset_min, eur, "ecommerce", bool(rng.random() > 0.05))
    entry = ("contactless" if eur < 50 else "chip") if rng.random() < 0.9 else ("chip" if rng.random() < 0.8 else "magstripe")
    return Draft(minute, card, merchant, here.utc_offset_min, eur, entry, True if rng.random() < 0.1 else None)


def card_testing(rng, world):
    """Stolen numbers tried with a few small payments in quick succession, and one large payment where it worked."""
    for _ in range(75):
        card, minute = pick(rng, world.cards), rng.uniform(0, DAYS * DAY_MIN)
        offset = CITIES[card.city].utc_offset_min
        for _ in range(rng.integers(3, 9)):
            eur = rng.uniform(0.5, 6)
            yield Draft(minute, card, pick(rng, world.online_testing), offset, eur, "ecommerce", bool(rng.random() < 0.25), "card_testing")
            minute += rng.exponential(2.5)
        if rng.random() < 0.5:
            eur = rng.uniform(90, 600)
            yield Draft(minute + 5, card, pick(rng, world.online_tempting), offset, eur, "ecommerce", False, "card_testing")


def takeover(rng, world):
    """A card used by night, far from home, for more than its holder would spend."""
    for _ in range(130):
        card, city = pick(rng, world.cards), CITIES[pick(rng, FAR_CITIES)]
        minute = rng.integers(DAYS) * DAY_MIN + rng.uniform(0, 5) * 60 - city.utc_offset_min
        for _ in range(rng.integers(1, 4)):
            merchant = pick(rng, world.in_city[city])
            eur = merchant.category.typical_eur * card.spend * rng.uniform(1.2, 6)
            entry = "magstripe" if rng.random() < 0.5 else "contactless"
            yield Draft(minute, card, merchant, city.utc_offset_min, eur, entry, None, "takeover")
            minute += rng.exponential(40)


def category_anomaly(rng, world):
    """A high amount in a category that is easily turned into cash."""
    for _ in range(240):
        card = pick(rng, world.cards)
        here = CITIES[card.city]
        minute = rng.integers(DAYS) * DAY_MIN + (rng.normal(15, 5) % 24) * 60 - here.utc_offset_min
        shops = [m for m in world.in_city[here] if m.category.mcc in TEMPTING]
        merchant = pick(rng, shops) if shops and rng.random() < 0.4 else pick(rng, world.online_tempting)
        eur = merchant.category.typical_eur * rng.uniform(2.5, 9)
        entry = "ecommerce" if merchant.online else "chip"
        known = bool(rng.random() < 0.6) if merchant.online else None
        yield Draft(minute, card, merchant, here.utc_offset_min, eur, entry, known, "category_anomaly")


def new_device_abroad(rng, world):
    """A new device pays a merchant in another country, at any time, an unremarkable amount."""
    for _ in range(330):
        card = pick(rng, world.cards)
        abroad = [m for m in world.online if m.city.country != CITIES[card.city].country]
        eur = float(rng.lognormal(4.6, 0.5))
        minute = rng.uniform(0, DAYS * DAY_MIN)
        offset = CITIES[pick(rng, range(HOME_CITIES, len(CITIES)))].utc_offset_min
        yield Draft(minute, card, pick(rng, abroad), offset, eur, "ecommerce", False, "new_device_abroad")


PATTERNS = [card_testing, takeover, category_anomaly, new_device_abroad]


def skim(rng, world, drafts):
    """One merchant's terminal copies cards: many of its payments by magnetic stripe turn out to be fraud."""
    for draft in drafts:
        if draft.merchant is world.compromised and draft.fraud is None and rng.random() < 0.45:
            draft.entry_mode, draft.fraud = "magstripe", "compromised_merchant"
            draft.eur *= rng.uniform(1.0, 2.5)


def label(rng, draft):
    """Some frauds are never reported, and some honest payments are disputed."""
    if draft.fraud:
        return int(rng.random() > 0.07)
    return int(rng.random() < 0.0015)


def send(drafts):
    """Adds what the sender computes itself: ids, and the card's velocity, itself included."""
    history = defaultdict(deque)
    spent = defaultdict(lambda: [0, 0.0])
    for index, draft in enumerate(drafts):
        card, merchant, city = draft.card, draft.merchant, draft.merchant.city
        rate = EUR_PER_UNIT[city.currency]
        amount = max(round(draft.eur / rate, 0 if city.currency == "JPY" else 2), 1 if city.currency == "JPY" else 0.01)
        recent = history[card.id]
        while recent and draft.minute - recent[0][0] >= DAY_MIN:
            recent.popleft()
        since_last = round(draft.minute - recent[-1][0], 1) if recent else None
        recent.append((draft.minute, amount * rate))
        hour = [eur for minute, eur in recent if draft.minute - minute < 60]
        count, total = spent[card.id]
        when = START + timedelta(seconds=int(draft.minute * 60))
        event = {
            "payment_id": "pay_" + token(index, 8),
            "card_id": card.id,
            "timestamp": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "utc_offset_min": draft.utc_offset_min,
            "amount": amount,
            "currency": city.currency,
            "entry_mode": draft.entry_mode,
            "merchant": {
                "id": merchant.id, "mcc": merchant.category.mcc, "country": city.country,
                "chargeback_pct": merchant.chargeback_pct,
            },
            "home": {"country": CITIES[card.city].country, "lat": card.lat, "lon": card.lon},
            "velocity": {
                "count_1h": len(hour), "sum_1h": round(sum(hour) / rate, 2),
                "count_24h": len(recent), "sum_24h": round(sum(eur for _, eur in recent) / rate, 2),
                "minutes_since_last": since_last,
                "mean_amount": round(max(total / count / rate, 0.01), 2) if count >= 3 else None,
            },
        }
        # What does not apply is left out; what is not known is null.
        if not merchant.online:
            event["merchant"] |= {"lat": merchant.lat, "lon": merchant.lon}
        if draft.device_known is not None:
            event["device"] = {"known": draft.device_known}
        yield event
        spent[card.id] = [count + 1, total + amount * rate]


def token(index, digits):
    return hashlib.sha256(f"payment {index}".encode()).hexdigest()[:digits]


def pick(rng, among):
    return among[rng.integers(len(among))]


if __name__ == "__main__":
    for event, fraud, pattern in payments()[-20:]:
        print(fraud, pattern, json.dumps(event, separators=(",", ":")))
