"""VaR and ES under a changing volatility: EWMA, and filtered historical simulation by EWMA and GARCH."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hedgebook.errors import ParameterError

from ...arrays import Floats
from ...kernels.series.volatility import filtered_paths, variance_path
from .estimate import Question, RiskEstimate, VarSettings
from .historical import tail_of, tails_of
from .memory import remembered
from .parametric import NORMAL
from .windows import CHUNK, NO_VARIANCE, Texts, VarMethod, Windows, read_afresh

LEAST_GARCH = 100


class Volatility(NamedTuple):
    """A variance recursion v' = omega + alpha e^2 + beta v around a mean, and where it begins."""

    mean: float
    omega: float
    alpha: float
    beta: float
    first_variance: float

    def variances(self, returns: Floats) -> Floats:
        """(n + 1,): the variance that was forecast for each return, and for the one after the last."""
        noise = returns - self.mean
        return variance_path(noise, self.omega, self.alpha, self.beta, self.first_variance)


def ewma_volatility(returns: Floats, decay_frac: float) -> Volatility:
    """RiskMetrics: mean zero, v' = decay v + (1 - decay) r^2, begun at the sample variance (ddof=1)."""
    return Volatility(0.0, 0.0, 1.0 - decay_frac, decay_frac, float(returns.var(ddof=1)))


def garch_volatility(returns: Floats) -> Volatility:
    """GARCH(1,1) with a constant mean and normal likelihood, fitted by the package arch.

    The recursion begins at the mean squared residual, as in the benchmark of Fiorentini, Calzolari and Panattoni
    (1996, Journal of Applied Econometrics 11(4)); arch's own default does not. Raises ParameterError for fewer than
    100 returns or a fit that does not converge.
    """
    if len(returns) < LEAST_GARCH:
        raise ParameterError("too few returns for GARCH", value=len(returns), bound=f"at least {LEAST_GARCH}")
    spread = float(returns.std())
    if spread == 0.0:
        raise ParameterError("a constant series has no GARCH volatility", where="returns")
    scaled = returns / spread
    try:
        with np.errstate(all="ignore"):
            mean, omega, alpha, beta, first = _fit(scaled)
    except (ArithmeticError, ValueError, RuntimeError) as problem:
        raise ParameterError("the GARCH fit does not converge", where="returns", value=str(problem)) from None
    if not all(math.isfinite(x) for x in (mean, omega, alpha, beta, first)):
        raise ParameterError("the GARCH fit does not converge", where="returns")
    return Volatility(mean * spread, omega * spread**2, alpha, beta, first * spread**2)


@remembered
def _fit(scaled: Floats) -> tuple[float, float, float, float, float]:
    from arch import arch_model

    model = arch_model(scaled, mean="Constant", vol="GARCH", p=1, q=1, rescale=False)
    backcast = float(((scaled - scaled.mean()) ** 2).mean())
    fit = model.fit(disp="off", show_warning=False, backcast=backcast)
    # The start depends on the mean, which is fitted: a second round puts both in agreement.
    backcast = float(((scaled - fit.params["mu"]) ** 2).mean())
    fit = model.fit(disp="off", show_warning=False, backcast=backcast)
    if fit.convergence_flag != 0:
        raise ParameterError("the GARCH fit does not converge", where="returns", value=fit.convergence_flag)
    mean, omega, alpha, beta = (float(fit.params[name]) for name in ("mu", "omega", "alpha[1]", "beta[1]"))
    # arch starts the recursion one session earlier, with the backcast as both the square and the variance.
    return mean, omega, alpha, beta, omega + (alpha + beta) * backcast


def ewma(returns: Floats, question: Question, settings: VarSettings) -> RiskEstimate:
    """Gaussian loss around zero with the EWMA variance of the next session; grows with the root of the horizon."""
    forecast = ewma_volatility(returns, settings.ewma_decay_frac).variances(returns)[-1]
    spread = math.sqrt(forecast * question.horizon_sessions)
    z = NORMAL.inv_cdf(question.tail)
    es = spread * NORMAL.pdf(z) / question.tail
    return question.answer("ewma", -z * spread, es, len(returns), spread=spread)


def filtered_ewma(returns: Floats, question: Question, settings: VarSettings) -> RiskEstimate:
    """Filtered historical simulation with EWMA volatility (Hull and White 1998; Barone-Adesi et al. 1999)."""
    model = ewma_volatility(returns, settings.ewma_decay_frac)
    return filtered_answer("filtered_ewma", returns, model, question, settings)


def filtered_garch(returns: Floats, question: Question, settings: VarSettings) -> RiskEstimate:
    """Filtered historical simulation with a GARCH(1,1) volatility fitted by arch."""
    return filtered_answer("filtered_garch", returns, garch_volatility(returns), question, settings)


