"""Margin of the plain simulator: published examples, closed forms, and numbers worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hedgebook.engine.kernels.book.records import CLOSE, OPEN

from .by_hand import by_hand, column, fills, lines, one
from .simulator import NAN, Action, OracleLimits, OracleMargin, OracleRow, OracleRules, OracleShorting, simulate

Published = dict[str, Any]


@pytest.fixture(scope="module")
def published(shared: Path) -> Published:
    text = (shared / "golden" / "trading" / "published_examples.json").read_text()
    examples: Published = json.loads(text)
    return examples


def first_call(entry: float, weight: float, path: list[float], **margin: Any) -> float | None:
    """The first price of the path at which a position bought at entry has less NAV than it needs."""
    rules = OracleMargin(action=Action.REPORT, **margin)
    result = simulate(by_hand(one(entry, *path), [OracleRow(0, CLOSE, [weight])], margin=rules))
    assert len(result.orders) == 1
    for price, nav, needed in zip(path, result.nav_close[1:], result.requirement[1:], strict=True):
        if nav < needed:
            return price
    return None


def cents(start: float, stop: float) -> list[float]:
    """Every cent from start to stop, both included."""
    first, last = round(start * 100), round(stop * 100)
    step = 1 if last >= first else -1
    return [cent / 100 for cent in range(first, last + step, step)]


def test_short_is_called_at_the_published_prices(published: Published) -> None:
    # Equity of im x value behind a short: weight -1 / im. Called a cent above P0 (1 + IM) / (1 + MM).
    calls = []
    for case in published["margin_short_call"]["cases"]:
        p0, im, mm = case["p0"], case["im"], case["mm"]
        at = first_call(p0, -1.0 / im, cents(p0, 1.3 * p0), maint_short=mm)
        closed_form = p0 * (1.0 + im) / (1.0 + mm)
        assert at is not None
        assert closed_form < at <= closed_form + 0.01
        assert closed_form == pytest.approx(case["call"], abs=0.006)
        calls.append(at)
    assert calls == [46.16, 53.85, 28.85, 115.39]  # 46.1538, 53.8462, 28.8462, 115.3846 and up to a whole cent


def test_long_is_called_at_the_published_price(published: Published) -> None:
    # 100 shares at 100 with a loan of 4000: equity 6000, weight 10 / 6; call below 40 / .70 = 57.142857.
    (case,) = published["margin_long_call"]["cases"]
    value = case["shares"] * case["p0"]
    at = first_call(case["p0"], value / (value - case["loan"]), cents(60, 50), maint_long=case["mm"])
    assert at == pytest.approx(case["call"])
    assert at == 57.14
    # On 50 % margin the same call comes from a start at 80: 80 x (1 - .50) / (1 - .30) = 57.142857.
    assert first_call(80.0, 2.0, cents(60, 50), maint_long=0.30) == 57.14
    # And with the 25 % of the rule itself: 100 x .50 / .75 = 66.67.
    assert first_call(100.0, 2.0, cents(70, 60)) == 66.66


def test_short_maintenance_equals_the_published_table(published: Published) -> None:
    # 30 % of 50; 5 a share at 5 (a tie of price and bound: not low-priced); 100 % of 4.50; 2.50 a share at 1.
    needed = []
    for case in published["finra_short_maintenance"]["cases"]:
        row = OracleRow(0, CLOSE, [-case["shares"] * case["px"] / 1e6])
        margin = OracleMargin(action=Action.REPORT)
        (requirement,) = simulate(by_hand(one(case["px"]), [row], margin=margin, capital=1e6)).requirement
        assert requirement == pytest.approx(case["req"], rel=1e-12)
        needed.append(round(requirement))
    assert needed == [15_000, 50_000, 45_000, 125_000]


def test_house_multiplier_and_every_number_of_the_rule_book() -> None:
    # Capital 10,000. A long 500 x .40 x 2 = 400. B 20 shares short at 50: max(.2 x 1000, 6 x 20 = 120) = 200,
    # house 3: 600. C 10 short at 10, under a low price of 12: max(.9 x 100, 7 x 10) = 90, house 1: 90.
    margin = OracleMargin(
        action=Action.REPORT,
        house=[2.0, 3.0, 1.0],
        maint_long=0.4,
        maint_short=0.2,
        short_floor=6.0,
        low_price=12.0,
        low_frac=0.9,
        low_floor=7.0,
    )
    row = OracleRow(0, CLOSE, [0.05, -0.1, -0.01])
    (requirement,) = simulate(by_hand([[100.0, 50.0, 10.0]], [row], margin=margin, capital=1e4)).requirement
    assert requirement == pytest.approx(1090.0, abs=1e-9)
    # C at 12 is not low-priced: max(.2 x 120, 6 x 10) = 60 and not .9 x 120 = 108.
    row = OracleRow(0, CLOSE, [0.0, 0.0, -0.012])
    (requirement,) = simulate(by_hand([[100.0, 50.0, 12.0]], [row], margin=margin, capital=1e4)).requirement
    assert requirement == pytest.approx(60.0, abs=1e-9)
    # House 2 on C, whose floor binds at a price of 7.5: max(.9 x 75, 70) x 2 = 140.
    margin = OracleMargin(action=Action.REPORT, house=[1.0, 1.0, 2.0], low_price=12.0, low_frac=0.9, low_floor=7.0)
    row = OracleRow(0, CLOSE, [0.0, 0.0, -0.0075])
    (requirement,) = simulate(by_hand([[100.0, 50.0, 7.5]], [row], margin=margin, capital=1e4)).requirement
    assert requirement == pytest.approx(140.0, abs=1e-9)


# 15 shares short at 100 (cash 2500). At 125: NAV 625 against 562.50; at 130: 550 against .30 x 1950 = 585.
SHORT = OracleRow(0, CLOSE, [-1.5])
SQUEEZE = one(100, 125, 130, 130, 128)


def squeezed(action: Action, **margin: Any) -> Any:
    return simulate(by_hand(SQUEEZE, [SHORT], margin=OracleMargin(action=action, **margin)))


def test_report_records_and_does_nothing() -> None:
    result = squeezed(Action.REPORT)
    assert result.requirement == pytest.approx([450.0, 562.5, 585.0, 585.0, 576.0])
    assert result.nav_close == pytest.approx([1000.0, 625.0, 550.0, 550.0, 580.0])
    assert len(result.orders) == 1
    off = squeezed(Action.OFF)
    assert off.requirement == [0.0] * 5
    assert (off.nav_close, off.orders) == (result.nav_close, result.orders)


def test_reduce_scales_back_to_the_initial_requirement() -> None:
    # k = 550 / 975; a weight of -1950 / 550 x k = -2: at the open of 130 1100 / 130 = 8.4615 shares, whose
    # initial requirement .5 x 1100 is the NAV again.
    result = squeezed(Action.REDUCE)
    assert fills(result)[1:] == [(3, OPEN, 0, "MARGIN_CALL")]
    assert column(result)[3] == pytest.approx(-1100.0 / 130.0, abs=1e-12)
    assert result.requirement[2:4] == pytest.approx([585.0, 330.0], abs=1e-9)


def test_reduce_takes_one_factor_for_all_positions_and_counts_the_house() -> None:
    # Entry: 1 x .6 + .5 x .4 x 1.5 = .9 fits. A 10 at 100, B -10 at 50. At 100 and 100: NAV 500,
    # M = .3 x 1000 + .35 x 1000 x 1.5 = 825; I = 600 + .4 x 1000 x 1.5 = 1200; k = 500 / 1200.
    # Weights 1000 / 500 k = .8333 and -.8333: at 100 and 100 4.1667 shares and -4.1667.
    margin = OracleMargin(
        action=Action.REDUCE, house=[1.0, 1.5], initial_long=0.6, initial_short=0.4, maint_long=0.30, maint_short=0.35
    )
    case = by_hand([[100.0, 50.0], [100.0, 100.0], [100.0, 100.0]], [OracleRow(0, CLOSE, [1.0, -0.5])], margin=margin)
    result = simulate(case)
    assert result.requirement[1] == pytest.approx(825.0)
    assert result.shares[2] == pytest.approx([500.0 / 120.0, -500.0 / 120.0], abs=1e-12)


def test_reduce_never_adds() -> None:
    # 15 short at 100; at 130 NAV 550 is called (585). At the open of 110 NAV is 850, above .5 x 1650 = 825: nothing.
    # At 115 NAV is 775 of .5 x 1725 = 862.50: 15 x 775 / 862.50 shares are left. At 140 it is 400 of 1050.
    for reopened, left in ((110.0, 15.0), (115.0, 15.0 * 775.0 / 862.5), (140.0, 15.0 * 400.0 / 1050.0)):
        opens, closes = one(100, 100, 130, reopened), one(100, 125, 130, reopened)
        case = by_hand(closes, [SHORT], opens=opens, margin=OracleMargin(action=Action.REDUCE))
        assert column(simulate(case))[3] == pytest.approx(-left, abs=1e-12)
        assert len(simulate(case).orders) == (1 if left == 15.0 else 2)


def test_reduce_meets_what_keeps_a_cheap_short_too() -> None:
    # 166.67 short at 6 (weight -1); at 7.50 NAV 750 against 5 a share = 833.33, which is more than the initial
    # .5 x 1250 = 625: 9 in 10 are kept at the same price, 2000 - 166.67 x 8 = 666.67 of 833.33 at 8.
    margin = OracleMargin(action=Action.REDUCE)
    for opened, kept in ((7.5, 0.9), (8.0, 0.8)):
        result = simulate(by_hand(one(6, 7.5, opened), [OracleRow(0, CLOSE, [-1.0])], margin=margin))
        assert result.requirement[1] == pytest.approx(2500.0 / 3.0)
        assert column(result)[2] == pytest.approx(-kept * 500.0 / 3.0, abs=1e-9)
        assert result.requirement[2] == pytest.approx(result.nav_close[2])


def test_a_position_without_an_open_is_cut_at_its_close_by_what_the_others_leave() -> None:
    # A 10 at 100, B -10 at 50, NAV 1000. At 70 and 60 NAV is 600: M = .5 x 700 + .5 x 600 = 650: called. I = 650 too.
    # At the open A prints 60: NAV 500 of .5 x 600 + .5 x 600 = 600: A keeps 10 x 5 / 6. B waits for its close: at 66
    # NAV is 500 - 60 = 440, less .5 x 500 for A leaves 190 of .5 x 660 = 330 for B.
    margin = OracleMargin(action=Action.REDUCE, maint_long=0.5, maint_short=0.5)
    opens = [[100.0, 50.0], [70.0, 60.0], [60.0, NAN]]
    closes = [[100.0, 50.0], [70.0, 60.0], [60.0, 66.0]]
    result = simulate(by_hand(closes, [OracleRow(0, CLOSE, [1.0, -0.5])], opens=opens, margin=margin))
    assert lines(result)[2:] == [
        (2, OPEN, 0, "FILLED", "MARGIN_CALL"),
        (2, OPEN, 1, "DEFERRED", "NO_OPEN"),
        (2, CLOSE, 1, "FILLED", "MARGIN_CALL"),
    ]
    assert result.shares[2] == pytest.approx([50.0 / 6.0, -10.0 * 190.0 / 330.0], abs=1e-12)
    assert result.requirement[2] == pytest.approx(result.nav_close[2])


def test_who_leaves_at_the_open_leaves_room_for_the_others() -> None:
    # The recalled B (600) is covered at the open, so A, .5 x 700, fits the NAV of 600 as it is.
    margin = OracleMargin(action=Action.REDUCE, maint_long=0.5, maint_short=0.5)
    closes = [[100.0, 50.0], [70.0, 60.0], [70.0, 60.0]]
    shorting = OracleShorting(recall=[[False, False], [False, True], [False, False]])
    case = by_hand(closes, [OracleRow(0, CLOSE, [1.0, -0.5])], margin=margin, shorting=shorting)
    assert fills(simulate(case))[2:] == [(2, OPEN, 1, "RECALL")]


def test_reduce_without_any_nav_closes_everything() -> None:
    # At 170: 2500 - 2550 = -50.
    result = simulate(by_hand(one(100, 170, 170), [SHORT], margin=OracleMargin(action=Action.REDUCE)))
    assert fills(result)[1:] == [(2, OPEN, 0, "MARGIN_CALL")]
    assert column(result)[2] == 0.0
    # Losses without positions are no call: the requirement is 0 and nothing more is ordered.
    assert (result.nav_close[2], result.requirement[2]) == (-50.0, 0.0)


def test_losses_without_a_position_are_no_call() -> None:
    # The sale of A costs 900 as its purchase did: NAV -800 and nothing held, so the order for B, which waits
    # for its cap, is not dropped by a liquidation but rejected at the next open.
    case = by_hand(
        [[100.0, 50.0]] * 3,
        [OracleRow(0, CLOSE, [0.5, NAN]), OracleRow(1, CLOSE, [0.0, 0.5])],
        margin=OracleMargin(action=Action.LIQUIDATE, maint_long=0.0),
        limits=OracleLimits(cap=[[1e9, 0.0]] * 3, min_commission_usd=900.0),
    )
    result = simulate(case)
    assert lines(result) == [
        (0, CLOSE, 0, "FILLED", "ORDER"),
        (1, CLOSE, 0, "FILLED", "ORDER"),
        (1, CLOSE, 1, "DEFERRED", "CAP"),
        (2, OPEN, 1, "REJECTED", "NO_NAV"),
    ]
    assert result.nav_close == [100.0, -800.0, -800.0]


def test_liquidate_closes_everything_at_the_next_open_and_ends_the_episode() -> None:
    # A calendar rebalance after the call would sell short again if the episode still lived.
    rules = OracleRules(rebalance=[False, False, False, True, False])
    case = by_hand(SQUEEZE, [SHORT], margin=OracleMargin(action=Action.LIQUIDATE), rules=rules)
    result = simulate(case)
    assert fills(result)[1:] == [(3, OPEN, 0, "MARGIN_CALL")]
    assert column(result) == [-15.0, -15.0, -15.0, 0.0, 0.0]
    assert result.requirement == pytest.approx([450.0, 562.5, 585.0, 0.0, 0.0])


def test_nav_equal_to_the_requirement_is_no_call() -> None:
    # 2 x 1000 at 100: 20 shares on a loan of 1000; at 75 NAV 500 = .3333 x 1500. At 74: 480 < 493.33.
    margin = OracleMargin(action=Action.LIQUIDATE, maint_long=500.0 / 1500.0)
    case = by_hand(one(100, 75, 74, 74), [OracleRow(0, CLOSE, [2.0])], margin=margin)
    assert fills(simulate(case))[1:] == [(3, OPEN, 0, "MARGIN_CALL")]


@pytest.mark.parametrize(
    ("action", "house", "scale"),
    [
        (Action.OFF, None, 1.0),
        (Action.REPORT, None, 1.0),
        (Action.REDUCE, None, 1.0 / 1.55),  # 1.5 x .7 + 1.0 x .5 = 1.55
        (Action.LIQUIDATE, None, 1.0 / 1.55),
        (Action.LIQUIDATE, [2.0, 1.0], 1.0 / 2.6),
    ],
)
def test_entry_is_scaled_to_the_initial_requirement(action: Action, house: list[float] | None, scale: float) -> None:
    margin = OracleMargin(action=action, house=house, initial_long=0.7)
    row = OracleRow(0, CLOSE, [0.75, -0.5], 2.0)
    result = simulate(by_hand([[100.0, 50.0]], [row], margin=margin))
    assert result.shares[0] == pytest.approx([15.0 * scale, -20.0 * scale], abs=1e-12)


def test_an_entry_that_fits_the_initial_requirement_is_left_as_it_is() -> None:
    result = simulate(by_hand(one(100), [OracleRow(0, CLOSE, [1.9])], margin=OracleMargin(action=Action.REDUCE)))
    assert column(result) == [19.0]


def test_margin_scale_comes_after_the_volatility_and_stays_for_the_episode() -> None:
    # Target 20 % on 10 %: factor 2, 3 x 2 = 6 x .5 = 3 > 1: scale 1 / 3 of it: weight 2, 20 shares.
    # Rebalance at session 1 with 40 % known: 3 x (1 / 3) x .5 = .5: 5 shares.
    rules = OracleRules(target_vol=0.2, max_scale=5.0, vol=[[0.1, 0.1, 0.4, 0.4]], rebalance=[False, True, False])
    margin = OracleMargin(action=Action.REDUCE)
    case = by_hand(one(100, 100, 100), [OracleRow(0, CLOSE, [3.0])], margin=margin, rules=rules)
    assert column(simulate(case)) == pytest.approx([20.0, 20.0, 5.0], abs=1e-12)
    # Without a volatility target a rebalance goes to the scaled weight too: 3 -> 2.
    rules = OracleRules(rebalance=[True, False])
    case = by_hand(one(100, 100), [OracleRow(0, CLOSE, [3.0])], margin=margin, rules=rules)
    assert column(simulate(case)) == pytest.approx([20.0, 20.0], abs=1e-12)
