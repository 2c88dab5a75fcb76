"""What an account risks before and after a ticket's orders: VaR, ES, factors, scenarios, replays, like events."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hedgebook.engine.account import Account
from hedgebook.engine.arrays import Floats
from hedgebook.engine.exposure.known import beside_factors
from hedgebook.engine.risk.var.positions import position_risk
from hedgebook.engine.stress.applies import apply_to
from hedgebook.engine.stress.evaluate import StressSetting, run_scenario
from hedgebook.engine.stress.held.margin import held_margin
from hedgebook.engine.stress.history import LEAST_ROWS, History, joint_history
from hedgebook.engine.stress.positions import margin_terms
from hedgebook.engine.stress.replay import Replay, replay
from hedgebook.engine.stress.responses import Responses, fit_responses
from hedgebook.engine.stress.scenario import are_shipped, load_scenarios
from hedgebook.errors import InputError, ParameterError
from hedgebook.universes.event import Event
from hedgebook.universes.exchanges.common import CommonDays, common_days
from hedgebook.universes.exchanges.home import at_home
from hedgebook.universes.market import Market

from ..risk.lines import line_risk
from .positions import Held

CONFIDENCES = (0.95, 0.99)
# A quantile has this many observations beyond it at least.
LEAST_BEYOND = 1.0


@dataclass(frozen=True, eq=False)
class Past:
    """What is known of the tickers of an account: their joint history and betas, None where there is none; by_session:
    the history by session of the first exchange, which P&L goes by; days: over several exchanges, what the returns of
    `history` span, None for one."""

    tickers: tuple[str, ...]
    history: History | None
    responses: Responses | None
    notes: tuple[str, ...]
    by_session: History | None = None
    days: CommonDays | None = None


def past_of(known: Market, tickers: tuple[str, ...]) -> Past:
    """Returns on the sessions that all tickers share, filled by factors where those are fewer than 60, and betas."""
    row, notes = len(known.sessions) - 1, list[str]()
    responses: Responses | None = None
    try:
        responses = fit_responses(known, tickers, row)
        notes += [f"{ticker}: {text}" for ticker, text in responses.notes.items()]
    except ParameterError as problem:
        notes.append(f"no factor betas: {problem.what}")
    history = by_session = None
    try:
        history = _history(known, tickers, responses)
        by_session = history if history.starts is None else _history(at_home(known), tickers, responses)
        notes += [
            f"{t}: the factor model stands in for {share:.0%} of its history" for t, share in history.filled.items()
        ]
    except ParameterError as problem:
        notes.append(f"no joint history, so no VaR and no bootstrap: {problem.what}")
    if history is None or history.starts is None:
        return Past(tickers, history, responses, tuple(notes), by_session)
    days = common_days(known, beside_factors(known, tickers), history.starts, history.sessions)
    return Past(tickers, history, responses, tuple(notes), by_session, days)


def _history(known: Market, tickers: tuple[str, ...], responses: Responses | None) -> History:
    """The joint history up to the last close, filled by factors where it is short. Raises ParameterError."""
    row = len(known.sessions) - 1
    found = joint_history(known, tickers, row)
    if len(found.returns) < LEAST_ROWS and responses is not None:
        return joint_history(known, tickers, row, missing="factor", responses=responses)
    return found


def weights_over(held: Held, tickers: tuple[str, ...]) -> Floats:
    """(N,) weights of an account in the order of `tickers`."""
    weights = held.weights
    return np.array([weights.get(ticker, 0.0) for ticker in tickers])


def tail_figures(
    past: Past, before: Held, after: Held, confidences: tuple[float, ...]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """VaR and ES of one session over NAV by confidence: before, after and their difference; and what each ticker adds
    to those after, at the first confidence. NaN where the history has no such quantile."""
    rows = []
    for confidence in confidences:
        pairs = [_tail(past, held, confidence) for held in (before, after)]
        for kind, at in (("VaR", 0), ("ES", 1)):
            old, new = pairs[0][at], pairs[1][at]
            rows.append((kind, confidence, old, new, new - old))
    table = pd.DataFrame(rows, columns=["figure", "confidence", "before_frac", "after_frac", "incremental_frac"])
    by_ticker = _by_ticker(past, after, confidences[0])
    return table, by_ticker


def _enough(past: Past, confidence: float) -> bool:
    return past.history is not None and len(past.history.returns) * (1.0 - confidence) >= LEAST_BEYOND - 1e-9


def _by_ticker(past: Past, held: Held, confidence: float) -> pd.DataFrame:
    """Components of VaR and ES by ticker, by line where there are options; the row "book" is their sum."""
    if held.positions is None or past.history is None or not _enough(past, confidence):
        return pd.DataFrame()
    frame = pd.DataFrame(past.history.returns, columns=list(past.tickers))
    if held.options is not None:
        returns = frame[list(held.options.tickers)].to_numpy()
        return line_risk(held.options, returns, held.nav_usd, confidence)
    return position_risk(frame, held.weights, "historical", confidence=confidence)


def _tail(past: Past, held: Held, confidence: float) -> tuple[float, float]:
    if held.positions is None:
        return 0.0, 0.0
    table = _by_ticker(past, held, confidence)
    if table.empty:
        return math.nan, math.nan
    return float(table["component_var"]["book"]), float(table["component_es"]["book"])


def factor_betas(past: Past, before: Held, after: Held) -> pd.DataFrame:
    """Beta of NAV to each factor before and after, and their difference; empty where no factor can be estimated."""
    found = past.responses
    if found is None:
        return pd.DataFrame(columns=["before", "after", "incremental"])
    both = [found.betas.T @ weights_over(held, past.tickers) for held in (before, after)]
    return pd.DataFrame(
        {"before": both[0], "after": both[1], "incremental": both[1] - both[0]},
        index=pd.Index(found.names, name="factor"),
    )


def stresses(
    known: Market, before: Held, after: Held, account: Account, past: Past, scenarios: str, events: tuple[Event, ...]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Every scenario, and every replay of an event known by then: kind, name, before_frac, after_frac of NAV (the worst
    on the way), and whether a margin call follows after; the worst after first."""
    library = load_scenarios(scenarios)
    found: dict[tuple[str, str], list[float]] = {}
    calls: dict[tuple[str, str], bool] = {}
    notes: list[str] = []
    for at, held in enumerate((before, after)):
        if held.positions is None:
            continue
        setting = _setting(held, account, known, past)
        for scenario in library.scenarios:
            applied = apply_to(setting, scenario, lenient=are_shipped(library))
            if applied.scenario is not None:
                result = run_scenario(setting, applied.scenario)
                found.setdefault(("scenario", scenario.name), [0.0, 0.0])[at] = result.worst_frac
                calls[("scenario", scenario.name)] = result.called
        for event in events:
            made = _replayed(setting, event)
            if made is not None and made.result is not None and not made.later:
                found.setdefault(("replay", event.id), [0.0, 0.0])[at] = made.result.worst_frac
                calls[("replay", event.id)] = made.result.called
    rows = [(*key, *pair, calls[key]) for key, pair in found.items()]
    table = pd.DataFrame(rows, columns=["kind", "name", "before_frac", "after_frac", "called_after"])
    return table.sort_values("after_frac", kind="stable", ignore_index=True), tuple(notes)


