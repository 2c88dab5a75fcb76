"""Whether the summary of a saved run says what its frames say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.universes.counted import counted

from ..backtest.participation import LARGE_ORDER_FRAC
from ..kernels.book.records import Booked, columns
from ..risk.metrics import measure_levels, ruin_levels
from .frames import SavedFrames
from .gaps import gap

COST_CAUSES = columns(Booked.COST)
EVENT_TRADE = "event-trade"
FILL_NUMBERS = ("shares", "price", "cost")
FILL_TEXTS = ("mark", "ticker", "reason")
FIGURE_SCALE = 1e2  # annual figures of few returns lose more digits than sums do


def summary_gaps(summary: Mapping[str, Any], run: SavedFrames) -> tuple[str, ...]:
    """What a summary says otherwise than the frames, or than itself elsewhere; a sentence each.

    Checked are capital, final NAV, sessions, every figure of the returns, costs, P&L by leg, bucket, ticker, cause and
    factor, fills, sizes of orders, positions without a price, margin, and within the summary the weights, the risk at
    entry and the t-statistics. Nothing in the folder contradicts the rest, which passes: texts, parameters other than
    capital and gross, the first weights of a strategy that is no event trade, what was known of the event, shares of
    volume, the estimates (betas, r_squared, windows, exposures in risk_at_entry), rejected orders, rule_201, data and
    versions.
    """
    checker = _Checker(summary)
    _check_money(checker, run)
    _check_figures(checker, run)
    _check_pnl(checker, run)
    _check_fills(checker, run)
    _check_participation(checker, run)
    _check_stale(checker, run)
    _check_margin(checker, run)
    _check_estimates(checker, run)
    return tuple(checker.found)


def _number(value: Any) -> float | None:
    """A number of JSON, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return float("inf")


class _Checker:
    """Looks figures of a summary up and collects what is wrong with them."""

    def __init__(self, summary: Mapping[str, Any]) -> None:
        self.summary = summary
        self.found: list[str] = []

    def get(self, *path: str) -> Any:
        """What stands under a path of keys, None where nothing does."""
        value: Any = self.summary
        for key in path:
            if not isinstance(value, Mapping) or key not in value:
                return None
            value = value[key]
        return value

    def table(self, *path: str) -> dict[str, Any]:
        """The mapping under a path, empty where there is none."""
        value = self.get(*path)
        return dict(value) if isinstance(value, Mapping) else {}

    def number(self, path: Sequence[str], expected: float, basis: str, scale: float) -> None:
        """Hold the number under a path against another; a missing one differs, None stands for one undefined."""
        name = ".".join(path)
        value = self.get(*path)
        mine = float("nan") if value is None else _number(value)
        if mine is None:
            self.found.append(f"summary.json: {name} is {str(value)[:60]!r}, which is no number")
            return
        self.found += gap(f"summary.json: {name}", mine, expected, basis, scale=scale)

    def numbers(self, *path: str) -> dict[str, float]:
        """The numbers of the mapping under a path."""
        found = {name: _number(value) for name, value in self.table(*path).items()}
        return {name: value for name, value in found.items() if value is not None}

    def text(self, path: Sequence[str], expected: str, basis: str) -> None:
        """Hold the text under a path, where there is one, against another."""
        value = self.get(*path)
        if value is not None and value != expected:
            self.found.append(f"summary.json: {'.'.join(path)} is {str(value)[:60]!r}, {basis} {expected!r}")


def _check_money(checker: _Checker, run: SavedFrames) -> None:
    final = float(run.nav["nav_close"].iloc[-1])
    for path, value, basis in (
        (("final_nav",), final, "nav.parquet ends at"),
        (("sessions",), float(len(run.sessions)), "nav.parquet has"),
        (("parameters", "capital"), run.capital, "capital is"),
    ):
        if path == ("parameters", "capital") and _capital_of_account(checker):
            continue
        checker.number(path, value, basis, abs(value))
    checker.number(("total_return",), final / run.capital - 1.0, "nav.parquet gives", abs(final / run.capital) + 1.0)
    checker.text(("entry_session",), f"{run.sessions[0]:%Y-%m-%d}", "nav.parquet begins on")
    checker.text(("exit_session",), f"{run.sessions[-1]:%Y-%m-%d}", "nav.parquet ends on")
    opening = checker.get("opening_session")
    if opening is not None and not str(opening) <= f"{run.sessions[0]:%Y-%m-%d}":
        first = f"nav.parquet begins on {run.sessions[0]:%Y-%m-%d}"
        checker.found.append(f"summary.json: opening_session is {str(opening)[:60]!r}, {first}")


