"""Ridge regression: exposure with a penalty on large coefficients, for factors that move together."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hedgebook.errors import ParameterError
from hedgebook.universes.checks import COLUMN, LIST_OF_NAMES, REAL, TABLE, takes

from .ols import checked


@takes(returns=COLUMN, factors=TABLE, names=LIST_OF_NAMES, penalty=REAL)
def ridge(
    returns: NDArray[np.float64], factors: NDArray[np.float64], names: tuple[str, ...], penalty: float
) -> pd.Series[float]:
    """Coefficients ("const" first) that minimise |y - a - Xb|^2 + penalty * |b * deviation of x|^2.

    Factors are brought to deviation 1 (over n), so that the penalty means the same for each; the intercept is free.
    Rows with a NaN are left out. returns: (T,), factors: (T, K), names: of the K factors. Raises ParameterError for a
    negative penalty, a factor that never changes or collinear factors without a penalty. Source: Hoerl and Kennard
    (1970), Technometrics 12(1).
    """
    if not 0.0 <= penalty < np.inf:
        raise ParameterError("out of range", where="penalty", value=penalty, bound="0 or more")
    y, x = checked(np.asarray(returns)[:, None], factors, names)
    complete = np.isfinite(x).all(axis=1) & np.isfinite(y[:, 0])
    y, x = y[complete, 0], x[complete]
    count = len(names)
    if len(y) < 2:
        raise ParameterError("too few complete sessions for a regression", value=len(y), bound="2 or more")
    centre, level = x.mean(axis=0), float(y.mean())
    deviation = np.sqrt(((x - centre) ** 2).mean(axis=0))
    if not (deviation > 1e-14 * np.abs(centre)).all():
        raise ParameterError("a factor never changes", where="factors", value=names[int(np.argmin(deviation))])
    scaled = (x - centre) / deviation
    # The penalty as rows of data keeps the digits that X'X would lose.
    stacked = np.vstack([scaled, np.sqrt(penalty) * np.eye(count)])
    slopes, _, rank, _ = np.linalg.lstsq(stacked, np.concatenate([y - level, np.zeros(count)]), rcond=None)
    if rank < count:
        raise ParameterError("the factors are collinear", where="factors", remedy="Use a penalty above 0.")
    slopes = slopes / deviation
    return pd.Series([level - float(centre @ slopes), *slopes], index=pd.Index(("const", *names), name="factor"))
