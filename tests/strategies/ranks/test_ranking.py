"""Places: highest score first, ties in the order of the columns, what is not ranked last."""

from __future__ import annotations

import numpy as np
import pytest

from hedgebook.strategies.ranks.ranking import places


@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("distinct", [2, 7, 10_000])
def test_places_are_those_of_a_plain_sort(groups: int, distinct: int) -> None:
    draw = np.random.default_rng(distinct)
    scores = draw.integers(-distinct, distinct, (30, 41)) / 8.0
    scores[0], scores[1, ::2] = 0.0, -0.0
    ranked = draw.random(scores.shape) < 0.8
    ranked[2], ranked[3] = False, True
    scores[~ranked & (draw.random(scores.shape) < 0.5)] = np.nan
    group = np.arange(41) % groups
    found = places(scores, ranked, group)
    for row in range(len(scores)):
        for one in range(groups):
            mine = [i for i in range(41) if group[i] == one]
            best = sorted((i for i in mine if ranked[row, i]), key=lambda i: (-scores[row, i], i))
            assert [int(found[row, i]) for i in best] == list(range(len(best)))
            # Each place of a group is taken once, those that are not ranked after all others.
            assert sorted(int(found[row, i]) for i in mine) == list(range(len(mine)))
