"""True nulls on one common date: which tests keep their size."""

from __future__ import annotations

import json

import numpy as np
import pytest

from hedgebook.engine.event_study import SizeStudy, size_study
from hedgebook.engine.event_study.definitions import HEADLINES
from hedgebook.errors import ParameterError


@pytest.fixture(scope="module")
def nulls() -> SizeStudy:
    return size_study(reps=4_000, tickers=8, sessions=240, correlation=0.3, seed=0)


def test_headline_tests_keep_their_size(nulls: SizeStudy) -> None:
    assert HEADLINES == ("portfolio", "kolari-pynnonen", "permutation", "corrado-rank")
    for name in HEADLINES:
        assert 0.035 <= nulls.table.loc[name, "rejected_frac"] <= 0.065, name


@pytest.mark.parametrize("name", ["cross-section", "patell", "bmp", "sign", "generalised-sign", "wild-bootstrap"])
def test_tests_that_take_tickers_as_independent_reject_far_too_often(nulls: SizeStudy, name: str) -> None:
    assert nulls.table.loc[name, "rejected_frac"] > 0.20
    assert not nulls.table.loc[name, "headline"]


def test_every_test_keeps_its_size_without_correlation() -> None:
    table = size_study(reps=2_000, correlation=0.0, seed=3).table
    # Eight tickers have few numbers of signs, and estimate the deviation by which GRANK divides too loosely.
    for name in set(table.index) - {"sign", "generalised-sign", "generalised-rank"}:
        assert 0.03 <= table.loc[name, "rejected_frac"] <= 0.07, name


def test_the_same_seed_gives_the_same_nulls() -> None:
    a, b, c = (size_study(reps=40, draws=99, seed=seed).p for seed in (1, 1, 2))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)
    assert json.loads(json.dumps(size_study(reps=40, draws=99).to_dict()))["reps"] == 40


@pytest.mark.parametrize("wrong", [{"reps": 0}, {"tickers": 1}, {"correlation": 1.0}, {"nominal_frac": -0.1}])
def test_parameters_out_of_bounds(wrong: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        size_study(**wrong)
