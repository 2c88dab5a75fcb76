"""How often each test rejects a null that is true, when all tickers share the event's date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.errors import ParameterError
from hedgebook.universes.brief import brief

from ..kernels.events.study import PanelBatch
from .definitions import TESTS, p_values
from .run import run_study
from .settings import check_whole

WHERE = "size_study"
MARKET_SD, RESIDUAL_SD = 0.01, 0.02


@brief
@dataclass(frozen=True, eq=False)
class SizeStudy:
    """Rejection rates of simulated nulls.

    table: one row a test, with `rejected_frac` at the nominal level, its simulation error and `headline`;
    p: (R, tests) p-values behind it.
    """

    table: pd.DataFrame
    p: NDArray[np.float64]
    nominal_frac: float
    reps: int
    tickers: int
    sessions: int
    correlation: float
    seed: int

    def as_dict(self) -> dict[str, Any]:
        """The table and what was simulated, JSON-ready."""
        rates = {str(name): float(value) for name, value in self.table["rejected_frac"].items()}
        return {
            "nominal_frac": self.nominal_frac,
            "reps": self.reps,
            "tickers": self.tickers,
            "sessions": self.sessions,
            "correlation": self.correlation,
            "seed": self.seed,
            "rejected_frac": rates,
        }


def size_study(
    *,
    reps: int = 4_000,
    tickers: int = 8,
    sessions: int = 240,
    correlation: float = 0.3,
    nominal_frac: float = 0.05,
    draws: int = 999,
    seed: int = 0,
) -> SizeStudy:
    """Simulate market-model returns without any event, and count how often each test sees one at session 0.

    Residuals are normal and share one pairwise correlation; `sessions` estimate the model. Raises ParameterError
    for parameters out of bounds.
    """
    bounds = {"reps": (1, 1_000_000), "tickers": (2, 500), "sessions": (20, 5_000)}
    for name, value in {"reps": reps, "tickers": tickers, "sessions": sessions}.items():
        check_whole(value, name, *bounds[name])
    for name, share in {"correlation": correlation, "nominal_frac": nominal_frac}.items():
        if not 0.0 <= share < 1.0:
            raise ParameterError(
                "this should be a share", where=f"{WHERE}: {name}", value=share, bound="0 up to below 1"
            )
    p = np.vstack(
        [
            _simulate(min(500, reps - start), tickers, sessions, correlation, draws, (seed, start))
            for start in range(0, reps, 500)
        ]
    )
    rejected = (p <= nominal_frac).mean(axis=0)
    table = pd.DataFrame(
        {
            "rejected_frac": rejected,
            "simulation_error": np.sqrt(rejected * (1.0 - rejected) / reps),
            "headline": [test.headline for test in TESTS],
        },
        index=pd.Index([test.name for test in TESTS], name="test"),
    )
    return SizeStudy(table, p, nominal_frac, reps, tickers, sessions, correlation, seed)


def _simulate(
    reps: int, tickers: int, sessions: int, correlation: float, draws: int, seed: tuple[int, int]
) -> NDArray[np.float64]:
    """(reps, tests) p-values of nulls."""
    random = np.random.default_rng(seed)
    length = sessions + 1
    market = random.normal(0.0, MARKET_SD, (reps, length))
    common = random.standard_normal((reps, length, 1))
    own = random.standard_normal((reps, length, tickers))
    residual = RESIDUAL_SD * (np.sqrt(correlation) * common + np.sqrt(1.0 - correlation) * own)
    betas = random.uniform(0.5, 2.0, (reps, 1, tickers))
    batch = PanelBatch(
        returns=betas * market[:, :, None] + residual,
        known=np.zeros((reps, length)),
        factors=market[:, :, None].copy(),
        estimation=sessions,
        estimated=True,
    )
    windows = np.array([[sessions, sessions, 1, 0]], dtype=np.int64)
    groups = np.ones((1, tickers), dtype=np.bool_)
    found = run_study(batch, sessions, windows, groups, draws, seed[0])
    return p_values(found.statistics[:, 0, 0], 2)[1]
