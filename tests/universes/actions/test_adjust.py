"""Adjusted prices against published examples and a vendor's own columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hedgebook.errors import PriceDataError
from hedgebook.universes.actions.adjust import adjustment_factors
from hedgebook.universes.actions.read import load_actions

DAYS = np.array(["2003-02-13", "2003-02-14", "2003-02-18", "2003-02-19"], dtype="datetime64[D]")
CLOSE = np.array([[46.99], [48.30], [24.96], [24.53]])


def actions(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame([(day, "YHOO", kind, value) for day, kind, value in rows],
                        columns=["date", "ticker", "kind", "value"])  # fmt: skip


EXAMPLE = load_actions(actions(("2003-02-18", "split", 2.0), ("2003-02-19", "dividend", 0.08)))


def test_the_example_of_yahoo() -> None:
    # Yahoo Finance help, "What is the adjusted close?": 23.42, 24.07, 24.88 and 24.53.
    factors = adjustment_factors(EXAMPLE, DAYS, {"YHOO": 0}, CLOSE, convention="yahoo")
    assert (CLOSE * factors)[:, 0].round(2).tolist() == [23.42, 24.07, 24.88, 24.53]


def test_splits_alone() -> None:
    factors = adjustment_factors(EXAMPLE, DAYS, {"YHOO": 0}, CLOSE, method="split")
    assert factors[:, 0].tolist() == [0.5, 0.5, 1.0, 1.0]


def test_total_return_is_that_of_who_reinvests_at_the_close() -> None:
    # One share of 48.30 is two of 24.96 the day after; each is paid 0.08 and buys 0.08 / 24.53 of a share more.
    adjusted = (CLOSE * adjustment_factors(EXAMPLE, DAYS, {"YHOO": 0}, CLOSE))[:, 0]
    assert adjusted[2] / adjusted[1] == pytest.approx(2 * 24.96 / 48.30, rel=1e-14)
    assert adjusted[3] / adjusted[2] == pytest.approx((24.53 + 0.08) / 24.96, rel=1e-14)


def test_a_dividend_above_the_price_is_refused() -> None:
    with pytest.raises(PriceDataError, match="YHOO pays more on 2003-02-19"):
        adjustment_factors(load_actions(actions(("2003-02-19", "dividend", 25.0))), DAYS, {"YHOO": 0}, CLOSE,
                           convention="yahoo")  # fmt: skip


def test_a_vendors_total_returns(shared: Path) -> None:
    path = shared / "data" / "actions" / "raw_and_adjusted.parquet"
    if not path.is_file():
        pytest.skip("needs ../shared/data/actions")
    rows = pd.read_parquet(path)
    paid = rows[rows["div_cash"] > 0.0].assign(kind="dividend").rename(columns={"div_cash": "value"})
    split = rows[rows["split_factor"] != 1.0].assign(kind="split").rename(columns={"split_factor": "value"})
    columns = ["date", "ticker", "kind", "value"]
    found = load_actions(pd.concat([paid[columns], split[columns]]))
    close = rows.pivot(index="date", columns="ticker", values="close")
    theirs = rows.pivot(index="date", columns="ticker", values="adj_close").to_numpy()
    days, names = close.index.to_numpy().astype("datetime64[D]"), {t: i for i, t in enumerate(close.columns)}
    ours = close.to_numpy() * adjustment_factors(found, days, names, close.to_numpy())
    gap = np.abs((ours[1:] / ours[:-1]) / (theirs[1:] / theirs[:-1]) - 1.0)
    assert len(found) > 100
    assert np.nanmax(gap) < 1e-11
