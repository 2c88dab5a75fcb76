"""Several events together, and which of them count as one."""

from __future__ import annotations

import json
import math

import pytest

from hedgebook.engine.event_study import EventStudy, event_study, multi_event_study
from hedgebook.errors import ParameterError
from hedgebook.universes.market import Market
from tests.oracle import event_study as oracle

from .markets import dirty_market, event_at

ROWS = [60, 70, 72, 85, 90]


@pytest.fixture(scope="module")
def market() -> Market:
    return dirty_market(length=130)


def studies(market: Market, window: tuple[int, int]) -> list[EventStudy]:
    return [
        event_study(
            market,
            event_at(market.sessions[row]),
            estimation_sessions=40,
            gap_sessions=2,
            window=[window, (0, 0)],
            names=["maker", "seller"],
        )
        for row in ROWS
    ]


def cars(study: EventStudy, label: str) -> list[float]:
    return study.windows.loc[study.windows["window"] == label, "car"].to_list()


def test_overlapping_windows_are_one_cluster(market: Market) -> None:
    # Windows 0..5 of rows 70 and 72 share sessions, and so do those of 85 and 90: 85 + 5 = 90.
    pooled = multi_event_study(studies(market, (0, 5)))
    assert pooled.events["cluster"].tolist() == [0, 1, 1, 2, 2]
    assert (pooled.clusters, pooled.df) == (3, 2)
    single = multi_event_study(studies(market, (0, 4)))
    assert single.events["cluster"].tolist() == [0, 1, 1, 2, 3]


@pytest.mark.parametrize("window", [(0, 5), (0, 0)])
def test_numbers_against_the_oracle(market: Market, window: tuple[int, int]) -> None:
    found = studies(market, window)
    pooled = multi_event_study(found)
    label = pooled.window.label
    clusters = pooled.events["cluster"].tolist()
    values = [v for study in found for v in cars(study, label)]
    keys = [c for study, c in zip(found, clusters, strict=True) for _ in cars(study, label)]
    mean, error = oracle.clustered_mean(values, keys)
    assert (pooled.observations, pooled.clusters) == (len(values), len(set(clusters)))
    assert [pooled.caar, pooled.standard_error, pooled.t] == pytest.approx([mean, error, mean / error], rel=1e-12)
    assert pooled.naive_error == pytest.approx(oracle.deviation(values) / math.sqrt(len(values)), rel=1e-12)
    by_cluster = [oracle.mean([v for v, k in zip(values, keys, strict=True) if k == c]) for c in sorted(set(keys))]
    assert pooled.mean_of_clusters == pytest.approx(oracle.mean(by_cluster), rel=1e-12)
    assert pooled.mean_of_clusters_t == pytest.approx(oracle.cross_sectional_t(by_cluster), rel=1e-12)


def test_order_of_events_does_not_matter(market: Market) -> None:
    found = studies(market, (0, 5))
    a, b = multi_event_study(found), multi_event_study(found[::-1])
    assert a.to_dict() == b.to_dict()


def test_one_cluster_has_no_error(market: Market) -> None:
    pooled = multi_event_study(studies(market, (0, 5))[:1], group="maker")
    assert math.isnan(pooled.standard_error)
    assert math.isnan(pooled.p_value)
    assert json.loads(json.dumps(pooled.to_dict(), allow_nan=False))["p_value"] is None


def test_an_event_without_the_group_is_skipped(market: Market) -> None:
    found = studies(market, (0, 0))
    lone = event_study(market, event_at(market.sessions[100]), estimation_sessions=40, gap_sessions=2, names=["maker"])
    pooled = multi_event_study([*found, lone], group="seller", window=(0, 0))
    assert list(pooled.skipped) == [lone.event.id]
    assert len(pooled.events) == len(ROWS)


def test_refusals(market: Market) -> None:
    found = studies(market, (0, 1))
    with pytest.raises(ParameterError, match="no event study"):
        multi_event_study([])
    with pytest.raises(ParameterError, match=r"has no window 0\.\.7"):
        multi_event_study(found, window=(0, 7))
    with pytest.raises(ParameterError, match="no event has the group"):
        multi_event_study(found, group="makers")
