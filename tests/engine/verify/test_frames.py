"""A saved run is believed only where vectorbt books its fills to the same money."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.account import Account
from hedgebook.engine.backtest.flows import CashFlows
from hedgebook.engine.backtest.result import Backtest
from hedgebook.engine.backtest.run import run_schedule
from hedgebook.engine.verify.vectorbt import Verification, verify_frames
from hedgebook.errors import InputError, RunFolderError, VerificationError
from hedgebook.universes.calendar import Mark

from ..random_market import random_costs, random_market, random_schedule, schedule_of

Frames = dict[str, pd.DataFrame]
CAPITAL = 1e6


@pytest.fixture(scope="module")
def run() -> Backtest:
    draw = np.random.default_rng(12)
    market = random_market(draw)
    account = Account(capital_usd=CAPITAL, max_stale_sessions=3)
    return run_schedule(market, random_schedule(draw, market), random_costs(draw), account)


@pytest.fixture
def frames(run: Backtest) -> Frames:
    return frames_of(run)


def frames_of(run: Backtest) -> Frames:
    return {
        "nav": run.nav.reset_index(),
        "fills": run.fills.copy(),
        "positions": run.positions.copy(),
        "pnl": run.pnl_long.copy(),
    }


def verify(frames: Frames, *, with_pnl: bool = False, capital: float = CAPITAL) -> Verification:
    three = (frames["nav"], frames["fills"], frames["positions"], capital)
    return verify_frames(*three, frames["pnl"] if with_pnl else None)


def refused(frames: Frames, *, with_pnl: bool = False) -> bool:
    """Whether a check of the frames fails, by its verdict or because they contradict themselves."""
    try:
        return not verify(frames, with_pnl=with_pnl).passed
    except VerificationError:
        return True


@pytest.mark.parametrize("with_pnl", [False, True])
def test_an_untouched_run_passes(frames: Frames, with_pnl: bool) -> None:
    found = verify(frames, with_pnl=with_pnl)
    assert found.passed
    assert found.mismatches == ()
    assert found.marks_compared == len(frames["nav"])
    assert 0 < found.largest_nav_difference_frac <= 1e-8
    assert len(frames["fills"]) > 20


@pytest.mark.parametrize("seed", range(20))
def test_untouched_runs_of_every_kind_pass(seed: int) -> None:
    draw = np.random.default_rng(300 + seed)
    market = random_market(draw)
    run = run_schedule(market, random_schedule(draw, market), random_costs(draw), Account(capital_usd=CAPITAL))
    found = verify(frames_of(run), with_pnl=True)
    assert found.passed, found


def paid_run(seed: int) -> Backtest:
    """A run with every friction in which cash flows to every ticker, at opens and at closes."""
    draw = np.random.default_rng(900 + seed)
    market = random_market(draw)
    cells = draw.choice(2 * market.close.size, 60, replace=False)
    step, ticker = np.divmod(cells, market.close.shape[1])
    names = tuple(market.tickers[i] for i in ticker)
    flows = CashFlows(names, market.sessions[step // 2], step % 2, draw.uniform(-1.0, 4.0, len(cells)))
    schedule, account = random_schedule(draw, market), Account(capital_usd=CAPITAL)
    return run_schedule(market, schedule, random_costs(draw), account, flows=flows)


@pytest.mark.parametrize("seed", range(12))
def test_untouched_runs_with_cash_flows_pass(seed: int) -> None:
    frames = frames_of(paid_run(seed))
    assert frames["nav"]["cash_flow"].abs().sum() > 1.0
    for with_pnl in (False, True):
        found = verify(frames, with_pnl=with_pnl)
        assert found.passed, found
        assert found.mismatches == ()


@pytest.mark.parametrize("seed", range(3))
def test_a_changed_cash_flow_is_noticed(seed: int) -> None:
    run = paid_run(seed)
    frames = frames_of(run)
    day = int(np.argmax(frames["nav"]["cash_flow"].abs()))
    frames["nav"].loc[day, "cash_flow"] += 0.05
    assert refused(frames)
    assert refused(frames, with_pnl=True)
    frames = frames_of(run)
    row = int(np.flatnonzero(frames["pnl"]["cause"] == "cash_flow")[0])
    frames["pnl"].loc[row, "pnl"] += 0.05
    assert refused(frames, with_pnl=True)
    frames = frames_of(run)
    frames["nav"] = frames["nav"].drop(columns="cash_flow")
    assert refused(frames)


def test_frames_read_back_from_parquet_pass(frames: Frames, tmp_path: Path) -> None:
    back = {}
    for name, frame in frames.items():
        frame.to_parquet(tmp_path / f"{name}.parquet", index=False)
        back[name] = pd.read_parquet(tmp_path / f"{name}.parquet")
    assert verify(back, with_pnl=True).passed


def test_session_may_be_the_index_of_nav(run: Backtest) -> None:
    assert verify_frames(run.nav, run.fills, run.positions, CAPITAL).passed


def test_a_run_that_held_nothing_passes(run: Backtest) -> None:
    schedule = schedule_of(run.market, [(0, Mark.OPEN)], np.zeros((1, len(run.market.tickers))))
    idle = frames_of(run_schedule(run.market, schedule, "none", account=Account(capital_usd=CAPITAL)))
    assert len(idle["fills"]) == len(idle["positions"]) == 0
    assert verify(idle, with_pnl=True).passed
    idle["nav"].loc[3, "nav_close"] += 1.0
    assert not verify(idle).passed


CELLS = [
    *[("nav", column) for column in ("nav_close", "cash", "interest", "borrow", "return")],
    *[("fills", column) for column in ("shares", "price", "commission", "spread", "slippage", "impact", "cost")],
    *[("positions", column) for column in ("shares", "price", "value", "weight")],
]


@pytest.mark.parametrize("where", [0.2, 0.5, 0.95])
@pytest.mark.parametrize("cell", CELLS, ids="-".join)
def test_any_number_that_was_changed_is_noticed(frames: Frames, cell: tuple[str, str], where: float) -> None:
    name, column = cell
    frame = frames[name]
    candidates = np.flatnonzero(frame[column].abs() > 1e-6)
    row = int(candidates[int(where * len(candidates))])
    # A thousandth of a price; elsewhere five cents, five per cent or a twentieth of a share.
    # All of it is more than 1e-8 of a million.
    frame.loc[row, column] += 0.001 * frame.loc[row, column] if column == "price" else 0.05
    assert refused(frames)


@pytest.mark.parametrize("mark", ["nav_open", "nav_close"])
def test_a_changed_nav_is_noticed_with_pnl(frames: Frames, mark: str) -> None:
    frames["nav"].loc[7, mark] += 0.05
    assert refused(frames, with_pnl=True)


def test_nav_at_the_open_is_beyond_a_check_without_pnl(frames: Frames) -> None:
    frames["nav"].loc[7, "nav_open"] += 1000.0
    assert not refused(frames)


@pytest.mark.parametrize("cause", ["overnight", "intraday", "commission", "spread", "slippage", "impact", "borrow"])
def test_a_changed_pnl_is_noticed(frames: Frames, cause: str) -> None:
    rows = np.flatnonzero(frames["pnl"]["cause"] == cause)
    frames["pnl"].loc[int(rows[len(rows) // 2]), "pnl"] += 0.05
    assert not refused(frames)
    assert refused(frames, with_pnl=True)


def drop(name: str) -> Callable[[Frames], None]:
    def change(frames: Frames) -> None:
        frames[name] = frames[name].drop(index=len(frames[name]) // 2)

    return change


def double(name: str) -> Callable[[Frames], None]:
    def change(frames: Frames) -> None:
        frames[name] = pd.concat([frames[name], frames[name].iloc[[3]]], ignore_index=True)

    return change


def put(name: str, column: str, value: object) -> Callable[[Frames], None]:
    def change(frames: Frames) -> None:
        frames[name].loc[4, column] = value

    return change


def turn_nav(frames: Frames) -> None:
    frames["nav"] = frames["nav"].iloc[::-1]


CHANGES: dict[str, Callable[[Frames], None]] = {
    "a fill left out": drop("fills"),
    "a fill twice": double("fills"),
    "a position left out": drop("positions"),
    "a position twice": double("positions"),
    "a session left out": drop("nav"),
    "a session twice": double("nav"),
    "sessions backwards": turn_nav,
    "a fill of another ticker": put("fills", "ticker", "ZZZ"),
    "a position in another ticker": put("positions", "ticker", "ZZZ"),
    "a fill on a Sunday": put("fills", "session", pd.Timestamp("2024-06-02")),
    "a position on a Sunday": put("positions", "session", pd.Timestamp("2024-06-02")),
    "a fill at noon": put("fills", "mark", "noon"),
    "a negative price": put("fills", "price", -1.0),
    "no price": put("fills", "price", np.nan),
    "no shares": put("fills", "shares", np.nan),
    "no commission": put("fills", "commission", np.nan),
    "no NAV": put("nav", "nav_close", np.nan),
    "no interest": put("nav", "interest", np.nan),
    "no price of a position": put("positions", "price", np.nan),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_rows_that_were_changed_are_noticed(frames: Frames, change: Callable[[Frames], None]) -> None:
    change(frames)
    assert refused(frames)


def test_another_capital_is_noticed(frames: Frames) -> None:
    assert not verify(frames, capital=CAPITAL + 0.05).passed


def test_the_largest_difference_is_where_it_was_made(frames: Frames) -> None:
    frames["nav"].loc[9, "nav_close"] -= 123.0
    found = verify(frames)
    assert found.session == frames["nav"].loc[9, "session"].date()
    assert found.mark == "close"
    assert found.largest_nav_difference_usd == pytest.approx(123.0, abs=1e-3)
    assert found.largest_nav_difference_frac == pytest.approx(123e-6, abs=1e-9)


def test_a_mismatch_says_which_file_and_both_values(frames: Frames) -> None:
    row = frames["positions"].loc[4]
    frames["positions"].loc[4, "value"] += 2.5
    found = verify(frames).mismatches
    place = f"value of {row['ticker']} on {row['session']:%Y-%m-%d}"
    values = f"{row['value'] + 2.5:.10g}, shares times price {row['value']:.10g}"
    assert f"positions.parquet: {place} is {values}" in found
    assert not [line for line in found if line.startswith("fills.parquet")]


@pytest.mark.parametrize("capital", [0.0, -1.0, np.nan, np.inf])
def test_a_capital_that_is_none_is_refused(frames: Frames, capital: float) -> None:
    with pytest.raises(RunFolderError, match="capital is not an amount of money"):
        verify(frames, capital=capital)


@pytest.mark.parametrize(
    ("name", "column"), [("nav", "borrow"), ("fills", "reference"), ("positions", "weight"), ("pnl", "cause")]
)
def test_a_frame_without_a_column_is_refused(frames: Frames, name: str, column: str) -> None:
    frames[name] = frames[name].drop(columns=column)
    with pytest.raises(RunFolderError, match=rf"{name}: columns are missing \(got '{column}'\)"):
        verify(frames, with_pnl=True)


def test_a_cell_that_is_no_number_is_refused(frames: Frames) -> None:
    frames["fills"]["price"] = frames["fills"]["price"].astype(object)
    frames["fills"].loc[4, "price"] = "ten"
    with pytest.raises(InputError, match=r"fills: a cell cannot be read.*ten"):
        verify(frames)


def test_a_run_without_sessions_is_refused(frames: Frames) -> None:
    frames["nav"] = frames["nav"].iloc[:0]
    with pytest.raises(RunFolderError, match="no session"):
        verify(frames)