def _capital_of_account(checker: _Checker) -> bool:
    """Whether the strategy has no capital of its own, as every event trade has."""
    return checker.get("kind") not in (None, EVENT_TRADE) and checker.get("parameters", "capital") is None


def _check_figures(checker: _Checker, run: SavedFrames) -> None:
    """Whether anything was traded, when the capital was lost, annual figures and those of single sessions."""
    traded, levels = len(run.fills) > 0, np.concatenate([[run.capital], run.nav["nav_close"].to_numpy()])
    opens = run.nav["nav_open"].to_numpy()
    lost = np.flatnonzero(ruin_levels(levels, opens)[1:] <= 0.0)
    ruined_on = f"{run.sessions[lost[0]]:%Y-%m-%d}" if len(lost) else None
    for name, expected in (("traded", traded), ("ruined_on", ruined_on)):
        given = checker.get(name)
        if name in checker.summary and given != expected:
            checker.found.append(f"summary.json: {name} is {str(given)[:60]}, the frames say {expected}")
    if checker.get("annualised_from_sessions") is not None:
        checker.number(("annualised_from_sessions",), float(len(run.sessions)), "nav.parquet has", 1.0)
    for name, value in measure_levels(levels, traded=traded, opens=opens).to_dict().items():
        if name in checker.summary and name not in ("sessions", "total_return"):
            size = FIGURE_SCALE * (1.0 + abs(value)) if value == value else 1.0
            checker.number((name,), float(value), "the returns of nav.parquet give", size)


def _check_pnl(checker: _Checker, run: SavedFrames) -> None:
    interest = float(run.nav["interest"].sum())
    nav = np.abs(run.nav["nav_close"].to_numpy())
    scale = run.capital + float(nav.max(initial=0.0))
    if run.pnl is None:
        return
    if "leg" not in run.pnl and checker.get("pnl_by_leg") is not None and len(run.pnl):
        checker.found.append("summary.json: pnl_by_leg is given, pnl.parquet has no legs")
    causes = dict.fromkeys(columns(~Booked.INCOME), 0.0) | _totals(run.pnl, "cause")
    for name in COST_CAUSES:
        checker.number(("costs", name), 0.0 - causes[name], "pnl.parquet gives", abs(causes[name]) + scale * 1e-6)
    checker.number(("costs", "interest"), 0.0 - interest, "nav.parquet gives", abs(interest) + scale * 1e-6)
    groups: dict[str, dict[str, float]] = {"pnl_by_cause": {**causes, "interest": interest}}
    for column in ("ticker", "bucket", "leg"):
        if column in run.pnl:
            groups[f"pnl_by_{column}"] = _totals(run.pnl, column)
    for key, totals in groups.items():
        for name in {**checker.table(key), **totals}:
            checker.number((key, name), totals.get(name, 0.0), f"{_source(key)} gives", scale)
    split = checker.numbers("pnl_by_factor")
    if split:
        total = sum(split.values())
        gain = float(run.nav["nav_close"].iloc[-1]) - run.capital
        checker.found += gap(
            "summary.json: the sum of pnl_by_factor", total, gain, "the change of nav_close is", scale=scale
        )
        for name in ("interest", *COST_CAUSES):
            if name in split:
                checker.number(("pnl_by_factor", name), groups["pnl_by_cause"][name], "pnl.parquet gives", scale)


def _totals(pnl: pd.DataFrame, column: str) -> dict[str, float]:
    return {str(name): float(value) for name, value in pnl.groupby(column)["pnl"].sum().items()}


def _source(key: str) -> str:
    return "pnl.parquet and nav.parquet" if key == "pnl_by_cause" else "pnl.parquet"


