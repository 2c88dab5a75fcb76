"""All sets of delta, days and width of every structure, and how much of the best one is luck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from hedgebook.engine.arrays import Floats, Ints
from hedgebook.engine.sweep.overfitting.sharpe import SharpeEstimate, deflated_sharpe
from hedgebook.engine.sweep.overfitting.superiority import superiority
from hedgebook.errors import ParameterError
from hedgebook.universes.counted import counted

from .expired import sets_expired
from .ledger import LedgerTerms, paths_by_ledger
from .outcome import shares_path
from .request import ExpressAsked
from .result import SweptLuck
from .size import MULTIPLIER, Held
from .structures import BY_NAME, PLAIN, Structure
from .terms import Terms, swept_terms
from .workshop import Words, Workshop, chosen

# Resampling tests of fewer sessions say nothing.
LEAST_SESSIONS = 20
DRAWS = 2_000
# Below a part in 1e14 of the capital returns are the same.
DIGITS = 14


def swept_luck(shop: Workshop, asked: ExpressAsked, names: Sequence[str], ledger: LedgerTerms) -> SweptLuck:
    """Size and run every distinct set, and test the best against the leg in shares.

    Each set is in the ledger what its single run is; sets that hold the same are run once. The legs in shares are
    those of the trade's own run.
    """
    tables: list[pd.DataFrame] = []
    distinct: list[Held] = []
    same: list[Ints] = []
    count = left_out = 0
    for name in names:
        structure = BY_NAME[name]
        terms = swept_terms(asked, structure.sized_by)
        listed = (chosen(shop.boards, structure, terms)[0] >= 0).all(axis=1)
        left_out += int((~listed).sum())
        terms = terms.some(np.flatnonzero(listed).astype(np.int64))
        held, how = shop.sized(structure, terms)
        table, kept = _told(structure, terms, held, how)
        early = sets_expired(held, shop.boards.quotes.contracts, ledger.sessions[-1])
        table["expires_before_exit"] = early[kept]
        first, back = alike(held.some(kept))
        tables.append(table)
        distinct.append(held.some(kept[first]))
        same.append(count + back)
        count += len(first)
    paths = paths_by_ledger(distinct, shop.boards, ledger)
    alone = np.concatenate([(one.options == 0.0).all(axis=1) for one in distinct])
    shares = np.concatenate([one.shares for one in distinct])
    for k in np.flatnonzero(alone):
        paths[k] = shares_path(shop.stock, shares[k])
    which = np.concatenate(same)
    table = pd.concat(tables, ignore_index=True)
    figures = _figures(paths)
    for name, values in figures.items():
        table[name] = values[which]
    table["same_as"] = np.unique(which, return_index=True)[1][which]
    returns = np.diff(paths, prepend=0.0, axis=1) / shop.capital_usd
    return replace(_judged(table, which, returns, figures["sharpe"], asked.seed), left_out=left_out)


def _told(structure: Structure, terms: Terms, held: Held, how: Words) -> tuple[pd.DataFrame, Ints]:
    """A row for each set that differs in a parameter that it uses, and which sets these are."""
    frame = pd.DataFrame(
        {
            "structure": structure.name,
            "delta": terms.delta,
            "days": terms.days.astype(np.float64),
            "width_frac": terms.width_frac,
            "equal": how.astype(object),
            "contracts": np.abs(held.options).sum(axis=1) / MULTIPLIER,
        }
    )
    by_premium = (how == "premium") & bool(structure.options)
    for column, name in (("delta", "delta"), ("days", "days"), ("width_frac", "width")):
        # What spends the premium of the long option depends on that one's delta and days too.
        unused = ~by_premium if name in ("delta", "days") else np.ones(terms.count, dtype=np.bool_)
        if name not in structure.parameters:
            frame.loc[unused, column] = np.nan
    kept: Ints = np.flatnonzero(~frame.duplicated(["delta", "days", "width_frac"]).to_numpy()).astype(np.int64)
    return frame.iloc[kept].copy(), kept


def alike(held: Held) -> tuple[Ints, Ints]:
    """The first of each distinct position, and which of these every set holds."""
    columns = [held.places.astype(np.float64), held.options, held.shares]
    return distinct_rows(np.concatenate(columns, axis=1))


def distinct_rows(values: Floats) -> tuple[Ints, Ints]:
    """The first row of each kind of (n, k) numbers, and of which of these kinds every row is. By their bytes: columns
    compared one by one took a hundred times as long."""
    rows = np.ascontiguousarray(values + 0.0)  # no zero with a sign
    _, first, back = np.unique(rows.view(f"V{rows.itemsize * rows.shape[1]}"), return_index=True, return_inverse=True)
    return np.asarray(first, dtype=np.int64), np.asarray(back.ravel(), dtype=np.int64)


def _figures(paths: Floats) -> dict[str, Floats]:
    """P&L, Sharpe ratio a session and drawdown of (H, S) cumulative P&L; the ratio NaN where nothing moves."""
    steps = np.diff(paths, prepend=0.0, axis=1)
    deviation = steps.std(axis=1, ddof=1) if steps.shape[1] > 2 else np.zeros(len(steps))
    moving = deviation > 0.0
    ratio = np.full(len(steps), np.nan)
    np.divide(steps.mean(axis=1), deviation, out=ratio, where=moving)
    top = np.maximum.accumulate(np.maximum(paths, 0.0), axis=1)
    return {"pnl_usd": paths[:, -1], "sharpe": ratio, "drawdown_usd": (top - paths).max(axis=1)}


def _judged(table: pd.DataFrame, which: Ints, returns: Floats, ratios: Floats, seed: int) -> SweptLuck:
    """How likely such a best is by luck, held against each set's own leg in shares.

    which: of each row its row of the returns (H, T) and Sharpe ratios (H,) of distinct positions.
    """
    structures = table["structure"].to_numpy()
    options = np.flatnonzero(~np.isin(structures, list(PLAIN.values())))
    best = int(options[int(np.argmax(table["pnl_usd"].to_numpy()[options]))]) if options.size else 0
    rows = np.unique(which[options])
    rows = rows[np.sort(distinct_rows(np.round(returns[rows], DIGITS))[0])]
    told: dict[str, float] = {"spa_p": np.nan, "deflated": np.nan}
    sessions, why = returns.shape[1], ""
    if sessions < LEAST_SESSIONS:
        few = counted(sessions, "session is", "sessions are")
        why = f"{few} too few to tell skill from luck; {LEAST_SESSIONS} are the least"
    elif rows.size < 2:
        why = "there is only one set"
    else:
        # The row of the table that holds each says of which structure it is, and so beside which leg in shares.
        first = np.unique(which, return_index=True)[1]
        shares = {one: which[structures == PLAIN[BY_NAME[one].leg]][0] for one in np.unique(structures[options])}
        plain = [shares[one] for one in structures[first[rows]]]
        try:
            told["spa_p"] = superiority((returns[rows] - returns[plain]).T, draws=DRAWS, seed=seed).spa_consistent
            known = ratios[rows][np.isfinite(ratios[rows])]
            estimate = SharpeEstimate.of_returns(returns[which[best]])
            found = deflated_sharpe(estimate, trials=len(known), sharpe_variance=float(np.var(known, ddof=1)))
            told["deflated"] = found.probability
        except ParameterError as problem:
            why = problem.what
    return SweptLuck(table, best, int(rows.size), told["spa_p"], told["deflated"], sessions, why)
