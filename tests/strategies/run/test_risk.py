"""P&L by factor and risk at entry: identities, and betas and variances in plain Python."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from hedgebook.engine.exposure.factors import PROXIES
from hedgebook.engine.frictions.costs import load_costs
from hedgebook.engine.hedging.request import Method
from hedgebook.strategies.catalogue.read import find_trade
from hedgebook.strategies.run.run import TradeRun, run_trade
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.universes.event import load_events
from hedgebook.universes.market import Market
from hedgebook.universes.sample import sample_market
from tests import markets
from tests.oracle.ols import multiple_ols

from .test_exposure import FACTORS, plain_factors


def run(market: Market | None = None, *, costs: str = "default", **changes: Any) -> TradeRun:
    trade = find_trade(**changes)
    return run_trade(trade, load_events().get(trade.event), RunSetting(market or sample_market(), load_costs(costs)))


CASES: list[dict[str, Any]] = [
    *({"hedge": method.value} for method in Method),
    {"hold": 0},
    {"hindsight": True},
    {"long": "", "short": "gpu"},
    {"hold": 30, "stop_loss": 0.05},
    {"gross": 4.0, "hold": 15},
]


@pytest.mark.parametrize("changes", CASES)
def test_the_parts_add_up_to_the_change_of_nav(changes: dict[str, Any]) -> None:
    found = run(**changes)
    assert found.factor_pnl is not None
    table = found.factor_pnl.by_session
    nav = found.nav["nav_close"].to_numpy()
    steps = np.diff(np.concatenate([[found.backtest.capital], nav]))
    parts = table.drop(columns="total").to_numpy().sum(axis=1)
    np.testing.assert_allclose(parts, steps, rtol=0, atol=1e-9 * found.backtest.capital)
    np.testing.assert_allclose(
        found.factor_pnl.cumulated["total"], nav - found.backtest.capital, rtol=0, atol=1e-9 * found.backtest.capital
    )
    assert found.factor_pnl.without_beta == ()


def plain_betas(market: Market, ticker: str, factors: list[list[float]], first: int) -> tuple[list[float], float]:
    """Slopes of a ticker on the factors and the variance of what they leave, n - k - 1 degrees of freedom."""
    close = market.close[:, market.column(ticker)].tolist()
    y = [close[t] / close[t - 1] - 1.0 for t in range(first, first + len(factors[0]))]
    known = [k for k, value in enumerate(y) if math.isfinite(value)]
    fit = multiple_ols([y[k] for k in known], [[f[k] for k in known] for f in factors])
    return fit.coefficients[1:], math.fsum(e * e for e in fit.residuals) / (len(known) - len(factors) - 1)


def test_pnl_by_factor_in_plain_python() -> None:
    """Shares held times the moves of the factors by night and by day, for a trade entered at an open."""
    found = run(hold=6)
    market, pnl = found.market, found.factor_pnl
    assert pnl is not None
    last = market.session_index("2026-06-30")
    factors = plain_factors(market, last - 249, last)
    # The factors again on the sessions of the trade, each net of those before it by the same slopes.
    raw = {f: market.close[:, market.column(PROXIES[f])].tolist() for f in FACTORS}
    opens = {f: market.open[:, market.column(PROXIES[f])].tolist() for f in FACTORS}
    coefficients = []
    for k, name in enumerate(FACTORS):
        own = [raw[name][t] / raw[name][t - 1] - 1.0 for t in range(last - 249, last + 1)]
        coefficients.append(multiple_ols(own, factors[:k]).coefficients if k else [0.0])
    expected = [0.0] * 4
    held = dict.fromkeys(found.plan.weights(), 0.0)
    betas_of = {ticker: plain_betas(market, ticker, factors, last - 249)[0] for ticker in held}
    for t in range(last + 1, last + 8):
        nights: list[float] = []
        days: list[float] = []
        for k, name in enumerate(FACTORS):
            slopes = coefficients[k][1:]
            night = opens[name][t] / raw[name][t - 1] - 1.0
            day = raw[name][t] / opens[name][t] - 1.0
            nights.append(night - sum(b * x for b, x in zip(slopes, nights, strict=True)))
            days.append(day - sum(b * x for b, x in zip(slopes, days, strict=True)))
        fills = found.fills[found.fills["session"] == str(market.sessions[t])]
        for ticker in held:
            betas, i = betas_of[ticker], market.column(ticker)
            before = held[ticker] * market.close[t - 1, i]
            held[ticker] += float(fills.loc[(fills["ticker"] == ticker) & (fills["mark"] == "open"), "shares"].sum())
            after = held[ticker] * market.open[t, i]
            for k in range(4):
                expected[k] += betas[k] * (before * nights[k] + after * days[k])
    assert pnl.by_session[list(FACTORS)].sum().tolist() == pytest.approx(expected, rel=1e-7, abs=1e-4)


@pytest.mark.parametrize("changes", CASES)
def test_risk_at_entry_adds_up(changes: dict[str, Any]) -> None:
    found = run(**changes).entry_risk
    assert found is not None
    for table in (found.tickers, found.buckets, found.factors):
        assert table["contribution"].sum() == pytest.approx(found.volatility, rel=1e-12)
        assert table["share"].sum() == pytest.approx(1.0, rel=1e-12)
    assert found.factor_share == pytest.approx(1.0 - found.factors.at["specific", "share"], rel=1e-10)


def test_risk_at_entry_in_plain_python() -> None:
    done = run(hedge="ridge")
    found, market, weights = done.entry_risk, done.market, done.plan.weights()
    assert found is not None
    last = market.session_index("2026-06-30")
    factors = plain_factors(market, last - 249, last)
    fits = {ticker: plain_betas(market, ticker, factors, last - 249) for ticker in weights}
    exposure = [math.fsum(weights[t] * fits[t][0][k] for t in weights) for k in range(4)]
    means = [math.fsum(f) / 250 for f in factors]
    away = [[a - mean for a in f] for f, mean in zip(factors, means, strict=True)]
    spread = [[math.fsum(a * b for a, b in zip(x, y, strict=True)) / 249 for y in away] for x in away]
    common = math.fsum(exposure[i] * spread[i][j] * exposure[j] for i in range(4) for j in range(4))
    specific = math.fsum(weights[t] ** 2 * fits[t][1] for t in weights)
    assert found.volatility == pytest.approx(math.sqrt(252 * (common + specific)), rel=1e-8)
    assert found.factor_share == pytest.approx(common / (common + specific), rel=1e-8)
    assert found.factors.loc[list(FACTORS), "exposure"].tolist() == pytest.approx(exposure, rel=1e-7, abs=1e-10)
    assert done.exposures.before is not None
    assert done.exposures.before.table["beta"].tolist() == pytest.approx(exposure, rel=1e-6, abs=1e-9)


def test_later_prices_change_no_risk_and_no_beta(market: Market) -> None:
    later = markets.changed_after(market, market.session_index("2026-06-30"), 4)
    one, two = run(hold=0), run(later, hold=0)
    assert one.entry_model is not None
    assert two.entry_model is not None
    np.testing.assert_array_equal(one.entry_model.model.betas, two.entry_model.model.betas)
    assert one.entry_risk is not None
    assert two.entry_risk is not None
    assert one.entry_risk.tickers.equals(two.entry_risk.tickers)


def test_without_proxies_there_is_neither(market: Market) -> None:
    kept = [i for i, ticker in enumerate(market.tickers) if ticker not in PROXIES.values()]
    found = run(markets.permuted(market, kept))
    assert (found.entry_model, found.factor_pnl, found.entry_risk) == (None, None, None)


def test_a_ticker_with_too_short_a_history_is_specific_and_has_no_risk_split(market: Market) -> None:
    close = market.close.copy()
    close[: market.session_index("2026-06-30") - 13, market.column("CRWV")] = np.nan
    found = run(dataclasses.replace(market, close=close))
    assert found.entry_model is not None
    assert found.entry_model.without_beta == ("CRWV",)
    assert found.entry_model.sessions["CRWV"] == 13
    assert found.entry_risk is None
    assert found.factor_pnl is not None
    assert found.factor_pnl.without_beta == ("CRWV",)
    by_ticker = found.factor_pnl.by("ticker")
    assert by_ticker.loc["CRWV", list(FACTORS)].tolist() == [0.0] * 4
    total = found.factor_pnl.by_session["total"].sum()
    assert total == pytest.approx(found.backtest.final_nav - found.backtest.capital, abs=1e-3)


def test_a_hedged_position_in_a_proxy_earns_its_factor_and_nothing_else(market: Market) -> None:
    """Long SMH and short its slope in SPY is the factor semis itself, so that its P&L is no one else's."""
    last = market.session_index("2026-06-30")
    spy, smh = (market.close[:, market.column(t)] for t in ("SPY", "SMH"))
    x, y = (c[last - 249 : last + 1] / c[last - 250 : last] - 1.0 for c in (spy, smh))
    slope = float(np.cov(x, y)[0, 1] / np.var(x, ddof=1))
    found = run(long="SMH", short="", hold=0, hindsight=True)
    assert found.factor_pnl is not None
    totals = found.factor_pnl.by_session.sum()
    # Bought at the close before the news and sold at that of its first session: the night on what the shares were
    # worth at that close, the session on what they were worth at the open.
    shares, t = float(found.fills["shares"].iloc[0]), last + 1
    spy_open, smh_open = (market.open[t, market.column(ticker)] for ticker in ("SPY", "SMH"))
    moved = smh[last] * (spy_open / spy[last] - 1.0) + smh_open * (spy[t] / spy_open - 1.0)
    assert totals["market"] == pytest.approx(shares * slope * moved, rel=1e-9)
    assert totals["semis"] == pytest.approx(shares * (smh[t] - smh[last]) - totals["market"], rel=1e-9)
    assert [abs(totals[name]) < 1e-6 * found.backtest.capital for name in ("bitcoin", "momentum")] == [True, True]
    assert abs(totals["specific"]) < 0.001 * found.backtest.capital


