"""How each position answers to factors, estimated from what was known at a close."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.market import Market

from ..exposure.conditional import conditional_betas
from ..exposure.covariance import sample_covariance
from ..exposure.factor_sets import SPREADS, FactorSet, etf_factors
from ..exposure.ols import ols

Floats = NDArray[np.float64]
WANTED = ("market", "semis", "momentum", "bitcoin", "rates")
WINDOW_SESSIONS, LEAST_SESSIONS = 250, 60
# A slope in the tail differs from the whole's by chance, so a smaller difference than this is not believed.
STRESS_FRAC, LEAST_STRESS_SESSIONS, STRESS_ERRORS = 0.05, 20, 2.0


@dataclass(frozen=True, eq=False)
class Responses:
    """Betas of N tickers on K factors together, and what the factors leave.

    betas, stress_betas: (N, K); stress_betas differ in the market's column only: by how much the slope on the
    market's worst 5 % of all earlier sessions differs from that on all of them, where that is more than two standard
    errors and rests on 20 sessions; covariance: (K, K) of a session;
    residuals: (W, N) over the window, NaN = none; residual_sd: (N,); sessions: (N,) returns behind each row of
    betas, 0 where a bucket's mean stands in; notes: by ticker, what replaced an estimate of its own.
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
                if name in SPREADS:
                    remedy = f"These prices have no {' and '.join(t for t in SPREADS[name] if t)} long enough."
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

    Factors: SPY, SMH net of SPY, MTUM less SPY, IBIT and TLT, those that have 60 returns in the window. A ticker
    with fewer than 60 takes the mean of the bucket's members that have them. Raises ParameterError where there is
    no factor, or no such member.
    """
    known = market.rows(0, row + 1)
    factors = known_factors(known)
    returns = known.close_returns(tickers)
    mates = sorted({mate for t in tickers for mate in _mates(known, t)} - set(tickers))
    table = np.hstack([returns, known.close_returns(mates)]) if mates else returns
    fitted = _fit(table, factors, len(tickers))
    everyone = (*tickers, *mates)
    betas, stress, used = fitted.betas, fitted.stress, fitted.used
    notes = {}
    stress_notes = {everyone[i]: text for i, text in fitted.stress_notes.items() if i < len(tickers)}
    for i, ticker in enumerate(tickers):
        if used[i] > 0:
            continue
        own = [j for j, mate in enumerate(everyone) if used[j] > 0 and j != i and mate in _mates(known, ticker)]
        had = int(np.isfinite(returns[-WINDOW_SESSIONS:, i]).sum())
        if not own:
            raise ParameterError(
                f"{ticker} has too short a history for betas, and no member of its bucket has a longer one",
                where=market.provenance.source,
                value=f"{had} returns",
                bound=f"{LEAST_SESSIONS} in the {WINDOW_SESSIONS} sessions up to {market.sessions[row]}",
            )
        betas[i], stress[i] = betas[own].mean(axis=0), stress[own].mean(axis=0)
        fitted.residual_sd[i] = fitted.residual_sd[own].mean()
        notes[ticker] = f"{had} returns are too few: the mean of {len(own)} others of its bucket stands in"
        stress_notes.pop(ticker, None)
    n = len(tickers)
    return Responses(
        tickers, factors.names, factors.definitions, betas[:n], stress[:n], fitted.covariance,
        fitted.factor_returns, fitted.residuals[:, :n], fitted.residual_sd[:n], used[:n], notes, stress_notes,
    )  # fmt: skip


def known_factors(known: Market) -> FactorSet:
    """The factors with 60 returns or more in the last 250 sessions. Raises ParameterError where there is none."""
    priced = [n for n in WANTED if all(t is None or t in known.columns for t in SPREADS[n])]
    kept: list[str] = []
    for name in priced:
        tickers = [t for t in SPREADS[name] if t]
        recent = known.close_returns(tickers)[-WINDOW_SESSIONS:]
        if np.isfinite(recent).all(axis=1).sum() >= LEAST_SESSIONS:
            kept.append(name)
    if "semis" in kept and "SPY" not in known.columns:
        kept.remove("semis")
    if not kept:
        raise ParameterError(
            "no factor proxy has enough prices",
            where=known.provenance.source,
            bound=f"{', '.join(str(SPREADS[n][0]) for n in WANTED)}, {LEAST_SESSIONS} sessions of one at least",
        )
    return etf_factors(known, tuple(kept))


def _mates(market: Market, ticker: str) -> list[str]:
    """Members of a ticker's bucket that have prices, the ticker among them."""
    bucket = market.bucket_of(ticker)
    if bucket is None:
        return []
    return [m.ticker for m in market.universe.bucket(bucket).members if m.ticker in market.columns]


@dataclass(eq=False)
class _Fitted:
    betas: Floats
    stress: Floats
    covariance: Floats
    factor_returns: Floats
    residuals: Floats
    residual_sd: Floats
    used: NDArray[np.int64]
    stress_notes: dict[int, str]


def _fit(returns: Floats, factors: FactorSet, noted: int) -> _Fitted:
    window = slice(max(0, len(returns) - WINDOW_SESSIONS), len(returns))
    x, y = factors.returns[window], returns[window]
    count, size = y.shape[1], x.shape[1]
    betas, used = np.full((count, size), np.nan), np.zeros(count, dtype=np.int64)
    residuals, deviation = np.full(y.shape, np.nan), np.full(count, np.nan)
    for i in range(count):
        both = np.isfinite(y[:, i]) & np.isfinite(x).all(axis=1)
        if both.sum() < LEAST_SESSIONS:
            continue
        fit = ols(y[:, i], x, factors.names)
        slopes = fit.table["coefficient"].to_numpy()
        betas[i], used[i] = slopes[1:], int(both.sum())
        residuals[both, i] = y[both, i] - slopes[0] - x[both] @ slopes[1:]
        deviation[i] = np.sqrt((residuals[both, i] ** 2).sum() / (both.sum() - size - 1))
    stress, notes = betas.copy(), {}
    if "market" in factors.names:
        m = factors.column("market")
        for i in range(count):
            if used[i] == 0:
                continue
            found = conditional_betas(returns[:, i], factors.returns[:, m], stress_fracs=(STRESS_FRAC,))
            tail = found.iloc[-1]
            change = float(tail["beta"] - found.loc["all", "beta"])
            if tail["sessions"] < LEAST_STRESS_SESSIONS:
                why = f"{int(tail['sessions'])} of the market's worst sessions are too few"
            elif not abs(change) > STRESS_ERRORS * float(tail["stderr"]):
                why = "its beta in the market's worst sessions does not differ by two standard errors"
            else:
                stress[i, m] += change
                continue
            if i < noted:
                notes[i] = f"{why}: its plain beta is used"
    complete = x[np.isfinite(x).all(axis=1)]
    return _Fitted(betas, stress, sample_covariance(complete), x, residuals, deviation, used, notes)
