"""Risk by position: derivatives by differences, sums, and books that can be worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from hedgebook.engine.risk.var.positions import position_risk
from hedgebook.errors import ParameterError
from tests.oracle import risk as oracle

NAMES = ["META", "CRWV", "NBIS", "SMH"]
WEIGHTS = {"META": 1.0, "CRWV": -0.3, "NBIS": -0.4, "SMH": 0.1}


def returns() -> pd.DataFrame:
    rng = np.random.default_rng(17)
    common = rng.standard_t(4, (400, 1)) * 0.01
    values = common * [0.8, 2.0, 2.2, 1.3] + rng.standard_t(4, (400, 4)) * 0.015
    values[:60, 2] = np.nan
    return pd.DataFrame(values, columns=NAMES)


# VaR by position is smoothed around the quantile.
ORACLES = {"gaussian": oracle.gaussian, "cornish_fisher": oracle.cornish_fisher, "historical": oracle.harrell_davis}


def book_of(weights: dict[str, float]) -> list[float]:
    held = returns().dropna()
    return (held[list(weights)] @ pd.Series(weights)).tolist()


@pytest.mark.parametrize("method", ["gaussian", "cornish_fisher", "historical"])
@pytest.mark.parametrize("confidence", [0.9, 0.975])
def test_components_add_up_and_marginals_are_derivatives(method: str, confidence: float) -> None:
    table = position_risk(returns(), WEIGHTS, method, confidence=confidence)
    var, es = ORACLES[method](book_of(WEIGHTS), confidence)
    for kind, total in (("var", var), ("es", es)):
        assert table.loc["book", f"component_{kind}"] == pytest.approx(total, rel=1e-7)
        assert table.loc[NAMES, f"component_{kind}"].sum() == pytest.approx(total, rel=1e-7)
        assert table.loc[NAMES, f"share_{kind}"].sum() == pytest.approx(1.0)
    step = 1e-6
    for name in NAMES:
        up, down = ({**WEIGHTS, name: WEIGHTS[name] + side} for side in (step, -step))
        high, low = (ORACLES[method](book_of(book), confidence) for book in (up, down))
        assert table.loc[name, "marginal_var"] == pytest.approx((high[0] - low[0]) / (2 * step), rel=1e-4, abs=1e-6)
        if method != "cornish_fisher":
            assert table.loc[name, "marginal_es"] == pytest.approx((high[1] - low[1]) / (2 * step), rel=1e-4, abs=1e-6)


def test_slope_of_modified_es_by_differences_of_the_table() -> None:
    base = position_risk(returns(), WEIGHTS, "cornish_fisher")
    step = 1e-6
    for name in NAMES:
        totals = [
            position_risk(returns(), {**WEIGHTS, name: WEIGHTS[name] + side}, "cornish_fisher").loc[
                "book", "component_es"
            ]
            for side in (step, -step)
        ]
        assert base.loc[name, "marginal_es"] == pytest.approx((totals[0] - totals[1]) / (2 * step), rel=1e-5)


@pytest.mark.parametrize("method", ["gaussian", "cornish_fisher", "historical"])
def test_incremental_is_the_book_less_the_book_without(method: str) -> None:
    table = position_risk(returns(), WEIGHTS, method)
    for name in NAMES:
        rest = {other: weight for other, weight in WEIGHTS.items() if other != name}
        held = returns().dropna()
        without = (held[list(rest)] @ pd.Series(rest)).tolist()
        full, less = (ORACLES[method](book, 0.95) for book in (book_of(WEIGHTS), without))
        assert table.loc[name, "incremental_var"] == pytest.approx(full[0] - less[0], rel=1e-6, abs=1e-12)
        assert table.loc[name, "incremental_es"] == pytest.approx(full[1] - less[1], rel=1e-5, abs=1e-12)


def test_historical_var_is_that_of_harrell_and_davis() -> None:
    from scipy.stats import mstats

    peer = -float(mstats.hdquantiles(np.array(book_of(WEIGHTS)), prob=[0.05])[0])
    assert position_risk(returns(), WEIGHTS, "historical").loc["book", "component_var"] == pytest.approx(peer, rel=1e-9)


def test_one_session_moves_no_share_by_much() -> None:
    """Without each of the worst sessions in turn, the share of a position in VaR hardly changes; that of the
    session next to the quantile jumps by three times as much."""
    held = returns().dropna().reset_index(drop=True)
    shares, plain = [], []
    for gone in (held @ pd.Series(WEIGHTS)).sort_values().index[:40]:
        rest = held.drop(index=gone)
        shares.append(position_risk(rest, WEIGHTS, "historical").loc["CRWV", "share_var"])
        ordered = rest.loc[(rest @ pd.Series(WEIGHTS)).sort_values().index]
        near = ordered.iloc[round(0.05 * (len(ordered) - 1))]
        plain.append(near["CRWV"] * WEIGHTS["CRWV"] / (near @ pd.Series(WEIGHTS)))
    assert np.std(shares) < 0.02
    assert np.std(plain) > 3 * np.std(shares)


def test_two_independent_positions_by_hand() -> None:
    """Orthogonal returns of equal size: each carries half; a hedge that cancels carries the rest negatively."""
    a = np.tile([0.01, 0.01, -0.01, -0.01], 25)
    b = np.tile([0.01, -0.01, 0.01, -0.01], 25)
    table = position_risk(pd.DataFrame({"A": a, "B": b}), {"A": 1.0, "B": 1.0})
    assert table.loc["book", "component_var"] == pytest.approx(1.6448536269514722 * 0.01 * math.sqrt(2))
    assert table["share_var"].tolist() == pytest.approx([0.5, 0.5, 1.0])
    hedged = position_risk(pd.DataFrame({"A": a, "H": a}), {"A": 1.0, "H": -0.5})
    assert hedged["share_var"].tolist() == pytest.approx([2.0, -1.0, 1.0])
    assert hedged.loc["H", "incremental_var"] == pytest.approx(-0.5 * 0.01 * 1.6448536269514722)


def test_bad_input() -> None:
    with pytest.raises(ParameterError, match="Did you mean 'CRWV'"):
        position_risk(returns(), {"CRVW": 1.0})
    with pytest.raises(ParameterError, match="unknown method"):
        position_risk(returns(), WEIGHTS, "normal")
    with pytest.raises(ParameterError, match="weights"):
        position_risk(returns(), {"META": 0.0})
    with pytest.raises(ParameterError, match="too few"):
        position_risk(returns().iloc[:60], WEIGHTS)
