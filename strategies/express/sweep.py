"""All sets of delta, days and width of every structure, and how much of the best one is luck."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hedgebook.engine.arrays import Floats
from hedgebook.engine.sweep.overfitting.sharpe import SharpeEstimate, deflated_sharpe
from hedgebook.engine.sweep.overfitting.superiority import superiority
from hedgebook.errors import ParameterError

from .request import ExpressAsked
from .result import SweptLuck
from .structures import BY_NAME, PLAIN
from .workshop import Workshop, every_terms

# Resampling tests of fewer sessions say nothing.
LEAST_SESSIONS = 20
DRAWS = 2_000
COLUMNS = ("structure", "delta", "days", "width_frac", "equal", "contracts", "pnl_usd", "sharpe", "drawdown_usd")


def swept_luck(shop: Workshop, asked: ExpressAsked, names: Sequence[str]) -> SweptLuck:
    """Size and run every distinct set, and test the best against the leg in shares. Each set equals its single run."""
    rows, paths, seen = [], [], set()
    for terms in every_terms(asked):
        given = {"delta": terms.delta, "days": float(terms.days), "width": terms.width_frac}
        for name in names:
            structure = BY_NAME[name]
            key = (name, *(given[one] for one in structure.parameters))
            if key in seen:
                continue
            seen.add(key)
            held, how = shop.sized(structure, terms)
            path = shop.outcome(held).path
            used = {one: given[one] if one in structure.parameters else np.nan for one in given}
            steps = np.diff(path, prepend=0.0)
            top = np.maximum.accumulate(np.maximum(path, 0.0))
            contracts = float(np.abs(held.options).sum() / 100.0)
            ratio = float(steps.mean() / steps.std(ddof=1)) if len(steps) > 2 and steps.std() > 0.0 else np.nan
            rows.append(
                (name, used["delta"], used["days"], used["width"], how, contracts, path[-1], ratio, (top - path).max())
            )
            paths.append(steps / shop.capital_usd)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return _judged(table, np.column_stack(paths), asked.seed)


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
        why = f"{sessions} sessions are too few to tell skill from luck; {LEAST_SESSIONS} are the least"
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