def test_a_proxy_without_an_open_or_a_close_takes_no_other_factor_with_it(market: Market) -> None:
    day = market.session_index("2026-07-02")
    opens, close = market.open.copy(), market.close.copy()
    opens[day, market.column("IBIT")] = np.nan
    whole = run(hold=6).factor_pnl
    cut = run(dataclasses.replace(market, open=opens), hold=6)
    assert whole is not None
    assert cut.factor_pnl is not None
    kept = ["market", "semis"]
    np.testing.assert_array_equal(cut.factor_pnl.by_session[kept], whole.by_session[kept])
    others = np.arange(7) != 1
    for name in ("bitcoin", "momentum"):
        a, b = cut.factor_pnl.by_session[name].to_numpy(), whole.by_session[name].to_numpy()
        np.testing.assert_array_equal(a[others], b[others])
        # What was held overnight has the factor's whole return of that session.
        factor = cut.entry_model.factors if cut.entry_model else None
        assert factor is not None
        k = factor.column(name)
        exposure = cut.factor_pnl.exposure[1, k]
        assert a[1] == pytest.approx(exposure * factor.returns[day, k], rel=1e-9)
    assert cut.factor_pnl.unsplit == ((np.datetime64("2026-07-02"), ("bitcoin", "momentum")),)
    said = [w for w in cut.warnings if "2026-07-02" in w]
    assert any("bitcoin has no open" in w for w in said)
    opens[day], close[day, market.column("IBIT")] = market.open[day], np.nan
    gone = run(dataclasses.replace(market, close=close), hold=6)
    assert gone.factor_pnl is not None
    np.testing.assert_array_equal(gone.factor_pnl.by_session[kept], whole.by_session[kept])
    assert gone.factor_pnl.by_session["bitcoin"].iloc[1] == 0.0
    assert gone.factor_pnl.without_factors[0] == (np.datetime64("2026-07-02"), ("bitcoin", "momentum"))
    assert any("bitcoin has no return" in w for w in gone.warnings)
    for found in (cut, gone):
        assert found.factor_pnl is not None
        nav = np.concatenate([[found.backtest.capital], found.nav["nav_close"].to_numpy()])
        np.testing.assert_allclose(found.factor_pnl.by_session["total"], np.diff(nav), atol=1e-9 * nav[0])


def test_prices_that_ended_before_the_news_have_no_beta(market: Market) -> None:
    last = market.session_index("2026-06-30")
    close = market.close.copy()
    close[last - 39 : last + 1, market.column("CRWV")] = np.nan
    found = run(dataclasses.replace(market, close=close))
    assert found.entry_model is not None
    assert found.entry_model.without_beta == ("CRWV",)
    assert found.entry_model.sessions["CRWV"] > 100
    assert found.entry_risk is None
    assert any("the prices of CRWV end on" in w and "40 sessions before 2026-06-30" in w for w in found.warnings)


def test_prices_without_opens_give_the_whole_session_to_what_was_held_before() -> None:
    market = dataclasses.replace(sample_market(), open=np.full_like(sample_market().open, np.nan))
    found = run(market, hindsight=True)
    assert found.entry_model is not None
    assert found.entry_model.factors.overnight is None
    assert found.factor_pnl is not None
    assert found.factor_pnl.by_session["market"].abs().sum() > 0
