"""One view in every instrument against plain Python: payoffs, sizes, parity, bounds, identities."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

import hedgebook as hb
from hedgebook.engine.options.contracts import Contracts
from hedgebook.engine.options.european import european
from hedgebook.errors import ParameterError
from hedgebook.strategies.catalogue.find import find_event_trade
from hedgebook.strategies.express.request import ExpressAsked, parse_sweep
from hedgebook.strategies.express.result import Expressed, Expression
from hedgebook.strategies.express.run import express
from hedgebook.strategies.strategy.setting import RunSetting
from hedgebook.universes.chains.chain import Listed
from hedgebook.universes.market import Market

from .flat import FlatMarks, black_scholes

TRADE = "long-meta-short-neocloud"


@lru_cache(maxsize=1)
def market() -> Market:
    return hb.sample_market()


@lru_cache(maxsize=32)
def _made(costs: str, flat: tuple[tuple[str, float], ...], asked: tuple[tuple[str, Any], ...]) -> Expressed:
    setting = RunSetting.named(market(), costs, "plain")
    marks = FlatMarks(market(), **dict(flat))
    return express(find_event_trade(TRADE), None, setting, ExpressAsked.of(**dict(asked)), lambda _: (marks, ()))


def made(costs: str = "none", flat: dict[str, float] | None = None, **asked: Any) -> Expressed:
    return _made(costs, tuple((flat or {}).items()), tuple(asked.items()))


def get(found: Expressed, name: str) -> Expression:
    one = found.of(name)
    assert one is not None
    return one


def closes(found: Expressed, ticker: str) -> np.ndarray:
    rows = [market().session_index(day) for day in found.sessions]
    return np.asarray(market().close[rows, market().column(ticker)])


def spots(found: Expressed) -> dict[str, float]:
    return {one.ticker: one.spot_usd for one in found.underlyings}


def put_less_call(spot: float, years: float, strike: float, rate: float, carry: float) -> float:
    return strike * math.exp(-rate * years) - spot * math.exp(-carry * years)


def test_a_synthetic_short_is_the_short_less_its_carry() -> None:
    """Put less call is K exp(-r t) - S exp(-q t): under no spread its P&L is that of as many shares, and carry."""
    for rate, carry in ((0.0, 0.0), (0.05, 0.40)):
        found = made(flat={"rate": rate, "carry": carry}, commission_usd=0.0)
        one, at = get(found, "synthetic-short"), spots(found)
        wanted = np.zeros(len(found.sessions))
        for contract, size in one.positions.items():
            if contract.right != "put":
                continue
            assert one.positions[replace(contract, right="call")] == -size
            left = [(contract.expiry - day.item()).days / 365.0 for day in found.sessions]
            prices = closes(found, contract.ticker)

            terms = (contract.strike, rate, carry)
            begin = put_less_call(at[contract.ticker], left[0], *terms)
            path = [put_less_call(s, t, *terms) - begin for s, t in zip(prices, left, strict=True)]
            wanted += 100.0 * size * np.array(path)
        np.testing.assert_allclose(one.pnl, wanted, atol=1e-6)
    # Without carry that is the short itself, share for share.
    found = made(flat={"rate": 0.0, "carry": 0.0}, commission_usd=0.0)
    one, at = get(found, "synthetic-short"), spots(found)
    shares = {c.ticker: 100.0 * n for c, n in one.positions.items() if c.right == "put"}
    short = -sum(n * (closes(found, t) - at[t]) for t, n in shares.items())
    np.testing.assert_allclose(one.pnl, short, atol=1e-6)


@pytest.mark.parametrize("equal", ["delta", "premium", "var"])
def test_payoffs_are_those_of_plain_python(equal: str) -> None:
    found = made("default", {"half_usd": 0.05}, equal=equal)
    at = spots(found)
    for one in found.expressions:
        entered = 0.0
        for contract, size in one.positions.items():
            mid = black_scholes(
                contract.right, at[contract.ticker], contract.strike,
                (contract.expiry - found.entry.item()).days / 365.0, 0.0, 0.0, 0.8,
            )  # fmt: skip
            fill = mid + 0.05 if size > 0.0 else max(mid - 0.05, 0.0)
            entered += 100.0 * size * fill + 0.65 * abs(size)
        for k in (0, 21, 60, 75, 120):
            paid = 0.0
            for contract, size in one.positions.items():
                spot = at[contract.ticker] * (1.0 + found.moves[k])
                inner = spot - contract.strike if contract.right == "call" else contract.strike - spot
                paid += 100.0 * size * max(inner, 0.0)
            for ticker, shares in one.shares.items():
                paid += shares * at[ticker] * found.moves[k]
            stock_costs = paid - entered - one.at_expiry[k]
            # What is left are the costs of buying or shorting the shares at the entry, the same at every move.
            largest = 0.002 * sum(abs(n) * at[t] for t, n in one.shares.items())
            assert -1e-6 <= stock_costs <= largest + 1e-6, (one.name, k)


def test_no_loss_is_larger_than_what_a_spread_costs_and_a_collar_is_bounded() -> None:
    found = made("default", {"half_usd": 0.05})
    paid = get(found, "put-spread")
    at, cost = spots(found), 0.0
    for contract, size in paid.positions.items():
        years = (contract.expiry - found.entry.item()).days / 365.0
        mid = black_scholes(contract.right, at[contract.ticker], contract.strike, years, 0.0, 0.0, 0.8)
        cost += 100.0 * (size * mid + abs(size) * 0.05) + 0.65 * abs(size)
    assert paid.figures["worst_usd"] == pytest.approx(-cost, rel=1e-9)
    for one in (get(found, "put-spread"), get(found, "long-put"), get(found, "call-spread")):
        assert one.pnl.min() >= one.figures["worst_usd"] - one.figures["cost_usd"]
    collar = get(found, "collar")
    edges = collar.at_expiry[[0, 5]], collar.at_expiry[[-1, -6]]
    assert edges[0][0] == pytest.approx(edges[0][1])
    assert edges[1][0] == pytest.approx(edges[1][1])
    assert edges[0][0] < 0.0 < edges[1][0]


def test_delta_is_that_of_the_shares_name_by_name_up_to_half_a_contract() -> None:
    found = made()
    at = spots(found)
    for name in ("long-put", "put-spread", "risk-reversal", "synthetic-short", "collar", "long-call", "covered-call"):
        one = get(found, name)
        assert one.equal == "delta"
        for under in (u for u in found.underlyings if u.leg == one.structure.leg):
            own, unit = one.shares.get(under.ticker, 0.0), float(one.structure.stock)
            for contract, size in one.positions.items():
                if contract.ticker == under.ticker:
                    years = (contract.expiry - found.entry.item()).days / 365.0
                    terms = Contracts(contract.right, at[under.ticker], contract.strike, years, 0.0, 0.0, 0.8)
                    own += 100.0 * size * float(european(terms)["delta"][0])
            pairs = max((abs(n) for c, n in one.positions.items() if c.ticker == under.ticker), default=0.0)
            unit = abs(own) / pairs
            assert abs(own - under.shares) <= 0.5 * unit + 1e-6, (name, under.ticker)


def test_premium_and_var_are_those_asked_for_up_to_contracts() -> None:
    by_premium = made(equal="premium")
    wanted = get(by_premium, "long-put").figures["premium_usd"]
    assert get(by_premium, "put-spread").figures["premium_usd"] == pytest.approx(wanted, rel=0.03)
    assert get(by_premium, "straddle").figures["premium_usd"] == pytest.approx(wanted, rel=0.05)
    assert get(by_premium, "risk-reversal").equal in ("premium", "delta")
    assert get(by_premium, "collar").equal == "delta"
    by_var = made(equal="var")
    for one in by_var.expressions:
        plain = get(by_var, "short-stock" if one.structure.leg == "short" else "long-stock")
        assert one.equal == "var"
        # APLD and its like are cheap: a contract is 1 % of a leg at most.
        assert one.figures["var_usd"] == pytest.approx(plain.figures["var_usd"], rel=0.08), one.name


def test_p_and_l_is_the_sum_of_its_causes_and_shares_are_those_of_the_run() -> None:
    found = made("default", {"half_usd": 0.1, "rate": 0.04, "carry": 0.06}, equal="premium")
    for one in found.expressions:
        assert sum(one.explained.values()) == pytest.approx(one.figures["pnl_usd"], abs=1e-9 * found.capital_usd)
        assert one.pnl[-1] == one.figures["pnl_usd"]
    run = hb.backtest(TRADE, market())
    by_leg = run.pnl("leg")["total"]
    for name, leg in (("short-stock", "short"), ("long-stock", "long")):
        assert get(found, name).figures["pnl_usd"] == pytest.approx(by_leg[leg], abs=1e-9 * found.capital_usd)
    both = by_leg["short"] + by_leg["long"]
    assert get(found, "short-stock").figures["trade_pnl_usd"] == pytest.approx(both, abs=1e-9 * found.capital_usd)


def test_the_ledger_and_a_sum_over_closes_agree_on_options_alone() -> None:
    """Bought at mid and half a width, marked at each close, sold at the last one: a loop over contracts."""
    found = made("default", {"half_usd": 0.1, "rate": 0.04, "carry": 0.06}, equal="premium")
    at, last = spots(found), len(found.sessions) - 1
    for name in ("long-put", "put-spread", "risk-reversal", "straddle", "long-call", "call-spread"):
        one, path = get(found, name), np.zeros(last + 1)
        for contract, size in one.positions.items():

            def mid(spot: float, day: np.datetime64, contract: Listed = contract) -> float:
                years = (contract.expiry - day.item()).days / 365.0
                return black_scholes(contract.right, spot, contract.strike, years, 0.04, 0.06, 0.8)

            first = mid(at[contract.ticker], found.entry)
            paid = size * first + abs(size) * (0.1 if size > 0.0 else min(0.1, first))
            for t, (spot, day) in enumerate(zip(closes(found, contract.ticker), found.sessions, strict=True)):
                path[t] += 100.0 * (size * mid(spot, day) - paid) - 0.65 * abs(size)
            end = mid(closes(found, contract.ticker)[-1], found.sessions[-1])
            path[-1] -= 100.0 * abs(size) * (0.1 if size < 0.0 else min(0.1, end)) + 0.65 * abs(size)
        np.testing.assert_allclose(one.pnl, path, atol=1e-9 * found.capital_usd)


def test_full_revaluation_is_linear_as_moves_go_to_nothing() -> None:
    from hedgebook.strategies.express.table import Shocks, contract_table

    found = made()
    contracts = tuple(get(found, "collar").positions) + tuple(get(found, "straddle").positions)
    marks = FlatMarks(market())
    gaps = []
    for step in (1e-2, 1e-3, 1e-4):
        shocks = Shocks(0.2, 0.1, np.full((2, len(found.underlyings)), step))
        table = contract_table(contracts, found.underlyings, marks, found.sessions, "open", shocks)
        at = np.array([spots(found)[one.ticker] for one in contracts])
        gaps.append(np.abs(table.past[0] - table.delta * at * step).max() / step)
    assert gaps[1] < gaps[0] / 5.0
    assert gaps[2] < gaps[1] / 5.0


@pytest.mark.parametrize("equal", ["delta", "premium"])
def test_every_set_of_a_sweep_is_its_single_run(equal: str) -> None:
    """Shares beside options, costs, borrow and expiry within the trade: the ledger has them in both."""
    only = ("put-spread", "straddle", "collar", "covered-call", "call-spread")
    flat = {"half_usd": 0.07, "rate": 0.04, "carry": 0.06}
    found = made("default", flat, sweep="delta=0.25:0.45:0.2,days=4:60:56", only=only, equal=equal)
    swept = found.swept
    assert swept is not None
    options = swept.table[swept.table["structure"].isin(only)]
    # 2 deltas and 2 lives and the set that was asked for; a covered call differs by its life alone, and so does a
    # straddle but where it spends the premium of the put.
    straddles = options[options["structure"] == "straddle"]
    assert len(straddles) == 5
    assert len(options) == 3 * 5 + len(straddles) + 2
    for delta, days in ((0.25, 4), (0.45, 60)):
        alone = made("default", flat, delta=delta, days=days, only=only, equal=equal)
        for one in alone.expressions:
            mine = swept.table[swept.table["structure"] == one.name]
            for name, value in (("delta", delta), ("days", days)):
                mine = mine[mine[name].isna() | (mine[name] == value)]
            assert len(mine) == 1
            row = mine.iloc[0]
            assert row["pnl_usd"] == pytest.approx(one.figures["pnl_usd"], abs=1e-10 * found.capital_usd), one.name
            assert row["drawdown_usd"] == pytest.approx(one.figures["drawdown_usd"], abs=1e-10 * found.capital_usd)
            assert row["contracts"] == one.figures["contracts"]
            assert row["equal"] == one.equal
    assert 0.0 < swept.spa_p <= 1.0 or swept.why
    assert swept.table["pnl_usd"][swept.best] == options["pnl_usd"].max()


def test_what_is_lost_where_nothing_happens_is_time_and_costs() -> None:
    found = made(vol_fall_frac=0.0, commission_usd=0.0)
    one, at = get(found, "long-put"), spots(found)
    wanted = 0.0
    for contract, size in one.positions.items():
        terms = [(contract.expiry - day.item()).days / 365.0 for day in (found.entry, found.exit_session)]
        before, after = (
            black_scholes(contract.right, at[contract.ticker], contract.strike, years, 0.0, 0.0, 0.8) for years in terms
        )
        wanted += 100.0 * size * (after - before)
    assert one.figures["nothing_usd"] == pytest.approx(wanted, rel=1e-6)
    assert get(found, "short-stock").figures["against_usd"] == pytest.approx(-0.2 * 500_000.0, rel=1e-9)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"equal": "vega"}, "delta, premium, var"),
        ({"delta": 1.2}, "0.02 to 0.9"),
        ({"days": 0}, "1 to 730"),
        ({"width_frac": 0.9}, "0.01 to 0.6"),
        ({"gap_frac": -0.1}, "0.01 to 0.9"),
        ({"only": "long-pot"}, "long-put"),
        ({"sweep": "delta=0.1:0.5"}, "FIRST:LAST:STEP"),
        ({"sweep": "strike=90"}, "cannot be swept"),
        ({"sweep": "delta=0.2:0.4:0.1,delta=0.3"}, "twice"),
        ({"sweep": "days=20.5"}, "whole"),
        ({"sweep": "delta=0.02:0.9:0.01,days=20:90:1,width=0.01:0.6:0.01"}, "too many sets over all"),
        ({"sweep": "delta=0.02:0.9:0.000001"}, "too many values"),
        ({"dleta": 0.3}, "delta"),
    ],
)
def test_what_cannot_be_asked_is_told(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        ExpressAsked.of(**asked)


def test_a_sweep_is_read_with_both_ends() -> None:
    assert parse_sweep("delta=0.15:0.5:0.05") == {"delta": (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)}
    assert parse_sweep("days=30,60,90") == {"days": (30.0, 60.0, 90.0)}
    assert parse_sweep({"width": [0.1, 0.2]}) == {"width": (0.1, 0.2)}


def test_borrow_decides_what_plain_python_says_it_does() -> None:
    """A short pays its fee on each close for the nights after it; a put bought under a carry decays by it."""

    def quoting(used: RunSetting) -> tuple[FlatMarks, tuple[()]]:
        fee = used.costs.borrow_rates(market(), 0, 1)[0, market().column("CRWV")]
        return FlatMarks(market(), carry=float(fee)), ()

    asked = ExpressAsked.of(only="long-put", commission_usd=0.0)
    found = express(find_event_trade(TRADE), None, RunSetting.named(market(), "none", "plain"), asked, quoting)
    free, usual, dear = found.borrow
    assert usual.by_costs
    assert set(dear.fees_annual.values()) == {1.5}
    assert set(dear.fees_annual) == {one.ticker for one in found.underlyings if one.leg == "short"}
    # Costs of nothing lend for nothing.
    for name, value in free.pnl_usd.items():
        assert value == pytest.approx(usual.pnl_usd[name], abs=1e-9 * found.capital_usd)
        assert usual.pnl_usd[name] == get(found, name).figures["pnl_usd"]
    at, nights = spots(found), np.diff(found.sessions).astype(int)
    short, put = 0.0, 0.0
    for one in (one for one in found.underlyings if one.leg == "short"):
        prices = closes(found, one.ticker)
        fee = 1.5 / 360.0 * float(prices[:-1] @ nights)
        short += one.shares * (prices[-1] - at[one.ticker]) + one.shares * fee
    for contract, size in get(found, "long-put").positions.items():
        left = [(contract.expiry - day.item()).days / 365.0 for day in (found.entry, found.exit_session)]
        spot = at[contract.ticker], float(closes(found, contract.ticker)[-1])
        worth = [black_scholes("put", s, contract.strike, t, 0.0, 1.5, 0.8) for s, t in zip(spot, left, strict=True)]
        put += 100.0 * size * (worth[1] - worth[0])
    assert dear.pnl_usd["short-stock"] == pytest.approx(short, abs=1e-9 * found.capital_usd)
    assert dear.pnl_usd["long-put"] == pytest.approx(put, abs=1e-9 * found.capital_usd)


def test_what_is_paid_before_expiry_is_a_formula_at_the_exit() -> None:
    found = made(commission_usd=0.0)
    one, at = get(found, "long-put"), spots(found)
    for k in (10, 60, 95):
        wanted = 0.0
        for contract, size in one.positions.items():
            left = [(contract.expiry - day.item()).days / 365.0 for day in (found.entry, found.exit_session)]
            spot = at[contract.ticker]
            moved = spot * (1.0 + found.moves[k])
            before = black_scholes("put", spot, contract.strike, left[0], 0.0, 0.0, 0.8)
            wanted += 100.0 * size * (black_scholes("put", moved, contract.strike, left[1], 0.0, 0.0, 0.8) - before)
        assert one.at_exit[k] == pytest.approx(wanted, rel=1e-6, abs=1e-6 * found.capital_usd)


def test_costs_of_none_make_options_cost_nothing_at_any_borrow_fee() -> None:
    """Neither a commission nor the width of quotes is paid, at other borrow fees too; one that is asked for is."""
    fees: list[float] = []

    def quoting(used: RunSetting) -> tuple[FlatMarks, tuple[()]]:
        fees.append(float(used.costs.borrow_rates(market(), 0, 1)[0, market().column("CRWV")]))
        return FlatMarks(market(), half_usd=0.5), ()

    def run(commission: float | None) -> Expressed:
        asked = ExpressAsked.of(only="long-put", commission_usd=commission)
        return express(find_event_trade(TRADE), None, RunSetting.named(market(), "none", "plain"), asked, quoting)

    plain, free, dear = run(None), run(0.0), run(50.0)
    assert len(set(fees)) > 1
    assert plain.asked.commission_usd == 0.0
    for one, other in zip(plain.borrow, free.borrow, strict=True):
        assert one.pnl_usd == other.pnl_usd
    for single in plain.expressions:
        assert single.explained["spread of options"] == single.explained["commission of options"] == 0.0
    # In and out again, on every contract, and nothing else.
    put, same = get(dear, "long-put"), get(plain, "long-put")
    paid = -2.0 * 50.0 * sum(abs(size) for size in put.positions.values())
    assert put.figures["pnl_usd"] - same.figures["pnl_usd"] == pytest.approx(paid, rel=1e-9)
    assert put.explained["spread of options"] == 0.0
    assert put.explained["commission of options"] == pytest.approx(paid, rel=1e-9)
    # The quotes do not know of borrow here, so the put earns the same at every fee.
    puts = {round(case.pnl_usd["long-put"], 6) for case in dear.borrow}
    assert len(puts) == 1
