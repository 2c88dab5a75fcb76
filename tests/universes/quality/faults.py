"""Clean markets of fat-tailed random walks, and faults of each kind put into them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

import hedgebook as hb
from hedgebook.universes.calendar import trading_calendar
from hedgebook.universes.market import FIELDS, Market, Provenance, build_market

SESSIONS, TICKERS = 700, 12


def clean(seed: int) -> Market:
    """Random walks with Student steps of three degrees of freedom and a common factor, opens and volumes with news."""
    rng = np.random.default_rng(seed)
    calendar = trading_calendar(2022, 2025)
    sessions = calendar.sessions[:SESSIONS]
    shape = (SESSIONS, TICKERS)
    vol = rng.uniform(0.008, 0.035, TICKERS)
    steps = vol * (0.5 * rng.standard_t(4, (SESSIONS, 1)) / 1.4 + rng.standard_t(3, shape) / 1.7)
    steps = np.clip(steps, -0.9, 0.9)
    close = 50.0 * rng.uniform(0.3, 4.0, TICKERS) * np.exp(np.cumsum(steps, axis=0))
    before = np.vstack([close[:1], close[:-1]])
    opens = before * np.exp(0.3 * steps + 0.2 * vol * rng.standard_normal(shape))
    spread = np.exp(0.4 * vol * np.abs(rng.standard_normal(shape)))
    fields = {
        "open": opens,
        "high": np.maximum(opens, close) * spread,
        "low": np.minimum(opens, close) / spread,
        "close": close,
        "volume": np.rint(1e6 * np.exp(0.4 * rng.standard_normal(shape)) * (1 + np.abs(steps) / vol)),
    }
    tickers = tuple(f"T{i}" for i in range(TICKERS))
    universe = hb.Universe.of(list(tickers), benchmark="T0")
    made = Provenance("made.csv", "", str(sessions[0]), str(sessions[-1]), simulated=True)
    return build_market(calendar, sessions, tickers, fields, universe, made)


def changed(market: Market, column: int, change: Callable[[dict[str, np.ndarray], int], None]) -> Market:
    """A market with the fields of a ticker changed in place; `change` gets all fields and the column."""
    fields = {name: getattr(market, name).copy() for name in FIELDS}
    change(fields, column)
    return replace(market, **fields)


def _all(fields: dict[str, np.ndarray], rows: slice | int, i: int, factor: float) -> None:
    for name in ("open", "high", "low", "close"):
        fields[name][rows, i] *= factor


def gap(fields: dict[str, np.ndarray], i: int, at: int, count: int = 23) -> None:
    """Sessions without any value."""
    for values in fields.values():
        values[at : at + count, i] = np.nan


def stale(fields: dict[str, np.ndarray], i: int, at: int, count: int = 25) -> None:
    """The last close carried on."""
    fields["close"][at : at + count, i] = fields["close"][at - 1, i]


def spike(fields: dict[str, np.ndarray], i: int, at: int, factor: float = 1.6) -> None:
    """One close that is wrong."""
    fields["close"][at, i] *= factor


def no_volume(fields: dict[str, np.ndarray], i: int, at: int, count: int = 15) -> None:
    """Volume that was not delivered."""
    fields["volume"][at : at + count, i] = 0.0


def reused(fields: dict[str, np.ndarray], i: int, at: int, count: int = 40) -> None:
    """A ticker that another company takes over after a while."""
    gap(fields, i, at, count)
    _all(fields, slice(0, at), i, 3.7)


def filled_back(fields: dict[str, np.ndarray], i: int, at: int) -> None:
    """A history before the listing that is the first price."""
    fields["close"][:at, i] = fields["close"][at, i]


def interpolated(fields: dict[str, np.ndarray], i: int, at: int, count: int = 8) -> None:
    """A gap that was filled on a straight line."""
    close = fields["close"]
    close[at : at + count + 1, i] = np.linspace(close[at, i], close[at + count, i], count + 1)


def copied_opens(fields: dict[str, np.ndarray], i: int, at: int, count: int = 20) -> None:
    """Opens that are the closes before."""
    fields["open"][at : at + count, i] = fields["close"][at - 1 : at + count - 1, i]


def twin(fields: dict[str, np.ndarray], i: int, at: int) -> None:
    """Prices of another ticker."""
    del at
    for values in fields.values():
        values[:, i] = values[:, (i + 1) % values.shape[1]]


PLANTED: dict[str, tuple[Callable[..., None], tuple[str, ...]]] = {
    "gap": (gap, ("gap_long",)),
    "stale": (stale, ("stale_long",)),
    "spike": (spike, ("spike",)),
    "no_volume": (no_volume, ("no_volume_long",)),
    "reused": (reused, ("identity",)),
    "filled_back": (filled_back, ("backfill",)),
    "interpolated": (interpolated, ("straight",)),
    "copied_opens": (copied_opens, ("copied_open",)),
    "twin": (twin, ("same_series",)),
}
