"""All sets of delta, days and width of every structure, and how much of the best one is luck."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hedgebook.engine.arrays import Floats
from hedgebook.engine.sweep.overfitting.sharpe import SharpeEstimate, deflated_sharpe
from hedgebook.engine.sweep.overfitting.superiority import superiority
from hedgebook.errors import ParameterError
from hedgebook.universes.counted import counted

from .ledger import LedgerTerms, paths_by_ledger
from .request import ExpressAsked
from .result import SweptLuck
from .size import MULTIPLIER, Held
from .structures import BY_NAME, PLAIN
from .workshop import Workshop, every_terms

# Resampling tests of fewer sessions say nothing.
LEAST_SESSIONS = 20
DRAWS = 2_000
COLUMNS = ("structure", "delta", "days", "width_frac", "equal", "contracts", "pnl_usd", "sharpe", "drawdown_usd")


def swept_luck(shop: Workshop, asked: ExpressAsked, names: Sequence[str], ledger: LedgerTerms) -> SweptLuck:
    """Size and run every distinct set, and test the best against the leg in shares.

    Each set is in the ledger what its single run is; the legs in shares are those of the trade's own run.
    """
    rows: list[tuple[str, dict[str, float], str]] = []
    holds: list[Held] = []
    seen = set()
    for terms in every_terms(asked):
        given = {"delta": terms.delta, "days": float(terms.days), "width": terms.width_frac}
        for name in names:
            held, how = shop.sized(BY_NAME[name], terms)
            # What spends the premium of the long option depends on that one's delta too.
            of = {*BY_NAME[name].parameters, *(("delta", "days") if how == "premium" else ())}
            used = {one: value if one in of else np.nan for one, value in given.items()}
            key = (name, *(given[one] for one in sorted(of)))
            if key in seen:
                continue
            seen.add(key)
            rows.append((name, used, how))
            holds.append(held)
    paths = paths_by_ledger(holds, shop.yard, ledger)
    for k, held in enumerate(holds):
        if not held.options.any():
            paths[k] = shop.outcome(held).path
    told = [_row(*row, held, path) for row, held, path in zip(rows, holds, paths, strict=True)]
    table = pd.DataFrame(told, columns=list(COLUMNS))
    returns = np.diff(paths, prepend=0.0, axis=1).T / shop.capital_usd
    return _judged(table, np.ascontiguousarray(returns), asked.seed)


def _row(name: str, used: dict[str, float], how: str, held: Held, path: Floats) -> tuple[str | float, ...]:
    steps = np.diff(path, prepend=0.0)
    top = np.maximum.accumulate(np.maximum(path, 0.0))
    ratio = float(steps.mean() / steps.std(ddof=1)) if len(steps) > 2 and steps.std() > 0.0 else np.nan
    contracts = float(np.abs(held.options).sum() / MULTIPLIER)
    end, fall = float(path[-1]), float((top - path).max())
    return name, used["delta"], used["days"], used["width"], how, contracts, end, ratio, fall


def _judged(table: pd.DataFrame, returns: Floats, seed: int) -> SweptLuck:
    """How likely such a best is by luck, held against each set's own leg in shares."""
    options = np.flatnonzero(~table["structure"].isin(PLAIN.values()))
    best = int(options[int(np.argmax(table["pnl_usd"].to_numpy()[options]))]) if options.size else 0
    plain = {str(name): k for k, name in enumerate(table["structure"]) if name in PLAIN.values()}
    against = [plain[PLAIN[BY_NAME[str(name)].leg]] for name in table["structure"]]
    excess = (returns - returns[:, against])[:, options]
    _, first = np.unique(np.round(returns[:, options], 14), axis=1, return_index=True)
    told: dict[str, float] = {"spa_p": np.nan, "deflated": np.nan}
    sessions, why = len(returns), ""
    if sessions < LEAST_SESSIONS:
        few = counted(sessions, "session is", "sessions are")
        why = f"{few} too few to tell skill from luck; {LEAST_SESSIONS} are the least"
    elif first.size < 2:
        why = "there is only one set"
    else:
        try:
            told["spa_p"] = superiority(excess[:, np.sort(first)], draws=DRAWS, seed=seed).spa_consistent
            ratios = table["sharpe"].to_numpy()[options][np.sort(first)]
            estimate = SharpeEstimate.of_returns(returns[:, best])
            known = ratios[np.isfinite(ratios)]
            found = deflated_sharpe(estimate, trials=len(known), sharpe_variance=float(np.var(known, ddof=1)))
            told["deflated"] = found.probability
        except ParameterError as problem:
            why = problem.what
    return SweptLuck(table, best, int(first.size), told["spa_p"], told["deflated"], sessions, why)
