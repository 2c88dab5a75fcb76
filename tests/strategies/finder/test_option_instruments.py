"""Options among the instruments of a search, against every basket in plain Python."""

from __future__ import annotations

import math
from datetime import date
from statistics import mean, stdev
from typing import Any

import pytest

import hedgebook as hb
from hedgebook.engine.frictions.costs import Costs
from hedgebook.reports.finder.page import finder_header, verdict
from hedgebook.reports.finder.tables import frontier_table, winner_table
from hedgebook.strategies.book.file import Book
from hedgebook.strategies.option_hedge.pick import Picked
from hedgebook.universes.market import Market
from tests.oracle.baskets import Task, every_basket
from tests.oracle.option_hedge import STEPS, delta_of, nearest_expiry, price_of
from tests.strategies.express.flat import FlatMarks

NAMES = ("NBIS", "IREN", "CIFR", "WULF", "MU", "WDC", "SMH", "QQQ")
KINDS = {"put:25d:60d": (False, 0.25, 60), "call:40d:30d": (True, 0.40, 30)}
HOLD = {"CRWV": 600_000.0, "META": -250_000.0}
VOL, HALF, HORIZON, HURDLE, LOOKBACK = 0.35, 0.04, 10, 6.0, 120
HOLIDAYS = [date(2026, 11, 26), date(2026, 12, 25), date(2027, 1, 1)]


@pytest.fixture
def flat(monkeypatch: pytest.MonkeyPatch) -> None:
    def marks(market: Market, costs: Costs) -> FlatMarks:
        assert costs.name
        return FlatMarks(market, vol=VOL, half_usd=HALF)

    monkeypatch.setattr("hedgebook.strategies.book.with_options.ModelMarks", marks)


def search(kinds: str, neutral: str = "", among: tuple[str, ...] = (*NAMES, "CRWV"), **asked: Any) -> hb.HedgeFound:
    return hb.find_hedge(
        Book(dict(HOLD), "dollars"), hb.sample_market(), names="1:2", among=",".join(among), neutral=neutral,
        horizon_sessions=HORIZON, hurdle_sharpe=HURDLE, lookback=LOOKBACK, placebos=19, option_kinds=kinds or (),
        **asked,
    )  # fmt: skip


def contract(closes: list[float], today: date, call: bool, delta: float, days: int) -> tuple[date, float]:
    spot = closes[-1]
    expiry = nearest_expiry(today, days, HOLIDAYS)
    step = next(step for below, step in STEPS if spot < below)
    grid = [step * k for k in range(1, int(2.5 * spot / step) + 1) if step * k >= 0.3 * spot - 1e-12]
    years = (expiry - today).days / 365
    gaps = [abs(abs(delta_of(call, spot, strike, years, VOL)) - delta) for strike in grid]
    return expiry, grid[gaps.index(min(gaps))]


def column(found: hb.HedgeFound, ticker: str, kind: str) -> tuple[list[float], float, float]:
    """Past P&L for each USD of delta, expected cost for each, and the strike."""
    market, (call, delta, days) = found.sample.market, KINDS[kind]
    closes = [x for x in market.close[:, market.column(ticker)].tolist() if not math.isnan(x)]
    every = market.close[:, market.column(ticker)].tolist()
    today = market.sessions[-1].item()
    expiry, strike = contract(closes, today, call, delta, days)
    spot, years = closes[-1], (expiry - today).days / 365
    now, unit = price_of(call, spot, strike, years, VOL), abs(delta_of(call, spot, strike, years, VOL)) * spot
    past = []
    for t in found.sample.rows.tolist():
        then = price_of(call, spot * every[t] / every[t - 1], strike, years, VOL)
        past.append((then - now) / unit)
    # Without interest the decay of a day is that of the variance: a central difference of the price says it too.
    step = 1e-5
    decay = (
        (price_of(call, spot, strike, years + step, VOL) - price_of(call, spot, strike, years - step, VOL)) / step / 2
    )
    theta = decay / 365 * HORIZON * 365 / 252
    return past, (2 * (HALF + 0.65 / 100) + theta) / unit, strike


