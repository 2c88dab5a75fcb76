"""The flagship under every combination of hold and hedge: what the best one is worth once luck is taken out."""

from __future__ import annotations

import hedgebook as hb

if __name__ == "__main__":
    market = hb.sample_market()
    grid = hb.sweep(hb.trade(), market, hold=range(1, 61), hedge=["dollar", "beta", "min_variance"])
    print(grid.best)
    print(grid.heat_map("hedge", "hold").round(2).to_string())
    best = hb.backtest(grid.best_trade, market)
    print(best.summary[["total_return", "sharpe", "sharpe_stderr", "max_drawdown"]].to_string())
