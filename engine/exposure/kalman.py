"""Exposure that drifts: a regression whose coefficients follow random walks, filtered and smoothed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief
from hedgebook.universes.checks import COLUMN, DRIFT_NOISE, LIST_OF_NAMES, NUMBER, NUMBERS, TABLE, check_fields, takes

from ..arrays import Floats
from ..kernels.fits.kalman import Noise, Path, filter_states, smooth_states
from .ols import checked

# Log variances are searched within these bounds; returns of a day cannot have variances outside them.
LOG_BOUNDS = (-40.0, 5.0)


@dataclass(frozen=True, eq=False)
class DriftNoise:
    """What drifts and how fast, per session.

    observation: variance of a return given the exposure; state: (K+1,) variances of one session's step of the
    intercept and each coefficient; mean0, variance0: (K+1,) and (K+1, K+1) of the state before the first session.
    """

    observation: float
    state: Floats
    mean0: Floats
    variance0: Floats

    def __post_init__(self) -> None:
        check_fields(self, {"observation": NUMBER, "state": COLUMN, "mean0": COLUMN, "variance0": TABLE})
        state = np.asarray(self.state, dtype=np.float64)
        if not self.observation > 0 or state.ndim != 1 or (state < 0).any():
            raise ParameterError(
                "variances of a drifting exposure cannot be negative",
                where="observation, state",
                value=f"{self.observation}, {state.tolist()}",
                bound="observation above 0, each state 0 or more",
            )


@brief
@dataclass(frozen=True, eq=False)
class DriftingExposure:
    """Coefficients by session: the intercept ("const") first, then the factors.

    filtered: known at each session's close; smoothed: known only after the last; stderrs: root of the diagonal of
    their variances, all (T, K+1); forecast: (T,) of the return from the session before, NaN where a return is missing;
    loss: minus the log-likelihood without n/2 log(2 pi). names: of the coefficients; filtered_stderrs,
    smoothed_stderrs: (T, K+1); noise: what was assumed.
    """

    names: tuple[str, ...]
    filtered: Floats
    filtered_stderrs: Floats
    smoothed: Floats
    smoothed_stderrs: Floats
    forecast: Floats
    loss: float
    noise: DriftNoise

    def frame(self, sessions: NDArray[np.datetime64], *, smoothed: bool = False) -> pd.DataFrame:
        """(T, K+1) coefficients by session.

        sessions: (T,) the dates; smoothed: these values instead of the filtered ones.
        """
        values = self.smoothed if smoothed else self.filtered
        index = pd.DatetimeIndex(sessions.astype("datetime64[ns]"), name="session")
        return pd.DataFrame(values, index=index, columns=list(self.names))


@takes(returns=NUMBERS, factors=TABLE, names=LIST_OF_NAMES, noise=DRIFT_NOISE)
def drifting_exposure(returns: Floats, factors: Floats, names: tuple[str, ...], noise: DriftNoise) -> DriftingExposure:
    """Filter and smooth y_t = a_t + b_t'f_t + v_t with random-walk (a, b) over (T,) returns and (T, K) factors.

    A session with a NaN lets time pass and teaches nothing. The filtered value of row t uses rows up to and with t.
    names: of the K factors; noise: how fast the coefficients drift. Raises ParameterError for shapes that do not fit.
    Source: Kalman (1960); smoother of de Jong (1989), JASA 84.
    """
    y, design = _design(returns, factors, names)
    size = design.shape[1]
    _check_sizes(noise, size)
    path = _empty(len(y), size)
    loss = filter_states(y, design, _kernel_noise(noise), path)
    smooth_states(y, design, path)
    return DriftingExposure(
        names=("const", *names),
        filtered=path.filtered,
        filtered_stderrs=_roots(path.filtered_variance),
        smoothed=path.smoothed,
        smoothed_stderrs=_roots(path.smoothed_variance),
        forecast=path.forecast,
        loss=float(loss),
        noise=noise,
    )


@takes(returns=NUMBERS, factors=TABLE, names=LIST_OF_NAMES, drifting=LIST_OF_NAMES, mean0=COLUMN, variance0=TABLE)
def estimate_noise(
    returns: Floats,
    factors: Floats,
    names: tuple[str, ...],
    *,
    drifting: tuple[str, ...],
    mean0: Floats,
    variance0: Floats,
) -> DriftNoise:
    """Maximum-likelihood variances of the observation and of the coefficients in `drifting`, the rest fixed.

    `drifting` takes names of factors and "const". returns: (T,); factors: (T, K), names: theirs; mean0, variance0: of
    the state before the first session. Raises ParameterError for another name.
    """
    from scipy.optimize import minimize

    y, design = _design(returns, factors, names)
    all_names = ("const", *names)
    if unknown := set(drifting) - set(all_names):
        raise ParameterError(f"no coefficient is called {min(unknown)!r}", where="drifting", bound=", ".join(all_names))
    at = [all_names.index(name) for name in drifting]
    path = _empty(len(y), design.shape[1])

    def noise_of(logs: Floats) -> DriftNoise:
        state = np.zeros(design.shape[1])
        state[at] = np.exp(logs[1:])
        return DriftNoise(float(np.exp(logs[0])), state, mean0, variance0)

    _check_sizes(noise_of(np.zeros(len(at) + 1)), design.shape[1])

    def loss(logs: Floats) -> float:
        return float(filter_states(y, design, _kernel_noise(noise_of(logs)), path))

    scale = float(np.log(np.nanvar(y)))
    best = None
    for gap in (0.0, 4.0, 8.0):
        start = np.array([scale, *([scale + 2.0 - gap] * len(at))])
        found = minimize(
            loss, start, method="L-BFGS-B", bounds=[LOG_BOUNDS] * len(start), options={"ftol": 1e-14, "gtol": 1e-9}
        )
        if best is None or found.fun < best.fun:
            best = found
    return noise_of(np.asarray(best.x))  # type: ignore[union-attr]


def _design(returns: Floats, factors: Floats, names: tuple[str, ...]) -> tuple[Floats, Floats]:
    y, x = checked(np.asarray(returns)[:, None], factors, names)
    return np.ascontiguousarray(y[:, 0]), np.column_stack([np.ones(len(x)), x])


def _check_sizes(noise: DriftNoise, size: int) -> None:
    shapes = (np.shape(noise.state), np.shape(noise.mean0), np.shape(noise.variance0))
    if shapes != ((size,), (size,), (size, size)):
        raise ParameterError(
            "the noise does not fit the factors",
            where="state, mean0, variance0",
            value=str(shapes),
            bound=f"({size},), ({size},) and ({size}, {size}): the intercept and each factor",
        )


def _kernel_noise(noise: DriftNoise) -> Noise:
    return Noise(
        noise.observation,
        np.diag(np.asarray(noise.state, dtype=np.float64)),
        np.array(noise.mean0, dtype=np.float64),
        np.array(noise.variance0, dtype=np.float64, order="C"),
    )


def _empty(sessions: int, size: int) -> Path:
    def states() -> Floats:
        return np.empty((sessions, size))

    def variances() -> Floats:
        return np.empty((sessions, size, size))

    return Path(
        np.empty(sessions), np.empty(sessions), np.empty(sessions),
        states(), variances(), states(), variances(), states(), variances(),
    )  # fmt: skip


def _roots(variances: Floats) -> Floats:
    return np.asarray(np.sqrt(np.maximum(np.einsum("tii->ti", variances), 0.0)))