def task(found: hb.HedgeFound, neutral: str) -> Task:
    problem, gross = found.sample.problem, sum(map(abs, HOLD.values()))
    book = problem.book.tolist()
    columns, low, high, plus, minus, net = [], [], [], [], [], []
    for one in problem.instruments:
        ticker, _, kind = one.name.partition(":")
        if kind:
            past, cost, _ = column(found, ticker, kind)
            columns.append(past)
            low.append(0.0)
            high.append(min(1.0, 0.05 * found.sample.priced[ticker].adv_usd / gross))
            plus.append(cost)
            minus.append(cost)
            net.append(-1.0 if kind.startswith("put") else 1.0)
            continue
        columns.append(one.returns.tolist())
        low.append(one.low_frac)
        high.append(one.high_frac)
        plus.append(one.long_cost_frac)
        minus.append(one.short_cost_frac)
        net.append(1.0)
    y = [b - mean(book) for b in book]
    xs = [[v - mean(x) for v in x] for x in columns]
    size = math.fsum(v * v for v in y)

    def dot(a: list[float], b: list[float]) -> float:
        return 2 * math.fsum(p * q for p, q in zip(a, b, strict=True)) / size

    weight = 2 / (HURDLE * math.sqrt(HORIZON / 252) * math.sqrt(HORIZON) * stdev(book))
    curve = [[dot(a, b) * (1 + 1e-10 * (a is b)) for b in xs] for a in xs]
    rules, targets = ([net], [-sum(HOLD.values()) / gross]) if neutral else ([], [])
    return Task(
        curve, [dot(x, y) for x in xs], rules, targets, low, high, [weight * c for c in plus],
        [weight * c for c in minus], 1.0,
    )  # fmt: skip


@pytest.mark.usefixtures("flat")
@pytest.mark.parametrize("neutral", ["", "dollar"])
def test_every_basket_with_options_is_that_of_plain_python(neutral: str) -> None:
    found = search(",".join(KINDS), neutral)
    names = found.sample.problem.names
    assert len(names) == len(NAMES) + 2 * (len(NAMES) + 1)
    assert "CRWV" not in names
    assert "CRWV:put:25d:60d" in names
    oracle = every_basket(task(found, neutral), (1, 2))
    assert found.counts.baskets == len(oracle)
    assert found.counts.feasible == sum(math.isfinite(value) for value in oracle.values())
    place = {name: i for i, name in enumerate(names)}
    for one in found.top:
        basket = tuple(sorted(place[name] for name in one.names))
        assert -one.net + 1.0 == pytest.approx(oracle[basket] + 1.0, abs=2e-7)
    for step in found.steps:
        best = min(value for basket, value in oracle.items() if len(basket) == step.count)
        assert (step.best is None) == math.isinf(best)
    assert any(":" in name for name in found.winner.names)
    bought = [usd for one in found.top for name, usd in one.weights_usd.items() if ":" in name]
    assert min(bought) >= 0.0


@pytest.mark.usefixtures("flat")
def test_contracts_are_those_of_the_last_close_that_is_known() -> None:
    found = search("put:25d:60d", as_of="2026-07-15")
    picked: Picked = found.sample.options["MU:put:25d:60d"].picked
    _, _, strike = column(found, "MU", "put:25d:60d")
    assert picked.contract.strike == strike
    assert picked.contract.expiry == date(2026, 9, 18)
    whole = hb.sample_market()
    cut = whole.rows(0, whole.session_index("2026-07-15") + 1)
    again = hb.find_hedge(
        Book(dict(HOLD), "dollars"), cut, names="1:2", among=",".join((*NAMES, "CRWV")), option_kinds="put:25d:60d",
        horizon_sessions=HORIZON, hurdle_sharpe=HURDLE, lookback=LOOKBACK, placebos=19,
    )  # fmt: skip
    assert again.winner == found.winner
    assert again.by_luck.tolist() == found.by_luck.tolist()


