"""Which expiries and strikes are listed, against calendars that anybody can look up."""

from __future__ import annotations

import numpy as np
import pytest

from hedgebook.errors import ParameterError
from hedgebook.strategies.express.listed import expiry_near, listed_expiries, listed_strikes


def test_third_fridays_and_weeklies_give_way_to_holidays() -> None:
    found = [str(day) for day in listed_expiries("2026-05-29", 120)]
    # 19 June is a holiday and the third Friday; 3 July is one too. Weeklies end after 45 days.
    assert found == [
        "2026-06-05", "2026-06-12", "2026-06-18", "2026-06-26", "2026-07-02", "2026-07-10", "2026-07-17", "2026-08-21",
        "2026-09-18",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("days", "expiry"), [(7, "2026-07-10"), (30, "2026-07-31"), (60, "2026-08-21"), (75, "2026-09-18")]
)
def test_the_closest_expiry_is_taken(days: int, expiry: str) -> None:
    assert str(expiry_near("2026-07-01", days)) == expiry


def test_strikes_are_multiples_of_the_step_at_the_price() -> None:
    for spot, step in ((12.0, 0.5), (88.9, 1.0), (150.0, 2.5), (608.0, 5.0), (1500.0, 10.0)):
        strikes = listed_strikes(spot)
        assert np.allclose(np.diff(strikes), step)
        assert strikes[0] >= 0.3 * spot
        assert strikes[-1] <= 2.5 * spot
        assert np.allclose(strikes / step, np.round(strikes / step))


def test_no_option_lives_longer_than_exchanges_list() -> None:
    with pytest.raises(ParameterError, match="1 to 730"):
        expiry_near("2026-07-01", 1000)
