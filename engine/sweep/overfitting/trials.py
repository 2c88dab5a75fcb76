"""How many independent trials a set of strategies amounts to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hedgebook.errors import ParameterError
from hedgebook.universes.checks import NUMBERS, maybe, takes, whole

from ...arrays import Floats
from ...equal import EQUAL
from ...risk.series import check_whole
from .checks import complete_returns
from .ties import moves


@dataclass(frozen=True, eq=False)
class TrialClusters:
    """Strategies that move together: labels from 0 by strategy; silhouette: mean, 1 when clusters are far apart."""

    labels: pd.Series[int]
    silhouette: float

    @property
    def count(self) -> int:
        """How many clusters there are."""
        return int(self.labels.nunique())

    def to_dict(self) -> dict[str, Any]:
        """The figures by name."""
        sizes = self.labels.value_counts()
        return {
            "clusters": self.count,
            "silhouette": self.silhouette,
            "largest_cluster": int(sizes.iloc[0]),
            "strategies": len(self.labels),
        }


@takes(returns=NUMBERS)
def effective_rank(returns: Any) -> float:
    """Effective number of independent strategies, from 1 (all the same) to N (none correlated, N <= T).

    returns: (T, N), sessions with a NaN left out. exp of the entropy of the correlation matrix's eigenvalues,
    taken as shares. At most T - 1. Strategies that never change are left out. Raises ParameterError when none is
    left. Source: Roy and Vetterli (2007), The Effective Rank, EUSIPCO.
    """
    z, _ = _standardised(returns)
    # The smaller of the two Gram matrices has the same eigenvalues other than 0.
    gram = z @ z.T if z.shape[0] < z.shape[1] else z.T @ z
    shares = np.linalg.eigvalsh(gram) / z.shape[1]
    shares = shares[shares > 1e-14]
    return float(np.exp(-(shares @ np.log(shares)) / shares.sum()) * shares.sum())


@takes(returns=NUMBERS, most=maybe(whole(1, 1_000_000)))
def trial_clusters(returns: Any, *, most: int | None = None) -> TrialClusters:
    """Clusters of strategies by correlation, as many as separate them best.

    returns: (T, N >= 3), sessions with a NaN and strategies that never change left out; most: clusters that are
    tried (None: half of the strategies, at most 50). Average linkage on the distances sqrt((1 - correlation) / 2),
    cut into 2 .. most clusters, of which the highest mean silhouette is kept. Raises ParameterError. Source of
    distance and criterion: Lopez de Prado and Lewis (2019), Quantitative Finance 19(9).
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform
    from sklearn.metrics import silhouette_score

    z, names = _standardised(returns)
    if len(names) < 3:
        raise ParameterError("too few to be clustered", where="returns", value=len(names), bound="3 strategies or more")
    distance = np.sqrt(np.clip((1.0 - z.T @ z) / 2.0, 0.0, 1.0))
    # Rounding leaves equal series about 1e-8 apart, which would pass for structure.
    distance[distance < 1e-7] = 0.0
    np.fill_diagonal(distance, 0.0)
    distance = (distance + distance.T) / 2.0
    limit = min(len(names) // 2, 50) if most is None else check_whole("most", most, 2)
    tree = linkage(squareform(distance, checks=False), method="average")
    best, kept = -np.inf, np.zeros(len(names), dtype=np.int64)
    for count in range(2, min(max(limit, 2), len(names) - 1) + 1):
        labels = fcluster(tree, count, criterion="maxclust").astype(np.int64)
        if not 2 <= len(np.unique(labels)) < len(names):
            continue
        found = float(silhouette_score(distance, labels, metric="precomputed"))
        if found > best + EQUAL:
            best, kept = found, labels - 1
    # Strategies that are all the same make one cluster, with no distance to measure.
    return TrialClusters(pd.Series(kept, index=names, name="cluster"), best if np.isfinite(best) else 1.0)


def _standardised(returns: Any) -> tuple[Floats, pd.Index[Any]]:
    """(T, M) columns of mean 0 and length 1, whose products are correlations, and the names left."""
    values, names = complete_returns(returns, at_least=3)
    changing = moves(values)
    if not changing.any():
        raise ParameterError("no strategy has returns that change", where="returns")
    noise = values[:, changing] - values[:, changing].mean(axis=0)
    return noise / np.sqrt((noise**2).sum(axis=0)), names[changing]