def _check_fills(checker: _Checker, run: SavedFrames) -> None:
    listed = checker.get("fills")
    if not isinstance(listed, list):
        return
    if len(listed) != len(run.fills):
        checker.found.append(f"summary.json: fills has {counted(len(listed), 'row')}, fills.parquet {len(run.fills)}")
        return
    rows = run.fills.assign(session=run.fills["session"].dt.strftime("%Y-%m-%d"))
    texts = ["session", *(name for name in FILL_TEXTS if name in rows)]
    table = {name: rows[name].tolist() for name in (*texts, *FILL_NUMBERS)}
    for k, line in enumerate(listed):
        if not isinstance(line, Mapping):
            checker.found.append(f"summary.json: fills[{k}] is no fill")
            continue
        for name in texts:
            value = table[name][k]
            if line.get(name) != value and (name in line or name == "session"):
                was = str(line.get(name))[:60]
                checker.found.append(f"summary.json: fills[{k}].{name} is {was!r}, fills.parquet has {value!r}")
        for name in FILL_NUMBERS:
            mine, value = _number(line.get(name)), table[name][k]
            if mine == value:
                continue
            checker.found += gap(
                f"summary.json: fills[{k}].{name}",
                float("nan") if mine is None else mine,
                value,
                "fills.parquet has",
                scale=abs(value),
            )


def _check_participation(checker: _Checker, run: SavedFrames) -> None:
    """USD of the orders that are named for their share of volume; volume itself is not in the folder."""
    if not checker.table("participation"):
        return
    checker.number(("participation", "limit_frac"), LARGE_ORDER_FRAC, "the share is", 1.0)
    orders: list[tuple[str, Any]] = [("largest", checker.get("participation", "largest"))]
    above = checker.get("participation", "above_limit")
    orders += [(f"above_limit[{k}]", one) for k, one in enumerate(above)] if isinstance(above, list) else []
    for name, order in orders:
        if not isinstance(order, Mapping):
            continue
        keys = (f"{order.get('session')}"[:10], order.get("mark"), order.get("ticker"))
        fills = run.fills
        same = (fills["session"].dt.strftime("%Y-%m-%d") == keys[0]) & (fills["mark"] == keys[1])
        rows = fills[same & (fills["ticker"] == keys[2])]
        usd = (rows["shares"].abs() * rows["reference"]).to_numpy()
        value = order.get("usd")
        if not isinstance(value, int | float) or isinstance(value, bool) or not len(usd):
            checker.found.append(f"summary.json: participation.{name} is no order of fills.parquet")
            continue
        nearest = float(usd[int(np.argmin(np.abs(usd - float(value))))])
        checker.found += gap(
            f"summary.json: participation.{name}.usd", float(value), nearest, "fills.parquet gives", scale=nearest
        )


def _check_stale(checker: _Checker, run: SavedFrames) -> None:
    """What a run ends with if positions that are held at an old price bring nothing."""
    listed = checker.get("stale", "positions")
    if not isinstance(listed, list):
        return
    last = run.positions[run.positions["session"] == run.sessions[-1]]
    named = [str(one.get("ticker")) for one in listed if isinstance(one, Mapping)]
    for ticker in set(named) - set(last["ticker"]):
        checker.found.append(f"summary.json: stale.positions names {ticker}, which positions.parquet does not hold")
    held = last.set_index("ticker")["value"].reindex(named).fillna(0.0)
    final = float(run.nav["nav_close"].iloc[-1])
    low = final - float(held.clip(lower=0.0).sum())
    size = abs(final) + run.capital
    checker.number(("stale", "final_nav_recovery_0"), low, "nav.parquet and positions.parquet give", size)
    total = low / run.capital - 1.0
    basis = "nav.parquet and positions.parquet give"
    checker.number(("stale", "total_return_recovery_0"), total, basis, 1.0 + abs(total))


def _check_margin(checker: _Checker, run: SavedFrames) -> None:
    if not checker.table("margin") or "requirement" not in run.nav:
        return
    excess = run.nav["nav_close"] - run.nav["requirement"]
    calls = run.sessions[((excess < 0) & (run.nav["requirement"] > 0)).to_numpy()]
    checker.number(("margin", "calls"), float(len(calls)), "nav.parquet gives", 1.0)
    largest, smallest = float(run.nav["requirement"].max()), float(excess.min())
    size = run.capital + abs(largest) + abs(smallest)
    checker.number(("margin", "largest_requirement"), largest, "nav.parquet gives", size)
    checker.number(("margin", "smallest_excess"), smallest, "nav.parquet gives", size)
    first = f"{calls[0]:%Y-%m-%d}" if len(calls) else None
    if checker.get("margin", "first_call") != first:
        was = checker.get("margin", "first_call")
        checker.found.append(f"summary.json: margin.first_call is {str(was)[:60]!r}, nav.parquet gives {first!r}")


