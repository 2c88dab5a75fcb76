"""How each position answers to factors, estimated from what was known at a close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.brief import brief
from hedgebook.universes.calendar import row_up_to
from hedgebook.universes.counted import counted
from hedgebook.universes.exchanges.common import at_common
from hedgebook.universes.market import Market

from ..arrays import Floats
from ..exposure import known as shared
from ..exposure.covariance import sample_covariance
from ..exposure.factor_sets import SPREADS, FactorSet
from ..exposure.factors import PROXIES
from ..exposure.freshness import stale_reason
from ..exposure.known import RATES, WINDOW_SESSIONS
from .lines import line, patterns

WANTED = (*PROXIES, RATES)
LEAST_SESSIONS = 60
# A slope in the tail differs from the whole's by chance, so a smaller difference than this is not believed.
STRESS_FRAC, LEAST_STRESS_SESSIONS, STRESS_ERRORS = 0.05, 20, 2.0


@brief
@dataclass(frozen=True, eq=False)
class Responses:
    """Betas of N tickers on K factors together, and what the factors leave.

    betas, stress_betas: (N, K); stress_betas differ in the market's column only: by how much the slope on the
    market's worst 5 % of all earlier sessions differs from that on all of them, where that is more than two standard
    errors and rests on 20 sessions; covariance: (K, K) of a session;
    residuals: (W, N) over the window, NaN = none; residual_sd: (N,); sessions: (N,) returns behind each row of
    betas, 0 where a bucket's mean stands in; notes: by ticker, what replaced an estimate of its own; left_out: by
    factor, why it has no part.
    """

    tickers: tuple[str, ...]
    names: tuple[str, ...]
    definitions: tuple[str, ...]
    betas: Floats
    stress_betas: Floats
    covariance: Floats
    factor_returns: Floats
    residuals: Floats
    residual_sd: Floats
    sessions: NDArray[np.int64]
    notes: dict[str, str] = field(default_factory=dict)
    stress_notes: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def shock(self, moves: dict[str, float], *, expected: bool = False) -> Floats:
        """(K,): the moves of all factors when some are given, fractions.

        The others stay where they are or, with `expected`, move as their covariance with the given ones says:
        S_on S_nn^-1 moves (Kupiec 1998, Journal of Derivatives 6(1)). Raises ParameterError with the closest name.
        """
        out = np.zeros(len(self.names))
        named = []
        for name, move in moves.items():
            if name not in self.names:
                remedy = did_you_mean(name, self.names)
                if name in self.left_out:
                    remedy = f"It was left out: {self.left_out[name]}."
                raise ParameterError(f"no factor is called {name!r}", where="factors", remedy=remedy)
            named.append(self.names.index(name))
            out[named[-1]] = move
        others = [k for k in range(len(self.names)) if k not in named]
        if expected and others and named:
            s = self.covariance
            out[others] = s[np.ix_(others, named)] @ np.linalg.solve(s[np.ix_(named, named)], out[named])
        return out


def fit_responses(market: Market, tickers: tuple[str, ...], row: int) -> Responses:
    """Betas of tickers over the 250 sessions up to the close of row `row`; nothing later is looked at.

    Over several exchanges those are the last 250 days on which all of them trade, as in `exposure.known.sampled`.
    Factors: those of a run's report (engine.exposure.known) and TLT as it is, as far as their proxies serve. A ticker
    with fewer than 60 returns, or without a close in the last 5 sessions, takes the mean of the bucket's members
    that have them. Raises ParameterError where there is no factor, or no such member.
    """
    whole = market.rows(0, row + 1)
    known = shared.sampled(whole, tickers)
    factors, left_out = _factors(known)
    fitted = _fit(known, tickers, factors, _ended(whole, tickers))
    short = np.flatnonzero(fitted.used == 0).tolist()
    buckets = {bucket for bucket in (known.bucket_of(tickers[i]) for i in short) if bucket is not None}
    mates = {bucket: [m for m in _members(known, bucket) if m in known.columns] for bucket in sorted(buckets)}
    others = tuple(m for members in mates.values() for m in members if m not in set(tickers))
    extra = _fit_mates(whole, known, others, factors)
    betas = np.vstack([fitted.betas, extra.betas])
    stress = np.vstack([fitted.stress, extra.stress])
    deviation = np.concatenate([fitted.residual_sd, extra.residual_sd])
    place = {ticker: i for i, ticker in enumerate((*tickers, *others))}
    usable = np.concatenate([fitted.used, extra.used]) > 0
    notes = {}
    for i in short:
        own = [place[m] for m in mates.get(known.bucket_of(tickers[i]) or "", []) if usable[place[m]]]
        had = int(np.isfinite(known.close_returns([tickers[i]])[-WINDOW_SESSIONS:, 0]).sum())
        why = stale_reason(whole, tickers[i], row) or f"{counted(had, 'return is', 'returns are')} too few"
        if not own:
            raise ParameterError(
                f"{tickers[i]} has too short a history for betas, and no member of its bucket has a longer one",
                where=market.provenance.source,
                value=counted(had, "return"),
                bound=f"{LEAST_SESSIONS} in the {WINDOW_SESSIONS} sessions up to {market.sessions[row]}",
            )
        betas[i], stress[i], deviation[i] = betas[own].mean(axis=0), stress[own].mean(axis=0), deviation[own].mean()
        notes[tickers[i]] = f"{why}: the mean of {len(own)} others of its bucket stands in"
    n = len(tickers)
    moves = factors.returns[-WINDOW_SESSIONS:]
    complete = moves[np.isfinite(moves).all(axis=1)]
    return Responses(
        tickers, factors.names, factors.definitions, betas[:n], stress[:n], sample_covariance(complete), moves,
        fitted.residuals, deviation[:n], fitted.used, notes, fitted.notes, left_out,
    )  # fmt: skip


def known_factors(known: Market) -> FactorSet:
    """The factors at the last close of a market. Raises ParameterError where there is none."""
    return _factors(known)[0]


def _factors(known: Market) -> tuple[FactorSet, dict[str, str]]:
    found = shared.known_factors(known, len(known.sessions) - 1, rates=True)
    factors = found.factors
    recent = None if factors is None else np.isfinite(factors.returns[-WINDOW_SESSIONS:]).all(axis=1)
    if factors is None or recent is None or recent.sum() < LEAST_SESSIONS:
        raise ParameterError(
            "no factor proxy has enough prices",
            where=known.provenance.source,
            value="; ".join(found.left_out.values()) or None,
            bound=f"{', '.join(str(SPREADS[n][0]) for n in WANTED)}, {LEAST_SESSIONS} sessions of one at least",
        )
    return factors, found.left_out


def _members(market: Market, bucket: str) -> list[str]:
    return [member.ticker for member in market.universe.bucket(bucket).members]


@dataclass(eq=False)
class _Fitted:
    betas: Floats
    stress: Floats
    residuals: Floats
    residual_sd: Floats
    used: NDArray[np.int64]
    notes: dict[str, str]


def _ended(whole: Market, tickers: Sequence[str]) -> list[int]:
    """Numbers of the tickers without a close in the last 5 sessions of their exchange."""
    row = len(whole.sessions) - 1
    return [i for i, ticker in enumerate(tickers) if stale_reason(whole, ticker, row) is not None]


def _fit_mates(whole: Market, known: Market, others: tuple[str, ...], factors: FactorSet) -> _Fitted:
    """Tickers that stand in for others: over several exchanges on days of their own, with the same factors."""
    if known is whole or not others:
        return _fit(known, others, factors, _ended(whole, others))
    proxies = tuple(str(SPREADS[name][0]) if name == RATES else PROXIES[name] for name in factors.names)
    own = at_common(whole, (*others, *proxies), home=True)
    row = row_up_to(own.sessions, whole.sessions[-1])
    window = slice(max(1, row + 1 - WINDOW_SESSIONS), row + 1)
    found = shared.factors_over(own, factors.names, window)
    return _fit(own, others, factors if found is None else found, _ended(whole, others))


def _fit(known: Market, tickers: Sequence[str], factors: FactorSet, stale: Sequence[int]) -> _Fitted:
    """Each ticker on the factors over the window, tickers with the same sessions in one solution; none of `stale`."""
    returns = known.close_returns(tickers)
    x, y = factors.returns[-WINDOW_SESSIONS:], returns[-WINDOW_SESSIONS:]
    count, size = len(tickers), x.shape[1]
    betas, used = np.full((count, size), np.nan), np.zeros(count, dtype=np.int64)
    residuals, deviation = np.full(y.shape, np.nan), np.full(count, np.nan)
    complete: NDArray[np.bool_] = np.asarray(np.isfinite(x).all(axis=1))
    there = np.isfinite(y) & complete[:, None]
    there[:, list(stale)] = False
    for rows, columns in patterns(there):
        n = int(rows.sum())
        if n < LEAST_SESSIONS:
            continue
        design = np.column_stack([np.ones(n), x[rows]])
        own = y[np.ix_(rows, columns)]
        found, _, rank, _ = np.linalg.lstsq(design, own, rcond=None)
        if rank < size + 1:
            raise ParameterError("the factors are collinear, so no betas exist", value=", ".join(factors.names))
        left = own - design @ found
        betas[columns], used[columns] = found[1:].T, n
        residuals[np.ix_(rows, columns)] = left
        deviation[columns] = np.sqrt((left**2).sum(axis=0) / (n - size - 1))
    stress, notes = _stress_betas(returns, factors, betas, used)
    return _Fitted(betas, stress, residuals, deviation, used, {tickers[i]: text for i, text in notes.items()})


def _stress_betas(
    returns: Floats, factors: FactorSet, betas: Floats, used: NDArray[np.int64]
) -> tuple[Floats, dict[int, str]]:
    """Betas with the market's changed where its worst sessions say so, and by column why they do not."""
    stress, notes = betas.copy(), dict[int, str]()
    if "market" not in factors.names:
        return stress, notes
    m = factors.column("market")
    x = factors.returns[:, m]
    there = np.isfinite(returns) & np.isfinite(x)[:, None]
    there[:, used == 0] = False
    for rows, columns in patterns(there):
        if not rows.any():
            continue
        y, moves = returns[np.ix_(rows, columns)], x[rows]
        tail = moves <= np.quantile(moves, STRESS_FRAC)
        worst, errors = line(y[tail], moves[tail])
        change = worst - line(y, moves)[0]
        few = int(tail.sum()) < LEAST_STRESS_SESSIONS
        believed = np.abs(change) > STRESS_ERRORS * errors
        why = "its beta in the market's worst sessions does not differ by two standard errors"
        if few:
            why = f"{int(tail.sum())} of the market's worst sessions are too few"
        for j, i in enumerate(columns.tolist()):
            if believed[j] and not few:
                stress[i, m] += change[j]
            else:
                notes[i] = f"{why}: its plain beta is used"
    return stress, notes
