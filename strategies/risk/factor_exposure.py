"""What a book, run or series is exposed to of a vendor's factors: by its returns, and by the vendor's loadings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hedgebook.engine.exposure.factor_file import FactorModel
from hedgebook.engine.exposure.holdings import exposure_of_holdings
from hedgebook.engine.exposure.regression import Exposure, regress
from hedgebook.universes.brief import brief

from .subject import Subject


@brief
@dataclass(frozen=True, eq=False)
class FactorExposure:
    """Exposure to the factors of a file, in units of NAV.

    fitted: betas of the subject's history with Newey-West errors, None where too few dates are common; loaded: weights
    times loadings known at the positions' close, None without loadings or positions, NaN where a ticker has none;
    definitions: what each factor is, by name; notes: what could not be told.
    """

    fitted: Exposure | None
    loaded: pd.Series[float] | None
    definitions: dict[str, str]
    notes: tuple[str, ...]


def factor_exposure(subject: Subject, model: FactorModel) -> FactorExposure:
    """The exposure of a subject to the factors of a model, over the dates that its history and the factors share."""
    days = pd.DatetimeIndex(subject.history.index).to_numpy().astype("datetime64[D]")
    starts = subject.rows.starts
    factors = model.factors.on(days) if starts is None else model.factors.between(starts, subject.rows.sessions)
    history = np.asarray(subject.history, dtype=np.float64)
    fitted = regress(history, factors.returns, factors.names, days)
    notes: list[str] = []
    if fitted is None:
        common = int(np.isfinite(factors.returns).all(axis=1).sum())
        notes.append(f"{common} dates are common with all {len(factors.names)} factors of the file: too few for betas")
    loaded = None
    if model.loadings is not None and subject.market is not None:
        positions = subject.positions
        session = np.array([positions.session], dtype="datetime64[D]")
        stated = model.loadings.known(session, positions.tickers)
        silent = [t for t, row in zip(positions.tickers, stated[0], strict=True) if not np.isfinite(row).all()]
        if silent:
            notes.append(f"{model.loadings.source} has no loadings of {', '.join(silent)} by {positions.session}")
        loaded = pd.Series(exposure_of_holdings(positions.weights[None], stated)[0], index=list(factors.names))
    definitions = dict(zip(factors.names, factors.definitions, strict=True))
    return FactorExposure(fitted, loaded, definitions, tuple(notes))
