"""Trades on real prices against oracles in plain Python, and the published numbers of the flagship."""

from __future__ import annotations

import csv
import math
import statistics
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hedgebook.engine.frictions.costs import load_costs
from hedgebook.errors import UniverseError
from hedgebook.strategies.catalogue.read import FLAGSHIP, find_trade
from hedgebook.strategies.run.run import TradeRun, run_trade
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.universes.event import load_events
from hedgebook.universes.market import Market
from tests.oracle.simulator import OracleInput, OracleRow, simulate
from tests.oracle.trade import HeldTrade, total_return

from ..conftest import PlainPrices

NEOCLOUD = ["CRWV", "NBIS", "APLD"]
COSTS_FILE = Path(__file__).parents[3] / "engine" / "data" / "costs.toml"


def run(market: Market, name: str = FLAGSHIP, *, costs: str = "none", **changes: Any) -> TradeRun:
    trade = find_trade(name, **changes)
    return run_trade(trade, load_events().get(trade.event), RunSetting(market, load_costs(costs)))


def earned(found: TradeRun) -> float:
    return found.backtest.final_nav / found.backtest.capital - 1.0


@pytest.mark.parametrize(
    ("hold", "hindsight", "expected"),
    [
        (20, False, 0.0442),
        (19, False, 0.1570),
        (1, False, 0.0230),
        (20, True, 0.1160),
        (19, True, 0.2248),
        (1, True, 0.1027),
    ],
)
def test_the_numbers_of_the_flagship(
    real_market: Market, plain_prices: PlainPrices, hold: int, hindsight: bool, expected: float
) -> None:
    found = run(real_market, hold=hold, hindsight=hindsight)
    assert earned(found) == pytest.approx(expected, abs=1e-4)
    assert found.metrics.total_return == pytest.approx(earned(found), abs=1e-12)
    assert found.plan.tradable is not hindsight
    first = plain_prices.dates.index(date(2026, 7, 1))
    entry: Any = (date(2026, 6, 30), "close") if hindsight else (date(2026, 7, 1), "open")
    trade = HeldTrade(["META"], NEOCLOUD, 1.0, 1.0, entry, plain_prices.dates[first + hold])
    plain = total_return(trade, plain_prices.dates, plain_prices.open, plain_prices.close, 1e6)
    assert earned(found) == pytest.approx(plain, abs=1e-12)
    deepest = min(found.drawdowns()["depth"], default=0.0)
    assert deepest == pytest.approx(found.metrics.max_drawdown, abs=1e-12)


MEMORY = ["MU", "WDC", "STX"]  # SNDK listed only in February 2025
EQUIPMENT = ["KLAC", "LRCX", "AMAT", "ASML", "TER"]
# Event, the last close before it, its first tradable session (as the facts have it), short leg, its members listed
# by then. News that came during a session was not known at that session's close for sure.
TRADES = [
    ("meta-compute-2026", date(2026, 6, 30), date(2026, 7, 1), "neocloud", NEOCLOUD),
    ("meta-compute-2026", date(2026, 6, 30), date(2026, 7, 1), "memory", ["MU", "SNDK", "WDC", "STX"]),
    ("meta-compute-2026", date(2026, 6, 30), date(2026, 7, 1), "NBIS,MU", ["NBIS", "MU"]),
    ("deepseek-2025", date(2025, 1, 24), date(2025, 1, 27), "memory", MEMORY),
    ("deepseek-2025", date(2025, 1, 24), date(2025, 1, 27), "neocloud", ["NBIS", "APLD"]),
    ("microsoft-leases-2025-03", date(2025, 3, 25), date(2025, 3, 27), "neocloud", ["NBIS", "APLD"]),
    ("coreweave-ipo-2025", date(2025, 3, 27), date(2025, 3, 31), "neocloud", ["NBIS", "APLD"]),
    ("nebius-microsoft-2025", date(2025, 9, 8), date(2025, 9, 9), "equipment", EQUIPMENT),
    ("iren-microsoft-2025", date(2025, 10, 31), date(2025, 11, 3), "optical", ["GLW", "LITE", "COHR", "CIEN"]),
]


