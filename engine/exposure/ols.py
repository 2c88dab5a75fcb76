"""Ordinary least squares of returns on factors, over the whole sample and over rolling windows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.checks import (
    COLUMN,
    ERROR_TERMS,
    FLAG,
    LIST_OF_NAMES,
    SESSIONS,
    TABLE,
    check_fields,
    maybe,
    one_of,
    takes,
    whole,
)

from ..arrays import Floats
from ..kernels.fits.least_squares import HC0, HC1, HC3, NEWEY_WEST, PLAIN, Fits, FitTerms, Windows
from ..kernels.fits.rolling_ols import REFRESH, fit_by_updates, fit_directly
from ..parallel import in_parallel
from .regression import newey_west_lags


class Errors(StrEnum):
    """How standard errors are estimated.

    plain: equal variances; hc0: White (1980); hc1: times n/(n-k); hc3: residuals over one less the leverage
    (MacKinnon and White 1985); newey_west: Bartlett weights over `lags` (Newey and West 1987).
    """

    PLAIN = "plain"
    HC0 = "hc0"
    HC1 = "hc1"
    HC3 = "hc3"
    NEWEY_WEST = "newey_west"


KINDS = {Errors.PLAIN: PLAIN, Errors.HC0: HC0, Errors.HC1: HC1, Errors.HC3: HC3, Errors.NEWEY_WEST: NEWEY_WEST}


@dataclass(frozen=True)
class ErrorTerms:
    """The kind of standard errors; lags and small_sample (variance times n/(n-k)) are Newey-West's alone.

    lags=None takes floor(4 (n/100)^(2/9)) of the window's length.
    """

    kind: Errors = Errors.PLAIN
    lags: int | None = None
    small_sample: bool = True

    def __post_init__(self) -> None:
        check_fields(self, {"kind": one_of(*Errors), "lags": maybe(whole(most=1_000_000)), "small_sample": FLAG})
        if self.lags is not None and self.lags < 0:
            raise ParameterError("a negative number of lags", where="lags", value=self.lags, bound="0 or more")


@brief
@dataclass(frozen=True, eq=False)
class OlsFit:
    """Least squares of one series: table has a row for the intercept ("const") and each factor, with columns
    coefficient, stderr, tstat; deviation: of the residuals, n - k degrees of freedom; sessions: rows used.

    r_squared: of the fit, a fraction.
    """

    table: pd.DataFrame
    r_squared: float
    deviation: float
    sessions: int


@brief
@dataclass(frozen=True, eq=False)
class RollingFit:
    """Least squares of N assets at each of T sessions, over the window that ends there.

    names: ("const", factors...); coefficients, stderrs: (T, N, K+1); r_squared, deviation: (T, N); sessions:
    (T, N) rows used. NaN where fewer than min_sessions are complete, or the factors are collinear.
    """

    names: tuple[str, ...]
    coefficients: Floats
    stderrs: Floats
    r_squared: Floats
    deviation: Floats
    sessions: NDArray[np.int64]

    @property
    def tstats(self) -> Floats:
        """(T, N, K+1): coefficients over their standard errors."""
        return np.asarray(self.coefficients / self.stderrs)


@takes(returns=COLUMN, factors=TABLE, names=LIST_OF_NAMES, errors=maybe(ERROR_TERMS))
def ols(returns: Floats, factors: Floats, names: tuple[str, ...], errors: ErrorTerms | None = None) -> OlsFit:
    """Least squares of (T,) returns on an intercept and (T, K) factors; rows with a NaN are left out.

    names: of the K factors; errors: the kind of standard errors, None = plain. Raises ParameterError where fewer rows
    than coefficients + 1 are complete or factors are collinear.
    """
    y, x = checked(np.asarray(returns, dtype=np.float64)[:, None], factors, names)
    complete = np.isfinite(x).all(axis=1) & np.isfinite(y[:, 0])
    y, x = np.ascontiguousarray(y[complete]), np.ascontiguousarray(x[complete])
    n, k = x.shape
    if n <= k + 1:
        raise ParameterError("too few complete sessions for a regression", value=n, bound=f"more than {k + 1}")
    fits = _empty(1, k + 1, 1)
    windows = Windows(np.zeros(1, dtype=np.int64), np.full(1, n, dtype=np.int64))
    fit_directly(y, x, windows, _terms(errors or ErrorTerms(), n, n), fits, 0, 1)
    coefficients, stderrs = fits.coefficients[0, :, 0], fits.errors[0, :, 0]
    if not np.isfinite(coefficients).all():
        raise ParameterError(
            "the factors are collinear, so no regression exists",
            where="factors",
            value=", ".join(names),
            remedy="Leave out a factor that others add up to, or that never changes.",
        )
    table = pd.DataFrame(
        {"coefficient": coefficients, "stderr": stderrs, "tstat": coefficients / stderrs},
        index=pd.Index(("const", *names), name="factor"),
    )
    return OlsFit(table, float(fits.r_squared[0, 0]), float(fits.deviation[0, 0]), n)


@takes(
    returns=TABLE,
    factors=TABLE,
    names=LIST_OF_NAMES,
    window=SESSIONS,
    min_sessions=maybe(SESSIONS),
    errors=maybe(ERROR_TERMS),
)
def rolling_ols(
    returns: Floats,
    factors: Floats,
    names: tuple[str, ...],
    window: int,
    *,
    min_sessions: int | None = None,
    errors: ErrorTerms | None = None,
) -> RollingFit:
    """Least squares of (T, N) returns on an intercept and (T, K) factors over the `window` sessions up to each.

    A session without all factors counts for no asset, one without an asset's return not for that asset; min_sessions:
    complete sessions that a fit needs (None: all of the window). The fit at row t uses rows up to and with t. Runs on
    all cores. names: of the K factors; errors: the kind of standard errors, None = plain. Raises ParameterError for
    shapes or a window that cannot work.
    """
    y, x = checked(returns, factors, names)
    sessions, k = x.shape
    least = window if min_sessions is None else min_sessions
    if not k + 2 <= least <= window:
        raise ParameterError(
            "a window needs more sessions than coefficients",
            where="window, min_sessions",
            value=f"{window}, {least}",
            bound=f"{k + 2} <= min_sessions <= window",
        )
    terms = _terms(errors or ErrorTerms(), window, least)
    complete = np.isfinite(x).all(axis=1)
    before = np.concatenate([[0], np.cumsum(complete)])
    stop = np.arange(1, sessions + 1)
    windows = Windows(before[np.maximum(stop - window, 0)], before[stop])
    if not complete.all():
        y, x = y[complete], x[complete]
    fits = _empty(sessions, k + 1, y.shape[1])
    run = fit_by_updates if terms.kind == PLAIN else fit_directly
    in_parallel(lambda a, b: run(y, x, windows, terms, fits, a, b), sessions, REFRESH)
    return RollingFit(
        names=("const", *names),
        coefficients=fits.coefficients.transpose(0, 2, 1),
        stderrs=fits.errors.transpose(0, 2, 1),
        r_squared=fits.r_squared,
        deviation=fits.deviation,
        sessions=fits.sessions,
    )


def checked(returns: Floats, factors: Floats, names: tuple[str, ...]) -> tuple[Floats, Floats]:
    """(T, N) returns and (T, K) factors as C-ordered arrays. Raises ParameterError where shapes do not fit."""
    y = np.ascontiguousarray(returns, dtype=np.float64)
    x = np.ascontiguousarray(factors, dtype=np.float64)
    if y.ndim != 2 or x.ndim != 2 or len(y) != len(x) or x.shape[1] != len(names):
        raise ParameterError(
            "returns, factors and names do not fit together",
            value=f"{y.shape}, {x.shape}, {len(names)} names",
            bound="(T, N) returns, (T, K) factors and K names",
        )
    return y, x


def _terms(errors: ErrorTerms, window: int, least: int) -> FitTerms:
    lags = newey_west_lags(window) if errors.lags is None else errors.lags
    return FitTerms(KINDS[Errors(errors.kind)], lags, errors.small_sample, least)


def _empty(windows: int, coefficients: int, assets: int) -> Fits:
    return Fits(
        coefficients=np.empty((windows, coefficients, assets)),
        errors=np.empty((windows, coefficients, assets)),
        r_squared=np.empty((windows, assets)),
        deviation=np.empty((windows, assets)),
        sessions=np.empty((windows, assets), dtype=np.int64),
    )
