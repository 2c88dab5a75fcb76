"""The Python front door, read as the README shows it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import hedgebook as hb

TRADE = """
[mine]
event = "meta-compute-2026"
long = ["META"]
short = ["CRWV", "NBIS"]
hold = 3
"""


def test_the_ten_lines(market: hb.Market, tmp_path: Path) -> None:
    trade = hb.trade("long-meta-short-neocloud", hold=10, hedge="beta")
    run = hb.backtest(trade, market)
    assert isinstance(run.summary, pd.Series)
    assert run.summary["total_return"] == pytest.approx(run.metrics.total_return)
    assert isinstance(run.drawdowns(), pd.DataFrame)
    assert list(run.pnl("bucket").index) == ["meta", "neocloud"]
    assert list(run.pnl("leg").index) == ["long", "short"]
    assert ("before", "beta") in run.exposure().columns
    assert run.report(tmp_path / "report.html").is_file()
    assert run.to_vectorbt().value().iloc[-1] == pytest.approx(
        run.backtest.final_nav + run.backtest.costs_paid["borrow"] + run.backtest.costs_paid["interest"]
    )
    assert run.verify().passed
    assert "simulated history" in repr(run)


def test_a_trade_by_name_and_costs_by_name_are_enough() -> None:
    run = hb.backtest("long-meta-short-memory", hb.sample_market(), costs="none")
    assert run.trade.short == ("memory",)
    assert sum(run.backtest.costs_paid.values()) == 0.0


def test_a_trade_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(TRADE)
    for name in ("mine.toml", "mine.toml:mine"):
        trade = hb.trade(str(tmp_path / name), hold=4)
        assert (trade.name, trade.short, trade.hold) == ("mine", ("CRWV", "NBIS"), 4)
    with pytest.raises(hb.InputError, match="Did you mean 'mine'"):
        hb.trade(f"{tmp_path / 'mine.toml'}:mime")


def test_saving_and_loading_a_run(tmp_path: Path) -> None:
    run = hb.backtest(hb.trade(hold=2), hb.sample_market())
    saved = hb.load_run(run.save(tmp_path / "mine"))
    assert saved.to_dict() == run.to_dict()
    pd.testing.assert_frame_equal(saved.fills, run.fills)


def test_a_schedule_of_ones_own(market: hb.Market) -> None:
    import numpy as np

    schedule = hb.Schedule(
        tickers=("META", "CRWV"),
        decided_at=np.array(["2026-06-30T20:00"], dtype="datetime64[ns]"),
        session=np.array(["2026-07-01"], dtype="datetime64[D]"),
        mark=np.array([hb.Mark.OPEN]),
        weights=np.array([[0.5, -0.5]]),
    )
    result = hb.run_schedule(market, schedule, hb.load_costs("none"), hb.Account(capital_usd=1e5))
    assert result.open_positions() == ("META", "CRWV")
    late = np.array(["2026-07-01T13:30"], dtype="datetime64[ns]")
    with pytest.raises(hb.LookAheadError, match="not after the decision"):
        hb.run_schedule(
            market, hb.Schedule(schedule.tickers, late, schedule.session, schedule.mark, schedule.weights), "none"
        )


def test_the_schedule_of_a_plan_run_as_long_as_the_plan_is_the_run_of_the_plan(market: hb.Market) -> None:
    run = hb.backtest("long-meta-short-neocloud", market)
    again = hb.run_schedule(market, run.plan.schedule, until=run.plan.until)
    pd.testing.assert_frame_equal(again.backtest.nav, run.backtest.nav, check_exact=True)
    # Without an end it goes on to the last session of the market, and only cash is left, which earns its rate.
    longer = hb.run_schedule(market, run.plan.schedule).backtest.nav
    pd.testing.assert_frame_equal(longer.loc[: run.plan.until], run.backtest.nav, check_exact=True)
    assert longer.index[-1] == market.sessions[-1]
    assert (longer["nav_close"] == longer["cash"]).loc[run.plan.until :].all()


def test_only_an_audit_or_a_verification_is_said_of_a_run() -> None:
    run = hb.backtest("long-meta-short-neocloud", hb.sample_market())
    assert len(run.checked(run.verify()).checks) == 1
    with pytest.raises(hb.InputError, match="an audit or a verification"):
        run.checked("verified")