@pytest.mark.usefixtures("flat")
def test_without_options_nothing_is_said_of_them() -> None:
    found = search("")
    assert not found.sample.options
    assert "option_kinds" not in found.asked.parameters()
    assert "option" not in " ".join(found.warnings)


@pytest.mark.usefixtures("flat")
@pytest.mark.parametrize(("hurdle", "nothing"), [(0.01, True), (6.0, False)])
def test_a_best_basket_that_holds_nothing_is_said_to_be_none(hurdle: float, nothing: bool) -> None:
    """Where risk is worth next to nothing no position pays for its cost."""
    found = hb.find_hedge(
        Book(dict(HOLD), "dollars"), hb.sample_market(), names="1", among="MU,WDC", hurdle_sharpe=hurdle,
        lookback=LOOKBACK, placebos=19, option_kinds="put:25d:60d",
    )  # fmt: skip
    held = max(abs(usd) for usd in found.winner.weights_usd.values())
    assert (held == 0.0) == nothing
    for said in (verdict(found), finder_header(found).name, winner_table(found).note):
        assert ("o hedge is worth its cost" in said) == nothing


@pytest.mark.usefixtures("flat")
def test_costs_of_none_make_options_cost_their_time_alone() -> None:
    found = search("put:25d:60d", among=("MU", "WDC"), costs="none")
    assert found.sample.options
    assert all(one.trading_frac == 0.0 and one.picked.half_width_usd == 0.0 for one in found.sample.options.values())
    paid = search("put:25d:60d", among=("MU", "WDC")).sample.options
    for name, one in paid.items():
        unit = abs(one.picked.delta) * one.picked.spot_usd
        assert one.trading_frac == pytest.approx(2.0 * (HALF + 0.65 / 100.0) / unit)
        assert found.sample.options[name].theta_frac == pytest.approx(one.theta_frac, rel=1e-12)


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ("put:25:60d", "Write put:25d:60d"),
        ("put:80:60d", "Strikes in USD are for hedge alone; a delta of 0.25 is written 25d. Write put:25d:60d"),
        ("put:0d:60d", "1d to 99d"),
        ("put:25d:0d", "so many days ahead"),
        ("CRWV:put:25d:60d", "looked for on every name"),
        ("straddle:25d:60d", "a put or a call"),
    ],
)
def test_bad_kinds_say_what_is_wrong(kinds: str, said: str) -> None:
    with pytest.raises(hb.InputError) as refused:
        search(kinds)
    assert said in str(refused.value)


def test_of_equal_baskets_the_one_without_idle_names_is_best() -> None:
    """Neutral within a budget that binds: two names fill it, and a third or fourth holds nothing."""
    found = hb.find_hedge(
        Book({"NVDA": 500_000.0, "CRWV": 400_000.0}, "dollars"), hb.sample_market(), names="2:4",
        among="MU,SPY,SMH,IWM,IBIT", neutral="market", lookback=LOOKBACK, placebos=19, hurdle_sharpe=0.05,
        budget_frac=0.8,
    )  # fmt: skip
    steps = {step.count: step for step in found.steps}
    assert found.winner.net == pytest.approx(max(one.best.net for one in found.steps if one.best), abs=1e-9)
    assert found.winner.held == found.winner.names
    idle = [n for n, step in steps.items() if step.best is not None and len(step.best.held) < n]
    assert idle  # or nothing is tested
    shown = {row[0]: row[1] for row in frontier_table(found).rows}
    for n in idle:
        best = steps[n].best
        assert best is not None
        assert shown[str(n)] == ", ".join(best.held)
    assert verdict(found).startswith("MU, SMH would have taken")
    assert "one more would hold nothing" in frontier_table(found).note
