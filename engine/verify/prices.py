"""Whether a saved run was valued at the prices of a file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..arrays import Floats
from .frames import SavedFrames

PRICE_TOLERANCE_FRAC = 1e-9
SHOWN = 10
# Of reasons of fills at a close that no print stands behind: stale, written off, delisted.
WRITTEN_OFF = "stale|writ|delist|recover"


@dataclass(frozen=True)
class PriceDifference:
    """A price that a run used and a file says otherwise; file: None where it has none. USD."""

    ticker: str
    session: str
    mark: str
    run: float
    file: float | None

    @property
    def frac(self) -> float:
        """The run's price over the file's, less 1; NaN where the file has none."""
        return self.run / self.file - 1.0 if self.file else float("nan")


@dataclass(frozen=True)
class PriceComparison:
    """Prices of a run held against a file.

    closes, opens: how many were compared; differing: how many differ by more than 1e-9 of the file's; missing: those
    of them that the file lacks; largest_frac: the largest relative difference among those that both have, 0 where
    nothing is compared; first: the first ten that differ, by session.
    """

    closes: int
    opens: int
    differing: int
    missing: int
    largest_frac: float
    first: tuple[PriceDifference, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {**asdict(self), "first": [asdict(each) for each in self.first]}


def compare_run_prices(run: SavedFrames, closes: pd.DataFrame, opens: pd.DataFrame) -> PriceComparison:
    """Hold a run's prices against those of a file, (T, K) frames by session, NaN where the file has none.

    Closes are those that positions were valued at and fills at the close refer to; a position without a print is held
    at the last close before. Opens are those that fills at the open refer to, and those that overnight P&L implies,
    where the file has an open; where the file or the run had no opens, closes alone are compared.
    """
    # A close that is missing leaves the open of its session, or else the last price before.
    last = closes.where(closes.notna(), opens).ffill()
    held = run.positions[["session", "ticker", "price"]]
    # What was sold or written off at a close without a print has the last price as its reference, or a part of it.
    sold = run.marked("close").rename(columns={"reference": "price", "price": "paid"})
    if "reason" in sold:
        sold = sold[_known(closes, sold) | ~sold["reason"].str.contains(WRITTEN_OFF)]
    parts = [_rows(held, closes, "close", last), _rows(sold[["session", "ticker", "price"]], closes, "close", last)]
    if opens.notna().to_numpy().any() and _used_opens(run):
        bought = run.marked("open").rename(columns={"reference": "price", "price": "paid"})
        parts.append(_rows(bought[["session", "ticker", "price"]], opens, "open"))
        implied = implied_opens(run)
        parts.append(_rows(implied[_known(opens, implied)], opens, "open"))
    rows = pd.concat(parts, ignore_index=True).drop_duplicates(["session", "ticker", "mark", "price"])
    return _comparison(rows)


def implied_opens(run: SavedFrames) -> pd.DataFrame:
    """Opening prices of what was held overnight and not traded at the open: last close plus overnight P&L a share."""
    held = run.table(run.positions, "shares")
    price = np.full(held.shape, np.nan)
    price[run.cells(run.positions)] = run.positions["price"]
    traded = run.table(run.marked("open").assign(one=1.0), "one") > 0
    night = run.table(run.of_cause("overnight"), "pnl")
    t, i = np.nonzero((held[:-1] != 0.0) & ~traded[1:])
    made = price[t, i] + night[t + 1, i] / held[t, i]
    names = np.asarray(run.tickers, dtype=object)
    return pd.DataFrame({"session": run.sessions[t + 1], "ticker": names[i], "price": made})


def _used_opens(run: SavedFrames) -> bool:
    """Whether a run knew any open: without one nothing fills there, and nothing is earned overnight."""
    return len(run.marked("open")) > 0 or bool(run.of_cause("overnight")["pnl"].any())


def _known(prices: pd.DataFrame, rows: pd.DataFrame) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(_looked_up(prices, rows)), dtype=np.bool_)


def _looked_up(prices: pd.DataFrame, rows: pd.DataFrame) -> Floats:
    """(R,) the price of each row's session and ticker, NaN where there is none."""
    t = prices.index.get_indexer(pd.Index(rows["session"]))
    i = prices.columns.get_indexer(pd.Index(rows["ticker"], dtype=object))
    table = prices.to_numpy()
    return np.asarray(np.where((t >= 0) & (i >= 0), table[t, i], np.nan), dtype=np.float64)


def _rows(rows: pd.DataFrame, prices: pd.DataFrame, mark: str, last: pd.DataFrame | None = None) -> pd.DataFrame:
    """Rows with what the file has for them; where it has nothing, the last price before if the run held it at that."""
    found = _looked_up(prices, rows)
    if last is not None:
        stale = _looked_up(last, rows)
        held = np.isnan(found) & np.isclose(rows["price"], stale, rtol=PRICE_TOLERANCE_FRAC, atol=0.0)
        found = np.where(held, stale, found)
    return rows.assign(mark=mark, file=found)


def _comparison(rows: pd.DataFrame) -> PriceComparison:
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.abs(rows["price"].to_numpy() / rows["file"].to_numpy() - 1.0)
    bad = rows[~(size <= PRICE_TOLERANCE_FRAC)]
    late = bad["mark"] == "close"
    first = bad.assign(late=late).sort_values(["session", "late", "ticker"], kind="stable").head(SHOWN)
    known = size[np.isfinite(size)]
    return PriceComparison(
        closes=int((rows["mark"] == "close").sum()),
        opens=int((rows["mark"] == "open").sum()),
        differing=len(bad),
        missing=int(rows["file"].isna().sum()),
        largest_frac=float(known.max(initial=0.0)),
        first=tuple(
            PriceDifference(
                ticker=str(row["ticker"]),
                session=f"{row['session']:%Y-%m-%d}",
                mark=str(row["mark"]),
                run=float(row["price"]),
                file=None if np.isnan(row["file"]) else float(row["file"]),
            )
            for _, row in first.iterrows()
        ),
    )
