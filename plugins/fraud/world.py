"""The small world that the payments happen in: cities, currencies, merchant categories, merchants and cards."""

from dataclasses import dataclass, replace

import numpy as np

# Euros for one unit; the adapter (plugins/payments) has the same table.
EUR_PER_UNIT = {
    "EUR": 1.0, "USD": 0.92, "GBP": 1.17, "CHF": 1.05, "PLN": 0.23, "SEK": 0.088,
    "DKK": 0.134, "CZK": 0.04, "TRY": 0.028, "JPY": 0.0061, "BRL": 0.17, "SGD": 0.68,
}


@dataclass(frozen=True)
class City:
    country: str
    currency: str
    utc_offset_min: int
    lat: float
    lon: float


# The first eight are where cardholders live, the rest is where they travel and where thieves sit.
CITIES = [
    City("DE", "EUR", 60, 52.52, 13.405), City("FR", "EUR", 60, 48.857, 2.352),
    City("GB", "GBP", 0, 51.507, -0.128), City("CH", "CHF", 60, 47.377, 8.542),
    City("PL", "PLN", 60, 52.23, 21.012), City("SE", "SEK", 60, 59.329, 18.069),
    City("DK", "DKK", 60, 55.676, 12.568), City("CZ", "CZK", 60, 50.076, 14.438),
    City("ES", "EUR", 60, 40.417, -3.704), City("IT", "EUR", 60, 41.903, 12.496),
    City("US", "USD", -300, 40.713, -74.006), City("TR", "TRY", 180, 41.008, 28.978),
    City("JP", "JPY", 540, 35.677, 139.65), City("BR", "BRL", -180, -23.551, -46.633),
    City("SG", "SGD", 480, 1.352, 103.82),
]
HOME_CITIES = 8
FAR_CITIES = [10, 12, 13, 14]


@dataclass(frozen=True)
class Category:
    mcc: int
    share: float
    typical_eur: float
    online_share: float


CATEGORIES = [
    Category(5411, 0.24, 24, 0.05), Category(5812, 0.15, 30, 0.0), Category(5541, 0.09, 55, 0.0),
    Category(5912, 0.07, 17, 0.1), Category(5311, 0.07, 55, 0.3), Category(5651, 0.07, 65, 0.4),
    Category(5732, 0.04, 190, 0.6), Category(5944, 0.02, 280, 0.2), Category(7011, 0.03, 160, 0.5),
    Category(4111, 0.08, 8, 0.3), Category(4829, 0.02, 130, 1.0), Category(5815, 0.06, 11, 1.0),
    Category(7995, 0.02, 50, 0.9), Category(5999, 0.04, 38, 0.5),
]
TEMPTING = {5732, 5944, 4829}  # what a thief buys: easily sold on
TESTING = {5815, 5999}  # where stolen card numbers are tried


@dataclass(frozen=True)
class Merchant:
    id: str
    category: Category
    city: City
    online: bool
    lat: float | None
    lon: float | None
    chargeback_pct: float | None  # None: too new to have one


@dataclass(frozen=True)
class Card:
    id: str
    city: int
    lat: float | None  # None: the issuer does not tell
    lon: float | None
    spend: float  # how freely it pays, 1 is usual
    per_day: float
    favourites: list  # merchants


class World:
    """Merchants and cards, and who can meet whom."""

    def __init__(self, rng: np.random.Generator, merchants: int, cards: int):
        self.merchants = [self._merchant(rng, i) for i in range(merchants)]
        # Its terminals leak card data; a busy grocery would be found out at once, so it is a fuel station.
        found = next(i for i, m in enumerate(self.merchants) if m.city is CITIES[0] and m.category.mcc == 5541)
        self.merchants[found] = self.compromised = replace(self.merchants[found], chargeback_pct=1.9)
        self.online = [m for m in self.merchants if m.online]
        self.in_city = {c: [m for m in self.merchants if not m.online and m.city is c] for c in CITIES}
        self.online_tempting = [m for m in self.online if m.category.mcc in TEMPTING]
        self.online_testing = [m for m in self.online if m.category.mcc in TESTING]
        self.cards = [self._card(rng, i) for i in range(cards)]

    def _merchant(self, rng, index):
        shares = np.array([c.share for c in CATEGORIES])
        category = CATEGORIES[rng.choice(len(CATEGORIES), p=shares / shares.sum())]
        # Most merchants are where the cardholders live.
        city = CITIES[rng.integers(HOME_CITIES) if rng.random() < 0.6 else rng.integers(len(CITIES))]
        online = bool(rng.random() < category.online_share)
        lat = None if online else round(city.lat + rng.normal(0, 0.06), 4)
        lon = None if online else round(city.lon + rng.normal(0, 0.09), 4)
        chargeback = None if rng.random() < 0.08 else round(float(rng.lognormal(-1.8, 0.7)), 2)
        return Merchant(f"m_{index:04d}", category, city, online, lat, lon, chargeback)

    def _card(self, rng, index):
        city = int(rng.integers(HOME_CITIES))
        known_home = rng.random() < 0.95
        lat = round(CITIES[city].lat + rng.normal(0, 0.12), 3) if known_home else None
        lon = round(CITIES[city].lon + rng.normal(0, 0.18), 3) if known_home else None
        near = self.in_city[CITIES[city]]
        favourites = [near[rng.integers(len(near))] for _ in range(8)]
        favourites += [self.online[rng.integers(len(self.online))] for _ in range(4)]
        if city == 0 and rng.random() < 0.5:
            favourites.append(self.compromised)
        spend = float(rng.lognormal(0, 0.4))
        return Card(f"card_{index:05d}", city, lat, lon, spend, float(rng.gamma(2.0, 0.55)), favourites)