def _check_estimates(checker: _Checker, run: SavedFrames) -> None:
    """Figures that stand twice in a summary, or follow from others in it."""
    weights = checker.numbers("weights")
    _check_weights(checker, weights, run)
    for name, value in weights.items():
        if checker.get("risk_at_entry", "by_ticker", name) is not None:
            path = ("risk_at_entry", "by_ticker", name, "weight")
            checker.number(path, value, "weights has", abs(value) + 1e-6)
    for key in ("exposures", "exposures_during"):
        for name, line in checker.table(key).items():
            beta, error = (_number(line.get(k)) if isinstance(line, Mapping) else None for k in ("beta", "stderr"))
            if beta is not None and error:
                checker.number((key, name, "tstat"), beta / error, "beta over stderr is", 1.0 + abs(beta / error))
    _check_risk(checker)


def _check_weights(checker: _Checker, weights: Mapping[str, float], run: SavedFrames) -> None:
    """What the hedge shorts per USD of the long leg, and the weight of each bucket."""
    shorts = checker.table("hedge", "weights")
    long = sum(value for name, value in weights.items() if name not in shorts)
    for name in shorts:
        if name in weights and long:
            each = -weights[name] / long
            checker.number(("hedge", "weights", name), each, "weights give", FIGURE_SCALE * (1.0 + abs(each)))
    gross, ratio = _number(checker.get("parameters", "gross")), _number(checker.get("hedge", "ratio"))
    if weights and gross is not None:
        total = sum(abs(value) for value in weights.values())
        checker.number(("parameters", "gross"), total, "weights add up to", FIGURE_SCALE * (1.0 + total))
    ratios = list(checker.numbers("hedge", "weights").values())
    if ratio is not None and ratios and min(ratios) >= 0.0:
        checker.number(("hedge", "ratio"), sum(ratios), "hedge.weights add up to", FIGURE_SCALE * (1.0 + sum(ratios)))
    if run.pnl is None or "bucket" not in run.pnl:
        return
    bucket_of = dict(zip(run.pnl["ticker"], run.pnl["bucket"], strict=True))
    if not set(weights) <= set(bucket_of):
        return
    for bucket in checker.table("risk_at_entry", "by_bucket"):
        total = sum(value for name, value in weights.items() if bucket_of[name] == bucket)
        path = ("risk_at_entry", "by_bucket", bucket, "weight")
        checker.number(path, total, "weights and pnl.parquet give", FIGURE_SCALE)


def _check_risk(checker: _Checker) -> None:
    """Contributions to the volatility at entry add up to it, and their shares are fractions of it."""
    volatility = _number(checker.get("risk_at_entry", "volatility_annual"))
    if not volatility:
        return
    for by in ("by_factor", "by_ticker", "by_bucket"):
        lines = checker.table("risk_at_entry", by)
        each = {n: _number(v.get("contribution")) for n, v in lines.items() if isinstance(v, Mapping)}
        parts = {name: value for name, value in each.items() if value is not None}
        checker.found += gap(
            f"summary.json: the sum of risk_at_entry.{by}.contribution",
            sum(parts.values()),
            volatility,
            "volatility_annual is",
            scale=FIGURE_SCALE * sum(abs(value) for value in parts.values()),
        )
        for name, part in parts.items():
            share = part / volatility
            basis = "contribution over volatility_annual is"
            where = ("risk_at_entry", by, name, "share")
            checker.number(where, share, basis, FIGURE_SCALE * (1.0 + abs(share)))
    lines = checker.table("risk_at_entry", "by_factor")
    shares = [_number(line.get("share")) for name, line in lines.items() if name != "specific"]
    factors = [value for value in shares if value is not None]
    if factors and len(factors) == len(shares):
        path = ("risk_at_entry", "factor_share")
        checker.number(path, sum(factors), "the shares of the factors add up to", FIGURE_SCALE)
