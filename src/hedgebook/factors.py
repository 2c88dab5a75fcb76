"""What moves a return series or a book: factors, regressions on them, and covariances.

Returns and factors are (T,) and (T, K) arrays of simple fractions; a row with a NaN is left out of a regression.
Factors come from a market (`etf_factors`, `default_factors`), a file of Fama and French (`load_fama_french`) or your
own series (`custom_factors`).

>>> import numpy as np
>>> from hedgebook import factors
>>> market = np.array([0.01, -0.02, 0.03, 0.00, -0.01])
>>> noise = np.array([1.0, -1.0, 0.0, -1.0, 1.0]) * 1e-4
>>> fit = factors.ols(0.001 + 1.5 * market + noise, market[:, None], ("market",))
>>> fit.table["coefficient"].round(2).to_dict()
{'const': 0.0, 'market': 1.5}
>>> fit.sessions
5
>>> shrunk = factors.ridge(0.001 + 1.5 * market, market[:, None], ("market",), 5.0)
>>> float(shrunk["market"].round(4))
0.75
>>> factors.newey_west_lags(250)
4
"""

from hedgebook.engine.exposure.attribution import FactorPnl, attribute_pnl
from hedgebook.engine.exposure.bandwidth import newey_west_bandwidth
from hedgebook.engine.exposure.conditional import conditional_betas
from hedgebook.engine.exposure.covariance import (
    FactorModelRisk,
    ewma_covariance,
    factor_model_risk,
    ledoit_wolf_covariance,
    sample_covariance,
)
from hedgebook.engine.exposure.factor_file import Loadings, load_factors, load_loadings
from hedgebook.engine.exposure.factor_sets import (
    FactorSet,
    custom_factors,
    default_factors,
    etf_factors,
    orthogonalised,
)
from hedgebook.engine.exposure.fama_french import load_fama_french
from hedgebook.engine.exposure.holdings import ExposurePath, exposure_path, known_betas
from hedgebook.engine.exposure.kalman import DriftingExposure, DriftNoise, drifting_exposure, estimate_noise
from hedgebook.engine.exposure.ols import Errors, ErrorTerms, OlsFit, RollingFit, ols, rolling_ols
from hedgebook.engine.exposure.regression import newey_west_lags
from hedgebook.engine.exposure.ridge import ridge
from hedgebook.engine.exposure.risk import RiskByFactor, RiskByTicker, risk_by_factor, risk_by_ticker

__all__ = [
    "DriftNoise", "DriftingExposure", "ErrorTerms", "Errors", "ExposurePath", "FactorModelRisk", "FactorPnl",
    "FactorSet", "Loadings", "OlsFit", "RiskByFactor", "RiskByTicker", "RollingFit", "attribute_pnl",
    "conditional_betas", "custom_factors", "default_factors", "drifting_exposure", "estimate_noise", "etf_factors",
    "ewma_covariance", "exposure_path", "factor_model_risk", "known_betas", "ledoit_wolf_covariance", "load_factors",
    "load_fama_french", "load_loadings", "newey_west_bandwidth", "newey_west_lags", "ols", "orthogonalised", "ridge",
    "risk_by_factor", "risk_by_ticker", "rolling_ols", "sample_covariance",
]  # fmt: skip