@pytest.mark.parametrize(("event", "known", "first_session", "short", "members"), TRADES)
@pytest.mark.parametrize(("hold", "delay", "gross"), [(0, 0, 1.0), (5, 0, 2.0), (12, 3, 0.5)])
@pytest.mark.parametrize("hedge", ["dollar", "beta"])
def test_any_trade_equals_one_written_out(
    real_market: Market,
    plain_prices: PlainPrices,
    event: str,
    known: date,
    first_session: date,
    short: str,
    members: list[str],
    hold: int,
    delay: int,
    gross: float,
    hedge: str,
) -> None:
    changes = {"event": event, "short": short, "hold": hold, "delay": delay, "gross": gross}
    found = run(real_market, hedge=hedge, lookback=60, **changes)
    first = plain_prices.dates.index(first_session)
    ratio = 1.0
    if hedge == "beta":
        long_beta, *short_betas = plain_prices.betas(["META", *members], plain_prices.dates.index(known), 60)
        ratio = long_beta / (math.fsum(short_betas) / len(members))
    exit_day = plain_prices.dates[first + delay + hold]
    trade = HeldTrade(["META"], members, gross, ratio, (plain_prices.dates[first + delay], "open"), exit_day)
    assert found.plan.hedge.ratio == pytest.approx(ratio, rel=1e-10)
    assert found.plan.weights() == pytest.approx(trade.weights(), rel=1e-10)
    assert sum(abs(w) for w in found.plan.weights().values()) == pytest.approx(gross, rel=1e-12)
    plain = total_return(trade, plain_prices.dates, plain_prices.open, plain_prices.close, 1e6)
    assert earned(found) == pytest.approx(plain, abs=1e-12)
    assert (str(found.plan.first_fill.session), found.plan.first_fill.mark.label) == (str(first_session), "open")
    assert str(found.plan.known_at) == str(known)
    assert str(found.plan.exit_session) == str(exit_day)


def by_ticker(table: dict[str, Any], unit: str, bucket: dict[str, str], ticker: str) -> float:
    return float(table[f"by_bucket_{unit}"].get(bucket[ticker], table[f"default_{unit}"]))


def dated_fee(costs: dict[str, Any], ticker: str, day: date, usual: float) -> float:
    """The fee of the entry for a ticker that began last, else the usual one."""
    begun = [one for one in costs["borrow"]["dated"] if ticker in one["names"] and one["first"] <= day]
    return float(max(begun, key=lambda one: one["first"])["rate_annual"]) if begun else usual


def impact_coefficient(prices: PlainPrices, ticker: str, t: int, y: float, window: int) -> float:
    close, volume = prices.close[ticker], prices.volume[ticker]
    returns = [close[s] / close[s - 1] - 1.0 for s in range(t - window, t)]
    returns = [r for r in returns if math.isfinite(r)]
    traded = [close[s] * volume[s] for s in range(t - window, t)]
    traded = [v for v in traded if math.isfinite(v)]
    if min(len(returns), len(traded)) < 5:
        return 0.0
    return y * statistics.stdev(returns) / math.sqrt(math.fsum(traded) / len(traded))


def written_out(shared: Path, prices: PlainPrices, weights: dict[str, float], first: int, hold: int) -> OracleInput:
    """The trade from its entry to its exit, with every friction of the default file worked out by hand."""
    costs = tomllib.loads(COSTS_FILE.read_text(encoding="utf-8"))
    with (shared / "facts" / "sample_market.csv").open(encoding="utf-8") as file:
        bucket = {row["ticker"]: row["bucket"] for row in csv.DictReader(file)}
    span = range(first, first + hold + 1)
    tickers = list(weights)
    y, window = costs["impact"]["y"], costs["impact"]["window_sessions"]
    usual = {t: by_ticker(costs["borrow"], "annual", bucket, t) for t in tickers}
    return OracleInput(
        opens=[[prices.open[x][t] for x in tickers] for t in span],
        closes=[[prices.close[x][t] for x in tickers] for t in span],
        dates=[prices.dates[t] for t in span],
        rows=[OracleRow(0, 0, list(weights.values())), OracleRow(hold, 1, [0.0] * len(tickers))],
        half_spread=[by_ticker(costs["half_spread"], "bps", bucket, t) / 1e4 for t in tickers],
        slippage=[by_ticker(costs["slippage"], "bps", bucket, t) / 1e4 for t in tickers],
        impact_coef=[[impact_coefficient(prices, x, t, y, window) for x in tickers] for t in span],
        borrow=[[dated_fee(costs, t, prices.dates[day], usual[t]) for t in tickers] for day in span],
        commission=costs["commission"]["rate_bps"] / 1e4,
        cash_rate=costs["cash"]["rate_annual"],
        margin_rate=costs["cash"]["margin_rate_annual"],
        max_stale=5,
        capital=1e6,
    )


