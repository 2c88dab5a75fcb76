"""The facts of measures are those of the measures that sets have."""

from __future__ import annotations

import pytest

from hedgebook.engine.kernels.sets.tally import MEASURES
from hedgebook.engine.risk.measures import MEASURE_FACTS, Form, direction_of
from hedgebook.engine.sweep.analyse import RankBy
from hedgebook.engine.sweep.result import check_metric


def test_every_measure_of_a_set_has_its_facts_and_nothing_else_has() -> None:
    assert sorted(MEASURE_FACTS) == sorted(MEASURES)
    for name in MEASURE_FACTS:
        assert check_metric(name) == RankBy(name).metric == name


def test_headings_and_phrases_name_one_measure_each() -> None:
    for words in ("heading", "phrase"):
        assert len({getattr(facts, words) for facts in MEASURE_FACTS.values()}) == len(MEASURE_FACTS)


def test_what_is_scaled_to_a_year_says_so() -> None:
    annual = {name for name, facts in MEASURE_FACTS.items() if facts.annual}
    assert annual >= {name for name in MEASURES if name.endswith("_annual")}
    # Ratios of returns to risk are scaled as well, but neither a beta nor a turnover is one.
    ratios = {name for name, facts in MEASURE_FACTS.items() if facts.form is Form.RATIO}
    assert ratios - annual == {"beta", "turnover"}


@pytest.mark.parametrize(("name", "direction"), [("cost_frac", -1), ("max_drawdown", 1), ("no such metric", 1)])
def test_direction(name: str, direction: int) -> None:
    assert direction_of(name) == direction
