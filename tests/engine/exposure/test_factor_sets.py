"""Factor sets: what each factor is, what it knew, and files that are refused."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.exposure.factor_sets import custom_factors, default_factors, etf_factors, orthogonalised
from hedgebook.engine.exposure.factors import fit_factor_model, proxy_returns
from hedgebook.engine.exposure.fama_french import load_fama_french
from hedgebook.errors import ParameterError, PriceDataError
from hedgebook.universes.market import Market
from tests import markets
from tests.oracle.ols import simple_ols

ETFS = ("SPY", "IWM", "VTV", "VUG", "MTUM", "SMH", "IBIT", "TLT")


def etf_market(tickers: tuple[str, ...] = ETFS, sessions: int = 120) -> Market:
    """Random walks; IBIT lists on session 40, IWM misses an open and TLT a close."""
    draw = np.random.default_rng(4)
    marks = 100.0 * np.exp(np.cumsum(draw.normal(0.0, 0.01, (2 * sessions, len(ETFS))), axis=0))
    opens, closes = marks[0::2].copy(), marks[1::2].copy()
    opens[:40, 6] = closes[:40, 6] = np.nan
    opens[30, 1], closes[50, 7] = np.nan, np.nan
    at = [ETFS.index(t) for t in tickers]
    fields: dict[Any, Any] = {"open": opens[:, at], "close": closes[:, at]}
    return markets.market_of(fields, tickers, first="2025-06-02", universe=markets.numbered_universe(ETFS))


def moves(market: Market, ticker: str) -> list[float]:
    close = market.close[:, market.column(ticker)].tolist()
    return [float("nan"), *(b / a - 1.0 for a, b in pairwise(close))]


def test_spreads_and_what_is_net_of_the_market() -> None:
    market = etf_market()
    day = str(market.sessions[90])
    found = etf_factors(market, until=day)
    assert found.names == ("market", "size", "value", "momentum", "semis", "bitcoin", "rates")
    spy = moves(market, "SPY")
    pairs = {"size": ("IWM", "SPY"), "value": ("VTV", "VUG"), "momentum": ("MTUM", "SPY")}
    for name, (first, second) in pairs.items():
        expected = np.array(moves(market, first)) - np.array(moves(market, second))
        np.testing.assert_allclose(found.returns[:, found.column(name)], expected, rtol=1e-12)
    smh = moves(market, "SMH")
    slope = simple_ols(smh[1:91], spy[1:91]).slope
    np.testing.assert_allclose(found.returns[:, 4], np.array(smh) - slope * np.array(spy), rtol=1e-10)
    assert found.known_at == np.datetime64(day)
    assert f"slope {slope:.3f}" in found.definitions[4]
    assert day in found.definitions[4]
    assert np.isnan(found.returns[:41, 5]).all()
    assert np.isfinite(found.returns[41:, 5]).all()
    assert np.isnan(found.returns[[50, 51], 6]).all()


def test_nights_and_days_make_the_session() -> None:
    found = etf_factors(etf_market(), ("market", "bitcoin"))
    assert found.known_at is None
    assert found.overnight is not None
    assert found.intraday is not None
    whole = (1.0 + found.overnight) * (1.0 + found.intraday) - 1.0
    np.testing.assert_allclose(whole, found.returns, rtol=1e-12, atol=1e-15)


def test_later_prices_change_no_factor_that_was_known() -> None:
    market = etf_market()
    day = str(market.sessions[90])
    later = markets.changed_after(market, 90, 8)
    for build in (etf_factors, default_factors):
        a, b = build(market, until=day), build(later, until=day)
        np.testing.assert_array_equal(a.returns[:91], b.returns[:91])
        assert a.definitions == b.definitions
    assert etf_factors(market).known_at == market.sessions[-1]


def test_the_default_set_is_the_one_of_a_report() -> None:
    market = etf_market()
    found = default_factors(market)
    proxies = proxy_returns(market, found.names)
    complete = np.isfinite(proxies).all(axis=1)
    expected = fit_factor_model(found.names, proxies[complete]).factors(proxies)
    np.testing.assert_array_equal(found.returns, expected)
    correlations = np.corrcoef(found.returns[complete].T)
    np.testing.assert_allclose(correlations, np.eye(4), atol=1e-12)


def test_orthogonalised_factors_are_uncorrelated_and_say_so() -> None:
    market = etf_market()
    raw = etf_factors(market, ("market", "momentum", "rates"))
    net = orthogonalised(raw, until=str(market.sessions[100]))
    complete = np.isfinite(raw.returns).all(axis=1) & (np.arange(120) <= 100)
    np.testing.assert_allclose(np.corrcoef(net.returns[complete].T), np.eye(3), atol=1e-12)
    assert net.definitions[2].startswith("TLT, net of market, momentum (slopes over the sessions up to")
    assert net.known_at == market.sessions[100]
    with pytest.raises(ParameterError, match="too little common history"):
        orthogonalised(raw, until=str(market.sessions[6]))


def test_factors_that_are_not_there() -> None:
    with pytest.raises(ParameterError, match="Did you mean 'bitcoin'"):
        etf_factors(etf_market(), ("bitcoins",))
    some = etf_market(("SPY", "SMH", "VTV"))
    assert etf_factors(some).names == ("market", "semis")
    with pytest.raises(ParameterError, match="value needs prices of VTV and VUG"):
        etf_factors(some, ("value",))
    with pytest.raises(ParameterError, match="no factor is called 'size'"):
        etf_factors(some).pick(("size",))
    with pytest.raises(ParameterError, match="too little history"):
        default_factors(etf_market(("VTV", "VUG")))


def test_custom_series() -> None:
    days = markets.session_days(5)
    series = pd.Series([0.01, -0.02, 0.03], index=pd.DatetimeIndex(days[[0, 2, 4]].astype("datetime64[ns]")))
    found = custom_factors({"mine": series}, days)
    np.testing.assert_array_equal(found.returns[:, 0], [0.01, np.nan, -0.02, np.nan, 0.03])
    moved = found.on(days[1:3])
    np.testing.assert_array_equal(moved.returns[:, 0], [np.nan, -0.02])
    with pytest.raises(ParameterError, match="no dates for an index"):
        custom_factors({"mine": pd.Series([1.0])}, days)
    with pytest.raises(ParameterError, match="a date twice"):
        custom_factors({"mine": pd.concat([series, series])}, days)
    with pytest.raises(ParameterError, match="infinite"):
        custom_factors({"mine": series * np.inf}, days)


HEADER = "date,Mkt-RF,SMB,HML,RMW,CMA,RF,Mom\n"
ROW = "{},1.69,0.79,-99.99,-0.17,0.21,0.01,0.58\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "ff.csv"
    path.write_text(text)
    return path


def test_fama_french(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + ROW.format("2010-01-04") + ROW.format("20100105"))
    found = load_fama_french(path)
    assert found.names == ("Mkt-RF", "SMB", "HML", "RMW", "CMA", "Mom")
    np.testing.assert_allclose(found.returns[1], [0.0169, 0.0079, np.nan, -0.0017, 0.0021, 0.0058], rtol=1e-14)
    assert found.risk_free is not None
    np.testing.assert_allclose(found.risk_free, [0.0001, 0.0001])
    assert list(found.sessions) == [np.datetime64("2010-01-04"), np.datetime64("2010-01-05")]
    assert load_fama_french(path, unit="fraction").returns[0, 0] == 1.69


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        (HEADER, "no rows"),
        (HEADER.replace(",", "\t"), "line 1: the columns are separated by tabs, not by commas"),
        (HEADER.replace("SMB", "SML") + ROW.format("2010-01-04"), "column 'SMB' is missing.*Did you mean 'SML'"),
        (HEADER + ROW.format("04.01.2010"), "line 2: not a date .got '04.01.2010'"),
        ("sep=,\n" + HEADER + ROW.format("04.01.2010"), "line 3: not a date"),
        (HEADER + ROW.format("2010-01-05") + ROW.format("2010-01-04"), "line 3: dates must ascend"),
        (HEADER + ROW.format("2010-01-04") * 2, "line 3: dates must ascend, each once"),
        (HEADER + ROW.format("2010-01-04").replace("0.79", "n/a"), "line 2: SMB is not a number .got 'n/a'"),
        (HEADER + ROW.format("2010-01-04").replace("0.79", "inf"), "SMB is not a number"),
    ],
)
def test_fama_french_refuses(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(PriceDataError, match=message):
        load_fama_french(written(tmp_path, text))


def test_units_are_never_guessed(tmp_path: Path) -> None:
    days = pd.bdate_range("2010-01-04", periods=40)
    draw = np.random.default_rng(1).normal(0.0, 1.0, (40, 7))
    names = HEADER.strip().split(",")[1:]
    pd.DataFrame(draw, index=days, columns=names).rename_axis("date").to_csv(tmp_path / "percent.csv")
    pd.DataFrame(draw / 100, index=days, columns=names).rename_axis("date").to_csv(tmp_path / "fraction.csv")
    a = load_fama_french(tmp_path / "percent.csv")
    b = load_fama_french(tmp_path / "fraction.csv", unit="fraction")
    np.testing.assert_allclose(a.returns, b.returns, rtol=1e-12)
    with pytest.raises(PriceDataError, match=r"cannot be in fraction.*unit='percent'"):
        load_fama_french(tmp_path / "percent.csv", unit="fraction")
    with pytest.raises(PriceDataError, match=r"cannot be in percent.*unit='fraction'"):
        load_fama_french(tmp_path / "fraction.csv")
    with pytest.raises(ParameterError, match="no unit 'bps'"):
        load_fama_french(tmp_path / "percent.csv", unit="bps")
    with pytest.raises(PriceDataError, match="no such file"):
        load_fama_french(tmp_path / "none.csv")


def test_the_real_file(shared: Path) -> None:
    found = load_fama_french(shared / "data" / "fama_french_daily.csv")
    assert found.returns[0, 0] == pytest.approx(0.0169, rel=1e-12)
    assert found.sessions[-1] == np.datetime64("2026-05-29")
    assert found.returns[-1, 5] == pytest.approx(-0.0168, rel=1e-12)
    assert np.isfinite(found.returns).all()
