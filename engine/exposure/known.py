"""The factors that risk and runs share: which proxies serve at a close, and what each factor is net of."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from hedgebook.universes.brief import brief
from hedgebook.universes.counted import counted
from hedgebook.universes.exchanges.common import at_common
from hedgebook.universes.market import Market

from ..arrays import Floats
from ..equal import STILL
from .factor_sets import SPREADS, FactorSet
from .factors import PROXIES, FactorModel, definition_of, fit_factor_model
from .freshness import stale_reason

WINDOW_SESSIONS = 250
# A factor needs so many returns of the window, or half of what its best-known proxy has where that is fewer.
LEAST_SESSIONS = 60
SESSIONS_PER_COEFFICIENT = 3
# Of a proxy's deviation: what is left of it below this, after the factors before it, is rounding of prices.
SPANNED_FRAC = 1e-9
# Bonds stand beside the others as they are: their prices answer to yields, which no other factor is meant to hold.
RATES = "rates"
NO_PROXY = "no factor proxy has prices, so no exposure"
SHORT_PROXIES = "the factor proxies have too little history before the news"


@brief
@dataclass(frozen=True, eq=False)
class KnownFactors:
    """Factors as known at a close. factors: on all sessions of the market, None where there are none; window: rows
    that the slopes are estimated on; left_out: factors without a usable proxy, and why."""

    factors: FactorSet | None
    window: slice
    left_out: dict[str, str]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out, in words."""
        return left_out_notes(self.left_out)


def beside_factors(market: Market, tickers: Iterable[str]) -> tuple[str, ...]:
    """Some tickers, and those of the proxies and of the benchmark that a market has prices of, each once."""
    more = (*PROXIES.values(), str(SPREADS[RATES][0]), market.universe.benchmark)
    return tuple(dict.fromkeys((*tickers, *(ticker for ticker in more if ticker in market.columns))))


def sampled(market: Market, tickers: Iterable[str]) -> Market:
    """The days that betas of some tickers rest on: those on which their exchanges, those of the factor proxies and of
    the benchmark, and the first one all trade. A market of one exchange is given back as it is."""
    return market if market.venues is None else at_common(market, beside_factors(market, tickers), home=True)


def sampled_with(market: Market, tickers: Iterable[str], factors: FactorSet) -> tuple[Market, FactorSet]:
    """The days that betas of some tickers rest on, and factors of a market's sessions from one of them to the next."""
    found = sampled(market, tickers)
    return found, factors if found is market else factors.over(found.sessions)


def left_out_notes(left_out: dict[str, str]) -> tuple[str, ...]:
    """One sentence a factor that has no part in any figure."""
    return tuple(f"no factor {name}: {reason}" for name, reason in left_out.items())


def known_factors(market: Market, row: int, *, rates: bool = False) -> KnownFactors:
    """Market, semis, bitcoin and momentum, each net of those before it, by slopes over the 250 sessions up to the
    close of row `row`; with `rates` also TLT as it is. No later price decides anything.

    A factor whose proxy has no prices, too few returns in the window, none lately, or no moves of its own there is left
    out, and those after it are net of what is left. None where fewer than 3 complete sessions a coefficient remain.
    """
    window = slice(max(1, row + 1 - WINDOW_SESSIONS), row + 1)
    wanted = {**PROXIES, **({RATES: str(SPREADS[RATES][0])} if rates else {})}
    names, left_out = usable_factors(market, wanted, window)
    return KnownFactors(factors_over(market, names, window), window, left_out)


def usable_factors(market: Market, proxies: dict[str, str], window: slice) -> tuple[tuple[str, ...], dict[str, str]]:
    """The factors whose proxy serves at the end of the window, in their order, and why the others do not."""
    left_out, counts = {}, {}
    for name, ticker in proxies.items():
        if ticker not in market.columns:
            left_out[name] = f"{ticker} has no prices"
            continue
        counts[name] = int(np.isfinite(market.close_returns([ticker])[window, 0]).sum())
        stale = stale_reason(market, ticker, window.stop - 1)
        if counts[name] and stale:
            left_out[name] = stale
    # Bonds do not decide what the others need, so that a factor is the same whoever asks.
    most = max((n for name, n in counts.items() if name in PROXIES), default=max(counts.values(), default=0))
    need = min(LEAST_SESSIONS, math.ceil(most / 2))
    for name, count in counts.items():
        if count < need or count == 0:
            bound = f"{need} are needed" if need else "none are known"
            last = market.sessions[window.stop - 1]
            left_out[name] = f"{proxies[name]} has {counted(count, 'return')} up to {last}, {bound}"
    left_out |= _without_own_moves(market, {n: t for n, t in proxies.items() if n not in left_out}, window)
    return tuple(name for name in proxies if name not in left_out), left_out


