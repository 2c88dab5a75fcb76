"""The rows that a simulation resamples, with an explicit answer to histories that are missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hedgebook.errors import ParameterError, did_you_mean
from hedgebook.universes.brief import brief
from hedgebook.universes.calendar import row_up_to
from hedgebook.universes.exchanges.common import nights_of
from hedgebook.universes.market import Market

from ..arrays import Floats
from ..exposure.known import sampled
from .responses import Responses

Missing = Literal["common", "factor"]
POLICIES: tuple[Missing, ...] = ("common", "factor")
# A simulation resamples LEAST_ROWS sessions or more; a history may be shorter.
HISTORY_SESSIONS, LEAST_ROWS, SHORTEST = 1000, 60, 2


@brief
@dataclass(frozen=True, eq=False)
class History:
    """Rows to resample. returns: (T, N) close to close, without NaN; nights: (T, N) close to open, NaN = unknown;
    sessions: (T,), at whose close each ends; filled: share of the returns that the factor model stands in for, by
    ticker; policy: of them; starts: (T,) days at whose close each begins, over several exchanges, None where that is
    the session before."""

    tickers: tuple[str, ...]
    sessions: NDArray[np.datetime64]
    returns: Floats
    nights: Floats
    filled: dict[str, float]
    policy: Missing
    starts: NDArray[np.datetime64] | None = None


def joint_history(
    market: Market,
    tickers: tuple[str, ...],
    row: int,
    *,
    missing: Missing = "common",
    responses: Responses | None = None,
    most_sessions: int = HISTORY_SESSIONS,
    seed: int = 0,
) -> History:
    """The last `most_sessions` rows up to the close of row `row` in which every ticker has a return.

    Over several exchanges a row spans the days from one to the next on which all of them trade, as in
    `exposure.known.sampled`, and its nights are those before such a day, each from the last close of the ticker's own
    exchange.
    missing="common" leaves out the rows in which one has none, so that the youngest listing decides how far back it
    goes. "factor" keeps all rows that have the factors of `responses` and fills a missing return with the ticker's
    betas times the factors plus one of its own residuals, drawn from the seed; nights are not filled. Raises
    ParameterError for an unknown policy and for fewer than two rows.
    """
    if missing not in POLICIES:
        raise ParameterError("unknown policy", where="missing", value=missing, remedy=did_you_mean(missing, POLICIES))
    given, last = market, market.sessions[row]
    market = sampled(given, tickers)
    stop = row + 1 if market is given else max(1, row_up_to(market.sessions, last) + 1)
    start = max(1, stop - most_sessions)
    returns = market.close_returns(tickers)[start:stop]
    columns = [market.column(ticker) for ticker in tickers]
    nights = market.open[start:stop, columns] / market.close[start - 1 : stop - 1, columns] - 1.0
    if market is not given:
        nights = nights_of(given, tickers, market.sessions[start:stop])
    filled: dict[str, float] = {}
    if missing == "factor":
        returns, filled = _filled(market, tickers, returns, stop - 1, responses, seed)
    kept = np.isfinite(returns).all(axis=1)
    if kept.sum() < SHORTEST:
        shortest = min(tickers, key=lambda t: int(np.isfinite(returns[:, tickers.index(t)]).sum()))
        remedy = f"{shortest} has the shortest history; fill it with missing='factor', or leave it out."
        raise ParameterError(
            "too few sessions have a return of every ticker",
            where=market.provenance.source,
            value=int(kept.sum()),
            bound=f"{SHORTEST} or more up to {last}",
            remedy=remedy if missing == "common" else "Give prices that begin earlier.",
        )
    return History(
        tickers, market.sessions[start:stop][kept], np.ascontiguousarray(returns[kept]),
        np.ascontiguousarray(nights[kept]), filled, missing,
        None if market is given else market.sessions[start - 1 : stop - 1][kept],
    )  # fmt: skip


def series_history(returns: Floats, sessions: NDArray[np.datetime64], name: str) -> History:
    """One series as a history of its own, of any length; NaN left out."""
    kept = np.isfinite(returns)
    table = np.ascontiguousarray(returns[kept][:, None])
    return History((name,), sessions[kept], table, np.full(table.shape, np.nan), {}, "common")


def _filled(
    market: Market, tickers: Sequence[str], returns: Floats, row: int, responses: Responses | None, seed: int
) -> tuple[Floats, dict[str, float]]:
    from .responses import known_factors

    if responses is None:
        raise ParameterError("a factor model is needed to fill returns", where="missing", value="factor")
    factors = known_factors(market.rows(0, row + 1)).returns[row + 1 - len(returns) : row + 1]
    rng = np.random.default_rng(seed)
    out, filled = returns.copy(), {}
    known = np.isfinite(factors).all(axis=1)
    for i, ticker in enumerate(tickers):
        holes = np.flatnonzero(~np.isfinite(returns[:, i]) & known)
        if not len(holes):
            continue
        own = responses.residuals[np.isfinite(responses.residuals[:, i]), i]
        noise = rng.choice(own, len(holes)) if len(own) else rng.standard_normal(len(holes)) * responses.residual_sd[i]
        out[holes, i] = np.maximum(factors[holes] @ responses.betas[i] + noise, -1.0)
        filled[ticker] = len(holes) / len(returns)
    return out, filled
