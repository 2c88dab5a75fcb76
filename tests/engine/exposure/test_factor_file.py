"""A vendor's factor returns and loadings: read, known no earlier than stated, and used in P&L and exposures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hedgebook as hb
from hedgebook import factors
from hedgebook.engine.exposure.factor_file import Loadings
from hedgebook.errors import InputError, ParameterError, PriceDataError

MARKET = hb.sample_market()
TRADE = "long-meta-short-neocloud"
NAMES = ["Value", "Growth"]


def factor_frame() -> pd.DataFrame:
    draws = np.random.default_rng(5).normal(0, 0.01, (len(MARKET.sessions), 2))
    days = pd.DatetimeIndex(MARKET.sessions.astype("datetime64[ns]"), name="date")
    return pd.DataFrame(draws, index=days, columns=NAMES)


def loading_frame(every: int = 21) -> pd.DataFrame:
    draw, days = np.random.default_rng(6), MARKET.sessions[::every]
    rows = [(day, ticker, *draw.normal(0, 1, 2)) for day in days for ticker in MARKET.tickers]
    return pd.DataFrame(rows, columns=["date", "ticker", *NAMES])


def files(folder: Path) -> tuple[Path, Path]:
    factor_frame().to_csv(folder / "f.csv")
    loading_frame().to_csv(folder / "l.csv", index=False)
    return folder / "f.csv", folder / "l.csv"


def test_files_in_every_shape_are_the_same(tmp_path: Path) -> None:
    frame, stated = factor_frame(), loading_frame()
    path, loadings = files(tmp_path)
    wanted, held = factors.load_factors(path), factors.load_loadings(loadings)
    np.testing.assert_array_equal(wanted.returns, frame.to_numpy())
    (frame * 100).to_csv(tmp_path / "p.csv")
    np.testing.assert_allclose(factors.load_factors(tmp_path / "p.csv").returns, wanted.returns, rtol=1e-12)
    frame.to_parquet(tmp_path / "f.parquet")
    np.testing.assert_array_equal(factors.load_factors(tmp_path / "f.parquet").returns, wanted.returns)
    frame.assign(RF=0.0001).to_csv(tmp_path / "r.csv", date_format="%Y%m%d")
    with_rate = factors.load_factors(tmp_path / "r.csv", unit="fraction")
    assert with_rate.names == ("Value", "Growth")
    assert with_rate.risk_free is not None
    long = stated.melt(["date", "ticker"], var_name="factor", value_name="loading")
    long.to_csv(tmp_path / "long.csv", index=False)
    again = factors.load_loadings(tmp_path / "long.csv")
    assert (again.names, again.tickers) == (held.names, held.tickers)
    np.testing.assert_array_equal(again.values, held.values)


def test_loadings_hold_from_their_date_until_the_next() -> None:
    days = np.array(["2026-01-05", "2026-01-08"], dtype="datetime64[D]")
    values = np.array([[[1.0], [5.0]], [[2.0], [np.nan]]])
    held = Loadings(("F",), ("A", "B"), days, values, "l.csv")
    sessions = np.array(["2026-01-02", "2026-01-05", "2026-01-07", "2026-01-08", "2026-01-09"], dtype="datetime64[D]")
    found = held.known(sessions, ("B", "A", "C"))[:, :, 0]
    np.testing.assert_array_equal(found[:, 1], [np.nan, 1.0, 1.0, 2.0, 2.0])
    np.testing.assert_array_equal(found[:, 0], [np.nan, 5.0, 5.0, 5.0, 5.0])
    assert np.isnan(found[:, 2]).all()


def test_pnl_by_factor_is_positions_times_loadings_of_the_session_before(tmp_path: Path) -> None:
    path, loadings = files(tmp_path)
    run = hb.backtest(TRADE, MARKET, factors=path, loadings=loadings)
    found = run.factor_pnl
    assert found is not None
    assert found.names == ("Value", "Growth")
    held, record = loading_frame(), run.backtest.record
    moves, sessions = factor_frame(), run.backtest.market.sessions
    for t in range(1, len(sessions)):
        known = held[held["date"] < sessions[t]].groupby("ticker").last()
        for k, name in enumerate(NAMES):
            usd = sum(
                record.shares[t - 1, i] * record.price[t - 1, i] * known.loc[ticker, name]
                for i, ticker in enumerate(run.backtest.market.tickers)
                if record.shares[t - 1, i] != 0.0
            )
            assert found.factor[t, :, k].sum() == pytest.approx(usd * moves.loc[sessions[t], name], rel=1e-9, abs=1e-9)
    total = sum(run.to_dict()["pnl_by_factor"].values())
    assert total == pytest.approx(run.final_nav - run.capital, abs=1e-6)


def test_what_is_stated_later_changes_nothing_before(tmp_path: Path) -> None:
    path, loadings = files(tmp_path)
    frame, day = loading_frame(1), MARKET.sessions[-6]
    frame.to_csv(loadings, index=False)
    first = hb.backtest(TRADE, MARKET, factors=path, loadings=loadings).factor_pnl
    frame.loc[frame["date"] >= day, NAMES] += 100.0
    frame.to_csv(loadings, index=False)
    then = hb.backtest(TRADE, MARKET, factors=path, loadings=loadings).factor_pnl
    assert first is not None
    assert then is not None
    same = first.backtest.market.sessions <= day
    assert same.any()
    np.testing.assert_array_equal(first.factor[same], then.factor[same])
    if (~same).any():
        assert (first.factor[~same] != then.factor[~same]).any()


def test_a_run_and_a_risk_report_by_factors_alone(tmp_path: Path) -> None:
    path, loadings = files(tmp_path)
    run = hb.backtest(TRADE, MARKET, factors=path)
    assert run.exposures.before is not None
    assert list(run.exposures.before.table.index) == NAMES
    assert list(run.factor_pnl.by_session.columns[:2]) == NAMES
    run.save(tmp_path / "run")
    assert "P&amp;L by factor" in (tmp_path / "run" / "report.html").read_text()
    (tmp_path / "b.csv").write_text("ticker,shares,cash\nMETA,100,100000\nMU,-50,\n")
    found = hb.risk(tmp_path / "b.csv", MARKET, factors=path, loadings=loadings, paths=1000)
    assert found.factors is not None
    weights = dict(zip(found.subject.positions.tickers, found.subject.positions.weights, strict=True))
    latest = loading_frame().groupby("ticker").last()
    for name in NAMES:
        wanted = sum(weight * latest.loc[ticker, name] for ticker, weight in weights.items())
        assert found.factors.loaded[name] == pytest.approx(wanted, rel=1e-12)
    days = pd.DatetimeIndex(found.subject.history.index)
    design = np.column_stack([np.ones(len(days)), factor_frame().loc[days].to_numpy()])
    slopes = np.linalg.lstsq(design, found.subject.history.to_numpy(), rcond=None)[0][1:]
    np.testing.assert_allclose(found.factors.fitted.table["beta"], slopes, rtol=1e-8)
    assert found.to_dict()["factor_exposure"]["by_loadings"].keys() == set(NAMES)
    found.save(tmp_path / "risk")
    assert "Exposure to the factors of the file" in (tmp_path / "risk" / "report.html").read_text()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        ("day,F\n2026-01-05,1\n", "column 'date' is missing"),
        ("date\n2026-01-05\n", "no factor"),
        ("date,F\n2026-01-05,1\n", "does not tell.*too few rows"),
        ("date,F,F\n2026-01-05,1,1\n", "stands twice"),
        ("date,F\n2026-13-05,1\n", "line 2.*not a date"),
        ("date,F\n2026-01-06,1\n2026-01-05,1\n", "line 3.*ascend"),
        ("date,F\n2026-01-05,x\n", "line 2, column 'F'.*not a number"),
        ("date,F\n2026-01-05,1,2\n", "line 2.*3 cells for 2"),
    ],
)
def test_bad_factor_files(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "f.csv"
    path.write_text(text)
    with pytest.raises(PriceDataError, match=says):
        factors.load_factors(path)


def test_bad_loadings_and_units(tmp_path: Path) -> None:
    path, _ = files(tmp_path)
    with pytest.raises(PriceDataError, match="cannot be in percent"):
        factors.load_factors(path, unit="percent")
    other = tmp_path / "o.csv"
    other.write_text("date,ticker,F\n2026-01-05,META,1\n2026-01-05,META,2\n")
    with pytest.raises(PriceDataError, match=r"line 3: these loadings stand twice"):
        factors.load_loadings(other)
    other.write_text("date,ticker,F\n2026-01-05,META,1\n")
    with pytest.raises(ParameterError, match="factor Value has no loadings"):
        hb.backtest(TRADE, MARKET, factors=path, loadings=other)
    with pytest.raises(ParameterError, match="loadings need the returns"):
        hb.backtest(TRADE, MARKET, loadings=other)
    with pytest.raises(InputError):
        hb.backtest(TRADE, MARKET, factors=tmp_path / "none.csv")
