"""Exposure of a trade against the loadings that the sample market is made of."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hedgebook.engine.exposure.factors import PROXIES
from hedgebook.engine.frictions.costs import Costs
from hedgebook.strategies.catalogue.read import find_trade
from hedgebook.strategies.run.run import TradeRun, run_trade
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.universes.event import load_events
from hedgebook.universes.market import Market
from hedgebook.universes.sample import sample_market
from tests import markets
from tests.oracle.ols import multiple_ols, newey_west_errors

FACTORS = ("market", "semis", "bitcoin", "momentum")
FACTS = Path(__file__).parents[3] / "universes" / "data" / "sample_market.csv"


def run(market: Market | None = None, **changes: Any) -> TradeRun:
    trade = find_trade(**changes)
    return run_trade(trade, load_events().get(trade.event), RunSetting(market or sample_market(), Costs()))


def without(*tickers: str) -> Market:
    market = sample_market()
    return markets.permuted(market, [i for i, t in enumerate(market.tickers) if t not in tickers])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"hedge": "beta", "gross": 2.0},
        {"name": "long-meta-short-memory"},
        {"name": "long-meta-short-miner"},
        {"long": "META,MSFT", "short": "equipment"},
        {"long": "", "short": "gpu"},
    ],
)
def test_betas_before_the_news_are_weights_times_loadings(changes: dict[str, Any]) -> None:
    found = run(**changes)
    with FACTS.open(encoding="utf-8") as file:
        facts = {row["ticker"]: row for row in csv.DictReader(file)}
    before = found.exposures.before
    assert before is not None
    assert before.sessions == 250
    assert str(before.last) == "2026-06-30"
    for factor in FACTORS:
        expected = sum(w * float(facts[t][f"beta_{factor}"]) for t, w in found.plan.weights().items())
        assert abs(before.table.loc[factor, "beta"] - expected) < 4 * before.table.loc[factor, "stderr"]
        assert before.table.loc[factor, "stderr"] > 0


def plain_factors(market: Market, first: int, last: int) -> list[list[float]]:
    """Returns of the four proxies, each net of those before it over the rows `first` to `last`."""
    out: list[list[float]] = []
    for factor in FACTORS:
        close = market.close[:, market.column(PROXIES[factor])].tolist()
        returns = [close[t] / close[t - 1] - 1.0 for t in range(first, last + 1)]
        out.append(multiple_ols(returns, out).residuals if out else returns)
    return out


def test_before_equals_least_squares_in_plain_python() -> None:
    found = run()
    market = found.market
    last = market.session_index("2026-06-30")
    first = last - 249
    held = [0.0] * 250
    for ticker, weight in found.plan.weights().items():
        close = market.close[:, market.column(ticker)].tolist()
        held = [h + weight * (close[t] / close[t - 1] - 1.0) for h, t in zip(held, range(first, last + 1), strict=True)]
    factors = plain_factors(market, first, last)
    fit, errors = multiple_ols(held, factors), newey_west_errors(held, factors, 4, small_sample=True)
    before = found.exposures.before
    assert before is not None
    np.testing.assert_allclose(before.table["beta"], fit.coefficients[1:], rtol=1e-8)
    np.testing.assert_allclose(before.table["stderr"], errors[1:], rtol=1e-8)
    assert before.lags == 4


def test_during_runs_from_the_first_whole_session_to_the_exit() -> None:
    found = run(hold=30)
    during = found.exposures.during
    assert during is not None
    assert (str(during.first), str(during.last), during.sessions) == ("2026-07-02", str(found.plan.exit_session), 30)
    delayed = run(hold=30, delay=4).exposures.during
    assert delayed is not None
    assert (str(delayed.first), delayed.sessions) == ("2026-07-09", 30)
    ahead = run(hold=30, hindsight=True).exposures.during
    assert ahead is not None
    assert (str(ahead.first), ahead.sessions) == ("2026-07-01", 31)


def test_during_equals_least_squares_on_factors_of_its_own_sessions() -> None:
    """Each factor net of those before it within the trade's sessions, whatever their slopes were before the news."""
    found = run(hold=40)
    market = found.market
    first = market.session_index("2026-07-02")
    factors = plain_factors(market, first, first + 39)
    returns = found.returns.tolist()[1:]
    fit, errors = multiple_ols(returns, factors), newey_west_errors(returns, factors, 3, small_sample=True)
    during = found.exposures.during
    assert during is not None
    np.testing.assert_allclose(during.table["beta"], fit.coefficients[1:], rtol=1e-7)
    np.testing.assert_allclose(during.table["stderr"], errors[1:], rtol=1e-7)