MINERS = ["IREN", "CORZ", "WULF", "CIFR", "RIOT", "MARA", "CLSK", "HUT"]


@pytest.mark.parametrize(
    ("name", "gross", "members"),
    [(FLAGSHIP, 1.0, NEOCLOUD), (FLAGSHIP, 4.0, NEOCLOUD), ("long-meta-short-miner", 1.0, MINERS)],
)
def test_the_path_with_default_costs_equals_the_oracle_simulator(
    shared: Path, real_market: Market, plain_prices: PlainPrices, name: str, gross: float, members: list[str]
) -> None:
    found = run(real_market, name, costs="default", gross=gross)
    weights = {"META": gross / 2} | {ticker: -gross / 2 / len(members) for ticker in members}
    first = plain_prices.dates.index(date(2026, 7, 1))
    plain = simulate(written_out(shared, plain_prices, weights, first, 20))
    np.testing.assert_allclose(found.nav["nav_open"], plain.nav_open, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.nav["nav_close"], plain.nav_close, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.nav["interest"], plain.interest, rtol=0, atol=1e-7)
    assert len(found.backtest.orders) == len(plain.orders)
    paid = found.backtest.costs_paid
    for kind in ("commission", "spread", "slippage", "impact"):
        assert paid[kind] == pytest.approx(math.fsum(getattr(o, kind) for o in plain.orders), abs=1e-7)
        assert paid[kind] > 0
    assert paid["borrow"] == pytest.approx(-math.fsum(row[6] for day in plain.pnl for row in day), abs=1e-7)
    assert paid["borrow"] > 0
    legs = found.pnl("leg")["total"]
    assert legs.sum() - paid["interest"] == pytest.approx(plain.nav_close[-1] - 1e6, abs=1e-6)


def test_mara_has_no_open_on_the_day_and_enters_at_the_close(real_market: Market, plain_prices: PlainPrices) -> None:
    found = run(real_market, "long-meta-short-miner")
    first = plain_prices.dates.index(date(2026, 7, 1))
    assert math.isnan(plain_prices.open["MARA"][first])
    rejected = found.backtest.rejected
    assert rejected[["mark", "ticker", "status", "reason"]].to_numpy().tolist() == [
        ["open", "MARA", "deferred", "no_open"]
    ]
    fills = found.fills.set_index("ticker").loc["MARA"]
    assert fills["mark"].tolist() == ["close", "close"]
    assert fills["reference"].tolist()[0] == plain_prices.close["MARA"][first]


def test_coreweave_joins_its_bucket_only_with_a_price_behind_it(real_market: Market) -> None:
    """It lists on 2025-03-28, the day of the news, which first trades on Monday 2025-03-31."""
    on_listing = run(real_market, event="coreweave-ipo-2025", hold=5)
    assert str(on_listing.plan.first_fill.session) == "2025-03-31"
    assert list(on_listing.plan.weights()) == ["META", "NBIS", "APLD"]
    with pytest.raises(UniverseError, match=r"CRWV was not listed on 2025-03-27.*days from 2025-03-28"):
        run(real_market, event="coreweave-ipo-2025", short="CRWV")
    later = run(real_market, event="nebius-microsoft-2025", hold=5)
    assert list(later.plan.weights()) == ["META", *NEOCLOUD]
