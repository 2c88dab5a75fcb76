# ruff: noqa: ARG001, ARG005
"""Whatever is given as a strategy runs, or is refused in one sentence that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook.errors import InputError, ParameterError, StrategyError
from tests import markets

MARKET = markets.random_market(4, sessions=40, tickers=4, missing_frac=0.0)
DAYS = MARKET.frame("close").index
TABLE = pd.DataFrame(
    [[0.3, -0.3, np.nan, 0.1], [0.1, 0.1, 0.0, np.nan]], index=DAYS[[5, 20]], columns=list(MARKET.tickers)
)

DATES = pd.DatetimeIndex(TABLE.index)


def at(index: Any) -> pd.DataFrame:
    return TABLE.set_axis(index, axis=0)


SAME: dict[str, Any] = {
    "utc": at(DATES.tz_localize("UTC")),
    "new york": at(DATES.tz_localize("America/New_York")),
    "after the close": at((DATES + pd.Timedelta(hours=17)).tz_localize("America/New_York")),
    "text": at([str(day.date()) for day in DATES]),
    "a row too late": pd.concat([TABLE, at(pd.DatetimeIndex(["2031-01-06", "2032-01-05"]))]),
    "nullable": TABLE.astype("Float64"),
    "function": lambda market: TABLE,
    "class": type("Mine", (), {"plan": lambda self, market: TABLE}),
}


@pytest.mark.parametrize("given", SAME.values(), ids=SAME)
def test_other_writings_of_one_table_are_one_run(given: Any) -> None:
    wanted = hb.backtest(TABLE, MARKET).nav["nav_close"]
    np.testing.assert_allclose(hb.backtest(given, MARKET).nav["nav_close"], wanted, rtol=1e-12)


def two_levels() -> Any:
    return TABLE.set_axis(pd.MultiIndex.from_product([["w"], MARKET.tickers]), axis=1)


def needs_more(market: hb.Market, window: int) -> pd.DataFrame:
    return TABLE.iloc[:window]


def yields(market: hb.Market) -> Any:
    yield TABLE


def fails_in_pandas(market: hb.Market) -> pd.DataFrame:
    return market.frame("close").drop(columns=["NOBODY"])


class Without(hb.Strategy):
    """A class whose method forgot the market."""

    def plan(self) -> Any:  # type: ignore[override]
        return TABLE


NAMES = [str(name) for name in MARKET.tickers]
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "counted rows": (lambda: at([0, 1]), "its index has no dates .*to_datetime"),
    "days as numbers": (lambda: at([20260608, 20260629]), "its index has no dates .*to_datetime"),
    "months": (lambda: at(pd.PeriodIndex(["2026-06", "2026-07"], freq="M")), "no dates .*to_timestamp"),
    "levels": (two_levels, "its columns have several levels .*droplevel"),
    "flags": (lambda: TABLE > 0, r"no numbers \(got 'bool'\).*hb.signals"),
    "complex": (lambda: TABLE.astype(complex), "no numbers .*complex128"),
    "objects": (lambda: TABLE.astype(object), "no numbers .*astype"),
    "percent": (lambda: TABLE * 0 + 12.5, r"fractions of NAV, long and short together \(got (25|37.5|50)"),
    "twice": (lambda: at(DAYS[[5, 5]]), "dates must ascend"),
    "unknown": (lambda: TABLE.rename(columns={NAMES[0]: "NOBODY"}), "NOBODY has no prices"),
    "series": (lambda: TABLE.iloc[0], "this is no strategy .*dates as its index and a column a ticker"),
    "mapping": (lambda: {NAMES[0]: 0.5}, "this is no strategy .*dates as its index"),
    "missing file": (lambda: Path("no/such.toml"), "there is no such TOML file"),
    "no market": (lambda: lambda: TABLE, "it cannot be called with a market: too many positional"),
    "method without": (lambda: Without, "cannot be called with a market.*def plan"),
    "one value too few": (lambda: needs_more, "missing a required argument: 'window'"),
    "generator": (lambda: yields, "gives back no schedule .*generator"),
    "signals": (lambda: hb.signals(TABLE > 0, (TABLE > 0).astype(int)), r"true or false \(got 'int64'\).*astype"),
    "columns of signals": (
        lambda: hb.signals(*[(TABLE > 0).set_axis([*NAMES[:3], NAMES[0]], axis=1)] * 2),
        "a ticker stands twice",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_run_is_refused_in_words(name: str) -> None:
    make, words = REFUSED[name]
    with pytest.raises(InputError, match=words) as raised:
        hb.backtest(make(), MARKET)
    assert "\n" not in str(raised.value)
    assert "given.py" not in str(raised.value)


def test_the_line_that_failed_is_that_of_the_function() -> None:
    with pytest.raises(StrategyError, match=r"test_doors.py, line \d+: KeyError.*NOBODY"):
        hb.backtest(fails_in_pandas, MARKET)
    with pytest.raises(ParameterError, match="no strategy"):
        hb.backtest(None, MARKET)
