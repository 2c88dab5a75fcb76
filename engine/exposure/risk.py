"""Whose risk it is: contributions to volatility by ticker, bucket and factor, which add up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief

from ..arrays import Floats
from .covariance import FactorModelRisk


@brief
@dataclass(frozen=True, eq=False)
class RiskByTicker:
    """Volatility of a portfolio and its parts, in the units of the covariance (per session, unless annualised).

    table: rows are tickers; weight, marginal = (Cw)_i / volatility, contribution = weight * marginal, share =
    contribution / volatility. Contributions add up to the volatility (Euler), shares to 1; NaN when it is 0.
    """

    volatility: float
    table: pd.DataFrame

    def by(self, groups: Sequence[str]) -> pd.DataFrame:
        """Weights, contributions and shares summed by group, one name for each ticker in order.

        groups: (N,) names. Raises ParameterError for another number of them.
        """
        if len(groups) != len(self.table):
            raise ParameterError("one group for each ticker is needed", where="groups", value=len(groups))
        return self.table[["weight", "contribution", "share"]].groupby(list(groups), sort=False).sum()


@brief
@dataclass(frozen=True, eq=False)
class RiskByFactor:
    """Volatility of a portfolio split by a factor model.

    factor_variance, specific_variance: add up to the variance; table: rows are factors and "specific", columns
    exposure (NaN for specific), contribution, share; contributions add up to the volatility; specific: by ticker.
    """

    volatility: float
    factor_variance: float
    specific_variance: float
    table: pd.DataFrame
    specific: pd.Series[float]


def risk_by_ticker(weights: Floats, covariance: Floats, tickers: Sequence[str]) -> RiskByTicker:
    """Split sqrt(w'Cw) by ticker. Raises ParameterError for shapes that do not fit or values that are not finite.

    weights: (N,) fractions of NAV; covariance: (N, N) of returns; tickers: (N,) names. Source: Euler's theorem for
    functions of degree one; Litterman (1996), Hot Spots and Hedges.
    """
    w, c = _checked(weights, covariance, len(tickers))
    pull = c @ w
    volatility = math.sqrt(max(float(w @ pull), 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        marginal = pull / volatility
        share = w * marginal / volatility
    table = pd.DataFrame(
        {"weight": w, "marginal": marginal, "contribution": w * marginal, "share": share},
        index=pd.Index(list(tickers), name="ticker"),
    )
    return RiskByTicker(volatility, table)


def risk_by_factor(weights: Floats, model: FactorModelRisk, tickers: Sequence[str]) -> RiskByFactor:
    """Split sqrt(w'(BFB' + D)w) by factor and what is specific to each ticker.

    A factor's contribution is exposure * (F exposure)_k / volatility, so that what two factors share is split between
    them. weights: (N,) fractions of NAV; model: as factor_model_risk gives; tickers: (N,) names. Raises as
    risk_by_ticker does.
    """
    w, _ = _checked(weights, model.covariance, len(tickers))
    exposure = model.betas.T @ w
    pull = model.factor_covariance @ exposure
    own = w**2 * model.specific
    factor_variance, specific_variance = float(exposure @ pull), float(own.sum())
    volatility = math.sqrt(max(factor_variance + specific_variance, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        contribution = np.append(exposure * pull, specific_variance) / np.float64(volatility)
        share = contribution / np.float64(volatility)
        specific = own / np.float64(volatility)
    table = pd.DataFrame(
        {"exposure": np.append(exposure, np.nan), "contribution": contribution, "share": share},
        index=pd.Index([*model.names, "specific"], name="factor"),
    )
    return RiskByFactor(
        volatility,
        factor_variance,
        specific_variance,
        table,
        pd.Series(specific, index=pd.Index(list(tickers), name="ticker"), name="contribution"),
    )


def _checked(weights: Floats, covariance: Floats, tickers: int) -> tuple[Floats, Floats]:
    w, c = np.asarray(weights, dtype=np.float64), np.asarray(covariance, dtype=np.float64)
    if w.shape != (tickers,) or c.shape != (tickers, tickers):
        raise ParameterError(
            "weights, covariance and tickers do not fit together", value=f"{w.shape}, {c.shape}, {tickers} tickers"
        )
    if not (np.isfinite(w).all() and np.isfinite(c).all()):
        raise ParameterError("weights and covariance must be finite", where="weights, covariance")
    return w, c