def _setting(held: Held, account: Account, known: Market, past: Past) -> StressSetting:
    positions = held.positions
    assert positions is not None
    margin = margin_terms(positions, account, known)
    responses = past.responses
    if responses is not None and responses.tickers != positions.tickers:
        responses = fit_responses(known, positions.tickers, len(known.sessions) - 1)
    book = None if held.options is None else held_margin(held.options, held.nav_usd, account, known)
    return StressSetting(positions, margin, responses, known, book)


def _replayed(setting: StressSetting, event: Event, sessions: int | None = None) -> Replay | None:
    """The replay of an event, None for one that nobody knew at the positions' close or that cannot be studied."""
    try:
        return replay(setting, event) if sessions is None else replay(setting, event, sessions)
    except InputError:
        return None


def comparable_pnl(
    known: Market,
    trade: Held,
    account: Account,
    past: Past,
    event: Event | None,
    events: tuple[Event, ...],
    sessions: int,
) -> pd.DataFrame:
    """What the orders would have earned in each earlier event with a tag of this one: event, date, tags, pnl_usd.

    By abnormal returns over `sessions` sessions from the event's first tradable one, costs left out; only events whose
    whole stretch ended by the close of the ticket. Empty without an event.
    """
    columns = ["event", "announced_on", "tags", "pnl_usd"]
    if event is None or trade.positions is None:
        return pd.DataFrame(columns=columns)
    setting, rows = _setting(trade, account, known, past), []
    for other in events:
        shared = [tag for tag in other.tags if tag in event.tags]
        if other.id == event.id or not shared or other.announced_on >= event.announced_on:
            continue
        made = _replayed(setting, other, sessions)
        if made is None or made.result is None or made.reason:
            continue
        rows.append((other.id, str(other.announced_on), ", ".join(shared), made.result.pnl_usd))
    return pd.DataFrame(rows, columns=columns)
