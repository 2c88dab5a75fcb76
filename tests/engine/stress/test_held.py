"""Books of shares and options against plain loops over paths and lines, each option priced by itself."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from hedgebook.engine.arrays import Floats
from hedgebook.engine.option_ledger.margin import MarginLeg, OptionMarginRules, option_requirement
from hedgebook.engine.options.american import american
from hedgebook.engine.options.contracts import Contracts
from hedgebook.engine.options.lines import Lines
from hedgebook.engine.stress.evaluate import StressSetting, run_scenario
from hedgebook.engine.stress.gaps import gap_risk
from hedgebook.engine.stress.held.margin import HeldMargin
from hedgebook.engine.stress.held.options import HeldOptions
from hedgebook.engine.stress.held.paths import walked
from hedgebook.engine.stress.held.reverse import reverse_call_revalued, reverse_loss_revalued
from hedgebook.engine.stress.history import History
from hedgebook.engine.stress.positions import Positions
from hedgebook.engine.stress.scenario import Move, Scenario, ShortTrouble, VolatilityMove
from hedgebook.engine.stress.simulate import PathPlan, simulate_bootstrap, simulate_factors
from hedgebook.errors import ParameterError
from hedgebook.universes.chains.chain import Listed

from .books import DAY, answers, terms_of

RATE, CARRY, NAV = 0.04, {"A": 0.0, "B": 0.06}, 20_000.0
SPOTS, SHARES = {"A": 50.0, "B": 80.0}, {"A": 100.0, "B": -50.0}
# Contract, contracts and volatility; the first expires on the fourth of six sessions.
HELD = (
    (Listed("B", date(2026, 7, 6), "put", 78.0), -3.0, 0.9),
    (Listed("A", date(2026, 12, 18), "call", 55.0), 2.0, 0.5),
    (Listed("B", date(2026, 12, 18), "call", 100.0), -1.0, 0.8),
)
DAYS = np.arange("2026-04-12", "2026-07-01", dtype="datetime64[D]")
SIZES = tuple(n for _, n, _ in HELD)


def price(one: Listed, spot: float, day: date, vol: float, carry: float) -> float:
    """One option by itself; at its expiry what exercise brings."""
    inner = max((spot - one.strike) * (1.0 if one.right == "call" else -1.0), 0.0)
    days = (one.expiry - day).days
    if days <= 0 or spot <= 0.0:
        return inner
    terms = Contracts(one.right, spot, one.strike, days / 365.0, RATE, carry, vol)
    return float(american(terms, sensitivities=False)["price"][0])


def book_of(sizes: tuple[float, ...] = SIZES) -> HeldMargin:
    """The book above, with other numbers of contracts."""
    contracts = [one for one, _, _ in HELD]
    options = Lines(
        tuple(one.ticker for one in contracts), np.array([-1, 1, 1]), np.array([one.strike for one in contracts]),
        np.array([one.expiry for one in contracts], dtype="datetime64[D]"), 100.0 * np.array(sizes),
        np.array([vol for *_, vol in HELD]), np.array([CARRY[one.ticker] for one in contracts]), RATE,
    )  # fmt: skip
    lines = Lines.joined([Lines.shares(("A", "B"), list(SHARES.values()), RATE), options], RATE)
    held = HeldOptions(
        dict(zip(contracts, sizes, strict=True)), ("A", "B"), ("left", "right"), np.array(list(SPOTS.values())),
        np.array([0, 1, 1, 0, 1]), lines, DAY, "by hand", tuple(contracts), False,
    )  # fmt: skip
    return HeldMargin(held, NAV, OptionMarginRules(), np.ones(2))


def positions_of(book: HeldMargin) -> Positions:
    """The shares of the same delta."""
    shares = np.array(list(book.held.delta_shares().values()))
    return Positions(("A", "B"), shares, book.held.spots, ("left", "right"), NAV, DAY)


def setting_of(book: HeldMargin) -> StressSetting:
    """Scenarios of this book, without a market."""
    positions = positions_of(book)
    return StressSetting(positions, terms_of(positions), None, None, book)


def worth(
    moved: dict[str, float], vols: dict[str, float], fees: dict[str, float], sizes: tuple[float, ...] = SIZES
) -> dict[str, float]:
    """What the book is worth by ticker after moves, line by line."""
    day = DAY.item()
    total = {t: n * SPOTS[t] * (1.0 + moved[t]) for t, n in SHARES.items()}
    for (one, _, vol), size in zip(HELD, sizes, strict=True):
        t = one.ticker
        total[t] += 100.0 * size * price(one, SPOTS[t] * (1.0 + moved[t]), day, vol + vols[t], CARRY[t] + fees[t])
    return total


def test_a_scenario_moves_prices_volatilities_and_borrow_of_every_line() -> None:
    scenario = Scenario(
        name="all", title="all", sessions=10,
        moves=(Move(kind="ticker", of="A", path=(-0.1, -0.2)), Move(kind="ticker", of="B", path=(0.15, 0.35))),
        shorts=(ShortTrouble(of="all", borrow_annual=0.1), ShortTrouble(of="B", borrow_annual=0.5, buy_in=0.05)),
        volatility=(VolatilityMove(of="all", points=0.2), VolatilityMove(of="A", points=-0.1)),
    )  # fmt: skip
    found = run_scenario(setting_of(book_of()), scenario)
    start, fees = worth({"A": 0.0, "B": 0.0}, {"A": 0.0, "B": 0.0}, {"A": 0.0, "B": 0.0}), {"A": 0.1, "B": 0.5}
    half = worth({"A": -0.1, "B": 0.15}, {"A": -0.05, "B": 0.1}, fees)
    end = worth({"A": -0.2, "B": 0.35}, {"A": -0.1, "B": 0.2}, fees)
    # Only the 50 shares that are lent to the book pay the fee, of ten sessions, 14 days, and are bought back.
    paid, bought = -4000.0 * 0.5 * 14.0 / 360.0, -4000.0 * 1.35 * 0.05
    assert found.path["pnl_usd"].tolist() == pytest.approx(
        [sum(half.values()) - sum(start.values()) + paid / 2.0, sum(end.values()) - sum(start.values()) + paid + bought]
    )
    wanted = {"A": end["A"] - start["A"], "B": end["B"] - start["B"] + paid + bought}
    assert found.tickers["pnl_usd"].to_dict() == pytest.approx(wanted)
    assert found.tickers["value_usd"].to_dict() == pytest.approx(start)


def test_volatility_alone_is_a_scenario_and_unknown_names_are_refused() -> None:
    still = Scenario(name="vol", title="vol", volatility=(VolatilityMove(of="B", points=0.3),))
    found = run_scenario(setting_of(book_of()), still)
    none = {"A": 0.0, "B": 0.0}
    change = sum(worth(none, {"A": 0.0, "B": 0.3}, none).values()) - sum(worth(none, none, none).values())
    assert found.pnl_usd == pytest.approx(change)
    assert (found.moved, found.tickers["pnl_usd"]["A"]) == (1, 0.0)
    with pytest.raises(ParameterError, match="there is no bucket or ticker 'C'"):
        run_scenario(
            setting_of(book_of()), still.model_copy(update={"volatility": (VolatilityMove(of="C", points=1),)})
        )


def test_a_scenario_is_called_by_the_rule_on_shares_and_options_together() -> None:
    rise = Scenario(name="up", title="up", moves=(Move(kind="ticker", of="B", path=(1.0,)),))
    found = run_scenario(setting_of(book_of()), rise)
    day, spots, need = DAY.item(), {"A": 50.0, "B": 160.0}, 0.0
    for ticker, spot in spots.items():
        own = [
            (one, size, price(one, spot, day, vol, CARRY[ticker])) for one, size, vol in HELD if one.ticker == ticker
        ]
        legs = [MarginLeg(one.right, one.strike, size, mark, one.expiry) for one, size, mark in own]
        asked = option_requirement(spot, SHARES[ticker], legs)
        need += asked.requirement - asked.proceeds + asked.capped
    assert found.path["requirement_usd"].tolist() == pytest.approx([need])
    assert found.path["excess_usd"].tolist() == pytest.approx([NAV + found.pnl_usd - need])


def plain_path(moves: Floats) -> tuple[float, float, float]:
    """P&L, deepest drawdown and lowest NAV of one path (T, 2), line by line and close by close."""
    day0, spots, settled = DAY.item(), dict(SPOTS), dict[int, float]()
    start = math.fsum(n * SPOTS[t] for t, n in SHARES.items())
    start += math.fsum(100.0 * n * price(one, SPOTS[one.ticker], day0, vol, CARRY[one.ticker]) for one, n, vol in HELD)
    nav, peak, fall, lowest = NAV, NAV, 0.0, NAV
    for t, row in enumerate(moves.tolist(), start=1):
        day = date.fromordinal(day0.toordinal() + round(t * 365.0 / 252.0))
        for k, ticker in enumerate(SPOTS):
            spots[ticker] *= max(1.0 + row[k], 0.0)
        nav = NAV - start + sum(n * spots[ticker] for ticker, n in SHARES.items())
        for k, (one, size, vol) in enumerate(HELD):
            if k not in settled:
                unit = price(one, spots[one.ticker], day, vol, CARRY[one.ticker])
                if day >= one.expiry:
                    settled[k] = unit
            nav += 100.0 * size * settled.get(k, unit)
        peak, lowest = max(peak, nav), min(lowest, nav)
        fall = min(fall, nav / peak - 1.0)
    return nav - NAV, fall, lowest


def test_every_option_is_revalued_at_every_close_of_every_path() -> None:
    moves = np.random.default_rng(4).normal(0.0, 0.06, (5, 6, 2))
    moves[4, 2, 1] = -1.3
    found = walked(book_of(), moves)
    wanted = np.array([plain_path(path) for path in moves])
    np.testing.assert_allclose(found[:, [0, 1, 4]], wanted, rtol=1e-7, atol=1e-7)
    assert (found[:, 2] == 0.0).all()
    assert np.isnan(found[:, 3]).all()


def test_paths_are_those_of_the_shares_alone() -> None:
    """With no contract left the two simulations give what the kernels give of the shares."""
    book = book_of((0.0, 0.0, 0.0))
    positions, plan = positions_of(book), PathPlan(100, 5, 3)
    past = np.random.default_rng(0).normal(0.0, 0.03, (80, 2))
    history = History(("A", "B"), DAYS, past, np.full(past.shape, np.nan), {}, "common")
    model = answers(positions, np.array([[1.0], [1.5]]), np.array([[1e-4]]))
    margin = terms_of(positions)
    pairs = (
        [simulate_bootstrap(positions, history, margin, plan, block_length=3.0, book=one) for one in (None, book)],
        [simulate_factors(positions, model, margin, plan, book=one) for one in (None, book)],
    )
    for alone, revalued in pairs:
        np.testing.assert_allclose(revalued.values[:, [0, 1, 4]], alone.values[:, [0, 1, 4]], rtol=1e-9, atol=1e-8)
        assert np.isnan(revalued.figures()["call_chance"])
        assert "every option revalued" in revalued.description


def test_the_short_leg_is_revalued_over_each_night() -> None:
    nights = np.random.default_rng(1).normal(0.0, 0.04, (40, 2))
    nights[3] = np.nan
    sizes = (-1.0, 2.0, -1.0)
    book = book_of(sizes)
    history = History(("A", "B"), DAYS[-40:], nights, nights, {}, "common")
    found = gap_risk(positions_of(book), history, 0.9, book)
    none = {"A": 0.0, "B": 0.0}
    start = worth(none, none, none, sizes)["B"]
    pnl = [worth({"A": 0.0, "B": float(b)}, none, none, sizes)["B"] - start for a, b in nights if a == a]
    assert book.held.delta_shares()["B"] < 0.0 < book.held.delta_shares()["A"]
    assert found["nights"] == 39
    assert found["worst"] == pytest.approx(-min(pnl) / NAV)


def first_hit(left: Callable[[float], float], sign: float) -> float:
    """The first factor move, in thousandths, after which `left` is below zero."""
    return next((sign * k / 1000.0 for k in range(1, 700) if left(sign * k / 1000.0) < 0.0), math.inf)


def test_the_nearest_move_that_loses_as_much_by_revalued_pnl() -> None:
    """One factor, deviation 1 %: the book is short of curvature, and both directions are looked at."""
    book, betas = book_of((-6.0, 0.0, -4.0)), np.array([[1.0], [1.5]])
    model, day = answers(positions_of(book), betas, np.array([[1e-4]])), DAY.item()

    def left(f: float) -> float:
        change = 100.0 * 50.0 * f - 50.0 * 80.0 * 1.5 * f
        for k, size in ((0, -6.0), (2, -4.0)):
            one, _, vol = HELD[k]
            after = price(one, 80.0 * (1.0 + 1.5 * f), day, vol, CARRY["B"])
            change += 100.0 * size * (after - price(one, 80.0, day, vol, CARRY["B"]))
        return 0.15 * NAV + change

    up, down = first_hit(left, 1.0), first_hit(left, -1.0)
    nearest = min((up, down), key=abs)
    found = reverse_loss_revalued(
        book, positions_of(book), model, 0.15, 1, np.array([[0.0, 0.0], [nearest, 1.5 * nearest]])
    )
    assert found.moves is not None
    assert found.moves["f0"] == pytest.approx(nearest, abs=1.01e-3)
    assert left(float(found.moves["f0"])) == pytest.approx(0.0, abs=1.0)
    assert found.distance == pytest.approx(abs(float(found.moves["f0"])) / 0.01)
    assert found.loss_frac == pytest.approx(0.15, abs=1e-4)
    assert (found.sample_hits, found.sample_stretches) == (1, 2)


def test_the_call_comes_where_the_rule_on_both_together_is_broken() -> None:
    book = book_of((-6.0, 0.0, -4.0))
    move = book.adverse_move()
    delta = np.sign(list(book.held.delta_shares().values()))
    either_side = book.left(np.array([-delta * (move - 1e-6), -delta * (move + 1e-6)]))
    assert either_side[0] >= 0.0 > either_side[1]
    found = reverse_call_revalued(book, positions_of(book), answers(positions_of(book), np.eye(2), 1e-3 * np.eye(2)))
    assert found.moves is not None
    assert found.tickers is not None
    assert found.distance <= math.hypot(move, move) / math.sqrt(1e-3) + 1e-6
    assert abs(book.left(np.maximum(found.tickers.to_numpy(), -1.0)[None, :])[0]) < 2.0
    off = HeldMargin(book.held, NAV, None, np.ones(2))
    assert (
        reverse_call_revalued(off, positions_of(book), answers(positions_of(book), np.eye(2), np.eye(2))).moves is None
    )
    assert math.isnan(off.adverse_move())