def test_a_proxy_that_ended_before_the_news_is_no_factor(market: Market) -> None:
    last = market.session_index("2026-06-30")
    close = market.close.copy()
    close[last - 29 :, market.column("SMH")] = np.nan
    found = run(dataclasses.replace(market, close=close))
    assert found.exposures.factors == ("market", "bitcoin", "momentum")
    assert found.exposures.definitions == ("SPY", "IBIT net of market", "MTUM net of market and bitcoin")
    assert "no factor semis: the prices of SMH end on" in found.exposures.notes[0]
    assert found.factor_pnl is not None
    assert found.factor_pnl.names == found.exposures.factors
    assert found.exposures.notes[0] in found.warnings


def test_a_proxy_that_ends_during_the_trade_takes_no_other_exposure_with_it(market: Market) -> None:
    close = market.close.copy()
    close[market.session_index("2026-07-10") :, market.column("IBIT")] = np.nan
    found = run(dataclasses.replace(market, close=close), hold=30)
    assert found.exposures.before is not None
    assert found.exposures.during is not None
    assert found.exposures.during.table.index.tolist() == ["market", "semis", "momentum"]
    assert any("IBIT" in note and "during" in note for note in found.exposures.notes)


def test_exposure_during_uses_the_returns_of_the_run() -> None:
    """Held at a fixed number of shares of SPY alone, with all of NAV, the market beta is 1 and the rest nothing."""
    found = run(long="SPY", short="", hold=40)
    during = found.exposures.during
    assert during is not None
    assert during.table["beta"].tolist() == pytest.approx([1.0, 0.0, 0.0, 0.0], abs=1e-9)


def test_too_short_a_trade_has_no_exposure_while_it_ran_and_says_so() -> None:
    found = run(hold=14)
    assert found.exposures.during is None
    assert found.exposures.notes == ("too few sessions for the exposure during the trade",)
    assert found.exposure().columns.get_level_values(0).unique().tolist() == ["before"]
    assert run(hold=15).exposures.notes == ()
    assert run(hold=15).exposure().shape == (4, 6)
    assert run(hold=0).exposures.during is None


def test_a_market_with_some_proxies_uses_those() -> None:
    found = run(without("SMH", "MTUM"))
    assert found.exposures.factors == ("market", "bitcoin")
    assert found.exposures.definitions == ("SPY", "IBIT net of market")
    assert [note for note in found.exposures.notes if note.startswith("no factor")] == [
        "no factor semis: SMH has no prices",
        "no factor momentum: MTUM has no prices",
    ]
    assert found.exposure().index.tolist() == ["market", "bitcoin"]


def test_a_market_without_proxies_says_so() -> None:
    found = run(without(*PROXIES.values()))
    assert found.exposures.before is found.exposures.during is None
    assert found.exposures.notes == ("no factor proxy has prices, so no exposure",)
    assert found.exposure().empty
    assert found.exposures.notes[0] in found.warnings


def test_too_little_history_of_the_proxies_says_so(market: Market) -> None:
    known = market.session_index("2026-06-30")
    found = run(market.rows(known - 14, len(market.sessions)), hold=20)
    assert found.exposures.notes == ("the factor proxies have too little history before the news",)
    assert found.exposures.factors == FACTORS


def test_later_prices_change_no_exposure_from_before(market: Market) -> None:
    changed = markets.changed_after(market, market.session_index("2026-06-30"), 3)
    one, two = run().exposures.before, run(changed, long="SPY", short="QQQ", hold=0).exposures.before
    three = run(long="SPY", short="QQQ", hold=0).exposures.before
    assert one is not None
    assert two is not None
    assert three is not None
    assert two.table.equals(three.table)
    assert not one.table.equals(three.table)
