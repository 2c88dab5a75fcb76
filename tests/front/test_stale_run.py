"""The risk of a run says which of its positions ended without a price, and what was written off."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

import hedgebook as hb

LAST_PRINT, GONE = 40, 300


@cache
def halted() -> hb.Market:
    """The sample market in which one ticker prints no more some sessions after it was bought."""
    market = hb.sample_market()
    frames = []
    for ticker in ("META", "MSFT", "SPY"):
        i = market.column(ticker)
        frame = pd.DataFrame(
            {"date": market.sessions, "ticker": ticker, "open": market.open[:, i], "close": market.close[:, i]}
        )
        frames.append(frame.iloc[: GONE + LAST_PRINT] if ticker == "META" else frame)
    return hb.load_market(pd.concat(frames), tickers=["META", "MSFT", "SPY"])


def held(account: hb.Account | str = "plain") -> hb.Run:
    market = halted()
    frame = pd.DataFrame({"META": [0.5], "MSFT": [0.3]}, index=pd.to_datetime(market.sessions[[GONE]]))
    return hb.backtest(frame, market, "none", account, until=market.sessions[GONE + 100])


def test_the_risk_of_a_run_and_of_its_folder_names_what_is_stale(tmp_path: Path) -> None:
    run = held()
    silent = 100 - LAST_PRINT + 1
    told = f"META is stale at the end of the run: no price for {silent} sessions"
    assert run.backtest.stale[0].sessions == silent
    folder = run.save(tmp_path / "run")
    loaded = hb.risk(hb.load_run(folder), market=halted(), paths=100)
    for found in (hb.risk(run, paths=100), loaded):
        assert any(note.startswith(told) for note in found.to_dict()["notes"])


def test_what_was_written_off_is_named_with_its_price() -> None:
    market = halted()
    day = market.sessions[GONE + LAST_PRINT + 5].astype(object)
    run = held(hb.Account(delisting={"recovery_frac": 0.25, "delisted": {"META": day}}))
    price = 0.25 * float(market.close[GONE + LAST_PRINT - 1, market.column("META")])
    told = f"META was written off in the run on {day} at {price:,.6g}, which its own returns count"
    notes = hb.risk(run, paths=100).to_dict()["notes"]
    assert told in notes
    assert not any("stale" in note for note in notes)


def test_a_run_that_has_all_its_prices_says_nothing_of_it(market: hb.Market) -> None:
    frame = pd.DataFrame({"META": [0.5]}, index=pd.to_datetime(market.sessions[[GONE]]))
    notes = hb.risk(hb.backtest(frame, market, "none"), paths=100).to_dict()["notes"]
    assert not any("stale" in note or "written off" in note for note in notes)
    assert np.isfinite(market.close[-1, market.column("META")])
