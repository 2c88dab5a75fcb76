"""A hedged book as one JSON-ready value, and as tables for files."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.strategies.book.effect import HedgeEffect
from hedgebook.strategies.book.path import Decision
from hedgebook.strategies.book.result import BookRun, WindowRun

from ..page.json import SIMULATED_NOTE, plain, versions
from ..page.undefined import reasoned
from .options import options_summary


def summarise_book(run: BookRun) -> dict[str, Any]:
    """Everything about a hedged book that fits in one JSON object.

    Amounts in USD, returns, weights and drawdowns as fractions, not rounded; None where a figure is undefined. P&L
    is negative for costs and adds up: book, hedge, trading, borrow and interest to together. Target positions are
    negative for shorts.
    """
    values = {
        "book": {
            "source": run.book.source,
            "unit": run.book.unit,
            "holdings": run.book.amounts,
            **({"options": {str(one): n for one, n in run.book.options.items()}} if run.book.options else {}),
            "cash": run.asked.cash if run.asked.cash is not None else run.book.cash_usd,
        },
        "note": SIMULATED_NOTE if run.market.provenance.simulated else None,
        "parameters": run.asked.parameters(),
        "costs_name": run.costs.name,
        "account": run.account.name,
        **_effect(run.effect),
        "pnl": run.pnl,
        "base": run.base_usd,
        "cost_of_hedging": run.cost_usd,
        "traded": run.traded_usd,
        "turnover": run.traded_usd / sum(w.capital.base for w in run.windows),
        **({"options": options_summary(run)} if run.in_shares else {}),
        "windows": [_window(window) for window in run.windows],
        "worst_days": run.worst_days().to_dict("records"),
        "data": asdict(run.market.provenance),
        "warnings": list(run.warnings),
        "versions": versions(),
    }
    return reasoned(plain(values))


def _effect(effect: HedgeEffect) -> dict[str, Any]:
    names = {"sessions": "out_of_sample_sessions", "effectiveness": "hedge_effectiveness"}
    return {names.get(name, name): value for name, value in asdict(effect).items()}


def _window(run: WindowRun) -> dict[str, Any]:
    book, hedged = run.drawdowns
    return {
        "name": run.name,
        "event": run.window.event.headline if run.window.event else None,
        "first": run.sessions[0],
        "last": run.sessions[-1],
        "net": run.capital.net,
        "gross": run.capital.gross,
        "cash": run.capital.cash,
        "capital": run.capital.usd,
        "base": run.capital.base,
        **_effect(run.effect),
        "pnl": {name: float(x) for name, x in run.pnl.sum().items()},
        "max_drawdown_book": book,
        "max_drawdown_hedged": hedged,
        "traded": run.traded_usd,
        "decisions": [_decision(decision) for decision in run.decisions],
    }


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "decided_at_close_of": decision.session,
        "book_gross": decision.book_usd,
        "nav": decision.nav,
        "asked": decision.asked_usd,
        "target": decision.target_usd,
        "capped": decision.capped,
        "in_sample_effectiveness": decision.in_sample,
        "lookback_sessions": decision.sessions,
        "left_out": decision.left_out,
    }


def sessions_frame(run: BookRun) -> pd.DataFrame:
    """One row for each session of each window: P&L by part, levels and returns; USD and fractions."""
    frames = []
    for w in run.windows:
        frame = w.pnl.copy()
        frame["nav_alone"] = w.alone.record.days["nav_close"]
        frame["nav_hedged"] = w.hedged.record.days["nav_close"]
        frame["return_alone"], frame["return_hedged"] = w.returns["book"], w.returns["hedged"]
        frame.insert(0, "window", w.name)
        frames.append(frame.rename_axis("session").reset_index())
    return pd.concat(frames, ignore_index=True)


def positions_frame(run: BookRun) -> pd.DataFrame:
    """One row for each instrument held at a close: window, session, ticker, USD and weight of NAV."""
    frames = []
    for w in run.windows:
        t, i = np.nonzero(w.hedge_values.to_numpy())
        columns = {
            "window": [w.name] * len(t),
            "session": w.sessions[t],
            "ticker": w.hedge_values.columns[i].astype(str),
            "value": w.hedge_values.to_numpy()[t, i],
            "weight": w.hedge_weights.to_numpy()[t, i],
        }
        frames.append(pd.DataFrame(columns))
    return pd.DataFrame(pd.concat(frames, ignore_index=True))


def fills_frame(run: BookRun) -> pd.DataFrame:
    """Every fill of the hedged runs with its window."""
    frames = [w.hedged.fills.assign(window=w.name) for w in run.windows]
    return pd.DataFrame(pd.concat(frames, ignore_index=True))