def _without_own_moves(market: Market, proxies: dict[str, str], window: slice) -> dict[str, str]:
    """The factors whose proxy stands still over the window, or moves just as those before it say, and which of the two.

    No slope exists on either. Looked for on the sessions that slopes would be estimated on.
    """
    net = tuple(name for name in proxies if name in PROXIES)
    found: dict[str, str] = {}
    # Bonds come last and only with what is left: they do not decide what the others are.
    for asked in (net, tuple(name for name in proxies if name not in PROXIES)):
        before = tuple(name for name in net if name not in asked and name not in found)
        returns = market.close_returns([proxies[name] for name in (*before, *asked)])[window]
        rows = returns[np.isfinite(returns).all(axis=1)]
        if len(rows) < SESSIONS_PER_COEFFICIENT * (len(net) + 1):
            continue
        moves = rows - rows.mean(axis=0)
        kept = list(range(len(before)))
        for k, name in enumerate(asked, start=len(before)):
            if float(np.abs(moves[:, k]).max()) <= STILL:
                found[name] = f"{proxies[name]} does not move up to {market.sessions[window.stop - 1]}"
            elif kept and _is_spanned(moves[:, k], moves[:, kept]):
                found[name] = f"{proxies[name]} moves only with the factors before it"
            else:
                kept.append(k)
    return found


def _is_spanned(own: Floats, others: Floats) -> bool:
    """Whether (n,) centred returns are a sum of multiples of (n, K) others, but for rounding."""
    left = own - others @ np.linalg.lstsq(others, own, rcond=None)[0]
    return bool(np.linalg.norm(left) <= SPANNED_FRAC * np.linalg.norm(own))


def factors_over(market: Market, names: tuple[str, ...], window: slice) -> FactorSet | None:
    """The factors on all sessions, slopes from the complete sessions of the window; None where those are too few."""
    net = tuple(name for name in names if name in PROXIES)
    plain = tuple(name for name in names if name not in PROXIES)
    tickers = (*(PROXIES[name] for name in net), *(str(SPREADS[name][0]) for name in plain))
    proxies, count = market.close_returns(tickers), len(net)
    decisive = proxies[window, :count] if net else proxies[window]
    complete = np.flatnonzero(np.isfinite(decisive).all(axis=1))
    if not names or len(complete) < SESSIONS_PER_COEFFICIENT * (decisive.shape[1] + 1):
        return None
    model = fit_factor_model(net, proxies[window][complete][:, :count])
    night = day = None
    if market.has_opens:
        night, day = (_netted(model, part, count) for part in _proxy_parts(market, tickers))
    return FactorSet(
        names=(*net, *plain),
        definitions=(*(definition_of(n, net[:k]) for k, n in enumerate(net)), *(str(SPREADS[n][0]) for n in plain)),
        sessions=market.sessions,
        returns=_netted(model, proxies, count),
        overnight=night,
        intraday=day,
        known_at=market.sessions[window.start + complete[-1]],
    )


def _netted(model: FactorModel, proxies: Floats, count: int) -> Floats:
    return np.hstack([model.factors(proxies[:, :count]), proxies[:, count:]])


def _proxy_parts(market: Market, tickers: Iterable[str]) -> tuple[Floats, Floats]:
    """(T, K) each: last close to open, and open to close."""
    at = [market.column(ticker) for ticker in tickers]
    opens, closes = market.open[:, at], market.close[:, at]
    before = np.vstack([np.full((1, len(at)), np.nan), closes[:-1]])
    return opens / before - 1.0, closes / opens - 1.0
