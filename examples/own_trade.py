"""A trade of one's own, written as a class: run, swept, audited and reported.

hedgebook run examples/own_trade.py:LandlordTenant --parameters
hedgebook sweep examples/own_trade.py:LandlordTenant --grid window_sessions=20,40,60 --grid entry_frac=0.1,0.2
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
from pydantic import Field

import hedgebook as hb


class LandlordTenant(hb.Strategy):
    """Long miners, short neoclouds, once the neoclouds have run ahead of them.

    window_sessions: closes over which the two are compared; entry_frac: how much more the neoclouds gained when the
    trade begins, a fraction; every_sessions: closes from one decision to the next; gross: both sides together as a
    fraction of NAV. It ends when the neoclouds have gained less than the miners.
    """

    thesis: str = "Halls with power are what a neocloud rents: a tenant cannot outrun its landlord for long."
    expected_sign: str = "miners up against neoclouds"
    refuted_by: str = "Neoclouds that ran ahead go on running ahead."

    window_sessions: Annotated[int, Field(ge=2, le=252)] = 40
    entry_frac: Annotated[float, Field(ge=0, le=5)] = 0.1
    every_sessions: Annotated[int, Field(ge=1, le=252)] = 5
    gross: Annotated[float, Field(gt=0, le=2)] = 1.0

    def plan(self, market: hb.Market) -> hb.Plan:
        """Decided at a close, filled at the next open."""
        decided = np.arange(self.window_sessions, len(market.sessions) - 1, self.every_sessions)
        weights = np.zeros((len(decided), len(market.tickers)))
        on = False
        for row, t in zip(weights, decided, strict=True):
            gain = market.close[t] / market.close[t - self.window_sessions] - 1.0
            miners, neoclouds = (self.members(market, name, int(t), gain) for name in ("miner", "neocloud"))
            if not len(miners) or not len(neoclouds):
                continue
            ahead = gain[neoclouds].mean() - gain[miners].mean()
            on = ahead >= self.entry_frac or (on and ahead > 0.0)
            if on:
                row[miners] = self.gross / 2 / len(miners)
                row[neoclouds] = -self.gross / 2 / len(neoclouds)
        return hb.Plan(
            schedule=hb.Schedule(
                tickers=market.tickers,
                decided_at=market.close_at[decided],
                session=market.sessions[decided + 1],
                mark=np.full(len(decided), hb.Mark.OPEN, dtype=np.int64),
                weights=weights,
            ),
            estimates={"held_frac": float(np.mean(weights.any(axis=1)))},
        )

    @staticmethod
    def members(market: hb.Market, bucket: str, t: int, gain: np.ndarray) -> np.ndarray:
        """Columns of the members as listed at close t whose gain is known."""
        listed = market.resolve([bucket], market.sessions[t].item())
        columns = np.array([market.column(ticker) for ticker in listed], dtype=np.int64)
        return columns[np.isfinite(gain[columns])]


if __name__ == "__main__":
    market, trade = hb.sample_market(), LandlordTenant()
    run = hb.backtest(trade, market)
    print(f"run: {run.metrics.total_return:+.2%}, Sharpe {run.metrics.sharpe:.2f}, in {len(run.returns)} sessions")
    print(f"held in {run.plan.estimates['held_frac']:.0%} of decisions")

    grid = hb.sweep(trade, market, window_sessions=[20, 40, 60], entry_frac=[0.0, 0.1, 0.2])
    print(f"swept: {len(grid.table)} sets, the best {grid.table['total_return'].max():+.2%}")
    print(f"luck: {grid.overfitting().verdict}")

    audit = hb.audit(trade, market, decisions=12)
    print(f"audited: {'no decision knew the future' if audit.passed else audit}, {audit.decisions} tried")

    with TemporaryDirectory() as folder:
        report = run.report(Path(folder) / "report.html")
        print(f"reported: {report.name}, {report.stat().st_size // 1000} kB")