def filtered_answer(
    method: str, returns: Floats, model: Volatility, question: Question, settings: VarSettings
) -> RiskEstimate:
    """Standardised residuals times the volatility of the next session; simulated for a longer horizon.

    The scale is the forecast for the session after the sample, not the last one within it.
    """
    variances = model.variances(returns)
    if variances[-1] <= 0.0 or (variances[:-1] <= 0.0).any():
        raise ParameterError("the variance falls to zero", where="returns", remedy="The series hardly moves.")
    shocks = (returns - model.mean) / np.sqrt(variances[:-1])
    spread = math.sqrt(variances[-1])
    if question.horizon_sessions == 1:
        scenarios = model.mean + spread * shocks
    else:
        scenarios = np.empty(settings.paths)
        start = np.array([model.mean, model.omega, model.alpha, model.beta, variances[-1]])
        filtered_paths(shocks, start, question.horizon_sessions, settings.seed, scenarios)
    var, es = tail_of(scenarios, question.tail)
    return question.answer(
        method, var, es, len(returns), spread=spread, omega=model.omega, alpha=model.alpha, beta=model.beta
    )


def _ewma_variances(windows: Floats, decay: float) -> Floats:
    """(W, n + 1): the variance forecast for each return of a row, and for the one after the last."""
    out = np.empty((len(windows), windows.shape[1] + 1))
    out[:, 0] = windows.var(axis=1, ddof=1)
    for t in range(windows.shape[1]):
        out[:, t + 1] = (1.0 - decay) * windows[:, t] * windows[:, t] + decay * out[:, t]
    return out


def _ewma_windows(windows: Floats, tails: Sequence[float], settings: VarSettings) -> Floats:
    """Normal quantiles around zero with the EWMA variance of the next session."""
    spread = np.sqrt(_ewma_variances(windows, settings.ewma_decay_frac)[:, -1])
    z = np.array([NORMAL.inv_cdf(tail) for tail in tails])
    depth = np.array([NORMAL.pdf(x) for x in z.tolist()]) / np.array(tails)
    return np.asarray(np.stack([-z * spread[:, None], depth * spread[:, None]], axis=2))


def _filtered_ewma_windows(windows: Floats, tails: Sequence[float], settings: VarSettings) -> Floats:
    """Quantiles of standardised returns times the next EWMA volatility; NaN where a variance is not above zero."""
    variances = _ewma_variances(windows, settings.ewma_decay_frac)
    return _rescaled(windows, variances, np.zeros(len(windows)), tails)


def _filtered_garch_windows(windows: Floats, models: Floats, tails: Sequence[float]) -> Floats:
    """The same with a GARCH volatility; models: (W, 4) mean, omega, alpha, beta."""
    mean, omega, alpha, beta = models.T
    noise = windows - mean[:, None]
    variances = np.empty((len(windows), windows.shape[1] + 1))
    variances[:, 0] = np.maximum(omega + (alpha + beta) * (noise * noise).mean(axis=1), math.ulp(0.0))
    for t in range(windows.shape[1]):
        variances[:, t + 1] = omega + alpha * noise[:, t] * noise[:, t] + beta * variances[:, t]
    return _rescaled(noise, variances, mean, tails)


def _rescaled(noise: Floats, variances: Floats, mean: Floats, tails: Sequence[float]) -> Floats:
    usable = (variances > 0.0).all(axis=1)
    out = np.full((len(noise), len(tails), 2), np.nan)
    kept = variances[usable]
    scenarios = mean[usable, None] + np.sqrt(kept[:, -1:]) * (noise[usable] / np.sqrt(kept[:, :-1]))
    out[usable] = tails_of(np.sort(scenarios, axis=1), tails)
    return out


def _garch_answers(asked: Windows) -> tuple[Floats, Texts]:
    """The parameters are kept between fits, and where one fails; volatility is carried forward to each forecast."""
    losses, why = asked.unanswered()
    models = _garch_models(asked.table, asked.refit_sessions, why)
    for start in range(0, len(losses), CHUNK):
        part = slice(start, start + CHUNK)
        losses[part] = _filtered_garch_windows(asked.table[part], models[part], asked.tails)
    why[np.isnan(losses[:, :, 0]) & (why == "")] = NO_VARIANCE
    return losses, why


def _garch_models(table: Floats, refit: int, why: Texts) -> Floats:
    """(K, 4): the parameters behind each forecast; NaN, with the reason in `why`, until a first fit converges."""
    out, model = np.full((len(table), 4), np.nan), None
    for start in range(0, len(table), refit):
        stop, reason = min(start + refit, len(table)), ""
        try:
            model = garch_volatility(table[start])
        except ParameterError as problem:
            reason = problem.what
        if isinstance(model, Volatility):
            out[start:stop] = model.mean, model.omega, model.alpha, model.beta
        else:
            why[start:stop] = reason
    return out


EWMA = VarMethod("EWMA", ewma, read_afresh(_ewma_windows))
FILTERED_EWMA = VarMethod("Filtered, EWMA", filtered_ewma, read_afresh(_filtered_ewma_windows), reads_sample=True)
FILTERED_GARCH = VarMethod("Filtered, GARCH", filtered_garch, _garch_answers, reads_sample=True)
